"""Gradient steps against torch's own and against their papers' formulas."""

import json

import numpy as np
import pytest

from ketwork.optimize import GRADIENT_STEPS, minimize

CASES = [
    ("adam", "Adam", {}, {}),
    (
        "adam",
        "Adam",
        {"weight_decay": 0.1, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-4},
        {"weight_decay": 0.1, "betas": (0.8, 0.95), "eps": 1e-4},
    ),
    ("adamw", "AdamW", {}, {}),
    ("adamw", "AdamW", {"weight_decay": 0.3, "beta1": 0.5}, {"weight_decay": 0.3, "betas": (0.5, 0.999)}),
    ("sgd", "SGD", {}, {}),
    ("sgd", "SGD", {"momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01}, None),
    ("sgd", "SGD", {"momentum": 0.9, "nesterov": True}, None),
    ("rmsprop", "RMSprop", {}, {}),
    (
        "rmsprop",
        "RMSprop",
        {"centred": True, "momentum": 0.5, "smoothing": 0.9, "weight_decay": 0.02, "epsilon": 1e-3},
        {"centered": True, "momentum": 0.5, "alpha": 0.9, "weight_decay": 0.02, "eps": 1e-3},
    ),
]


def walk(name, gradients, params, **options):
    state = GRADIENT_STEPS[name].init(params, **options)
    for gradient in gradients:
        params, state = GRADIENT_STEPS[name].update(gradient, state, params, **options)
    return params, state


@pytest.mark.parametrize(("name", "peer", "options", "theirs"), CASES)
def test_fifty_steps_are_those_of_torch(name, peer, options, theirs):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    start, gradients = rng.normal(size=5), rng.normal(size=(50, 5))
    weights = torch.nn.Parameter(torch.tensor(start))
    their = getattr(torch.optim, peer)([weights], lr=0.07, **(options if theirs is None else theirs))
    for gradient in gradients:
        weights.grad = torch.tensor(gradient)
        their.step()
    mine, _ = walk(name, gradients, start, learning_rate=0.07, **options)
    np.testing.assert_allclose(mine, weights.detach().numpy(), rtol=0, atol=1e-12)


def test_adam_as_the_sums_it_is():
    """m and v as sums sum_i (1 - beta) beta^(t-i) g_i, not as a recursion."""
    gradients, expected = np.random.default_rng(0).normal(size=(50, 3)), np.zeros(3)
    for t in range(1, 51):
        m, v = (
            (1 - beta) * (beta ** np.arange(t - 1, -1, -1.0)) @ gradients[:t] ** power / (1 - beta**t)
            for beta, power in ((0.8, 1), (0.95, 2))
        )
        expected -= 0.02 * m / (np.sqrt(v) + 1e-8)
    found, _ = walk("adam", gradients, np.zeros(3), learning_rate=0.02, beta1=0.8, beta2=0.95)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_adamw_decays_by_the_rate_alone():
    """Without gradients the weights shrink by 1 - rate * decay a step; Adam's share of the gradient is rescaled."""
    start = np.array([1.0, -4.0])
    shrunk, _ = walk("adamw", np.zeros((10, 2)), start, learning_rate=0.1, weight_decay=0.2)
    np.testing.assert_allclose(shrunk, start * 0.98**10, rtol=1e-14)


def test_momentum_ends_at_a_multiple_of_the_gradient():
    """With a constant gradient g, momentum mu moves by rate g / (1 - mu) a step in the end."""
    before, state = walk("sgd", np.ones((400, 1)), np.zeros(1), learning_rate=0.01, momentum=0.9)
    after, _ = GRADIENT_STEPS["sgd"].update(np.ones(1), state, before, learning_rate=0.01, momentum=0.9)
    assert (before - after)[0] == pytest.approx(0.1, rel=1e-10)


def test_the_first_step_of_adam_is_the_learning_rate_whatever_the_gradient():
    moved, state = walk("adam", [np.array([1e-3, -5.0, 200.0])], np.zeros(3), learning_rate=0.1)
    np.testing.assert_allclose(moved, [-0.1, 0.1, -0.1], rtol=1e-4)
    assert state["step"] == 1


@pytest.mark.parametrize("name", GRADIENT_STEPS)
def test_inputs_stay_as_they_were_and_states_go_through_json(name):
    row, rng = GRADIENT_STEPS[name], np.random.default_rng(1)
    params, gradients = rng.normal(size=3), rng.normal(size=(6, 3))
    kept, options = params.copy(), {"weight_decay": 0.1} | ({"momentum": 0.5} if "momentum" in row.options else {})
    whole, _ = walk(name, gradients, params, **options)
    assert params.tolist() == kept.tolist()
    half, state = walk(name, gradients[:3], params, **options)
    state = json.loads(json.dumps({k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in state.items()}))
    for gradient in gradients[3:]:
        half, state = row.update(gradient, state, half, **options)
    assert half.tolist() == whole.tolist()


def test_two_steps_of_adam_by_hand():
    params, _ = walk("adam", [np.array([2.0]), np.array([-1.0])], np.array([0.5]), learning_rate=0.1)
    m = 0.9 * 0.1 * 2.0 + 0.1 * -1.0
    v = 0.999 * 0.001 * 4.0 + 0.001 * 1.0
    second = 0.1 * (m / (1 - 0.81)) / (np.sqrt(v / (1 - 0.999**2)) + 1e-8)
    np.testing.assert_allclose(params, 0.5 - 0.1 - second, rtol=1e-7)


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
