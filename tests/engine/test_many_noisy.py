"""Passes over the Pauli components of one noisy state against the same as tensors."""

import numpy as np
import pytest

from ketwork.engine.many_noisy import append, fill_lanes, mix_lanes, overlap_lanes, take_away


def tensor(state, digit):
    """(4, rest): the components by the letter of a digit; digit 0 varies fastest."""
    return np.moveaxis(state.reshape((4,) * 3), 2 - digit, 0).reshape(4, -1)


@pytest.mark.parametrize("digit", [0, 1])
def test_chains_in_the_lanes(digit):
    rng = np.random.default_rng(digit)
    matrix, state, costate = rng.normal(size=(4, 4)), rng.normal(size=64), rng.normal(size=64)
    out, scratch, found = np.empty(64), np.empty(64), np.empty(16)
    for turned in (False, True):
        fill_lanes(matrix.ravel(), digit, turned, scratch)
        mix_lanes(state, out, 64, digit, scratch)
        expected = (matrix.T if turned else matrix) @ tensor(state, digit)
        np.testing.assert_allclose(tensor(out, digit), expected, atol=1e-13)
    overlap_lanes(state, costate, 64, digit, scratch, found)
    np.testing.assert_allclose(found.reshape(4, 4), tensor(costate, digit) @ tensor(state, digit).T, atol=1e-13)


def test_a_qubit_joins_and_leaves():
    rng = np.random.default_rng(2)
    matrix, state, costate = rng.normal(size=(4, 4)), rng.normal(size=16), rng.normal(size=64)
    matrix[0] = [1, 0, 0, 0]
    out, found = np.empty(64), np.empty(16)
    append(state, out, 16, matrix.ravel())
    np.testing.assert_allclose(out, np.kron(matrix @ [1, 0, 0, 1], state))
    expected = np.tensordot(matrix @ [1, 0, 0, 1], costate.reshape(4, 16), 1)
    by_letter = costate.reshape(4, 16) @ state
    take_away(state, costate, 16, matrix.ravel(), 1, found)
    np.testing.assert_allclose(costate[:16], expected)
    np.testing.assert_allclose(found.reshape(4, 4)[1:, 3], by_letter[1:])
