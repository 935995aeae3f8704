"""The variational classifier: scikit-learn's own checks, and that it learns."""

import pickle

import numpy as np
import pytest
from sklearn.datasets import load_iris, make_moons
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from ketwork.models import VariationalClassifier


@parametrize_with_checks([VariationalClassifier(layers=2, epochs=15, n_qubits=2)])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_learns_iris_and_moons():
    for X, y in (load_iris(return_X_y=True), make_moons(300, noise=0.15, random_state=1)):
        parts = train_test_split(X, y, stratify=y, random_state=0)
        model = VariationalClassifier(random_state=0).fit(parts[0], parts[2])
        assert model.score(parts[1], parts[3]) > 0.88
        assert model.history_[-1]["loss"] < model.history_[0]["loss"]


def test_gradient_of_the_loss_is_a_finite_difference():
    X, y = load_iris(return_X_y=True)
    model = VariationalClassifier(epochs=1, precision="double", random_state=0, l2=0.1).fit(X, y)
    params = np.concatenate([model.weights_, model.head_.ravel(), model.bias_])
    inputs, h = model.scale_.apply(X[::10]), 1e-6
    _, gradient = model._loss(params, inputs, y[::10])
    for k in range(0, len(params), 7):
        step = h * np.eye(len(params))[k]
        slope = (model._loss(params + step, inputs, y[::10])[0] - model._loss(params - step, inputs, y[::10])[0]) / (
            2 * h
        )
        assert gradient[k] == pytest.approx(slope, abs=1e-6)


@pytest.mark.parametrize("optimizer", ["spsa", "l-bfgs", "cobyla"])
def test_other_optimisers_run(optimizer):
    X, y = make_moons(60, noise=0.1, random_state=0)
    model = VariationalClassifier(optimizer=optimizer, epochs=25, layers=1, random_state=0).fit(X, y)
    assert model.history_[-1]["loss"] <= model.history_[0]["loss"] + 0.1


def test_pipeline_search_pickle_and_seed():
    X, y = make_moons(80, noise=0.1, random_state=0)
    pipe = make_pipeline(StandardScaler(), VariationalClassifier(epochs=5, layers=1, random_state=3))
    search = GridSearchCV(pipe, {"variationalclassifier__learning_rate": [0.01, 0.1]}, cv=2, n_jobs=2).fit(X, y)
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    np.testing.assert_array_equal(again.predict_proba(X), search.best_estimator_.predict_proba(X))
    twice = [VariationalClassifier(epochs=5, layers=1, random_state=3).fit(X, y).weights_ for _ in range(2)]
    np.testing.assert_array_equal(*twice)


@pytest.mark.parametrize("optimizer", ["adam", "spsa", "l-bfgs", "cobyla"])
def test_interrupting_keeps_what_was_learned(optimizer):
    X, y = make_moons(80, noise=0.1, random_state=0)

    def interrupt(entry):
        if entry["epoch"] == 3:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="interrupted"):
        model = VariationalClassifier(random_state=0, optimizer=optimizer, callbacks=[interrupt]).fit(X, y)
    assert model.n_iter_ == 3
    assert model.predict(X).shape == (80,)


def test_frozen_circuit_stays_as_it_started():
    X, y = make_moons(80, noise=0.1, random_state=0)
    models = [VariationalClassifier(epochs=e, train_circuit=False, random_state=0).fit(X, y) for e in (1, 6)]
    np.testing.assert_array_equal(models[0].weights_, models[1].weights_)
    assert (models[0].head_ != models[1].head_).any()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"encoding": "reupload"}, "reuploading"),
        ({"optimizer": "adm"}, "adam"),
        ({"epochs": 0}, "at least 1"),
        ({"encoding": "zz", "n_qubits": 5}, "one qubit for each"),
        ({"learning_rate": -1.0}, "at least 0"),
    ],
)
def test_doors(parameters, message):
    X, y = make_moons(40, random_state=0)
    with pytest.raises((ValueError, TypeError), match=message):
        VariationalClassifier(**parameters).fit(X, y)
