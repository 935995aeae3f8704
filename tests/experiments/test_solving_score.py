"""Scores in closed form: ratios, times to solution, and what counts as the best known."""

from dataclasses import replace

import numpy as np
import pytest

from ketwork.experiments.solving_score import (
    accuracy,
    best_known,
    contradictions,
    exact_energy,
    exactly,
    measure,
    quality,
    target_energy,
    time_to_solution,
)
from ketwork.operators import GraphColouring, LowAutocorrelation, MaxCut, Polynomial, Problem

CUT = MaxCut(3, ((0, 1), (1, 2), (0, 2)), known_optimum=2.0)


class Negative(Problem):
    """x0 + x1 - 3 x0 x1, least -1."""

    objective = Polynomial(("a", "b"), (((0,), 1.0), ((1,), 1.0), ((0, 1), -3.0)))


def ours(value, feasible=True, method="qaoa"):
    return {"objective": value, "feasible": feasible, "method": method}


def theirs(value, proven=False, method="HiGHS"):
    return {"value": value, "proven": proven, "method": method, "feasible": value is not None}


def test_quality():
    assert quality(CUT, ours(1.0), 2.0) == 0.5
    assert quality(CUT, ours(1.0, False), 2.0) == 0
    labs = LowAutocorrelation(7)
    assert quality(labs, ours(6.0), 3.0) == 0.5 and quality(labs, ours(3.0), 3.0) == 1
    assert measure(labs, 3.0) == "approximation ratio"
    colours = GraphColouring(2, ((0, 1),), 2)  # 0 is the best: 4 strings of 16 have 2 conflicts, 8 have 1... mean 1/2
    assert quality(colours, ours(0.0), 0.0) == 1 and quality(colours, ours(1.0), 0.0) == 0
    assert "random" in measure(colours, 0.0)
    mean = np.mean([0, 1, 1, -1])
    assert quality(Negative(), ours(0.0), -1.0) == pytest.approx((mean - 0) / (mean + 1))


def test_the_best_known():
    rows = [theirs(2.0, False, "annealing"), theirs(2.0, True)]
    assert best_known(CUT, rows).by == "HiGHS" and best_known(CUT, rows).proven
    assert best_known(CUT, [theirs(1.0)]).by == "the instance's file"
    assert best_known(MaxCut(2, ((0, 1),)), [theirs(0.0)], [ours(1.0)]).by == "qaoa"
    with pytest.raises(ValueError, match="no feasible"):
        best_known(MaxCut(2, ((0, 1),)), [theirs(None)])


def test_a_contradicted_optimum_is_left_out():
    wrong = MaxCut(3, CUT.edges, known_optimum=1.0)
    assert best_known(wrong, [theirs(2.0, True)]).value == 2
    (said,) = contradictions(wrong, [ours(2.0), ours(0.0), theirs(2.0)])
    assert "1, is contradicted" in said and "string of 2" in said
    assert contradictions(CUT, [ours(2.0)]) == []
    assert contradictions(wrong, [ours(2.0, feasible=False)]) == []


def test_a_proof_contradicts_an_optimum_that_is_out_of_reach():
    wrong = MaxCut(3, CUT.edges, known_optimum=3.0)
    assert best_known(wrong, [theirs(2.0, True)]).by == "HiGHS" and best_known(wrong, [theirs(2.0)]).value == 3
    (said,) = contradictions(wrong, [theirs(2.0, True), ours(2.0)])
    assert "optimum, 3, is contradicted: HiGHS proved that nothing is better than 2" in said
    assert contradictions(wrong, [theirs(2.0)]) == [] == contradictions(CUT, [theirs(2.0, True)])
    labs = replace(LowAutocorrelation(7), known_optimum=2.0)
    assert best_known(labs, [theirs(3.0, True)]).value == 3 and contradictions(labs, [theirs(3.0, True)])


def test_shares_where_infeasible_strings_make_the_mean_better_than_the_best():
    """The worse of two answers must not score above the better one."""

    class Forced(Problem):
        """-x0 - x1 with both 0 for certain: all strings have the mean -1, the best is 0."""

        objective = Polynomial(("a", "b"), (((0,), -1.0), ((1,), -1.0)))

    assert quality(Forced(), ours(0.0), 0.0) == 1 and quality(Forced(), ours(1.0), 0.0) == 0


def test_objectives_keep_their_digits():
    assert [exactly(v) for v in (1167256.0, -3.0, 0.5, 123456789.25)] == ["1167256", "-3", "0.5", "123456789.25"]


def test_time_to_solution():
    assert time_to_solution([2.0, 4.0], [True, True]) == 3
    assert time_to_solution([1.0, 1.0], [False, False]) is None
    assert time_to_solution([1.0] * 10, [True] + [False] * 9) == pytest.approx(np.log(0.01) / np.log(0.9))


def test_energies():
    rows = [theirs(-1.0, False, "Hartree-Fock"), theirs(-1.2, True, "exact"), theirs(-1.3, False, "CCSD")]
    assert exact_energy(rows)["method"] == "exact" == target_energy(rows)["method"]
    assert target_energy(rows[::2])["method"] == "CCSD" and target_energy([]) is None
    assert accuracy(-7.0, True) == 1.6e-3 and accuracy(-8.0, False) == pytest.approx(8e-3)
