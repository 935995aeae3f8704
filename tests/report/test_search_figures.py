"""Figures of searches: means and bands are right, and every shape of data is taken."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from scipy import stats

from ketwork.report.search_figures import (
    Measure,
    averaged,
    band,
    curves_figure,
    front_figure,
    looks_of,
    measure_of,
    panels_figure,
    settings_figure,
)

LINEAR, LOGARITHMIC = Measure("error", False), Measure("error", True, 1e-6, 1.6e-3, "chemical accuracy")
TRACES = [[(10, 1.0), (30, 0.25)], [(20, 1.0), (50, 0.04)]]


def test_a_band_is_the_mean_of_what_is_held():
    found = band(TRACES, 100, LINEAR)
    assert found.spent[0] == 20 and found.spent[-1] == pytest.approx(100)
    at = {int(spent): mean for spent, mean in zip(found.spent, found.mean, strict=True) if spent in (20, 30, 50)}
    assert at == pytest.approx({20: 1.0, 30: 0.625, 50: 0.145})
    assert found.low[-1] < found.mean[-1] < found.high[-1]
    geometric = band(TRACES, 100, LOGARITHMIC)
    assert geometric.mean[-1] == pytest.approx(0.1)  # sqrt(0.25 * 0.04)
    assert (geometric.low > 0).all()


def test_intervals_hold_the_mean_as_often_as_they_say():
    rng = np.random.default_rng(0)
    errors = np.exp(rng.normal(-3, 1, (5, 4000)))
    _, low, high = averaged(errors, LOGARITHMIC)
    inside = ((low < np.exp(-3)) & (np.exp(-3) < high)).mean()
    assert abs(inside - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 4000)
    mean, low, _ = averaged(errors[:, 0], LINEAR)
    assert low == pytest.approx(stats.t.interval(0.95, 4, mean, stats.sem(errors[:, 0]))[0])


def test_one_repetition_and_none():
    assert np.isnan(band(TRACES[:1], 100, LOGARITHMIC).low).all()
    assert band([], 100, LINEAR) is None and band([[], TRACES[0]], 100, LINEAR) is None


def test_where_axes_are_logarithmic():
    assert measure_of([1.0, 1e-3], "error").logarithmic
    assert not measure_of([1.0, 0.5], "error").logarithmic
    assert not measure_of([0.0, -1e-12], "error").logarithmic and not measure_of([], "error").logarithmic
    found = measure_of([1.0, -1e-9, float("nan")], "error", 1e-2)
    assert found.logarithmic and found.floor == pytest.approx(1e-5)
    np.testing.assert_allclose(found.shown([-1e-9, 1.0]), [1e-5, 1.0])


@pytest.mark.parametrize("count", [1, 3, 14])
@pytest.mark.parametrize("measure", [LINEAR, LOGARITHMIC])
def test_curves(count, measure):
    series = {"random": TRACES, **{f"method $ {k}": TRACES for k in range(count - 1)}}
    drawn = curves_figure("c", series, 100, measure, {"by hand": 0.1})
    assert drawn.startswith("<svg") and "by hand" in drawn and "nan" not in drawn.lower()
    panels = panels_figure("p", series, 100, measure)
    assert (panels is None) == (count < 5)


def test_looks_tell_methods_apart():
    looks = looks_of(["random", *map(str, range(25))])
    assert len(set(map(str, looks.values()))) == 26
    # Colours are well apart, the baseline's grey too: all of one line style by themselves
    drawn = np.array([to_rgb(colour) for colour, style in looks.values() if style == "-"])
    gaps = np.linalg.norm(drawn[:, None] - drawn, axis=2)[~np.eye(len(drawn), dtype=bool)]
    assert gaps.min() > 0.2


def test_methods_without_circuits():
    series = {"random": [[]], "grow": [[], []]}
    assert curves_figure("c", series, 100, LINEAR, {}).startswith("<svg")
    assert panels_figure("p", series | {str(k): [[]] for k in range(4)}, 100, LINEAR).startswith("<svg")


def test_fronts():
    points = {"random": [(0.1, 3, 2), (0.01, 5, 2)], "grow": [(-1e-9, 7, 4)], "mcts": []}
    drawn = front_figure("f", points, {"by hand": (0.5, 4, 3)}, LOGARITHMIC)
    assert "two-qubit gates" in drawn and "by hand" in drawn
    assert front_figure("f", {"random": []}, {}, LINEAR).startswith("<svg")


def test_settings():
    rows = {"random": {"ideal": [0.1, 0.2], "noisy": [0.3, float("nan")]}, "by hand": {"ideal": [0.15]}}
    drawn = settings_figure("s", rows, LOGARITHMIC, {"ideal": "no noise", "noisy": "noise"})
    assert "no noise" in drawn and "chemical accuracy" in drawn
