"""The loop that methods share, with a method as simple as can be."""

import numpy as np
import pytest

from ketwork.optimize.stepping import Task, Way, check_value, run_steps


def downhill(task, state, params):
    value = task.value(params)
    return params - 0.1 * task.options["slope"], {"step": state["step"] + 1}, value


def run(steps, state=None, seen="before", callback=None, **options):
    task = Task(lambda p: float(p.sum()), {"slope": np.ones(2), **options}, np.random.default_rng(0))
    return run_steps(task, np.zeros(2), steps, callback, state, Way(lambda t, p: {"step": 0}, downhill, seen))


def test_it_walks_and_tells():
    found = run(5)
    np.testing.assert_allclose(found.params, [-0.5, -0.5])
    np.testing.assert_allclose(found.history, [0, -0.2, -0.4, -0.6, -0.8])
    assert (found.n_evaluations, found.state["step"], found.message) == (5, 5, "all steps done")
    np.testing.assert_allclose(found.best_params, [-0.4, -0.4])


def test_values_beside_the_path_say_nothing_of_the_best():
    found = run(5, seen="")
    assert found.best_params.tolist() == found.params.tolist()
    assert "generator" in found.state


def test_the_average_goes_on():
    first = run(4, seen="", average=3)
    np.testing.assert_allclose(first.params, np.full(2, -0.3))
    second = run(1, first.state, seen="", average=3)
    np.testing.assert_allclose(second.params, np.full(2, -0.4))


def test_values_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="inf at step 3"):
        check_value(np.inf, 3)


def test_a_method_that_stops_stays_stopped():
    def ending(task, state, params):
        after = {"step": state["step"] + 1} | ({"stopped": "enough"} if state["step"] == 2 else {})
        return params - 1, after, task.value(params)

    def go(steps, state=None):
        task = Task(lambda p: float(p.sum()), {}, np.random.default_rng(0))
        return run_steps(task, np.zeros(1), steps, None, state, Way(lambda t, p: {"step": 0}, ending, "before"))

    found = go(10)
    assert (len(found.history), found.message, found.params[0]) == (3, "enough", -3)
    assert go(10, found.state).history == [] and go(10, found.state).message == "enough"


def test_estimates_are_checked():
    def task(found):
        return Task(lambda p, readings, rng: found, {}, np.random.default_rng(0))

    value, gradient, variance = task((1.0, [1, 2], [0, 3])).estimate(np.zeros(2), np.array([2, 2]))
    assert (value, gradient.tolist(), variance.tolist()) == (1.0, [1, 2], [0, 3])
    for wrong, message in [
        ((1.0, [1, 2]), "returns .value, gradient, variance., but it returns tuple"),
        ((1.0, [1, 2], [0, -3]), "at least 0"),
        ((1.0, [1], [0, 3]), "gradient must have shape"),
        ((1.0, [1, 2], [3]), "variance must have shape"),
        ((np.nan, [1, 2], [0, 3]), "must be finite"),
    ]:
        with pytest.raises((TypeError, ValueError), match=message):
            task(wrong).estimate(np.zeros(2), np.array([2, 2]))


@pytest.mark.parametrize("value", [1j, np.complex64(1), "one", np.ones(2), [], None])
def test_values_that_are_no_numbers(value):
    with pytest.raises(TypeError, match="must return a real number, but returns"):
        check_value(value, 0)
