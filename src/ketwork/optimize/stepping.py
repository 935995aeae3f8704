"""What methods of our own share: the loop over steps, the function with its checks and its count, and the result."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ketwork import seeds
from ketwork.checks import check_array

Floats = NDArray[np.floating[Any]]
State = dict[str, Any]


class Way(NamedTuple):
    """How a method goes.

    begin(task, params): its state before the first step. step(task, state, params): (new parameters, new state, a
    value). A state with "stopped", the reason, ends the run. seen: where the value is true: "before" the step, "after"
    it, or "" where it is beside the path or only estimated.
    """

    begin: Callable[["Task", Floats], State]
    step: Callable[["Task", State, Floats], tuple[Floats, State, float]]
    seen: str = ""


@dataclass(frozen=True)
class Result:
    """Where a minimisation ended.

    params (P,): the best parameters seen (l-bfgs, cobyla, nelder-mead), the mean of the distribution (cma-es), or those
    after the last step (all others; with the option `average` the mean over the last steps). fun: the value there
    (l-bfgs, cobyla, nelder-mead, rotosolve, rotoselect), or the last value seen: from before the last step, of cma-es
    the best of the last generation. best_params, best_fun: where the lowest value was seen, and it; methods that look
    beside their path or estimate (the SPSA family, icans, rosalin) have `params` and `fun` there. history: the value at
    every step. state: what `minimize(..., state=...)` goes on from; plain numbers and arrays. n_evaluations: calls of
    the function (a value with its gradient counts once). message: why it stopped. axes: those that rotoselect chose.
    """

    params: Floats
    fun: float
    history: list[float] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)
    n_evaluations: int = 0
    message: str = ""
    best_params: Floats = field(default_factory=lambda: np.zeros(0))
    best_fun: float = float("nan")
    axes: str = ""


class Task:
    """A function to minimise, what else the method was given, and the count of calls."""

    def __init__(self, fun: Callable[..., Any], options: dict[str, Any], rng: np.random.Generator) -> None:
        self.fun, self.options, self.rng = fun, options, rng
        self.evaluations = 0
        self.step = 0

    def value(self, params: Floats, *more: Any) -> float:
        """The function where it gives a value. Raises: TypeError for a tuple, ValueError when it is not finite."""
        self.evaluations += 1
        found = self.fun(params, *more)
        if isinstance(found, tuple):
            raise TypeError("This method needs a function that returns a value alone, but it returns a tuple.")
        return check_value(found, self.step)

    def value_and_gradient(self, params: Floats) -> tuple[float, Floats]:
        """The function where it gives (value, gradient). Raises: TypeError for anything else, ValueError unless finite
        and of the right shape."""
        self.evaluations += 1
        found = self.fun(params)
        if not isinstance(found, tuple | list) or len(found) != 2:
            raise TypeError(
                f"This method needs a function that returns (value, gradient), but it returns {type(found).__name__}."
            )
        value, gradient = found
        return check_value(value, self.step), _as_params("gradient", gradient, params)

    def estimate(self, params: Floats, readings: NDArray[np.int64]) -> tuple[float, Floats, Floats]:
        """The function where it reads so often and gives (value, gradient, variance of one reading of the gradient).
        Raises: as `value_and_gradient`, and ValueError for variances below 0."""
        self.evaluations += 1
        found = self.fun(params, readings, self.rng)
        if not isinstance(found, tuple | list) or len(found) != 3:
            raise TypeError(
                "This method needs a function that returns (value, gradient, variance), but it returns "
                f"{type(found).__name__}."
            )
        variance = _as_params("variance", found[2], params)
        if np.any(variance < 0):
            raise ValueError(f"The variances must be at least 0, but are {variance}.")
        return check_value(found[0], self.step), _as_params("gradient", found[1], params), variance


def _as_params(name: str, given: Any, params: Floats) -> Floats:
    array = check_array(name, given, 1)
    if array.shape != params.shape:
        raise ValueError(f"The {name} must have shape {params.shape}, as the parameters, but has {array.shape}.")
    return array


def check_value(value: Any, step: int) -> float:
    """The function's value as a float. Raises: TypeError where it is no real number, ValueError where not finite."""
    try:
        if np.iscomplexobj(value):  # NumPy's become floats with a warning
            raise TypeError
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"The function to minimise must return a real number, but returns {value!r:.60}.") from None
    if not np.isfinite(number):
        raise ValueError(f"The function to minimise must be finite, but is {number} at step {step}.")
    return number


def run_steps(task: Task, params: Floats, steps: int, callback: Any, state: State | None, way: Way) -> Result:
    """`steps` steps from `params`, or from where a state stopped."""
    average = int(task.options.pop("average", 0))
    inner = dict(state) if state and "step" in state else None
    history: list[float] = []
    path: list[Floats] = []
    best: dict[str, Any] = {"best_fun": np.inf, "best_params": params.copy()}
    message = "all steps done"
    if inner is not None:
        best = {name: inner.pop(name, value) for name, value in best.items()}
        best["best_params"] = np.asarray(best["best_params"], float)
        path = [np.asarray(point, float) for point in inner.pop("path", [])]
        params = path[-1] if path else params
        if "generator" in inner:
            task.rng = seeds.restore(inner.pop("generator"))
    half = None  # the generator as it was before a step that is not done
    try:
        if inner is None:
            inner = way.begin(task, params)
        for _ in range(steps):
            if "stopped" in inner:
                break
            task.step = int(inner["step"])
            old, half = params, seeds.save(task.rng)
            params, inner, value = way.step(task, inner, params)
            half = None
            history.append(check_value(value, task.step))
            if average:
                path = [*path, params][-average:]
            if way.seen and value < best["best_fun"]:
                best = {"best_fun": value, "best_params": (old if way.seen == "before" else params).copy()}
            if callback is not None and callback(int(inner["step"]), params, value):
                message = "stopped by the callback"
                break
    except KeyboardInterrupt:
        message = "interrupted"
        if half is not None:
            task.rng = seeds.restore(half)
    if inner is not None and message == "all steps done":
        message = str(inner.get("stopped", message))
    kept = {} if inner is None else _kept(inner, task, path if average else [], best if way.seen else {})
    final = np.mean(path, axis=0) if average and path else params
    last = history[-1] if history else float("nan")
    found, lowest = (best["best_params"], best["best_fun"]) if np.isfinite(best["best_fun"]) else (final, last)
    return Result(final, last, history, kept, task.evaluations, message, found, lowest, str(kept.get("axes", "")))


def _kept(inner: State, task: Task, path: list[Floats], best: State) -> State:
    """The state to go on from: SPSA's kinds keep the generator, and the path they average over, as plain lists."""
    if best:
        return {**inner, **best}
    return {**inner, **({"path": [p.tolist() for p in path]} if path else {}), "generator": seeds.save(task.rng)}
