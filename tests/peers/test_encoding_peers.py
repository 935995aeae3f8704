"""Feature maps against Qiskit's circuits and PennyLane's templates: the same state, up to one phase."""

import numpy as np
import pytest

from ketwork import Simulator
from ketwork.models.encodings import angle_encoding, iqp_feature_map
from ketwork.models.feature_maps import pauli_feature_map


def same(a, b):
    assert abs(np.vdot(a, b)) == pytest.approx(1, abs=1e-10)


def qiskit_state(circuit, values):
    from qiskit.quantum_info import Statevector

    return Statevector(circuit.assign_parameters(values).reverse_bits()).data


@pytest.mark.parametrize("entanglement", ["full", "linear", "reverse_linear", "circular", "sca", "pairwise"])
@pytest.mark.parametrize("depth", [1, 3])
def test_qiskits_zz_map(entanglement, depth):
    library = pytest.importorskip("qiskit.circuit.library")
    values = np.random.default_rng(0).uniform(-3, 3, 4)
    theirs = qiskit_state(library.zz_feature_map(4, depth, entanglement), values)
    ours = pauli_feature_map(4, ("Z", "ZZ"), depth, entanglement, alpha=2.0)
    same(Simulator("double").state(ours, values[None])[0], theirs)
    havlicek = pauli_feature_map(4, ("Z", "ZZ"), depth, entanglement)
    if depth == 1:  # the other sign is the conjugate: H is real
        same(Simulator("double").state(havlicek, values[None])[0].conj(), theirs)


def test_qiskits_z_map():
    library = pytest.importorskip("qiskit.circuit.library")
    values = np.random.default_rng(1).uniform(-3, 3, 3)
    theirs = qiskit_state(library.z_feature_map(3, 2), values)
    same(Simulator("double").state(pauli_feature_map(3, ("Z",), 2, alpha=2.0), values[None])[0], theirs)


@pytest.mark.parametrize("paulis", [("Z", "YY"), ("X", "ZZ", "ZXZ"), ("Y", "XY"), ("ZZ", "YXZ")])
@pytest.mark.parametrize("entanglement", ["full", "linear", "circular"])
def test_qiskits_pauli_map(paulis, entanglement):
    """Qiskit reads its strings from right to left."""
    library = pytest.importorskip("qiskit.circuit.library")
    values = np.random.default_rng(2).uniform(-3, 3, 4)
    backwards = [string[::-1] for string in paulis]
    theirs = library.pauli_feature_map(4, 2, entanglement, alpha=1.3, paulis=backwards)
    ours = pauli_feature_map(4, paulis, 2, entanglement, alpha=1.3)
    same(Simulator("double").state(ours, values[None])[0], qiskit_state(theirs, values))


def pennylane_state(n, make):
    qml = pytest.importorskip("pennylane")

    @qml.qnode(qml.device("default.qubit", wires=n))
    def circuit():
        make(qml)
        return qml.state()

    return np.asarray(circuit())


@pytest.mark.parametrize("axis", ["X", "Y", "Z"])
def test_pennylanes_angle_embedding(axis):
    values = np.random.default_rng(3).uniform(-3, 3, 3)
    theirs = pennylane_state(3, lambda qml: qml.AngleEmbedding(values, wires=range(3), rotation=axis))
    np.testing.assert_allclose(Simulator("double").state(angle_encoding(3, axis=axis), values[None])[0], theirs)


def test_pennylanes_iqp_embedding():
    """Its angles are x_i and x_i x_j, ours -2 x_i and -2 x_i x_j: alpha = 1 and products."""
    values = np.random.default_rng(4).uniform(-3, 3, 4)
    theirs = pennylane_state(4, lambda qml: qml.IQPEmbedding(values, wires=range(4), n_repeats=2))
    ours = pauli_feature_map(4, ("Z", "ZZ"), 2, "full", "product", alpha=1.0)
    same(Simulator("double").state(ours, values[None])[0], theirs)
    assert pauli_feature_map(4, data_map="product") == iqp_feature_map(4)
