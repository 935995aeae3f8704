"""SPSA: unbiased on quadratics, with Spall's gains."""

import json
from itertools import product

import numpy as np
import pytest

from ketwork.optimize import minimize, spsa


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


def test_calibration_makes_the_first_step_a_fifth_of_pi():
    slope, params = np.array([3.0, -4.0]), np.zeros(2)
    calls = []
    state = spsa.calibrated(lambda p: calls.append(0) or float(slope @ p), params, np.random.default_rng(0))
    assert len(calls) == 50
    rng = np.random.default_rng(5)
    first = [abs(spsa.update(lambda p: float(slope @ p), state, params, rng)[0][0]) for _ in range(2000)]
    assert np.mean(first) == pytest.approx(np.pi / 5, rel=0.3)


def test_calibration_is_kandalas_formula():
    """a = (2 pi/5) c / <|E(+) - E(-)|>; for one parameter every direction gives the same change."""
    fun = lambda p: float(np.sin(p[0]))  # noqa: E731
    state = spsa.calibrated(fun, np.array([0.4]), np.random.default_rng(0), c=0.2)
    change = abs(fun(np.array([0.6])) - fun(np.array([0.2])))
    assert state["a"] == pytest.approx(2 * np.pi / 5 * 0.2 / change)


class Directions:
    """In place of a generator: a direction that is given."""

    def __init__(self, direction):
        self.direction = np.array(direction)

    def choice(self, values, size):
        assert set(values) == {-1.0, 1.0}
        assert self.direction.shape == size
        return self.direction


def test_unbiased_on_a_quadratic_over_all_directions():
    """A central difference of a quadratic is exact, so the mean over all 2^n directions is the gradient itself."""
    rng = np.random.default_rng(3)
    half, linear, params = rng.normal(size=(4, 4)), rng.normal(size=4), rng.normal(size=4)
    fun = lambda p: float(p @ half @ p + linear @ p)  # noqa: E731
    moves = [
        spsa.update(fun, spsa.init(params, a=1.0, c=0.7), params, Directions(d))[0] - params
        for d in product([-1.0, 1.0], repeat=4)
    ]
    np.testing.assert_allclose(np.mean(moves, axis=0), -((half + half.T) @ params + linear), atol=1e-12)
    assert np.std(moves, axis=0).min() > 0.1


def test_a_flat_function_is_not_divided_by_zero():
    state = spsa.calibrated(lambda p: 1.0, np.zeros(2), np.random.default_rng(0))
    assert state["a"] == pytest.approx(np.pi / 5)


def test_a_state_saved_as_json_goes_on_on_the_same_path():
    fun = lambda p: float((p**2).sum() + p[0])  # noqa: E731
    whole = minimize(fun, [1.0, -2.0], "spsa", 30, seed=8)
    half = minimize(fun, [1.0, -2.0], "spsa", 11, seed=8)
    assert (whole.n_evaluations, half.n_evaluations) == (50 + 60, 50 + 22)
    rest = minimize(fun, half.params, "spsa", 19, state=json.loads(json.dumps(half.state)), seed=99)
    assert rest.params.tolist() == whole.params.tolist()
    assert half.history + rest.history == whole.history
    assert rest.n_evaluations == 38
