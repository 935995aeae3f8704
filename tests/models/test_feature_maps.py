"""Havlicek's feature maps against dense exponentials."""

import numpy as np
import pytest
from scipy.linalg import expm, hadamard

from ketwork import Simulator
from ketwork.models.feature_maps import pauli_feature_map, z_feature_map, zz_feature_map
from ketwork.operators import pauli

X = np.array([0.4, -1.3, 2.2])


def mixed(state):
    return hadamard(len(state)) @ state / np.sqrt(len(state))


def test_any_strings_on_any_sets():
    """H on all, then one exponential after the other: Z on each qubit, XY on (0, 1) and (1, 2), ZXZ on all three."""
    state = np.eye(8)[0]
    for _ in range(2):
        state = mixed(state)
        for q in range(3):
            state = expm(1j * X[q] * pauli("Z", q, 3).matrix()) @ state
        for a, b in ((0, 1), (1, 2)):
            state = expm(1j * (np.pi - X[a]) * (np.pi - X[b]) * pauli("XY", (a, b), 3).matrix()) @ state
        state = expm(1j * np.prod(np.pi - X) * pauli("ZXZ", (0, 1, 2), 3).matrix()) @ state
    found = Simulator("double").state(pauli_feature_map(3, ("Z", "XY", "ZXZ"), 2, "linear"), X[None])[0]
    np.testing.assert_allclose(found, state, atol=1e-12)


def test_any_data_map_and_pattern():
    """A function of the features of each set, on sets that change with the round."""

    def phi(features):
        return features[0] if len(features) == 1 else 0.5 * features[0] ** 2 - features[1]

    circuit = pauli_feature_map(3, ("X", "ZZ"), 2, lambda level: [(0, 2)] if level else [(2, 1)], phi, alpha=0.7)
    state = np.eye(8)[0]
    for a, b in ((2, 1), (0, 2)):
        state = mixed(state)
        for q in range(3):
            state = expm(-0.35j * X[q] * pauli("X", q, 3).matrix()) @ state
        state = expm(-0.35j * (0.5 * X[a] ** 2 - X[b]) * pauli("ZZ", (a, b), 3).matrix()) @ state
    np.testing.assert_allclose(Simulator("double").state(circuit, X[None])[0], state, atol=1e-12)


def test_strings_with_identities_leave_qubits_alone():
    circuit = pauli_feature_map(3, ("ZIZ",), 1, "linear")
    assert circuit.count() == {"h": 3, "rzz": 1}
    assert circuit[3].qubits == (0, 2)


def test_z_maps_make_products():
    state = Simulator("double").state(z_feature_map(3, 3), X[None])[0]
    assert np.linalg.svd(state.reshape(2, 4), compute_uv=False)[1] < 1e-14
    assert z_feature_map(1, 2) == zz_feature_map(1, 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pauli_feature_map(2, ("ZQ",)), "strings of I, X, Y, Z such as 'ZZ', but holds 'ZQ'"),
        (lambda: pauli_feature_map(2, ("II",)), "but holds 'II'"),
        (lambda: pauli_feature_map(2, ()), "at least one string"),
        (lambda: pauli_feature_map(2, ("ZZZ",)), "must fit 2 qubits"),
        (lambda: pauli_feature_map(2, data_map="centered"), "Did you mean 'centred'"),
        (lambda: pauli_feature_map(2, alpha=np.nan), "`alpha` must be finite"),
        (lambda: pauli_feature_map(2, entanglement=[(0, 2)]), r"`entanglement` must lie in \[0, 1\], but is 2"),
        (lambda: z_feature_map(0), "`n_qubits` must be at least 1"),
        (lambda: zz_feature_map(0), "`n_qubits` must be at least 1"),
    ],
)
def test_the_door(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_data_map_makes_angles():
    with pytest.raises(TypeError, match=r"`data_map\(features\)` must be a real number"):
        pauli_feature_map(2, data_map=lambda features: "x")
