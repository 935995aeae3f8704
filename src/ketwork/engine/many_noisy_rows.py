"""Gates with their noise as rows of a table for the kernels for many noisy circuits (`many_noisy`).

Every gate on its qubits, with the channels before and behind it, becomes a few parts: constant 4x4 transfer matrices
and rotations on one qubit, and constant 16x16 ones on two. These are written as lists of terms, "so much of that row
is added to this one", for every way in which the two qubits may lie in rows and lanes.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.circuit.angle import Angle
from ketwork.circuit.circuit import Circuit
from ketwork.circuit.decompose import gate_steps
from ketwork.circuit.gates import Move, Phase, pauli_rotation_matrix
from ketwork.circuit.operation import Gate
from ketwork.circuit.transform import gate_matrix
from ketwork.engine.many_rows import Floats, Integers, NotPacked, Row, linear, n_weights
from ketwork.noise.model import NoiseModel
from ketwork.noise.rule import Placed
from ketwork.noise.transfer import transfer_of_unitary
from ketwork.operators.pauli import PauliSum

Real = NDArray[np.float64]
ONE, TURN, PAIR = 0, 1, 2
"""The kinds of parts: a matrix on one qubit, a rotation about an axis, a matrix on two."""
KINDS = 3
"""How a qubit can lie: in two bits of the lanes, in one of them and one of the rows, in two of the rows."""
_LANES = 8
_TOLERANCE = 1e-15
_SIMPLE = 40


@dataclass(frozen=True)
class NoisyRows:
    """Rows as parts. firsts (R + 1,): of every row. parts (M, 5): kind, qubit, second qubit or axis 1 to 3, matrix,
    weight of the row or -1. numbers (M, 2): coefficient, offset. counts (R,): weights.

    ones (K, 16): 4x4 matrices. lists (pairs, 9, 2, 3): first and last term and the number of classes of rows, by how
    the two qubits lie and by whether it is the way back. terms (T, 3): class written, class read, lanes exchanged;
    factors (T * 8,): by lane. start (n, 16): what happens to each qubit first of all. idle: (qubits of every row or -1
    (R, 2), seconds that it takes (R,), 1 / T1 and 1 / T2 of every qubit (n, 2)); of no rows where waiting does nothing.
    """

    firsts: Integers
    parts: Integers
    numbers: Floats
    counts: Integers
    ones: Real
    lists: Integers
    terms: Integers
    factors: Real
    start: Real
    idle: tuple[Integers, Floats, Floats]

    @property
    def arrays(self) -> tuple[Any, ...]:
        """What packing takes."""
        return self.firsts, self.parts, self.numbers, self.ones, self.start

    @property
    def pairs(self) -> tuple[Any, ...]:
        """What the passes on two qubits take."""
        return self.lists, self.terms, self.factors


def noisy_rows(rows: Sequence[Row], n_qubits: int, noise: NoiseModel, quiet: Container[int] = ()) -> NoisyRows:
    """Lower rows under noise; the rows whose numbers are in `quiet` have none and take no time.

    Raises: NotPacked; ValueError where the model does not fit.
    """
    if noise.quiet_from is not None:
        raise NotPacked
    builder, firsts = _Builder(), [0]
    body = replace(noise, rules=tuple(rule for rule in noise.rules if rule.when != "start"), waiting=(), _memo={})
    for number, row in enumerate(rows):
        builder.begin()
        for event in row if number in quiet else body.events(Circuit(n_qubits, row)):
            if isinstance(event, Placed):
                builder.matrix(event.qubits, event.channel.transfer())
            else:
                builder.gate(event)
        firsts.append(len(builder.parts))
    counts = np.array([n_weights(row) for row in rows], np.int64)
    return builder.rows(firsts, counts, _starts(noise, n_qubits), _idle(rows, n_qubits, noise, quiet))


def _idle(
    rows: Sequence[Row], n_qubits: int, noise: NoiseModel, quiet: Container[int]
) -> tuple[Integers, Floats, Floats]:
    """See `NoisyRows.idle`. Raises: NotPacked where rows are more than a gate each, or channels come before gates."""
    count = len(rows) if noise.waiting else 0
    where, seconds, rates = np.full((count, 2), -1), np.zeros(count), np.zeros((n_qubits, 2))
    if not noise.waiting:
        return where, seconds, rates
    if len(noise.waiting) > 1 or any(rule.when == "before" for rule in noise.rules) or any(len(r) != 1 for r in rows):
        raise NotPacked
    idle = noise.waiting[0]
    for number, (gate,) in enumerate(rows):
        where[number, : len(gate.qubits)] = gate.qubits
        seconds[number] = 0 if number in quiet else idle.duration(gate)
    for k, q in enumerate(range(n_qubits) if idle.qubits is None else idle.qubits):
        at = 0 if idle.qubits is None else k
        if q < n_qubits:
            rates[q] = idle.stretch / idle.t1[at], idle.stretch / idle.t2[at]
    return where, seconds, rates


def _starts(noise: NoiseModel, n_qubits: int) -> Real:
    """(n, 16) the channels of the start as 4x4 matrices."""
    found = np.array([np.eye(4)] * n_qubits)
    for event in replace(noise, readouts=(), every_readout=None, waiting=(), _memo={}).events(Circuit(n_qubits)):
        if isinstance(event, Placed):
            found[event.qubits[0]] = event.channel.transfer() @ found[event.qubits[0]]
    return found.reshape(n_qubits, 16)


class _Builder:
    """Gathers the parts of rows and their matrices."""

    def __init__(self) -> None:
        self.parts: list[list[int]] = []
        self.numbers: list[tuple[float, float]] = []
        self.matrices: tuple[list[Real], list[Real]] = ([], [])  # of parts on one qubit and on two
        self.first = 0

    def begin(self) -> None:
        """A new row: its parts are not joined with those of the row before."""
        self.first = len(self.parts)

    def gate(self, gate: Gate) -> None:
        """A gate as it is where no weight turns it, else its steps."""
        if len(gate.qubits) > 2 or gate.name == "prepare":
            raise NotPacked
        if gate.name != "pauli_rotation" and not any(isinstance(param, Angle) for param in gate.params):
            self.matrix(gate.qubits, _of(gate))
            return
        for step in gate_steps(gate):
            if isinstance(step, Move):
                self.matrix(
                    tuple(gate.qubits[q] for q in step.qubits), _of(Gate(step.kind, (0, 1)[: len(step.qubits)]))
                )
            elif not isinstance(step, Phase):
                letters = [(letter, q) for letter, q in zip(step.pauli, gate.qubits, strict=True) if letter != "I"]
                self.turn(letters, linear(step.coefficients, step.offset, gate))

    def turn(self, letters: list[tuple[str, int]], angle: tuple[int, float, float]) -> None:
        """A Pauli rotation; one on two qubits is turned into one on the last of them and back."""
        weight, coefficient, offset = angle
        if not letters:
            return
        if weight < 0:
            matrix = pauli_rotation_matrix("".join(letter for letter, _ in letters), offset)
            self.matrix(tuple(q for _, q in letters), _rounded(transfer_of_unitary(matrix)))
        elif len(letters) == 1:
            self.parts.append([TURN, letters[0][1], "IXYZ".index(letters[0][0]), -1, weight])
            self.numbers.append((coefficient, offset))
        else:
            (a, first), (b, second) = letters
            there = np.array(gate_matrix(Gate("cx", (0, 1)))) @ np.kron(_TO_Z[a], _TO_Z[b])
            self.matrix((first, second), _rounded(transfer_of_unitary(there)))
            self.turn([("Z", second)], angle)
            self.matrix((first, second), _rounded(transfer_of_unitary(there.conj().T)))

    def matrix(self, qubits: tuple[int, ...], matrix: Real) -> None:
        """A constant; it joins the one on two qubits before it where that stays as simple."""
        before = self.parts[-1] if len(self.parts) > self.first else None
        matrix = _rounded(matrix)
        if before is not None and before[0] == PAIR and set(qubits) <= set(before[1:3]):
            if len(qubits) == 2:
                wide: Real = matrix if qubits == tuple(before[1:3]) else _exchanged(matrix)
            else:
                wide = np.asarray(
                    np.kron(*((matrix, np.eye(4)) if qubits[0] == before[1] else (np.eye(4), matrix))), float
                )
            joined = _rounded(wide @ self.matrices[1][before[3]])
            if len(qubits) == 2 or _is_simple(joined):
                before[3] = self._number(joined, 1)
                return
        if len(qubits) == 1:
            self.parts.append([ONE, qubits[0], 0, self._number(matrix, 0), -1])
        else:
            self.parts.append([PAIR, *qubits, self._number(matrix, 1), -1])
        self.numbers.append((0.0, 0.0))

    def _number(self, matrix: Real, kind: int) -> int:
        known = self.matrices[kind]
        for k, other in enumerate(known):
            if np.array_equal(other, matrix):
                return k
        known.append(matrix)
        return len(known) - 1

    def rows(
        self, firsts: list[int], counts: Integers, start: Real, idle: tuple[Integers, Floats, Floats]
    ) -> NoisyRows:
        """The table. Matrices on two qubits that were joined to others stay in it unused."""
        terms: list[Integers] = [np.zeros((0, 3), np.int64)]
        factors: list[Real] = [np.zeros((0, _LANES))]
        ends = 0
        lists = np.zeros((len(self.matrices[1]), KINDS * KINDS, 2, 3), np.int64)
        used = {part[3] for part in self.parts if part[0] == PAIR}
        for number in sorted(used):
            for how, (a, b) in enumerate(np.ndindex(KINDS, KINDS)):
                if a == b and a < 2:
                    continue  # there is but one qubit in such a place
                for back in range(2):
                    matrix = self.matrices[1][number]
                    found, values = _terms(matrix.T if back else matrix, a, b)
                    lists[number, how, back] = ends, ends + len(found), _CLASSES[a] * _CLASSES[b]
                    terms.append(found)
                    factors.append(values)
                    ends += len(found)
        return NoisyRows(
            np.array(firsts, np.int64), np.array(self.parts, np.int64).reshape(-1, 5),
            np.array(self.numbers, float).reshape(-1, 2), counts, np.array(self.matrices[0]).reshape(-1, 16), lists,
            np.concatenate(terms), np.concatenate(factors).reshape(-1), start, idle,
        )  # fmt: skip


_TO_Z = {
    "X": gate_matrix(Gate("h", (0,))),
    "Y": gate_matrix(Gate("rx", (0,), (np.pi / 2,))),
    "Z": np.eye(2, dtype=complex),
}
"""What turns a letter into Z."""
_CLASSES = (1, 2, 4)  # of rows that a qubit makes, by how it lies
_LANE_BITS = (3, 4, 0)


def _digits(kind: int, row: Integers, lane: Integers) -> Integers:
    """The letter of a qubit by the class of the row and the lane."""
    return (lane & 3, 2 * row + (lane >> 2 & 1), row)[kind]


def _terms(matrix: Real, a: int, b: int) -> tuple[Integers, Real]:
    """(terms (T, 3), factors (T, 8)) of a matrix on two qubits that lie in these ways; at least one for every class."""
    lanes, count = np.arange(_LANES), _CLASSES[a] * _CLASSES[b]
    masks = [m for m in range(_LANES) if m & ~(_LANE_BITS[a] | _LANE_BITS[b]) == 0]
    to, source, mask, lane = np.meshgrid(np.arange(count), np.arange(count), masks, lanes, indexing="ij")

    def letters(group: Integers, at: Integers) -> Integers:
        first = _digits(a, group // _CLASSES[b], at) + 0 * at
        return 4 * first + _digits(b, group % _CLASSES[b], at)

    values = matrix[letters(to, lane), letters(source, lane ^ mask)]
    kept = np.abs(values).max(axis=-1) > 0
    kept[np.arange(count), np.arange(count), 0] |= ~kept.any(axis=(1, 2))  # rows of zeros are written too
    found = np.stack([to[kept][:, 0], source[kept][:, 0], mask[kept][:, 0]], axis=1)
    return found.astype(np.int64), values[kept]


def _of(gate: Gate) -> Real:
    """The transfer matrix of a gate without weights."""
    return _rounded(transfer_of_unitary(gate_matrix(gate._replace(qubits=tuple(range(len(gate.qubits)))))))


def _rounded(matrix: Real) -> Real:
    """Entries that rounding has left in place of 0, 1 and -1 set right, so that permutations are seen as such."""
    nearest = np.rint(matrix)
    return np.where(np.abs(matrix - nearest) < _TOLERANCE, nearest, matrix)


def _exchanged(matrix: Real) -> Real:
    order = np.arange(16).reshape(4, 4).T.ravel()
    return np.asarray(matrix[np.ix_(order, order)])


def _is_simple(matrix: Real) -> bool:
    """Whether a pass by it costs less than two: relaxation of both qubits behind a permutation is 25 entries."""
    return int((np.abs(matrix) > _TOLERANCE).sum()) <= _SIMPLE


def codes(observable: PauliSum) -> tuple[Integers, Floats]:
    """A Pauli sum as letters I, X, Y, Z = 0 to 3 (T, n), and coefficients (T,)."""
    letters = np.array([["IXYZ".index(letter) for letter in string] for string, _ in observable.terms], np.int64)
    values = np.array([complex(value).real for _, value in observable.terms])
    return letters.reshape(-1, observable.n_qubits), values
