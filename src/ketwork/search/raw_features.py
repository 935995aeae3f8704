"""From the features that people have to the inputs of a task's circuits, as learned from its training data."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork.checks import check_array
from ketwork.models.encoding import Encoding
from ketwork.models.scaling import FeatureScale

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Preparation:
    """What makes inputs of features: a linear map where they are reduced, a scale, and the encoding's own part.

    encoding: without weights. scale: of the reduced features. classes: (K,) labels by their numbers. components,
    offset: (n, F) and (n,) of the map components @ features - offset; None for features as they are.
    """

    encoding: Encoding
    scale: FeatureScale
    classes: NDArray[Any]
    components: Floats | None = None
    offset: Floats | None = None

    @property
    def n_features(self) -> int:
        """F, before the map."""
        return len(self.scale.mean) if self.components is None else self.components.shape[1]

    def reduced(self, X: ArrayLike) -> Floats:
        """Features (N, F) after the map. Raises: ValueError where they are of another number or not finite."""
        features: Floats = check_array("X", X, 2)
        if features.shape[1] != self.n_features:
            raise ValueError(f"Argument `X` must have {self.n_features} features, but has {features.shape[1]}.")
        return project(features, self.components, self.offset)

    def inputs(self, X: ArrayLike) -> Floats:
        """Inputs (N, n_inputs) of the encoding for features X (N, F)."""
        return self.encoding.prepare(self.scale.apply(self.reduced(X)))

    def after(self, matrix: Floats) -> "Preparation":
        """The same for features of which matrix (n, F) times a sample gives those known here, as for larger images."""
        if self.components is None:
            return replace(self, components=matrix, offset=np.zeros(len(matrix)))
        return replace(self, components=self.components @ matrix)


def project(X: Floats, components: Floats | None = None, offset: Floats | None = None) -> Floats:
    """Features (N, F) times components (n, F), less the offset (n,); as they are without."""
    return X if components is None else np.asarray(X @ components.T - (0.0 if offset is None else offset))
