"""From features to inputs: the steps of scikit-learn one after the other, and what is refused."""

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from ketwork.models.encodings import encode
from ketwork.models.scaling import FeatureScale
from ketwork.search import classify
from ketwork.search.raw_features import Preparation, project


def test_the_steps_are_those_of_scikit_learn():
    X, y = load_wine(return_X_y=True)
    goal = classify(X, y, n_features=6, n_qubits=3).goal
    rows = np.isin(np.arange(len(X)), _rows_of(goal.train.inputs, goal.prepared.inputs(X)))
    reduced = PCA(6, svd_solver="full").fit(X[rows])
    scaler = StandardScaler().fit(reduced.transform(X[rows]))
    wanted = np.clip(scaler.transform(reduced.transform(X)), -3, 3) * 0.5  # two features a qubit
    assert rows.sum() == len(goal.train)
    np.testing.assert_allclose(goal.prepared.inputs(X), wanted, atol=1e-9)
    np.testing.assert_array_equal(goal.prepared.classes, [0, 1, 2])


def test_test_data_have_no_part_in_it():
    X, y = load_wine(return_X_y=True)
    goal = classify(X, y, n_features=4).goal
    held = _rows_of(goal.test.inputs, goal.prepared.inputs(X))
    other = X.copy()
    other[held] += np.random.default_rng(0).normal(size=(len(held), X.shape[1])) * 100
    again = classify(other, y, n_features=4).goal
    np.testing.assert_array_equal(again.prepared.components, goal.prepared.components)
    np.testing.assert_array_equal(again.prepared.scale.mean, goal.prepared.scale.mean)


def test_after_a_map():
    X, y = load_wine(return_X_y=True)
    wide = np.random.default_rng(0).normal(size=(20, 13))
    back, samples = np.linalg.pinv(wide), X @ wide.T  # 20 features of which the 13 can be had
    for n_features in (None, 4):
        prepared = classify(X, y, n_features=n_features, n_qubits=4).goal.prepared
        after = prepared.after(back)
        assert after.n_features == 20
        np.testing.assert_allclose(after.inputs(samples), prepared.inputs(samples @ back.T), atol=1e-9)


def test_what_does_not_fit():
    prepared = Preparation(encode("angle", 2, 2), FeatureScale.of(np.eye(2), 1.0), np.arange(2))
    assert prepared.n_features == 2
    with pytest.raises(ValueError, match="2 features, but has 3"):
        prepared.inputs(np.zeros((1, 3)))
    with pytest.raises(ValueError, match="X"):
        prepared.inputs([[0.0, np.nan]])


def test_nothing_to_project():
    X = np.arange(6.0).reshape(3, 2)
    np.testing.assert_array_equal(project(X), X)
    np.testing.assert_array_equal(project(X, np.array([[1.0, 1.0]]), np.array([1.0])), X.sum(axis=1)[:, None] - 1)


def _rows_of(part: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    return np.array([np.abs(inputs - row).sum(axis=1).argmin() for row in part])
