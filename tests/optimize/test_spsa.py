"""SPSA: unbiased on quadratics, with Spall's gains."""

import numpy as np
import pytest

from ketwork.optimize import spsa


def test_the_mean_step_follows_the_gradient():
    slope, rng = np.array([1.0, -2.0, 0.5]), np.random.default_rng(0)
    params = np.zeros(3)
    steps = [
        spsa.update(lambda p: float(slope @ p), spsa.init(params, a=1.0, c=0.1), params, rng)[0] for _ in range(4000)
    ]
    error = np.std(steps, axis=0) / np.sqrt(4000)
    assert (np.abs(np.mean(steps, axis=0) + slope) < 4 * error).all()
    assert error.max() < 0.1


def test_gains_fall_as_spall_says():
    rng, params, state = np.random.default_rng(1), np.zeros(1), spsa.init(np.zeros(1), a=0.3, c=0.2)
    seen = []
    for step in range(1, 6):
        points = []
        moved, state, _ = spsa.update(lambda p, points=points: points.append(p[0]) or float(p[0]), state, params, rng)
        seen.append((abs(moved[0]), (max(points) - min(points)) / 2))
        assert seen[-1] == pytest.approx((0.3 / step**0.602, 0.2 / step**0.101))


def test_the_value_is_the_mean_of_two_evaluations():
    rng, params = np.random.default_rng(0), np.array([1.0, 2.0])
    _, _, value = spsa.update(lambda p: float(p.sum()), spsa.init(params), params, rng)
    assert value == pytest.approx(3.0)


def test_calibration_makes_the_first_step_two_pi_fifths():
    slope, params = np.array([3.0, -4.0]), np.zeros(2)
    calls = []
    state = spsa.calibrated(lambda p: calls.append(0) or float(slope @ p), params, np.random.default_rng(0))
    assert len(calls) == 50
    rng = np.random.default_rng(5)
    first = [abs(spsa.update(lambda p: float(slope @ p), state, params, rng)[0][0]) for _ in range(2000)]
    assert np.mean(first) == pytest.approx(2 * np.pi / 5, rel=0.3)
