"""The plain meaning of a circuit in NumPy: what every fast thing must equal. No cleverness, double precision."""

import numpy as np

from ketwork import Circuit, PauliSum


def state(circuit: Circuit, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Final states (B, 2^n): the gates' matrices, one after the other, on |0...0>."""
    return np.stack([_one(circuit.bind(row, w)) for row in np.atleast_2d(x)])


def _one(circuit: Circuit) -> np.ndarray:
    from ketwork.circuit.transform import gate_matrix

    n = circuit.n_qubits
    psi = np.zeros((2,) * n, complex)
    psi[(0,) * n] = 1
    for gate in circuit.gates:
        k = len(gate.qubits)
        matrix = gate_matrix(gate).reshape((2,) * (2 * k))
        psi = np.moveaxis(np.tensordot(matrix, psi, (range(k, 2 * k), gate.qubits)), range(k), gate.qubits)
    return psi.ravel()


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
