"""The front door of the optimisers: one calling form, a history, callbacks, a state to go on from."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork import seeds
from ketwork.checks import check_array, check_choice, check_int, check_real
from ketwork.optimize import adam, spsa
from ketwork.optimize.scipy_bridge import run_scipy

Floats = NDArray[np.floating[Any]]
METHODS = ("adam", "spsa", "l-bfgs", "cobyla")
"""The names of the methods: `adam` and `l-bfgs` use gradients, `spsa` and `cobyla` values only."""


@dataclass(frozen=True)
class Result:
    """Where a minimisation ended.

    params (P,): the best parameters seen (adam, spsa: those after the last step). fun: the value there (adam, spsa: the
    last value seen, which is from before the last step). history: the value at every step. state: what
    `minimize(..., state=...)` goes on from; plain numbers and arrays. n_evaluations: calls of the function (a value
    with its gradient counts once). message: why it stopped.
    """

    params: Floats
    fun: float
    history: list[float] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)
    n_evaluations: int = 0
    message: str = ""


def minimize(
    fun: Callable[[Floats], Any],
    start: ArrayLike,
    method: str = "adam",
    steps: int = 100,
    *,
    callback: Callable[[int, Floats, float], bool | None] | None = None,
    state: dict[str, Any] | None = None,
    seed: seeds.Seed = None,
    **options: Any,
) -> Result:
    """Minimise a function of a parameter vector.

    fun: params (P,) to a value, or for adam and l-bfgs to (value, gradient (P,)). steps: how many steps (adam, spsa),
    iterations (l-bfgs) or evaluations (cobyla) at most. callback(step, params, value) is called after every step and
    stops the run by returning True. state: that of an earlier `Result`, to go on where it stopped: with adam and spsa
    k steps and then k more are 2k steps; SciPy's methods start anew from the best point. options: learning_rate (adam),
    a and c (spsa; without `a` it is calibrated first), tol (SciPy).
    Ctrl-C stops between steps and returns what was reached.
    Raises: ValueError for an unknown method, a function that is not finite, options that the method does not have.
    """
    params = np.array(check_array("start", start, 1))
    check_choice("method", method, METHODS)
    check_int("steps", steps, 0)
    known = {"adam": {"learning_rate"}, "spsa": {"a", "c"}, "l-bfgs": {"tol"}, "cobyla": {"tol", "rhobeg"}}[method]
    for name in options:
        check_choice(f"option of {method}", name, sorted(known))
    for name, value in options.items():
        check_real(name, value, 0)
    if state is not None and state.get("method") != method:
        raise ValueError(f"Argument `state` must come from a run of {method!r}, but is from {state.get('method')!r}.")
    if method == "adam":
        return _run_adam(fun, params, steps, callback, state, options)
    if method == "spsa":
        return _run_spsa(fun, params, steps, callback, state, (seeds.generator(seed), options))
    return run_scipy(fun, params, method, steps, callback, state, options)


def check_value(value: Any, step: int) -> float:
    """The function's value as a float. Raises: ValueError when it is not finite."""
    number = float(value)
    if not np.isfinite(number):
        raise ValueError(f"The function to minimise must be finite, but is {number} at step {step}.")
    return number


def _check_gradient(gradient: Any, params: Floats) -> Floats:
    array = check_array("gradient", gradient, 1)
    if array.shape != params.shape:
        raise ValueError(f"The gradient must have shape {params.shape}, as the parameters, but has {array.shape}.")
    return array


def _run_adam(fun: Any, params: Floats, steps: int, callback: Any, state: Any, options: dict[str, Any]) -> Result:
    inner = {k: v for k, v in state.items() if k != "method"} if state else adam.init(params)
    history: list[float] = []
    message, value, evaluations = "all steps done", float("nan"), 0
    try:
        for _ in range(steps):
            raw, gradient = fun(params)
            evaluations += 1
            value = check_value(raw, int(inner["step"]))
            params, inner = adam.update(_check_gradient(gradient, params), inner, params, **options)
            history.append(value)
            if callback is not None and callback(int(inner["step"]), params, value):
                message = "stopped by the callback"
                break
    except KeyboardInterrupt:
        message = "interrupted"
    return Result(params, value, history, {"method": "adam", **inner}, evaluations, message)


def _run_spsa(fun: Any, params: Floats, steps: int, callback: Any, state: Any, setting: Any) -> Result:
    rng, options = setting
    evaluations, history, message, value = 0, [], "all steps done", float("nan")
    if state:
        inner = {k: v for k, v in state.items() if k not in ("method", "generator")}
        rng = seeds.restore(state["generator"])
    elif "a" in options:
        inner = spsa.init(params, **options)
    else:
        inner, evaluations = spsa.calibrated(fun, params, rng, **options), 50
    try:
        for _ in range(steps):
            params, inner, mean = spsa.update(fun, inner, params, rng)
            value = check_value(mean, inner["step"])
            evaluations += 2
            history.append(value)
            if callback is not None and callback(inner["step"], params, value):
                message = "stopped by the callback"
                break
    except KeyboardInterrupt:
        message = "interrupted"
    kept = {"method": "spsa", **inner, "generator": seeds.save(rng)}
    return Result(params, value, history, kept, evaluations, message)
