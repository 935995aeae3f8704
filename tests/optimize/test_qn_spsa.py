"""QN-SPSA: its metric is the metric on average, and valleys that SPSA creeps along are crossed."""

import json
from itertools import product

import numpy as np
import pytest

from ketwork import Circuit, Simulator, w
from ketwork.optimize import minimize, qn_spsa


class Directions:
    """In place of a generator: directions that are given, one after the other."""

    def __init__(self, *directions):
        self.left = [np.array(d, float) for d in directions]

    def choice(self, values, size):
        return self.left.pop(0)


def test_the_mean_over_all_directions_is_the_metric_of_a_quadratic():
    root = np.random.default_rng(0).normal(size=(3, 3))
    metric = root @ root.T
    fidelity = lambda p, q: 1 - float((p - q) @ metric @ (p - q))  # noqa: E731
    signs = list(product([-1.0, 1.0], repeat=3))
    samples = [
        qn_spsa.metric_sample(fidelity, np.ones(3), 0.1, Directions(first, second))
        for first in signs
        for second in signs
    ]
    np.testing.assert_allclose(np.mean(samples, axis=0), metric, atol=1e-10)


def test_the_mean_is_the_fubini_study_metric_of_a_circuit():
    circuit = Circuit(2).ry(0, w[0]).rz(0, w[1]).cx(0, 1).ry(1, w[2])
    point, rng = np.array([0.9, 0.4, -0.7]), np.random.default_rng(2)

    def fidelity(a, b):
        states = [Simulator("double").state(circuit, None, p)[0] for p in (a, b)]
        return abs(np.vdot(*states)) ** 2

    samples = np.array([qn_spsa.metric_sample(fidelity, point, 0.01, rng) for _ in range(3000)])
    error = samples.std(axis=0) / np.sqrt(len(samples))
    exact = Simulator("double").metric(circuit, None, point)
    assert (np.abs(samples.mean(axis=0) - exact) < 4 * error + 1e-3).all()


def test_the_geometry_helps_in_a_narrow_valley():
    scales = np.array([1.0, 10.0])
    fun = lambda p: float((scales * p**2).sum())  # noqa: E731
    fidelity = lambda p, q: float(np.exp(-(scales * (p - q) ** 2).sum()))  # noqa: E731
    start = np.array([1.0, 0.2])
    plain = np.median([fun(minimize(fun, start, "spsa", 200, seed=k, a=0.03, c=0.01).params) for k in range(9)])
    natural = np.median([
        fun(minimize(fun, start, "qn-spsa", 200, seed=k, a=0.4, c=0.01, fidelity=fidelity).params) for k in range(9)
    ])  # fmt: skip
    assert natural < plain / 5


def test_blocking_never_climbs():
    fun = lambda p: float((p**4).sum() + p[0])  # noqa: E731
    values = []
    minimize(
        fun,
        np.array([1.0, -1.0]),
        "qn-spsa",
        60,
        seed=1,
        a=2.0,
        blocking=0.0,
        fidelity=lambda p, q: float(np.exp(-((p - q) ** 2).sum())),
        callback=lambda step, p, value: values.append(fun(p)),
    )
    assert (np.diff(values) < 0.05).all()
    assert values[-1] < values[0]


def test_a_state_saved_as_json_goes_on_on_the_same_path():
    fun = lambda p: float((p**2).sum() + p[0])  # noqa: E731
    options = {"fidelity": lambda p, q: float(np.exp(-((p - q) ** 2).sum()))}
    whole = minimize(fun, [1.0, -2.0], "qn-spsa", 20, seed=8, **options)
    half = minimize(fun, [1.0, -2.0], "qn-spsa", 7, seed=8, **options)
    rest = minimize(fun, half.params, "qn-spsa", 13, state=json.loads(json.dumps(half.state)), **options)
    assert rest.params == pytest.approx(whole.params, abs=1e-14)
