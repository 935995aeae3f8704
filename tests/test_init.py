"""The package's front: light, lazy, complete."""

import subprocess
import sys

import pytest

import ketwork

CODE = """
import sys, time
started = time.perf_counter()
import ketwork
print(time.perf_counter() - started)
print([name for name in ("torch", "matplotlib", "sklearn", "numba", "qiskit", "pennylane") if name in sys.modules])
"""


def test_importing_is_quick_and_light():
    runs = [subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True) for _ in range(3)]
    assert min(float(run.stdout.split("\n")[0]) for run in runs) < 1
    assert runs[0].stdout.split("\n")[1] == "[]"


def test_the_simulator_needs_no_heavy_library():
    code = "import sys; from ketwork import Simulator, Circuit; Simulator().state(Circuit(1).h(0))"
    code += "; print([n for n in ('torch', 'matplotlib', 'sklearn') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ketwork.__all__)
def test_every_public_name_is_there(name):
    assert getattr(ketwork, name) is not None
    assert name in dir(ketwork)


def test_other_names_are_not():
    with pytest.raises(AttributeError, match="has no attribute 'Cirquit'"):
        ketwork.Cirquit  # noqa: B018


def test_the_models_names_are_things_and_no_modules():
    """A function called as its module is would be hidden once that module is imported."""
    code = """
import importlib, pkgutil, types
import ketwork.models as models
for found in pkgutil.iter_modules(models.__path__):
    importlib.import_module(f"ketwork.models.{found.name}")
print([name for name in models.__all__ if isinstance(getattr(models, name), types.ModuleType)])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
