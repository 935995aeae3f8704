"""SciPy's methods in the house's form."""

import numpy as np
import pytest
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


def test_options_arrive():
    points = []
    minimize(lambda p: points.append(p.copy()) or float((p**2).sum()), [5.0], "cobyla", 5, rhobeg=0.25)
    assert abs(points[1][0] - points[0][0]) == pytest.approx(0.25)
