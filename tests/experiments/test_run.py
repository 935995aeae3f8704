"""Runs: honest splits, rows that stay, going on where it stopped."""

import json

import numpy as np
import pytest

from ketwork.experiments.data import Dataset, load
from ketwork.experiments.folds import reduce
from ketwork.experiments.run import drawn, execute, features_taken, fold_rows, open_folder, split
from ketwork.experiments.run import test_size as held_size
from ketwork.experiments.task import FitTask, UserError

TASK = FitTask("iris", seeds=2, fits=1, epochs=2, layers=1)
IRIS = load("iris")


def without_times(rows):
    times = {"seconds", "fit_seconds", "history"}
    return [{k: v for k, v in row.items() if k not in times} for row in rows]


def test_splits_are_stratified_disjoint_and_differ():
    task = FitTask("wine", test_fraction=0.25)
    data = load("wine")
    parts = [split(task, data, k) for k in range(3)]
    for part in parts:
        assert len(part.y_train) + len(part.y_test) == len(data.y)
        counts = [np.sum(part.y_test == c) for c in data.classes]
        np.testing.assert_allclose(counts, [np.mean(data.y == c) * len(part.y_test) for c in data.classes], atol=1.5)
    assert not {tuple(row) for row in parts[0].X_test} & {tuple(row) for row in parts[1].X_test}


def test_only_the_training_part_teaches_the_reduction():
    task = FitTask("digits", features=5)
    data = load("digits")
    part = split(task, data, 0)
    assert part.X_train.shape[1] == part.X_test.shape[1] == 5
    np.testing.assert_allclose(part.X_train.mean(axis=0), 0, atol=1e-9)
    assert np.abs(part.X_test.mean(axis=0)).max() > 1e-3
    again = np.concatenate([reduce(data.X, part.reduction)])
    rows = {tuple(np.round(row, 9)) for row in again}
    assert all(tuple(np.round(row, 9)) in rows for row in part.X_test)


@pytest.mark.parametrize(
    ("task", "there", "taken"),
    [
        (FitTask("d"), 64, 16),
        (FitTask("d", qubits=4), 64, 8),
        (FitTask("d", qubits=4, encoding="iqp"), 64, 4),
        (FitTask("d", model="kernel"), 64, 10),
        (FitTask("d", features=7), 64, 7),
        (FitTask("d"), 4, 4),
    ],
)
def test_features_taken(task, there, taken):
    assert features_taken(task, there) == taken


def test_draws_keep_the_classes():
    task = FitTask("digits", samples=200)
    found = drawn(task, load("digits"))
    assert len(found.y) == 200
    assert np.bincount(found.y.astype(int)).min() >= 18
    assert drawn(task, load("digits")).sha256 == found.sha256


def test_an_interrupted_run_goes_on_to_the_same_numbers(tmp_path):
    whole = execute(TASK, IRIS, _folder(tmp_path / "whole"), [], lambda *_: None)
    assert len(whole) == 2 * 7
    seen = []

    def stop(event, details):
        seen.append(event)
        if seen.count("row") == 4 and event == "start":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        execute(TASK, IRIS, _folder(tmp_path / "cut"), [], stop)
    with (tmp_path / "cut" / "rows.jsonl").open("a") as file:
        file.write('{"contender": "cut off in the mid')
    done = open_folder(tmp_path / "cut", TASK, IRIS, resume=True)
    assert len(done) == 4
    rest = execute(TASK, IRIS, tmp_path / "cut", done, lambda *_: None)
    assert without_times(rest) == without_times(whole)
    assert without_times(open_folder(tmp_path / "cut", TASK, IRIS, resume=True)) == without_times(
        json.loads(line) for line in (tmp_path / "cut" / "rows.jsonl").read_text().splitlines()
    )


@pytest.mark.parametrize("contender", ["variational circuit", "neural network of like size"])
def test_ctrl_c_stops_the_run_even_where_a_model_catches_it(tmp_path, monkeypatch, contender):
    from sklearn.neural_network import MLPClassifier

    from ketwork.engine.simulator import Simulator

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    if contender == "variational circuit":
        monkeypatch.setattr(Simulator, "value_and_pullback", interrupted)
    else:
        monkeypatch.setattr(MLPClassifier, "_update_no_improvement_count", interrupted)
    with pytest.raises(KeyboardInterrupt):
        execute(TASK, IRIS, _folder(tmp_path / "run"), [], lambda *_: None)
    rows = open_folder(tmp_path / "run", TASK, IRIS, resume=True)
    assert contender not in {row["contender"] for row in rows}


def _folder(path):
    assert open_folder(path, TASK, IRIS, resume=False) == []
    return path


def test_folders_that_are_not_this_run(tmp_path):
    folder = _folder(tmp_path / "run")
    with pytest.raises(UserError, match="already holds this run; add --resume"):
        open_folder(folder, TASK, IRIS, resume=False)
    with pytest.raises(UserError, match="already holds another run"):
        open_folder(folder, FitTask("iris", seeds=4), IRIS, resume=True)
    with pytest.raises(UserError, match="has changed since the run"):
        open_folder(folder, TASK, load("wine"), resume=True)
    (folder / "config.json").write_text("{")
    with pytest.raises(UserError, match="is damaged"):
        open_folder(folder, TASK, IRIS, resume=True)
    with pytest.raises(UserError, match="there is no run"):
        open_folder(tmp_path / "none", TASK, IRIS, resume=True)


@pytest.mark.parametrize("repetition", [0, 1])
def test_training_and_test_part_are_disjoint_and_all_there_is(repetition):
    """Moons has no two equal rows, so the parts with their labels, scaled back, are the data as a set."""
    moons = load("moons")
    part = split(FitTask("moons"), moons, repetition)
    back = [
        {(*np.round(row * part.reduction["deviation"] + part.reduction["mean"], 9), label) for row, label in zip(X, y)}
        for X, y in ((part.X_train, part.y_train), (part.X_test, part.y_test))
    ]
    assert [len(found) for found in back] == [300, 100]
    assert not back[0] & back[1]
    assert back[0] | back[1] == {(*np.round(row, 9), label) for row, label in zip(moons.X, moons.y)}


def test_repetitions_go_through_the_folds_of_one_cross_validation_and_then_of_the_next():
    task = FitTask("wine", test_fraction=0.25)
    wine = load("wine")
    tested = [fold_rows(task, wine, k)[1] for k in range(8)]
    for start in (0, 4):
        together = np.concatenate(tested[start : start + 4])
        assert sorted(together) == list(range(len(wine.y)))
    assert not np.array_equal(np.sort(tested[0]), np.sort(tested[4]))
    np.testing.assert_array_equal(tested[4], fold_rows(FitTask("wine", seed=1), wine, 0)[1])


@pytest.mark.parametrize(("fraction", "folds"), [(0.05, 20), (0.25, 4), (0.3, 3), (0.5, 2), (0.75, 4), (0.9, 10)])
def test_the_share_that_is_held_out(fraction, folds):
    task, iris = FitTask("iris", test_fraction=fraction), IRIS
    assert task.folds == folds
    train, test = fold_rows(task, iris, 0)
    assert len(train) + len(test) == 150
    assert not set(train) & set(test)
    assert abs(len(test) / 150 - task.held_out) < 0.02
    assert abs(task.held_out - fraction) < 0.05
    assert 0 <= len(test) - held_size(task, iris) <= 2
    assert set(iris.y[train]) == set(iris.y)


def test_reduced_features_are_uncorrelated_and_ordered():
    part = split(FitTask("digits", features=5), load("digits"), 0)
    covariance = np.cov(part.X_train.T)
    np.testing.assert_allclose(covariance - np.diag(np.diag(covariance)), 0, atol=1e-9)
    assert (np.diff(np.diag(covariance)) < 0).all()


@pytest.mark.parametrize("samples", [148, 149, 120, 6])
def test_draws_of_any_size(samples):
    found = drawn(FitTask("iris", test_fraction=0.1), IRIS)
    assert found is IRIS
    if samples >= 20:
        assert len(drawn(FitTask("iris", samples=samples), IRIS).y) == samples


def test_what_leaves_too_few_rows():
    task = FitTask("iris", samples=20, test_fraction=0.9)
    assert set(split(task, drawn(task, IRIS), 0).y_train) == set(IRIS.y)  # the fold that trains grows until it has all
    rare = Dataset("rare", np.arange(100.0)[:, None], np.array(["a"] * 97 + ["b"] * 3), ("x",), "here")
    with pytest.raises(UserError, match="--samples 30 is too few: it leaves a class fewer than the 2 rows"):
        drawn(FitTask("rare", samples=30), rare)
    many = Dataset("many", np.arange(36.0)[:, None], np.repeat(list("abcdefghijkl"), 3), ("a",), "here")
    with pytest.raises(UserError, match="--samples 20 is too few for 12 classes"):
        drawn(FitTask("many", samples=20), many)


def test_the_smallest_tables_run(tmp_path):
    data = Dataset("tiny", np.array([[0.0], [0.1], [1.0], [1.1]]), np.array(list("aabb")), ("x",), "here")
    task = FitTask("tiny", seeds=1, epochs=1, layers=1)
    out = tmp_path / "run"
    assert open_folder(out, task, data, resume=False) == []
    rows = execute(task, drawn(task, data), out, [], lambda *_: None)
    assert len(rows) == 7
