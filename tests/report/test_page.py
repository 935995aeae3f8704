"""A report's content: what the rows say, said once and honestly."""

from xml.etree import ElementTree

import numpy as np
import pytest
from scipy import stats

from ketwork import Circuit, w, x
from ketwork.experiments.data import load
from ketwork.experiments.task import FitTask
from ketwork.report.html import render
from ketwork.report.page import Page, Section, Table, best_baseline, fit_page, summary

TASK = FitTask("iris", seeds=3)
CIRCUIT = Circuit(2).ry(0, x[0]).cx(0, 1).rz(1, w[0])


def rows(ours, theirs):
    found = []
    frozen = [s - 0.3 - 0.01 * k for k, s in enumerate(ours)]
    cast = (("variational circuit", "quantum", ours), ("frozen random circuit", "ablation", frozen),
            ("weak", "baseline", [0.4, 0.5, 0.45]), ("strong", "baseline", theirs))  # fmt: skip
    for name, kind, scores in cast:
        for repetition, accuracy in enumerate(scores):
            found.append({
                "contender": name, "kind": kind, "repetition": repetition, "accuracy": accuracy, "precision": accuracy,
                "recall": accuracy, "f1_macro": accuracy, "fit_seconds": 1.5, "seconds": 4.0, "parameters": 1234,
                "circuit_evaluations": 2_500_000 if kind != "baseline" else 0, "history": [],
                "confusion": [[5, 0], [1, 4]], "labels": ["a", "b"],
            })  # fmt: skip
    return found


WORSE = rows([0.80, 0.82, 0.81], [0.95, 0.96, 0.955])


def page(found):
    return fit_page(TASK, load("iris"), found, CIRCUIT, {"processor": "abacus"}, summary(TASK, found))


def test_the_verdict_comes_first_and_names_both_sides():
    found = page(WORSE)
    assert found.tone == "worse"
    assert "0.810" in found.verdict
    assert "0.955" in found.verdict
    assert "strong" in found.verdict
    assert "the baseline is better" in found.verdict


def test_better_and_open():
    assert page(rows([0.95, 0.96, 0.955], [0.80, 0.82, 0.81])).tone == "better"
    unsure = page(rows([0.80, 0.90, 0.85], [0.86, 0.84, 0.88]))
    assert unsure.tone == "open"
    assert "no difference" in unsure.verdict


def test_tables_hold_every_contender_with_its_numbers():
    sections = {section.title: section for section in page(WORSE).sections}
    scores = sections["Scores"].table
    assert [row[1] for row in scores.rows] == ["variational circuit", "frozen random circuit", "weak", "strong"]
    assert scores.rows[3][2].startswith("0.955")
    assert all(len(row) == len(scores.header) for row in scores.rows)
    assert sections["Cost"].table.rows[0][2:] == ("1,234", "1.50", "4.00", "2,500,000")
    assert sections["Cost"].table.rows[3][-1] == "none"


def test_ablations_are_named():
    section = next(s for s in page(WORSE).sections if s.title == "What the quantum part adds")
    assert section.text[0].startswith("Frozen random circuit: 0.500 instead of 0.810 (the full model is better")


def test_the_page_says_how_to_repeat_it():
    last = page(WORSE).sections[-1]
    assert last.code == "ketwork fit iris"
    assert TASK.digest in last.text[0]
    assert "abacus" in last.text[0]


def test_the_summary_is_data():
    found = summary(TASK, WORSE)
    assert found["best_baseline"] == best_baseline(WORSE) == "strong"
    assert found["metrics"]["strong"]["accuracy"]["mean"] == pytest.approx(np.mean([0.95, 0.96, 0.955]))
    assert found["metrics"]["variational circuit"]["p_value_against_quantum"] is None


def test_the_verdict_says_where_the_circuits_ran():
    where = summary(TASK, WORSE, " on lima")["verdict"]
    assert where.startswith("On iris the quantum model on lima reaches an accuracy of 0.810")
    assert summary(TASK, WORSE)["verdict"] == where.replace(" on lima", "")


def test_more_sections_come_after_the_accuracy():
    found = fit_page(TASK, load("iris"), WORSE, CIRCUIT, {}, summary(TASK, WORSE), [Section("more")])
    titles = [section.title for section in found.sections]
    assert titles.index("more") == titles.index("Accuracy") + 1


def test_one_repetition_has_no_interval_and_no_test():
    one = [row for row in WORSE if row["repetition"] == 0]
    found = summary(FitTask("iris", seeds=1), one)
    assert found["metrics"]["strong"]["accuracy"]["half_width_95"] is None
    assert found["metrics"]["strong"]["p_value_against_quantum"] is None


def test_cards_hold_the_numbers_that_were_given():
    cards = {label: (figure, remark) for figure, label, remark in page(WORSE).cards}
    half = 100 * stats.t.ppf(0.975, 2) * np.std([0.80, 0.82, 0.81], ddof=1) * np.sqrt(1 / 3 + 0.25 / 0.75)
    assert cards["quantum accuracy"] == (f"81.0 % ± {half:.1f}", "variational circuit")
    assert cards["best baseline"][1] == "strong"
    assert cards["qubits"] == ("2", "3 gates, depth 3")
    assert cards["trained parameters"] == ("1,234", "1 of them in the circuit")
    assert cards["circuits a device would run"][0] == "2.5 million"


def test_the_data_section_counts_classes_and_names_the_hash():
    iris = load("iris")
    section = next(s for s in page(WORSE).sections if s.title == "The data")
    assert iris.sha256 in section.text[0]
    assert section.text[-1] == "Samples a class: setosa 50, versicolor 50, virginica 50."


def test_figures_are_well_formed():
    drawn = [section for section in page(WORSE).sections if section.figure]
    assert [section.name for section in drawn] == ["accuracy", "confusion", "cost", "circuit"]
    for section in drawn:
        assert ElementTree.fromstring(section.figure).tag.endswith("svg")
        assert section.description


def test_text_is_escaped_and_figures_are_not():
    evil = "<script>alert('&')</script>"
    table = Table((evil,), ((evil,),), ("baseline",))
    sections = (
        Section(evil, (evil,), table),
        Section("drawn", figure="<svg id='real'/>", description='a "b"', code=evil),
    )
    text = render(Page(evil, evil, evil, "open", ((evil, evil, evil),), sections))
    assert "<script" not in text
    assert text.count("&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;") == 12
    assert "<svg id='real'/>" in text
    assert 'aria-label="a &#34;b&#34;"' in text
