"""Classical answers beside the quantum ones: exact where they can be, timed, and honest where there is none."""

import numpy as np
import pytest

from ketwork.experiments.ledger import open_ledger
from ketwork.experiments.problem_names import Posed, pose
from ketwork.experiments.solving_references import energy_references, problem_references, random_row
from ketwork.experiments.task import UserError
from ketwork.operators import GraphColouring, Knapsack, MaxCut

RING = ((0, 1), (1, 2), (2, 3), (3, 4), (0, 4))


@pytest.fixture
def ledger(tmp_path):
    with open_ledger(tmp_path, {"name": "test"}) as opened:
        yield opened


def by_method(rows):
    return {row["method"].split(",")[0]: row for row in rows}


def test_a_molecule(ledger):
    rows = by_method(energy_references(pose("H2_0.7414"), ledger))
    exact = rows["exact diagonalisation"]
    assert exact["value"] == pytest.approx(-1.13727, abs=2e-6) and exact["proven"] and exact["took"] > 0
    assert exact["value"] < rows["Hartree-Fock"]["value"]
    if "coupled cluster (CCSD)" in rows:  # exact for two electrons
        assert rows["coupled cluster (CCSD)"]["value"] == pytest.approx(exact["value"], abs=1e-6)


def test_a_spin_model(ledger):
    rows = energy_references(pose("heisenberg:ring:4"), ledger)
    assert [row["value"] for row in rows] == [pytest.approx(-8.0)]  # two spins of 1 on a ring of 4: E = -2 J in spins


def test_a_stated_energy_that_is_wrong_is_not_used(ledger):
    from dataclasses import replace

    molecule = replace(pose("H2_0.7414").molecule, fci_energy=-2.0)
    row = energy_references(Posed("H2", molecule.hamiltonian, molecule), ledger)[0]
    assert row["value"] == pytest.approx(-1.13727, abs=2e-6) and "contradicts" in row["note"]


def test_a_cut(ledger):
    rows = problem_references(MaxCut(5, RING), ledger, 5.0, 0)
    values = {row["method"]: row["value"] for row in rows if not row.get("skipped")}
    assert set(values.values()) == {4.0}
    assert next(row for row in rows if row["method"] == "HiGHS")["proven"]
    assert any(name.startswith("Goemans") for name in values)


def test_rules_that_do_not_fit_are_skipped(ledger):
    rows = problem_references(GraphColouring(5, RING, 3), ledger, 5.0, 0)
    greedy = next(row for row in rows if row["method"] == "greedy")
    assert greedy["skipped"] and greedy["value"] is None
    assert next(row for row in rows if row["method"] == "HiGHS")["value"] == 0


def test_no_solution_is_one_line(ledger):
    from ketwork.operators import TravellingSalesman  # a problem that can be infeasible: made so by hand
    from ketwork.operators.problem import Constraint

    class Impossible(TravellingSalesman):
        @property
        def constraints(self):
            return (*super().constraints, Constraint("never", (0, 1), (1.0, 1.0), "<=", -1.0))

    tour = Impossible(((0.0, 1.0, 2.0), (1.0, 0.0, 3.0), (2.0, 3.0, 0.0)))
    with pytest.raises(UserError):
        problem_references(tour, ledger, 5.0, 0)


def test_a_contradicted_optimum_is_said(ledger):
    rows = problem_references(MaxCut(5, RING, known_optimum=3.0), ledger, 5.0, 0)
    assert all("better than the stated optimum" in row["note"] for row in rows if row["value"] == 4)


def test_random_strings():
    items = Knapsack((5.0, 4.0, 3.0), ((2.0, 3.0, 1.0),), (5.0,))
    row = random_row(items, 500, 0, 3)
    assert row["feasible"] and row["objective"] == row["raw_objective"] == 9.0
    few = [random_row(MaxCut(5, RING), 1, 0, seed)["objective"] for seed in range(300)]
    assert np.mean(few) == pytest.approx(2.5, abs=0.25)  # half of the edges
    searched = [random_row(MaxCut(5, RING), 1, 1, seed)["objective"] for seed in range(50)]
    assert all(b >= a for a, b in zip(few[:50], searched, strict=True))


def test_random_strings_get_the_flips_too():
    alone = [random_row(MaxCut(5, RING), 1, 0, seed)["objective"] for seed in range(30)]
    flipped = [random_row(MaxCut(5, RING), 1, 0, seed, flips=True)["objective"] for seed in range(30)]
    assert min(flipped) >= 4 > min(alone)  # no cut of a ring of 5 below 4 withstands flips
    items = Knapsack((5.0, 4.0, 3.0), ((2.0, 3.0, 1.0),), (5.0,))  # with slack bits
    pairs = [(random_row(items, 1, 0, s), random_row(items, 1, 0, s, flips=True)) for s in range(20)]
    assert sum(after["feasible"] for _, after in pairs) >= sum(before["feasible"] for before, _ in pairs)
