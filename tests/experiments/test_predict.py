"""Predictions of a saved run."""

import json

import numpy as np
import pytest

from ketwork.experiments.baselines import contenders
from ketwork.experiments.data import load
from ketwork.experiments.fit import fit
from ketwork.experiments.folds import reduce
from ketwork.experiments.measures import measures
from ketwork.experiments.predict import predict_rows
from ketwork.experiments.run import split
from ketwork.experiments.task import FitTask, UserError
from ketwork.models import VariationalClassifier
from ketwork.models.regressor import VariationalRegressor
from ketwork.models.storage import save, to_arrays


@pytest.fixture(scope="module", params=["variational", "kernel"])
def run(request, tmp_path_factory):
    task = FitTask("wine", model=request.param, seeds=1, fits=1, epochs=20, layers=1, features=4)
    return fit(task, tmp_path_factory.mktemp("runs") / request.param).folder


def test_predictions_of_the_training_data_are_mostly_right(run):
    header, *lines = predict_rows(run, "wine")
    assert header.startswith("prediction")
    right = np.mean([line.split(",")[0] == truth for line, truth in zip(lines, load("wine").y, strict=True)])
    assert right > 0.85


def test_columns_are_found_by_name(run, tmp_path):
    wine = load("wine")
    order = np.random.default_rng(0).permutation(wine.X.shape[1])
    lines = [",".join(["extra", *(wine.feature_names[k] for k in order)])]
    lines += [",".join(["text", *(repr(float(v)) for v in row[order])]) for row in wine.X]
    (tmp_path / "new.csv").write_text("\n".join(lines))
    assert predict_rows(run, str(tmp_path / "new.csv")) == predict_rows(run, "wine")


def test_what_cannot_be_predicted(run, tmp_path):
    with pytest.raises(UserError, match="does not have the features"):
        predict_rows(run, "iris")
    with pytest.raises(UserError, match="no finished run"):
        predict_rows(tmp_path, "wine")
    names = load("wine").feature_names
    (tmp_path / "bad.csv").write_text(",".join(names) + "\n" + ",".join(["1"] * (len(names) - 1) + ["inf"]) + "\n")
    with pytest.raises(UserError, match=rf"column '{names[-1]}' holds inf in data row 1"):
        predict_rows(run, str(tmp_path / "bad.csv"))


def test_predictions_are_those_of_the_model_that_was_fitted(run):
    """Fitted anew from the task alone: the same classes, probabilities and confusion matrix as the saved run."""
    task, wine = FitTask(**json.loads((run / "config.json").read_text())["task"]), load("wine")
    part = split(task, wine, 0)
    model = contenders(task)[0].build({}, task.seed, (4, 3, 100)).fit(part.X_train, part.y_train)
    inputs = reduce(wine.X, part.reduction)
    header, *lines = predict_rows(run, "wine")
    predicted = np.array([line.split(",")[0] for line in lines])
    np.testing.assert_array_equal(predicted, model.predict(inputs))
    if header == "prediction,probability":
        chances = model.predict_proba(inputs).max(axis=1)
        np.testing.assert_allclose([float(line.split(",")[1]) for line in lines], chances, atol=6e-5)
    row = json.loads((run / "rows.jsonl").read_text().splitlines()[0])
    place = [int(np.abs(inputs - held).sum(axis=1).argmin()) for held in part.X_test]
    assert len(set(place)) == len(part.y_test)
    assert measures(part.y_test, predicted[place])["confusion"] == row["confusion"]


def test_labels_are_quoted_where_they_must_be(tmp_path):
    import csv

    rng = np.random.default_rng(0)
    rows = [f'{a:.3f},{b:.3f},"{"l, w" if a > b else "plain"}"' for a, b in rng.normal(size=(40, 2))]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,kind", *rows]) + "\n")
    task = FitTask(str(tmp_path / "t.csv"), seeds=1, fits=1, epochs=5, layers=1)
    lines = predict_rows(fit(task, tmp_path / "run").folder, task.data)
    found = list(csv.reader(lines))
    assert len(found) == 41
    assert {len(row) for row in found} == {2}
    assert {row[0] for row in found[1:]} <= {"l, w", "plain"}


def test_a_saved_model_predicts_on_a_device(run, tmp_path):
    """On a device and with shots, most classes are those of the ideal simulator, and the numbers are not."""
    wine = load("wine")
    lines = [",".join(repr(float(v)) for v in row) for row in wine.X[::6]]
    (tmp_path / "some.csv").write_text("\n".join([",".join(wine.feature_names), *lines]))
    data = str(tmp_path / "some.csv")
    ideal, noisy, shots = (predict_rows(run, data, **o) for o in ({}, {"device": "manila"}, {"shots": 2000}))
    for there in (noisy, shots):
        same = [a.split(",")[0] == b.split(",")[0] for a, b in zip(ideal, there, strict=True)]
        assert np.mean(same) > 0.85
        assert there != ideal or ideal[0] == "prediction"


def test_devices_that_do_not_fit(run):
    with pytest.raises(UserError, match="Did you mean 'manila'"):
        predict_rows(run, "wine", device="manilla")
    with pytest.raises(UserError, match="`shots` must lie in"):
        predict_rows(run, "wine", shots=0)


# ---------------------------------------------------------------------- models that `ketwork fit` does not make
def saved(folder, model, y, **more):
    wine = load("wine")
    config, arrays = to_arrays(model.fit(wine.X, y))
    save(folder / "model", {**config, **more}, arrays)
    return wine, model


def test_numbers_and_several_columns(tmp_path):
    names = {"feature_names": list(load("wine").feature_names)}
    small = {"n_qubits": 2, "layers": 1, "epochs": 2, "random_state": 0}
    y = load("wine").X[:, 0]
    wine, model = saved(tmp_path, VariationalRegressor(**small), y, **names)
    header, *lines = predict_rows(tmp_path, "wine")
    assert header == "prediction"
    np.testing.assert_allclose([float(line) for line in lines], model.predict(wine.X), rtol=1e-6)
    labels = np.stack([y > 13, y > 12], axis=1).astype(int)
    wine, model = saved(tmp_path, VariationalClassifier(**small), labels, **names)
    header, *lines = predict_rows(tmp_path, "wine")
    assert header == "prediction 0,prediction 1"
    np.testing.assert_array_equal([[int(v) for v in line.split(",")] for line in lines], model.predict(wine.X))


def test_a_model_without_names_of_features(tmp_path):
    saved(tmp_path, VariationalClassifier(n_qubits=2, layers=1, epochs=1), load("wine").y)
    with pytest.raises(UserError, match="does not know the names of its features"):
        predict_rows(tmp_path, "wine")
