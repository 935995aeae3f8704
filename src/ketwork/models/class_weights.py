"""Weights of classes: how much a sample counts, by what it is."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_real

Floats = NDArray[np.floating[Any]]


def class_weights(
    class_weight: Any, classes: NDArray[Any], labels: NDArray[np.int64], weights: Floats | None
) -> Floats | None:
    """Weights (N,) of samples by class and by themselves, with the mean 1; None where all are 1.

    class_weight: None; "balanced" for N / (K times how often a class occurs), as in scikit-learn; or {class: weight},
    1 for classes that it does not name. labels: (N,) numbers of classes. weights: of the samples, (N,).
    Raises: ValueError for other words, classes that are not there, negative weights.
    """
    if class_weight is None:
        return None if weights is None else weights / weights.mean()
    own = np.ones(len(labels)) if weights is None else weights
    if isinstance(class_weight, str) and class_weight == "balanced":
        amounts = np.bincount(labels, own, len(classes))
        present = amounts > 0
        each = np.where(present, amounts.sum() / (present.sum() * np.where(present, amounts, 1)), 0.0)
    else:
        each = weights_of_classes(class_weight, classes)
    result = own * each[labels]
    if not result.any():
        raise ValueError("Argument `class_weight` leaves no sample a weight above 0.")
    return np.asarray(result / result.mean())


def label_weights(class_weight: Any, y: NDArray[Any], weights: Floats | None) -> Floats | None:
    """Weights of multi-label samples, y (N, L) of 0 and 1: (N,), or with class weights (N, L); None where all are 1.

    class_weight: as in `class_weights` for the classes 0 and 1 of every label, or a list of them, one a label.
    """
    if class_weight is None:
        return class_weights(None, np.arange(2), np.zeros(0, np.int64), weights)
    each = class_weight if isinstance(class_weight, list) else [class_weight] * y.shape[1]
    if len(each) != y.shape[1]:
        raise ValueError(f"Argument `class_weight` must hold {y.shape[1]} dictionaries, one a label, not {len(each)}.")
    columns = [class_weights(c, np.arange(2), y[:, k].astype(np.int64), weights) for k, c in enumerate(each)]
    plain = np.ones(len(y)) if weights is None else weights / weights.mean()
    return np.stack([plain if column is None else column for column in columns], axis=1)


def weights_of_classes(class_weight: Any, classes: NDArray[Any]) -> Floats:
    """The weight (K,) of every class as {class: weight} says, 1 for those that it does not name.

    Raises: ValueError for classes that are not there and negative weights, TypeError for what is no dictionary.
    """
    if not isinstance(class_weight, dict):
        error = ValueError if isinstance(class_weight, str) else TypeError
        raise error(f"Argument `class_weight` must be None, 'balanced' or a dict, but is {class_weight!r}.")
    listed = classes.tolist()
    unknown = [str(name) for name in class_weight if name not in listed]
    if unknown:
        raise ValueError(
            f"Argument `class_weight` names {', '.join(unknown)}, but the classes are {', '.join(map(str, listed))}."
        )
    return np.array([check_real("class_weight", class_weight.get(name, 1.0), 0) for name in listed])
