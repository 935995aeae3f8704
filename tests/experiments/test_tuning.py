"""Tuning: the budget counted by the models themselves, the best setting taken, the test rows never seen."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from ketwork.experiments.contenders import contender_of
from ketwork.experiments.tuning import Plan, choose, train

FITTED = []


class Counting(ClassifierMixin, BaseEstimator):
    """Says 1 for a share of the rows that its setting decides; keeps what it was fitted on."""

    def __init__(self, right=0.0):
        self.right = right

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        FITTED.append((self.right, np.array(X), np.array(y)))
        return self

    def predict(self, X):
        return np.where(X[:, 0] > 0, 1, 0) if self.right > 0.5 else np.where(X[:, 0] > 0, 0, 1)


def rows(n=60):
    X = np.random.default_rng(0).normal(size=(n, 3))
    return X, (X[:, 0] > X[:, 0].mean()).astype(int)


@pytest.fixture(autouse=True)
def _forget():
    FITTED.clear()


@pytest.mark.parametrize(("budget", "inner", "fits"), [(12, 3, 12), (13, 3, 12), (4, 1, 4), (5, 5, 0), (2, 3, 0)])
def test_no_more_fits_than_the_budget(budget, inner, fits):
    contender = contender_of("c", "baseline", (Counting(), {"right": list(np.linspace(0, 1, 99))}))
    choice = choose(contender, *rows(), 0, Plan(budget, inner), 10, lambda *_: None)
    assert len(FITTED) == choice.fits == fits <= budget
    assert choice.tried == max(1, budget // inner)


def test_the_setting_that_is_right_within_the_training_part_is_taken():
    contender = contender_of("c", "baseline", (Counting(), {"right": [0.9]}))
    choice = choose(contender, *rows(), 0, Plan(6, 3), 10, lambda *_: None)
    assert choice.setting == {"right": 0.9}
    assert choice.scores[1] > 0.9 > 0.1 > choice.scores[0]
    assert FITTED[0][0] == 0.0  # the estimator as it was given comes first


def test_inner_fits_are_scaled_by_their_own_rows():
    """Every training set of tuning has mean 0 and deviation 1: nothing of the rows that judge went into the scale."""
    contender = contender_of("c", "baseline", (Counting(), {"right": [0.9]}))
    choose(contender, *rows(), 0, Plan(6, 3, features=2), 10, lambda *_: None)
    assert len({len(X) for _, X, _ in FITTED}) == 1
    for _, X, _ in FITTED:
        assert X.shape == (40, 2)
        np.testing.assert_allclose(X.mean(axis=0), 0, atol=1e-12)


def test_targets_that_are_numbers_are_standardised_and_put_back():
    from sklearn.linear_model import LinearRegression

    X = np.arange(20.0)[:, None]
    y = 1000 + 50 * X[:, 0]
    model = train(LinearRegression(), X, y, regression=True)
    np.testing.assert_allclose(model.predict(X), y)
    assert abs(model.model.intercept_ + model.model.coef_[0] * X.mean()) < 1e-9
