"""Figures of `ketwork solve`: they are SVG, say what they show, and take every shape of data."""

import numpy as np

from ketwork.report.solving_figures import _edges, _thinned, convergence, distributions


def test_convergence():
    runs = {"vqe": [[10.0, 1.0, 0.1], [5.0, 0.0]], "adapt": [list(np.linspace(9, 1, 5000))]}
    text = convergence("c", runs, ("step", "energy error, mHa"), {"chemical accuracy": 1.6})
    assert text.startswith("<svg") and "chemical accuracy" in text and "adapt" in text and len(text) < 200_000
    assert convergence("d", {"vqe": [[-1.0, -2.0]]}, ("step", "energy"), {}, logarithmic=False).startswith("<svg")
    assert convergence("e", {"vqe": [[0.0]]}, ("step", "error"), {}).startswith("<svg")


def test_long_runs_keep_their_ends():
    steps, values = _thinned(list(range(5000)))
    assert len(steps) <= 400 and (steps[0], steps[-1]) == (1, 5000) and (values[0], values[-1]) == (0, 4999)
    steps, values = _thinned([3.0, 2.0])
    assert list(steps) == [1, 2] and list(values) == [3, 2]


def test_distributions():
    text = distributions("h", {"qaoa": [(4.0, 0.75), (2.0, 0.05)], "random strings": []}, "objective", 4.0)
    assert "qaoa (80 % feasible)" in text and "random strings (0 % feasible)" in text and "best known, 4" in text
    assert distributions("h", {"qaoa": []}, "objective", None).startswith("<svg")


def test_bins():
    np.testing.assert_allclose(_edges(np.array([1.0, 3.0])), [0.5, 1.5, 2.5, 3.5])
    assert len(_edges(np.linspace(0, 100, 77))) == 31
    assert len(_edges(np.array([0.25]))) == 2
