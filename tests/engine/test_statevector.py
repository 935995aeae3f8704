"""The kernels that change one tile, against dense matrices."""

import numpy as np
import pytest
from scipy.linalg import hadamard

from ketwork import Circuit, w
from ketwork.engine.lanes import WIDTH
from ketwork.engine.lower import lower
from ketwork.engine.statevector import lane_angles, phase_lanes, phase_shared, rotate, walsh
from ketwork.engine.tiles import aligned_zeros

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def rows(count, dtype, seed=0):
    width = WIDTH[np.dtype(dtype)]
    tile = aligned_zeros((count * width,), dtype)
    tile[:] = np.random.default_rng(seed).normal(size=len(tile))
    return tile, width


@DTYPES
@pytest.mark.parametrize("bits", [2, 3, 6])
def test_walsh_is_the_hadamard_matrix(dtype, bits):
    tile, width = rows(1 << bits, dtype)
    expected = hadamard(1 << bits) @ tile.reshape(-1, width)
    walsh(tile, 1 << bits)
    np.testing.assert_allclose(tile.reshape(-1, width), expected, rtol=1e-4)


@DTYPES
def test_a_group_is_three_pauli_rotations(dtype):
    n, angles = 3, np.array([0.3, -0.8, 1.7])
    circuit = Circuit(n).pauli_rotation((0, 1, 2), "XYZ", w[0]).ry(1, w[1]).pauli_rotation((0, 2), "YY", w[2])
    program = lower(circuit)
    assert program.ops[:, 1].tolist() == [3]
    tile, width = rows(2 << n, dtype)
    start = tile.reshape(2, 1 << n, width)
    expected = circuit.bind(w=angles).matrix() @ (start[0] + 1j * start[1])
    halves = 0.5 * program.all_angles(np.zeros((1, 0)), angles)[program.rotations]
    coefficients = aligned_zeros((6 * width,), dtype)
    coefficients.reshape(3, 2, width)[:] = np.stack([np.cos(halves), np.sin(halves)], axis=1)[:, :, None]
    rotate(tile, 2 << n, program.ops[0], coefficients)
    found = tile.reshape(2, 1 << n, width)
    np.testing.assert_allclose(found[0] + 1j * found[1], expected, atol=1e-5 if dtype is np.float32 else 1e-14)


@DTYPES
def test_phases_shared_and_by_lane(dtype):
    half = 8
    tile, width = rows(2 * half, dtype)
    psi = tile.reshape(2, half, width)[0] + 1j * tile.reshape(2, half, width)[1]
    phases = np.random.default_rng(1).normal(size=(half, width)).astype(dtype)
    by_lane, scratch = tile.copy(), aligned_zeros((half * width,), dtype)
    scratch[:] = phases.ravel()
    aligned_tile = aligned_zeros((len(tile),), dtype)
    aligned_tile[:] = by_lane
    phase_lanes(aligned_tile, scratch, half)
    found = aligned_tile.reshape(2, half, width)
    np.testing.assert_allclose(found[0] + 1j * found[1], psi * np.exp(-1j * phases), atol=2e-6)
    table = np.stack([np.cos(phases[:, 0]), np.sin(phases[:, 0])], axis=1).ravel()
    phase_shared(tile, half, table)
    found = tile.reshape(2, half, width)
    np.testing.assert_allclose(found[0] + 1j * found[1], psi * np.exp(-1j * phases[:, :1]), atol=2e-6)


@DTYPES
def test_phases_of_a_sum_of_z_strings(dtype):
    half, width = 8, WIDTH[np.dtype(dtype)]
    masks, values = np.array([1, 6, 7]), np.random.default_rng(2).normal(size=(3, width)).astype(dtype)
    out, angles = aligned_zeros((half * width,), dtype), aligned_zeros((3 * width,), dtype)
    angles[:] = values.ravel()
    lane_angles(out, half, np.array([2, 0, 3]), masks, angles)
    signs = (-1.0) ** np.bitwise_count(np.arange(half)[:, None] & masks)
    np.testing.assert_allclose(out.reshape(half, width), signs @ values, atol=2e-6)
