"""Ansaetze against Qiskit's library and PennyLane's templates: the same unitary for the same numbers in order."""

import numpy as np
import pytest

from ketwork import Circuit, Simulator, pauli_z, w, x
from ketwork.models.ansatz import basic_entangler, efficient_su2, real_amplitudes, strongly_entangling, two_local
from ketwork.models.blocks import BLOCKS
from ketwork.models.qcnn_ansatz import qcnn
from ketwork.models.symmetric_ansatz import double_excitation, single_excitation
from ketwork.models.tensor_ansatz import mera, mps_ansatz, tree_tensor_network

ENTANGLEMENTS = ("linear", "reverse_linear", "full", "circular", "pairwise", "sca")


def qiskit_matrix(circuit, params):
    """The unitary with qubit 0 leftmost."""
    from qiskit.quantum_info import Operator

    return Operator(circuit.assign_parameters(params).reverse_bits()).data


@pytest.mark.parametrize("entanglement", ENTANGLEMENTS)
@pytest.mark.parametrize("n_qubits", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("kind", ["efficient_su2", "real_amplitudes"])
def test_the_same_unitary(kind, n_qubits, entanglement):
    library = pytest.importorskip("qiskit.circuit.library")
    layers = 2
    theirs = getattr(library, kind)(n_qubits, entanglement=entanglement, reps=layers)
    ours = {"efficient_su2": efficient_su2, "real_amplitudes": real_amplitudes}[kind](n_qubits, layers, entanglement)
    assert theirs.num_parameters == ours.n_weights
    params = np.random.default_rng(n_qubits).uniform(-np.pi, np.pi, ours.n_weights)
    np.testing.assert_allclose(ours.bind(w=params).matrix(), qiskit_matrix(theirs, params), atol=1e-12)


def test_the_same_when_nothing_is_said():
    library = pytest.importorskip("qiskit.circuit.library")
    for ours, theirs in ((efficient_su2, library.efficient_su2), (real_amplitudes, library.real_amplitudes)):
        circuit, other = ours(3), theirs(3)
        params = np.random.default_rng(0).uniform(-np.pi, np.pi, circuit.n_weights)
        np.testing.assert_allclose(circuit.bind(w=params).matrix(), qiskit_matrix(other, params), atol=1e-12)


BLOCKS_OF_QISKIT = [
    (["ry"], ["cx"]),
    (["rx", "h", "p"], ["crz"]),
    (["u"], ["rzz", "cz"]),
    ([], ["iswap", "cp"]),
    (["sx", "rz"], ["ecr"]),
]


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("pairs", ["full", "sca", "pairwise", [(2, 0), (1, 3)]])
@pytest.mark.parametrize(("rotations", "entanglers"), BLOCKS_OF_QISKIT)
def test_qiskits_two_local(rotations, entanglers, pairs, last):
    library = pytest.importorskip("qiskit.circuit.library")
    each = pairs if isinstance(pairs, str) else [pairs] * len(entanglers)  # Qiskit wants them for every entangler
    theirs = library.n_local(4, rotations, entanglers, each, reps=2, skip_final_rotation_layer=not last)
    ours = two_local(4, 2, [{"u": "u3"}.get(r, r) for r in rotations], entanglers, pairs, last)
    assert theirs.num_parameters == ours.n_weights
    params = np.random.default_rng(0).uniform(-np.pi, np.pi, ours.n_weights)
    np.testing.assert_allclose(ours.bind(w=params).matrix(), qiskit_matrix(theirs, params), atol=1e-12)


def pennylane_matrix(n, make):
    qml = pytest.importorskip("pennylane")
    return np.asarray(qml.matrix(make, wire_order=range(n))())


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", ["X", "Y", "Z"])
def test_pennylanes_basic_layers(n, kind):
    qml = pytest.importorskip("pennylane")
    angles = np.random.default_rng(n).normal(size=(2, n))
    wanted = pennylane_matrix(n, lambda: qml.BasicEntanglerLayers(angles, range(n), getattr(qml, f"R{kind}")))
    np.testing.assert_allclose(basic_entangler(n, 2, kind).bind(w=angles.ravel()).matrix(), wanted, atol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_pennylanes_strong_layers(n):
    qml = pytest.importorskip("pennylane")
    angles = np.random.default_rng(n).normal(size=(3, n, 3))
    wanted = pennylane_matrix(n, lambda: qml.StronglyEntanglingLayers(angles, range(n)))
    np.testing.assert_allclose(strongly_entangling(n, 3).bind(w=angles.ravel()).matrix(), wanted, atol=1e-12)


def their_block(qml, name):
    """Any block of ours as a PennyLane function of weights and wires."""

    def block(weights, wires):
        for gate in BLOCKS[name].bind(w=np.asarray(weights)):
            kinds = {"cx": "CNOT", "cz": "CZ", "h": "Hadamard"}
            getattr(qml, kinds.get(gate.name, gate.name.upper()))(*gate.params, wires=[wires[q] for q in gate.qubits])

    return block


NETWORKS = [("TTN", 2, "su4"), ("TTN", 4, "u13"), ("TTN", 8, "ttn"), ("MERA", 4, "su4"), ("MERA", 8, "ttn")]


@pytest.mark.parametrize(("kind", "n", "name"), [*NETWORKS, ("MPS", 5, "su4"), ("MPS", 2, "u5")])
def test_pennylanes_tensor_networks(kind, n, name):
    qml = pytest.importorskip("pennylane")
    each = BLOCKS[name].n_weights
    ours = {"TTN": tree_tensor_network, "MERA": mera, "MPS": mps_ansatz}[kind](n, name)
    angles = np.random.default_rng(0).normal(size=(ours.n_weights // each, each))
    wanted = pennylane_matrix(n, lambda: getattr(qml, kind)(range(n), 2, their_block(qml, name), each, angles))
    np.testing.assert_allclose(ours.bind(w=angles.ravel()).matrix(), wanted, atol=1e-12)


@pytest.mark.parametrize("kind", ["TTN", "MERA", "MPS"])
def test_pennylanes_networks_of_wide_blocks(kind):
    qml = pytest.importorskip("pennylane")

    def block(weights, wires):
        qml.CNOT([wires[0], wires[2]])
        qml.RY(weights[0], wires[3])
        qml.CRX(weights[1], [wires[3], wires[1]])

    own = Circuit(4).cx(0, 2).ry(3, w[0]).crx(3, 1, w[1])
    ours = {"TTN": tree_tensor_network, "MERA": mera, "MPS": mps_ansatz}[kind](8, own)
    angles = np.random.default_rng(1).normal(size=(ours.n_weights // 2, 2))
    wanted = pennylane_matrix(8, lambda: getattr(qml, kind)(range(8), 4, block, 2, angles))
    np.testing.assert_allclose(ours.bind(w=angles.ravel()).matrix(), wanted, atol=1e-12)


def test_pennylanes_excitations():
    qml = pytest.importorskip("pennylane")
    wanted = pennylane_matrix(2, lambda: qml.SingleExcitation(0.7, wires=[0, 1]))
    np.testing.assert_allclose(single_excitation(Circuit(2), 1, 0, 0.7).matrix(), wanted, atol=1e-12)
    wanted = pennylane_matrix(4, lambda: qml.DoubleExcitation(0.7, wires=[0, 1, 2, 3]))
    np.testing.assert_allclose(double_excitation(Circuit(4), (2, 3), (0, 1), 0.7).matrix(), wanted, atol=1e-12)


def test_the_convolutional_network_of_hur_et_al_on_eight_qubits():
    """Their wires written out, gate by gate in PennyLane; the last pooling leaves qubit 0."""
    qml = pytest.importorskip("pennylane")

    def convolve(params, a, b):  # their circuit 6, SO(4)
        for k in (0, 2, 4):
            qml.RY(params[k], a)
            qml.RY(params[k + 1], b)
            if k < 4:
                qml.CNOT([a, b])

    def pool(params, leaves, stays):
        qml.CRZ(params[0], [leaves, stays])
        qml.PauliX(leaves)
        qml.CRX(params[1], [leaves, stays])

    levels = (
        ([(0, 7), (0, 1), (2, 3), (4, 5), (6, 7), (1, 2), (3, 4), (5, 6)], [(1, 0), (3, 2), (5, 4), (7, 6)]),
        ([(0, 6), (0, 2), (4, 6), (2, 4)], [(2, 0), (6, 4)]),
        ([(0, 4)], [(4, 0)]),
    )

    @qml.qnode(qml.device("default.qubit", wires=8))
    def theirs(weights, features):
        for q in range(8):
            qml.RY(features[q], q)
        for level, (convolutions, poolings) in enumerate(levels):
            params = weights[8 * level : 8 * level + 8]
            for pair in convolutions:
                convolve(params[:6], *pair)
            for pair in poolings:
                pool(params[6:], *pair)
        return qml.expval(qml.PauliZ(0))

    network, start, rng = qcnn(8, convolution="so4"), Circuit(8), np.random.default_rng(3)
    for q in range(8):
        start = start.ry(q, x[q])
    weights, features = rng.normal(size=network.n_weights), rng.normal(size=8)
    found = Simulator().expectation(start + network, pauli_z(0, 8), features[None], weights)
    assert found[0, 0] == pytest.approx(float(theirs(weights, features)), abs=1e-12)
