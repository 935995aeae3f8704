"""Tables of mixers against the product over qubits that they stand for."""

import numpy as np
import pytest

from ketwork.engine.diagonal_tables import Mixing, cut_for


@pytest.mark.parametrize("symmetric", (False, True))
@pytest.mark.parametrize("by_number", (False, True))
def test_a_table_holds_the_mixer_of_every_index(symmetric, by_number):
    n, rng = 9 + symmetric, np.random.default_rng(0)
    cut = cut_for(9, 8)
    mixing = Mixing(n, cut, np.dtype(float), symmetric, by_number)
    angles = np.full(n, 0.7) if by_number else rng.normal(size=n)
    tables = mixing.tables(angles)
    signs = 1 - 2 * ((np.arange(512)[:, None] >> np.arange(8, -1, -1)) & 1)
    total = signs @ angles[int(symmetric) :] + (angles[0] * signs.prod(axis=1) if symmetric else 0)
    laid = tables.runs.reshape(2, -1, 2, 8)
    runs = (laid[:, :, 0] + 1j * laid[:, :, 1]).reshape(2, -1)
    odd = np.array([k.bit_count() & 1 for k in range(1 << cut.high)])
    found = ((tables.rows[:, 0] + 1j * tables.rows[:, 1])[:, None] * runs[odd]).ravel()
    np.testing.assert_allclose(found, np.exp(1j * total) / 512, atol=1e-15)


@pytest.mark.parametrize("symmetric", (False, True))
def test_slopes_are_the_signed_sums(symmetric):
    n, cut, values = 9 + symmetric, cut_for(9, 8), np.random.default_rng(0).normal(size=512)
    square = values.reshape(1 << cut.high, -1)
    odd = np.array([k.bit_count() & 1 for k in range(1 << cut.high)])
    sums = square.sum(axis=1), np.array([square[odd == 0].sum(axis=0), square[odd == 1].sum(axis=0)])
    signs = 1 - 2 * ((np.arange(512)[:, None] >> np.arange(8, -1, -1)) & 1)
    each = [values @ signs.prod(axis=1)] * symmetric + list(values @ signs)
    slopes = Mixing(n, cut, np.dtype(float), symmetric, False).slopes(*sums)
    np.testing.assert_allclose(slopes, -2 / 512 * np.array(each), atol=1e-13)
    together = Mixing(n, cut, np.dtype(float), symmetric, True).slopes(*sums)
    assert together.sum() == pytest.approx(slopes.sum(), abs=1e-13)


@pytest.mark.parametrize("width", (8, 16))
def test_pieces_fill_the_state_whatever_its_size(width):
    for bits in range(width.bit_length(), 30):
        cut = cut_for(bits, width)
        assert cut.high >= 1 and (1 << cut.low) >= width
        assert (2 << cut.low) % cut.run == 0 and cut.run % (2 * width) == 0
