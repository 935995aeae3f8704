"""The report of search by learned representations: rows survive the ledger, and the words follow the numbers."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from ketwork.atlas import launch, qas_arch2vec_page
from ketwork.atlas.qas_arch2vec import METHODS, RANDOM, TASKS, Arch2vecTask, Autoencoded, Searched
from ketwork.atlas.qas_arch2vec_page import Counts, decoder, finding, one_search
from ketwork.search.autoencoder_quality import Quality

SETTING = Arch2vecTask(circuits=100, seeds=4)
GOOD = Quality(1.0, 1.0, 0.999, 0.0, 0.99, 0.0, 0.0, 1.0, 0.99, 1.0)
SHARE = {"state preparation": 0.12, "MaxCut": 0.4, "energy": 0.24}


def made(factor):
    """Searches in which every method but random finds `factor` times as many candidates, give or take one."""
    found = []
    for task in TASKS:
        for method in METHODS:
            for seed in range(4):
                count = round(100 * SHARE[task] * (1 if method == RANDOM else factor)) + seed % 2 * (method != RANDOM)
                rewards = np.where(np.arange(100) < count, 0.99, 0.3)
                told = (0.5, float("nan")) if method == METHODS[-1] else ()
                found.append(Searched(task, method, seed, tuple(rewards.tolist()), 5000, 1.5, told))
    return found


def report(factor, quality=GOOD):
    return finding(SETTING, [Autoencoded(e, quality, 60.0) for e in ("wires", "inner product")], made(factor))


def test_rows_come_back_from_json():
    one, net = made(2)[-1], Autoencoded("wires", GOOD, 3.0)
    again = one_search(json.loads(json.dumps(asdict(one))))
    np.testing.assert_equal(asdict(again), asdict(one))
    assert decoder(json.loads(json.dumps(asdict(net)))) == net


def test_counts():
    counts = Counts(SETTING, made(2))
    assert counts.candidates("MaxCut", RANDOM) == [40] * 4
    assert counts.candidates("MaxCut", "REINFORCE") == [80, 81, 80, 81]
    assert counts.ratio("energy", "predictor") == pytest.approx(48.5 / 24)
    assert counts.share("energy").mean == 0.24
    assert counts.doubled(METHODS[1:3]) == list(TASKS)
    assert counts.claim("MaxCut", "REINFORCE").startswith("more")


def test_the_words_follow_the_numbers():
    better, same, worse = report(2), report(1), report(0.5)
    assert (better.tone, worse.tone) == ("better", "worse") and same.tone == "open"
    assert all(check.passed for check in better.checks) and len(better.checks) == 8
    missed = [check.claim for check in same.checks if not check.passed]
    assert missed == ["REINFORCE or Bayesian optimisation: twice random's candidates"]
    assert "no difference shown" in same.verdict
    poor = report(2, replace(GOOD, edges=0.9, valid_masked=0.5))
    assert sum(not check.passed for check in poor.checks) == 2
    tables = {section.title: section.table for section in better.sections if section.table}
    assert len(tables["Candidates"].rows) == 12
    assert tables["The predictor"].rows[0][1].startswith("0.500")
    json.dumps(better.metrics)


def test_a_method_that_random_leaves_without_a_ratio():
    """Where random finds nothing there is no ratio, and no claim of twice as many."""
    found = [replace(f, rewards=(0.1,) * 100) if f.method == RANDOM else f for f in made(2)]
    counts = Counts(SETTING, found)
    assert np.isnan(counts.ratio("MaxCut", "REINFORCE")) and counts.doubled(METHODS[1:3]) == []


def test_the_command(monkeypatch, tmp_path):
    """From the ledger to the folder with little to compute; an interrupted run trains nothing twice."""
    tiny = Arch2vecTask(pool=100, epochs=1, samples=20, circuits=8, seeds=2)
    monkeypatch.setattr(qas_arch2vec_page, "replace", lambda setting, **_: replace(tiny, seed=setting.seed))
    launch.launch("qas-arch2vec", 3, tmp_path / "run", quick=True)
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert set(result["metrics"]) == {"autoencoder", "candidates", "random shares"}
    assert len(result["rows"]) == 2 + 2 * 3 and len(result["metrics"]["candidates"]) == 12
    assert len(list((tmp_path / "run" / "figures").glob("*.svg"))) == 3
    monkeypatch.setattr(qas_arch2vec_page, "searched", None)  # nothing is searched again
    launch.launch("qas-arch2vec", 3, tmp_path / "run", quick=True, resume=True)
    again = json.loads((tmp_path / "run" / "result.json").read_text())
    assert again["metrics"] == result["metrics"]
