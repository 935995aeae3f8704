"""Figures of plain numbers: they are SVG, hold every name, and do not depend on when they are drawn."""

import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest

from ketwork.experiments.compare import Interval
from ketwork.report import plots

SERIES = {"first": [Interval(0.2, 0.1), Interval(0.9, 0.3)], "$second": [Interval(0.1, float("nan"))] * 2}
DRAWN = {
    "lines": lambda: plots.lines(
        "l", [0.1, 0.4], SERIES, ("across", "up"), ("$second",), (0.0, 1.0), {"mark": [(0.1, 0.5)]}
    ),
    "intervals": lambda: plots.intervals(
        "i",
        {"first": (Interval(1.5, 0.2), [1.4, 1.6]), "$second": (Interval(2.0, float("nan")), [2.0])},
        "up",
        1.0,
        True,
    ),
    "scatter": lambda: plots.scatter(
        "s", {"first": (np.array([0.1, 0.2]), [0.2, 0.1]), "$second": ([0.3], [0.3])}, ("across", "up")
    ),
    "bars": lambda: plots.bars("b", ["00", "01"], {"first": [0.5, 0.5], "$second": [0.1, 0.9]}, "up"),
}


@pytest.mark.parametrize("name", DRAWN)
def test_every_figure(name):
    text = DRAWN[name]()
    assert text == DRAWN[name]()
    ET.fromstring(text.replace("xlink:", ""))
    assert "first" in text and "$second" in text and "up" in text
    assert "<script" not in text and 'width="' not in text.split(">")[0]


@pytest.mark.parametrize("values", [(1.1, 1.9), (0.3, 30.0), (1e-3, 1e9), (0.02, 3e4)])
def test_numbers_of_logarithmic_axes_do_not_overlap(values):
    """Their boxes, as drawn, lie beside each other, and there are at least two."""
    figure, ax = plots._figure(7.4, 1.8)
    ax.scatter(values, [0, 1])
    plots._logarithmic(ax)
    ax.set_yticks([0, 1], ["a name of some length", "b"])
    figure.canvas.draw()
    low, high = ax.get_xlim()
    labels = [*ax.xaxis.get_majorticklabels(), *ax.xaxis.get_minorticklabels()]
    shown = [t for t in labels if t.get_text() and low <= t.get_position()[0] <= high]
    boxes = sorted((t.get_window_extent() for t in shown), key=lambda box: box.x0)
    assert len(boxes) >= 2
    assert all(a.x1 < b.x0 for a, b in pairwise(boxes))
