"""The sections on types of questions: means, tests and words from rows that are known."""

import json

import numpy as np
import pytest

from ketwork.atlas import question_classification_tables as tables
from ketwork.atlas.question_classification import CLASSICAL, DEPTHS, SERIES, SIZES, TASKS
from ketwork.atlas.question_classification_answers import NONE, RANDOM, TRUE
from ketwork.atlas.question_classification_tables import ANSWERED
from ketwork.report import plots

CLASSIFIERS = (TRUE, RANDOM, "QSVM, depth 1", "QSVM, depth 2", "QSVM, depth 5", "VQC", *CLASSICAL)


def made_rows(fall=0.02, splits=5):
    """Rows of a run in which accuracy falls by so much a depth, and every classifier but a random one helps."""
    rows = {
        "questions": {"kinds": {"what": 9, "how": 5}, "several": 2, "none": 1},
        "rules": {"what test": {"questions": 4, "right": 1.0, "any": 1.0, "mrr": [0.5, 0.5, 0.5], "chance": 0.3}},
    }
    rng = np.random.default_rng(0)
    for task in TASKS:
        for k in range(splits):
            shift = 0.005 * rng.normal(size=(len(SERIES), len(DEPTHS)))
            series = {
                name: [0.9 - fall * (d - 1) - (0.05 if name == SERIES[0] else 0.0) + shift[i, d - 1] for d in DEPTHS]
                for i, name in enumerate(SERIES)
            }
            rows[f"depth {task} {k}"] = {
                "depths": list(DEPTHS),
                "series": series,
                "all_words": 0.95,
                "factors": [0.1] * 5,
                "kernel": [0.5] * 5,
                "wide_kernel": [0.1] * 5,
                "beside": dict.fromkeys((*CLASSICAL, "VQC, circuit not trained"), 0.9),
            }
        for k in range(3):
            rows[f"size {task} {k}"] = {
                "sizes": list(SIZES),
                "series": {name: [0.8, 0.9, 0.9] for name in ("QSVM", "VQC", *CLASSICAL)},
            }
    for task in ANSWERED:
        for k in range(2):
            base = np.random.default_rng(5).integers(1, 5, 200)
            helped = np.maximum(base - (np.arange(200) % 4 == 0), 1)
            said = {NONE: {"accuracy": None, "ranks": base.tolist(), "filtered": base.tolist()}}
            for name in CLASSIFIERS:
                found = base if name == RANDOM else helped
                said[name] = {"accuracy": 0.9, "ranks": found.tolist(), "filtered": found.tolist()}
            rows[f"answers {task} {k}"] = {"said": said, "questions": 200, "training": 100, "twins": list(range(200))}
    return json.loads(json.dumps(rows))  # fmt: skip


def test_curves_and_intervals():
    rows = made_rows()
    runs = tables.chosen(rows, "depth who/when")
    assert len(runs) == 5  # not those without the question word
    points = tables.curve(runs, "VQC")
    assert points[2].mean == pytest.approx(np.mean([run["series"]["VQC"][2] for run in runs]))
    gain, p = tables.deeper(runs, "VQC")
    assert gain == pytest.approx(-0.08, abs=0.01) and p < 0.001
    assert tables.percent(tables.beside(runs, "RBF SVM")) == "90.0 ± 0.0 %"


def test_tests_over_depth_are_corrected():
    rows = made_rows(fall=0.002)
    found = tables.depth_tests(rows, ("QSVM", "VQC"))
    raw = [tables.deeper(tables.chosen(rows, f"depth {task}"), name)[1] for task, name, *_ in found]
    assert len(found) == 8 and all(p >= q for (*_, p), q in zip(found, raw, strict=True))
    assert min(p for *_, p in found) == pytest.approx(min(1, 8 * min(raw)))


def test_gains_over_no_classifier():
    rows = made_rows()
    every = tables.gains(rows)
    won = every[str(TASKS[0])]
    assert set(every) == set(map(str, ANSWERED))
    tested = [p for gains in every.values() for name, (_, p) in gains.items() if name != TRUE]
    raw = [tables.against(rows, task, name, NONE)[1] for task in ANSWERED for name in CLASSIFIERS if name != TRUE]
    assert len(tested) == 48 and sorted(tested) == pytest.approx(sorted(tables.holm(raw)))
    assert NONE not in won and won[RANDOM] == (tables.Interval(0.0, 0.0), 1.0)
    assert won["VQC"][0].mean > 0 and won["VQC"][1] < 0.05
    assert won[TRUE][1] <= won["VQC"][1]  # the true type is not among the tests that are corrected


def test_every_section_has_its_table_and_figure():
    rows = made_rows()
    whole = [
        tables.questions(rows["questions"]), *(tables.depth(rows, task) for task in TASKS), tables.ansatz(rows),
        tables.concentration(rows), tables.sizes(rows), tables.rule_table(rows["rules"]),
        *(tables.answers(rows, task, tables.gains(rows)[str(task)]) for task in ANSWERED),
    ]  # fmt: skip
    assert all(section.table.rows and all(len(row) == len(section.table.header) for row in section.table.rows)
               for section in whole)  # fmt: skip
    names = [section.name for section in whole if section.figure]
    assert len(names) == len(set(names)) == 12
    assert all(section.figure.startswith("<svg") for section in whole if section.figure)
    assert len({text for section in whole for text in section.text if len(text) > 200}) == sum(
        len(text) > 200 for section in whole for text in section.text
    )  # nothing long is said twice
    assert "17 questions" in whole[0].text[0] and "several types (2) and of none (1)" in whole[0].text[0]


def test_cells_of_a_depth_section(monkeypatch):
    monkeypatch.setattr(plots, "lines", lambda *_, **__: "")
    table = tables.depth(made_rows(), TASKS[2]).table
    row = next(row for row in table.rows if row[0] == "VQC")
    assert row[-2].startswith("-") and float(row[-1]) < 0.05
    plain = next(row for row in table.rows if row[0] == "linear SVM")
    assert plain[1] == "90.0 ± 0.0 %" and set(plain[2:]) == {""}


def test_cells_of_answers(monkeypatch):
    monkeypatch.setattr(plots, "intervals", lambda *_, **__: "")
    rows = made_rows()
    table = tables.answers(rows, TASKS[2], tables.gains(rows)[str(TASKS[2])]).table
    cells = {row[0]: row for row in table.rows}
    assert cells[NONE][1] == "" and cells[NONE][4:] == ("", "", "")
    assert float(cells[TRUE][2]) > float(cells[NONE][2]) and cells[TRUE][4].startswith("+")
