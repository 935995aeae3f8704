"""`fit` from task to folder, and what it tells on the way."""

import numpy as np

from ketwork.experiments.data import load
from ketwork.experiments.fit import fit, introduction
from ketwork.experiments.task import FitTask

TASK = FitTask("moons", seeds=1, fits=2, epochs=2, layers=1)


def test_a_fit_leaves_rows_and_a_model(tmp_path, capsys):
    found = fit(TASK, tmp_path / "run")
    assert found.rows[0]["contender"] == "variational circuit"
    assert all(len(row["validation_scores"]) == 2 for row in found.rows)
    assert {path.name for path in found.folder.iterdir()} >= {"config.json", "rows.jsonl", "model.json", "model.npz"}
    said = capsys.readouterr().out
    assert "moons: 400 samples, 2 features, 2 classes." in said
    assert all(row["contender"] in said for row in found.rows)


def test_a_finished_run_is_not_run_again(tmp_path, capsys):
    first = fit(TASK, tmp_path / "run")
    again = fit(TASK, tmp_path / "run", resume=True)
    assert again.rows == first.rows
    assert "7 models were done before" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_metrics(tmp_path):
    accuracies = [[row["accuracy"] for row in fit(TASK, tmp_path / name).rows] for name in "ab"]
    assert accuracies[0] == accuracies[1]


def test_what_is_said_about_reduction():
    said = introduction(FitTask("digits"), load("digits"))
    assert "The circuit takes 16 features: 64 are reduced to 16 principal components." in said
    assert "3 features are constant" in said
    assert "reduced" not in introduction(FitTask("iris"), load("iris"))


def test_all_contenders_have_the_same_budget_and_the_network_the_same_size(tmp_path):
    rows = {row["contender"]: row for row in fit(TASK, tmp_path / "run").rows}
    assert {len(row["validation_scores"]) for row in rows.values()} == {TASK.fits}
    network, quantum = rows["neural network of like size"], rows["variational circuit"]
    neuron = 2 + 1 + 1  # weights in, bias, weight out
    assert abs(network["parameters"] - quantum["parameters"]) <= neuron
    assert {int(np.sum(row["confusion"])) for row in rows.values()} == {100}
    for row in rows.values():
        assert row["accuracy"] == np.trace(row["confusion"]) / 100
