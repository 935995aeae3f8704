"""The front door of the optimisers: one calling form, a history, callbacks, a state to go on from."""

import difflib
from collections.abc import Callable, Sized
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ketwork import seeds
from ketwork.checks import check_array, check_int
from ketwork.optimize.methods import Method, find_method
from ketwork.optimize.option_checks import Options, count, function
from ketwork.optimize.schedules import check_schedule
from ketwork.optimize.stepping import Floats, Result, Task

_OF_TORCH: Options = {"schedule": check_schedule, "horizon": count}
_PER_PARAMETER = ("frequencies", "units", "blocks")


def minimize(
    fun: Callable[..., Any],
    start: ArrayLike,
    method: str | Callable[..., Any] = "adam",
    steps: int = 100,
    *,
    callback: Callable[[int, Floats, float], bool | None] | None = None,
    state: dict[str, Any] | None = None,
    seed: seeds.Seed = None,
    **options: Any,
) -> Result:
    """Minimise a function of a parameter vector.

    fun: params (P,) to a value, or for the methods that need gradients (`METHODS[method].needs`) to (value, gradient
    (P,)); for rotoselect of (params, axes), a letter of X, Y, Z for each parameter; for icans and rosalin (params,
    readings (P,), generator) to (value, gradient (P,), variance (P,)), each component of the gradient the mean of so
    many readings and the variance that of one. method: a name of `METHODS`, or a torch optimiser: its class or a
    function that makes it from a list of parameters; options then are the class's own, by torch's names.
    steps: how many steps, sweeps (rotosolve, rotoselect), iterations (l-bfgs, nelder-mead), generations (cma-es) or
    evaluations (cobyla) at most. callback(step, params, value) is called after every step and stops the run by
    returning True. state: that of an earlier `Result`, to go on where it stopped, with `start` its `params`: k steps
    and then k more are 2k steps; l-bfgs and cobyla start anew from the best point. Ctrl-C stops between steps and
    returns what was reached.
    options: adam, adamw: learning_rate, beta1, beta2, epsilon, weight_decay. sgd: learning_rate, momentum, nesterov,
    dampening, weight_decay. rmsprop: learning_rate, smoothing, centred, momentum, epsilon, weight_decay.
    natural-gradient: metric(params) -> (P, P), learning_rate, regularisation, blocks (P,); block-natural-gradient:
    the same with blocks. All of these and torch's: schedule ("constant", "cosine", "exponential" or a function of the
    step), horizon (its steps; those of the first run when not given).
    aqgd: learning_rate and momentum, numbers or one for each epoch, epochs (the steps of each), tol, param_tol, window;
    with frequencies (and units) the function gives values, and gradients are made by shifts.
    spsa: a, c (without `a` it is calibrated first), average. adam-spsa: a, a_power, c, c_power, beta1, beta1_power,
    beta2, average. qn-spsa: fidelity(p, q), a, c, regularisation, blocking, average. average: the result is the mean
    over the parameters after so many last steps.
    rotosolve: frequencies (P,), how many each parameter has, and units (P,), the lowest (default 1). rotoselect: axes,
    the letters it starts with. l-bfgs: tol. cobyla: tol, rhobeg. nelder-mead: tol, size. cma-es: sigma0, population.
    icans, rosalin: lipschitz, learning_rate, min_shots, max_shots, smoothing, bias, variant, budget.
    Raises: ValueError for an unknown method, a function that is not finite, options that the method does not have, or
    those that it needs and were not given; ImportError where cma or torch is not installed.
    """
    function("fun", fun)
    params = np.array(check_array("start", start, 1))
    if not len(params):
        raise ValueError("Argument `start` must hold at least one parameter, but is empty.")
    name, row = find_method(method)
    check_int("steps", steps, 0)
    checked = _checked(name, row, options, params)
    if "schedule" in checked and state is None:
        checked.setdefault("horizon", max(1, steps))
    if state is not None:
        _check_state(state, name, len(params))
    inner = None if state is None else {k: v for k, v in state.items() if k != "method"}
    found = row.run(Task(fun, checked, seeds.generator(seed)), params, steps, callback, inner)
    found.state["method"] = name
    return found


def _checked(method: str, row: Method, options: dict[str, Any], params: Floats) -> dict[str, Any]:
    """The options as the method wants them. Raises: TypeError, ValueError."""
    if row.options is None:
        return {name: _OF_TORCH[name](name, value) if name in _OF_TORCH else value for name, value in options.items()}
    for name in options:
        if name not in row.options:
            near = difflib.get_close_matches(name, row.options, n=1, cutoff=0.5)
            remedy = f" Did you mean `{near[0]}`?" if near else ""
            known = ", ".join(sorted(row.options))
            raise ValueError(f"Method {method!r} has no option `{name}`; it takes {known}.{remedy}")
    checked = {name: row.options[name](name, value) for name, value in options.items()}
    for name in row.needs:
        if name in row.options and name not in checked:
            raise ValueError(f"Argument `{name}` is missing: the method {method!r} needs it.")
    for name in _PER_PARAMETER:
        if name in checked and checked[name].shape != params.shape:
            raise ValueError(f"Argument `{name}` must have shape {params.shape}, but has {checked[name].shape}.")
    if "axes" in checked and len(checked["axes"]) != len(params):
        raise ValueError(
            f"Argument `axes` must have a letter for each of {len(params)} parameters, but is {checked['axes']!r}."
        )
    if "lipschitz" in checked and checked.get("learning_rate", 0) >= 2 / checked["lipschitz"]:
        limit, rate = 2 / checked["lipschitz"], checked["learning_rate"]
        raise ValueError(f"Argument `learning_rate` must be below 2 / lipschitz = {limit:.4g}, but is {rate}.")
    _check_epochs(method, checked)
    return checked


def _check_epochs(method: str, checked: dict[str, Any]) -> None:
    """Raises: ValueError where learning rates, momenta and epochs of aqgd differ in number."""
    if method != "aqgd":
        return
    epochs = max(1, len(checked.get("epochs", ())))
    for name in ("learning_rate", "momentum"):
        if len(checked.get(name, ())) not in (0, 1, epochs):
            raise ValueError(
                f"Argument `{name}` must be one number or one for each of {epochs} `epochs`, but has "
                f"{len(checked[name])}."
            )


def _check_state(state: Any, method: str, count: int) -> None:
    """Raises: TypeError, ValueError for a state of another method or another number of parameters."""
    if not isinstance(state, dict):
        raise TypeError(f"Argument `state` must be that of a Result, but is {type(state).__name__}.")
    if state.get("method") != method:
        raise ValueError(f"Argument `state` must come from a run of {method!r}, but is from {state.get('method')!r}.")
    names = ("params", "best_params", "mean", "metric", "start", "axes", "readings")
    points: list[Sized] = [state[name] for name in names if name in state]
    for point in (*points, *state.get("path", []), *state.get("simplex", [])):
        if len(point) != count:
            raise ValueError(f"Argument `state` must hold {count} parameters, as `start`, but has {len(point)}.")
