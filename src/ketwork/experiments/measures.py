"""How right predictions are: the scores that models are chosen and compared by."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

CLASSIFICATION = ("accuracy", "balanced_accuracy", "f1_macro")
REGRESSION = ("r2", "neg_mean_squared_error")
SCORINGS = (*CLASSIFICATION, *REGRESSION)
"""scikit-learn's names; more is better in all of them."""


def scorer(name: str) -> Callable[[NDArray[Any], NDArray[Any]], float]:
    """The function (truth, predicted) to a score of this name."""
    return lambda truth, predicted: float(measures(truth, predicted, name in REGRESSION)[name])


def measures(truth: NDArray[Any], predicted: NDArray[Any], regression: bool = False) -> dict[str, Any]:
    """All scores of predictions, truth (N,) and predicted (N,).

    Classes: accuracy, balanced_accuracy (the mean over the classes in `truth` of the share found), precision, recall
    and f1_macro (means over the classes in either), the confusion matrix (rows: truth) and its labels. Numbers: r2,
    neg_mean_squared_error; r2 is nan where the truth does not vary.
    """
    if regression:
        error = float(np.mean((np.asarray(truth, float) - predicted) ** 2))
        spread = float(np.var(np.asarray(truth, float)))
        return {"r2": 1 - error / spread if spread > 0 else float("nan"), "neg_mean_squared_error": -error}
    labels = np.unique(np.concatenate([np.asarray(truth), np.asarray(predicted)]))
    places = np.searchsorted(labels, truth), np.searchsorted(labels, predicted)
    counts = np.zeros((len(labels), len(labels)), int)
    np.add.at(counts, places, 1)
    there, said, right = counts.sum(axis=1), counts.sum(axis=0), np.diag(counts)
    recall, precision = right / np.maximum(there, 1), right / np.maximum(said, 1)
    return {
        "accuracy": float(right.sum() / len(truth)),
        "balanced_accuracy": float(recall[there > 0].mean()),
        "precision": float(precision.mean()),
        "recall": float(recall.mean()),
        "f1_macro": float((2 * right / (there + said)).mean()),
        "confusion": counts[there > 0][:, there > 0].tolist(),
        "labels": [str(label) for label in labels[there > 0]],
    }
