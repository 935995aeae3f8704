"""Temperatures: the slope that made the labels is found again, and the most probable class stays."""

import numpy as np
import pytest

from ketwork.models.temperature import as_logits, fitted_temperature, held_out_scores, probabilities

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("slope", [0.3, 1.0, 5.0])
def test_two_classes(slope):
    scores = RNG.normal(size=20_000)
    labels = (RNG.random(20_000) < 1 / (1 + np.exp(-slope * scores))).astype(int)
    assert fitted_temperature(scores, labels) == pytest.approx(slope, rel=0.1)
    np.testing.assert_allclose(probabilities(scores, slope)[:, 1], 1 / (1 + np.exp(-slope * scores)))


def test_many_classes():
    scores = RNG.normal(size=(20_000, 3))
    chances = probabilities(scores, 2.0)
    labels = (RNG.random((20_000, 1)) > chances.cumsum(axis=1)).sum(axis=1)
    assert fitted_temperature(scores, labels) == pytest.approx(2.0, rel=0.1)
    np.testing.assert_array_equal(chances.argmax(axis=1), scores.argmax(axis=1))
    np.testing.assert_allclose(chances.sum(axis=1), 1)


def test_perfect_scores_stay_finite():
    scores = np.r_[np.full(20, -1.0), np.full(20, 1.0)]
    assert 10 < fitted_temperature(scores, np.repeat([0, 1], 20)) <= 100


def test_every_sample_is_held_out_once():
    labels, seen = np.array([0, 1] * 7 + [0, 0]), []

    def scores(train, held):
        assert not set(train) & set(held)
        seen.extend(held)
        return held.astype(float)

    found, theirs = held_out_scores(labels, scores)
    assert sorted(seen) == list(range(16))
    np.testing.assert_array_equal(labels[found.astype(int)], theirs)


def test_a_class_of_one_sample_leaves_the_temperature_at_one():
    found = held_out_scores(np.array([0, 0, 0, 1]), lambda train, held: np.zeros(len(held)))
    assert fitted_temperature(*found) == 1.0
    assert as_logits(np.array([2.0])).tolist() == [[-1.0, 1.0]]
