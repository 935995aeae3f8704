"""The report of the comparison of quantum optimisers, from small rows: the words follow the numbers."""

import copy

import pytest

from ketwork.atlas import launch, quantum_optimization_page
from ketwork.atlas.quantum_optimization import METHODS, Effort
from ketwork.atlas.quantum_optimization_instances import KNAPSACKS, PARTS, WHOLE, Instance
from ketwork.atlas.quantum_optimization_page import checks, finding

PAPER = {"1tc_8": (8, 3, 4), "1tc_16": (16, 4, 6), "1tc_32": (32, 6, 13), "1tc_64": (64, 8, 23), "1et_64": (64, 8, 24),
         "sloane_1dc_64": (64, 8, 18)}  # fmt: skip
PLAIN = {"hp1": 60, "hp2": 67, "pb1": 59, "pb2": 66, "pb4": 45, "pb5": 116, "pet2": 99, "pet3": 102, "pet4": 107,
         "pet5": 122, "pet6": 86, "pet7": 100, "tai10a": 100, "ms_seed0_prod2": 48, "ms_seed1_prod5": 156}  # fmt: skip


def levels(gap, **more):
    return {"raw": gap, "once": gap, "last": gap, "value": 1.0, **more}


def known_references(instance, effort, seed):
    return {
        "best": 4.0, "variables": 8, "bits": 8, "highs": {"gap": 0.0, "seconds": 0.02, "proven": True}, "certain": True,
        "greedy": levels(5.0, seconds=0.001), "random": levels(10.0, seconds=0.003, feasible=0.5),
    }  # fmt: skip


def known_attempt(instance, method, best, effort, seed):
    gap = {"QAOA": 0.0, "PCE": 0.0, "QRAO": None}.get(method, 20.0)
    return levels(gap, method=method, qubits=4, evaluations=9, circuits=90, solver_seconds=2.0, feasible=0.25)


def known_cut(effort, seed):
    run = {"alpha": 13, "raw": 80.0, "flips": 90.0, "evaluations": 5, "weights": 7, "seconds": 1.0}
    return {
        "nodes": 800, "qubits": 13, "best": 100.0, "runs": [run], "greedy": {"raw": 85.0, "flips": 86.0},
        "random": {"raw": 60.0, "flips": 95.0, "seconds": 0.1}, "annealing": {"raw": 99.0, "seconds": 0.2},
    }  # fmt: skip


def known_qubits(instance):
    plain, pairs, access = PAPER.get(instance.name, (PLAIN.get(instance.name, 144), 9, 50))
    return {"plain": plain, "PCE": pairs, "QRAO": access}


@pytest.fixture(scope="module")
def made():
    effort = Effort()

    def run(instances, methods):
        return {
            i.name: (i, known_references(i, effort, 0), [known_attempt(i, m, 4.0, effort, 0) for m in methods(i)])
            for i in instances
        }

    small = run(PARTS, lambda i: METHODS)
    large = run(WHOLE, lambda i: ("PCE",))
    more = (*PARTS[:2], *WHOLE, Instance("MSP", "ms_seed1_prod5"))
    qubits = {i.name: known_qubits(i) for i in more}
    return small, large, known_cut(effort, 0), qubits, effort


@pytest.fixture(scope="module")
def found(made):
    return finding(*made)


def test_the_verdict_and_the_checks_follow_the_rows(found):
    assert all(check.passed for check in found.checks)
    assert found.tone == "worse"
    assert "better than that: QAOA, PCE; worse: VQE, CVaR-VQE, MA-QAOA, WS-QAOA, QRAO" in found.verdict
    assert f"{2 * len(PARTS)} of {7 * len(PARTS)} runs reach the optimum" in found.verdict
    assert "90.0 % of the best known cut" in found.verdict
    assert ("hp1, PCE: gap in %", "20.9", "0; 0 searched to the end") in [
        (c.what, c.paper, c.ours) for c in found.claims
    ]


def test_checks_fail_when_they_should(made):
    small, large, _, qubits, _ = copy.deepcopy(made)
    for row in small["1tc_16"][2]:
        if row["method"] == "QAOA":
            row["once"] = 12.5
    large["hp1"][2][0]["solver_seconds"] = 700.0
    qubits["hp1"]["plain"] = 61
    passed = [check.passed for check in checks(small, large, qubits)]
    assert passed == [False, True, False, True, False]
    del large["hp1"]
    qubits["hp1"]["plain"] = 60
    passed = [check.passed for check in checks(small, large, qubits)]
    assert passed == [True, True, False, True, False]


def test_metrics_have_no_times(found):
    text = str(found.metrics)
    assert "seconds" not in text
    assert "against_random" in text


def test_at_least_five_instances_of_each_problem():
    for kind in ("MIS", "MDKP", "QAP", "MSP"):
        assert sum(i.kind == kind for i in PARTS) >= 5
    assert {i.name for i in WHOLE if i.kind == "MDKP"} == set(KNAPSACKS)


@pytest.mark.parametrize("quick", [True, False])
def test_the_command(monkeypatch, tmp_path, quick):
    """From the ledger to the folder, and again from the rows that are there."""
    asked = []

    def counted(*given):
        asked.append(given)
        return known_attempt(*given)

    for name, value in (
        ("references", known_references), ("attempt", counted), ("large_cut", known_cut), ("_qubits", known_qubits)
    ):  # fmt: skip
        monkeypatch.setattr(quantum_optimization_page, name, value)
    first = launch.launch("quantum-optimization", 0, tmp_path / "run", quick)
    assert first.report.is_file()
    count = len(asked)
    assert count == (5 * 7 + 15 + 1 if quick else 20 * 7 + 28 + 1)
    again = launch.launch("quantum-optimization", 0, tmp_path / "run", quick, resume=True)
    assert len(asked) == count
    assert again.verdict == first.verdict
