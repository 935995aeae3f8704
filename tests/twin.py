"""The plain meaning of a circuit in NumPy: what every fast thing must equal. No cleverness, double precision.

It reads the gates' matrices, never their steps, which are what the engine reads.
"""

import numpy as np

from ketwork import Circuit, PauliSum
from ketwork.circuit.gates import Move, Rot, Step, pauli_matrix
from ketwork.circuit.operation import Gate
from ketwork.circuit.transform import gate_matrix


def state(circuit: Circuit, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Final states (B, 2^n): the gates' matrices, one after the other, on |0...0>."""
    return np.stack([_one(circuit.bind(row, w)) for row in np.atleast_2d(x)])


def _one(circuit: Circuit) -> np.ndarray:
    n = circuit.n_qubits
    psi = np.zeros((2,) * n, complex)
    psi[(0,) * n] = 1
    for gate in circuit.gates:
        psi = _prepared(psi, gate) if gate.name == "prepare" else applied(gate_matrix(gate), psi, gate.qubits)
    return psi.ravel()


def applied(matrix: np.ndarray, psi: np.ndarray, qubits: tuple[int, ...]) -> np.ndarray:
    """A matrix (2^k, 2^k) on some axes of a tensor with axes of length 2."""
    k = len(qubits)
    cube = matrix.reshape((2,) * (2 * k))
    return np.moveaxis(np.tensordot(cube, psi, (range(k, 2 * k), qubits)), range(k), qubits)


def _prepared(psi: np.ndarray, gate: Gate) -> np.ndarray:
    """The qubits of the gate, which are all 0, in its state: a product with the rest."""
    k = len(gate.qubits)
    rest = np.moveaxis(psi, gate.qubits, range(k))[(0,) * k]
    product = np.multiply.outer(gate.payload.array.reshape((2,) * k), rest)
    return np.moveaxis(product, range(k), gate.qubits)


def expectation(psi: np.ndarray, observables: list[PauliSum]) -> np.ndarray:
    """(B, M) expectation values in states (B, 2^n)."""
    values = [np.einsum("bi,ij,bj->b", psi.conj(), o.matrix(), psi).real for o in observables]
    return np.stack(values, axis=1)


def probabilities(psi: np.ndarray, n: int, qubits: list[int]) -> np.ndarray:
    """(B, 2^k) probabilities of the outcomes of some qubits."""
    cube = (np.abs(psi) ** 2).reshape(-1, *(2,) * n)
    rest = tuple(q + 1 for q in range(n) if q not in qubits)
    kept = sorted(qubits)
    return np.moveaxis(cube.sum(axis=rest), [kept.index(q) + 1 for q in qubits], range(1, len(qubits) + 1)).reshape(
        len(psi), -1
    )


def steps_matrix(steps: tuple[Step, ...], n_qubits: int, params: tuple[float, ...] = ()) -> np.ndarray:
    """The matrix (2^n, 2^n) of a sequence of steps, from the definition of each step."""
    full = np.eye(1 << n_qubits, dtype=complex)
    for step in steps:
        if isinstance(step, Move):
            cube = full.reshape((2,) * n_qubits + (len(full),))
            full = applied(_move(step), cube, step.qubits).reshape(full.shape)
            continue
        angle = step.offset
        if step.coefficients:
            angle += sum(c * p for c, p in zip(step.coefficients, params, strict=True))
        if isinstance(step, Rot):
            turn = np.cos(angle / 2) * np.eye(len(full)) - 1j * np.sin(angle / 2) * pauli_matrix(step.pauli)
            full = turn @ full
        else:
            full = np.exp(1j * angle) * full
    return full


def _move(step: Move) -> np.ndarray:
    """The permutation matrix of a move on its own qubits."""
    images = {"x": [1, 0], "cx": [0, 1, 3, 2], "swap": [0, 2, 1, 3]}[step.kind]
    return np.eye(len(images), dtype=complex)[images]
