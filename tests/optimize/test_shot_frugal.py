"""Shot-frugal descent: the papers' formulas written out, and what they promise in mean."""

import json
import math

import numpy as np
import pytest

from ketwork.optimize import minimize
from ketwork.optimize.shot_frugal import init, update

L = 4.0


def noisy(spread, slope=lambda p: 2 * p):
    """A bowl of which each reading of component d has a standard deviation spread[d]."""

    def fun(p, readings, rng):
        gradient = slope(p) + np.asarray(spread) * rng.normal(size=len(p)) / np.sqrt(readings)
        return float(p @ p), gradient, np.asarray(spread, float) ** 2

    return fun


def test_two_steps_by_hand():
    """Algorithm 1 of arXiv:2004.06252, number by number."""
    given = [([0.5, -2.0], [3.0, 0.2]), ([0.3, -1.5], [2.5, 0.4])]
    rate, mu, b, least = 0.1, 0.9, 1e-3, 4
    state, point, asked = init(np.zeros(2), least), np.zeros(2), []
    chi, xi, readings, expected = [0.0, 0.0], [0.0, 0.0], [least, least], [0.0, 0.0]
    for k, (gradient, variance) in enumerate(given):
        for i in range(2):
            expected[i] -= rate * gradient[i]
            chi[i] = mu * chi[i] + (1 - mu) * gradient[i]
            xi[i] = mu * xi[i] + (1 - mu) * variance[i]
        wanted, gains = [], []
        for i in range(2):
            c, x = chi[i] / (1 - mu ** (k + 1)), xi[i] / (1 - mu ** (k + 1))
            s = max(least, math.ceil(2 * L * rate / (2 - L * rate) * x / (c**2 + b * mu**k)))
            wanted.append(s)
            gains.append(((rate - L * rate**2 / 2) * c**2 - L * rate**2 / (2 * s) * x) / s)
        most = wanted[gains.index(max(gains))]

        def estimate(p, n, k=k):
            asked.append(n.tolist())
            return 0.0, np.array(given[k][0]), np.array(given[k][1])

        point, state, _ = update(estimate, state, point, L, rate, least, smoothing=mu, bias=b)
        assert asked[-1] == readings
        readings = [min(most, max(least, s)) for s in wanted]
        assert state["readings"] == readings
    np.testing.assert_allclose(point, expected, atol=1e-14)
    assert state["spent"] == 2 * sum(asked[0]) + 4 + 2 * sum(asked[1]) + math.ceil(np.mean(asked[1]))


def test_readings_grow_as_the_slope_shrinks():
    options = {"lipschitz": L, "learning_rate": 0.1, "smoothing": 0.8}
    found = minimize(noisy([0.5, 0.3]), [2.0, 2.0], "icans", 150, seed=0, **options)
    early = minimize(noisy([0.5, 0.3]), [2.0, 2.0], "icans", 3, seed=0, **options)
    assert early.state["spent"] == 3 * 50 and min(found.state["readings"]) > 30
    np.testing.assert_allclose(found.params, 0, atol=0.1)


def test_the_component_that_gains_most_sets_what_others_may_take():
    """Without noise 10 readings are enough for one component, and as long as it has a slope the other takes no more."""
    found = minimize(noisy([0.5, 0.0]), [2.0, 2.0], "icans", 50, seed=0, lipschitz=L, learning_rate=0.1)
    assert found.state["readings"] == [10, 10]


def test_the_most_and_the_least():
    for least, most in ((3, 20), (30, 30)):
        counts = []

        def fun(p, readings, rng, counts=counts):
            counts.append(readings.copy())
            return noisy([1.0, 0.1])(p, readings, rng)

        minimize(fun, [1.0, 0.5], "rosalin", 60, seed=1, lipschitz=L, min_shots=least, max_shots=most)
        assert np.min(counts) == least and np.max(counts) <= most


def test_fewer_readings_than_with_a_fixed_number_for_the_same_end():
    """At the same number of readings, the adaptive steps end nearer to the bottom than 10 readings a step do."""
    ends = []
    for seed in range(20):
        adaptive = minimize(noisy([1.0] * 4), np.full(4, 2.0), "icans", 10_000, seed=seed,
                            lipschitz=L, learning_rate=0.25, budget=20_000)  # fmt: skip
        fixed = minimize(noisy([1.0] * 4), np.full(4, 2.0), "icans", 10_000, seed=seed,
                         lipschitz=L, learning_rate=0.25, budget=20_000, max_shots=10)  # fmt: skip
        assert adaptive.message == fixed.message == "budget spent"
        ends.append([adaptive.params @ adaptive.params, fixed.params @ fixed.params])
    better, worse = np.mean(ends, axis=0)
    assert better < 0.5 * worse


def test_the_second_variant_takes_smaller_steps_where_noise_would_win():
    """Component 0 has hardly a slope and much noise; component 1 is clean."""

    def estimate(p, n):
        return 0.0, np.array([0.1, 1.0]), np.array([50.0, 1e-6])

    steps = [update(estimate, init(np.zeros(2)), np.zeros(2), L, 0.4, variant=v)[0] for v in (1, 2)]
    assert steps[0].tolist() == pytest.approx([-0.04, -0.4])
    assert steps[1][1] == pytest.approx(-0.4)
    # the rate of the largest expected gain: g^2 / (L (g^2 + S / s + b))
    assert steps[1][0] == pytest.approx(-0.1 * 0.01 / (L * (0.01 + 5 + 1e-6)), rel=1e-9)


def test_states_are_json_and_go_on():
    fun = noisy([0.5, 0.2])
    whole = minimize(fun, [1.0, 2.0], "icans", 20, seed=3, lipschitz=L)
    half = minimize(fun, [1.0, 2.0], "icans", 9, seed=3, lipschitz=L)
    rest = minimize(fun, half.params, "icans", 11, state=json.loads(json.dumps(half.state)), lipschitz=L)
    np.testing.assert_array_equal(rest.params, whole.params)
    assert rest.state["spent"] == whole.state["spent"]


def test_the_default_rate_is_one_over_the_bound():
    found = minimize(lambda p, n, rng: (0.0, np.ones(1), np.zeros(1)), [0.0], "icans", 1, lipschitz=5.0)
    assert found.params[0] == pytest.approx(-0.2)
