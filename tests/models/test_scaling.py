"""Features to angles."""

import numpy as np
import pytest

from ketwork.models.scaling import FeatureScale, centre_and_spread


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


def test_units_do_not_matter():
    X = np.random.default_rng(1).normal(size=(40, 3))
    units, origin = np.array([1e-6, 3.0, 1e4]), np.array([5.0, -2.0, 1e3])
    other = X * units + origin
    found = FeatureScale.of(other, 0.7).apply(other)
    np.testing.assert_allclose(found, FeatureScale.of(X, 0.7).apply(X), atol=1e-8)


def test_two_values_by_hand():
    """Mean 3, deviation 2: new data goes by what was learned, and stays as it was."""
    scale, new = FeatureScale.of(np.array([[1.0], [5.0]]), 0.25), np.array([[7.0], [3.0], [-2.0]])
    np.testing.assert_array_equal(scale.apply(new), [[0.5], [0.0], [-0.625]])
    np.testing.assert_array_equal(new, [[7.0], [3.0], [-2.0]])


@pytest.mark.parametrize("factor", [0.1, 1.0, np.pi])
def test_angles_never_leave_three_factors(factor):
    scale = FeatureScale.of(np.random.default_rng(2).normal(size=(50, 2)), factor)
    angles = scale.apply(np.random.default_rng(3).normal(size=(500, 2)) * 100)
    assert angles.max() == pytest.approx(3 * factor)
    assert angles.min() == pytest.approx(-3 * factor)


def test_constants_whose_deviation_is_rounding():
    scale = FeatureScale.of(np.full((100, 1), 0.1), 1.0)
    np.testing.assert_allclose(scale.apply(np.array([[0.1], [0.2]])), [[0], [0.1]], atol=1e-15)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("span", ["angle", "unit"])
@pytest.mark.parametrize("size", [1e-320, 1e-200, 1e200, 8e307])
def test_numbers_of_any_size_are_scaled_alike(span, size):
    X = np.random.default_rng(4).uniform(-2, 2, size=(50, 2))
    found = FeatureScale.of(X * size, 1.0, span=span).apply(X * size)
    digits = 1e-2 if size < 1e-300 else 1e-12  # the smallest numbers have few
    np.testing.assert_allclose(found, FeatureScale.of(X, 1.0, span=span).apply(X), atol=digits)


def test_weights_are_repetitions_of_rows():
    columns, times = np.random.default_rng(5).normal(size=(6, 3)), np.array([1, 2, 0, 3, 1, 1])
    found = centre_and_spread(columns, times.astype(float))
    np.testing.assert_allclose(found, centre_and_spread(np.repeat(columns, times, axis=0)))
