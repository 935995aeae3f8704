"""Losses: how far a model's outputs are from what they should be, and the slope by the outputs.

Each takes outputs (B, K), targets, and weights of the samples, (B,) or (B, K), or None for 1; it returns the mean over
the batch of weight times loss, and its gradient (B, K) by the outputs.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Loss = Callable[[Floats, NDArray[Any], Floats | None], tuple[float, Floats]]


def softmax(logits: Floats) -> Floats:
    """Class probabilities (B, K) of logits (B, K)."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def sigmoid(logits: Floats) -> Floats:
    """1 / (1 + exp(-logits)), entry by entry, without overflow."""
    small = np.exp(-np.abs(logits))
    return np.asarray(np.where(logits >= 0, 1.0, small) / (1.0 + small))


def cross_entropy(logits: Floats, labels: NDArray[np.int64], weights: Floats | None = None) -> tuple[float, Floats]:
    """-log of the softmax of the right class. labels: (B,) numbers of classes."""
    rows = np.arange(len(labels))
    shifted = logits - logits.max(axis=1, keepdims=True)
    powers = np.exp(shifted)
    total = powers.sum(axis=1, keepdims=True)
    gradient = powers / total
    gradient[rows, labels] -= 1
    return _mean(np.log(total[:, 0]) - shifted[rows, labels], gradient, weights)


def logistic(logits: Floats, labels: NDArray[Any], weights: Floats | None = None) -> tuple[float, Floats]:
    """-log of the sigmoid of every right answer, summed over the outputs. labels: (B, K) of 0 and 1."""
    entries = np.logaddexp(0.0, logits) - labels * logits
    return _mean(entries, sigmoid(logits) - labels, weights)


def squared(outputs: Floats, targets: Floats, weights: Floats | None = None) -> tuple[float, Floats]:
    """Half the squared difference, summed over the outputs."""
    difference = outputs - targets
    return _mean(0.5 * difference**2, difference, weights)


def absolute(outputs: Floats, targets: Floats, weights: Floats | None = None) -> tuple[float, Floats]:
    """The absolute difference, summed over the outputs."""
    difference = outputs - targets
    return _mean(np.abs(difference), np.sign(difference), weights)


def huber(outputs: Floats, targets: Floats, weights: Floats | None = None, delta: float = 1.0) -> tuple[float, Floats]:
    """Half the squared difference up to `delta`, from there on straight, summed over the outputs.

    Source: Huber, Ann. Math. Statist. 35 (1964) 73.
    """
    difference = outputs - targets
    slope = np.clip(difference, -delta, delta)
    return _mean(slope * (difference - 0.5 * slope), slope, weights)


def _mean(entries: Floats, gradient: Floats, weights: Floats | None) -> tuple[float, Floats]:
    """The weighted mean over the batch of entries (B,) or (B, K), and the gradient (B, K) with the same weights."""
    count = len(gradient)
    if weights is None:
        return float(entries.sum() / count), gradient / count
    spread = weights[:, None] if weights.ndim == 1 else weights
    weighted = entries * (weights if entries.ndim == weights.ndim else spread)
    return float(weighted.sum() / count), gradient * (spread / count)


def regression_loss(name: str, delta: float) -> Loss:
    """The loss of a regressor by its name in `REGRESSION`; delta: of "huber"."""
    return partial(huber, delta=delta) if name == "huber" else REGRESSION[name]


REGRESSION: dict[str, Loss] = {"squared": squared, "absolute": absolute, "huber": huber}
"""The losses for numbers by name."""
