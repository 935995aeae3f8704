"""The tensor of moments: there and back, and what it looks like."""

import numpy as np
import pytest

from ketwork.search.canonical import Place, canonical
from ketwork.search.moment_tensor import from_tensor, to_tensor
from ketwork.search.space import Space, draw


def test_there_and_back():
    space, rng = Space(4), np.random.default_rng(0)
    for _ in range(50):
        architecture = draw(space, rng)
        back = from_tensor(to_tensor(architecture, 4, 40))
        assert canonical(back)[0] == canonical(architecture)[0]
        np.testing.assert_array_equal(to_tensor(back, 4, 40), to_tensor(architecture, 4, 40))


def test_a_gate_goes_to_its_first_free_moment():
    tensor = to_tensor([Place("cx", (0, 2)), Place("ry", (1,)), Place("rz", (0,))], 3, 5)
    assert tensor.shape == (5, 6, 3)
    assert set(map(tuple, np.argwhere(tensor))) == {(0, 2, 0), (0, 4, 1), (1, 5, 0)}


def test_other_gates_have_rows_of_their_own():
    gates = ("h", "cz", "t", "rzz")
    space, rng = Space(3, gates, max_gates=20), np.random.default_rng(1)
    for _ in range(30):
        architecture = draw(space, rng)
        tensor = to_tensor(architecture, 3, 20, gates)
        assert tensor.shape == (20, 1 + 3 + 1 + 3, 3) and tensor.sum() == len(architecture)
        assert canonical(from_tensor(tensor, gates))[0] == canonical(architecture)[0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: to_tensor([Place("h", (0,))], 2, 3), "but the architecture has 'h'"),
        (lambda: to_tensor([Place("rx", (0,)), Place("ry", (0,))], 2, 1), "at most 1 moments, but has 2"),
        (lambda: from_tensor(np.ones((2, 5, 2))), "two gates on one qubit"),
        (lambda: from_tensor(np.zeros((2, 4, 2))), "must have shape"),
        (lambda: from_tensor(np.full((2, 5, 2), 0.5)), "of 0 and 1"),
    ],
)
def test_doors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
