"""Sweeps over one large state: who may share one, and in what order."""

import numpy as np
import pytest

from ketwork.engine.sweeps import Item, layout, new_space, plan


@pytest.mark.parametrize("seed", range(15))
def test_plans_hold_everything_once_in_an_order_that_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    n, block_bits, low_bits = 12, 7, 3
    items = [
        Item(int(rng.integers(0, 1 << n)) if rng.random() < 0.8 else 0, (int(rng.integers(1 << n)),), (k,))
        for k in range(60)
    ]
    swept = plan(items, n, block_bits, low_bits)
    order = [item for _, chosen in swept for item in chosen]
    assert sorted(item.steps for item in order) == sorted(item.steps for item in items)
    for later, b in enumerate(order):
        assert all(a.steps < b.steps or a.commutes(b) for a in order[:later])
    for cut, chosen in swept:
        for item in chosen:
            cut.coordinates(item.flip)


def test_a_layout_reaches_every_basis_state_once():
    space = new_space(6, 3)
    for mask in (0b1100000000, 0b0110010000):
        assert space.take(mask)
    cut = layout(space, 10)
    blocks = [sum(((k >> j) & 1) << bit for j, bit in enumerate(cut.outer)) for k in range(1 << len(cut.outer))]
    rows = [int(offset) ^ low for offset in cut.offsets(3) for low in range(8)]
    assert len(rows) == 1 << 6
    assert {base ^ row for base in blocks for row in rows} == set(range(1 << 10))


def test_a_state_that_is_one_block_stays_where_it_is():
    items = [Item(int(v), (int(s),), (k,)) for k, (v, s) in enumerate(np.random.default_rng(0).integers(1, 64, (9, 2)))]
    ((cut, chosen),) = plan(items, 6, 6, 5)
    assert chosen == items
    assert cut.outer == ()
    np.testing.assert_array_equal(cut.offsets(0), np.arange(64))


def test_a_full_space_takes_only_what_it_spans():
    space = new_space(4, 3)
    assert space.take(0b110000)
    assert not space.take(0b100000)
    assert space.take(0b110101)


def test_commutation():
    x, z, y = Item(1, (0,), (0,)), Item(0, (1,), (1,)), Item(1, (1,), (2,))
    assert not x.commutes(z)
    assert not y.commutes(z)
    assert x.commutes(Item(2, (2,), (3,)))
    assert Item(3, (0,), (4,)).commutes(Item(0, (3,), (5,)))
