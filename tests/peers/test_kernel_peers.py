"""Kernels against Qiskit's states and PennyLane's kernels on small sets."""

import numpy as np
import pytest

from ketwork import Circuit, x
from ketwork.circuit.to_qiskit import to_qiskit
from ketwork.models import data_reuploading, iqp_feature_map, zz_feature_map
from ketwork.models.gram import regularised
from ketwork.models.kernel_alignment import alignment, class_target
from ketwork.models.kernels import FidelityKernel
from ketwork.models.projected_kernel import ProjectedKernel

RNG = np.random.default_rng(0)
X, Z = RNG.uniform(0, 3, (6, 3)), RNG.uniform(0, 3, (4, 3))


def test_fidelities_of_qiskits_states():
    quantum_info = pytest.importorskip("qiskit.quantum_info")
    for circuit in (zz_feature_map(3, 2, "full"), iqp_feature_map(3, 2, "linear")):
        left, right = ([quantum_info.Statevector(to_qiskit(circuit.bind(row))) for row in points] for points in (X, Z))
        expected = [[quantum_info.state_fidelity(a, b) for b in right] for a in left]
        np.testing.assert_allclose(FidelityKernel(circuit).gram(X, Z), expected, atol=1e-12)


def test_the_projected_kernel_from_qiskits_partial_traces():
    quantum_info = pytest.importorskip("qiskit.quantum_info")
    circuit = data_reuploading(3, 3, 1)
    weights = RNG.normal(size=circuit.n_weights)

    def reduced(row):
        state = quantum_info.Statevector(to_qiskit(circuit.bind(row, weights)))
        return [quantum_info.partial_trace(state, [q for q in range(3) if q != kept]).data for kept in range(3)]

    left, right = [reduced(row) for row in X], [reduced(row) for row in Z]
    expected = [[np.exp(-0.9 * sum(np.linalg.norm(p - q) ** 2 for p, q in zip(a, b, strict=True))) for b in right]
                for a in left]  # fmt: skip
    np.testing.assert_allclose(ProjectedKernel(circuit, weights, 0.9).gram(X, Z), expected, atol=1e-12)


def pennylanes_kernel():
    qml = pytest.importorskip("pennylane")

    @qml.qnode(qml.device("default.qubit", wires=3))
    def circuit(a, b):
        qml.IQPEmbedding(a, wires=range(3), n_repeats=2)
        qml.adjoint(qml.IQPEmbedding(b, wires=range(3), n_repeats=2))
        return qml.probs(wires=range(3))

    return qml, lambda a, b: circuit(a, b)[0]


def test_pennylanes_iqp_kernel_and_alignment():
    """Rounds of H, RZ(x_i) and exp(-i x_i x_j ZZ / 2) are PennyLane's IQPEmbedding."""
    qml, kernel = pennylanes_kernel()
    circuit = Circuit(3)
    for _ in range(2):
        for i in range(3):
            circuit = circuit.h(i).rz(i, x[i])
        for i, j in ((0, 1), (0, 2), (1, 2)):
            circuit = circuit.rzz(i, j, x[i] * x[j])
    ours = FidelityKernel(circuit)
    np.testing.assert_allclose(ours.gram(X, Z), qml.kernels.kernel_matrix(X, Z, kernel), atol=1e-12)
    y = np.array([1, -1, 1, -1, 1, -1])
    theirs = qml.kernels.target_alignment(X, y, kernel, assume_normalized_kernel=True, rescale_class_labels=False)
    assert alignment(ours.gram(X), class_target(y), centre=False) == pytest.approx(float(theirs), abs=1e-12)


def test_pennylanes_repairs_of_a_noisy_matrix():
    qml = pytest.importorskip("pennylane")
    noise = RNG.normal(0, 0.3, (6, 6))
    matrix = FidelityKernel(iqp_feature_map(3, 2)).gram(X) + noise + noise.T
    assert np.linalg.eigvalsh(matrix)[0] < 0
    np.testing.assert_allclose(regularised(matrix, "tikhonov"), qml.kernels.displace_matrix(matrix), atol=1e-12)
    np.testing.assert_allclose(regularised(matrix, "threshold"), qml.kernels.threshold_matrix(matrix), atol=1e-12)
