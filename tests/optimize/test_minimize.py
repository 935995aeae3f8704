"""The optimisers: they find known minima, go on where they stopped, and refuse nonsense."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import rosen, rosen_der

from ketwork.optimize import METHODS, minimize

GRADIENT = ("adam", "l-bfgs")


def bowl(centre, gradient):
    def fun(p):
        value = float(((p - centre) ** 2).sum())
        return (value, 2 * (p - centre)) if gradient else value

    return fun


@pytest.mark.parametrize("method", METHODS)
def test_finds_the_bottom_of_a_bowl(method):
    centre = np.array([1.0, -2.0, 0.5])
    result = minimize(bowl(centre, method in GRADIENT), np.zeros(3), method, 400, seed=0)
    np.testing.assert_allclose(result.params, centre, atol=0.02)
    assert result.history[-1] <= result.history[0]
    assert result.n_evaluations > 0


def test_rosenbrock_by_gradients():
    fun = lambda p: (rosen(p), rosen_der(p))  # noqa: E731
    assert minimize(fun, np.array([-1.2, 1.0]), "l-bfgs", 200).fun < 1e-8
    assert minimize(fun, np.array([-1.2, 1.0]), "adam", 4000, learning_rate=0.02).fun < 1e-3


def test_a_wrong_gradient_shows():
    wrong = lambda p: (float((p**2).sum()), -2 * p)  # noqa: E731
    assert minimize(wrong, np.ones(3), "adam", 100).fun > 3


@settings(max_examples=20, deadline=None)
@given(k=st.integers(1, 15), method=st.sampled_from(["adam", "spsa"]), seed=st.integers(0, 99))
def test_going_on_equals_not_stopping(k, method, seed):
    fun = bowl(np.array([1.0, 2.0]), method in GRADIENT)
    whole = minimize(fun, np.zeros(2), method, 2 * k, seed=seed)
    half = minimize(fun, np.zeros(2), method, k, seed=seed)
    rest = minimize(fun, half.params, method, k, state=half.state)
    np.testing.assert_allclose(rest.params, whole.params, atol=1e-14)
    assert half.history + rest.history == pytest.approx(whole.history)


@pytest.mark.parametrize("method", METHODS)
def test_callback_and_interrupt_stop_and_keep(method):
    fun = bowl(np.ones(2), method in GRADIENT)
    stopped = minimize(fun, np.zeros(2), method, 50, seed=0, callback=lambda step, p, value: step >= 2)
    assert len(stopped.history) == 2
    assert "callback" in stopped.message

    def interrupt(step, p, value):
        if step == 2:
            raise KeyboardInterrupt

    assert minimize(fun, np.zeros(2), method, 50, seed=0, callback=interrupt).message == "interrupted"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: minimize(bowl(0, True), np.zeros(2), "adamm"), "adam"),
        (lambda: minimize(bowl(0, True), np.zeros((2, 2)), "adam"), "1 axes"),
        (lambda: minimize(bowl(0, True), np.zeros(2), "adam", momentum=1.0), "learning_rate"),
        (lambda: minimize(lambda p: (np.nan, p), np.zeros(2), "adam"), "must be finite"),
        (lambda: minimize(bowl(0, False), np.zeros(2), "spsa", state={"method": "adam"}), "state"),
    ],
)
def test_doors(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_a_gradient_of_another_length_is_refused():
    with pytest.raises(ValueError, match=r"must have shape \(2,\), as the parameters, but has \(1,\)"):
        minimize(lambda p: (float((p**2).sum()), 2 * p[:1]), np.ones(2), "adam", 3)
