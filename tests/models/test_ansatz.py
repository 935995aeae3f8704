"""Ansaetze: what they count to, what they connect, what they reach."""

import numpy as np
import pytest

from ketwork import Circuit, Simulator
from ketwork.models.ansatz import (
    ENTANGLERS,
    connected_pairs,
    efficient_su2,
    entangle,
    entangled_pairs,
    hardware_efficient,
    kandala,
    real_amplitudes,
    strongly_entangling,
)
from ketwork.operators import pauli_z


@pytest.mark.parametrize(
    ("topology", "pairs"),
    [
        ("linear", [(0, 1), (1, 2), (2, 3)]),
        ("ring", [(0, 1), (1, 2), (2, 3), (3, 0)]),
        ("star", [(0, 1), (0, 2), (0, 3)]),
        ("full", [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]),
        ("none", []),
    ],
)
def test_pairs(topology, pairs):
    assert connected_pairs(4, topology) == pairs


def test_a_ring_of_two_has_one_pair():
    assert connected_pairs(2, "ring") == [(0, 1)]


@pytest.mark.parametrize("entangler", ENTANGLERS)
def test_hardware_efficient_counts(entangler):
    circuit = hardware_efficient(4, 3, ("X", "Z"), entangler, "linear")
    counts = {"rx": 16, "rz": 16} | ({} if entangler == "none" else {entangler: 9})
    assert circuit.count() == counts
    assert circuit.n_weights == 32


def test_strongly_entangling_reaches_further_each_layer():
    circuit = strongly_entangling(4, 4)
    assert circuit.n_weights == 48
    reaches = [(g.qubits[1] - g.qubits[0]) % 4 for g in circuit if g.name == "cx"]
    assert reaches == [1] * 4 + [2] * 4 + [3] * 4 + [1] * 4


def test_three_rotations_reach_any_state_of_a_qubit():
    circuit, rng = strongly_entangling(1, 1), np.random.default_rng(0)
    states = np.concatenate([Simulator().state(circuit, w=rng.uniform(0, 2 * np.pi, 3)) for _ in range(400)])
    z = np.abs(states[:, 0]) ** 2
    assert z.min() < 0.01
    assert z.max() > 0.99


def test_the_door():
    with pytest.raises(ValueError, match="`rotations` must be one of X, Y, Z"):
        hardware_efficient(2, 1, ("Q",))
    with pytest.raises(ValueError, match="`topology` must be one of"):
        hardware_efficient(3, 1, topology="circle")
    with pytest.raises(ValueError, match="`layers` must be at least 0"):
        strongly_entangling(2, -1)
    with pytest.raises(ValueError, match=r"`entangler` must be one of .* Did you mean 'cx'"):
        strongly_entangling(2, 1, "ccx")
    with pytest.raises(TypeError, match=r"`layers` must be an integer, but is 1\.5"):
        hardware_efficient(2, 1.5)
    assert len(entangle(hardware_efficient(2, 0), "none", "ring")) == 4


def test_one_qubit_has_no_pairs():
    assert all(connected_pairs(1, topology) == [] for topology in ("ring", "linear", "full", "star", "none"))
    assert strongly_entangling(1, 2).count() == {"rz": 4, "ry": 2}


def test_a_chain_of_cx_makes_the_ghz_state():
    circuit = hardware_efficient(4, 1, ("Y",), "cx", "linear")
    state = Simulator().state(circuit, w=[np.pi / 2] + [0.0] * 7)[0]
    expected = np.zeros(16)
    expected[[0, 15]] = np.sqrt(0.5)
    np.testing.assert_allclose(state, expected, atol=1e-15)


def test_without_entanglers_the_turns_of_a_qubit_add_up():
    circuit = hardware_efficient(3, 2, ("Y",), "none")
    weights = np.random.default_rng(1).normal(size=(3, 3))
    found = Simulator().expectation(circuit, [pauli_z(q, 3) for q in range(3)], w=weights.ravel())[0]
    np.testing.assert_allclose(found, np.cos(weights.sum(axis=0)), atol=1e-14)


@pytest.mark.parametrize("make", [hardware_efficient, strongly_entangling])
@pytest.mark.parametrize("entangler", ENTANGLERS)
def test_every_weight_is_used_once_and_in_order(make, entangler):
    circuit = make(3, 2, entangler=entangler)
    assert [str(p) for gate in circuit for p in gate.params] == [f"w[{k}]" for k in range(circuit.n_weights)]


@pytest.mark.parametrize("entangler", ["cx", "cz", "iswap", "ecr"])
def test_entanglers_entangle(entangler):
    circuit = hardware_efficient(2, 1, entangler=entangler)
    state = Simulator().state(circuit, w=np.random.default_rng(4).normal(size=8))[0]
    assert np.linalg.svd(state.reshape(2, 2), compute_uv=False)[1] > 0.05


def test_names_are_checked_even_where_they_change_nothing():
    with pytest.raises(ValueError, match="`topology` must be one of"):
        hardware_efficient(2, 1, entangler="none", topology="nope")


@pytest.mark.parametrize(("n_qubits", "layers"), [(1, 0), (2, 1), (4, 2), (6, 28)])
def test_kandalas_circuit_has_his_number_of_angles(n_qubits, layers):
    circuit = kandala(n_qubits, layers)
    assert circuit.n_weights == n_qubits * (3 * layers + 2)
    assert circuit.count().get("cz", 0) == layers * (n_qubits - 1)


def test_kandalas_layer_is_z_x_z_on_every_qubit_after_the_entanglers():
    params = np.random.default_rng(0).uniform(-3, 3, 10)
    by_hand = Circuit(2).rx(0, params[0]).rz(0, params[1]).rx(1, params[2]).rz(1, params[3]).cz(0, 1)
    for q, (a, b, c) in enumerate((params[4:7], params[7:10])):
        by_hand = by_hand.rz(q, a).rx(q, b).rz(q, c)
    np.testing.assert_allclose(kandala(2, 1).bind(w=params).matrix(), by_hand.matrix(), atol=1e-14)


def test_kandalas_entanglers_are_on_the_given_pairs():
    circuit = kandala(4, 1, pairs=[(0, 2), (3, 1)], entangler="ecr")
    assert [gate.qubits for gate in circuit if gate.name == "ecr"] == [(0, 2), (3, 1)]


@pytest.mark.parametrize(
    ("entanglement", "pairs"),
    [
        ("linear", [(0, 1), (1, 2), (2, 3)]),
        ("reverse_linear", [(2, 3), (1, 2), (0, 1)]),
        ("full", [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]),
        ("circular", [(3, 0), (0, 1), (1, 2), (2, 3)]),
        ("pairwise", [(0, 1), (2, 3), (1, 2)]),
    ],
)
def test_entangled_pairs(entanglement, pairs):
    assert entangled_pairs(4, entanglement) == pairs
    circuit = efficient_su2(4, 2, entanglement)
    assert [gate.qubits for gate in circuit if gate.name == "cx"] == 2 * pairs
    assert circuit.n_weights == 24


def test_real_amplitudes_are_real():
    params = np.random.default_rng(0).uniform(-3, 3, 12)
    state = Simulator("double").state(real_amplitudes(4, 2), None, params)[0]
    assert np.abs(state.imag).max() < 1e-14


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kandala(3, 1, pairs=[(0, 1, 2)]), "pairs"),
        (lambda: kandala(3, 1, pairs=[(0, 3)]), "qubit 3"),
        (lambda: kandala(3, 1, entangler="cnot2"), "entangler"),
        (lambda: kandala(0, 1), "n_qubits"),
        (lambda: efficient_su2(3, 1, "circle"), "circular"),
        (lambda: real_amplitudes(3, -1), "layers"),
        (lambda: efficient_su2(3, 1, rotations=("H",)), "rotations"),
    ],
)
def test_doors_of_the_published_circuits(call, message):
    with pytest.raises(ValueError, match=message):
        call()
