"""What is around the walk through a tile: cosines, tables, norms."""

import numpy as np
import pytest
from scipy.linalg import hadamard

from ketwork.engine.lanes import WIDTH
from ketwork.engine.tile_kernels import cosines, fill_rows, normalize, phase_tables, pull_tables, walsh_line
from ketwork.engine.tiles import aligned_zeros


def test_cosines_are_rounded_once_and_the_scale_makes_up_for_it():
    halves = np.random.default_rng(0).normal(size=300) * 40
    out = np.empty((300, 2), np.float32)
    scale = cosines(halves, out)
    np.testing.assert_array_equal(out, np.stack([np.cos(halves), np.sin(halves)], axis=1).astype(np.float32))
    norm = np.prod(np.hypot(*out.astype(np.float64).T))
    assert abs(norm - 1) > 1e-8
    assert scale * norm == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("half", [4, 8, 64])
def test_phase_tables_and_their_way_back(half):
    rng = np.random.default_rng(half)
    rows, table_of, angles = rng.integers(0, half, 9), np.array([0, 0, 0, 1, 1, 1, 1, 2, 2]), rng.normal(size=9)
    tables = np.empty((3, 2 * half))
    phase_tables(angles, table_of, rows, tables)
    signs = hadamard(half)[:, rows]
    phases = np.stack([signs[:, table_of == t] @ angles[table_of == t] for t in range(3)])
    np.testing.assert_allclose(
        tables.reshape(3, half, 2), np.stack([np.cos(phases), np.sin(phases)], axis=2), atol=1e-14
    )
    cotangent, out = rng.normal(size=(3, half)), np.empty(9)
    expected = [cotangent[t] @ signs[:, k] for k, t in enumerate(table_of)]
    pull_tables(cotangent.copy(), table_of, rows, out)
    np.testing.assert_allclose(out, expected, atol=1e-12)


def test_walsh_twice_is_the_number_of_rows():
    values = np.random.default_rng(1).normal(size=32)
    line = values.copy()
    walsh_line(line)
    walsh_line(line)
    np.testing.assert_allclose(line, 32 * values)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_normalize_every_lane_but_empty_ones(dtype):
    half, width = 16, WIDTH[np.dtype(dtype)]
    tile, scratch = aligned_zeros((2 * half * width,), dtype), aligned_zeros((width,), dtype)
    tile[:] = np.random.default_rng(2).normal(size=len(tile))
    tile.reshape(-1, width)[:, 3] = 0
    normalize(tile, half, scratch)
    norms = (tile.astype(np.float64).reshape(-1, width) ** 2).sum(axis=0)
    np.testing.assert_allclose(np.delete(norms, 3), 1, atol=3 * np.finfo(dtype).eps)
    assert norms[3] == 0


def test_lanes_without_a_sample_repeat_the_last_one():
    width, dtype = 16, np.float32
    angles = np.array([[0.1, 50.0], [0.2, -50.0], [0.3, 7.0]])
    coefficients, terms = aligned_zeros((2 * width,), dtype), aligned_zeros((width,), dtype)
    fill_rows(0, angles, np.array([0]), np.zeros((1, 2), dtype), np.array([1]), coefficients, terms)
    np.testing.assert_allclose(coefficients[:width], np.cos([0.1, 0.2] + [0.3] * 14), atol=1e-7)
    np.testing.assert_allclose(coefficients[width:], np.sin([0.1, 0.2] + [0.3] * 14), atol=1e-7)
    wrapped = np.array([50 - 16 * np.pi, 16 * np.pi - 50] + [7 - 2 * np.pi] * 14)
    np.testing.assert_allclose(terms, wrapped, atol=1e-6)
