"""Rotosolve: exact minima of trigonometric sums, and energies of circuits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketwork import Circuit, PauliSum, Simulator, w
from ketwork.optimize import minimize, rotosolve


def wave(seed, r):
    rng = np.random.default_rng(seed)
    a, b, constant = rng.normal(size=r), rng.normal(size=r), rng.normal()
    k = np.arange(1, r + 1)
    return lambda t: constant + np.cos(np.multiply.outer(t, k)) @ a + np.sin(np.multiply.outer(t, k)) @ b


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), r=st.integers(1, 6))
def test_the_minimum_of_a_sum_is_found(seed, r):
    fun = wave(seed, r)
    where, value = rotosolve.lowest(fun(2 * np.pi * np.arange(2 * r + 1) / (2 * r + 1)))
    fine = fun(np.linspace(-np.pi, np.pi, 20_001))
    assert fun(where) == pytest.approx(value, abs=1e-10)
    assert value <= fine.min() + 1e-9
    assert -np.pi <= where <= np.pi


def test_one_sweep_solves_one_parameter_and_counts():
    calls = []
    fun = lambda p: calls.append(0) or float(2 * np.sin(p[0] + 0.3) - 1)  # noqa: E731
    found = minimize(fun, [0.7], "rotosolve", 1, frequencies=[1])
    assert found.fun == pytest.approx(-3, abs=1e-12)
    assert len(calls) == 3


def test_energies_never_rise_and_reach_the_ground_state():
    circuit = Circuit(2).ry(0, w[0]).ry(1, w[1]).cx(0, 1).ry(0, w[2]).ry(1, w[3])
    energy = PauliSum.from_dict({"ZZ": 1.0, "XI": 0.5, "IX": 0.5, "ZI": 0.2})
    fun = lambda p: float(Simulator("double").expectation(circuit, energy, None, p)[0, 0])  # noqa: E731
    found = minimize(fun, [0.3, 0.1, -0.2, 0.5], "rotosolve", 40, frequencies=np.ones(4))
    assert (np.diff(found.history) <= 1e-12).all()
    assert found.fun == pytest.approx(fun(found.params), abs=1e-10)
    assert found.fun == pytest.approx(np.linalg.eigvalsh(energy.matrix())[0], abs=1e-6)


def test_shared_angles_and_their_units():
    """w[0] in three gates has three frequencies; in controlled rotations the lowest is 1/2."""
    circuit = Circuit(3).rx(0, w[0]).ry(1, w[0]).rx(2, w[0]).cx(0, 1).cx(1, 2).cry(0, 2, w[1])
    energy = PauliSum.from_dict({"ZZI": 1.0, "XIX": 0.7, "IYZ": 0.4, "IIZ": -0.3})
    fun = lambda p: float(Simulator("double").expectation(circuit, energy, None, p)[0, 0])  # noqa: E731
    found = minimize(fun, [0.4, 0.8], "rotosolve", 60, frequencies=[3, 2], units=[1.0, 0.5])
    grid = np.linspace(-np.pi, np.pi, 61)
    by_first = min(fun([t, found.params[1]]) for t in grid)
    by_second = min(fun([found.params[0], t]) for t in 2 * grid)
    assert found.fun == pytest.approx(fun(found.params), abs=1e-9)
    assert found.fun <= min(by_first, by_second) + 1e-9


def test_a_parameter_without_effect_stays():
    found = minimize(lambda p: float(np.cos(p[0])), [0.3, 5.0], "rotosolve", 2, frequencies=[1, 0])
    assert found.params[1] == 5.0
