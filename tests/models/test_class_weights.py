"""Weights of classes: scikit-learn's numbers, and what is refused."""

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

from ketwork.models.class_weights import class_weights, label_weights, weights_of_classes

CLASSES, LABELS = np.array(["a", "b", "c"]), np.array([0, 0, 0, 1, 1, 2])
SAMPLES = np.array([1.0, 2.0, 0.5, 1.0, 3.0, 0.25])


def scaled(weights):
    return weights / weights.mean()


@pytest.mark.parametrize("given", ["balanced", {"a": 2, "c": 0.5}])
def test_weights_are_scikit_learns(given):
    wanted = compute_class_weight(given, classes=CLASSES, y=CLASSES[LABELS])[LABELS]
    np.testing.assert_allclose(class_weights(given, CLASSES, LABELS, None), scaled(wanted))


def test_balanced_counts_samples_as_often_as_they_weigh():
    found = class_weights("balanced", CLASSES, LABELS, SAMPLES)
    amounts = [found[k == LABELS].sum() for k in range(3)]
    np.testing.assert_allclose(amounts, amounts[0])
    assert found.mean() == pytest.approx(1)


def test_no_weights_are_none_or_their_share():
    assert class_weights(None, CLASSES, LABELS, None) is None
    np.testing.assert_allclose(class_weights(None, CLASSES, LABELS, SAMPLES), scaled(SAMPLES))


def test_labels_have_weights_of_their_own():
    y = np.array([[1, 0], [0, 0], [0, 1], [0, 1]])
    assert label_weights(None, y, None) is None
    np.testing.assert_allclose(label_weights(None, y, SAMPLES[:4]), scaled(SAMPLES[:4]))
    found = label_weights("balanced", y, None)
    for k in range(2):
        np.testing.assert_allclose(found[:, k], scaled(compute_sample_weight("balanced", y[:, k])))
    each = label_weights([{0: 1, 1: 3}, None], y, None)
    np.testing.assert_allclose(each, np.stack([scaled(np.array([3.0, 1, 1, 1])), np.ones(4)], axis=1))


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("balnced", ValueError, "must be None, 'balanced' or a dict, but is 'balnced'"),
        (3.0, TypeError, "must be None, 'balanced' or a dict"),
        ({"a": 1, "d": 2}, ValueError, "names d, but the classes are a, b, c"),
        ({"a": -1}, ValueError, "at least 0"),
        ({"a": "x"}, TypeError, "real number"),
        ({"a": 0, "b": 0, "c": 0}, ValueError, "leaves no sample"),
    ],
)
def test_doors(given, error, message):
    with pytest.raises(error, match=message):
        class_weights(given, CLASSES, LABELS, None)
    with pytest.raises(ValueError, match="must hold 2 dictionaries"):
        label_weights([{}], np.zeros((3, 2), int), None)


def test_what_a_dictionary_does_not_name_weighs_one():
    np.testing.assert_array_equal(weights_of_classes({"b": 3}, CLASSES), [1, 3, 1])
    with pytest.raises(ValueError, match="must be None, 'balanced' or a dict"):
        weights_of_classes("equal", CLASSES)
