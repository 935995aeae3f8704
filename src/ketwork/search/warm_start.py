"""Angles taken along from one architecture to another: what the two have in common keeps what it had learned."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_array
from ketwork.circuit.gates import GATES
from ketwork.search.canonical import Place, first_angles, flat

Floats = NDArray[np.floating[Any]]


def carried(before: Sequence[Place], params: Floats, after: Sequence[Place], fresh: Floats | None = None) -> Floats:
    """Angles to begin with for the gates of `after`: those that `before` has too, in the same order, keep theirs.

    params: of the gates of `before`. fresh: for all gates of `after`, used for those that `before` does not have;
    None for 0, at which rotations do nothing.
    Which gates are the same ones is read off the longest common subsequence of the two.
    Raises: ValueError for another number of angles than `before` has.
    """
    old, new = flat(before), flat(after)
    given, starts, places = check_array("params", params, 1), first_angles(old), first_angles(new)
    if len(given) != starts[-1]:
        raise ValueError(f"Argument `params` must hold {starts[-1]} angles, but holds {len(given)}.")
    found = np.zeros(places[-1]) if fresh is None else np.array(check_array("fresh", fresh, 1))
    for i, j in common(old, new):
        found[places[j] : places[j + 1]] = given[starts[i] : starts[i + 1]]
    return found


def common(a: Sequence[Place], b: Sequence[Place]) -> list[tuple[int, int]]:
    """The numbers in both of the members of a longest common subsequence, in order.

    Source: Wagner and Fischer, Journal of the ACM 21 (1974) 168.
    """
    longest = np.zeros((len(a) + 1, len(b) + 1), int)  # of what begins at i and at j
    same = np.array([[x == y for y in b] for x in a], bool).reshape(len(a), len(b))
    for i in reversed(range(len(a))):
        for j in reversed(range(len(b))):
            one = longest[i + 1, j + 1] + 1 if same[i, j] else 0
            longest[i, j] = max(one, longest[i + 1, j], longest[i, j + 1])
    pairs, i, j = [], 0, 0
    while i < len(a) and j < len(b):
        if same[i, j] and longest[i, j] == longest[i + 1, j + 1] + 1:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif longest[i + 1, j] >= longest[i, j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def n_angles(architecture: Sequence[Place]) -> int:
    """How many angles the gates of an architecture have."""
    return sum(GATES[gate].n_params * (len(qubits) // GATES[gate].n_qubits) for gate, qubits in architecture)
