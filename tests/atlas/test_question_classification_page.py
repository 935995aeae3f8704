"""The report on types of questions: the plan of a run, and words that follow the numbers."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from test_question_classification_tables import made_rows

from ketwork.atlas import launch
from ketwork.atlas import question_classification_page as page
from ketwork.atlas.question_classification import DEPTHS, TASKS
from ketwork.atlas.question_classification_answers import TRUE
from ketwork.atlas.question_classification_page import finding, question_classification_system
from ketwork.experiments.compare import interval
from ketwork.experiments.ledger import open_ledger
from ketwork.report import plots


def compared(claim="no difference shown"):
    """What the report reads of a comparison."""
    tests = [SimpleNamespace(model=m, other=o, claim=claim) for m in ("QSVM", "VQC") for o in ("linear SVM", "RBF SVM")]
    return SimpleNamespace(tests=tests, names=lambda: ("QSVM", "linear SVM"), score=lambda *_: interval([0.7, 0.8]))


@pytest.fixture(autouse=True)
def sections(monkeypatch):
    """The comparison's own sections are tested elsewhere, and drawing takes time."""
    monkeypatch.setattr(page, "comparison_sections", lambda found: ())
    for name in ("lines", "intervals"):
        monkeypatch.setattr(plots, name, lambda *_, **__: "<svg></svg>")


@pytest.fixture
def asked(monkeypatch):
    """What computes a row replaced by rows that are known; what was asked for."""
    rows, found = made_rows(), []

    def known(name):
        def make(task, seed, *more):
            found.append((name, str(task), seed, *more))
            return dict(rows[f"{name} {task} 0"])

        return make

    for name, function in (("depth", "over_depth"), ("size", "over_size"), ("answers", "answer")):
        monkeypatch.setattr(page, function, known(name))
    monkeypatch.setattr(page, "all_questions", tuple)
    monkeypatch.setattr(page, "counted", lambda questions: rows["questions"])
    monkeypatch.setattr(page, "rules", lambda: rows["rules"])
    monkeypatch.setattr(page, "tuned", lambda *a: found.append(("tuned", *a[1:])) or compared())
    return found


def test_the_plan_keeps_the_promise(asked, tmp_path):
    """Depths 1 to 5, five splits of four tasks, each with a seed of its own."""
    with open_ledger(tmp_path / "run", {}) as ledger:
        question_classification_system(ledger, 2, False)
    depths = [a for a in asked if a[0] == "depth"]
    assert sorted(a[1:3] for a in depths) == sorted((str(t), 2000 + k) for t in TASKS for k in range(5))
    assert all(a[3] == DEPTHS == (1, 2, 3, 4, 5) for a in depths)
    assert len([a for a in asked if a[0] == "answers"]) == 18 and asked[-1][0] == "tuned"


def test_resuming_computes_nothing_twice(asked, tmp_path):
    with open_ledger(tmp_path / "run", {}) as ledger:
        first = question_classification_system(ledger, 0, True)
    done = len([a for a in asked if a[0] != "tuned"])
    with open_ledger(tmp_path / "run", {}, resume=True) as ledger:
        assert question_classification_system(ledger, 0, True).metrics == first.metrics
    assert len([a for a in asked if a[0] != "tuned"]) == done


def by_name(found):
    return {check.claim: check for check in found.checks}


def test_depth_that_hurts_is_said_to():
    found = finding(made_rows(), compared())
    assert (
        found.tone == "open"
        and "better than the least in 0 of 8 tests (two models, four tasks) and worse in 8" in found.verdict
    )
    assert not by_name(found)["deeper feature maps classify better"].passed
    assert by_name(found)["accuracy over depth of QSVM and VQC, with bands"].passed


def test_depth_that_helps_is_said_to():
    found = finding(made_rows(fall=-0.01), compared())
    assert "better than the least in 8 of 8" in found.verdict and "worse in 0" in found.verdict
    assert by_name(found)["deeper feature maps classify better"].passed


def test_worse_than_classical_is_said_to_be():
    name = "a quantum model is better than a classical SVM, tuned alike"
    for claim, tone, passed in (("worse", "worse", False), ("better", "better", True)):
        found = finding(made_rows(), compared(claim))
        assert found.tone == tone and by_name(found)[name].passed == passed
        assert f"{claim} " in found.verdict


def test_entangling_gates_that_hurt():
    check = by_name(finding(made_rows(), compared()))["entangling gates help the kernel"]
    assert not check.passed and check.found == "better in 0 of 4, worse in 4"
    assert "who/when -5" in check.remark or "who/when -4" in check.remark


def test_answers():
    found = by_name(finding(made_rows(), compared()))
    assert found["quantum types improve answers, who/when: MRR, P@1"].passed
    last = found["quantum types find better answers than classical SVMs' types"]
    assert not last.passed and last.found == "better in 0 of 24, worse in 0"
    rows = made_rows()
    for key, row in rows.items():
        if key.startswith("answers who/when "):
            row["said"]["VQC"] = row["said"]["no classifier"] | {"accuracy": 0.5}
    worse = by_name(finding(rows, compared()))
    assert not worse["quantum types improve answers, who/when: MRR, P@1"].passed
    assert (
        worse["quantum types find better answers than classical SVMs' types"].found == "better in 0 of 24, worse in 2"
    )


def test_types_that_do_not_help_are_said_not_to():
    rows = made_rows()
    for key, row in rows.items():
        if key.startswith("answers"):
            row["said"] = dict.fromkeys(row["said"], row["said"]["no classifier"] | {"accuracy": 1.0})
    found = finding(rows, compared())
    assert found.verdict.count("+0.000 (p = 1, no difference shown)") == 4 and "help" not in found.verdict


def test_headlines_are_of_the_tuned_comparison_not_of_the_best_depth():
    first = finding(made_rows(), compared()).cards[0]
    assert first[0] == "75.0 ± 63.5 %" and "tuned" in first[1] and "75.0" in first[2]


def test_types_that_do_not_help_are_no_contest():
    rows = made_rows()
    for key, row in rows.items():
        if key.startswith("answers"):
            row["said"][TRUE] = row["said"]["no classifier"] | {"accuracy": 1.0}
    check = by_name(finding(rows, compared()))["quantum types find better answers than classical SVMs' types"]
    assert not check.passed and "none" in check.remark


def test_the_command(asked, tmp_path):
    launch.launch("question-classification", 0, tmp_path / "run", quick=True)
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert {f"depth {task}" for task in TASKS} < set(result["metrics"])
    assert np.isfinite(result["metrics"]["answers who/when"]["VQC"]["mrr"])
    assert len(list((tmp_path / "run" / "figures").glob("*.svg"))) == 12
    assert "numbers not known here" in (tmp_path / "run" / "report.html").read_text()
