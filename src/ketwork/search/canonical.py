"""One form for all architectures that are the same circuit: gates that commute in a fixed order, repetitions merged.

Gates are taken as families: `rx rx` on a qubit is one `rx`, `cx cx` on a pair is nothing, and gates that commute
whatever their angles may change places.
"""

from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ketwork.circuit.gates import GATES

_TOLERANCE = 1e-9


class Place(NamedTuple):
    """A gate of the gate table and the qubits it acts on.

    More qubits than the gate has are a layer: the gate on each group of them in turn, so that `cx` on (0, 1, 1, 2) is
    `cx` on (0, 1) and then on (1, 2).
    """

    gate: str
    qubits: tuple[int, ...]


def flat(architecture: Sequence[Place]) -> tuple[Place, ...]:
    """The architecture gate by gate: every layer as the gates it is made of. A gate's angles are its own."""
    found: list[Place] = []
    for place in architecture:
        found += _gates_of(place)
    return tuple(found)


def first_angles(gates: Sequence[Place]) -> list[int]:
    """The number of the first angle of every gate, and the number of all."""
    return [*accumulate((GATES[place.gate].n_params for place in gates), initial=0)]


@cache
def _gates_of(place: Place) -> tuple[Place, ...]:
    gate, qubits = place
    size = GATES[gate].n_qubits
    return tuple(Place(gate, qubits[k : k + size]) for k in range(0, len(qubits), size))


def canonical(architecture: Sequence[Place]) -> tuple[tuple[Place, ...], list[int | None]]:
    """The architecture in its one form, and where each gate went: to which number of the new one, None for cancelled.

    Layers are taken as their gates, in order (`flat`).
    The weights of the old circuit are taken along by adding those of gates that went to the same place. Gates are
    sorted into the Foata normal form of the relation "commutes for all angles": each as early as those before it that
    it does not commute with allow, in every level by name and qubits.
    Source: Cartier and Foata, Lecture Notes in Mathematics 85 (1969); Diekert and Rozenberg (eds.), The Book of Traces
    (1995), chapter 2.
    """
    gates = [_sorted(place) for place in flat(architecture)]
    kept: list[int] = []  # numbers of the gates that stay, in order
    goes: list[int | None] = list(range(len(gates)))
    for k, gate in enumerate(gates):
        partner = _partner(gates, kept, gate)
        if partner is None:
            kept.append(k)
        elif _merges(gate.gate):
            goes[k] = partner
        else:
            kept.remove(partner)
            goes[k] = goes[partner] = None
    # What was cancelled may have stood between two others, and what is left may be in another order than before
    levels = _levels([gates[k] for k in kept])
    order = sorted(range(len(kept)), key=lambda j: (levels[j], gates[kept[j]].qubits, gates[kept[j]].gate))
    number = {kept[j]: new for new, j in enumerate(order)}
    ends = [_end(goes, k) for k in range(len(gates))]
    found = tuple(gates[kept[j]] for j in order)
    return found, [None if end is None else number[end] for end in ends]


def _end(goes: list[int | None], k: int) -> int | None:
    """Where a gate ends that went to another, which may have gone on itself."""
    there = goes[k]
    while there is not None and there != k:
        k, there = there, goes[there]
    return there


def _partner(gates: list[Place], kept: list[int], gate: Place) -> int | None:
    """The last gate that is the same and that this one can be moved next to, if the two become one or none."""
    if not (_merges(gate.gate) or _cancels(gate.gate)):
        return None
    for j in reversed(kept):
        if gates[j] == gate:
            return j
        if not commute(gates[j], gate):
            return None
    return None


def _levels(gates: list[Place]) -> list[int]:
    levels: list[int] = []
    for k, gate in enumerate(gates):
        held = [levels[j] for j in range(k) if gates[j] == gate or not commute(gates[j], gate)]
        levels.append(1 + max(held, default=-1))
    return levels


def _merges(name: str) -> bool:
    """Whether two in a row are one with the sum of the angles."""
    return GATES[name].generator is not None and GATES[name].n_params == 1


def _cancels(name: str) -> bool:
    """Whether two in a row are nothing."""
    row = GATES[name]
    return row.n_params == 0 and row.inverse[0] == name


def _sorted(place: Place) -> Place:
    return Place(place.gate, tuple(sorted(place.qubits))) if is_symmetric(place.gate) else Place(*place)


@cache
def is_symmetric(name: str) -> bool:
    """Whether a two-qubit gate is the same with its qubits exchanged, whatever its angles."""
    if GATES[name].n_qubits != 2:
        return False
    matrix = _matrix(name, 0)
    turned = matrix.reshape(2, 2, 2, 2).transpose(1, 0, 3, 2).reshape(4, 4)
    return bool(np.abs(matrix - turned).max() < _TOLERANCE)


@cache
def commute(a: Place, b: Place) -> bool:
    """Whether two gates commute for all their angles."""
    if not set(a.qubits) & set(b.qubits):
        return True
    among = sorted({*a.qubits, *b.qubits})
    places = {q: k for k, q in enumerate(among)}
    return _commute(a.gate, tuple(places[q] for q in a.qubits), b.gate, tuple(places[q] for q in b.qubits))


@cache
def _commute(a: str, at: tuple[int, ...], b: str, there: tuple[int, ...]) -> bool:
    # Angles drawn at random show what holds for all: the commutator is an analytic function of them
    n = 1 + max(*at, *there)
    one, other = _on(_matrix(a, 1), at, n), _on(_matrix(b, 2), there, n)
    return bool(np.abs(one @ other - other @ one).max() < _TOLERANCE)


def _matrix(name: str, seed: int) -> NDArray[np.complex128]:
    angles = np.random.default_rng(seed).uniform(0.3, 2.8, GATES[name].n_params)
    return GATES[name].matrix(*angles)


def _on(matrix: NDArray[np.complex128], qubits: tuple[int, ...], n: int) -> NDArray[np.complex128]:
    """A gate's matrix among n qubits."""
    k = len(qubits)
    whole = np.kron(matrix, np.eye(2 ** (n - k))).reshape((2,) * (2 * n))
    rest = [q for q in range(n) if q not in qubits]
    order = np.argsort([*qubits, *rest])
    return np.asarray(whole.transpose([*order, *(n + order)]).reshape(2**n, 2**n))
