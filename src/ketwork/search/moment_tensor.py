"""An architecture as a tensor of moments, and back: what the agent of CRLQAS sees.

Source: Patel et al., arXiv:2402.03500, section 3 (tensor-based binary circuit encoding).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_array, check_int
from ketwork.search.canonical import Place
from ketwork.search.space import Architecture, size_of

_AXES = ("rx", "ry", "rz")


def to_tensor(architecture: Sequence[Place], n_qubits: int, depth: int) -> NDArray[np.float32]:
    """The tensor (depth, n + 3, n) of an architecture of `cx`, `rx`, `ry` and `rz`, each in its first free moment.

    In a moment, row `target` has a 1 in column `control` for a CX; rows n, n + 1 and n + 2 have one in the column of a
    qubit that is turned about X, Y or Z.
    Raises: ValueError for other gates, or an architecture that is deeper than `depth`.
    """
    n = check_int("n_qubits", n_qubits, 1)
    needed = size_of(architecture).depth
    if needed > check_int("depth", depth, 1):
        raise ValueError(f"Argument `architecture` must have at most {depth} moments, but has {needed}.")
    tensor = np.zeros((depth, n + 3, n), np.float32)
    free = [0] * n
    for gate, qubits in architecture:
        if gate not in (*_AXES, "cx"):
            raise ValueError(f"The tensor of moments knows cx, rx, ry and rz, but the architecture has {gate!r}.")
        moment = max(free[q] for q in qubits)
        row = qubits[1] if gate == "cx" else n + _AXES.index(gate)
        tensor[moment, row, qubits[0]] = 1
        for q in qubits:
            free[q] = moment + 1
    return tensor


def from_tensor(tensor: NDArray[np.float32]) -> Architecture:
    """The architecture of a tensor (depth, n + 3, n), moment by moment, by qubits within one.

    Raises: ValueError for entries other than 0 and 1, another shape, or two gates on a qubit in one moment.
    """
    array = check_array("tensor", tensor, 3)
    n = array.shape[2]
    if array.shape[1] != n + 3 or not np.isin(array, (0, 1)).all():
        raise ValueError(f"Argument `tensor` must have shape (depth, n + 3, n) of 0 and 1, but has {array.shape}.")
    found: list[Place] = []
    for moment, layer in enumerate(array):
        places = []
        for row, column in np.argwhere(layer):
            qubits = (int(column),) if row >= n else (int(column), int(row))
            places.append(Place("cx" if row < n else _AXES[row - n], qubits))
        used = [q for place in places for q in place.qubits]
        if len(set(used)) < len(used):
            raise ValueError(f"Argument `tensor` has two gates on one qubit in moment {moment}.")
        found += sorted(places, key=lambda place: place.qubits)
    return tuple(found)
