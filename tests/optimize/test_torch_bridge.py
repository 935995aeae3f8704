"""Torch's optimisers through the house's calling form: the same steps as in torch, resumable, and their errors."""

import json

import numpy as np
import pytest

from ketwork.optimize import minimize, torch_step

torch = pytest.importorskip("torch")
START = np.array([1.0, -2.0, 0.5])


def fun(p):
    return float(((p - 1) ** 4).sum()), 4 * (p - 1) ** 3


def walk(make, steps):
    weights = torch.nn.Parameter(torch.tensor(START))
    optimiser = make([weights])
    for _ in range(steps):
        weights.grad = torch.tensor(fun(weights.detach().numpy())[1])
        optimiser.step()
    return weights.detach().numpy()


@pytest.mark.parametrize(
    ("method", "options", "make"),
    [
        (torch.optim.NAdam, {"lr": 0.1}, lambda p: torch.optim.NAdam(p, lr=0.1)),
        (torch.optim.RAdam, {}, torch.optim.RAdam),
        (torch.optim.Rprop, {"lr": 0.03}, lambda p: torch.optim.Rprop(p, lr=0.03)),
        (
            lambda p: torch.optim.AdamW(p, lr=0.1, amsgrad=True),
            {},
            lambda p: torch.optim.AdamW(p, lr=0.1, amsgrad=True),
        ),
        (torch.optim.SGD, {"lr": 0.01, "momentum": 0.9}, lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9)),
    ],
)
def test_the_steps_are_those_of_torch_and_go_on(method, options, make):
    whole = minimize(fun, START, method, 30, **options)
    np.testing.assert_allclose(whole.params, walk(make, 30), atol=1e-12)
    half = minimize(fun, START, method, 13, **options)
    assert all(not torch.is_tensor(value) for value in half.state["torch"].values())
    rest = minimize(fun, half.params, method, 17, state=half.state, **options)
    np.testing.assert_array_equal(rest.params, whole.params)
    assert half.history + rest.history == whole.history
    assert whole.n_evaluations == 30 and whole.best_fun == min(whole.history)


def test_a_schedule_is_a_schedule_of_torch():
    def make(p):
        return torch.optim.Adam(p, lr=0.1)

    weights = torch.nn.Parameter(torch.tensor(START))
    optimiser = make([weights])
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=20)
    for _ in range(20):
        weights.grad = torch.tensor(fun(weights.detach().numpy())[1])
        optimiser.step()
        schedule.step()
    found = minimize(fun, START, make, 20, schedule="cosine")
    np.testing.assert_allclose(found.params, weights.detach().numpy(), atol=1e-12)
    ours = minimize(fun, START, "adam", 20, schedule="cosine", learning_rate=0.1)
    np.testing.assert_allclose(ours.params, found.params, atol=1e-12)


def test_states_are_plain_and_their_own():
    state = minimize(fun, START, torch.optim.NAdam, 3).state
    json.dumps(state, default=lambda value: value.tolist())
    with pytest.raises(ValueError, match="'torch RAdam', but is from 'torch NAdam'"):
        minimize(fun, START, torch.optim.RAdam, 3, state=state)


def test_pairs_for_mini_batches_leave_their_inputs():
    row = torch_step(torch.optim.Adam)
    params, gradient = np.ones(2), np.ones(2)
    state = row.init(params, lr=0.5)
    moved, after = row.update(gradient, state, params, lr=0.5)
    np.testing.assert_allclose(moved, 0.5, atol=1e-6)
    assert params.tolist() == gradient.tolist() == [1, 1] and state == {"step": 0, "torch": {}} and after["step"] == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: minimize(fun, START, torch.optim.Adam, 1, learning=1), "does not make a torch optimiser.*learning"),
        (lambda: minimize(fun, START, lambda p: p, 1), "makes list"),
        (lambda: minimize(fun, START, torch.optim.LBFGS, 1), "take 'l-bfgs'"),
        (lambda: minimize(fun, START, torch.optim.Adam, 1, schedule="linear"), "schedule"),
        (lambda: minimize(fun, START, 3, 1), "method"),
    ],
)
def test_doors(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def test_without_torch(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"ketwork\[torch\]"):
        minimize(fun, START, lambda p: None, 1)
