"""Which rows train and which test, and what the training rows teach about features and targets before any model."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.intp]
Reduction = dict[str, NDArray[np.floating[Any]]]
HELD = 0.2
"""Share of the training rows that tuning holds back where it has a single split."""


def outer_folds(y: NDArray[Any], count: int, seed: int, regression: bool = False) -> list[tuple[Rows, Rows]]:
    """(training rows, test rows) of every fold: shuffled, stratified by class, each row tested once."""
    from sklearn.model_selection import KFold, StratifiedKFold

    kind = KFold if regression else StratifiedKFold
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class")
        return list(kind(count, shuffle=True, random_state=seed).split(np.zeros(len(y)), y))


def inner_folds(y: NDArray[Any], count: int, seed: int, regression: bool = False) -> list[tuple[Rows, Rows]]:
    """(rows that fit, rows that judge) among the training rows, for tuning; count 1: one split, a fifth held back.

    As many folds as the smallest class has rows, at most; where no class can spare a row, tuning has to look at the
    training rows themselves.
    """
    rows = np.arange(len(y))
    least = len(y) if regression else int(np.unique(y, return_counts=True)[1].min())
    if min(least, len(y) // 2) < 2:
        return [(rows, rows)]
    if count > 1:
        return outer_folds(y, min(count, least, len(y)), seed, regression)
    from sklearn.model_selection import train_test_split

    classes = 1 if regression else len(np.unique(y))
    held = max(classes, round(HELD * len(y)))
    if len(y) - held < classes:
        return [(rows, rows)]
    return [tuple(train_test_split(rows, test_size=held, stratify=None if regression else y, random_state=seed))]


@dataclass(frozen=True)
class Parts:
    """One fold's data: training and test features (standardised, reduced) and targets; what reduced the features."""

    X_train: NDArray[np.float64]
    X_test: NDArray[np.float64]
    y_train: NDArray[Any]
    y_test: NDArray[Any]
    reduction: Reduction


def parts(
    X: NDArray[np.float64], y: NDArray[Any], rows: tuple[Rows, Rows], features: int | None = None, seed: int = 0
) -> Parts:
    """A fold's data, with what its training rows alone teach."""
    train, test = rows
    found = learn(X[train], features, seed)
    return Parts(reduce(X[train], found), reduce(X[test], found), y[train], y[test], found)


def learn(X: NDArray[np.float64], features: int | None = None, seed: int = 0) -> Reduction:
    """What standardises features and, where there are more than `features`, their principal components."""
    from sklearn.decomposition import PCA

    from ketwork.models.scaling import FeatureScale

    scale = FeatureScale.of(X, 1.0)
    found: Reduction = {"mean": scale.mean, "deviation": scale.deviation}
    if features is not None and features < X.shape[1]:
        pca = PCA(min(features, len(X)), random_state=seed, svd_solver="full").fit(reduce(X, found))
        found |= {"components": pca.components_, "centre": pca.mean_}
    return found


def reduce(X: NDArray[np.float64], reduction: Reduction) -> NDArray[np.float64]:
    """Standardise features and, where there are components, project on them."""
    result = (X - reduction["mean"]) / reduction["deviation"]
    if "components" in reduction:
        result = (result - reduction["centre"]) @ reduction["components"].T
    return np.asarray(result)
