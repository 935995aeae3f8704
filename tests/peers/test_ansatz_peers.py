"""Hardware-efficient circuits against Qiskit's circuit library: the same unitary for the same numbers in order."""

import numpy as np
import pytest

from ketwork.models.ansatz import efficient_su2, real_amplitudes

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
