"""Tables of the comparison of quantum optimisers: the test against random strings, the paper's numbers, the words."""

import pytest

from ketwork.atlas.quantum_optimization_instances import Instance
from ketwork.atlas.quantum_optimization_tables import (
    PAPER_COMPRESSED,
    PAPER_QUBITS,
    against_random,
    beside,
    cut_section,
    gap_text,
    kind_section,
    paper_claims,
    qubit_check,
    summary_section,
    whole_section,
)


def levels(gap, **more):
    return {"raw": gap, "once": gap, "last": gap, "seconds": 0.01, **more}


def references(random_gap):
    return {
        "highs": {"gap": 0.0, "seconds": 0.02, "proven": True},
        "greedy": levels(5.0),
        "variables": 9,
        "random": levels(random_gap, feasible=0.5),
    }


def attempt(method, gap):
    return levels(gap, method=method, qubits=4, evaluations=10, circuits=2000, solver_seconds=1.5, feasible=0.25)


def results(gaps, kind="MIS", random_gap=10.0):
    """An instance for each of the gaps, all of one method."""
    names = [f"{kind} {k}" for k in range(len(gaps))]
    return {
        name: (Instance(kind, name, "a part"), references(random_gap), [attempt("QAOA", gap)])
        for name, gap in zip(names, gaps, strict=True)
    }


@pytest.mark.parametrize(
    ("gap", "text"), [(None, "No"), (0.0, "0"), (-0.0, "0"), (0.04, "0"), (12.34, "12.3"), (-3.0, "-3.0")]
)
def test_gaps_as_words(gap, text):
    assert gap_text(gap) == text


def test_the_sign_test():
    """Six wins of six are significant at 1/32, and what is infeasible loses."""
    assert against_random(results([0.0] * 6), "QAOA") == (6, 0, 0, pytest.approx(2 / 64))
    assert against_random(results([0.0, 10.0, 20.0, None]), "QAOA") == (1, 1, 2, pytest.approx(1.0))
    assert against_random(results([None], random_gap=None), "QAOA")[:3] == (0, 1, 0)
    assert against_random(results([0.0] * 6), "HiGHS")[0] == 6
    assert against_random(results([0.0]), "VQE") == (0, 0, 0, 1.0)


def test_summary_has_means_of_what_is_feasible():
    section = summary_section(results([4.0, 6.0, None]))
    row = next(row for row in section.table.rows if row[0] == "QAOA")
    assert row[1] == "5.0 (2 of 3)"
    assert row[2] == "2, 0, 1"
    assert next(row for row in section.table.rows if row[0] == "HiGHS")[1] == "0.0 (3 of 3)"


def test_every_row_stands_beside_its_references():
    assert list(beside(references(1.0))) == ["random strings", "greedy", "HiGHS"]
    section = kind_section("MIS", results([4.0, None]))
    assert [row[1] for row in section.table.rows] == ["QAOA", "random strings", "greedy", "HiGHS"] * 2
    assert section.table.rows[0][:7] == ("MIS 0*", "QAOA", "4", "25 %", "4.0", "4.0", "4.0")
    assert section.table.rows[4][4] == "No"
    assert "a part" in section.text[1]
    assert "MIS 0, MIS 1: at most 9 variables" in section.text[2]
    assert section.figure.lstrip().startswith("<")


def test_complete_instances_have_the_papers_gap():
    large = {"hp1": (Instance("MDKP", "hp1"), references(3.0), [attempt("PCE", 7.0)])}
    section = whole_section("MDKP", large, {"hp1": {"plain": 60, "PCE": 8, "QRAO": 38}})
    assert section.table.rows[0][-1] == "20.9"
    assert section.table.rows[-1][-1] == "proved"
    assert "hp1 38" in section.text[-1]
    claims = paper_claims({}, large)
    assert [(c.paper, c.ours) for c in claims] == [("20.9", "7.0; 7.0 searched to the end")]
    part = {"hp1": (Instance("MDKP", "hp1", "a part"), references(3.0), [attempt("PCE", 7.0)])}
    assert paper_claims(part, {}) == ()


def found_qubits():
    found = {name: {"plain": number, "PCE": 1, "QRAO": 1} for name, number in PAPER_QUBITS.items()}
    found |= {name: {"plain": 1, "PCE": pce, "QRAO": qrao} for name, (pce, qrao) in PAPER_COMPRESSED.items()}
    return found | {"ms_seed0_prod2": {"plain": 48}, "ms_seed1_prod5": {"plain": 156}}


def test_qubits_are_compared_one_by_one():
    found = found_qubits()
    assert qubit_check(found, False) == (len(PAPER_QUBITS) + len(PAPER_COMPRESSED) + 2, [])
    assert qubit_check(found, True) == (len(PAPER_COMPRESSED), [])
    found["hp1"]["plain"] = 61
    found["1tc_8"]["QRAO"] = 5
    assert qubit_check(found, False)[1] == ["hp1 61 (paper 60)"]
    assert qubit_check(found, True)[1] == ["1tc_8 5 (paper 4)"]


def test_the_cut_is_told_in_shares_of_the_best_known():
    run = {"alpha": 13, "raw": 80.0, "flips": 90.0, "evaluations": 5, "weights": 7, "seconds": 1.0}
    cut = {
        "nodes": 30, "qubits": 5, "best": 100.0, "runs": [run], "random": {"raw": 60.0, "flips": 95.0, "seconds": 0.1},
        "greedy": {"raw": 85.0, "flips": 86.0}, "annealing": {"raw": 99.0, "seconds": 0.2},
    }  # fmt: skip
    shares = [row[4] for row in cut_section(cut).table.rows]
    assert shares == ["90.00 %", "95.00 %", "86.00 %", "99.00 %", "100.00 %"]
