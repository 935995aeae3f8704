"""The rows of the comparison of quantum optimisers, on small problems made here."""

import json
from dataclasses import replace

import numpy as np
import pytest

from ketwork.atlas import quantum_optimization, quantum_optimization_instances
from ketwork.atlas.quantum_optimization import METHODS, Effort, attempt, compressed_qubits, large_cut, references
from ketwork.atlas.quantum_optimization_instances import Instance
from ketwork.operators import IndependentSet, MarketShare, MaxCut

FEW = Effort(shots=60, steps=8, restarts=2, highs_seconds=5.0, cut_steps=3)
PATH = IndependentSet(7, tuple((k, k + 1) for k in range(6)), name="path")
MARKET = Instance("MSP", "ms_seed0_prod2", "squared deviations")


@pytest.fixture
def path(monkeypatch):
    """An instance of the comparison that needs no file."""
    monkeypatch.setattr(quantum_optimization_instances, "load_instance", lambda name: PATH)
    quantum_optimization_instances._built.cache_clear()
    yield Instance("MIS", "path")
    quantum_optimization_instances._built.cache_clear()


def test_references_are_what_they_say(path):
    row = references(path, FEW, 0)
    assert json.loads(json.dumps(row)) == row
    assert row["best"] == 4
    assert row["highs"]["gap"] == 0
    assert row["highs"]["proven"]
    assert row["certain"]
    assert row["greedy"]["raw"] >= row["greedy"]["once"] >= row["greedy"]["last"] >= 0
    assert 0 <= row["random"]["feasible"] <= 1


@pytest.mark.parametrize("method", list(METHODS))
def test_every_method_on_a_path(method, path):
    row = attempt(path, method, 4.0, FEW, 1)
    assert json.loads(json.dumps(row)) == row
    assert row["qubits"] == {"PCE": 3, "QRAO": 3}.get(method, 7)
    assert row["circuits"] > row["evaluations"] > 0
    assert row["last"] in (0.0, 25.0)
    assert row["value"] == 4 * (1 - row["last"] / 100)


def test_market_shares_are_judged_by_their_retailers():
    whole = Instance("MSP", "ms_seed0_prod2")
    row = attempt(whole, "PCE", 3.0, replace(FEW, restarts=1, steps=2), 0)
    assert row["feasible"] == 1
    assert row["raw"] >= row["last"]
    assert row["value"] >= 3
    assert references(whole, FEW, 0)["best"] == references(MARKET, FEW, 0)["best"] == 3


def test_qubits_are_those_of_the_paper():
    """48 to 156 bits of market shares; pairs of letters for one node more than bits with fields."""
    problem = MarketShare.generated(2, 0)
    assert problem.n_qubits == 48
    assert compressed_qubits(problem)[0] == 7  # 3 C(7, 2) = 63 >= 49 > 45
    assert MarketShare.generated(5, 1).n_qubits == 156
    assert compressed_qubits(PATH) == (3, 3)


def test_a_large_cut(monkeypatch):
    rng = np.random.default_rng(0)
    edges = tuple((i, j) for i in range(30) for j in range(i) if rng.random() < 0.2)
    problem = MaxCut(30, edges, known_optimum=float(len(edges)))
    monkeypatch.setattr(quantum_optimization, "load_instance", lambda name: problem)
    row = large_cut(FEW, 0)
    assert json.loads(json.dumps(row)) == row
    assert row["qubits"] == 5  # 3 C(5, 3) = 30
    for run in (*row["runs"], row["random"], row["greedy"]):
        assert 0 <= run["raw"] <= run["flips"] <= len(edges)
    assert [run["alpha"] for run in row["runs"]] == [5, 30]
    assert row["annealing"]["raw"] >= row["greedy"]["raw"]
