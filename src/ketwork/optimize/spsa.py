"""SPSA: a gradient estimate from two evaluations in one random direction, whatever the number of parameters.

Source: Spall, IEEE Trans. Autom. Control 37 (1992) 332; gains and calibration as in Kandala et al., arXiv:1704.05018,
supplement section V.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
State = dict[str, Any]


def init(params: Floats, a: float = 0.2, c: float = 0.1) -> State:
    """The state before the first step. a, c: the sizes of the first step and of the first difference."""
    return {"step": 0, "a": a, "c": c}


def calibrated(fun: Callable[[Floats], float], params: Floats, rng: np.random.Generator, c: float = 0.1) -> State:
    """A state whose first step is pi/5 in every angle, on average over 25 random directions; takes 50 evaluations.

    a = (2 pi/5) c / <|E(+) - E(-)|>; the step of an angle is a |E(+) - E(-)| / (2 c).
    """
    changes = []
    for _ in range(25):
        direction = rng.choice([-1.0, 1.0], size=params.shape)
        changes.append(abs(fun(params + c * direction) - fun(params - c * direction)))
    slope = float(np.mean(changes)) / (2 * c)
    return init(params, a=np.pi / 5 / slope if slope > 1e-12 else np.pi / 5, c=c)


def update(
    fun: Callable[[Floats], float],
    state: State,
    params: Floats,
    rng: np.random.Generator,
    alpha: float = 0.602,
    gamma: float = 0.101,
) -> tuple[Floats, State, float]:
    """One step of two evaluations: (new parameters, new state, mean of the two values)."""
    step = int(state["step"]) + 1
    gain, reach = state["a"] / step**alpha, state["c"] / step**gamma
    gradient, value = estimate(fun, params, reach, rng)
    return params - gain * gradient, {**state, "step": step}, value


def estimate(
    fun: Callable[[Floats], float], params: Floats, reach: float, rng: np.random.Generator
) -> tuple[Floats, float]:
    """A gradient (P,) from a random direction of plus and minus ones, and the mean of the two values."""
    direction = rng.choice([-1.0, 1.0], size=params.shape)
    plus, minus = fun(params + reach * direction), fun(params - reach * direction)
    return (plus - minus) / (2 * reach) * direction, (plus + minus) / 2
