"""Lowering: from a Circuit's gates to the elementary steps and angle polynomials of a Program."""

from functools import lru_cache
from typing import Any

import numpy as np

from ketwork.circuit.circuit import Circuit
from ketwork.circuit.decompose import gate_steps
from ketwork.circuit.gates import GATES, Move, Phase, Rot
from ketwork.circuit.operation import Gate
from ketwork.engine.fuse import CONTROLLED_FLIP, EXCHANGE, FLIP, ROTATION
from ketwork.engine.polynomials import AngleTable
from ketwork.engine.program import Program, assemble

PHASE = 4
_MOVES = {"x": FLIP, "cx": CONTROLLED_FLIP, "swap": EXCHANGE}


def lower(circuit: Circuit, all_by_lane: bool = False) -> Program:
    """Lower a circuit to a Program; the result is kept with the circuit, so that it happens once.

    With `all_by_lane` every angle that depends on anything may differ from lane to lane, weights' angles too.
    Raises: ValueError when the circuit measures, resets or has classical conditions (only `sample` runs those), or
    prepares a state on a qubit that an earlier gate has touched.
    """
    key = "program by lane" if all_by_lane else "program"
    program: Program | None = circuit._memo.get(key)
    if program is None:
        program = circuit._memo[key] = _lower(circuit, all_by_lane)
    return program


def _lower(circuit: Circuit, all_by_lane: bool) -> Program:
    bits = max(circuit.n_qubits, 2)
    codes, xs, zs, powers = list[int](), list[int](), list[int](), list[int]()
    base: list[float] = []
    monomials: list[tuple[int, float, tuple[Any, ...]]] = []
    prepared: list[tuple[tuple[int, ...], Any]] = []
    touched: set[int] = set()
    for position, gate in enumerate(circuit.gates):
        if gate.name == "prepare":
            check_untouched(gate, position, touched)
            prepared.append((gate.qubits, gate.payload))
        touched.update(gate.qubits)
        for code, x, z, power, coefficients, offset in gate_elements(gate, position, bits):
            for coefficient, param in zip(coefficients, gate.params, strict=True):
                if isinstance(param, float):
                    offset += coefficient * param
                    continue
                for factor, slots in param.terms:
                    if slots:
                        monomials.append((len(codes), coefficient * factor, slots))
                    else:
                        offset += coefficient * factor
            codes.append(code)
            xs.append(x)
            zs.append(z)
            powers.append(power)
            base.append(offset)
    steps = tuple(np.array(column, np.int64) for column in (codes, xs, zs, powers))
    phases = np.flatnonzero(steps[0] == PHASE)
    angles = angle_table(circuit, base, monomials)
    return assemble(circuit.n_qubits, steps, angles, phases, tuple(prepared), all_by_lane)


def check_gates(circuit: Circuit) -> None:
    """Raise a ValueError for what no exact evaluation does: what `check_exact` and `check_untouched` refuse."""
    touched: set[int] = set()
    for position, gate in enumerate(circuit.gates):
        check_exact(gate, position)
        if gate.name == "prepare":
            check_untouched(gate, position, touched)
        touched.update(gate.qubits)


def check_untouched(gate: Gate, position: int, touched: set[int]) -> None:
    """Raise a ValueError when a state is prepared where an earlier gate acts."""
    if not touched.isdisjoint(gate.qubits):
        raise ValueError(
            f"Gate {position} prepares a state on qubits {gate.qubits}, but an earlier gate acts there. "
            "State preparation must come first on its qubits."
        )


def check_exact(gate: Gate, position: int) -> None:
    """Raise a ValueError for measurements, resets and conditions."""
    if gate.condition is not None or gate.name in ("measure", "reset"):
        raise ValueError(
            f"Gate {position} ({gate.name}) needs a classical bit, which exact evaluation has no value for. "
            "Use `sample`, or take measurements, resets and conditions out of the circuit."
        )


def angle_table(circuit: Circuit, base: list[float], monomials: list[Any]) -> AngleTable:
    """Angles from their constants and (angle, coefficient, slots) for every monomial."""
    n_weights = circuit.n_weights
    degree = max((len(slots) for _, _, slots in monomials), default=1)
    numbers = np.zeros((len(monomials), degree), np.int64)
    for row, (_, _, slots) in enumerate(monomials):
        for column, (kind, index) in enumerate(slots):
            numbers[row, column] = 1 + index if kind == "w" else 1 + n_weights + index
    return AngleTable(
        circuit.n_inputs,
        n_weights,
        np.array(base, np.float64),
        np.array([m[0] for m in monomials], np.int64),
        np.array([m[1] for m in monomials], np.float64),
        numbers,
    )


def gate_elements(gate: Gate, position: int, bits: int) -> tuple[Any, ...]:
    """The gate's steps as (code, x mask or bit, z mask or bit, power of i, coefficients, offset)."""
    check_exact(gate, position)
    if gate.payload is None:
        return _table_elements(gate.name, gate.qubits, bits)
    if gate.name == "prepare":
        return ()
    return tuple(_element(step, gate.qubits, bits) for step in gate_steps(gate))


@lru_cache(maxsize=65536)
def _table_elements(name: str, qubits: tuple[int, ...], bits: int) -> tuple[Any, ...]:
    return tuple(_element(step, qubits, bits) for step in GATES[name].steps)


def _element(step: Rot | Move | Phase, qubits: tuple[int, ...], bits: int) -> tuple[Any, ...]:
    if isinstance(step, Phase):
        return PHASE, 0, 0, 0, step.coefficients, step.offset
    if isinstance(step, Move):
        places = [bits - 1 - qubits[q] for q in step.qubits]
        return _MOVES[step.kind], places[0], places[-1], 0, (), 0.0
    x = z = 0
    for letter, qubit in zip(step.pauli, qubits, strict=True):
        bit = 1 << (bits - 1 - qubit)
        x |= bit if letter in "XY" else 0
        z |= bit if letter in "YZ" else 0
    if x == z == 0:
        return PHASE, 0, 0, 0, tuple(-c / 2 for c in step.coefficients), -step.offset / 2
    return ROTATION, x, z, (x & z).bit_count() & 3, step.coefficients, step.offset
