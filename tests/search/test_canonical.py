"""The one form of an architecture: the same unitary, whatever the order it was written in."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketwork.circuit.gates import GATES
from ketwork.search.canonical import Place, canonical, commute, is_symmetric
from ketwork.search.space import Space

SPACE = Space(3, ("rx", "ry", "rz", "h", "t", "cx", "cz", "swap", "rzz", "crx"), max_gates=60)


def weights_after(architecture, goes, new, weights):
    """The weights taken along to the new form."""
    first = np.cumsum([0, *(GATES[gate].n_params for gate, _ in new)])
    moved, k = np.zeros(first[-1]), 0
    for (gate, _), end in zip(architecture, goes, strict=True):
        for j in range(GATES[gate].n_params):
            if end is not None:
                moved[first[end] + j] += weights[k]
            k += 1
    return moved


@st.composite
def architectures(draw):
    picks = draw(st.lists(st.integers(0, len(SPACE.places) - 1), min_size=0, max_size=14))
    return tuple(SPACE.places[k] for k in picks)


@given(architectures(), st.integers(0, 10))
@settings(max_examples=150, deadline=None)
def test_the_one_form_is_the_same_unitary(architecture, seed):
    new, goes = canonical(architecture)
    weights = np.random.default_rng(seed).uniform(-3, 3, SPACE.circuit(architecture).n_weights)
    before = SPACE.circuit(architecture).bind(w=weights).matrix()
    after = SPACE.circuit(new).bind(w=weights_after(architecture, goes, new, weights)).matrix()
    np.testing.assert_allclose(after, before, atol=1e-10)


@given(architectures(), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_exchanging_neighbours_that_commute_changes_nothing(architecture, random):
    shuffled = list(architecture)
    for _ in range(30):
        if len(shuffled) > 1:
            k = random.randrange(len(shuffled) - 1)
            if commute(shuffled[k], shuffled[k + 1]):
                shuffled[k], shuffled[k + 1] = shuffled[k + 1], shuffled[k]
    assert canonical(shuffled)[0] == canonical(architecture)[0]


@given(architectures())
@settings(max_examples=100, deadline=None)
def test_the_one_form_is_its_own(architecture):
    new, _ = canonical(architecture)
    assert canonical(new)[0] == new


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ([("cx", (0, 1)), ("cx", (0, 1))], []),
        ([("cx", (0, 1)), ("rz", (0,)), ("cx", (0, 1))], [("rz", (0,))]),
        ([("rx", (1,)), ("cx", (0, 1)), ("rx", (1,))], None),
        ([("cz", (1, 0)), ("cz", (0, 1))], []),
        ([("cx", (1, 0)), ("cx", (0, 1))], "as it is"),
        ([("ry", (0,)), ("rx", (1,)), ("ry", (0,))], [("ry", (0,)), ("rx", (1,))]),
    ],
)
def test_examples(written, wanted):
    found, _ = canonical([Place(*place) for place in written])
    if wanted is None:  # X commutes with the target of CX: the two rotations are one
        assert sorted(found) == [("cx", (0, 1)), ("rx", (1,))]
    else:
        assert list(found) == (written if wanted == "as it is" else wanted)


def test_symmetric_gates():
    assert {name for name in ("cz", "swap", "rzz", "iswap", "cp", "cx", "crz", "ecr") if is_symmetric(name)} == {
        *("cz", "swap", "rzz", "iswap", "cp"),
    }


def test_merged_gates_say_where_they_went():
    new, goes = canonical([Place("rx", (0,)), Place("rx", (0,)), Place("h", (1,)), Place("rx", (0,)), Place("h", (1,))])
    assert new == (("rx", (0,)),)
    assert goes == [0, 0, None, 0, None]
