"""An architecture as a tensor of moments, and back: what the agent of CRLQAS sees.

Source: Patel et al., arXiv:2402.03500, section 3 (tensor-based binary circuit encoding).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_array, check_int
from ketwork.circuit.gates import GATES
from ketwork.search.canonical import Place, flat
from ketwork.search.space import Architecture, size_of

PAPER = ("cx", "rx", "ry", "rz")
"""The gates of the paper's tensor, in the order of its rows."""


def to_tensor(
    architecture: Sequence[Place], n_qubits: int, depth: int, gates: Sequence[str] = PAPER
) -> NDArray[np.float32]:
    """The tensor (depth, rows, n) of an architecture of `gates`, each in its first free moment.

    A two-qubit gate has n rows and a one-qubit gate one, in the order of `gates`: n + 3 rows for the paper's. In a
    moment, row `target` of CX has a 1 in column `control` (of another gate its second and first qubit), and the row of
    a one-qubit gate has one in the column of the qubit.
    Raises: ValueError for other gates, or an architecture that is deeper than `depth`.
    """
    n = check_int("n_qubits", n_qubits, 1)
    needed = size_of(architecture).depth
    if needed > check_int("depth", depth, 1):
        raise ValueError(f"Argument `architecture` must have at most {depth} moments, but has {needed}.")
    first, rows = first_rows(gates, n)
    tensor = np.zeros((depth, rows, n), np.float32)
    free = [0] * n
    for gate, qubits in flat(architecture):
        if gate not in first:
            raise ValueError(f"The tensor of moments knows {', '.join(gates)}, but the architecture has {gate!r}.")
        moment = max(free[q] for q in qubits)
        tensor[moment, first[gate] + (qubits[1] if len(qubits) == 2 else 0), qubits[0]] = 1
        for q in qubits:
            free[q] = moment + 1
    return tensor


def from_tensor(tensor: NDArray[np.float32], gates: Sequence[str] = PAPER) -> Architecture:
    """The architecture of a tensor (depth, rows, n), moment by moment, by qubits within one.

    Raises: ValueError for entries other than 0 and 1, another shape, or two gates on a qubit in one moment.
    """
    array = check_array("tensor", tensor, 3)
    n = array.shape[2]
    first, rows = first_rows(gates, n)
    if array.shape[1] != rows or not np.isin(array, (0, 1)).all():
        raise ValueError(
            f"Argument `tensor` must have shape (depth, {rows}, {n}) of 0 and 1 for {', '.join(gates)} on {n} qubits, "
            f"but has {array.shape}."
        )
    of_row = {first[gate] + k: (gate, k) for gate in gates for k in range(n if GATES[gate].n_qubits == 2 else 1)}
    found: list[Place] = []
    for moment, layer in enumerate(array):
        places = []
        for row, column in np.argwhere(layer):
            gate, second = of_row[int(row)]
            places.append(Place(gate, (int(column), second) if GATES[gate].n_qubits == 2 else (int(column),)))
        used = [q for place in places for q in place.qubits]
        if len(set(used)) < len(used):
            raise ValueError(f"Argument `tensor` has two gates on one qubit in moment {moment}.")
        found += sorted(places, key=lambda place: place.qubits)
    return tuple(found)


def first_rows(gates: Sequence[str], n_qubits: int) -> tuple[dict[str, int], int]:
    """The number of each gate's first row in a moment, and the number of all rows."""
    first, rows = dict[str, int](), 0
    for gate in gates:
        first[gate] = rows
        rows += n_qubits if GATES[gate].n_qubits == 2 else 1
    return first, rows
