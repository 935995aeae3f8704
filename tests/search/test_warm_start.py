"""Angles taken along: the longest common part keeps its angles, and circuits that hold another reach its value."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketwork import Simulator
from ketwork.search.canonical import Place, flat
from ketwork.search.space import Space, draw
from ketwork.search.warm_start import carried, common, n_angles

SPACE = Space(3, ("rx", "u3", "cx", "rzz"), max_gates=8)
LETTERS = [Place("rx", (q,)) for q in range(3)]


@given(st.lists(st.sampled_from(LETTERS), max_size=6), st.lists(st.sampled_from(LETTERS), max_size=6))
def test_no_common_subsequence_is_longer(a, b):
    pairs = common(a, b)
    assert all(a[i] == b[j] for i, j in pairs)
    assert all(i < k and j < m for (i, j), (k, m) in pairwise(pairs))
    longest = max(
        len(rows) for size in range(len(a) + 1) for rows in combinations(range(len(a)), size) if _within(a, rows, b)
    )
    assert len(pairs) == longest


def _within(a, rows, b):
    rest = iter(b)
    return all(a[k] in rest for k in rows)


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_a_circuit_with_idle_gates_put_in_has_the_same_state(seed):
    rng = np.random.default_rng(seed)
    before = draw(SPACE, rng)
    params = rng.uniform(-3, 3, n_angles(before))
    after = list(before)
    for place in (Place("u3", (1,)), Place("rzz", (0, 2)), Place("rx", (2,))):  # nothing while their angles are 0
        after.insert(int(rng.integers(len(after) + 1)), place)
    # However the same gates are read, those left over are of the kinds that were put in, with angles 0
    start = carried(before, params, after)
    states = [Simulator().state(SPACE.circuit(a), None, p)[0] for a, p in ((before, params), (after, start))]
    assert abs(np.vdot(*states)) == pytest.approx(1, abs=1e-12)


def test_new_gates_begin_where_they_are_told():
    before, after = (
        (Place("rx", (0,)), Place("cx", (0, 1))),
        (Place("rx", (0,)), Place("rx", (1,)), Place("cx", (0, 1))),
    )
    assert carried(before, np.array([0.3]), after).tolist() == [0.3, 0.0]
    assert carried(before, np.array([0.3]), after, np.array([7.0, 8.0])).tolist() == [0.3, 8.0]


def test_layers_are_taken_gate_by_gate():
    layer, gates = (Place("rx", (0, 1, 2)),), (Place("rx", (0,)), Place("rx", (2,)))
    assert n_angles(layer) == 3 == n_angles(flat(layer))
    assert carried(layer, np.array([0.1, 0.2, 0.3]), gates).tolist() == [0.1, 0.3]


def test_door():
    with pytest.raises(ValueError, match="must hold 1 angles, but holds 2"):
        carried((Place("rx", (0,)),), np.zeros(2), ())
