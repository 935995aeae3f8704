"""The report on optimisers of a classifier: the plan of a run, and words that follow the numbers."""

import json

import pytest
from test_vqc_optimizers_tables import COBYLA, made_rows

from ketwork.atlas import launch
from ketwork.atlas import vqc_optimizers_page as page
from ketwork.atlas.vqc_optimizers import FIRST, REPRESENTATIONS, features_row
from ketwork.atlas.vqc_optimizers_page import finding, vqc_optimizers_system
from ketwork.experiments.ledger import open_ledger


@pytest.fixture
def computed(monkeypatch):
    """What computes a row replaced by rows that are known; what was asked for."""
    rows, asked = made_rows(5), []

    def known(key):
        def make(*arguments):
            asked.append((key(arguments), arguments))
            return dict(rows[key(arguments)])

        return make

    monkeypatch.setattr(page, "gradient_row", known(lambda a: "gradient"))
    monkeypatch.setattr(page, "table_row", known(lambda a: f"TF-IDF, split {a[1]}"))
    monkeypatch.setattr(page, "features_row", known(lambda a: f"{a[0]}, split {a[2]}"))
    monkeypatch.setattr(page, "scale_row", known(lambda a: f"scale {1 if a[0] == 1 else 0.1:g}, split {a[2]}"))
    return asked


def failed(rows):
    return [check.claim for check in finding(rows).checks if not check.passed]


def test_the_plan_keeps_the_promise(computed, tmp_path):
    """Five splits of everything, all representations."""
    with open_ledger(tmp_path / "run", {}) as ledger:
        vqc_optimizers_system(ledger, 7, False)
    assert [a for key, a in computed if key.startswith("TF-IDF")] == [(7, k) for k in range(5)]
    names = {a[0] for _, a in computed if len(a) == 3 and isinstance(a[0], str)}
    assert names == set(REPRESENTATIONS) - {"TF-IDF"}
    assert sum(len(a) == 3 for _, a in computed) == 5 * (5 + 4)


def test_resuming_computes_nothing_twice(computed, tmp_path):
    with open_ledger(tmp_path / "run", {}) as ledger:
        first = vqc_optimizers_system(ledger, 0, True)
    done = len(computed)
    with open_ledger(tmp_path / "run", {}, resume=True) as ledger:
        assert vqc_optimizers_system(ledger, 0, True).metrics == first.metrics
    assert len(computed) == done


def test_what_is_worse_is_printed_as_worse():
    found = finding(made_rows())
    assert found.tone == "worse" and "not within 0.05" in found.verdict and "against AQGD better" in found.verdict
    assert failed(made_rows()) == [
        "accuracy of AQGD with 100 epochs on 5 principal components",
        "AQGD with 100 epochs is the best of the paper's seven models",
    ]
    assert found.claims[2].ours.startswith("random forest")


def test_the_words_follow_the_numbers():
    rows = made_rows()
    for key, row in rows.items():
        if key.startswith("TF-IDF"):
            row["models"][FIRST]["scores"][0] = 0.76
            row["models"][COBYLA]["scores"][0] = 0.77 + 0.001 * int(key[-1])
    found = finding(rows)
    assert found.tone == "better" and ", within 0.05" in found.verdict
    assert failed(rows) == [
        "AQGD with 100 epochs is the best of the paper's seven models",
        "AQGD is better than COBYLA, both with 100 epochs",
    ]
    for key, row in rows.items():
        if key.startswith("least squares"):
            row["models"][FIRST]["scores"][0] = 0.6
    rows["gradient"]["difference"] = 1e-3
    assert len(failed(rows)) == 4


def test_no_test_is_open():
    assert finding(made_rows(1)).tone == "open" and "no test" in finding(made_rows(1)).verdict


def test_the_command(computed, tmp_path):
    launch.launch("vqc-optimizers", 0, tmp_path / "run", quick=True)
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert set(result["metrics"]) == {"models", "features", "scales", "gradient"}
    assert len(list((tmp_path / "run" / "figures").glob("*.svg"))) == 3
    assert "NOT reached" in (tmp_path / "run" / "report.html").read_text()


@pytest.mark.slow
def test_the_real_reviews(data_folder, monkeypatch):
    """On one split: the circuit reads the label off five features made with labels, not off principal components."""
    monkeypatch.setenv("KETWORK_DATA", str(data_folder))
    plain, made = (features_row(name, 0, 0)["models"] for name in ("TF-IDF", "least squares"))
    assert made[FIRST]["scores"][0] > plain[FIRST]["scores"][0] + 0.05
    assert max(one["scores"][0] for one in plain.values()) < 0.72
