"""The report of quantum recurrent reservoirs: the words follow the numbers."""

import json

import pytest
from test_qrnn_reservoir_tables import rows  # noqa: F401  (a fixture)

from ketwork.atlas import launch, qrnn_reservoir_page
from ketwork.atlas.qrnn_reservoir import AUTOREGRESSION, KINDS, TASKS, TWINS
from ketwork.atlas.qrnn_reservoir_page import finding


def test_words_follow_the_numbers(rows):  # noqa: F811
    found = finding(rows)
    assert found.tone == "worse"
    assert "training takes 30 to 30 times as long" in found.verdict
    assert "in 0 of 15 cases" in found.verdict and "on 5 of 5 tasks" in found.verdict
    assert "worse in 15 of 15 cases and better in 0" in found.verdict
    passed = {check.claim: check.passed for check in found.checks}
    assert not passed["QRNN: the reservoir within twice the test error of the trained cell"]  # four times
    assert passed["QLSTM: the reservoir within twice the test error of the published recipe"]
    assert passed["QGRU: wall time of the reservoir an order less"]  # thirty times


def test_better_numbers_turn_the_verdict(rows):  # noqa: F811
    for name in TASKS:
        rows[f"baselines, {name}"]["test"][AUTOREGRESSION] = 0.5
        for kind in KINDS:
            for k in range(5):
                row = rows[f"{name}, {kind} {k}"]
                row["reservoir"]["test"] *= 0.01 if kind in TWINS else 1.0
                row["trained"]["seconds_to_fit"] = 0.02
                row["trained"]["train"] = 1.0
    found = finding(rows)
    assert found.tone == "better" and "better in 15" in found.verdict and "on 0 of 5 tasks" in found.verdict
    passed = {check.claim: check.passed for check in found.checks}
    assert passed["QRNN: the reservoir within twice the test error of the trained cell"]
    assert not passed["QRNN: wall time of the reservoir an order less"]
    assert not passed["training the cell lowers its error on the training data"]


@pytest.mark.parametrize("quick", [True, False])
def test_the_command(quick, monkeypatch, tmp_path, rows):  # noqa: F811
    """From the ledger to the folder; what is computed is tested beside it. All rows are asked for once."""
    asked = []

    def known(key):
        asked.append(key)
        return rows[key]

    monkeypatch.setattr(qrnn_reservoir_page, "baselines", lambda name: known(f"baselines, {name}"))
    monkeypatch.setattr(
        qrnn_reservoir_page, "learn", lambda name, kind, seed, steps: known(f"{name}, {kind} {seed - 3000}")
    )
    monkeypatch.setattr(
        qrnn_reservoir_page, "by_recipe", lambda name, kind, seed, steps: known(f"recipe, {name}, {kind}")
    )
    monkeypatch.setattr(
        qrnn_reservoir_page,
        "by_option",
        lambda name, kind, what, values, seed: known(f"{what}, {name}, {kind} {seed - 3000}"),
    )
    monkeypatch.setattr(
        qrnn_reservoir_page, "readout_by_steps", lambda name, kind, seed: known(f"steps, {name}, {kind} {seed - 3000}")
    )
    ran = launch.launch("qrnn-reservoir", 3, tmp_path / "run", quick)
    assert len(asked) == len(set(asked)) == (5 + 60 + 15 + 24 + 60 if quick else 5 + 150 + 15 + 60 + 150)
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert result["verdict"] == ran.verdict and len(result["checks"]) == len(ran.lines)
    launch.launch("qrnn-reservoir", 3, tmp_path / "run", quick, resume=True)
    assert len(asked) == len(set(asked))  # all rows were on disk
    page = ran.report.read_text()
    for heading in ("Test errors", "Reservoir over trained cell", "Quantum cells and classical twins", "More qubits"):
        assert heading in page
