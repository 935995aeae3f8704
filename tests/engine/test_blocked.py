"""Blocks of one state: out of memory and back, and what drives a sweep."""

import numpy as np
import pytest

from ketwork.engine.blocked import block_base, gather, scatter, start, turns_of
from ketwork.engine.lanes import WIDTH
from ketwork.engine.sweeps import layout, new_space
from ketwork.engine.tiles import aligned_zeros


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gather_and_scatter_cover_the_state(dtype):
    width = WIDTH[np.dtype(dtype)]
    lane_bits, n, block_bits = width.bit_length() - 1, 12, 7
    space = new_space(block_bits, lane_bits)
    space.take(0b110000000000)
    cut = layout(space, n)
    offsets, outer = cut.offsets(lane_bits), np.array(cut.outer, np.int64)
    state = aligned_zeros((2 << n,), dtype)
    state[:] = np.arange(2 << n)
    copy, tile = aligned_zeros((2 << n,), dtype), aligned_zeros((2 << block_bits,), dtype)
    seen = []
    for block in range(1 << len(outer)):
        base = block_base(block, outer)
        gather(state, base, offsets, tile)
        planes = tile.reshape(2, 1 << block_bits)
        assert planes[0, 0] == base
        np.testing.assert_array_equal(planes[1], planes[0] + (1 << n))
        np.testing.assert_array_equal(planes[0, :width], base + np.arange(width))
        seen.append(planes[0].copy())
        scatter(copy, base, offsets, tile)
    assert sorted(np.concatenate(seen)) == list(range(1 << n))
    np.testing.assert_array_equal(copy, state)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cosines_and_sines_and_what_their_rounding_costs(dtype):
    angles = np.random.default_rng(0).normal(scale=20, size=21)
    turns, turned = np.empty((21, 2), dtype), np.arange(0, 21, 2)
    scale = turns_of(angles, turned, turns)
    exact = np.stack([np.cos(angles / 2), np.sin(angles / 2)], axis=1)
    np.testing.assert_allclose(turns, exact, rtol=0, atol=6e-8 if dtype is np.float32 else 4e-16)
    norms = np.sum(turns[turned].astype(np.longdouble) ** 2, axis=1)
    np.testing.assert_allclose(scale * np.sqrt(np.prod(norms)), 1.0, rtol=0, atol=1e-12)


def test_a_start_is_the_zero_state():
    table = np.array([0.5, 1.0]), np.array([1]), np.array([2.0]), np.array([[1, 2]])
    angles, turns, state = start(np.array([[3.0]]), np.array([0.25]), table, np.array([0, 1]), 16, np.zeros(0))
    np.testing.assert_allclose(angles, [0.5, 1.0 + 2.0 * 0.25 * 3.0])
    np.testing.assert_allclose(turns[:, 0], np.cos(angles / 2))
    np.testing.assert_allclose(state, np.eye(32)[0], atol=1e-15)
