"""Folds: every row tested once, classes in their shares, nothing learned from rows that test."""

import numpy as np
import pytest

from ketwork.experiments.folds import inner_folds, learn, outer_folds, parts, reduce


@pytest.mark.parametrize("regression", [False, True])
def test_every_row_is_tested_once(regression):
    y = np.repeat([0, 1, 2], [20, 30, 12])
    folds = outer_folds(y, 4, 7, regression)
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(62))
    for train, test in folds:
        assert not set(train) & set(test)
        if not regression:
            assert np.abs(np.bincount(y[test]) - np.array([20, 30, 12]) / 4).max() <= 1


def test_inner_folds_are_as_many_as_the_smallest_class_allows():
    y = np.array([0] * 20 + [1] * 2)
    assert len(inner_folds(y, 5, 0)) == 2
    assert all(set(y[fit]) == {0, 1} for fit, _ in inner_folds(y, 5, 0))
    (fit, held), *more = inner_folds(np.array([0] * 20 + [1] * 20), 1, 0)
    assert not more
    assert len(held) == 8
    assert sorted([*fit, *held]) == list(range(40))
    (alone, same), *more = inner_folds(np.array([0] * 20 + [1]), 3, 0)  # a class with nothing to spare
    assert not more
    np.testing.assert_array_equal(alone, same)


def test_test_rows_teach_nothing():
    """Whatever the test rows hold, the training part and what reduces it stay the same."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 6)), np.arange(40) % 2
    rows = outer_folds(y, 4, 0)[0]
    other = X.copy()
    other[rows[1]] = 1e3 * rng.normal(size=(len(rows[1]), 6))
    a, b = (parts(values, y, rows, 3) for values in (X, other))
    np.testing.assert_array_equal(a.X_train, b.X_train)
    assert all(np.array_equal(a.reduction[key], b.reduction[key]) for key in a.reduction)
    assert a.X_train.shape == (30, 3)


def test_the_reduction_is_that_of_scikit_learn():
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X = np.random.default_rng(0).normal(size=(50, 5)) @ np.random.default_rng(1).normal(size=(5, 5))
    found = reduce(X, learn(X, 2))
    peer = make_pipeline(StandardScaler(), PCA(2, svd_solver="full")).fit_transform(X)
    np.testing.assert_allclose(np.abs(found), np.abs(peer), atol=1e-9)
    np.testing.assert_allclose(reduce(X, learn(X)), StandardScaler().fit_transform(X), atol=1e-12)
