"""The report of a comparison: what it says is what was found."""

import json

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from ketwork.experiments.compare import compare
from ketwork.report.comparison_page import comparison_page, comparison_sections, publish_comparison

LONG = "linearly-separable:features=3,samples=80"


@pytest.fixture(scope="module")
def found():
    models = {"bayes": (GaussianNB(), {"var_smoothing": [1e-9, 1e-6]})}
    others = {"line": LogisticRegression(), "dummy": DummyClassifier(strategy="prior")}
    return compare(models, others, ["iris", LONG], 6, folds=4, progress=False)


def sections(page):
    return {section.title: section for section in page.sections}


def test_every_score_and_test_is_on_the_page(found):
    page = sections(comparison_page(found))
    rows = page["Scores"].table.rows
    for row, name in zip(rows, found.names(), strict=True):
        assert row[1:-1] == (name, *(str(found.score(data, name)) for data in found.data))
    tests = [t for t in found.tests if t.kind == "baseline"]
    for row, test in zip(page["Tests"].table.rows, tests, strict=True):
        assert row[1:4] == (test.model, test.other, test.claim)
        assert float(row[4]) == pytest.approx(test.difference, abs=6e-4)
    assert page["Scores"].table.header[2:4] == ("A", "B")  # long names have letters, and a legend
    assert f"A: iris; B: {LONG}" in page["Scores"].text[-1]
    assert "What the quantum part adds" not in page


def test_files_hold_the_same_in_numbers(found, tmp_path):
    said = publish_comparison(found, tmp_path / "out", "ketwork compare iris", 3.0)
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    assert said.verdict == result["verdict"] == found.verdict
    assert result["scores"]["iris"]["line"]["mean"] == pytest.approx(found.column("iris", "line").mean())
    assert len(result["rows"]) == 3 * 2 * 4
    assert [t["claim"] for t in result["tests"]] == [t.claim for t in found.tests]
    assert {p.name for p in (tmp_path / "out" / "figures").iterdir()} == {"ranks.svg", "pareto.svg"}
    page = said.report.read_text()
    assert "ketwork compare iris" in page
    assert 'src="http' not in page


def test_the_budget_is_told_as_it_was_spent(found):
    text = " ".join(sections(comparison_page(found))["The budget"].text)
    assert "may spend 6 fits" in text
    assert "Taken as they were given, with nothing to tune: line, dummy." in text
    rows = sections(comparison_page(found))["Cost"].table.rows
    assert [row[3] for row in rows] == ["6", "0", "0"]


def test_the_colour_needs_all_tests(found):
    assert comparison_page(found).tone == "open"
    clear = compare({"bayes": GaussianNB()}, {"dummy": DummyClassifier()}, "iris", folds=4, progress=False)
    assert comparison_page(clear).tone == "better"
    turned = compare({"dummy": DummyClassifier()}, {"bayes": GaussianNB()}, "iris", folds=4, progress=False)
    assert comparison_page(turned).tone == "worse"
    assert "Over all data sets" not in sections(comparison_page(clear))
    assert np.isnan(clear.ranks.critical)


def test_sections_for_other_reports(found):
    titles = [section.title for section in comparison_sections(found)]
    assert titles == ["Scores", "Over all data sets", "Tests", "Scores against cost", "The budget"]
