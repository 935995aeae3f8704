"""The problems of CRLQAS are those of the paper; searches and what is reported of them; a whole small run."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("sb3_contrib")

from ketwork.atlas import crlqas
from ketwork.atlas.crlqas import ABLATIONS, QUICK, adam_spsa, crlqas_system, make_task, problem, searched
from ketwork.experiments.ledger import open_ledger

TINY = replace(
    QUICK,
    budgets={"H2, 2 qubits": 600, "LiH, 4 qubits": 60_000},
    rivals={"H2, 2 qubits": ("crlqas", "random"), "LiH, 4 qubits": ("crlqas", "random")},
    noisy={("H2, 2 qubits", "depolarising"): 1500},
    ablated=("H2, 2 qubits", 300),
    seeds={"H2, 2 qubits": 1, "LiH, 4 qubits": 1},
    spsa_seeds=2,
)


@pytest.mark.parametrize(
    ("name", "qubits", "terms", "lowest"),
    [
        ("H2, 2 qubits", 2, 5, -1.1372702),
        ("H2, 3 qubits", 3, 10, -1.1372702),
        ("H2, 4 qubits", 4, 15, -1.1372702),
        ("LiH, 4 qubits", 4, 100, -7.7890887),
    ],
)
def test_problems_are_those_of_the_paper(name, qubits, terms, lowest):
    hamiltonian, energy = problem(name)
    assert (hamiltonian.n_qubits, len(hamiltonian)) == (qubits, terms)
    assert energy == pytest.approx(lowest, abs=1e-6)
    assert np.linalg.eigvalsh(hamiltonian.matrix())[0] == pytest.approx(energy, abs=1e-9)


def test_larger_problems():
    pytest.importorskip("pyscf")
    hamiltonian, energy = problem("LiH, 6 qubits")
    assert (hamiltonian.n_qubits, len(hamiltonian)) == (6, 118)
    assert energy == pytest.approx(-7.8448790, abs=1e-6)
    assert problem("H2O, 8 qubits")[0].n_qubits == 8


@pytest.mark.parametrize("noise", ["", "depolarising", "shots", "mumbai"])
def test_a_task_of_every_noise(noise):
    task = make_task("H2, 2 qubits", noise)
    score = task.evaluate(task.space.places[:3])
    assert score.error > -0.05 and np.isfinite(score.value)
    assert len(task.space.places) == 8


def test_what_is_said_of_a_search():
    row = searched("H2, 2 qubits", "random", "depolarising", 3, 1500, {})
    assert row["spent"] <= 1500 and row["gates"] <= 10
    assert row["retrained"] <= row["quiet"] + 1e-9 and row["retrained"] >= -1e-9
    assert row["quiet"] < row["error"] + 1e-9  # depolarising takes the state away from the ground state
    errors = [error for _, error in row["trace"]]
    assert errors == sorted(errors, reverse=True) and errors[-1] == row["error"]


def test_adam_spsa_with_the_constants_of_the_paper():
    """The check of the entry, with fewer seeds: below 10 mHa in 500 evaluations of 1,000 shots."""
    found = adam_spsa(0, 7)
    assert np.median(found["errors"]) < 0.01


def test_a_small_run(tmp_path, monkeypatch):
    monkeypatch.setattr(crlqas, "QUICK", TINY)
    config = {"name": "crlqas", "seed": 0, "quick": True}
    with open_ledger(tmp_path / "run", config) as ledger:
        found = crlqas_system(ledger, 0, True)
        keys = list(ledger.rows)
    assert len(keys) == 4 + 2 + len(ABLATIONS) + 1
    with open_ledger(tmp_path / "run", config, resume=True) as ledger:
        again = crlqas_system(ledger, 0, True)
    assert again.metrics == found.metrics and again.checks == found.checks
    assert set(found.metrics["ablations"]) == {f"crlqas, {label}" for label in ABLATIONS}
