"""The optimisers: they find known minima, go on where they stopped, and refuse nonsense."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import rosen, rosen_der

from ketwork.optimize import METHODS, minimize

GRADIENT = [name for name, row in METHODS.items() if "gradient" in row.needs]
OWN = [name for name in METHODS if name not in ("l-bfgs", "cobyla")]


def bowl(centre, method):
    """A bowl as a method wants it: with its gradient, estimated with noise, or its value whatever the axes are."""

    def fun(p, *more):
        value, slope = float(((p - centre) ** 2).sum()), 2 * (p - centre)
        if METHODS[method].needs[0] == "estimate":
            readings, rng = more
            return value, slope + 0.1 * rng.normal(size=len(p)) / np.sqrt(readings), np.full(len(p), 0.01)
        return (value, slope) if method in GRADIENT else value

    return fun


def round_bowl(centre, unit=1e-3):
    """A bowl made of cosines, of the same curvature."""
    return lambda p: float(((2 - 2 * np.cos(unit * (p - centre))) / unit**2).sum())


def needed(method, n):
    """What a method needs to minimise a bowl: flat geometry; one frequency, of a circle so wide that it is a bowl."""
    options = {
        "metric": lambda p: np.eye(n),
        "fidelity": lambda p, q: np.exp(-((p - q) ** 2).sum()),
        "frequencies": np.ones(n),
        "units": np.full(n, 1e-3),
        "blocks": np.arange(n),
        "axes": "X" * n,
        "lipschitz": 4.0,
    }
    wanted = {*METHODS[method].needs} | ({"units"} if "frequencies" in METHODS[method].needs else set())
    return {name: value for name, value in options.items() if name in wanted}


@pytest.mark.parametrize("method", METHODS)
def test_finds_the_bottom_of_a_bowl(method):
    centre = np.array([1.0, -2.0, 0.5])
    fun = round_bowl(centre) if method == "rotosolve" else bowl(centre, method)
    if method == "rotoselect":  # its rotations have frequency 1
        fun = lambda p, axes: round_bowl(centre, 1.0)(p)  # noqa: E731
    result = minimize(fun, np.zeros(3), method, 400, seed=0, **needed(method, 3))
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
@given(k=st.integers(1, 15), method=st.sampled_from(OWN), seed=st.integers(0, 99))
def test_going_on_equals_not_stopping(k, method, seed):
    fun = bowl(np.array([1.0, 2.0]), method)
    options = {**needed(method, 2), **({"average": 5} if "average" in METHODS[method].options else {})}
    whole = minimize(fun, np.zeros(2), method, 2 * k, seed=seed, **options)
    half = minimize(fun, np.zeros(2), method, k, seed=seed, **options)
    rest = minimize(fun, half.params, method, k, state=half.state, **options)
    np.testing.assert_allclose(rest.params, whole.params, atol=1e-14)
    np.testing.assert_allclose(rest.best_params, whole.best_params, atol=1e-14)
    assert half.history + rest.history == pytest.approx(whole.history)
    assert half.n_evaluations + rest.n_evaluations == whole.n_evaluations


@pytest.mark.parametrize("method", METHODS)
def test_callback_and_interrupt_stop_and_keep(method):
    fun = bowl(np.ones(2), method)
    options = needed(method, 2)
    stopped = minimize(fun, np.zeros(2), method, 50, seed=0, callback=lambda step, p, value: step >= 2, **options)
    assert len(stopped.history) == 2
    assert "callback" in stopped.message

    def interrupt(step, p, value):
        if step == 2:
            raise KeyboardInterrupt

    assert minimize(fun, np.zeros(2), method, 50, seed=0, callback=interrupt, **options).message == "interrupted"


@pytest.mark.parametrize("method", METHODS)
def test_an_interrupt_inside_the_function_keeps_what_was_reached(method):
    calls = []

    def fun(p, *more):
        calls.append(0)
        if len(calls) > 2:
            raise KeyboardInterrupt
        return bowl(np.ones(2), method)(p, *more)

    found = minimize(fun, np.zeros(2), method, 500, seed=0, **needed(method, 2))
    assert found.message == "interrupted"
    assert np.isfinite(found.params).all()


@pytest.mark.parametrize("method", METHODS)
def test_no_steps_stay_where_they_start(method):
    found = minimize(bowl(np.ones(2), method), np.zeros(2), method, 0, seed=0, **needed(method, 2))
    assert found.params.tolist() == [0, 0]


@pytest.mark.parametrize("method", ["adam", "sgd", "natural-gradient"])
def test_the_best_point_is_remembered_when_the_path_leaves_it(method):
    fun = bowl(np.array([1.0, 1.0]), method)
    found = minimize(fun, np.zeros(2), method, 25, learning_rate=1.4, **needed(method, 2))
    assert found.best_fun == min(found.history) == pytest.approx(fun(found.best_params)[0])
    assert fun(found.params)[0] > found.best_fun


def test_the_average_is_over_the_last_points_of_the_path():
    path = []
    options = {"a": 0.1, "seed": 4, "callback": lambda step, p, value: path.append(p.copy())}
    found = minimize(bowl(np.ones(2), "spsa"), np.zeros(2), "spsa", 40, average=25, **options)
    np.testing.assert_allclose(found.params, np.mean(path[-25:], axis=0), atol=1e-15)


@pytest.mark.parametrize("method", METHODS)
def test_rows_are_complete(method):
    row = METHODS[method]
    assert row.needs[0] in ("value", "gradient", "estimate")
    assert set(row.needs[1:]) <= set(row.options)
    for name in row.needs[1:]:
        rest = {other: value for other, value in needed(method, 2).items() if other != name}
        with pytest.raises(ValueError, match=f"`{name}` is missing"):
            minimize(bowl(np.ones(2), method), np.zeros(2), method, 1, **rest)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: minimize(bowl(0, "adam"), np.zeros(2), "adamm"), "adam"),
        (lambda: minimize(bowl(0, "adam"), np.zeros((2, 2)), "adam"), "1 axes"),
        (
            lambda: minimize(bowl(0, "adam"), np.zeros(2), "adam", momentum=1.0),
            "no option `momentum`; it takes beta1, .*",
        ),
        (lambda: minimize(bowl(0, "adam"), np.zeros(2), "l-bfgs", tl=1.0), "no option `tl`.* Did you mean `tol`"),
        (lambda: minimize(bowl(0, "adam"), np.zeros(2), "sgd", nesterov=1), "True or False"),
        (lambda: minimize(bowl(0, "adam"), np.zeros(2), "sgd", momentum=1.0), "momentum"),
        (lambda: minimize(bowl(0, "adam"), np.zeros(2), "sgd", schedule="cos"), "schedule"),
        (lambda: minimize(bowl(0, "adam"), np.zeros(2), "aqgd", epochs=[1, 2], momentum=[0.1] * 3), "2 `epochs`"),
        (lambda: minimize(bowl(0, "adam"), np.zeros(2), "aqgd", epochs=[]), "at least one"),
        (lambda: minimize(bowl(0, "spsa"), np.zeros(2), "rotoselect", axes="XQ"), "letters of X, Y and Z"),
        (lambda: minimize(bowl(0, "spsa"), np.zeros(2), "rotoselect", axes="XYZ"), "each of 2 parameters"),
        (lambda: minimize(bowl(0, "icans"), np.zeros(2), "icans", lipschitz=4, learning_rate=0.5), "below 2 / lip"),
        (lambda: minimize(bowl(0, "icans"), np.zeros(2), "icans", lipschitz=4, variant=3), r"variant.*\[1, 2\]"),
        (lambda: minimize(bowl(0, "icans"), np.zeros(2), "rosalin", lipschitz=4, min_shots=1), "at least 2"),
        (lambda: minimize(lambda p, n, rng: 1.0, np.zeros(2), "icans", lipschitz=4), "variance"),
        (lambda: minimize(lambda p, n, rng: (1.0, p, p - 1), np.zeros(2), "icans", lipschitz=4), "at least 0"),
        (lambda: minimize(bowl(0, "spsa"), np.zeros(2), "cma-es", population=1), "at least 2"),
        (lambda: minimize(bowl(0, "spsa"), np.zeros(2), "nelder-mead", size=0), "above 0"),
        (lambda: minimize(lambda p: (np.nan, p), np.zeros(2), "adam"), "must be finite"),
        (lambda: minimize(bowl(0, "spsa"), np.zeros(2), "spsa", state={"method": "adam"}), "state"),
        (lambda: minimize(bowl(0, "spsa"), np.zeros(2), "rotosolve", frequencies=[1.0]), "shape"),
        (lambda: minimize(bowl(0, "spsa"), np.zeros(2), "rotosolve", frequencies=[1.5, 1.0]), "whole numbers"),
        (lambda: minimize(bowl(0, "spsa"), np.zeros(2), "rotosolve", frequencies=[1, 1], units=[0, 1]), "above 0"),
        (lambda: minimize(bowl(0, "spsa"), np.zeros(2), "qn-spsa", fidelity=3), "function"),
        (lambda: minimize(bowl(0, "spsa"), np.zeros(2), "spsa", a=0.0), "above 0"),
        (lambda: minimize(bowl(0, "spsa"), np.zeros(2), "spsa", average=0), "average"),
    ],
)
def test_doors(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_a_gradient_of_another_length_is_refused():
    with pytest.raises(ValueError, match=r"must have shape \(2,\), as the parameters, but has \(1,\)"):
        minimize(lambda p: (float((p**2).sum()), 2 * p[:1]), np.ones(2), "adam", 3)


def both(p):
    return float(p @ p), 2 * p


def alone(p):
    return float(p @ p)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: minimize(None, [1.0]), TypeError, "`fun` must be a function"),
        (lambda: minimize(alone, [1.0]), TypeError, r"returns \(value, gradient\), but it returns float"),
        (lambda: minimize(both, [1.0], "spsa", a=0.1), TypeError, "a value alone, but it returns a tuple"),
        (lambda: minimize(both, []), ValueError, "`start` must hold at least one"),
        (lambda: minimize(both, [1.0], state=3), TypeError, "`state` must be that of a Result, but is int"),
        (
            lambda: minimize(both, [1.0, 2.0, 3.0], state=minimize(both, [1.0, 2.0], steps=1).state),
            ValueError,
            "`state` must hold 3 parameters, as `start`, but has 2",
        ),
        (
            lambda: minimize(both, [1.0], "natural-gradient", metric=lambda p: np.eye(1) * np.nan),
            ValueError,
            "`metric` must be finite",
        ),
        (
            lambda: minimize(alone, [1.0], "qn-spsa", fidelity=lambda a, b: np.nan),
            ValueError,
            "`fidelity` must give finite",
        ),
    ],
)
def test_functions_and_states_of_the_wrong_kind(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("method", ["spsa", "adam-spsa", "qn-spsa"])
def test_a_run_interrupted_inside_a_step_goes_on_as_if_it_was_not(method):
    """The step that was cut off draws the same direction again."""
    options = {"a": 0.1, **({"fidelity": lambda p, q: 1 - (p - q) @ (p - q) / 4} if method == "qn-spsa" else {})}
    whole = minimize(alone, [1.0, -2.0], method, 6, seed=4, **options)
    left = [5]

    def cut(p):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return alone(p)

    first = minimize(cut, [1.0, -2.0], method, 6, seed=4, **options)
    assert first.message == "interrupted" and len(first.history) == 2
    rest = minimize(alone, first.params, method, 4, state=first.state, **options)
    np.testing.assert_array_equal(rest.params, whole.params)


def test_the_best_point_of_a_state_is_not_forgotten():
    first = minimize(both, [1.0, 1.0], "adam", 3, learning_rate=3.0)
    rest = minimize(both, first.params, "adam", 0, state=first.state, learning_rate=3.0)
    assert rest.best_fun == first.best_fun == min(first.history) < first.history[1]
    np.testing.assert_array_equal(rest.best_params, first.best_params)


def test_adam_goes_on_from_plain_lists():
    first = minimize(both, [1.0, 2.0], "adam", 3)
    plain = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in first.state.items()}
    rest = minimize(both, first.params, "adam", 3, state=plain)
    np.testing.assert_array_equal(rest.params, minimize(both, [1.0, 2.0], "adam", 6).params)
