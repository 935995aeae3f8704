"""What circuits become: their inverse, their controlled form, their matrix."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.circuit.angle import Angle
from ketwork.circuit.circuit import Circuit
from ketwork.circuit.decompose import gate_steps
from ketwork.circuit.gates import GATES, Move, Phase, Step, pauli_rotation_matrix
from ketwork.circuit.operation import Gate, Matrix, make_gate

_CONTROLLED = {
    "x": "cx", "y": "cy", "z": "cz", "h": "ch", "cx": "ccx", "cz": "ccz", "swap": "cswap",
    "rx": "crx", "ry": "cry", "rz": "crz", "p": "cp", "global_phase": "p",
}  # fmt: skip
"""Gates whose controlled form has a row of its own."""

_SIGN_FLIPS = {"ccx": True, "ccz": False}
"""Gates that flip the sign of all ones, and whether they do it between two Hadamards on the last qubit."""


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


def controlled(circuit: Circuit) -> Circuit:
    """The circuit controlled by one new qubit 0; its own qubits move up by one."""
    gates = (part for gate in circuit.gates for part in _controlled_gate(gate))
    return Circuit._trusted(circuit.n_qubits + 1, gates, circuit.n_bits)


def _controlled_gate(gate: Gate) -> Iterator[Gate]:
    qubits = (0, *(q + 1 for q in gate.qubits))
    for part in _controlled_parts(gate, qubits):
        yield part._replace(condition=gate.condition)


def _controlled_parts(gate: Gate, qubits: tuple[int, ...]) -> list[Gate]:
    """What does a gate on `qubits[1:]` when `qubits[0]` is 1, in as few and as plain gates as there are."""
    name = _CONTROLLED.get(gate.name)
    if name is not None:
        return [make_gate(name, qubits, gate.params)]
    if gate.name in _SIGN_FLIPS:
        flip = make_gate("diagonal", qubits, (), [1] * (2 ** len(qubits) - 1) + [-1])
        turn = [make_gate("h", qubits[-1:])] if _SIGN_FLIPS[gate.name] else []
        return [*turn, flip, *turn]
    if gate.name == "diagonal":
        phases = gate.payload.array
        return [make_gate("diagonal", qubits, (), np.concatenate([np.ones(len(phases)), phases]))]
    if gate.name == "unitary" and len(gate.qubits) == 1:
        full = np.eye(4, dtype=complex)
        full[2:, 2:] = gate.payload.array
        return [make_gate("unitary", qubits, (), full)]
    if gate.name in ("measure", "reset", "prepare"):
        raise ValueError(f"{gate.name!r} cannot be controlled; a measured bit can be a gate's `condition` instead.")
    return [part for step in gate_steps(gate) for part in _controlled_step(step, qubits, gate.params)]


def _controlled_step(step: Step, qubits: tuple[int, ...], params: tuple[float | Angle, ...]) -> list[Gate]:
    control, own = qubits[0], qubits[1:]
    if isinstance(step, Move):
        name = {"x": "cx", "cx": "ccx", "swap": "cswap"}[step.kind]
        return [make_gate(name, (control, *(own[q] for q in step.qubits)))]
    theta: Any = step.offset
    for coefficient, param in zip(step.coefficients, params, strict=True) if step.coefficients else ():
        theta = theta + coefficient * param
    if isinstance(step, Phase):
        return [make_gate("p", (control,), (theta,))]
    pairs = [(q, letter) for q, letter in zip(own, step.pauli, strict=True) if letter != "I"]
    if not pairs:
        return [make_gate("p", (control,), (theta * -0.5,))]
    placed, letters = tuple(q for q, _ in pairs), "".join(letter for _, letter in pairs)
    return [
        make_gate("pauli_rotation", placed, (theta * 0.5,), letters),
        make_gate("pauli_rotation", (control, *placed), (theta * -0.5,), "Z" + letters),
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
