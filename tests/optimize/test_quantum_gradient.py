"""AQGD: its steps written out, its gradients by shifts, its epochs, and where it stops."""

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, w
from ketwork.optimize import minimize
from ketwork.optimize.quantum_gradient import by_shifts, init, update
from ketwork.solve.landscape import frequencies
from ketwork.solve.objective import Objective


def waves(p):
    return float(np.cos(p[0]) + 0.5 * np.sin(2 * p[1]) - 0.3 * np.cos(p[1]) + np.cos(p[0]) * np.sin(p[1]))


def slopes(p):
    first = -np.sin(p[0]) * (1 + np.sin(p[1]))
    return np.array([first, np.cos(2 * p[1]) + 0.3 * np.sin(p[1]) + np.cos(p[0]) * np.cos(p[1])])


def test_gradients_by_shifts_are_exact():
    point = np.array([0.3, -1.7])
    value, gradient = by_shifts(waves, point, np.array([1, 2]), np.ones(2))
    assert value == waves(point)
    np.testing.assert_allclose(gradient, slopes(point), atol=1e-12)
    wrong = by_shifts(waves, point, np.array([1, 1]), np.ones(2))[1]
    assert abs(wrong[1] - slopes(point)[1]) > 0.1  # a frequency that is not told is missed


def test_gradients_by_shifts_are_those_of_a_circuit():
    circuit = Circuit(2).ry(0, w[0]).h(1).crx(0, 1, w[1]).rx(1, 0.5 * w[2]).ry(0, 2 * w[2]).rz(1, w[4])
    objective = Objective(circuit, PauliSum.from_dict({"ZZ": 1.0, "XY": 0.4, "IX": 0.3}))
    point = np.array([0.4, -1.0, 0.9, 0.2, 2.0])
    value, gradient = by_shifts(objective.value, point, *frequencies(circuit))
    expected = objective.value_and_gradient(point)
    assert value == pytest.approx(expected[0], abs=1e-12)
    np.testing.assert_allclose(gradient, expected[1], atol=1e-10)


def test_three_steps_by_hand():
    params, mean, point = np.array([0.4, 0.1]), np.zeros(2), np.array([0.4, 0.1])
    for _ in range(3):
        mean = 0.75 * slopes(params) + 0.25 * mean
        params = params - 0.2 * mean
    found = minimize(lambda p: (waves(p), slopes(p)), point, "aqgd", 3, learning_rate=0.2)
    np.testing.assert_allclose(found.params, params, atol=1e-14)
    values = minimize(waves, point, "aqgd", 3, learning_rate=0.2, frequencies=[1, 2])
    np.testing.assert_allclose(values.params, params, atol=1e-12)
    assert found.n_evaluations == 3 and values.n_evaluations == 3 * (1 + 2 + 4)


def test_epochs():
    """Each epoch has its rate and its momentum; the last goes on."""
    state, point, rates = init(np.zeros(1)), np.zeros(1), []
    for _ in range(7):
        moved, state = update(
            np.ones(1), state, point, 0.0, [1.0, 0.5, 0.1], [0.0, 0.0, 0.0], epochs=[2, 3, 1], window=50
        )
        rates.append(float(point[0] - moved[0]))
        point = moved
    np.testing.assert_allclose(rates, [1, 1, 0.5, 0.5, 0.5, 0.1, 0.1])


def test_it_stops_where_values_stand_still_and_says_so():
    fun = lambda p: (float(np.cos(p).sum()), -np.sin(p))  # noqa: E731
    found = minimize(fun, [2.0, 4.0], "aqgd", 500, param_tol=0.0, tol=1e-6, window=5)
    assert found.message == "values stand still" and len(found.history) < 100
    np.testing.assert_allclose(found.params, np.pi, atol=1e-2)
    quick = minimize(fun, [2.0, 4.0], "aqgd", 500, param_tol=1e-4, tol=0.0)
    assert quick.message == "parameters stand still"
    again = minimize(fun, found.params, "aqgd", 10, state=found.state)
    assert again.message == "values stand still" and again.history == []
    assert len(minimize(fun, [2.0, 4.0], "aqgd", 200, param_tol=0.0, tol=0.0).history) == 200


def test_momentum_weighs_the_past():
    """With a constant gradient the mean is 1 - m^t of it."""
    state, point = init(np.zeros(1)), np.zeros(1)
    for _ in range(4):
        point, state = update(np.ones(1), state, point, 0.0, 1.0, 0.6, window=50)
    assert state["mean"][0] == pytest.approx(1 - 0.6**4)
