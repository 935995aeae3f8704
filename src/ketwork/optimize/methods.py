"""The table of methods: what each needs, the options it takes, and how it runs."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ketwork.checks import check_choice
from ketwork.optimize import (
    adam_spsa,
    natural_gradient,
    qn_spsa,
    quantum_gradient,
    rotoselect,
    rotosolve,
    shot_frugal,
    spsa,
)
from ketwork.optimize import option_checks as option
from ketwork.optimize.cma_bridge import run_cma
from ketwork.optimize.gradient_steps import GRADIENT_STEPS, LEARNING_RATE, GradientStep
from ketwork.optimize.option_checks import Options
from ketwork.optimize.schedules import check_schedule, scaled
from ketwork.optimize.scipy_bridge import begin_simplex, run_scipy, simplex_step
from ketwork.optimize.stepping import Floats, Result, State, Task, Way, run_steps
from ketwork.optimize.torch_bridge import torch_step


class Method(NamedTuple):
    """A row of `METHODS`.

    needs: what it takes. First what the function gives: "value", "gradient" (the function gives both), or "estimate"
    (see `minimize`); then the options that must be given: "metric", "blocks", "fidelity", "frequencies", "axes",
    "lipschitz". options: the names of all options, and what checks them; None for those of torch. run(task, params,
    steps, callback, state): the method.
    """

    needs: tuple[str, ...]
    options: Options | None
    run: Callable[[Task, Floats, int, Any, State | None], Result]


def methods_with(*given: str) -> tuple[str, ...]:
    """The names of the methods that need nothing but what is given, such as "value" and "gradient"."""
    return tuple(name for name, row in METHODS.items() if set(row.needs) <= set(given))


def find_method(method: Any, known: tuple[str, ...] | None = None) -> tuple[str, Method]:
    """(name, row) of a method by its name, out of `known` or all, or of what makes a torch optimiser.

    Raises: ValueError for an unknown name; ImportError for a function where torch is not installed.
    """
    if not callable(method):
        name = check_choice("method", method, METHODS if known is None else known)
        return name, METHODS[name]
    name = f"torch {getattr(method, '__name__', type(method).__name__)}"
    return name, Method(("gradient",), None, _descent(torch_step(method)))


# ---------------------------------------------------------------------- one step of each
def _began(task: Task, state: State) -> State:
    """A state that remembers the horizon of a schedule."""
    return state | ({"horizon": int(task.options["horizon"])} if "horizon" in task.options else {})


def _kept(before: State, after: State) -> State:
    return after | ({"horizon": before["horizon"]} if "horizon" in before else {})


def _descent(kind: GradientStep) -> Callable[..., Result]:
    """Running one of the gradient steps."""

    def begin(task: Task, params: Floats) -> State:
        own = {name: value for name, value in task.options.items() if name not in ("schedule", "horizon")}
        return _began(task, kind.init(params, **own))

    def step(task: Task, state: State, params: Floats) -> tuple[Floats, State, float]:
        if kind.options:
            options = scaled(task.options, state, LEARNING_RATE)
        else:  # torch's own take a share of their rates, whatever those are
            options = scaled({**task.options, "learning_rate": 1.0}, state, 1.0)
            options["share"] = options.pop("learning_rate")
        value, gradient = task.value_and_gradient(params)
        moved, after = kind.update(gradient, state, params, **options)
        return moved, _kept(state, after), value

    return partial(run_steps, way=Way(begin, step, "before"))


def _natural(task: Task, state: State, params: Floats) -> tuple[Floats, State, float]:
    options = scaled(task.options, state, LEARNING_RATE)
    metric = options.pop("metric")(params)
    value, gradient = task.value_and_gradient(params)
    moved, after = natural_gradient.update(gradient, metric, state, params, **options)
    return moved, _kept(state, after), value


def _aqgd(task: Task, state: State, params: Floats) -> tuple[Floats, State, float]:
    options = dict(task.options)
    frequencies, units = options.pop("frequencies", None), options.pop("units", np.ones_like(params))
    if frequencies is None:
        value, gradient = task.value_and_gradient(params)
    else:
        value, gradient = quantum_gradient.by_shifts(task.value, params, frequencies, units)
    moved, after = quantum_gradient.update(gradient, state, params, value, **options)
    return moved, after, value


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


def _begin_frugal(task: Task, params: Floats) -> State:
    return shot_frugal.init(params, **{k: v for k, v in task.options.items() if k == "min_shots"})


def _steps(
    begin: Callable[[Task, Floats], State],
    step: Callable[[Task, State, Floats], tuple[Floats, State, float]],
    seen: str = "",
) -> Callable[..., Result]:
    return partial(run_steps, way=Way(begin, step, seen))


# ---------------------------------------------------------------------- the table
_SCHEDULE: Options = {"schedule": check_schedule, "horizon": option.count}
_OF_STEPS: Options = {
    "learning_rate": option.not_negative,
    **dict.fromkeys(("beta1", "beta2", "momentum", "smoothing"), option.below_one),
    **dict.fromkeys(("nesterov", "centred"), option.truth),
    **dict.fromkeys(("epsilon", "weight_decay", "dampening"), option.not_negative),
}
_FIRST: Options = {"a": option.positive, "c": option.positive, "average": option.count}
_NATURAL: Options = {"metric": option.function, "regularisation": option.not_negative}
_FRUGAL: Options = {
    **dict.fromkeys(("lipschitz", "learning_rate"), option.positive),
    "min_shots": lambda name, value: option.count(name, value, 2),
    **dict.fromkeys(("max_shots", "budget"), option.count),
    "smoothing": option.below_one,
    "bias": option.positive,
    "variant": option.one_or_two,
}
_NATURAL_STEPS = _steps(lambda task, p: _began(task, natural_gradient.init(p)), _natural, "before")
_FRUGAL_STEPS = _steps(_begin_frugal, lambda task, s, p: shot_frugal.update(task.estimate, s, p, **task.options))

METHODS = {
    **{
        name: Method(("gradient",), {o: _OF_STEPS[o] for o in kind.options} | _SCHEDULE, _descent(kind))
        for name, kind in GRADIENT_STEPS.items()
    },
    "natural-gradient": Method(
        ("gradient", "metric"),
        {**_NATURAL, "learning_rate": option.not_negative, "blocks": option.whole, **_SCHEDULE},
        _NATURAL_STEPS,
    ),
    "block-natural-gradient": Method(
        ("gradient", "metric", "blocks"),
        {**_NATURAL, "learning_rate": option.not_negative, "blocks": option.whole, **_SCHEDULE},
        _NATURAL_STEPS,
    ),
    "aqgd": Method(
        ("gradient",),
        {
            "learning_rate": option.rates,
            "momentum": option.shares,
            "epochs": option.counts,
            "window": option.count,
            **dict.fromkeys(("tol", "param_tol"), option.not_negative),
            "frequencies": option.whole,
            "units": option.units,
        },
        _steps(lambda task, p: quantum_gradient.init(p), _aqgd, "before"),
    ),
    "l-bfgs": Method(("gradient",), {"tol": option.not_negative}, partial(run_scipy, gradients=True)),
    "spsa": Method(("value",), _FIRST, _steps(_begin_spsa, lambda task, s, p: spsa.update(task.value, s, p, task.rng))),
    "adam-spsa": Method(
        ("value",),
        {
            **_FIRST,
            **dict.fromkeys(("a_power", "c_power", "beta1_power"), option.not_negative),
            **dict.fromkeys(("beta1", "beta2"), option.below_one),
        },
        _steps(
            lambda task, p: adam_spsa.init(p),
            lambda task, s, p: adam_spsa.update(task.value, s, p, task.rng, **task.options),
        ),
    ),
    "qn-spsa": Method(
        ("value", "fidelity"),
        {**_FIRST, "fidelity": option.function, "regularisation": option.positive, "blocking": option.not_negative},
        _steps(lambda task, p: qn_spsa.init(p, **{k: v for k, v in task.options.items() if k in ("a", "c")}), _qn_spsa),
    ),
    "rotosolve": Method(
        ("value", "frequencies"),
        {"frequencies": option.whole, "units": option.units},
        _steps(lambda task, p: rotosolve.init(p), _rotosolve, "after"),
    ),
    "rotoselect": Method(
        ("value", "axes"),
        {"axes": option.axes},
        _steps(
            lambda task, p: rotoselect.init(p, task.options["axes"]),
            lambda task, s, p: rotoselect.update(task.value, s, p),
        ),
    ),
    "cobyla": Method(
        ("value",), {"tol": option.positive, "rhobeg": option.positive}, partial(run_scipy, gradients=False)
    ),
    "nelder-mead": Method(
        ("value",),
        {"tol": option.not_negative, "size": option.positive},
        _steps(
            lambda task, p: begin_simplex(p, task.options.get("size")),
            lambda task, s, p: simplex_step(task, s, p, task.options.get("tol", 1e-4)),
            "after",
        ),
    ),
    "cma-es": Method(
        ("value",), {"sigma0": option.positive, "population": lambda name, value: option.count(name, value, 2)}, run_cma
    ),
    "icans": Method(("estimate", "lipschitz"), _FRUGAL, _FRUGAL_STEPS),
    "rosalin": Method(("estimate", "lipschitz"), _FRUGAL, _FRUGAL_STEPS),
}
"""The methods by name."""
