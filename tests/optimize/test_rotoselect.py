"""Rotoselect: the best axis and angle of one rotation in one sweep, and what it does with more of them."""

import itertools

import numpy as np
import pytest

from ketwork.optimize import minimize, rotoselect

PAULI = {
    "X": np.array([[0, 1], [1, 0]], complex),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1.0 + 0j, -1]),
}


def turn(letter, angle):
    return np.cos(angle / 2) * np.eye(2) - 1j * np.sin(angle / 2) * PAULI[letter]


def one_qubit(first, observable):
    """The energy after a chain of rotations of one qubit that starts in `first`."""

    def fun(p, axes):
        state = first
        for angle, letter in zip(p, axes, strict=True):
            state = turn(letter, angle) @ state
        return float((state.conj() @ observable @ state).real)

    return fun


def observable(x, y, z):
    return x * PAULI["X"] + y * PAULI["Y"] + z * PAULI["Z"]


@pytest.mark.parametrize("coefficients", [(0.3, 0.1, 0.2), (-1.0, 0.4, 0.0), (0.1, -0.9, 0.3)])
def test_one_sweep_finds_the_best_axis_of_one_rotation(coefficients):
    """From |0>, R_y reaches -sqrt(x^2 + z^2), R_x -sqrt(y^2 + z^2), R_z only z."""
    fun = one_qubit(np.array([1, 0], complex), observable(*coefficients))
    x, y, z = coefficients
    found = minimize(fun, [0.7], "rotoselect", 1, axes="Z")
    reach = {"X": -np.hypot(y, z), "Y": -np.hypot(x, z), "Z": z}
    assert found.axes == found.state["axes"] == min(reach, key=reach.get)
    assert found.fun == pytest.approx(min(reach.values()), abs=1e-12)
    assert fun(found.params, found.axes) == pytest.approx(found.fun, abs=1e-12)
    assert found.n_evaluations == 7


def test_values_fall_from_sweep_to_sweep_and_are_true():
    rng = np.random.default_rng(3)
    state = rng.normal(size=2) + 1j * rng.normal(size=2)
    fun = one_qubit(state / np.linalg.norm(state), observable(0.5, -0.7, 0.4))
    found = minimize(fun, rng.uniform(-3, 3, 3), "rotoselect", 8, axes=["X", "X", "X"])
    assert np.all(np.diff(found.history) < 1e-12)
    assert fun(found.params, found.axes) == pytest.approx(found.history[-1], abs=1e-12)
    assert found.fun == pytest.approx(-np.sqrt(0.5**2 + 0.7**2 + 0.4**2), abs=1e-6)


def test_axes_free_reach_at_least_what_fixed_ones_do():
    """For two rotations the end is no worse than by the start's axes, and is one of the nine choices' minima."""
    fun = one_qubit(np.array([0.8, 0.6], complex), observable(0.2, 0.9, 0.1))
    found = minimize(fun, [0.3, 0.4], "rotoselect", 30, axes="ZZ")
    grid = np.linspace(-np.pi, np.pi, 61)
    lowest = {
        a: min(fun((s, t), a) for s in grid for t in grid) for a in map("".join, itertools.product("XYZ", repeat=2))
    }
    assert found.fun <= min(lowest.values()) + 0.01
    assert found.fun < lowest["ZZ"] - 0.05


def test_a_rotation_without_effect_stays_as_it_is():
    found = minimize(lambda p, axes: float(np.cos(p[1])), [0.4, 0.3], "rotoselect", 2, axes="YX")
    assert found.params[0] == 0.4 and found.axes == "YX"
    assert found.fun == pytest.approx(-1)


def test_a_state_brings_its_axes():
    fun = one_qubit(np.array([1, 0], complex), observable(0.3, 0.8, 0.1))
    first = minimize(fun, [0.1, 0.2], "rotoselect", 2, axes="ZZ")
    rest = minimize(fun, first.params, "rotoselect", 2, axes="ZZ", state=first.state)
    whole = minimize(fun, [0.1, 0.2], "rotoselect", 4, axes="ZZ")
    assert rest.axes == whole.axes
    np.testing.assert_array_equal(rest.params, whole.params)
    with pytest.raises(ValueError, match="`state` must hold 3"):
        minimize(fun, [0.0] * 3, "rotoselect", 2, axes="ZZZ", state=first.state)


def test_inputs_stay_as_they_were():
    params, state = np.array([0.3]), rotoselect.init(np.zeros(1), "Z")
    rotoselect.update(one_qubit(np.array([1, 0], complex), observable(1, 0, 0)), state, params)
    assert params.tolist() == [0.3] and state == {"step": 0, "axes": "Z"}
