"""Adam by hand."""

import numpy as np

from ketwork.optimize import adam


def test_the_first_step_is_the_learning_rate_whatever_the_gradient():
    params, gradient = np.zeros(3), np.array([1e-3, -5.0, 200.0])
    moved, state = adam.update(gradient, adam.init(params), params, learning_rate=0.1)
    np.testing.assert_allclose(moved, [-0.1, 0.1, -0.1], rtol=1e-4)
    assert state["step"] == 1


def test_two_steps_of_algorithm_1():
    g = [np.array([2.0]), np.array([-1.0])]
    params, state = np.array([0.5]), adam.init(np.zeros(1))
    for one in g:
        params, state = adam.update(one, state, params, 0.1)
    m = 0.9 * 0.1 * 2.0 + 0.1 * -1.0
    v = 0.999 * 0.001 * 4.0 + 0.001 * 1.0
    second = 0.1 * (m / (1 - 0.81)) / (np.sqrt(v / (1 - 0.999**2)) + 1e-8)
    np.testing.assert_allclose(params, 0.5 - 0.1 - second, rtol=1e-7)


def test_inputs_stay_as_they_were():
    params, gradient, state = np.ones(2), np.ones(2), adam.init(np.ones(2))
    adam.update(gradient, state, params)
    assert params.tolist() == gradient.tolist() == [1, 1]
    assert state["step"] == 0
    assert state["mean"].tolist() == [0, 0]
