"""The report from made-up rows: words follow numbers; and the command end to end with searches stubbed out."""

import json

import numpy as np
import pytest

from ketwork.atlas import launch, noise_aware_search_page
from ketwork.atlas.noise_aware_search import ANSAETZE, UNAWARE, Protocol
from ketwork.atlas.noise_aware_search_page import BY_HAND, SEARCHED, against, finding, scores, with_chosen
from ketwork.search.held_out import CONDITIONS

PROTOCOL = Protocol(budget=1000, seeds=4)


def made_up(name, gain):
    """Rows in which searches are better than circuits by hand by `gain`."""
    rng, rows = np.random.default_rng(0), []
    for seed in range(4):
        for kind, names, level in (
            ("searched", (*PROTOCOL.methods, UNAWARE), 0.6 + gain),
            ("by hand", ANSAETZE, 0.6),
            ("classical", ("logistic regression",), 0.9),
        ):
            for contender in names:
                accuracy = level + 0.01 * rng.normal()
                row = {"contender": contender, "kind": kind, "data": name, "seed": seed, "spent": 900}
                row |= {f"accuracy_{c}": accuracy for c in CONDITIONS}
                if kind != "classical":
                    sizes = {"parameters": 9, "gates": 12, "two_qubit": 3, "circuits": 20}
                    row |= {"validation": 1 - accuracy, **sizes}
                rows.append(row)
    return rows


def test_validation_chooses_and_the_search_that_does_not_know_the_noise_takes_no_part():
    rows = made_up("digits", 0.1)
    for row in rows:
        if row["contender"] == UNAWARE:
            row["validation"] = -1.0
    full = with_chosen(rows)
    for seed in range(4):
        mine = [r for r in rows if r["seed"] == seed and r["kind"] == "searched" and r["contender"] != UNAWARE]
        assert scores(full, SEARCHED)[seed] == max(r["accuracy_noisy"] for r in mine)
    assert len(scores(full, BY_HAND)) == 4


@pytest.mark.parametrize(("gain", "tone"), [(0.2, "better"), (-0.2, "worse"), (0.0, "open")])
def test_the_words_follow_the_numbers(gain, tone):
    tables = {name: made_up(name, gain) for name in ("digits", "mnist")}
    found = finding(PROTOCOL, tables)
    gap, p, claim = against(with_chosen(tables["mnist"]), SEARCHED, BY_HAND)
    assert found.tone == tone
    assert claim in found.verdict and f"{gap:+.3f}" in found.verdict
    assert (claim == "no difference shown") == (p >= 0.05)
    check = next(c for c in found.checks if c.claim.startswith("mnist: searched against by hand"))
    assert check.passed == (gain > 0.1)
    assert "logistic regression" in found.verdict


def test_spending_more_than_the_budget_fails_a_check():
    tables = {name: made_up(name, 0.1) for name in ("digits", "mnist")}
    assert finding(PROTOCOL, tables).checks[0].passed
    tables["digits"][0]["spent"] = 1001
    assert not finding(PROTOCOL, tables).checks[0].passed


def test_the_command(monkeypatch, tmp_path):
    asked = []

    def known(protocol, name, row, tell):
        asked.append((name, protocol.seed))
        return made_up(name, 0.1)

    monkeypatch.setattr(noise_aware_search_page, "compute", known)
    launch.launch("noise-aware-search", 3, tmp_path / "run", quick=True)
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert set(result["metrics"]) == {"digits", "mnist"}
    assert asked == [("digits", 3), ("mnist", 3)]
    assert len(list((tmp_path / "run" / "figures").glob("*.svg"))) == 2
