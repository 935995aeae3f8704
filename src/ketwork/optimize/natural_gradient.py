"""The quantum natural gradient: gradient steps in the geometry of the states instead of that of the parameters.

Source: Stokes, Izaac, Killoran, Carleo, arXiv:1909.02108, eq. 10.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_array

Floats = NDArray[np.floating[Any]]
State = dict[str, Any]


def init(params: Floats) -> State:
    """The state before the first step."""
    return {"step": 0}


def update(
    gradient: Floats,
    metric: Floats,
    state: State,
    params: Floats,
    learning_rate: float = 0.05,
    regularisation: float = 1e-3,
) -> tuple[Floats, State]:
    """One step: params - learning_rate (metric + regularisation)^-1 gradient.

    gradient (P,); metric (P, P): Fubini-Study, 1/4 for an angle of which the state turns alone.
    """
    matrix = check_array("metric", metric, 2)
    if matrix.shape != (len(params), len(params)):
        raise ValueError(f"The metric must have shape {(len(params), len(params))}, but has {matrix.shape}.")
    change = np.linalg.lstsq(matrix + regularisation * np.eye(len(params)), gradient, rcond=None)[0]
    return params - learning_rate * change, {"step": int(state["step"]) + 1}
