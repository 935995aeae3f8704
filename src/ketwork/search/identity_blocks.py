"""Blocks of gates that do nothing while their angles are 0: what may be put into a circuit and leave it as it was."""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ketwork.circuit import Circuit, w
from ketwork.circuit.gates import GATES
from ketwork.engine.simulator import Simulator
from ketwork.search.canonical import Place, canonical, flat
from ketwork.search.space import Architecture, Space
from ketwork.search.tasks import Task
from ketwork.search.warm_start import n_angles

Floats = NDArray[np.floating[Any]]
_TOLERANCE = 1e-9


class Insertion(NamedTuple):
    """A block that is put before gate (or layer) number `position` of an architecture, or at its end."""

    position: int
    block: Architecture


def identity_blocks(space: Space) -> tuple[Architecture, ...]:
    """The blocks of a space, by what they hold: single gates (or layers) that turn by an angle, and such a gate between
    a gate on two qubits and the same again, which undoes it.

    A gate that undoes itself and stands on both sides of a rotation about P makes it one about its P', such as CX Z CX
    = ZZ on both qubits: the generators of ADAPT, made of the space's gates. Rotations that it leaves as they are do not
    count.
    """
    turns = [place for place in space.places if _turns(place.gate)]
    frames = [p for p in space.places if not GATES[p.gate].n_params and len(p.qubits) > 1 and not canonical((p, p))[0]]
    framed = [
        (frame, turn, frame)
        for frame in frames
        for turn in turns
        if set(frame.qubits) & set(turn.qubits) and len(canonical((frame, turn, frame))[0]) > len(flat((turn,)))
    ]
    return (*((turn,) for turn in turns), *framed)


@cache
def _turns(gate: str) -> bool:
    """Whether a gate has angles and is nothing, up to a phase, when they are 0."""
    row = GATES[gate]
    return row.n_params > 0 and _is_nothing(row.matrix(*(0.0,) * row.n_params))


def _is_nothing(matrix: NDArray[np.complex128]) -> bool:
    return bool(np.abs(matrix - matrix[0, 0] * np.eye(len(matrix))).max() < _TOLERANCE)


def put_in(architecture: Architecture, params: Floats, insertions: Sequence[Insertion]) -> tuple[Architecture, Floats]:
    """The architecture with blocks put in, positions counted before; and its angles, 0 for those of the blocks."""
    found: list[Place] = []
    angles: list[Floats] = []
    for block, own in _parts(architecture, params, insertions):
        found += block
        angles.append(np.zeros(n_angles(block)) if own is None else own)
    return tuple(found), np.concatenate([np.zeros(0), *angles])


def _parts(
    architecture: Architecture, params: Floats, insertions: Sequence[Insertion]
) -> list[tuple[Architecture, Floats | None]]:
    """What the circuit is made of, in order: places with their angles, and blocks without."""
    parts: list[tuple[Architecture, Floats | None]] = []
    first = 0
    for k in range(len(architecture) + 1):
        parts += [(block, None) for position, block in insertions if position == k]
        if k < len(architecture):
            last = first + n_angles(architecture[k : k + 1])
            parts.append((architecture[k : k + 1], params[first:last]))
            first = last
    return parts


def slopes(
    task: Task, architecture: Architecture, params: Floats, insertions: Sequence[Insertion]
) -> tuple[Floats, int]:
    """(len(insertions),) the length of the value's gradient by the angles of each block at 0, and the price of all.

    The price is that of the parameter-shift rule for the blocks' angles alone. An ideal simulator has all blocks in one
    circuit, since they do nothing to one another; elsewhere each is asked for alone, for its gates are noisy.
    """
    found = np.zeros(len(insertions))
    price = 0
    together = _is_ideal(task.backend)
    order = sorted(range(len(insertions)), key=lambda k: insertions[k].position)  # as in the circuit; sorting is stable
    for group in [order] if together else [[k] for k in order]:
        meter = task.goal.meter(_opened(task.space, architecture, params, [insertions[k] for k in group]), task.backend)
        price += meter.price[1]
        gradient = meter.value_and_gradient(np.zeros(meter.n_weights))[1]
        first = 0
        for k in group:
            last = first + n_angles(insertions[k].block)
            found[k] = np.linalg.norm(gradient[first:last])
            first = last
    return found, price


def losses(task: Task, architecture: Architecture, params: Floats) -> tuple[Floats, int]:
    """(len(architecture),) the error at these angles without each of the gates (or layers), and the price of all.

    For an ideal simulator a turn by 0 is no gate, so that all turns are asked of one circuit.
    """
    found, price = np.zeros(len(architecture)), 0
    whole = task.meter(architecture) if _is_ideal(task.backend) else None
    first = 0
    for k, place in enumerate(architecture):
        last = first + n_angles((place,))
        if whole is not None and _turns(place.gate):
            meter, angles = whole, params.copy()
            angles[first:last] = 0
        else:
            less, angles = taken_out(architecture, params, [k])
            meter = task.meter(less)
        found[k] = task.goal.error(meter.value(angles))
        price += meter.price[0]
        first = last
    return found, price


def _is_ideal(backend: Any) -> bool:
    """Whether a backend gives exact values of circuits without errors."""
    if backend is None:
        return True
    return isinstance(backend, Simulator) and backend.noise is None and backend.shots is None


def _opened(space: Space, architecture: Architecture, params: Floats, insertions: Sequence[Insertion]) -> Circuit:
    """The circuit with blocks put in, whose weights are the angles of the blocks alone."""
    circuit, free = Circuit(space.n_qubits), 0
    for block, own in _parts(architecture, params, insertions):
        fixed = 0
        for gate, qubits in flat(block):
            count = GATES[gate].n_params
            if own is None:
                circuit = circuit.append(gate, qubits, tuple(w[free + j] for j in range(count)))
                free += count
            else:
                circuit = circuit.append(gate, qubits, tuple(float(v) for v in own[fixed : fixed + count]))
                fixed += count
    return circuit


def without_idle(architecture: Architecture, params: Floats) -> tuple[Architecture, Floats]:
    """What is left of an architecture and its angles without the gates (or layers) that do nothing at these angles."""
    kept = [part for part in _parts(architecture, params, ()) if not _idle(*part)]
    angles = [own for _, own in kept if own is not None]
    return tuple(place for block, _ in kept for place in block), np.concatenate([np.zeros(0), *angles])


def taken_out(architecture: Architecture, params: Floats, numbers: Sequence[int]) -> tuple[Architecture, Floats]:
    """What is left of an architecture and its angles without the gates (or layers) of these numbers."""
    gone = set(numbers)
    kept = [part for k, part in enumerate(_parts(architecture, params, ())) if k not in gone]
    angles = [own for _, own in kept if own is not None]
    return tuple(place for block, _ in kept for place in block), np.concatenate([np.zeros(0), *angles])


def _idle(block: Architecture, own: Floats | None) -> bool:
    """Whether every gate of a place is the identity at its angles, up to a phase."""
    first = 0
    for gate, _ in flat(block):
        row = GATES[gate]
        if own is None or not row.n_params:
            return False
        if not _is_nothing(row.matrix(*own[first : first + row.n_params])):
            return False
        first += row.n_params
    return True
