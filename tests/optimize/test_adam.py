"""Adam by hand."""

import numpy as np

from ketwork.optimize import adam, minimize


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


def test_a_long_run_is_the_closed_form():
    """m and v as the sums they are, sum_i (1 - beta) beta^(t-i) g_i, not as a recursion."""
    gradients = np.random.default_rng(0).normal(size=(50, 3))
    params, state = np.zeros(3), adam.init(np.zeros(3))
    expected = np.zeros(3)
    for t in range(1, 51):
        params, state = adam.update(gradients[t - 1], state, params, 0.02, beta1=0.8, beta2=0.95)
        m, v = (
            (1 - beta) * (beta ** np.arange(t - 1, -1, -1.0)) @ gradients[:t] ** power / (1 - beta**t)
            for beta, power in ((0.8, 1), (0.95, 2))
        )
        expected -= 0.02 * m / (np.sqrt(v) + 1e-8)
    np.testing.assert_allclose(params, expected, atol=1e-12)


def test_a_state_saved_to_disk_goes_on_bit_by_bit(tmp_path):
    fun = lambda p: (float((p**4).sum()), 4 * p**3)  # noqa: E731
    whole = minimize(fun, [1.0, -2.0], "adam", 30)
    half = minimize(fun, [1.0, -2.0], "adam", 12)
    np.savez(tmp_path / "state.npz", params=half.params, **{k: v for k, v in half.state.items() if k != "method"})
    with np.load(tmp_path / "state.npz") as saved:
        state = {"method": "adam", "step": int(saved["step"]), "mean": saved["mean"], "square": saved["square"]}
        rest = minimize(fun, saved["params"], "adam", 18, state=state)
    assert rest.params.tolist() == whole.params.tolist()
    assert half.history + rest.history == whole.history
