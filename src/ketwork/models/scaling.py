"""From features to angles: the one scaling that all models share."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class FeatureScale:
    """Standardise with the training data's mean and deviation, clip at 3 deviations, multiply by `factor`.

    mean, deviation: (F,). A feature that is constant in the training data is only centred.
    """

    mean: Floats
    deviation: Floats
    factor: float

    @classmethod
    def of(cls, X: Floats, factor: float, sample_weight: Floats | None = None) -> "FeatureScale":
        """Learn the scale of training data X (N, F), each sample as often as its weight (N,) says."""
        constant = np.ptp(X, axis=0) == 0  # their deviation may come out as 1e-17 instead of 0
        if sample_weight is None:
            mean, deviation = X.mean(axis=0), X.std(axis=0)
        else:
            mean = np.average(X, axis=0, weights=sample_weight)
            deviation = np.sqrt(np.average((X - mean) ** 2, axis=0, weights=sample_weight))
        return cls(np.where(constant, X[0], mean), np.where(constant, 1.0, deviation), factor)

    @classmethod
    def restored(cls, arrays: dict[str, Floats], n_features: int, factor: float) -> "FeatureScale":
        """The scale of a saved model. Raises: ValueError for arrays that do not fit its features."""
        mean, deviation = arrays["scale_mean"], arrays["scale_deviation"]
        if not mean.shape == deviation.shape == (n_features,) or not (deviation > 0).all():
            raise ValueError(f"The saved model's scales do not fit its {n_features} features.")
        return cls(mean, deviation, factor)

    def apply(self, X: Floats) -> Floats:
        """Angles (N, F) for features (N, F)."""
        return np.asarray(np.clip((X - self.mean) / self.deviation, -3, 3) * self.factor)
