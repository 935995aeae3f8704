"""QN-SPSA: SPSA's gradient in the geometry of the states, whose metric is estimated from four fidelities a step.

Source: Gacon, Zoufal, Carleo, Woerner, arXiv:2103.09232.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.optimize import spsa

Floats = NDArray[np.floating[Any]]
State = dict[str, Any]
Fidelity = Callable[[Floats, Floats], float]


def init(params: Floats, a: float = 0.3, c: float = 0.1) -> State:
    """The state before the first step: the metric is the identity until it is known. Lists, so that JSON can hold it.

    a, c: the sizes of the first step and of the first differences.
    """
    return {"step": 0, "a": a, "c": c, "metric": np.eye(len(params)).tolist()}


def metric_sample(fidelity: Fidelity, params: Floats, reach: float, rng: np.random.Generator) -> Floats:
    """A random matrix (P, P) whose mean is the Fubini-Study metric, from the fidelities with four neighbours.

    F(p, p + d) is 1 - d g d to second order, so that F(1 + 2) - F(1) - F(-1 + 2) + F(-1) is -4 reach^2 d1 g d2.
    """
    first, second = (rng.choice([-1.0, 1.0], size=params.shape) for _ in range(2))
    moved = [params + reach * shift for shift in (first + second, first, second - first, -first)]
    values = [float(fidelity(params, point)) for point in moved]
    if not np.all(np.isfinite(values)):
        raise ValueError(f"Argument `fidelity` must give finite numbers, but gives {values}.")
    curvature = -(values[0] - values[1] - values[2] + values[3]) / (4 * reach**2)
    outer = np.outer(first, second)
    return curvature * (outer + outer.T) / 2


def update(
    fun: Callable[[Floats], float],
    fidelity: Fidelity,
    state: State,
    params: Floats,
    rng: np.random.Generator,
    regularisation: float = 0.01,
    blocking: float | None = None,
) -> tuple[Floats, State, float]:
    """One step of two evaluations and four fidelities: (new parameters, new state, mean of the two values).

    The metric is the mean of all samples so far, made positive, plus `regularisation`. blocking: a step is taken only
    if its value, which costs an evaluation, is at most this much above the mean of the two; None takes every step.
    """
    step = int(state["step"]) + 1
    gain, reach = state["a"] / step**0.602, state["c"] / step**0.101
    gradient, value = spsa.estimate(fun, params, reach, rng)
    sample = metric_sample(fidelity, params, reach, rng)
    mean = (np.asarray(state["metric"], float) * step + sample) / (step + 1)
    after = {**state, "step": step, "metric": mean.tolist()}
    levels, axes = np.linalg.eigh(mean)
    moved = params - gain * (axes @ ((axes.T @ gradient) / (np.abs(levels) + regularisation)))
    if blocking is not None and fun(moved) > value + blocking:
        moved = params
    return moved, after, value
