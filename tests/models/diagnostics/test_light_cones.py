"""Light cones: what is outside changes nothing; parts; matchgates."""

import numpy as np
import pytest

from ketwork import Circuit, Simulator, pauli, w
from ketwork.models.ansatz import hardware_efficient
from ketwork.models.diagnostics import is_free_fermion, light_cones, separate_parts


def test_a_brick_wall_grows_by_a_qubit_on_each_side_a_layer():
    for layers in (1, 2, 3):
        circuit = Circuit(10)
        for layer in range(layers):
            first = (layers - 1 - layer) % 2  # the last layer starts at qubit 0
            for q in range(first, 9, 2):
                circuit = circuit.cz(q, q + 1)
        cone = light_cones(circuit, pauli("Z", 4, 10))[0]
        assert cone.qubits == tuple(range(5 - layers, 5 + layers))
        assert cone.depth == layers and cone.gates == layers * (layers + 1) // 2


def test_gates_outside_the_cone_do_nothing_to_the_value():
    rng = np.random.default_rng(0)
    for trial in range(10):
        circuit = Circuit(6)
        for _ in range(12):
            a, b = (int(q) for q in rng.choice(6, 2, replace=False))
            circuit = circuit.ry(a, float(rng.uniform(0, 6))).cx(a, b) if rng.random() < 0.5 else circuit.rxx(a, b, 0.7)
        observable = pauli("Z", trial % 6, 6)
        cone = light_cones(circuit, observable)[0]
        seen, kept = {trial % 6}, []
        for gate in reversed(circuit.gates):
            if seen & set(gate.qubits):
                seen |= set(gate.qubits)
                kept.append(gate)
        assert len(kept) == cone.gates and set(cone.qubits) == seen
        less = Simulator().expectation(Circuit(6, kept[::-1]), observable)
        assert less == pytest.approx(Simulator().expectation(circuit, observable), abs=1e-12)


def test_parts_that_no_gate_connects():
    assert separate_parts(Circuit(5).cx(0, 3).rzz(3, 4, 0.2).h(1)) == [(0, 3, 4), (1,), (2,)]
    assert separate_parts(hardware_efficient(3, 1, entangler="none")) == [(0,), (1,), (2,)]


def test_matchgates_conserve_what_free_fermions_do():
    """Every rotation of a free-fermion circuit maps Majorana operators to sums of Majorana operators."""
    free = (
        Circuit(3)
        .rz(0, 0.3)
        .rxx(0, 1, 0.4)
        .ryy(1, 2, 0.5)
        .xx_plus_yy(0, 1, 0.6, 0.2)
        .pauli_rotation((0, 1, 2), "XZY", 0.3)
    )
    assert is_free_fermion(free)
    unitary = free.matrix()
    majoranas = [pauli("Z" * q + letter, tuple(range(q + 1)), 3).matrix() for q in range(3) for letter in "XY"]
    for one in majoranas:
        moved = unitary.conj().T @ one @ unitary
        inside = sum(np.trace(m @ moved) / 8 * m for m in majoranas)
        np.testing.assert_allclose(moved, inside, atol=1e-12)
    for not_free in (Circuit(3).rx(0, 0.2), Circuit(3).cx(0, 1), Circuit(3).rzz(0, 1, 0.2), Circuit(3).rxx(0, 2, 0.1)):
        assert not is_free_fermion(not_free)
    assert is_free_fermion(Circuit(2).rz(0, w[0]).rxx(0, 1, w[1]))
    assert not is_free_fermion(Circuit(1).measure(0, 0))


def test_bad_input_is_said():
    with pytest.raises(ValueError, match="act on the circuit's 2 qubits"):
        light_cones(Circuit(2), pauli("Z", 0, 3))
    with pytest.raises(TypeError, match="must be a Circuit"):
        separate_parts("cx")
