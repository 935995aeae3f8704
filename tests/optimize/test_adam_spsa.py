"""Adam-SPSA: its first steps by hand, its moments as weighted means."""

import json

import numpy as np
import pytest

from ketwork.optimize import adam_spsa, minimize


def test_the_first_step_is_a_plain_spsa_step():
    slope, rng = np.array([2.0]), np.random.default_rng(0)
    moved, state, value = adam_spsa.update(
        lambda p: float(slope @ p), adam_spsa.init(np.zeros(1)), np.zeros(1), rng, a=0.1
    )
    np.testing.assert_allclose(moved, [-0.2])
    assert state["step"] == 1
    assert value == pytest.approx(0)


def test_moments_are_weighted_means_of_the_estimates():
    """In one dimension estimates of a line are its slope, whatever the direction: both moments are exact at once."""
    rng, state, params = np.random.default_rng(1), adam_spsa.init(np.zeros(1)), np.zeros(1)
    moves = []
    for _ in range(6):
        moved, state, _ = adam_spsa.update(
            lambda p: 3 * float(p[0]), state, params, rng, a=0.5, a_power=0.7, beta1=0.8, beta2=0.6, beta1_power=0.3
        )
        moves.append(float((moved - params)[0]))
        params = moved
    assert moves[0] == pytest.approx(-1.5)
    np.testing.assert_allclose(moves[1:], [-0.5 / k**0.7 for k in range(2, 7)], rtol=1e-6)


def test_against_the_recursion_written_out():
    fun = lambda p: float((p**2).sum() + np.sin(p[0]))  # noqa: E731
    params, state = np.array([0.5, -1.0]), adam_spsa.init(np.zeros(2))
    for _ in range(4):
        params, state, _ = adam_spsa.update(fun, state, params, np.random.default_rng(state["step"]))
    point, gains = np.array([0.5, -1.0]), adam_spsa.GAINS
    m, v, wm, wv = np.zeros(2), np.zeros(2), 0.0, 0.0
    for k in range(1, 5):
        d = np.random.default_rng(k - 1).choice([-1.0, 1.0], size=2)
        ck = gains["c"] * k ** -gains["c_power"]
        g = (fun(point + ck * d) - fun(point - ck * d)) / (2 * ck) / d
        b1, b2 = gains["beta1"] * k ** -gains["beta1_power"], gains["beta2"]
        m, v, wm, wv = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g, b1 * wm + 1 - b1, b2 * wv + 1 - b2
        ak = gains["a"] * k ** -gains["a_power"]
        point = point - ak * (g if k == 1 else (m / wm) / (np.sqrt(v / wv) + 1e-8))
    np.testing.assert_allclose(params, point, atol=1e-12)


def test_a_state_saved_as_json_goes_on_on_the_same_path():
    fun = lambda p: float((p**2).sum() + p[0])  # noqa: E731
    whole = minimize(fun, [1.0, -2.0], "adam-spsa", 30, seed=8)
    half = minimize(fun, [1.0, -2.0], "adam-spsa", 11, seed=8)
    rest = minimize(fun, half.params, "adam-spsa", 19, state=json.loads(json.dumps(half.state)), seed=99)
    assert rest.params.tolist() == whole.params.tolist()
