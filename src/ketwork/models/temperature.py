"""Probabilities from decision values: one temperature for all, so that the most probable class stays the same."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.model_selection import StratifiedKFold

from ketwork.models.gram import Floats

FOLDS = 5


def as_logits(scores: Floats) -> Floats:
    """Decision values, (N,) for two classes or (N, K), as one column a class (N, K)."""
    return np.stack([-scores / 2, scores / 2], axis=1) if scores.ndim == 1 else scores


def probabilities(scores: Floats, inverse_temperature: float) -> Floats:
    """Class probabilities (N, K) of decision values."""
    return np.asarray(softmax(inverse_temperature * as_logits(scores), axis=1))


def held_out_scores(
    labels: NDArray[np.int64], scores_of: Callable[[NDArray[Any], NDArray[Any]], Floats]
) -> tuple[Floats, NDArray[np.int64]]:
    """Decision values of samples that were held out in turn, and their labels; none where a class has one sample.

    scores_of: from the numbers of training samples and of held-out ones to the decision values of the latter.
    """
    folds = min(FOLDS, int(np.bincount(labels).min()))
    if folds < 2:
        return np.zeros(0), np.zeros(0, np.int64)
    parts = list(StratifiedKFold(folds).split(np.zeros(len(labels)), labels))
    return np.concatenate([scores_of(*part) for part in parts]), np.concatenate([labels[held] for _, held in parts])


def fitted_temperature(scores: Floats, labels: NDArray[np.int64]) -> float:
    """The inverse temperature in [0.01, 100] with the highest likelihood of held-out labels; 1 where there are none.

    Source: Guo, Pleiss, Sun, Weinberger, arXiv:1706.04599, sec. 4.2; for two classes Platt's slope without his offset.
    """
    if not len(scores):
        return 1.0
    logits, at = as_logits(scores), np.arange(len(labels))

    def loss(exponent: float) -> float:
        return -float(log_softmax(np.exp(exponent) * logits, axis=1)[at, labels].mean())

    return float(np.exp(minimize_scalar(loss, bounds=np.log([0.01, 100]), method="bounded").x))
