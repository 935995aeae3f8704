"""Slots: circuits lie in the space, angles are shared as said, and sparse Adam is Adam."""

import numpy as np
import pytest

from ketwork.search.slots import SparseAdam, layered, layers_for
from ketwork.search.space import Space, size_of

SPACES = [
    Space(3, max_gates=7),
    Space(4, ("rx", "u3", "cx", "rzz"), ((0, 1), (1, 2), (2, 3)), max_gates=12, max_depth=4, max_two_qubit=3),
    Space(4, ("rx", "ry", "cz"), max_gates=24, layers=("linear", "ring")),
]


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("sharing", ["one-shot", "entangled"])
def test_circuits_of_slots_lie_in_the_space_with_an_angle_for_each_of_theirs(space, sharing):
    slots, rng = layered(space, layers_for(space), sharing), np.random.default_rng(0)
    assert slots.count >= 2 * space.max_places
    for _ in range(40):
        choices = slots.draw(rng, int(rng.integers(1, slots.count + 1)))
        architecture, where, kept = slots.build(choices)
        assert space.fits(architecture)
        assert len(where) == space.circuit(architecture).n_weights
        assert len(where) == 0 or where.max() < slots.n_angles
        again = slots.build(kept)
        assert again[0] == architecture
        np.testing.assert_array_equal(again[1], where)
        assert (kept[kept >= 0] == choices[kept >= 0]).all()


def test_only_what_limits_forbid_is_left_out():
    slots = layered(Space(2, ("rx", "cx"), max_gates=10, max_two_qubit=1), 2)
    architecture, _, kept = slots.build(np.zeros(slots.count, int))
    assert [place.gate for place in architecture] == ["rx", "rx", "cx", "rx", "rx"]
    assert list(kept) == [0, 0, 0, 0, 0, -1]


def test_who_shares_angles():
    space = Space(2, ("rx", "ry", "u3", "crx"), max_gates=4)
    alone, shared = layered(space, 1), layered(space, 1, "entangled")
    # a qubit: rx, ry and u3 have 1 + 1 + 3 angles, shared 3; the pair: crx both ways 2, shared 1
    assert (alone.n_angles, shared.n_angles) == (2 * 5 + 2, 2 * 3 + 1)
    first = [set(map(int, a)) for a in shared.addresses[0]]
    assert first[0] == first[1] and first[0] < first[2]
    assert not set(map(int, np.concatenate(shared.addresses[0]))) & set(map(int, np.concatenate(shared.addresses[1])))


def test_every_gate_name_is_as_likely():
    slots, rng = layered(Space(4), 2), np.random.default_rng(1)
    names = [place.gate for _ in range(3000) for place in slots.build(slots.draw(rng, 1))[0]]
    counts = [names.count(name) for name in slots.space.gates]
    assert np.abs(np.array(counts) - 750).max() < 4 * np.sqrt(3000 * 0.25 * 0.75)


def test_sparse_adam_is_torchs_adam_where_every_entry_moves():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(2)
    ours, theirs = rng.normal(size=5), None
    theirs = torch.tensor(ours.copy(), requires_grad=True)
    adam, peer = SparseAdam(5, 0.05), torch.optim.Adam([theirs], lr=0.05)
    for _ in range(20):
        slope = rng.normal(size=5)
        adam.step(ours, np.arange(5), slope)
        theirs.grad = torch.tensor(slope)
        peer.step()
    np.testing.assert_allclose(ours, theirs.detach().numpy(), atol=1e-9)


def test_sparse_adam_leaves_others_and_adds_up_what_comes_twice():
    table, other = np.zeros(4), np.zeros(4)
    SparseAdam(4, 0.1).step(table, np.array([1, 1, 3]), [1.0, 2.0, -1.0])
    SparseAdam(4, 0.1).step(other, np.array([1, 3]), [3.0, -1.0])
    np.testing.assert_array_equal(table, other)
    assert table[0] == table[2] == 0 and table[1] < 0 < table[3]


def test_doors():
    with pytest.raises(ValueError, match="`sharing`"):
        layered(Space(2), 1, "both")
    with pytest.raises(ValueError, match="`layers`"):
        layered(Space(2), 0)
    assert size_of(layered(Space(2), 1).build(np.full(3, -1))[0]).gates == 0
