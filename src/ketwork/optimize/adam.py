"""Adam: gradient steps scaled by running moments.

Source: Kingma and Ba, arXiv:1412.6980, algorithm 1.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
State = dict[str, Any]


def init(params: Floats) -> State:
    """The state before the first step; plain arrays and numbers, so that it can be saved."""
    return {"step": 0, "mean": np.zeros_like(params), "square": np.zeros_like(params)}


def update(
    gradient: Floats,
    state: State,
    params: Floats,
    learning_rate: float = 0.05,
    beta1: float = 0.9,
    beta2: float = 0.999,
) -> tuple[Floats, State]:
    """One step: (new parameters, new state). `gradient` has the shape of `params`."""
    step = int(state["step"]) + 1
    mean = beta1 * np.asarray(state["mean"], float) + (1 - beta1) * gradient
    square = beta2 * np.asarray(state["square"], float) + (1 - beta2) * gradient**2
    scale = np.sqrt(square / (1 - beta2**step)) + 1e-8
    moved = params - learning_rate * (mean / (1 - beta1**step)) / scale
    return moved, {"step": step, "mean": mean, "square": square}
