"""Landmarks: exact where there are enough of them, nearer the more there are."""

import numpy as np
import pytest

from ketwork import Simulator
from ketwork.models import iqp_feature_map
from ketwork.models.kernels import FidelityKernel
from ketwork.models.nystroem import choose_landmarks, landmarks_at
from ketwork.models.projected_kernel import ProjectedKernel

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 3))


@pytest.mark.parametrize("kind", [FidelityKernel, ProjectedKernel])
def test_more_landmarks_come_nearer_and_all_of_them_are_exact(kind):
    kernel = kind(iqp_feature_map(3, 2, "linear"))
    rows = kernel.rows(X)
    exact, errors = kernel.between(rows), []
    for count in (3, 12, 30, 50):
        landmarks = choose_landmarks(kernel, rows, count, seed=0, tolerance=1e-12)
        features = landmarks.features(kernel, rows)
        errors.append(np.linalg.norm(features @ features.T - exact))
        assert features.shape[1] <= count
    assert errors[0] > errors[1] > errors[2] > errors[3]
    assert errors[3] < 1e-6


def test_the_landmarks_own_kernel_is_exact():
    """Whatever the number, products of features are the kernel on the landmarks themselves (Williams and Seeger)."""
    kernel = FidelityKernel(iqp_feature_map(3, 2, "linear"))
    landmarks = choose_landmarks(kernel, X, 10, seed=1, tolerance=1e-13)
    features = landmarks.features(kernel, landmarks.points)
    np.testing.assert_allclose(features @ features.T, kernel.gram(landmarks.points), atol=1e-9)


def test_a_kernel_of_low_rank_needs_no_more_features():
    """One qubit's density matrices span four dimensions."""
    kernel = FidelityKernel(iqp_feature_map(1, 2))
    landmarks = choose_landmarks(kernel, X[:, :1], 20, seed=0)
    assert landmarks.whitening.shape[1] <= 4
    features = landmarks.features(kernel, X[:, :1])
    np.testing.assert_allclose(features @ features.T, kernel.gram(X[:, :1]), atol=1e-6)


def test_single_precision_does_not_blow_up():
    kernel = FidelityKernel(iqp_feature_map(3, 2, "linear"), backend=Simulator("single"))
    rows = 0.05 * X  # a nearly constant kernel: most eigenvalues are noise
    features = choose_landmarks(kernel, rows, 50, seed=0).features(kernel, rows)
    np.testing.assert_allclose(features @ features.T, kernel.gram(rows), atol=1e-4)


def test_doors():
    kernel = FidelityKernel(iqp_feature_map(3, 2, "linear"))
    with pytest.raises(ValueError, match="at most the number of samples, 50, but is 51"):
        choose_landmarks(kernel, X, 51)
    with pytest.raises(ValueError, match="`n_components` must be at least 1"):
        choose_landmarks(kernel, X, 0)
    with pytest.raises(ValueError, match="vanishes"):
        landmarks_at(X[:2], np.zeros((2, 2)))
