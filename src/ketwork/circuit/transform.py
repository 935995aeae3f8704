"""Circuits from circuits: inverse, control, matrix."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.circuit.angle import Angle
from ketwork.circuit.circuit import Circuit, Gate, Matrix, make_gate
from ketwork.circuit.decompose import gate_steps
from ketwork.circuit.gates import GATES, Move, Phase, Rot, pauli_rotation_matrix

_CONTROLLED = {
    "i": "i", "x": "cx", "y": "cy", "z": "cz", "h": "ch", "cx": "ccx", "cz": "ccz", "swap": "cswap",
    "rx": "crx", "ry": "cry", "rz": "crz", "p": "cp",
}  # fmt: skip
"""Gates whose controlled form has a row of its own."""


def inverse_gate(gate: Gate) -> Gate:
    """The gate that undoes a gate. Raises: ValueError for measure, reset and prepare."""
    row = GATES.get(gate.name)
    if row is not None:
        name, order = row.inverse
        params = tuple(gate.params[abs(k) - 1] * (1 if k > 0 else -1) for k in order)
        return gate._replace(name=name, params=params)
    if gate.name in ("pauli_rotation", "global_phase"):
        return gate._replace(params=(-gate.params[0],))
    if gate.name == "unitary":
        return gate._replace(payload=Matrix(gate.payload.array.conj().T))
    if gate.name == "diagonal":
        return gate._replace(payload=Matrix(gate.payload.array.conj()))
    raise ValueError(f"{gate.name!r} cannot be undone, so the circuit has no inverse.")


def controlled(circuit: Circuit) -> Circuit:
    """The circuit controlled by one new qubit 0; its own qubits move up by one."""
    result = Circuit(circuit.n_qubits + 1, (), circuit.n_bits)
    for gate in circuit.gates:
        qubits = tuple(q + 1 for q in gate.qubits)
        name = _CONTROLLED.get(gate.name)
        if name == "i":
            continue
        if name is not None:
            result = result.append(name, (0, *qubits), gate.params, condition=gate.condition)
            continue
        if gate.name == "prepare":
            raise ValueError("A state preparation cannot be controlled.")
        for step in gate_steps(gate):
            for part in _controlled_step(step, qubits, gate.params):
                result = result._extended((part._replace(condition=gate.condition),))
    return result


def _controlled_step(step: Any, qubits: tuple[int, ...], params: tuple[float | Angle, ...]) -> list[Gate]:
    if isinstance(step, Move):
        return [make_gate({"x": "cx", "cx": "ccx", "swap": "cswap"}[step.kind], (0, *(qubits[q] for q in step.qubits)))]
    theta: Any = step.offset
    for coefficient, param in zip(step.coefficients, params, strict=True) if step.coefficients else ():
        theta = theta + coefficient * param
    if isinstance(step, Phase):
        return [make_gate("p", (0,), (theta,))]
    pairs = [(q, letter) for q, letter in zip(qubits, step.pauli, strict=True) if letter != "I"]
    if not pairs:
        return [make_gate("p", (0,), (theta * -0.5,))]
    placed, letters = tuple(q for q, _ in pairs), "".join(letter for _, letter in pairs)
    return [
        make_gate("pauli_rotation", placed, (theta * 0.5,), letters),
        make_gate("pauli_rotation", (0, *placed), (theta * -0.5,), "Z" + letters),
    ]


def gate_matrix(gate: Gate) -> NDArray[np.complex128]:
    """The matrix of a gate whose parameters are numbers, on its own qubits, the first most significant."""
    if any(isinstance(p, Angle) for p in gate.params):
        raise ValueError(f"Gate {gate.name!r} has open slots {gate.params}; bind the circuit first.")
    row = GATES.get(gate.name)
    if row is not None:
        return row.matrix(*gate.params)
    if gate.name == "pauli_rotation":
        return pauli_rotation_matrix(gate.payload, float(gate.params[0]))  # type: ignore[arg-type]
    if gate.name == "global_phase":
        return np.array([[np.exp(1j * float(gate.params[0]))]])  # type: ignore[arg-type]
    if gate.name == "unitary":
        return np.array(gate.payload.array)
    if gate.name == "diagonal":
        return np.diag(gate.payload.array)
    raise ValueError(f"{gate.name!r} is not a unitary gate and has no matrix.")


def circuit_matrix(circuit: Circuit) -> NDArray[np.complex128]:
    """The unitary of a circuit, by applying every gate's matrix to all columns of the identity."""
    n = circuit.n_qubits
    if n > 12:
        raise ValueError(f"A matrix can be made for at most 12 qubits, but the circuit has {n}.")
    full = np.eye(1 << n, dtype=complex).reshape((2,) * n + (1 << n,))
    for gate in circuit.gates:
        if gate.condition is not None:
            raise ValueError(f"Gate {gate.name!r} has a classical condition, so the circuit has no matrix.")
        small = gate_matrix(gate)
        k = len(gate.qubits)
        full = np.tensordot(small.reshape((2,) * (2 * k)), full, (range(k, 2 * k), gate.qubits))
        full = np.moveaxis(full, range(k), gate.qubits)
    return np.ascontiguousarray(full.reshape(1 << n, 1 << n))


@lru_cache(maxsize=256)
def steps_matrix(steps: tuple[Any, ...], n_qubits: int, params: tuple[float, ...] = ()) -> NDArray[np.complex128]:
    """The matrix of a sequence of engine steps: what `gate_steps` promises to equal the gate's matrix."""
    full = np.eye(1 << n_qubits, dtype=complex)
    for step in steps:
        if isinstance(step, Move):
            part = Circuit(n_qubits).append(step.kind, step.qubits).matrix()
        else:
            angle = step.offset + sum(c * p for c, p in zip(step.coefficients, params, strict=False))
            part = pauli_rotation_matrix(step.pauli, angle) if isinstance(step, Rot) else np.exp(1j * angle)
        full = part @ full if isinstance(part, np.ndarray) and part.ndim else part * full
    return full


