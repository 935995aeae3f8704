"""The parameter-shift rule: derivatives of expectation values from expectation values of shifted circuits."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ketwork.circuit.angle import Angle
from ketwork.circuit.circuit import Circuit

_TWO_FREQUENCIES = {
    ("crx", 0): 0.5,
    ("cry", 0): 0.5,
    ("crz", 0): 0.5,
    ("xx_plus_yy", 0): 0.5,
    ("xx_plus_yy", 1): 1.0,
    ("xx_minus_yy", 0): 0.5,
    ("xx_minus_yy", 1): 1.0,
}
"""Angles of which values depend with the frequencies f and 2 f: (gate, angle) to f. All others have frequency 1."""


@dataclass(frozen=True)
class Shifted:
    """One term of a derivative: d/d(angle) of the value is the sum over terms of factor * value of the circuit."""

    angle: Angle
    factor: float
    circuit: Circuit


def rule(gate: str, place: int) -> tuple[tuple[float, float], ...]:
    """(shift, factor) pairs: the derivative by an angle of a gate is the sum of factor * value(angle + shift).

    Source: Wierichs, Izaac, Wang, Lin, arXiv:2107.12390, eq. 14 (equidistant frequencies, R = 1 and 2).
    """
    frequency, count = _TWO_FREQUENCIES.get((gate, place), 1.0), 2 if (gate, place) in _TWO_FREQUENCIES else 1
    found = []
    for k in range(1, 2 * count + 1):
        shift = (2 * k - 1) * np.pi / (2 * count)
        factor = (-1) ** (k - 1) / (4 * count * np.sin(shift / 2) ** 2)
        found.append((shift / frequency, frequency * factor))
    return tuple(found)


def shifted_circuits(circuit: Circuit, inputs: bool = True) -> list[Shifted]:
    """All terms of the derivatives by all angles of a circuit that depend on an input or a weight; on a weight, when
    derivatives by `inputs` are not wanted."""
    terms = []
    gates = list(circuit.gates)
    for position, place, param in _angles(circuit, inputs):
        gate = gates[position]
        for shift, factor in rule(gate.name, place):
            params = (*gate.params[:place], param + shift, *gate.params[place + 1 :])
            moved = [*gates[:position], gate._replace(params=params), *gates[position + 1 :]]
            terms.append(Shifted(param, factor, Circuit(circuit.n_qubits, moved, circuit.n_bits)))
    return terms


def count_shifts(circuit: Circuit, inputs: bool = True) -> int:
    """How many circuits `shifted_circuits` gives."""
    gates = circuit.gates
    return sum(len(rule(gates[position].name, place)) for position, place, _ in _angles(circuit, inputs))


def _angles(circuit: Circuit, inputs: bool) -> Iterator[tuple[int, int, Angle]]:
    """The angles that are shifted: the number of the gate, the place among its angles, the angle."""
    for position, gate in enumerate(circuit.gates):
        if gate.name == "global_phase":
            continue
        for place, param in enumerate(gate.params):
            if isinstance(param, Angle) and (inputs or any(slot.kind == "w" for slot in param.slots)):
                yield position, place, param
