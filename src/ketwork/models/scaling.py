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
        if span == "unit":
            low, high = X.min(axis=0), X.max(axis=0)
            half = high / 2 - low / 2  # the difference itself may be more than a double holds
            return cls(low / 2 + high / 2, np.where(half > 0, half, 1.0), 1.0, _LIMITS[span])
        return cls(*centre_and_spread(X, sample_weight), factor)

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
        with np.errstate(over="ignore"):  # what is that far out is clipped
            return np.asarray(np.clip((X - self.mean) / self.deviation, -self.limit, self.limit) * self.factor)


def centre_and_spread(columns: Floats, weights: Floats | None = None) -> tuple[Floats, Floats]:
    """Mean and standard deviation (F,) of columns (N, F), rows counting by their weights (N,); 1 is the deviation of a
    constant column. Numbers whose squares a double cannot hold are brought to size first."""
    low, high = columns.min(axis=0), columns.max(axis=0)
    size = np.maximum(np.abs(low), np.abs(high))
    size = np.where((size > 1e100) | ((size > 0) & (size < 1e-100)), size, 1.0)
    sized = columns / size
    mean = np.average(sized, axis=0, weights=weights)
    deviation = np.sqrt(np.average((sized - mean) ** 2, axis=0, weights=weights)) * size
    constant = (low == high) | (deviation == 0)  # a constant column's may come out as 1e-17 instead of 0
    return np.where(low == high, low, mean * size), np.where(constant, 1.0, deviation)
