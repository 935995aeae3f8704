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
    ],
)
def test_the_door(call, message):
    with pytest.raises(ValueError, match=message):
        call()
