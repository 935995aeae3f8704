"""The quantum natural gradient: gradient steps in the geometry of the states instead of that of the parameters.

Source: Stokes, Izaac, Killoran, Carleo, arXiv:1909.02108, eq. 10; the blocks of layers: sec. 4.
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
    blocks: NDArray[Any] | None = None,
) -> tuple[Floats, State]:
    """One step: params - learning_rate (metric + regularisation)^-1 gradient.

    gradient (P,); metric (P, P): Fubini-Study, 1/4 for an angle of which the state turns alone. regularisation:
    Tikhonov's, added to the diagonal. blocks (P,): the number of each parameter's block, such as its layer; between
    different ones the metric counts as 0.
    """
    matrix = check_array("metric", metric, 2)
    if matrix.shape != (len(params), len(params)):
        raise ValueError(f"The metric must have shape {(len(params), len(params))}, but has {matrix.shape}.")
    if blocks is not None:
        matrix = np.where(np.equal.outer(blocks, blocks), matrix, 0.0)
    change = np.linalg.lstsq(matrix + regularisation * np.eye(len(params)), gradient, rcond=None)[0]
    return params - learning_rate * change, {"step": int(state["step"]) + 1}
