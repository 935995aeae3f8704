"""Ansaetze: what they count to, what they connect, what they reach."""

from pathlib import Path

import numpy as np
import pytest

from ketwork import Circuit, Simulator, w, x
from ketwork.circuit import GATES
from ketwork.models.ansatz import (
    ANSAETZE,
    answer_qubits,
    basic_entangler,
    brick_wall,
    build_ansatz,
    efficient_su2,
    hardware_efficient,
    kandala,
    real_amplitudes,
    strongly_entangling,
    two_local,
)
from ketwork.models.couplings import ENTANGLERS
from ketwork.operators import pauli_z


@pytest.mark.parametrize("entangler", ENTANGLERS)
def test_hardware_efficient_counts(entangler):
    circuit = hardware_efficient(4, 3, ("X", "Z"), entangler, "linear")
    counts = {"rx": 16, "rz": 16} | ({} if entangler == "none" else {entangler: 9})
    assert circuit.count() == counts
    assert circuit.n_weights == 32 + (0 if entangler == "none" else 9 * GATES[entangler].n_params)


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


def test_one_qubit_needs_no_entanglers():
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
def test_efficient_su2_entangles_these_pairs(entanglement, pairs):
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
        (lambda: hardware_efficient(3, 1, ""), "`rotations` must name at least one axis out of X, Y, Z"),
        (lambda: real_amplitudes(3, 1, [(0, 3)]), r"`entanglement` must lie in \[0, 2\], but is 3"),
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


def test_two_local_has_weights_in_entanglers_too():
    circuit = two_local(3, 2, ("ry", "h"), ("crz", "cx"), [(2, 0), (1, 2)], last_rotations=False)
    layer = [("ry", (q,)) for q in range(3)] + [("h", (q,)) for q in range(3)]
    layer += [("crz", (2, 0)), ("crz", (1, 2)), ("cx", (2, 0)), ("cx", (1, 2))]
    assert [(gate.name, gate.qubits) for gate in circuit] == 2 * layer
    assert circuit.n_weights == 10
    turns = two_local(3, 2, ("rx",), topology=lambda layer: [(layer, layer + 1)])
    assert [gate.qubits for gate in turns if gate.name == "cx"] == [(0, 1), (1, 2)]


def test_a_brick_wall_has_its_joints_shifted():
    circuit = brick_wall(5, 3, ("Y",), "cz")
    assert [gate.qubits for gate in circuit if gate.name == "cz"] == [(0, 1), (2, 3), (1, 2), (3, 4), (0, 1), (2, 3)]
    assert circuit.n_weights == 6 * 2 + 5


def test_light_cones_of_a_brick_wall_grow_by_two_a_layer():
    """<Z_0> of a brick wall of two rows depends on qubits 0 to 2 alone."""
    circuit, rng = brick_wall(6, 2), np.random.default_rng(0)
    weights = rng.normal(size=circuit.n_weights)
    gradient = Simulator("double").value_and_pullback(circuit, pauli_z(0, 6), w=weights)[1](np.ones((1, 1))).w
    touched = {g.qubits for k, g in enumerate(_turns(circuit)) if abs(gradient[k]) > 1e-12}
    assert touched <= {(0,), (1,), (2,), (3,)}
    assert (4,) not in touched


def _turns(circuit):
    return [gate for gate in circuit if gate.params]


def test_device_couplings_are_a_topology():
    couplings = [(0, 1), (1, 2), (1, 3), (3, 4)]
    for name in ("hardware_efficient", "kandala", "two_local", "efficient_su2", "real_amplitudes"):
        circuit = build_ansatz(name, 5, 1, topology=couplings)
        assert [gate.qubits for gate in circuit if len(gate.qubits) == 2] == couplings


@pytest.mark.parametrize("name", ANSAETZE)
@pytest.mark.parametrize("n_qubits", [4, 8])
def test_every_ansatz_of_the_table(name, n_qubits):
    """Weights are used without gaps, "none" leaves a product state, and the answer is read from qubits that are there.

    With `none` the state is a product of qubits whatever the ansatz: the second singular value of any cut is 0.
    """
    circuit = build_ansatz(name, n_qubits, 1)
    assert circuit.n_qubits == n_qubits
    assert circuit.n_inputs == 0
    assert circuit.n_weights > 0
    used = {slot.index for gate in circuit for p in gate.params for slot in getattr(p, "slots", ())}
    assert used == set(range(circuit.n_weights))
    apart = build_ansatz(name, n_qubits, 1, "none")
    weights = np.random.default_rng(0).normal(size=apart.n_weights)
    state = Simulator("double").state(apart, w=weights)[0]
    for cut in range(1, n_qubits):
        assert np.linalg.svd(state.reshape(2**cut, -1), compute_uv=False)[1] < 1e-12
    read = answer_qubits(name, n_qubits)
    assert 0 < len(read) <= n_qubits
    assert set(read) <= set(range(n_qubits))


def test_a_circuit_is_an_ansatz():
    own = Circuit(2).ry(0, w[0]).crx(0, 1, w[1]).rz(1, w[2])
    assert build_ansatz(own, 2, 7) == own
    assert build_ansatz(own, 2, 1, "none") == Circuit(2).ry(0, w[0]).rz(1, w[1])
    assert answer_qubits(own, 2) == (0, 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: build_ansatz("hardware_eficient", 2, 1), "Did you mean 'hardware_efficient'"),
        (lambda: build_ansatz("real_amplitudes", 2, 1, rotations="XY"), "takes no option 'rotations'"),
        (lambda: build_ansatz("hardware_efficient", 2, 1, topology=[(0, 2)]), r"lie in \[0, 1\]"),
        (lambda: build_ansatz(Circuit(3), 2, 1), "must have 2 qubits, but has 3"),
        (lambda: build_ansatz(Circuit(2).ry(0, x[0]), 2, 1), "weights alone, but asks for 1 inputs"),
        (lambda: build_ansatz(Circuit(2), 2, 1, rotations="X"), "takes no options"),
        (lambda: build_ansatz("kandala", 2, 1, "cxx"), "`entangler` must be one of"),
        (lambda: build_ansatz("mps", 2, 1, topology="rings"), "Did you mean 'ring'"),
        (lambda: basic_entangler(2, 1, "W"), "`rotation` must be one of X, Y, Z"),
        (lambda: two_local(2, 1, ("cx",)), "`rotations` must be one of"),
        (lambda: brick_wall(2, 1, entangler="h"), "`entangler` must be one of"),
        (lambda: answer_qubits("nothing", 2), "`ansatz` must be one of"),
    ],
)
def test_doors_of_the_table(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_what_is_no_ansatz():
    with pytest.raises(TypeError, match="must be a name or a Circuit, but is 3"):
        build_ansatz(3, 2, 1)


def test_the_guide_names_every_ansatz():
    text = (Path(__file__).resolve().parents[2] / "docs" / "guide" / "ansaetze.md").read_text()
    assert [name for name, row in ANSAETZE.items() for word in (name, *row.takes) if f"`{word}`" not in text] == []
