"""Encodings against the formulas of their papers, as dense matrices."""

import numpy as np
import pytest
from scipy.linalg import expm, hadamard

from ketwork import Simulator
from ketwork.models.encodings import angle_encoding, data_reuploading, iqp_feature_map, zz_feature_map
from ketwork.operators import pauli

X = np.array([0.4, -1.3, 2.2])


@pytest.mark.parametrize("axis", ["X", "Y"])
def test_angles_make_product_states(axis):
    found = Simulator().state(angle_encoding(3, axis=axis), X[None])[0]
    expected = np.ones(1)
    for angle in X:
        expected = np.kron(expected, [np.cos(angle / 2), (1 if axis == "Y" else -1j) * np.sin(angle / 2)])
    np.testing.assert_allclose(found, expected, atol=1e-14)


def test_more_features_than_qubits_go_round():
    circuit = angle_encoding(2, 5)
    assert [(g.name, g.qubits[0], str(g.params[0])) for g in circuit] == [
        ("ry", 0, "x[0]"), ("ry", 1, "x[1]"), ("rz", 0, "x[2]"), ("rz", 1, "x[3]"), ("ry", 0, "x[4]"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "pair"), [(zz_feature_map, lambda a, b: (np.pi - a) * (np.pi - b)), (iqp_feature_map, lambda a, b: a * b)]
)
@pytest.mark.parametrize("entanglement", ["full", "linear"])
def test_feature_maps_of_havlicek(make, pair, entanglement):
    """U = V H V H |000> with V = exp(i (sum x_i Z_i + sum phi_ij Z_i Z_j))."""
    pairs = [(0, 1), (1, 2)] + ([(0, 2)] if entanglement == "full" else [])
    phases = sum(X[i] * pauli("Z", i, 3).matrix() for i in range(3))
    phases = phases + sum(pair(X[i], X[j]) * pauli("ZZ", (i, j), 3).matrix() for i, j in pairs)
    step = expm(1j * phases) @ hadamard(8) / np.sqrt(8)
    found = Simulator().state(make(3, 2, entanglement), X[None])[0]
    assert abs(np.vdot((step @ step)[:, 0], found)) == pytest.approx(1, abs=1e-12)


def test_reuploading_takes_every_feature_in_every_layer():
    circuit = data_reuploading(3, 5, layers=4)
    assert circuit.n_inputs == 5
    assert circuit.n_weights == 4 * (6 + 5)
    assert circuit.count()["cx"] == 12
    seen = [slot for g in circuit for p in g.params for _, slots in p.terms for slot in slots if slot.kind == "x"]
    assert sorted(slot.index for slot in seen) == sorted(list(range(5)) * 4)


def test_reuploading_without_entanglers_is_a_product():
    circuit = data_reuploading(2, 2, layers=2, entangler="none")
    rng = np.random.default_rng(0)
    state = Simulator().state(circuit, rng.normal(size=(1, 2)), rng.normal(size=circuit.n_weights))[0]
    assert np.linalg.svd(state.reshape(2, 2), compute_uv=False)[1] < 1e-14


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: angle_encoding(0), "`n_qubits` must be at least 1"),
        (lambda: angle_encoding(2, axis="Q"), "`axis` must be one of"),
        (lambda: zz_feature_map(2, 0), "`depth` must be at least 1"),
        (lambda: iqp_feature_map(3, entanglement="rings"), "Did you mean 'ring'"),
        (lambda: data_reuploading(2, 2, entangler="cnot"), "`entangler` must be one of"),
        (lambda: data_reuploading(2, 2, layers=0), "`layers` must be at least 1"),
        (lambda: angle_encoding(2, 0), "`n_features` must be at least 1"),
    ],
)
def test_the_door(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_kernel_of_angles_is_a_product_of_cosines():
    """Schuld and Killoran: prod cos^2((a_i - b_i) / 2)."""
    samples = np.random.default_rng(0).normal(size=(5, 3)) * 2
    differences = samples[:, None] - samples[None]
    found = Simulator().overlap(angle_encoding(3), samples)
    np.testing.assert_allclose(found, (np.cos(differences / 2) ** 2).prod(axis=2), atol=1e-14)
    np.testing.assert_allclose(Simulator().overlap(angle_encoding(3, axis="Z"), samples), np.ones((5, 5)), atol=1e-14)


def test_a_second_round_turns_about_the_next_axis():
    a, b = 0.8, -0.5
    found = Simulator().state(angle_encoding(1, 2), [[a, b]])[0]
    expected = [np.exp(-0.5j * b) * np.cos(a / 2), np.exp(0.5j * b) * np.sin(a / 2)]
    np.testing.assert_allclose(found, expected, atol=1e-15)


@pytest.mark.parametrize(("make", "shift"), [(zz_feature_map, np.pi), (iqp_feature_map, 0.0)])
def test_kernels_of_havlicek(make, shift):
    """|<psi(a)|psi(b)>|^2 on a ring, with the diagonals written bit by bit."""
    samples = np.random.default_rng(1).uniform(0, 2 * np.pi, size=(4, 4))
    signs = 1 - 2 * ((np.arange(16)[:, None] >> np.arange(3, -1, -1)) & 1)
    states = []
    for a in samples:
        phases = signs @ a
        for i, j in [(0, 1), (1, 2), (2, 3), (3, 0)]:
            phases = phases + (shift - a[i]) * (shift - a[j]) * signs[:, i] * signs[:, j]
        mixed = hadamard(16) @ (np.exp(1j * phases) / 4) / 4
        states.append(np.exp(1j * phases) * mixed)
    expected = np.abs(np.conj(states) @ np.transpose(states)) ** 2
    np.testing.assert_allclose(Simulator().overlap(make(4, 2, "ring"), samples), expected, atol=1e-12)
    assert np.abs(expected - np.eye(4)).max() > 0.01


@pytest.mark.parametrize(("entanglement", "pairs"), [("full", 6), ("linear", 3), ("ring", 4), ("none", 0)])
def test_feature_maps_count(entanglement, pairs):
    counts = {"h": 12, "rz": 12} | ({"rzz": 3 * pairs} if pairs else {})
    for make in (zz_feature_map, iqp_feature_map):
        circuit = make(4, 3, entanglement)
        assert circuit.count() == counts
        assert (circuit.n_inputs, circuit.n_weights) == (4, 0)


def test_reuploading_about_one_axis_adds_up():
    """One qubit, one axis: <Z> = cos(sum of biases + x times the sum of scales)."""
    circuit = data_reuploading(1, 1, layers=3, rotations=("Y",))
    weights, samples = np.random.default_rng(2).normal(size=6), np.array([[-0.7], [0.0], [1.9]])
    found = Simulator().expectation(circuit, pauli("Z", 0, 1), samples, weights)
    np.testing.assert_allclose(found, np.cos(weights[::2].sum() + weights[1::2].sum() * samples), atol=1e-14)
