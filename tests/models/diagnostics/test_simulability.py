"""The verdict on circuits whose classical simulation is known to be easy, or is not by what is looked at."""

import numpy as np
import pytest

from ketwork import Circuit, pauli, w, x
from ketwork.models.ansatz import hardware_efficient, strongly_entangling
from ketwork.models.diagnostics import simulability


def test_a_large_clifford_circuit_is_easy_although_its_states_are_not():
    rng, circuit = np.random.default_rng(0), Circuit(40)
    for _ in range(200):
        a, b = (int(q) for q in rng.choice(40, 2, replace=False))
        circuit = circuit.h(a).cx(a, b).s(b)
    found = simulability(circuit)
    assert "Clifford simulation" in found.possible and "Pauli propagation" in found.possible
    assert "exact state vector" not in found.possible
    assert found.magic.t_count == 0


def test_a_chain_of_little_entanglement_is_a_matrix_product_state():
    circuit = Circuit(12)
    for q in range(11):
        circuit = circuit.ry(q, 0.7 + q).rzz(q, q + 1, 0.9)
    found = simulability(circuit)
    assert any(method.startswith("matrix product state") for method in found.scalable)


def test_free_fermions_parts_and_cones_are_named():
    circuit = Circuit(40)
    for q in range(0, 40, 2):
        circuit = circuit.rxx(q, q + 1, 0.3 + q).rz(q, 1.0)
    found = simulability(circuit)
    assert {"free fermions", "separate parts of at most 2 qubits", "light cones of 2 qubits"} <= set(found.possible)
    assert not simulability(circuit, pauli("XX", (0, 1), 40)).free_fermion


def test_a_deep_circuit_of_many_qubits_is_left_open():
    deep = strongly_entangling(36, 12)
    found = simulability(deep, pauli("Z", 0, 36), weights=np.random.default_rng(1).uniform(0, 6, deep.n_weights))
    assert found.possible == () and "no proof" in found.verdict
    assert len(found.reasons) == 5


def test_a_small_deep_circuit_needs_all_of_its_space():
    circuit = hardware_efficient(6, 4)
    found = simulability(circuit, weights=np.random.default_rng(2).uniform(0, 6, circuit.n_weights))
    assert found.possible == ("exact state vector",) and found.scalable == ()
    assert found.bonds.largest == 8 and len(found.paths) == 3


def test_inputs_and_weights_are_bound():
    circuit = Circuit(2).rx(0, x[0]).ry(1, w[0]).cx(0, 1)
    assert simulability(circuit, inputs=[0.0], weights=[np.pi / 2]).magic.rotations == 0
    for missing in ({"inputs": [0.1]}, {"weights": [0.1]}):
        with pytest.raises(ValueError, match="is missing: the circuit has slots"):
            simulability(circuit, **missing)
    with pytest.raises(ValueError, match="must have 1 values"):
        simulability(circuit, inputs=[0.1, 0.2], weights=[0.0])


def test_pauli_propagation_counts_only_where_little_is_dropped():
    """With a coarse cutoff few strings remain, but not the value: that is no simulation."""
    circuit = hardware_efficient(8, 4)
    weights = np.random.default_rng(2).uniform(0, 6, circuit.n_weights)
    rough = simulability(circuit, pauli("Z", 0, 8), weights=weights, cutoff=0.1)
    assert rough.paths[0].dropped > 0.1 and rough.paths[0].largest < 4**8 // 16
    assert "Pauli propagation" not in rough.possible
    assert any("dropping a norm of" in reason for reason in rough.reasons)


@pytest.mark.parametrize(("t_gates", "cheaper"), [(20, True), (60, False)])
def test_stabilizer_states_count_with_the_error_they_are_to_have(t_gates, cheaper):
    """T gates have an extent of 2^0.228 each, and an error of 0.1 takes a hundred times as many states."""
    circuit = Circuit(20)
    for k in range(t_gates):
        circuit = circuit.h(k % 20).t(k % 20).cx(k % 20, (k + 7) % 20)
    found = simulability(circuit, pauli("Z", 0, 20))
    assert found.magic.log2_extent == pytest.approx(0.2284 * t_gates, rel=1e-3)
    assert f"2^{0.22844 * t_gates + 2 * np.log2(10):.1f} stabilizer states for an error of 0.1" in found.reasons[2]
    assert ("stabilizer states" in found.possible) is cheaper
