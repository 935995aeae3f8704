"""Searching the tree of circuits: known optima, an order that is learned, bounds that go where it is better."""

import numpy as np
import pytest

from ketwork import PauliSum
from ketwork.search import Budget, Energy, Search, Space, Task, seek
from ketwork.search.log import Log
from ketwork.search.tree_search import _branch, _filled, _Tree, _uct, _way
from searching import errors, ghz_task, hydrogen_task, same


@pytest.mark.parametrize("kind", ["best-first", "uct"])
def test_known_optima_are_found(kind):
    assert sum(error < 1e-6 for error in errors(ghz_task(), "mcts", 4_000, 3, kind=kind)) >= 2
    assert sum(error < 1e-6 for error in errors(hydrogen_task(), "mcts", 3_000, 3, kind=kind)) >= 2
    layered = ghz_task(("linear", "matchings"))
    assert sum(error < 1e-6 for error in errors(layered, "mcts", 4_000, 3, kind=kind)) >= 2


@pytest.mark.parametrize("kind", ["best-first", "uct"])
def test_equal_seeds_go_the_same_way(kind):
    one, other, third = (seek(ghz_task(), "mcts", 2_500, seed, kind=kind) for seed in (1, 1, 2))
    assert same(one, other) and not same(one, third)


def tree_of(budget, **weights):
    search = Search(ghz_task(), Budget(budget), 0, Log())
    search.notes.update(circuits=0, refits=0, fit=[])
    values = {"gate_cost": 0.0, "curious": 1.0, "chance": 0.25, **weights}
    return search, _Tree(search, 4, 16, tuple(values.values()), True)


def test_the_tree_is_one():
    search, tree = tree_of(20_000)
    tree.plant()
    for _ in range(5):
        tree.grow(8)
    assert search.notes["refits"] >= 1 and len(tree.nodes) == 41
    for node in tree.nodes[1:]:
        length = len(node.parent.architecture)
        assert node.architecture[:length] == node.parent.architecture and len(node.architecture) > length
        below = [other for other in tree.nodes if node in _above(other)]
        assert node.best == min([node.reached, *(other.reached for other in below)])
        assert node.counts.sum() == len(node.architecture)


def _above(node):
    found = []
    while node.parent is not None:
        found.append(node.parent)
        node = node.parent
    return found


def test_without_chance_the_least_priority_comes_first():
    _, tree = tree_of(20_000, chance=0.0)
    tree.plant()
    tree.grow(8)
    tree.grow(16)
    tree._predict()
    ranked = sorted(tree.frontier, key=tree._priority)
    chosen, left = tree._split(0)
    assert chosen == [] and len(left) == len(ranked)
    before = len(tree.nodes)
    tree.grow(4)
    assert {node.architecture for node in tree.nodes[before:]} == {move.architecture for move in ranked[:4]}


def test_bounds_lead_where_it_is_better():
    search = Search(hydrogen_task(), Budget(4_000), 0, Log())
    root = _branch(search, ())
    rng = np.random.default_rng(0)
    for _ in range(400):  # a toy: what begins with the first place is better by far
        way = _way(search, root, 0.5, 0.0, 1.0)
        good = len(way) > 1 and way[1].architecture[0] == search.space.places[0]
        for branch in way:
            branch.visits += 1
            branch.total += (0.0 if good else 0.8) + 0.2 * rng.random()
    visits = {child.architecture[0]: child.visits for child in root.children}
    assert root.visits == 400 == sum(visits.values())
    assert visits.get(search.space.places[0], 0) > 200
    for child in root.children:
        assert child.visits >= sum(below.visits for below in child.children)


def test_rollouts_are_legal_and_full():
    search = Search(ghz_task(), Budget(100), 0, Log())
    for _ in range(20):
        architecture = _filled(search, (), 6)
        assert search.space.fits(architecture) and len(architecture) == 6


def test_every_walk_is_told_its_answer():
    search = Search(hydrogen_task(), Budget(3_000), 0, Log())
    search.notes.update(circuits=0)
    with pytest.raises(Exception, match="spent"):
        _uct(search, 4, 1.0, None)
    assert search.notes["circuits"] > 8 and search.best is not None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "depth-first"}, "`kind` must be one of"),
        ({"batch": 0}, "`batch`"),
        ({"chance": 2.0}, "`chance`"),
        ({"stride": 0}, "`stride`"),
    ],
)
def test_doors(options, message):
    with pytest.raises(ValueError, match=message):
        seek(ghz_task(), "mcts", 1_000, **options)


def test_a_space_that_is_used_up_ends_the_search():
    small = Task("one", Energy(PauliSum.from_dict({"Z": 1.0}), -1.0), Space(1, ("x", "h"), max_gates=2))
    found = seek(small, "mcts", 5000)
    assert found.best.error < 1e-9 and found.spent < 5000
    assert len(found.errors) == 5  # nothing, x, h, xh, hx
