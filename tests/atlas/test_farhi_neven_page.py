"""The report of the readout-qubit classifier: the plan of a run, and words that follow the numbers."""

import json

import pytest
from test_farhi_neven_tables import made_rows

from ketwork.atlas import farhi_neven_page as page
from ketwork.atlas import launch
from ketwork.atlas.farhi_neven_digits import load_digits
from ketwork.atlas.farhi_neven_page import farhi_neven_system, finding
from ketwork.atlas.farhi_neven_tables import NETWORK, OURS
from ketwork.experiments.ledger import open_ledger
from ketwork.experiments.task import UserError


@pytest.fixture
def computed(monkeypatch):
    """What computes a row replaced by rows that are known; what was asked for."""
    rows, asked = made_rows(), []

    def known(key):
        def make(*arguments):
            asked.append((key, arguments))
            found = rows[key(arguments) if callable(key) else key]
            return dict(found)

        return make

    monkeypatch.setattr(page, "load_digits", lambda: None)
    monkeypatch.setattr(page, "represent", known("representation"))
    monkeypatch.setattr(page, "parity_slopes", known("slopes of parity"))
    monkeypatch.setattr(page, "learn_boolean", known(lambda a: f"{a[0]} 0" if a[1] == 6 else "parity of 4 bits 0"))
    monkeypatch.setattr(page, "learn_digits", known(lambda a: f"digits {a[0]} {a[1] % 3}"))
    monkeypatch.setattr(page, "on_engine", known("engine"))
    monkeypatch.setattr(page, "superpositions", known("superpositions 0"))
    monkeypatch.setattr(page, "learn_labels", known(lambda a: f"states {a[0].kind} {a[1] % 3}"))
    return asked


def test_the_plan_keeps_the_promise(computed, tmp_path):
    """200 functions, 6 bits, ten splits of both preparations, every row with a seed of its own."""
    with open_ledger(tmp_path / "run", {}) as ledger:
        farhi_neven_system(ledger, 2, False)
    assert ("representation", (200, 2)) in computed
    learned = [a for _, a in computed if a[0] in ("parity", "majority") and a[1] == 6]
    assert len(learned) == 20 and len({a[2] for a in learned}) == 10
    splits = [a for _, a in computed if a[0] in ("box", "sampled") and len(a) == 2]
    assert sorted(splits) == [(name, 2000 + k) for name in ("box", "sampled") for k in range(10)]
    assert computed[-1][1][1] == 2004


def test_missing_images_are_said_before_anything_is_computed(computed, tmp_path, monkeypatch):
    monkeypatch.setattr(page, "load_digits", load_digits)
    monkeypatch.setenv("KETWORK_DATA", str(tmp_path))
    with open_ledger(tmp_path / "run", {}) as ledger, pytest.raises(UserError, match="mnist needs"):
        farhi_neven_system(ledger, 0, True)
    assert not computed


def test_resuming_computes_nothing_twice(computed, tmp_path):
    with open_ledger(tmp_path / "run", {}) as ledger:
        first = farhi_neven_system(ledger, 0, True)
    done = len(computed)
    with open_ledger(tmp_path / "run", {}, resume=True) as ledger:
        assert farhi_neven_system(ledger, 0, True).metrics == first.metrics
    assert len(computed) == done


def test_the_verdict_follows_the_numbers():
    rows = made_rows()
    worse = finding(rows)
    assert worse.tone == "worse" and "is better" in worse.verdict and all(check.passed for check in worse.checks)
    for key, row in rows.items():
        if key.startswith("digits box"):
            row["errors"][NETWORK], row["errors"][OURS] = row["errors"][OURS], row["errors"][NETWORK]
    turned = finding(rows)
    assert turned.tone == "better" and "is worse" in turned.verdict
    assert [c.claim for c in turned.checks if not c.passed] == ["3 against 6, box: a small classical network is better"]
    for key, row in rows.items():
        if key.startswith("digits box"):
            row["errors"][NETWORK] = row["errors"][OURS]
    assert finding(rows).tone == "open" and "no difference" in finding(rows).verdict


def test_sentences_turn_with_the_numbers():
    """Which images are harder, and the other loss of the states: said as the rows have it."""
    rows = made_rows()
    for key, row in rows.items():
        if key.startswith("digits sampled"):
            row["clear"] = 90
            row["errors"][OURS] = [e + 0.1 for e in row["errors"][OURS]]
    said = " ".join(finding(rows).differs)
    assert "The second leaves more clear images; the readout classifier errs more on the second." in said
    assert not any("worse" in check.remark for check in finding(rows).checks)


def test_a_failed_check_is_printed_as_failed():
    rows = made_rows()
    rows["parity 0"]["error"] = 0.25
    rows["engine"]["values"] = 1e-3
    rows["representation"]["worst"] = 0.1
    failed = [check.claim for check in finding(rows).checks if not check.passed]
    assert failed == [
        "any Boolean function of 4 to 6 bits is represented, as <Z> and as <Y>",
        "subset parity of 6 bits learned",
        "the product formula is what 17 qubits do",
    ]


def test_the_command(computed, tmp_path):
    launch.launch("farhi-neven", 0, tmp_path / "run", quick=True)
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert set(result["metrics"]) > {"representation", "parity", "majority", "digits box", "engine", "states"}
    assert len(list((tmp_path / "run" / "figures").glob("*.svg"))) == 7
    assert "(recalled)" in (tmp_path / "run" / "report.html").read_text()
