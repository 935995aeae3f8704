"""Blocks of one large state: out of memory and back."""

import numpy as np
import pytest

from ketwork.engine.blocked import block_base, gather, scatter
from ketwork.engine.lanes import WIDTH
from ketwork.engine.sweeps import layout, new_space
from ketwork.engine.tiles import aligned_zeros


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gather_and_scatter_cover_the_state(dtype):
    width = WIDTH[np.dtype(dtype)]
    lane_bits, n, row_bits = width.bit_length() - 1, 12, 7
    space = new_space(row_bits, lane_bits)
    space.take(0b110000000000)
    cut = layout(space, n, row_bits, lane_bits)
    squares, lanes = cut.offsets(width)
    outer = np.array(cut.outer, np.int64)
    state = aligned_zeros((2 << n,), dtype)
    state[:] = np.arange(2 << n)
    copy, tile = aligned_zeros((2 << n,), dtype), aligned_zeros((2 * (1 << row_bits) * width,), dtype)
    seen = []
    for block in range(1 << len(outer)):
        base = block_base(block, outer)
        gather(state, base, squares, lanes, tile, 1 << row_bits)
        rows = tile.reshape(2, 1 << row_bits, width)
        assert rows[0, 0, 0] == base
        np.testing.assert_array_equal(rows[1], rows[0] + (1 << n))
        np.testing.assert_array_equal(rows[0, 0].astype(int), base ^ lanes)
        seen.append(rows[0].flatten())
        scatter(copy, base, squares, lanes, tile, 1 << row_bits)
    assert sorted(np.concatenate(seen)) == list(range(1 << n))
    np.testing.assert_array_equal(copy, state)
