"""Packing noisy circuits: what waits on a qubit is one pass, and qubits join the state when something happens."""

import numpy as np

from ketwork import Circuit, NoiseModel, PauliSum, w
from ketwork.circuit.gates import pauli_rotation_matrix
from ketwork.engine.many import Many
from ketwork.engine.many_noisy_pack import APPEND, CHAIN, PAIR, fill_gaps, multiply, relax_matrix, turn_matrix
from ketwork.noise import depolarizing, thermal_relaxation
from ketwork.noise.transfer import transfer_of_unitary


def test_passes_of_a_small_circuit():
    rows = [Circuit(3).rx(q, w[0]).gates for q in range(3)] + [Circuit(3).cx(2, 0).gates]
    noise = NoiseModel().add(depolarizing(0.1)).add(depolarizing(0.1, 2))
    packed = Many(3, rows, PauliSum.from_list([("ZZZ", 1.0)]), noise).pack([[2, 2, 3, 0, 3]])
    ops, _, ends, elements, _, _, digits, sizes = packed.program
    kinds = ops[: ends[1], 0].tolist()
    # qubit 2 with both its rotations, qubit 0, cx, qubit 0 again, cx, and qubit 1, of which nothing is known, last
    assert kinds == [APPEND, APPEND, PAIR, CHAIN, PAIR, APPEND]
    assert digits[0].tolist() == [1, 2, 0]
    assert ops[0, 5] - ops[0, 4] == 4 and elements[0, 1] == 0 and elements[2, 1] == 1
    assert sizes[0] >= 64 and ops[5, 9] == 2


def test_products_of_matrices():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 4, 4))
    one[0] = other[0] = [1, 0, 0, 0]
    out = np.empty(16)
    multiply(one.ravel(), other.ravel(), out)
    np.testing.assert_allclose(out.reshape(4, 4), one @ other)


def test_matrices_of_waiting_and_turning():
    out = np.empty(16)
    relax_matrix(0.3, np.array([1 / 2.0, 1 / 1.5]), out)
    np.testing.assert_allclose(out.reshape(4, 4), thermal_relaxation(2.0, 1.5, 0.3).transfer(), atol=1e-15)
    for axis, letter in enumerate("XYZ", 1):
        turn_matrix(axis, 0.7, out)
        np.testing.assert_allclose(
            out.reshape(4, 4), transfer_of_unitary(pauli_rotation_matrix(letter, 0.7)), atol=1e-15
        )


def test_rows_begin_as_late_as_they_can():
    where = np.array([[0, -1], [1, -1], [0, 1]])
    gaps = np.empty((4, 2))
    fill_gaps(np.array([0, 1, 2, 1]), 0, 4, (where, np.array([0.1, 0.4, 1.0]), np.zeros((2, 2))), 2, gaps)
    # a short gate is done right before the pair; behind it qubit 0 waits for the last gate on qubit 1
    np.testing.assert_allclose(gaps[:, 0], [0, 0, 0.4, 0])
    assert not gaps[:, 1].any()
