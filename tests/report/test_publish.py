"""The files of a finished run agree with each other and with the command line."""

import json
import math
import shlex

import pytest

from ketwork.cli import main
from ketwork.experiments.fit import fit
from ketwork.experiments.task import FitTask
from ketwork.report.publish import publish, without_nan


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    found = fit(FitTask("iris", seeds=2, fits=1, epochs=3, layers=1), tmp_path_factory.mktemp("runs") / "iris")
    return found, publish(found)


def test_result_and_report_say_the_same(run):
    found, published = run
    result = json.loads((found.folder / "result.json").read_text())
    assert result["verdict"] == published.verdict
    assert published.verdict.split(";")[0] in published.report.read_text()
    assert result["rows"] == without_nan(found.rows)
    assert len(result["rows"]) == 2 * 7
    accuracies = [row["accuracy"] for row in result["rows"] if row["kind"] == "quantum"]
    assert f"{sum(accuracies) / 2:.3f}" in published.verdict


def test_the_command_in_the_report_repeats_the_run(run, tmp_path, capsys):
    found, _ = run
    command = json.loads((found.folder / "result.json").read_text())["command"]
    assert main([*shlex.split(command)[1:], "--out", str(tmp_path / "again")]) == 0
    again = json.loads((tmp_path / "again" / "result.json").read_text())
    for key in ("accuracy", "confusion"):
        assert [row[key] for row in again["rows"]] == [row[key] for row in found.rows]
    assert again["id"] == found.task.digest
    capsys.readouterr()


def test_numbers_that_json_cannot_say():
    found = without_nan({"a": [1.5, math.nan], "b": (math.inf, 2), "c": "x"})
    assert found == {"a": [1.5, None], "b": [None, 2], "c": "x"}
