"""Angles of rows, and Pauli sums as diagonals behind flips."""

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, w, x
from ketwork.engine.many_rows import NotPacked, diagonals, ideal_rows, linear, n_weights


def test_angles_are_one_weight_a_factor_and_an_offset():
    gate = Circuit(1).rx(0, 0.5 * w[2] + 1.0).gates[0]
    assert linear((2.0,), 0.25, gate) == (2, 1.0, 2.25)
    assert linear((2.0,), 0.25, Circuit(1).rx(0, 0.5).gates[0]) == (-1, 0.0, 1.25)
    for angle in (w[0] * w[1], w[0] + w[1], x[0]):
        with pytest.raises(NotPacked):
            linear((1.0,), 0.0, Circuit(1).rx(0, angle).gates[0])


def test_rows_count_their_own_weights():
    row = Circuit(2).u3(0, w[0], w[1], w[2]).cx(0, 1).gates
    assert n_weights(row) == 3
    assert ideal_rows([row, ()], 2).counts.tolist() == [3, 0]


def test_diagonals_make_the_matrix_of_the_sum():
    rng = np.random.default_rng(0)
    observable = PauliSum.from_list([("".join(rng.choice(list("IXYZ"), 3)), rng.normal()) for _ in range(9)])
    flips, parts, table = diagonals(observable, 3)
    matrix = np.zeros((8, 8), complex)
    for flip, part, line in zip(flips, parts, table.reshape(-1, 8), strict=True):
        matrix[np.arange(8), np.arange(8) ^ flip] += line * (1j if part else 1)
    np.testing.assert_allclose(matrix, observable.matrix(), atol=1e-14)
