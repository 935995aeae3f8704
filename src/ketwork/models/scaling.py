"""From features to angles: the one scaling that all models share."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_choice
from ketwork.models.encoding import SPANS

Floats = NDArray[np.floating[Any]]
_LIMITS = {"angle": 3.0, "unit": 1.0, "raw": np.inf}


@dataclass(frozen=True)
class FeatureScale:
    """Subtract the mean, divide by the deviation, clip at +-`limit`, multiply by `factor`.

    mean, deviation: (F,), learned from training data; a constant feature is only centred. What they are is said by the
    span that an encoding asks for. "angle": mean and standard deviation, clipped at 3 of them. "unit": middle and half
    width, so that training data fill [-1, 1], and others are clipped to it. "raw": features stay as they are.
    """

    mean: Floats
    deviation: Floats
    factor: float
    limit: float = 3.0

    @classmethod
    def of(cls, X: Floats, factor: float, sample_weight: Floats | None = None, span: str = "angle") -> "FeatureScale":
        """Learn the scale of training data X (N, F), each sample as often as its weight (N,) says.

        factor: of the span "angle"; the other spans have none.
        """
        if check_choice("span", span, SPANS) == "raw":
            return cls(np.zeros(X.shape[1]), np.ones(X.shape[1]), 1.0, _LIMITS[span])
        constant = np.ptp(X, axis=0) == 0  # their deviation may come out as 1e-17 instead of 0
        if span == "unit":
            low, high = X.min(axis=0), X.max(axis=0)
            return cls((low + high) / 2, np.where(constant, 1.0, (high - low) / 2), 1.0, _LIMITS[span])
        if sample_weight is None:
            mean, deviation = X.mean(axis=0), X.std(axis=0)
        else:
            mean = np.average(X, axis=0, weights=sample_weight)
            deviation = np.sqrt(np.average((X - mean) ** 2, axis=0, weights=sample_weight))
        return cls(np.where(constant, X[0], mean), np.where(constant, 1.0, deviation), factor)

    @classmethod
    def restored(cls, arrays: dict[str, Floats], n_features: int, factor: float, span: str = "angle") -> "FeatureScale":
        """The scale of a saved model. Raises: ValueError for arrays that do not fit its features."""
        mean, deviation = arrays["scale_mean"], arrays["scale_deviation"]
        if not mean.shape == deviation.shape == (n_features,) or not (deviation > 0).all():
            raise ValueError(f"The saved model's scales do not fit its {n_features} features.")
        return cls(mean, deviation, factor if span == "angle" else 1.0, _LIMITS[span])

    @property
    def arrays(self) -> dict[str, Floats]:
        """What `restored` takes."""
        return {"scale_mean": self.mean, "scale_deviation": self.deviation}

    def apply(self, X: Floats) -> Floats:
        """Angles (N, F) for features (N, F)."""
        return np.asarray(np.clip((X - self.mean) / self.deviation, -self.limit, self.limit) * self.factor)
