"""The best single move from differences, against every neighbour's own value."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketwork.operators.assignment_problems import QuadraticAssignment
from ketwork.operators.graph_problems import GraphColouring, IndependentSet, MaxCut
from ketwork.operators.number_problems import Knapsack, LowAutocorrelation
from ketwork.solve import best_move
from ketwork.solve.best_move import MoveTable
from ketwork.solve.heuristics import local_search

pairs = [(u, v) for u in range(7) for v in range(u)]
edges_of = st.sets(st.sampled_from(pairs), min_size=1).map(lambda found: tuple(sorted(found)))


def neighbours(bits):
    """Every string a move away: flips by place, then exchanges by the 1 and by the 0."""
    places = [(k,) for k in range(len(bits))]
    places += [(i, j) for i in np.flatnonzero(bits) for j in np.flatnonzero(bits == 0)]
    for turned in places:
        moved = bits.copy()
        moved[list(turned)] ^= 1
        yield moved


def rank(problem, bits):
    found = problem.check(bits)
    return sum(v for _, v in found.violations), found.objective * (-1 if problem.maximise else 1)


def plain(problem, bits):
    """The first best neighbour, None where none is better."""
    best = min(neighbours(bits), key=lambda moved: rank(problem, moved))
    return best if rank(problem, best) < rank(problem, bits) else None


def agree(problem, bits):
    found, expected = MoveTable(problem).better(bits), plain(problem, bits)
    assert (found is None) == (expected is None)
    if found is not None:
        np.testing.assert_array_equal(found, expected)


@settings(max_examples=60, deadline=None)
@given(edges_of, st.lists(st.integers(-3, 3), min_size=21, max_size=21), st.integers(0, 127))
def test_graphs_with_whole_weights(edges, weights, string):
    bits = np.array([string >> k & 1 for k in range(7)], np.uint8)
    agree(MaxCut(7, edges, tuple(weights[: len(edges)])), bits)
    agree(IndependentSet(7, edges, tuple(1 + abs(w) for w in weights[:7])), bits)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=24, max_size=24), st.integers(0, 30), st.integers(0, 255))
def test_knapsacks_with_two_capacities(numbers, capacity, string):
    bits = np.array([string >> k & 1 for k in range(8)], np.uint8)
    agree(Knapsack(numbers[:8], (numbers[8:16], numbers[16:]), (capacity, 12)), bits)


@pytest.mark.parametrize("seed", range(4))
def test_fractions_and_equations(seed, monkeypatch):
    monkeypatch.setattr(best_move, "_AT_ONCE", 10)  # several pieces
    rng = np.random.default_rng(seed)
    assignment = QuadraticAssignment(rng.random((3, 3)), rng.random((3, 3)))
    colouring = GraphColouring(4, ((0, 1), (1, 2), (2, 3)), 3)
    cut = MaxCut(9, tuple((u, v) for u in range(9) for v in range(u)), tuple(rng.normal(size=36)))
    load = Knapsack(tuple(rng.random(9)), (tuple(rng.integers(1, 900, 9) / 1000),), (1.2,))
    for problem in (assignment, colouring, cut, load):
        for bits in rng.integers(0, 2, (12, problem.n_variables)).astype(np.uint8):
            agree(problem, bits)


@pytest.mark.parametrize("bits", ["0000", "1111"])
def test_strings_without_exchanges(bits):
    start = np.array(list(bits), np.uint8)
    agree(MaxCut(4, ((0, 1), (1, 2))), start)


def test_moves_that_only_rounding_tells_apart_are_equal():
    cut = MaxCut(4, ((0, 1), (2, 3)), (0.1 + 0.2, 0.3))
    assert MoveTable(cut).better(np.zeros(4, np.uint8)).tolist() == [1, 0, 0, 0]
    assert MoveTable(cut).better(np.array([0, 1, 0, 1], np.uint8)) is None


def test_hundreds_of_variables_take_no_time():
    rng = np.random.default_rng(0)
    edges = {tuple(sorted(map(int, rng.choice(800, 2, replace=False)))) for _ in range(19000)}
    cut = MaxCut(800, tuple(sorted(edges)))
    start = rng.integers(0, 2, 800).astype(np.uint8)
    started = time.perf_counter()
    found = local_search(cut, start, 3)
    assert time.perf_counter() - started < 5
    assert cut.check(found).objective > cut.check(start).objective


def test_doors():
    with pytest.raises(ValueError, match="degree 2 at most, but it has 4"):
        MoveTable(LowAutocorrelation(6))
