"""The table of methods: every row leads to a function that takes a search, says what it does and where it is from."""

import importlib
import inspect
import re
import subprocess
import sys

import pytest

from ketwork.search import METHODS, find_search
from ketwork.search.method_table import check_extras


@pytest.mark.parametrize("name", METHODS)
def test_every_row_is_a_method(name):
    row = METHODS[name]
    module, _, function = row.where.partition(":")
    found, run = find_search(name)
    home = importlib.import_module(f"ketwork.search.{module}")
    assert found == name and run is getattr(home, function)
    first, *options = inspect.signature(run).parameters.values()
    assert first.name == "search"
    assert all(option.default is not inspect.Parameter.empty for option in options)
    assert re.search("Sources?:", f"{run.__doc__} {home.__doc__}")


def test_rows_have_a_sentence_and_a_checked_source():
    for row in METHODS.values():
        assert row.says and not row.says.endswith(".")
        assert "check" not in row.source
        assert re.search(r"arXiv:\d{4}\.\d{4,5}|\(\d{4}\)|ICML", row.source)


def test_a_function_is_a_method_too():
    def mine(search):
        return None

    assert find_search(mine) == ("mine", mine)
    with pytest.raises(ValueError, match="`method` must be one of"):
        find_search("anealing")


def test_the_table_is_light():
    heavy = "{'torch', 'gymnasium', 'ray', 'optuna', 'stable_baselines3', 'sklearn.ensemble'}"
    code = f"import sys, ketwork.search; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_methods_that_need_no_extra_run_without():
    """A small search of each in a process that has none of what the extra `search` brings."""
    code = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name in ("torch", "stable_baselines3", "sb3_contrib", "optuna", "gymnasium", "ray"):
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Missing())
from ketwork.operators import load_molecule
from ketwork.search import METHODS, Inner, Setting, ground_state, seek
from ketwork.search.method_table import check_extras
task = ground_state(load_molecule("H2"), Setting(max_gates=4, inner=Inner(steps=5)))
free = [name for name, row in METHODS.items() if not row.needs]
check_extras(free)
for name in free:
    assert seek(task, name, 900, 0).best is not None, name
print(len(free))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.stdout.strip() == "9", done.stderr


@pytest.mark.parametrize("name", [name for name in METHODS if METHODS[name].needs])
def test_a_missing_extra_is_named(name, monkeypatch):
    monkeypatch.setitem(sys.modules, METHODS[name].needs[-1], None)
    with pytest.raises(ImportError, match=r"pip install 'ketwork\[search\]'"):
        check_extras(["random", name])
