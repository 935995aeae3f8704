"""Fisher information against closed forms, PennyLane's metric tensor, and what no readout can exceed."""

import numpy as np
import pytest

from ketwork import Circuit, Simulator, w, x
from ketwork.models.ansatz import hardware_efficient
from ketwork.models.diagnostics import classical_fisher, effective_dimension, quantum_fisher, spectrum_of


def turned(n):
    circuit = Circuit(n)
    for q in range(n):
        circuit = circuit.ry(q, w[q])
    return circuit


def test_independent_qubits_have_the_identity():
    """p(1) = sin^2(w/2) has Fisher information 1 at every w, and so has the state."""
    for found in (classical_fisher(turned(3), readout=(0, 1, 2), seed=0), quantum_fisher(turned(3), seed=0)):
        np.testing.assert_allclose(found.matrices, np.broadcast_to(np.eye(3), found.matrices.shape), atol=1e-6)
        assert found.shared_rank == 3


def test_a_parity_has_one_direction():
    found = classical_fisher(turned(3), weights=[[0.4, 1.0, 2.0]])
    value = np.cos([0.4, 1.0, 2.0])
    slope = -np.sin([0.4, 1.0, 2.0]) * np.prod(value) / value
    np.testing.assert_allclose(found.matrices[0], np.outer(slope, slope) / (1 - np.prod(value) ** 2), atol=1e-10)
    assert found.shared_rank == 1


def test_classical_information_is_that_of_the_probabilities():
    """By its definition, from differences of log probabilities."""
    circuit = hardware_efficient(3, 1) + Circuit(3).rx(0, x[0])
    weights, rows = np.random.default_rng(0).uniform(0, 6, 12), np.array([[0.3], [1.1]])
    expected = np.zeros((12, 12))
    for row in rows:
        shifted = [
            Simulator().probabilities(circuit, row[None, :], weights + sign * 1e-5 * np.eye(12)[k], (0, 2))[0]
            for k in range(12)
            for sign in (1, -1)
        ]
        slope = (np.array(shifted[::2]) - np.array(shifted[1::2])) / 2e-5
        chances = Simulator().probabilities(circuit, row[None, :], weights, (0, 2))[0]
        expected += (slope / chances) @ slope.T / 2
    found = classical_fisher(circuit, rows, weights, (0, 2))
    np.testing.assert_allclose(found.matrices[0], expected, atol=1e-6)


def test_the_quantum_information_is_pennylanes_and_bounds_every_readout():
    qml = pytest.importorskip("pennylane")
    circuit = hardware_efficient(3, 1)
    weights = np.random.default_rng(1).uniform(0, 6, 12)

    @qml.qnode(qml.device("default.qubit", wires=4))
    def node(point):
        for gate in circuit:
            if gate.name == "cx":
                qml.CNOT(gate.qubits)
            else:
                getattr(qml, gate.name.upper())(point[gate.params[0].slots[0].index], wires=gate.qubits[0])
        return qml.expval(qml.Z(0))

    peer = 4 * qml.metric_tensor(node, approx=None, aux_wire=3)(qml.numpy.array(weights, requires_grad=True))
    quantum = quantum_fisher(circuit, weights=weights).matrices[0]
    np.testing.assert_allclose(quantum, peer, atol=1e-8)
    for readout in ("parity", (0, 1, 2), (1,)):
        less = quantum - classical_fisher(circuit, weights=weights, readout=readout).matrices[0]
        assert np.linalg.eigvalsh(less)[0] > -1e-9


def test_the_effective_dimension_of_flat_models():
    """F = (d/r) on r directions: r log(1 + kappa d/r) / log kappa, of eq. 2 of arXiv:2011.00027."""
    data = np.array([1000.0, 1e6])
    kappa = data / (2 * np.pi * np.log(data))
    for rank in (1, 3, 6):
        matrix = np.diag([5.0] * rank + [0.0] * (6 - rank))
        found = effective_dimension(spectrum_of(np.stack([matrix] * 4)), data)
        np.testing.assert_allclose(found, rank * np.log1p(kappa * 6 / rank) / np.log(kappa))
    assert found[1] == pytest.approx(6, abs=0.01)


def test_the_effective_dimension_is_the_mean_of_volumes():
    matrices = np.random.default_rng(2).normal(size=(5, 3, 8))
    matrices = matrices @ matrices.transpose(0, 2, 1)
    scaled = matrices * 3 / np.trace(matrices, axis1=1, axis2=2).mean()
    kappa = 0.5 * 500 / (2 * np.pi * np.log(500))
    volume = np.mean([np.sqrt(np.linalg.det(np.eye(3) + kappa * m)) for m in scaled])
    assert effective_dimension(spectrum_of(matrices), 500, 0.5)[0] == pytest.approx(2 * np.log(volume) / np.log(kappa))


def test_redundant_weights_show_as_rank():
    circuit = Circuit(1).rz(0, w[0]).ry(0, w[1]).ry(0, w[2])
    assert quantum_fisher(circuit, seed=0).shared_rank == 1  # RZ on |0> is a phase, and both RY are one


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: classical_fisher(Circuit(1).h(0)), "must have weights"),
        (lambda: classical_fisher(turned(2), readout="z"), "'parity' or a list of qubits"),
        (lambda: classical_fisher(turned(9), readout=range(9)), "must lie in \\[1, 8\\]"),
        (lambda: effective_dimension(spectrum_of(np.eye(2)[None]), 10), "about 30 samples or more"),
        (lambda: effective_dimension(spectrum_of(np.eye(2)[None]), 1), "`n_data` must be at least 2"),
        (lambda: effective_dimension(spectrum_of(np.eye(2)[None]), 100, 2.0), "`gamma` must lie in"),
        (lambda: spectrum_of(np.zeros((1, 2, 3))), "must have shape \\(S, P, P\\)"),
    ],
)
def test_bad_input_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()
