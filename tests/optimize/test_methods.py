"""The table of methods: what can be had with what, and rows that agree with their documentation."""

import numpy as np
import pytest

from ketwork.optimize import GRADIENT_STEPS, METHODS, find_method, methods_with, minimize


def test_methods_by_what_they_need():
    assert set(methods_with("value")) >= {"spsa", "cobyla", "nelder-mead", "cma-es", "adam-spsa"}
    assert set(methods_with("gradient")) == {*GRADIENT_STEPS, "aqgd", "l-bfgs"}
    assert "rotosolve" not in methods_with("value", "gradient") and "rotosolve" in methods_with("value", "frequencies")
    everything = {need for row in METHODS.values() for need in row.needs}
    assert set(methods_with(*everything)) == set(METHODS)


@pytest.mark.parametrize("method", METHODS)
def test_every_option_is_documented(method):
    assert minimize.__doc__ is not None
    assert method in minimize.__doc__
    for name in METHODS[method].options:
        assert name in minimize.__doc__


def test_names_are_looked_up_among_those_that_fit():
    assert find_method("adam") == ("adam", METHODS["adam"])
    with pytest.raises(ValueError, match="Did you mean 'nelder-mead'"):
        find_method("nelder-maed")
    with pytest.raises(ValueError, match="must be one of adam, sgd, but is 'spsa'"):
        find_method("spsa", ("adam", "sgd"))


@pytest.mark.parametrize("name", [*GRADIENT_STEPS, "natural-gradient"])
def test_schedules_go_on_along_the_same_curve(name):
    fun = lambda p: (float((p**4).sum()), 4 * p**3)  # noqa: E731
    options = {"metric": lambda p: np.eye(2)} if name == "natural-gradient" else {}
    options |= {"schedule": "cosine", "learning_rate": 0.01}
    whole = minimize(fun, [1.0, -2.0], name, 20, **options)
    half = minimize(fun, [1.0, -2.0], name, 8, horizon=20, **options)
    rest = minimize(fun, half.params, name, 12, state=half.state, **options)
    np.testing.assert_array_equal(rest.params, whole.params)
    still = minimize(fun, rest.params, name, 3, state=rest.state, **options)
    np.testing.assert_array_equal(still.params, rest.params)  # the rate is 0 from the horizon on


def test_a_schedule_is_a_factor_of_the_rate():
    fun = lambda p: (float(p @ p) / 2, p)  # noqa: E731
    found = minimize(fun, [1.0], "sgd", 3, learning_rate=0.5, schedule=lambda step: [1.0, 0.5, 0.0][step])
    assert found.params[0] == pytest.approx(0.5 * 0.75)
