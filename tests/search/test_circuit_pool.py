"""A pool: different circuits of the space, each written in one order."""

import numpy as np

from ketwork import Simulator
from ketwork.search.canonical import Place, canonical
from ketwork.search.circuit_pool import by_time, draw_pool
from ketwork.search.space import Space, draw


def test_circuits_differ_and_lie_in_the_space():
    space = Space(3, ("h", "rx", "cx", "cz"), max_gates=6, max_depth=3)
    found = draw_pool(space, 300, np.random.default_rng(0))
    assert len(found) == 300 == len({canonical(a)[0] for a in found})
    assert all(space.fits(a) for a in found)
    assert found == draw_pool(space, 300, np.random.default_rng(0))
    assert {len(a) for a in draw_pool(Space(4), 20, np.random.default_rng(0), 12)} == {12}


def test_a_small_space_gives_all_it_has():
    """One qubit, X and H: no gate repeats, X H or H X in turn."""
    found = draw_pool(Space(1, ("x", "h"), max_gates=3), 100, np.random.default_rng(0))
    assert len(found) == 6


def test_order_of_time_changes_nothing_but_the_writing():
    space, rng = Space(4, ("rx", "u3", "cx", "swap"), max_gates=10), np.random.default_rng(1)
    for _ in range(20):
        before = tuple(place for place in draw(space, rng) if place.gate != "rx" and place.gate != "u3")
        states = [Simulator().state(space.circuit(a)) for a in (before, by_time(before))]
        np.testing.assert_allclose(states[0], states[1], atol=1e-12)
    one = (Place("x", (0,)), Place("h", (1,)), Place("cx", (0, 1)), Place("h", (2,)))
    assert by_time(one) == by_time((one[3], one[1], one[0], one[2])) == (*one[:2], one[3], one[2])
