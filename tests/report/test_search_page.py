"""The report of `ketwork search`: the verdict is the tests', numbers are the rows', and odd runs have a page too."""

import json
from pathlib import Path

import pytest

from ketwork.cli import main
from ketwork.report.search_page import best_row, finding, publish_search
from ketwork.search import METHODS
from searched import searched


def sections(found):
    return {section.title: section for section in found.sections}


def test_what_is_claimed():
    found = finding(searched())
    assert found.tone == "better" and "grow has the least mean" in found.verdict
    rows = {row[0]: row for row in sections(found)["What was reached"].table.rows}
    assert next(iter(rows)) == "grow"  # the best first
    assert rows["grow"][3] == "3 of 3" and rows["random"][3] == "0 of 3"
    assert rows["grow"][-1].startswith("better, p = ") and rows["random"][-1] == ""
    assert rows["brick_wall (by hand) *"][1] == "0.02"
    assert rows["uccsd (by hand)"][1] == "the budget does not train it"


def test_costs():
    table = sections(finding(searched()))["What the search cost"].table
    rows = {row[0]: row for row in table.rows}
    assert rows["grow"][1:] == ("1,000", "2", "2.0 s", "500", "900 (3 of 3)", "budget spent")
    assert rows["random"][5] == "never"


def test_a_worse_method_is_called_worse():
    found = finding(searched(errors={"random": 0.01, "annealing": 0.2, "grow": 0.3}))
    assert found.tone == "worse" and "worse: annealing" in found.verdict


def test_one_seed_claims_nothing(tmp_path):
    found = finding(searched(seeds=1))
    assert found.tone == "open" and "One seed allows no test" in found.verdict
    assert "five seeds" in sections(found)["How it was compared"].text[-1]


@pytest.mark.parametrize(
    "errors",
    [
        {"random": 0.1, "annealing": 0.1, "grow": 0.1},
        {"random": -1e-13, "annealing": 0.0, "grow": 0.0},
        {"random": 0.1, "annealing": None, "grow": 0.2},
    ],
)
def test_odd_runs(errors, tmp_path):
    ran = publish_search(searched(errors=errors, folder=tmp_path, references=False))
    text = ran.report.read_text()
    assert "Verdict" in text and "nan" not in text.split("</style>")[1].lower().replace("finan", "")
    assert json.loads((tmp_path / "result.json").read_text())["tests"]


def test_files(tmp_path):
    run = searched(noisy=True, folder=tmp_path)
    ran = publish_search(run)
    assert ran.report == tmp_path / "report.html"
    for name in ("curves", "front", "noise", "circuit-grow"):
        assert (tmp_path / "figures" / f"{name}.svg").is_file()
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["verdict"] == run.verdict and len(result["rows"]) == 9 + 2
    assert result["metrics"]["grow"]["search_error"]["mean"] == pytest.approx(1e-4)
    assert best_row(run, "random")["seed"] == 0  # its error grows with the seed


def test_notes_are_short():
    rows = sections(finding(searched()))["What the methods noted"].table.rows
    assert [row[0] for row in rows] == ["grow"] and rows[0][2] == "losses 3 ... 0.1 (5 values)"


def test_the_command_writes_it(tmp_path, capsys):
    words = ["search", "H2_0.7414_2q", "--method", "random", "--budget", "300", "--seeds", "1", "--max-gates", "4"]
    assert main([*words, "--workers", "1", "--steps", "5", "--out", str(tmp_path / "run")]) == 0
    assert "report.html" in capsys.readouterr().out
    assert (tmp_path / "run" / "report.html").is_file()
    from ketwork.search.export import load_found

    found = load_found(tmp_path / "run", "random")
    assert found.values()[0] == pytest.approx(found.value, abs=1e-10)


def test_the_guide_names_every_method():
    page = Path(__file__).resolve().parents[2] / "docs" / "guide" / "searching.md"
    rows = [line for line in page.read_text().splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == list(METHODS)
