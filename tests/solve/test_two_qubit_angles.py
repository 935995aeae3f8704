"""Fifteen angles of a two-qubit unitary: what they make is compared with the matrix, by its own definition."""

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.stats import unitary_group

from ketwork import Circuit, w
from ketwork.circuit.gates import GATES, Rot
from ketwork.solve.two_qubit_angles import N_ANGLES, add_block, block_matrix, two_qubit_angles
from twin import steps_matrix

LETTERS = ("XI", "YI", "ZI", "IX", "IY", "IZ", "XX", "YY", "ZZ", "XI", "YI", "ZI", "IX", "IY", "IZ")


def distance(a, b):
    """Between unitaries, but for their phase."""
    overlap = np.vdot(a, b)
    return np.abs(a * overlap / abs(overlap) - b).max()


def made(angles):
    return steps_matrix(tuple(Rot(p, (), float(t)) for p, t in zip(LETTERS, angles, strict=True)), 2)


def test_random_unitaries():
    for u in unitary_group.rvs(4, size=200, random_state=1):
        angles = two_qubit_angles(u)
        assert angles.shape == (N_ANGLES,)
        assert np.isfinite(angles).all()
        assert distance(made(angles), u) < 1e-12


@pytest.mark.parametrize("name", [name for name, row in GATES.items() if row.n_qubits == 2])
def test_every_gate_of_the_table(name):
    row = GATES[name]
    for angles in ((0.3, 0.7), (np.pi, np.pi / 2), (np.pi / 2, 0.0), (1e-9, 1e-9)):
        u = row.matrix(*angles[: row.n_params])
        assert distance(made(two_qubit_angles(u)), u) < 1e-12


def test_the_identity_and_unitaries_close_to_special_ones():
    assert np.abs(two_qubit_angles(np.eye(4))).max() < 1e-15
    assert np.abs(two_qubit_angles(1j * np.eye(4))).max() < 1e-15
    rng = np.random.default_rng(5)
    special = [np.eye(4), GATES["swap"].matrix(), GATES["cx"].matrix(), GATES["iswap"].matrix()]
    one = unitary_group.rvs(2, size=10, random_state=2)
    special += [np.kron(a, b) for a, b in zip(one[:5], one[5:], strict=True)]
    for u in special:
        for size in (0.0, 1e-15, 1e-12, 1e-9, 1e-7, 1e-5, 1e-3):
            h = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
            near = u @ expm(1j * size * (h + h.conj().T))
            assert distance(made(two_qubit_angles(near)), near) < 1e-12


def test_orthogonal_matrices_of_both_determinants():
    rng = np.random.default_rng(3)
    for _ in range(30):
        o = np.linalg.qr(rng.normal(size=(4, 4)))[0]
        for u in (o, o @ np.diag([1, 1, 1, -1])):
            assert distance(made(two_qubit_angles(u)), u) < 1e-12


def test_blocks_in_a_circuit():
    rng = np.random.default_rng(0)
    angles = rng.normal(size=N_ANGLES)
    assert np.abs(block_matrix(angles) - made(angles)).max() < 1e-14
    circuit = add_block(Circuit(3), 2, 0, 4)
    assert circuit.n_weights == 4 + N_ANGLES
    plain = add_block(Circuit(3), 2, 0, angles.tolist())
    bound = circuit.bind(w=np.concatenate([np.zeros(4), angles]))
    assert np.abs(bound.matrix() - plain.matrix()).max() < 1e-14
    assert add_block(Circuit(2), 0, 1, [w[0]] * N_ANGLES).n_weights == 1


def test_bad_input():
    with pytest.raises(ValueError, match="`unitary` must be a unitary matrix"):
        two_qubit_angles(np.ones((4, 4)))
    with pytest.raises(ValueError, match="`unitary` must be a unitary matrix"):
        two_qubit_angles(np.eye(2))
    with pytest.raises(ValueError, match="must have 15 values, but has 3"):
        block_matrix([0.0, 0.0, 0.0])
    with pytest.raises(ValueError, match="must have 15 values, but has 2"):
        add_block(Circuit(2), 0, 1, [0.0, 0.0])
