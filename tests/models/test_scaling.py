"""Features to angles."""

import numpy as np

from ketwork.models.scaling import FeatureScale


def test_training_data_has_mean_zero_and_the_factor_as_deviation():
    X = np.random.default_rng(0).normal(3, 7, size=(5000, 2))
    angles = FeatureScale.of(X, 0.5).apply(X)
    np.testing.assert_allclose(angles.mean(axis=0), 0, atol=1e-2)
    np.testing.assert_allclose(angles.std(axis=0), 0.5, rtol=0.02)
    assert np.abs(angles).max() <= 1.5


def test_far_away_values_are_clipped_and_constants_are_zero():
    scale = FeatureScale.of(np.array([[0.0, 5.0], [2.0, 5.0]]), 2.0)
    np.testing.assert_allclose(
        scale.apply(np.array([[100.0, 5.0], [-100.0, 5.0], [1.0, 5.0]])), [[6, 0], [-6, 0], [0, 0]]
    )
