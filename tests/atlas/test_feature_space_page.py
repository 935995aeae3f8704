"""The report of the feature-space classifiers: the plan of a run, and words that follow the numbers."""

import json

import pytest
from test_feature_space_tables import made_comparison, made_rows

from ketwork.atlas import feature_space_page as page
from ketwork.atlas import launch
from ketwork.atlas.feature_space_page import feature_space_system, finding
from ketwork.experiments.ledger import open_ledger


@pytest.fixture
def computed(monkeypatch):
    """What computes a row replaced by rows that are known; what was asked for."""
    rows, asked, real = made_rows(), [], made_comparison()

    def known(key):
        def make(*arguments):
            asked.append((key, arguments))
            number = arguments[1] if isinstance(arguments[1], int) else arguments[0]
            return {k: v for k, v in rows[f"{key} {number % 4}"].items() if k not in ("key", "seconds")}

        return make

    names = {"learn": "ideal", "classical": "classical", "more_points": "three qubits"}
    names |= {"variational_on_device": "device", "kernel_on_device": "kernel on device"}
    for name, key in names.items():
        monkeypatch.setattr(page, name, known(key))
    monkeypatch.setattr(page, "compared", lambda ledger, seed, quick: real)
    return asked


def test_the_plan_keeps_the_promise(computed, tmp_path):
    """Ten V, the same for all on two qubits, each with a seed of its own."""
    with open_ledger(tmp_path / "run", {}) as ledger:
        feature_space_system(ledger, 2, False)
    ideal = [arguments for key, arguments in computed if key == "ideal"]
    assert ideal == [(2, 2000 + k) for k in range(10)]
    assert [a for key, a in computed if key == "classical"] == ideal
    assert [a[0] for key, a in computed if key == "device"] == [2000 + k for k in range(10)]


def test_resuming_computes_nothing_twice(computed, tmp_path):
    with open_ledger(tmp_path / "run", {}) as ledger:
        first = feature_space_system(ledger, 0, True)
    done = len(computed)
    with open_ledger(tmp_path / "run", {}, resume=True) as ledger:
        assert feature_space_system(ledger, 0, True).metrics == first.metrics
    assert len(computed) == done


def test_words_follow_the_numbers():
    rows, real = made_rows(), made_comparison()
    found = finding(rows, real)
    assert found.tone == "worse" and "RBF" in found.verdict and "made up" in found.verdict
    assert all(check.passed for check in found.checks), found.checks
    assert "4 of 4" in found.claims[3].ours or "of 4, ideal" in found.claims[3].ours


def test_a_failed_check_is_printed_as_failed():
    rows, real = made_rows(), made_comparison()
    for key, row in rows.items():
        if key.startswith("ideal"):
            row["kernel"]["test"] = 0.97
            row["0"]["best"] = row["4"]["best"]
        if key.startswith("kernel on"):
            row["readout and zne x1"] = [0.9, row["raw x1"][1]]
    failed = [check.claim.split(":")[0] for check in finding(rows, real).checks if not check.passed]
    assert failed == [
        "kernel support vector machine",
        "no layers are worse than 4",
        "kernel on lima with 10,000 shots",
        "mitigation repairs the entries of the kernel on lima",
    ]


def test_the_command(computed, tmp_path):
    launch.launch("feature-space", 0, tmp_path / "run", quick=True)
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert set(result["metrics"]) == {"ad-hoc", "by depth", "three qubits", "device", "kernel on device", "real"}
    assert len(list((tmp_path / "run" / "figures").glob("*.svg"))) == 6
    assert "94.75 %" in (tmp_path / "run" / "report.html").read_text()
