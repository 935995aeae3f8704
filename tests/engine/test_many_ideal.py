"""Kernels for many ideal circuits: rotations and permutations of basis states against matrices."""

import numpy as np
import pytest

from ketwork import Circuit, Simulator
from ketwork.circuit.gates import pauli_rotation_matrix
from ketwork.engine.many_ideal import fill_places, highest, pack_ideal, rotate
from ketwork.engine.many_rows import ideal_rows


@pytest.mark.parametrize("string", ["XIII", "IIIY", "ZZII", "YXZY", "IYIX", "ZZZZ", "YYYY", "IIZX"])
def test_rotations_are_those_of_the_matrix(string):
    rng = np.random.default_rng(0)
    state = rng.normal(size=16) + 1j * rng.normal(size=16)
    x = int("".join("1" if letter in "XY" else "0" for letter in string), 2)
    z = int("".join("1" if letter in "ZY" else "0" for letter in string), 2)
    flat = np.r_[state.real, state.imag]
    rotate(flat, 0, 16, np.array([x, z, (x & z).bit_count() & 3, 0]), np.cos(0.35), np.sin(0.35))
    np.testing.assert_allclose(flat[:16] + 1j * flat[16:], pauli_rotation_matrix(string, 0.7) @ state, atol=1e-14)


def test_permutations_are_done_once_at_the_end():
    circuit = Circuit(4).x(1).cx(1, 2).swap(2, 3).cx(3, 0).x(0).cx(0, 1)
    rows = ideal_rows([circuit.gates], 4)
    out = (
        np.empty((0, 4), np.int64), np.empty((0, 2)), np.zeros(2, np.int64), np.empty((1, 4), np.int64),
        np.zeros(1, np.int64),
    )  # fmt: skip
    pack_ideal(np.zeros(1, np.int64), np.array([0, 1]), rows.arrays, 4, out)
    places = np.empty(16, np.int64)
    fill_places(out[3][0], out[4][0], places)
    for start in range(16):
        prepared = Circuit(4)
        for q in range(4):
            prepared = prepared.x(q) if start >> (3 - q) & 1 else prepared
        assert np.abs(Simulator().state(prepared + circuit)[0, places[start]]) == pytest.approx(1)


def test_the_highest_bit():
    assert [highest(mask) for mask in (1, 6, 8, 1023, 40)] == [1, 4, 8, 512, 32]
