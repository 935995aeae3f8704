"""Compiling is announced once, done once, and enough for everything."""

import subprocess
import sys

import pytest

from ketwork.engine import warm

NOTHING_COMPILES = """
import sys
sys.path.insert(0, "tests")
import numpy as np
from numba.core import event
from ketwork import Circuit, NoiseModel, Simulator, pauli_z
from ketwork.noise import amplitude_damping, depolarizing
from random_circuits import random_circuit

Simulator().state(Circuit(1).h(0))
Simulator(noise=NoiseModel().add(depolarizing(0.01))).probabilities(Circuit(1).h(0))
Simulator(noise=NoiseModel().add(depolarizing(0.01))).estimate(Circuit(1).h(0), pauli_z(0, 1))
compiled = []

class Listener(event.Listener):
    def on_start(self, e): compiled.append(e.data["dispatcher"].py_func.__name__)
    def on_end(self, e): pass

event.register("numba:compile", Listener())
rng = np.random.default_rng(0)
for precision in ("single", "double"):
    simulator = Simulator(precision)
    for n, batch in ((1, 3), (3, 1), (9, 4), (10, 1), (14, 2)):
        circuit = random_circuit(rng, n, 20)
        x, w = np.asfortranarray(rng.normal(size=(batch, 3))), rng.normal(size=circuit.n_weights)
        w.setflags(write=False)
        values, pull_back = simulator.value_and_pullback(circuit, pauli_z(0, n), x, w)
        pull_back(values[::-1])
        values, pull_back = simulator.probabilities_and_pullback(circuit, x, w, [0])
        pull_back(values)
        simulator.overlap(circuit, x, w=w)
        simulator.sample(circuit, x, w, shots=3)
    simulator.metric(random_circuit(rng, 2, 5), np.ones((1, 3)), np.ones(5))
    simulator.sample(Circuit(2).h(0).measure(0, 0).x(1, condition=(0, 1)).measure(1, 1).reset(0), shots=20)
    simulator.state(Circuit(2).prepare((0, 1), np.ones(4) / 2).rx(0, 0.1))
    noisy = Simulator(precision, noise=NoiseModel().add(depolarizing(0.01)).readout(0.1, 0.2))
    for n, batch in ((1, 3), (3, 1), (6, 20), (7, 1)):
        circuit = random_circuit(rng, n, 20)
        x, w = np.asfortranarray(rng.normal(size=(batch, 3))), rng.normal(size=circuit.n_weights)
        values, pull_back = noisy.value_and_pullback(circuit, pauli_z(0, n), x, w, by_strength=True)
        pull_back(values[::-1])
        values, pull_back = noisy.probabilities_and_pullback(circuit, x, w, [0])
        pull_back(values)
    noisy = Simulator(precision, noise=NoiseModel().add(amplitude_damping(0.01)), method="trajectories", trajectories=4)
    values, pull_back = noisy.value_and_pullback(circuit, pauli_z(0, n), x[:2], w)
    pull_back(values)
    noisy.sample(circuit, x[:1], w, shots=3)
print("compiled:", compiled)
"""


@pytest.mark.parametrize(
    ("group", "words"),
    [("ideal", "Ketwork's kernels"), ("noisy", "kernels for noise"), ("trajectories", "(trajectories)")],
)
def test_the_first_run_says_so_and_later_ones_do_not(tmp_path, monkeypatch, group, words):
    marker, said = tmp_path / "marker", []
    monkeypatch.setattr(warm, "_marker", lambda name: marker if name == group else tmp_path / "none")
    monkeypatch.setattr(warm, "compile_group", lambda name: marker.touch() or 12.3)
    warm.ensure_compiled.__wrapped__(group, said.append)
    assert len(said) == 2
    assert "First run on this machine" in said[0]
    assert words in said[0]
    assert "12 s" in said[1]
    warm.ensure_compiled.__wrapped__(group, said.append)
    assert len(said) == 2


def test_kernels_that_are_being_compiled_do_not_ask_for_it_again(tmp_path, monkeypatch):
    """What a group runs asks whether the group is compiled: no second compile, and so no chain of processes."""
    begun, asked = [], []

    def run(dtype):
        asked.append(dtype)
        warm.ensure_compiled.__wrapped__("nested", asked.append)

    class Other:
        def __init__(self, command, **kwargs):
            begun.append(command)

        def wait(self):
            return 0

    monkeypatch.setattr(warm.subprocess, "Popen", Other)
    monkeypatch.setattr(warm, "_marker", lambda name: tmp_path / name)
    monkeypatch.setattr(warm, "_drop_old_kernels", lambda: None)
    monkeypatch.setitem(warm.GROUPS, "nested", run)
    warm.compile_group("nested")
    assert len(begun) == 1 and "run_group('nested'" in begun[0][-1]
    assert asked == [warm._DTYPES[0], warm._DTYPES[1]]  # nothing was said
    assert (tmp_path / "nested").exists() and not warm._under_way


def test_the_marker_follows_the_source_and_names_the_group(tmp_path, monkeypatch):
    before = warm._marker("ideal")
    for source in warm._FOLDER.glob("*.py"):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    monkeypatch.setattr(warm, "_FOLDER", tmp_path)
    assert warm._marker("ideal") == before
    assert warm._marker("noisy") != before
    (tmp_path / "lanes.py").write_text("# changed\n")
    assert warm._marker("ideal") != before


def test_nothing_compiles_after_the_first_time():
    warm.compile_all()
    done = subprocess.run([sys.executable, "-c", NOTHING_COMPILES], capture_output=True, text=True, timeout=300)
    assert done.stdout.strip() == "compiled: []", done.stdout + done.stderr
