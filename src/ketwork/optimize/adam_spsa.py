"""Adam-SPSA: steps scaled by running moments of SPSA's gradient estimates.

Source: Patel et al., arXiv:2402.03500, appendix (CRLQAS); moments as in Kingma and Ba, arXiv:1412.6980.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.optimize import spsa

Floats = NDArray[np.floating[Any]]
State = dict[str, Any]
GAINS = {"a": 0.3, "a_power": 0.602, "c": 0.1, "c_power": 0.101, "beta1": 0.9, "beta1_power": 0.4, "beta2": 0.99}
"""The options and what they are when not given; the paper tunes all of them for each problem."""


def init(params: Floats) -> State:
    """The state before the first step; lists, so that it can be saved as JSON with the generator."""
    return {"step": 0, "mean": [0.0] * len(params), "square": [0.0] * len(params), "weights": [0.0, 0.0]}


def update(
    fun: Callable[[Floats], float], state: State, params: Floats, rng: np.random.Generator, **options: float
) -> tuple[Floats, State, float]:
    """One step of two evaluations: (new parameters, new state, mean of the two values).

    In step k = 1, 2, ...: gain a / k^a_power, reach c / k^c_power, beta1 / k^beta1_power for the mean and beta2 for
    the square; the paper calls the powers alpha, gamma and lambda.
    The first step follows the estimate itself. Moments are divided by the weight that they have gathered, which is
    Adam's correction for betas that change.
    """
    gains = {**GAINS, **options}
    step = int(state["step"]) + 1
    gain, reach = gains["a"] / step ** gains["a_power"], gains["c"] / step ** gains["c_power"]
    gradient, value = spsa.estimate(fun, params, reach, rng)
    betas = gains["beta1"] / step ** gains["beta1_power"], gains["beta2"]
    moments, weights = [], []
    for beta, old, weight, new in zip(
        betas, (state["mean"], state["square"]), state["weights"], (gradient, gradient**2), strict=True
    ):
        moments.append(beta * np.asarray(old, float) + (1 - beta) * new)
        weights.append(beta * weight + 1 - beta)
    mean, square = (moment / weight for moment, weight in zip(moments, weights, strict=True))
    change = gradient if step == 1 else mean / (np.sqrt(square) + 1e-8)
    after = {"step": step, "mean": moments[0].tolist(), "square": moments[1].tolist(), "weights": weights}
    return params - gain * change, after, value
