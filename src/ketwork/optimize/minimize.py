"""The front door of the optimisers: one calling form, a history, callbacks, a state to go on from."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork import seeds
from ketwork.checks import check_array, check_choice, check_int, check_real
from ketwork.optimize import adam, adam_spsa, natural_gradient, qn_spsa, rotosolve, spsa
from ketwork.optimize.scipy_bridge import run_scipy
from ketwork.optimize.stepping import Floats, Result, State, Task, Way, run_steps

Options = dict[str, Callable[[str, Any], Any]]


class Method(NamedTuple):
    """A row of `METHODS`.

    needs: what it takes: "value" or "gradient" (then the function gives both), and the options that must be given:
    "metric", "fidelity", "frequencies". options: the names of all options, and what checks them. run(task, params,
    steps, callback, state): the method.
    """

    needs: tuple[str, ...]
    options: Options
    run: Callable[[Task, Floats, int, Any, State | None], Result]


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

    fun: params (P,) to a value, or for the methods that need gradients (`METHODS[method].needs`) to (value, gradient
    (P,)). steps: how many steps, sweeps (rotosolve), iterations (l-bfgs) or evaluations (cobyla) at most.
    callback(step, params, value) is called after every step and stops the run by returning True. state: that of an
    earlier `Result`, to go on where it stopped: k steps and then k more are 2k steps; SciPy's methods (l-bfgs, cobyla)
    start anew from the best point. Ctrl-C stops between steps and returns what was reached.
    options: adam: learning_rate, beta1, beta2. natural-gradient: metric(params) -> (P, P), learning_rate,
    regularisation. spsa: a, c (without `a` it is calibrated first), average. adam-spsa: a, a_power, c, c_power,
    beta1, beta1_power, beta2, average. qn-spsa: fidelity(p, q), a, c, regularisation, blocking, average.
    rotosolve: frequencies (P,), how many each parameter has, and units (P,), the lowest (default 1). l-bfgs: tol.
    cobyla: tol, rhobeg. average: the result is the mean over the parameters after so many last steps.
    Raises: ValueError for an unknown method, a function that is not finite, options that the method does not have, or
    those that it needs and were not given.
    """
    _function("fun", fun)
    params = np.array(check_array("start", start, 1))
    if not len(params):
        raise ValueError("Argument `start` must hold at least one parameter, but is empty.")
    row = METHODS[check_choice("method", method, METHODS)]
    check_int("steps", steps, 0)
    for name in options:
        check_choice(f"option of {method}", name, sorted(row.options))
    checked = {name: row.options[name](name, value) for name, value in options.items()}
    for name in row.needs:
        if name in row.options and name not in checked:
            raise ValueError(f"Argument `{name}` is missing: the method {method!r} needs it.")
    for name in ("frequencies", "units"):
        if name in checked and checked[name].shape != params.shape:
            raise ValueError(f"Argument `{name}` must have shape {params.shape}, but has {checked[name].shape}.")
    if state is not None:
        _check_state(state, method, len(params))
    inner = None if state is None else {k: v for k, v in state.items() if k != "method"}
    found = row.run(Task(fun, checked, seeds.generator(seed)), params, steps, callback, inner)
    found.state["method"] = method
    return found


def _check_state(state: Any, method: str, count: int) -> None:
    """Raises: TypeError, ValueError for a state of another method or another number of parameters."""
    if not isinstance(state, dict):
        raise TypeError(f"Argument `state` must be that of a Result, but is {type(state).__name__}.")
    if state.get("method") != method:
        raise ValueError(f"Argument `state` must come from a run of {method!r}, but is from {state.get('method')!r}.")
    points = [state[name] for name in ("params", "best_params", "mean", "metric") if name in state]
    for point in (*points, *state.get("path", [])):
        if len(point) != count:
            raise ValueError(f"Argument `state` must hold {count} parameters, as `start`, but has {len(point)}.")


# ---------------------------------------------------------------------- options
def _not_negative(name: str, value: Any) -> float:
    return check_real(name, value, 0)


def _positive(name: str, value: Any) -> float:
    if check_real(name, value, 0) == 0:
        raise ValueError(f"Argument `{name}` must be above 0.")
    return float(value)


def _below_one(name: str, value: Any) -> float:
    return check_real(name, value, 0, 1 - 1e-12)


def _count(name: str, value: Any) -> int:
    return check_int(name, value, 1)


def _function(name: str, value: Any) -> Any:
    if not callable(value):
        raise TypeError(f"Argument `{name}` must be a function, but is {type(value).__name__}.")
    return value


def _counts(name: str, value: Any) -> NDArray[Any]:
    array = check_array(name, value, 1)
    if np.any(array < 0) or np.any(array != np.round(array)):
        raise ValueError(f"Argument `{name}` must hold whole numbers from 0 on, but is {array}.")
    return array


def _units(name: str, value: Any) -> NDArray[Any]:
    array = check_array(name, value, 1)
    if np.any(array <= 0):
        raise ValueError(f"Argument `{name}` must hold numbers above 0, but is {array}.")
    return array


# ---------------------------------------------------------------------- one step of each
def _adam(task: Task, state: State, params: Floats) -> tuple[Floats, State, float]:
    value, gradient = task.value_and_gradient(params)
    moved, state = adam.update(gradient, state, params, **task.options)
    return moved, state, value


def _natural(task: Task, state: State, params: Floats) -> tuple[Floats, State, float]:
    options = dict(task.options)
    metric = options.pop("metric")(params)
    value, gradient = task.value_and_gradient(params)
    moved, state = natural_gradient.update(gradient, metric, state, params, **options)
    return moved, state, value


def _begin_spsa(task: Task, params: Floats) -> State:
    if "a" in task.options:
        return spsa.init(params, **task.options)
    return spsa.calibrated(task.value, params, task.rng, **task.options)


def _qn_spsa(task: Task, state: State, params: Floats) -> tuple[Floats, State, float]:
    own = {k: v for k, v in task.options.items() if k in ("regularisation", "blocking")}
    return qn_spsa.update(task.value, task.options["fidelity"], state, params, task.rng, **own)


def _rotosolve(task: Task, state: State, params: Floats) -> tuple[Floats, State, float]:
    units = task.options.get("units", np.ones_like(params))
    return rotosolve.update(task.value, state, params, task.options["frequencies"], units)


_FIRST: Options = {"a": _positive, "c": _positive, "average": _count}
_RATES: Options = {"learning_rate": _not_negative, "beta1": _below_one, "beta2": _below_one}

METHODS = {
    "adam": Method(
        ("gradient",), _RATES, partial(run_steps, way=Way(lambda task, p: adam.init(p), _adam, seen="before"))
    ),
    "natural-gradient": Method(
        ("gradient", "metric"),
        {"metric": _function, "learning_rate": _not_negative, "regularisation": _not_negative},
        partial(run_steps, way=Way(lambda task, p: natural_gradient.init(p), _natural, "before")),
    ),
    "l-bfgs": Method(("gradient",), {"tol": _not_negative}, partial(run_scipy, gradients=True)),
    "spsa": Method(
        ("value",),
        _FIRST,
        partial(run_steps, way=Way(_begin_spsa, lambda task, s, p: spsa.update(task.value, s, p, task.rng))),
    ),
    "adam-spsa": Method(
        ("value",),
        {**_FIRST, "a_power": _not_negative, "c_power": _not_negative, "beta1_power": _not_negative}
        | {"beta1": _below_one, "beta2": _below_one},
        partial(
            run_steps,
            way=Way(
                lambda task, p: adam_spsa.init(p),
                lambda task, s, p: adam_spsa.update(task.value, s, p, task.rng, **task.options),
            ),
        ),
    ),
    "qn-spsa": Method(
        ("value", "fidelity"),
        {**_FIRST, "fidelity": _function, "regularisation": _positive, "blocking": _not_negative},
        partial(
            run_steps,
            way=Way(
                lambda task, p: qn_spsa.init(p, **{k: v for k, v in task.options.items() if k in ("a", "c")}), _qn_spsa
            ),
        ),
    ),
    "rotosolve": Method(
        ("value", "frequencies"),
        {"frequencies": _counts, "units": _units},
        partial(run_steps, way=Way(lambda task, p: rotosolve.init(p), _rotosolve, "after")),
    ),
    "cobyla": Method(("value",), {"tol": _not_negative, "rhobeg": _not_negative}, partial(run_scipy, gradients=False)),
}
"""The methods by name."""
