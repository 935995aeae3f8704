"""The page says what the rows say: medians, who is better, what was reached and what was not."""

import warnings

import pytest

from ketwork.atlas.crlqas import ABLATIONS, QUICK
from ketwork.atlas.crlqas_page import finding


def row(name, method, error, noise="", seed=0, **more):
    return {
        "problem": name, "method": method, "noise": noise, "seed": seed, "budget": 1000, "error": error,
        "quiet": error / 2, "retrained": error / 4, "gates": 9, "depth": 5, "two_qubit": 3, "angles": 6, "spent": 990,
        "search_seconds": 120.0, "circuits": 50, "notes": {"episodes": 12}, "circuit": "a circuit",
        "trace": [[10, 0.5], [500, error]], **more,
    }  # fmt: skip


def rows(mine=0.001, theirs=0.004):
    found = [row("LiH, 4 qubits", "crlqas", mine * (k + 1), seed=k) for k in range(3)]
    found += [row("LiH, 4 qubits", "random", theirs, seed=k) for k in range(3)]
    found += [row("H2, 2 qubits", "crlqas", mine), row("H2, 2 qubits", "random", 1e-5)]
    found += [row("H2, 2 qubits", method, 0.02, "depolarising") for method in ("crlqas", "random")]
    return [*found, *(row("H2, 2 qubits", f"crlqas, {label}", 0.3) for label in ABLATIONS)]


DESCENT = {"errors": [0.001, 0.002, 0.02], "evaluations": 500}


def checks(found):
    return {check.claim: check for check in found.checks}


def test_numbers_are_those_of_the_rows():
    found = finding(QUICK, rows(), DESCENT)
    assert "LiH, 4 qubits: crlqas 2, random 4 (1 of 3 seeds" in found.verdict
    assert found.metrics["errors"]["LiH, 4 qubits"]["crlqas"] == [0.001, 0.002, 0.003]
    assert found.metrics["ablations"]["crlqas, no halting"] == [0.3]
    table = next(s.table for s in found.sections if s.title.startswith("LiH"))
    assert table.rows[0][:4] == ("crlqas", "2", "1", "1 of 3")


def test_checks_can_fail():
    good = checks(finding(QUICK, rows(mine=0.0004), DESCENT))
    assert all(check.passed for claim, check in good.items() if "energy without noise" not in claim)
    bad = checks(finding(QUICK, rows(mine=0.03), {"errors": [0.05], "evaluations": 500}))
    assert not any(check.passed for claim, check in bad.items() if "crlqas below" in claim or "Adam" in claim)
    assert not next(check for claim, check in bad.items() if "random search" in claim).passed
    assert next(check for claim, check in bad.items() if "lower bounds" in claim).passed


@pytest.mark.parametrize(("good", "passed"), [(3, True), (2, False)])
def test_the_long_run_wants_three_seeds_of_five(good, passed):
    long = [row("LiH, 4 qubits", "crlqas, long", 1e-4 if k < good else 2e-3, seed=k, budget=9000) for k in range(5)]
    long += [row("LiH, 4 qubits", "random, long", 3e-3, seed=k, budget=9000) for k in range(5)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a mean of nothing is a figure without lines
        found = finding(QUICK, [*rows(), *long], DESCENT)
    (check,) = [c for c in found.checks if "9,000 evaluations" in c.claim]
    assert check.passed == passed and f"{good} of 5" in check.found and "0 of 5, median 3 mHa" in check.remark
    assert found.metrics["long"]["random"] == [3e-3] * 5
    assert [s.title for s in found.sections].count("LiH, 4 qubits, with more evaluations") == 1
    drawn = [s.name for s in found.sections if s.figure]
    assert len(set(drawn)) == len(drawn)  # each figure has a file of its own
    assert found.metrics["errors"]["LiH, 4 qubits"]["random"] == [0.004] * 3  # the long ones are kept apart
    (claim,) = [c for c in found.claims if c.what.startswith("LiH")]
    middle = "0.1" if good == 3 else "2"
    assert f"With 9,000 evaluations: LiH, 4 qubits: crlqas {middle}, random 3" in found.verdict
    assert claim.ours == "0.1 mHa, depth 5, 9 gates, 6 angles (9,000 evaluations)"  # the best of all


def test_noise_is_judged_without_it():
    (check,) = [c for c in finding(QUICK, rows(), DESCENT).checks if "energy without noise" in c.claim]
    assert not check.passed and check.found == "10 mHa" and "5 mHa" in check.remark


@pytest.mark.parametrize(("error", "text"), [(0.0016, "1.6"), (2e-12, "< 1e-6"), (0.5, "500")])
def test_millihartree(error, text):
    from ketwork.atlas.crlqas_page import _milli

    assert _milli(error) == text
