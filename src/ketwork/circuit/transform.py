"""What a gate becomes when it is undone, and what gates and circuits are as matrices."""

import numpy as np
from numpy.typing import NDArray

from ketwork.circuit.angle import Angle
from ketwork.circuit.circuit import Circuit
from ketwork.circuit.gates import GATES, pauli_rotation_matrix
from ketwork.circuit.operation import Gate, Matrix


def inverse_gate(gate: Gate) -> Gate:
    """The gate that undoes a gate. Raises: ValueError for measure, reset and prepare."""
    row = GATES.get(gate.name)
    if row is not None:
        name, order = row.inverse
        params = tuple([gate.params[k - 1] if k > 0 else -gate.params[-k - 1] for k in order])
        return gate._replace(name=name, params=params)
    if gate.name in ("pauli_rotation", "global_phase"):
        return gate._replace(params=(-gate.params[0],))
    if gate.name == "unitary":
        return gate._replace(payload=Matrix(gate.payload.array.conj().T))
    if gate.name == "diagonal":
        return gate._replace(payload=Matrix(gate.payload.array.conj()))
    raise ValueError(f"{gate.name!r} cannot be undone, so the circuit has no inverse.")


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
