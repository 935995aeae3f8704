"""What gates on their qubits come to in the kernels for many circuits: a row of a table each, made once.

Circuits are then lists of rows' numbers, so that a new circuit costs microseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.circuit.angle import Angle
from ketwork.circuit.operation import Gate
from ketwork.engine.fuse import ROTATION
from ketwork.engine.lower import PHASE, gate_elements
from ketwork.engine.many_ideal import LEAST_BITS
from ketwork.operators.masks import walsh
from ketwork.operators.pauli import PauliSum

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Row = Sequence[Gate]
"""Gates in order of time, without inputs, whose weights are those of the row: w[0], w[1], ..."""


class NotPacked(Exception):
    """There is no kernel for this among those for many circuits; the simulator does it."""


def linear(coefficients: Sequence[float], offset: float, gate: Gate) -> tuple[int, float, float]:
    """(weight or -1, coefficient, offset) of an angle. Raises: NotPacked where it depends on more than one weight."""
    weight, factor = -1, 0.0
    for coefficient, param in zip(coefficients, gate.params, strict=False):
        if not coefficient:
            continue
        for scale, slots in param.terms if isinstance(param, Angle) else ((param, ()),):
            if not slots:
                offset += coefficient * scale
            elif len(slots) == 1 and slots[0].kind == "w" and weight in (-1, slots[0].index):
                weight, factor = slots[0].index, factor + coefficient * scale
            else:
                raise NotPacked
    return weight, factor, offset


def n_weights(row: Row) -> int:
    """How many weights a row has."""
    found = [slot.index for gate in row for param in gate.params if isinstance(param, Angle) for slot in param.slots]
    return 1 + max(found, default=-1)


@dataclass(frozen=True)
class IdealRows:
    """Rows as steps. firsts (R + 1,): of every row. steps (M, 5): code, x mask or bit, z mask or bit, power of i,
    weight of the row or -1. numbers (M, 2): coefficient, offset. counts (R,): weights. bits: of a state."""

    firsts: Integers
    steps: Integers
    numbers: Floats
    counts: Integers
    bits: int

    @property
    def arrays(self) -> tuple[Any, ...]:
        """The same as a tuple for the kernels."""
        return self.firsts, self.steps, self.numbers, self.counts


def ideal_rows(rows: Sequence[Row], n_qubits: int) -> IdealRows:
    """Lower rows to Pauli rotations and moves. Raises: NotPacked."""
    bits = max(n_qubits, LEAST_BITS)
    firsts, steps, numbers = [0], list[tuple[int, ...]](), list[tuple[float, float]]()
    for row in rows:
        for position, gate in enumerate(row):
            if gate.name == "prepare":
                raise NotPacked
            for code, x, z, power, coefficients, offset in gate_elements(gate, position, bits):
                if code == PHASE:
                    continue
                weight, coefficient, offset = linear(coefficients, offset, gate) if code == ROTATION else (-1, 0.0, 0.0)
                steps.append((code, x, z, power, weight))
                numbers.append((coefficient, offset))
        firsts.append(len(steps))
    counts = np.array([n_weights(row) for row in rows], np.int64)
    return IdealRows(
        np.array(firsts, np.int64), np.array(steps, np.int64).reshape(-1, 5),
        np.array(numbers, float).reshape(-1, 2), counts, bits,
    )  # fmt: skip


def diagonals(observable: PauliSum, bits: int) -> tuple[Integers, Integers, Floats]:
    """A Pauli sum as (flips (G,), parts (G,), diagonals (G * 2^bits,)): see `many_ideal.observe`."""
    extra = bits - observable.n_qubits
    x, z, coefficients = observable.masks if observable.terms else (np.zeros(0, np.int64),) * 2 + (np.zeros(0),)
    x, z, coefficients = x << extra, z << extra, np.real(coefficients)
    power = np.bitwise_count(x & z) & 3
    # i^p (-1)^|z & (k ^ x)|: the part that does not depend on k goes into the coefficient
    values = coefficients * np.where(power >= 2, -1.0, 1.0) * (1.0 - 2.0 * (np.bitwise_count(z & x) & 1))
    keys = np.stack([x, power & 1], axis=1)
    groups, where = np.unique(keys, axis=0, return_inverse=True)
    table = np.zeros((len(groups), 1 << bits))
    np.add.at(table, (where.reshape(-1), z), values)
    found = walsh(table) if len(groups) else table
    return groups[:, 0].astype(np.int64), groups[:, 1].astype(np.int64), np.ascontiguousarray(found).reshape(-1)
