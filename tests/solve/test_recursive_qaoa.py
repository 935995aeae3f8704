"""Recursive QAOA reaches the optimum of small instances, and its steps say why."""

import numpy as np
import pytest

from ketwork import Simulator
from ketwork.operators import MaxCut, Polynomial, load_instance
from ketwork.solve.recursive_qaoa import recursive_qaoa
from ketwork.solve.references import exhaustive
from ketwork.solve.solution import answer


def random_cut(n: int, seed: int) -> MaxCut:
    rng = np.random.default_rng(seed)
    edges = [(a, b) for a in range(n) for b in range(a + 1, n) if rng.random() < 0.5]
    return MaxCut(n, tuple(edges), tuple(rng.choice([-1.0, 1.0], len(edges))))


@pytest.mark.parametrize("seed", range(3))
def test_small_cuts_are_solved(seed):
    problem = random_cut(11, seed)
    found = recursive_qaoa(problem, cutoff=4, seed=0)
    assert found.value == pytest.approx(-exhaustive(problem).objective)
    assert found.samples.shape == (1, 11) and found.value == problem.qubo().value(found.samples[0])


def test_a_ring_is_two_coloured():
    """Level 1 solves rings, whose QAOA needs p = n / 2: Bravyi et al., arXiv 1910.08980."""
    found = recursive_qaoa(MaxCut(12, tuple((k, (k + 1) % 12) for k in range(12))), cutoff=2, seed=0)
    assert found.value == -12
    steps = found.extra["eliminations"]
    assert len(steps) >= 9 and all(step.sign == -1 for step in steps[:1])
    assert steps[0].correlation == pytest.approx(-0.5)  # <Z Z> = 1 - 2 * 3/4 on every edge at p = 1


def test_independent_sets(data_folder):
    problem = load_instance("mis_graphs/1tc_8")
    best = answer(problem, recursive_qaoa(problem, 2, cutoff=3, seed=0), rounds=0)
    assert best.checked.feasible and best.objective == problem.known_optimum


def test_products_of_three_and_a_backend():
    terms = (((0, 1, 2), 1.0), ((2, 3, 4), -2.0), ((0, 4), 0.5), ((1,), -0.3), ((3,), 0.9), ((5,), -1.0))
    cost = Polynomial(tuple("abcdef"), terms)
    ours, theirs = (recursive_qaoa(cost, cutoff=3, seed=0, backend=b) for b in (None, Simulator("double")))
    assert ours.value == theirs.value == cost.diagonal().min()
    assert theirs.circuits > theirs.n_evaluations


def test_few_variables_are_tried_at_once():
    found = recursive_qaoa(random_cut(5, 0), cutoff=8)
    assert found.n_evaluations == 0 and found.value == -exhaustive(random_cut(5, 0)).objective


def test_bad_arguments():
    with pytest.raises(ValueError, match="`cutoff` must lie in"):
        recursive_qaoa(random_cut(5, 0), cutoff=0)
    for name in ("angles", "mixer", "shots", "start", "state", "warm_start"):
        with pytest.raises(ValueError, match=f"`{name}` is not for recursive QAOA"):
            recursive_qaoa(random_cut(5, 0), **{name: None})
