"""The table of methods: every row leads to a function that takes a search, says what it does and where it is from."""

import importlib
import inspect
import re
import subprocess
import sys

import pytest

from ketwork.search import METHODS, find_search


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
