"""Where the qubits of a Pauli-transfer program live: rows, or, for single states, rows and lanes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.engine import transfer_kernels as kernels
from ketwork.engine.lanes import WIDTH
from ketwork.engine.polynomials import Floats, Integers
from ketwork.engine.transfer_program import CHAIN, DENSE, MONOMIAL, ROTATION, Operation, TransferProgram
from ketwork.operators.pauli import PauliSum

_LANE_QUBITS = 2  # as many as sixteen components are


@dataclass(frozen=True)
class Layout:
    """A program as passes. ops (D, 5) and places (D, 2, 16): see `transfer_kernels`. order: the qubit of every digit at
    the end. initial (4^n,): the Pauli vector at the start."""

    program: TransferProgram
    ops: Integers
    places: Integers
    order: tuple[int, ...]
    initial: Floats

    def arrays(self, dtype: Any) -> tuple[Any, ...]:
        """What kernels take: passes, places, chains, elements, one-qubit constants, two-qubit constants."""
        key = "arrays", self.ops.tobytes(), np.dtype(dtype).str
        kept = self.program.kept
        if key not in kept:
            ones = np.array([c.matrix for c in self.program.ones]).reshape(-1, 4, 4)
            pairs = np.array([self._packed(k) for k in range(len(self.program.pairs))]).reshape(-1, 16, 16)
            kept[key] = (
                self.ops, self.places, self.program.chains, self.program.elements, ones.astype(dtype),
                pairs.astype(dtype),
            )  # fmt: skip
        result: tuple[Any, ...] = kept[key]
        return result

    def _packed(self, ref: int) -> NDArray[np.float64]:
        """A dense matrix as it is; one with an entry a row as a column of these entries."""
        matrix = self.program.pairs[ref].matrix
        if self._kind(ref) == DENSE:
            return matrix
        packed = np.zeros((16, 16))
        packed[:, 0] = matrix[np.arange(16), sources(self.program.pairs[ref])]
        return packed

    def spread_out(self, ref: int, by_entry: Floats) -> Floats:
        """The way back of `_packed` for cotangents."""
        if self._kind(ref) == DENSE:
            return by_entry
        full = np.zeros((16, 16))
        full[np.arange(16), sources(self.program.pairs[ref])] = by_entry[:, 0]
        return full

    def _kind(self, ref: int) -> int:
        return next(op.kind for op in self.program.operations if op.kind in (MONOMIAL, DENSE) and op.ref == ref)


def sources(constant: Any) -> Integers:
    """(16,) the column of the one entry in every row; rows without any take what is left over."""
    pattern = np.abs(constant.matrix) + sum(np.abs(slope) for _, slope in constant.slopes)
    found = np.where(pattern.max(axis=1) > 1e-15, pattern.argmax(axis=1), -1)
    free = [k for k in range(16) if k not in found]
    for row in np.flatnonzero(found < 0):
        found[row] = free.pop()
    return found.astype(np.int64)


def layout_of(program: TransferProgram, dtype: Any, lanes: bool) -> Layout:
    """Place a program: all qubits in rows, or the last two (at any time) in the lanes."""
    key = "layout", lanes, np.dtype(dtype).str if lanes else ""
    if key not in program.kept:
        program.kept[key] = _Placing(program, np.dtype(dtype), lanes).layout()
    result: Layout = program.kept[key]
    return result


class _Placing:
    """Walks the operations and moves qubits out of the lanes before they are acted on."""

    def __init__(self, program: TransferProgram, dtype: np.dtype[Any], lanes: bool) -> None:
        self.program, self.n = program, program.n_qubits
        self.order = list(range(self.n))
        self.hidden = _LANE_QUBITS if lanes else 0
        self.inner = 16 // WIDTH[dtype] if lanes else 1  # rows that sixteen components take
        self.rows: list[tuple[int, ...]] = []
        self.places: list[NDArray[np.int64]] = []
        self.uses = self._uses()
        for number, op in enumerate(program.operations):
            self._bring_out(op, number)
            self._place(op)

    def layout(self) -> Layout:
        ops = np.array(self.rows, np.int64).reshape(-1, kernels.COLUMNS)
        places = np.array(self.places, np.int64).reshape(-1, 2, 16)
        return Layout(self.program, ops, places, tuple(self.order), self.program.initial())

    def _uses(self) -> list[list[int]]:
        """The numbers of the operations on every qubit."""
        uses: list[list[int]] = [[] for _ in range(self.n)]
        for number, op in enumerate(self.program.operations):
            for q in op.qubits:
                uses[q].append(number)
        return uses

    def _stride(self, digit: int) -> int:
        """Rows from one value of a digit to the next."""
        return int(4 ** (self.n - self.hidden - 1 - digit) * self.inner)

    def _bring_out(self, op: Operation, number: int) -> None:
        """Exchange the lanes' qubits with those that are not needed for longest, when the operation needs one."""
        if not self.hidden or not set(self.order[-self.hidden :]) & set(op.qubits):
            return

        def next_use(digit: int) -> int:
            q = self.order[digit]
            return next((k for k in self.uses[q] if k >= number), len(self.program.operations))

        free = [d for d in range(self.n - self.hidden) if self.order[d] not in op.qubits]
        a, b = sorted(sorted(free, key=next_use)[-2:])
        strides = self._stride(a), self._stride(b)
        self.rows.append((kernels.EXCHANGE, *strides, 0, 0))
        offsets = _offsets(*strides)
        self.places.append(np.stack([offsets, offsets]))
        order = self.order
        order[a], order[b], order[-2], order[-1] = order[-2], order[-1], order[a], order[b]

    def _place(self, op: Operation) -> None:
        digits = [self.order.index(q) for q in op.qubits]
        if op.kind == CHAIN:
            self.rows.append((CHAIN, self._stride(digits[0]), 0, op.ref, int(op.wanted)))
            self.places.append(np.zeros((2, 16), np.int64))
            return
        first, second = (self._stride(d) for d in digits)
        offsets = _offsets(first, second)
        self.rows.append((op.kind, first, second, op.ref, int(op.wanted)))
        if op.kind == MONOMIAL:
            self.places.append(np.stack([offsets, offsets[sources(self.program.pairs[op.ref])]]))
        elif op.kind == ROTATION:
            rotated = offsets[_rotation_order(op.letters)]
            self.places.append(np.stack([rotated, rotated]))
        else:
            self.places.append(np.stack([offsets, offsets]))


def _offsets(first: int, second: int) -> NDArray[np.int64]:
    """(16,) rows of a group relative to its first, in the order of Pauli strings of the two qubits."""
    k = np.arange(16)
    return (k >> 2) * first + (k & 3) * second


def _rotation_order(letters: str) -> list[int]:
    """The strings of two letters as (a, b) pairs with a -> cos a - sin b, b -> sin a + cos b, then those at rest.

    With P Q_a = i Q_b the rotation exp(-i theta P/2) turns Q_a towards Q_b.
    """
    p = [("IXYZ").index(letter) for letter in letters]
    turning, resting = list[int](), list[int]()
    for k in range(16):
        digits = k >> 2, k & 3
        powers = [_phase_power(a, b) for a, b in zip(p, digits, strict=True)]
        power = sum(powers) % 4
        if power % 2 == 0:
            resting.append(k)
        elif power == 1:
            turning += [k, (digits[0] ^ p[0]) << 2 | (digits[1] ^ p[1])]
    return turning + resting


def _phase_power(a: int, b: int) -> int:
    """The power of i in the product of two Pauli matrices, I, X, Y, Z = 0, 1, 2, 3."""
    if a == 0 or b == 0 or a == b:
        return 0
    return 1 if (b - a) % 3 == 1 else 3


def rows_of_sums(sums: Sequence[PauliSum], order: Sequence[int]) -> tuple[Integers, Floats, Integers]:
    """(component, coefficient, output) of every Pauli string of some sums, for digits in an order.

    An output without any string is read from a string with coefficient 0, so that it is there.
    """
    rows, values, outputs = list[Integers](), list[Floats](), list[Integers]()
    for output, s in enumerate(sums):
        x, z, coefficients = s.masks if s.terms else (np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(1))
        index = np.zeros(len(x), np.int64)
        for q in order:
            flips, signs = (x >> (s.n_qubits - 1 - q)) & 1, (z >> (s.n_qubits - 1 - q)) & 1
            index = 4 * index + (flips ^ signs) + 2 * signs  # I, X, Y, Z as 0, 1, 2, 3
        rows.append(index)
        values.append(coefficients)
        outputs.append(np.full(len(index), output, np.int64))
    return np.concatenate(rows), np.concatenate(values), np.concatenate(outputs)


def rows_of_parities(qubits: Sequence[int], order: Sequence[int]) -> tuple[Integers, Floats, Integers]:
    """The same for the 2^k strings of Z and I on some qubits, the first qubit most significant."""
    rows = np.zeros(1, np.int64)
    for q in qubits:
        digit = 3 * 4 ** (len(order) - 1 - list(order).index(q))
        rows = (rows[:, None] + np.array([0, digit])).reshape(-1)
    return rows, np.ones(len(rows)), np.arange(len(rows))


def rows_of_everything(order: Sequence[int]) -> tuple[Integers, Floats, Integers]:
    """The same for all 4^n strings, qubit 0 most significant."""
    n = len(order)
    rows = np.arange(4**n, dtype=np.int64).reshape((4,) * n).transpose([list(order).index(q) for q in range(n)])
    return rows.reshape(-1).copy(), np.ones(4**n), np.arange(4**n)
