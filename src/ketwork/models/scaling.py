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
    def of(cls, X: Floats, factor: float) -> "FeatureScale":
        """Learn the scale of training data X (N, F)."""
        constant = np.ptp(X, axis=0) == 0  # their deviation may come out as 1e-17 instead of 0
        return cls(np.where(constant, X[0], X.mean(axis=0)), np.where(constant, 1.0, X.std(axis=0)), factor)

    def apply(self, X: Floats) -> Floats:
        """Angles (N, F) for features (N, F)."""
        return np.asarray(np.clip((X - self.mean) / self.deviation, -3, 3) * self.factor)
