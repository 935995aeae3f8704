"""Losses: values of scikit-learn's metrics, and gradients by finite differences."""

import numpy as np
import pytest
from sklearn.metrics import log_loss, mean_absolute_error, mean_squared_error

from ketwork.models import losses
from ketwork.models.losses import cross_entropy, huber, logistic, regression_loss, sigmoid, softmax

RNG = np.random.default_rng(0)
OUT = 3 * RNG.normal(size=(7, 4))
LABELS, MARKS, NUMBERS = RNG.integers(0, 4, 7), RNG.integers(0, 2, (7, 4)), RNG.normal(size=(7, 4))
ALL = {
    "cross_entropy": (cross_entropy, LABELS),
    "logistic": (logistic, MARKS),
    "squared": (losses.squared, NUMBERS),
    "absolute": (losses.absolute, NUMBERS),
    "huber": (huber, NUMBERS),
}
WEIGHTS = [None, RNG.uniform(0.1, 3, 7), RNG.uniform(0.1, 3, (7, 4))]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("weights", WEIGHTS, ids=["none", "samples", "entries"])
def test_gradients_are_finite_differences(name, weights):
    loss, targets = ALL[name]
    if name == "cross_entropy" and weights is not None and weights.ndim == 2:
        pytest.skip("a class is one answer, and has one weight")
    _, gradient = loss(OUT, targets, weights)
    for row, column in np.ndindex(7, 4):
        step = np.zeros_like(OUT)
        step[row, column] = 1e-6
        slope = (loss(OUT + step, targets, weights)[0] - loss(OUT - step, targets, weights)[0]) / 2e-6
        assert gradient[row, column] == pytest.approx(slope, abs=1e-8)


def test_values_are_scikit_learns():
    weights = WEIGHTS[1] / WEIGHTS[1].mean()
    assert cross_entropy(OUT, LABELS, weights)[0] == pytest.approx(
        log_loss(LABELS, softmax(OUT), labels=range(4), sample_weight=weights)
    )
    each = [log_loss(MARKS[:, k], sigmoid(OUT[:, k]), labels=[0, 1]) for k in range(4)]
    assert logistic(OUT, MARKS)[0] == pytest.approx(sum(each))
    assert losses.squared(OUT, NUMBERS)[0] == pytest.approx(2 * mean_squared_error(NUMBERS, OUT))
    assert losses.absolute(OUT, NUMBERS)[0] == pytest.approx(4 * mean_absolute_error(NUMBERS, OUT))


def test_huber_lies_between_the_two():
    assert huber(OUT, NUMBERS, delta=1e9)[0] == pytest.approx(losses.squared(OUT, NUMBERS)[0])
    assert regression_loss("huber", 1e-9)(OUT, NUMBERS, None)[0] == pytest.approx(
        1e-9 * losses.absolute(OUT, NUMBERS)[0], rel=1e-6
    )


def test_a_weight_of_two_is_a_sample_twice():
    twice = np.repeat(np.arange(7), [2, 1, 1, 3, 1, 1, 1])
    weights = np.array([2, 1, 1, 3, 1, 1, 1.0])
    for loss, targets in ALL.values():
        wanted = loss(OUT[twice], targets[twice], None)[0]
        assert loss(OUT, targets, weights / weights.mean())[0] == pytest.approx(wanted)


def test_large_numbers_do_not_overflow():
    with np.errstate(over="raise", invalid="raise"):
        np.testing.assert_array_equal(sigmoid(np.array([1000.0, -1000.0, 0.0])), [1, 0, 0.5])
        loss, gradient = logistic(np.array([[1000.0, -1000.0]]), np.array([[0, 0]]))
        assert loss == 1000
        np.testing.assert_array_equal(gradient, [[1, 0]])
        found = softmax(np.array([[1000.0, 1000.0, -1000.0], [0.0, np.log(3), 0.0]]))
    np.testing.assert_allclose(found, [[0.5, 0.5, 0], [0.2, 0.6, 0.2]])


def test_softmax_does_not_see_a_shift():
    logits = RNG.normal(size=(6, 3))
    np.testing.assert_allclose(softmax(logits + 300), softmax(logits), rtol=1e-12)
    np.testing.assert_allclose(softmax(logits).sum(axis=1), 1, rtol=1e-15)


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_equal_logits_cost_the_logarithm_of_the_classes(classes):
    loss, gradient = cross_entropy(np.full((4, classes), 7.0), np.zeros(4, np.int64))
    assert loss == pytest.approx(np.log(classes), rel=1e-14)
    np.testing.assert_allclose(gradient, np.tile(np.full(classes, 1 / classes) - np.eye(classes)[0], (4, 1)) / 4)


def test_being_wrong_and_sure_costs_the_gap():
    logits = np.array([[5000.0, 0.0], [0.0, 5000.0]])
    loss, gradient = cross_entropy(logits, np.array([1, 1]))
    assert loss == 2500
    np.testing.assert_array_equal(gradient, [[0.5, -0.5], [0, 0]])
