"""Figures are SVG that holds the numbers it shows."""

from xml.etree import ElementTree

import numpy as np
import pytest

from ketwork.report import figures


def rows():
    found = []
    for name, kind, scores in (("circuit <a>", "quantum", [0.9, 0.8]), ("svm & co", "baseline", [0.95, 0.97])):
        for repetition, accuracy in enumerate(scores):
            history = [{"epoch": k + 1, "loss": 1 / (k + 1), "validation_loss": 1.2 / (k + 1)} for k in range(5)]
            found.append({
                "contender": name, "kind": kind, "repetition": repetition, "accuracy": accuracy,
                "history": history if kind == "quantum" else [], "confusion": [[40 + repetition, 3], [2, 55]],
                "labels": ["no", "yes"], "fit_seconds": 0.5, "parameters": 30,
            })  # fmt: skip
    return found


def text_of(svg):
    root = ElementTree.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    return "".join(root.itertext())


def test_accuracy():
    shown = text_of(figures.accuracy_figure(rows()))
    assert "0.850" in shown
    assert "0.960" in shown
    assert "circuit <a>" in shown
    assert "svm & co" in shown


def test_confusion_counts_are_sums():
    shown = text_of(figures.confusion_figure(rows(), ["circuit <a>"]))
    for number in ("81", "6", "4", "110", "yes"):
        assert number in shown


def test_learning_only_where_there_is_a_history():
    drawn = figures.learning_figure(rows())
    assert drawn is not None
    assert "circuit <a>" in text_of(drawn)
    assert "svm" not in text_of(drawn)
    assert figures.learning_figure([row for row in rows() if not row["history"]]) is None


def test_cost_has_a_mark_for_every_contender():
    assert {"1", "2"} <= set(text_of(figures.cost_figure(rows())).replace("\n", " ").split())


@pytest.mark.parametrize("draw", [figures.accuracy_figure, figures.cost_figure])
def test_the_same_data_gives_the_same_file(draw):
    assert draw(rows()) == draw(rows())


def test_ids_do_not_clash_on_one_page():
    ids = []
    for svg in (figures.accuracy_figure(rows()), figures.cost_figure(rows())):
        ids.append({e.get("id") for e in ElementTree.fromstring(svg).iter() if e.get("id")})
    shared = {
        name for name in ids[0] & ids[1] if not name.startswith(("figure", "axes", "patch", "text", "matplotlib"))
    }
    assert not {name for name in shared if name.startswith("m") and len(name) > 8}
    assert np.all([len(found) > 3 for found in ids])
