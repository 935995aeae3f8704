"""Scores against scikit-learn's and by hand."""

import numpy as np
import pytest
from sklearn import metrics

from ketwork.experiments.measures import SCORINGS, measures, scorer


def test_measures_by_hand():
    found = measures(np.array(list("aabbbc")), np.array(list("aababb")))
    assert found["accuracy"] == pytest.approx(4 / 6)
    assert found["confusion"] == [[2, 0, 0], [1, 2, 0], [0, 1, 0]]
    assert found["recall"] == found["balanced_accuracy"] == pytest.approx((1 + 2 / 3 + 0) / 3)
    assert found["precision"] == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)


@pytest.mark.filterwarnings("ignore:y_pred contains classes")
@pytest.mark.parametrize("seed", range(5))
def test_classes_are_scored_as_scikit_learn_does(seed):
    """Also where a class is predicted that is not there."""
    rng = np.random.default_rng(seed)
    truth, predicted = rng.choice(list("abc"), 40), rng.choice(list("abcd"), 40)
    found = measures(truth, predicted)
    macro = metrics.precision_recall_fscore_support(truth, predicted, average="macro", zero_division=0.0)
    assert (found["precision"], found["recall"], found["f1_macro"]) == pytest.approx(macro[:3])
    assert found["balanced_accuracy"] == pytest.approx(metrics.balanced_accuracy_score(truth, predicted))
    assert found["accuracy"] == metrics.accuracy_score(truth, predicted)
    np.testing.assert_array_equal(found["confusion"], metrics.confusion_matrix(truth, predicted, labels=list("abc")))


def test_numbers_are_scored_as_scikit_learn_does():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=30)
    predicted = truth + 0.3 * rng.normal(size=30)
    assert scorer("r2")(truth, predicted) == pytest.approx(metrics.r2_score(truth, predicted))
    assert scorer("neg_mean_squared_error")(truth, predicted) == pytest.approx(
        -metrics.mean_squared_error(truth, predicted)
    )
    assert np.isnan(scorer("r2")(np.ones(3), np.zeros(3)))


@pytest.mark.parametrize("name", SCORINGS)
def test_more_is_better_in_every_score(name):
    truth = np.array([0.0, 1.0, 1.0, 0.0])
    assert scorer(name)(truth, truth) > scorer(name)(truth, np.array([0.0, 1.0, 0.0, 1.0]))
