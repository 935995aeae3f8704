"""SciPy's methods in the house's form."""

import json

import numpy as np
import pytest
import scipy.optimize
from scipy.optimize import rosen, rosen_der

from ketwork.optimize import minimize


@pytest.mark.parametrize("method", ["l-bfgs", "cobyla"])
def test_the_best_point_is_kept_and_the_history_never_rises(method):
    fun = (lambda p: (rosen(p), rosen_der(p))) if method == "l-bfgs" else rosen
    found = minimize(fun, [-1.2, 1.0], method, 150)
    assert found.fun == pytest.approx(rosen(found.params))
    assert (np.diff(found.history) <= 0).all()
    assert found.fun < rosen(np.array([-1.2, 1.0]))


@pytest.mark.parametrize("method", ["l-bfgs", "cobyla"])
def test_going_on_starts_from_the_best_point(method):
    fun = (lambda p: (rosen(p), rosen_der(p))) if method == "l-bfgs" else rosen
    first = minimize(fun, [-1.2, 1.0], method, 20)
    second = minimize(fun, [9.0, 9.0], method, 100, state=first.state)
    assert second.fun <= first.fun
    assert second.state["step"] > first.state["step"]


def test_steps_are_a_limit():
    calls = []
    found = minimize(lambda p: calls.append(0) or float((p**2).sum()), np.ones(4), "cobyla", 12)
    assert len(calls) <= 13
    assert found.n_evaluations == len(calls)


@pytest.mark.parametrize("steps", [0, 1, 3, 5])
def test_fewer_steps_than_a_simplex_has_corners_are_kept_without_a_warning(steps, recwarn):
    calls = []
    found = minimize(lambda p: calls.append(0) or float((p**2).sum()), np.ones(10), "cobyla", steps)
    assert len(calls) == found.n_evaluations == len(found.history) == steps
    assert not recwarn.list


def test_options_arrive():
    points = []
    minimize(lambda p: points.append(p.copy()) or float((p**2).sum()), [5.0], "cobyla", 5, rhobeg=0.25)
    assert abs(points[1][0] - points[0][0]) == pytest.approx(0.25)
    for name in ("rhobeg", "tol"):  # SciPy takes other numbers for 0
        with pytest.raises(ValueError, match=f"`{name}` must be above 0"):
            minimize(lambda p: float((p**2).sum()), [5.0], "cobyla", 5, **{name: 0.0})


@pytest.mark.parametrize(("method", "steps", "close"), [("l-bfgs", 100, 1e-5), ("cobyla", 2000, 1e-3)])
def test_the_minimum_of_a_quadratic_solves_its_equations(method, steps, close):
    root = np.random.default_rng(1).normal(size=(4, 4))
    matrix, right = root @ root.T + np.eye(4), np.array([1.0, -2.0, 3.0, 0.5])
    value = lambda p: float(p @ matrix @ p / 2 - right @ p)  # noqa: E731
    fun = (lambda p: (value(p), matrix @ p - right)) if method == "l-bfgs" else value
    found = minimize(fun, np.zeros(4), method, steps, tol=1e-10)
    solution = np.linalg.solve(matrix, right)
    np.testing.assert_allclose(found.params, solution, atol=close)
    assert found.fun == pytest.approx(-right @ solution / 2, abs=close**2 * 100)


@pytest.mark.parametrize("method", ["l-bfgs", "cobyla"])
def test_a_saved_state_is_the_point_and_the_count(method):
    """SciPy keeps its own memory: going on is a fresh start from the best point, with steps that count on."""
    fun = (lambda p: (rosen(p), rosen_der(p))) if method == "l-bfgs" else rosen
    first = minimize(fun, [-1.2, 1.0], method, 15)
    state = json.loads(json.dumps({**first.state, "params": first.params.tolist()}))
    seen = []
    second = minimize(fun, [9.0, 9.0], method, 15, state=state, callback=lambda step, p, value: seen.append(step))
    fresh = minimize(fun, first.params, method, 15)
    assert second.params.tolist() == fresh.params.tolist()
    assert second.history == fresh.history
    assert seen == list(range(len(first.history) + 1, len(first.history) + len(second.history) + 1))


def test_nelder_mead_is_that_of_scipy():
    """Step by step from corners that are kept, it visits what SciPy visits in one go, with as many evaluations."""
    theirs = scipy.optimize.minimize(rosen, [-1.2, 1.0], method="Nelder-Mead", options={"maxiter": 61})
    ours = minimize(rosen, [-1.2, 1.0], "nelder-mead", 60)
    np.testing.assert_array_equal(ours.params, theirs.x)
    assert ours.n_evaluations == theirs.nfev and ours.fun == theirs.fun == ours.best_fun
    assert np.all(np.diff(ours.history) <= 0)
    done = minimize(rosen, [-1.2, 1.0], "nelder-mead", 1000)
    assert done.message == "converged"
    whole = scipy.optimize.minimize(rosen, [-1.2, 1.0], method="Nelder-Mead")
    np.testing.assert_array_equal(done.params, whole.x)
    assert len(done.history) <= whole.nit + 1


def test_nelder_mead_goes_on_without_asking_again():
    whole = minimize(rosen, [-1.2, 1.0], "nelder-mead", 40, size=0.5)
    half = minimize(rosen, [-1.2, 1.0], "nelder-mead", 15, size=0.5)
    rest = minimize(
        rosen, half.params, "nelder-mead", 25, state=json.loads(json.dumps(half.state, default=np.ndarray.tolist))
    )
    np.testing.assert_array_equal(rest.params, whole.params)
    assert isinstance(rest.best_params, np.ndarray) and half.n_evaluations + rest.n_evaluations == whole.n_evaluations
    with pytest.raises(ValueError, match="`state` must hold 3"):
        minimize(rosen, [0.0] * 3, "nelder-mead", 1, state=half.state)


def test_the_size_of_the_first_simplex():
    seen = []
    minimize(lambda p: seen.append(p.copy()) or float(p @ p), [1.0, 0.0], "nelder-mead", 1, size=0.3)
    np.testing.assert_allclose(seen[:3], [[1, 0], [1.3, 0], [1, 0.3]])
