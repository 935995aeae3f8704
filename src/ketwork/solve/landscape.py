"""What the weights of a circuit do: the frequencies of values in each, how fast slopes change, and their layers."""

from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.backends.shift import rule
from ketwork.circuit.angle import Angle, Slot
from ketwork.circuit.circuit import Circuit
from ketwork.operators.pauli import PauliSum

Floats = NDArray[np.floating[Any]]
_MOST_FREQUENCIES = 64


def frequencies(circuit: Circuit) -> tuple[Floats, Floats]:
    """How values depend on each weight: the number of frequencies (P,), and the lowest (P,) of which all are multiples.

    A gate with angle c w[k] adds the frequency |c|, a controlled rotation |c|/2 and |c|; frequencies of gates with the
    same weight add up. A weight without effect has none.
    Raises: ValueError for a weight in a product or a power, or with frequencies that no common one divides.
    Source: Wierichs, Izaac, Wang, Lin, arXiv:2107.12390, sec. 2.2.
    """
    highest: list[list[float]] = [[] for _ in range(circuit.n_weights)]
    lowest: list[list[float]] = [[] for _ in range(circuit.n_weights)]
    for gate in circuit:
        for place, param in enumerate(gate.params):
            if not isinstance(param, Angle) or gate.name == "global_phase":
                continue
            pairs = rule(gate.name, place)
            count = len(pairs) // 2
            base = np.pi / (2 * count * pairs[0][0])  # the first shift is pi / (2 R base)
            for coefficient, slots in param.terms:
                if len(slots) > 1:
                    raise ValueError(f"This method needs angles that are linear in the weights, but one is {param}.")
                if slots and slots[0] == Slot("w", slots[0].index):
                    highest[slots[0].index].append(count * base * abs(coefficient))
                    lowest[slots[0].index].append(base * abs(coefficient))
    rows = [_common(k, up, low) for k, (up, low) in enumerate(zip(highest, lowest, strict=True))]
    return np.array([count for count, _ in rows], float), np.array([unit for _, unit in rows], float)


def _common(weight: int, highest: list[float], lowest: list[float]) -> tuple[int, float]:
    """How many multiples of a common frequency reach up to the highest one, and the common one."""
    if not highest:
        return 0, 1.0
    unit = reduce(_divisor, lowest)
    count = round(sum(highest) / unit)
    if count > _MOST_FREQUENCIES:
        raise ValueError(
            f"This method needs few frequencies, but w[{weight}] has {count}, multiples of {unit:.3g}: the "
            "coefficients of its angles have no large common divisor."
        )
    return count, unit


def _divisor(a: float, b: float) -> float:
    """The greatest common divisor of two numbers above 0, by Euclid's algorithm up to rounding."""
    least = 1e-6 * min(a, b)
    while b > least:
        rest = a % b
        a, b = b, 0.0 if b - rest < least else rest
    return a


def lipschitz(circuit: Circuit, observable: PauliSum) -> float:
    """A bound on second derivatives of the energy by single weights: the sum of the absolute coefficients without that
    of the identity, times the square of the highest frequency. Raises: as `frequencies`, and ValueError for a constant.

    Source: Kuebler et al., arXiv:1909.09083, sec. 3 (for weights of one rotation).
    """
    counts, units = frequencies(circuit)
    highest = float((counts * units).max(initial=0.0))
    size = sum(abs(c) for string, c in observable.terms if set(string) != {"I"})
    if highest * size == 0:
        raise ValueError("This method needs values that depend on the weights, but these are constant.")
    return float(size * highest**2)


def layer_blocks(circuit: Circuit) -> NDArray[np.int64]:
    """(P,) the number of the layer in which each weight first acts.

    Gates with weights are in the same layer where no gate with weights on one of their qubits comes between: they act
    on different qubits, and one circuit, the part before them, tells their block of the metric (Stokes et al.,
    arXiv:1909.02108, sec. 4). Weights that never act are in layer 0.
    """
    reached = np.zeros(circuit.n_qubits, np.int64)
    blocks = np.full(circuit.n_weights, -1, np.int64)
    for gate in circuit:
        qubits = list(gate.qubits)
        level = int(reached[qubits].max()) if qubits else 0
        slots = [slot for param in gate.params if isinstance(param, Angle) for slot in param.slots if slot.kind == "w"]
        for slot in slots:
            if blocks[slot.index] < 0:
                blocks[slot.index] = level
        reached[qubits] = level + bool(slots)
    return np.maximum(blocks, 0)
