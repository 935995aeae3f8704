"""Readout: from expectation values to class probabilities, and back with gradients."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.operators import PauliSum, pauli

Floats = NDArray[np.floating[Any]]


def z_observables(n_qubits: int) -> list[PauliSum]:
    """Z on every qubit and ZZ on every neighbouring pair of a ring: what a device reads in one setting."""
    singles = [pauli("Z", q, n_qubits) for q in range(n_qubits)]
    ends = n_qubits if n_qubits > 2 else n_qubits - 1
    return singles + [pauli("ZZ", (q, (q + 1) % n_qubits), n_qubits) for q in range(ends)]


def softmax(logits: Floats) -> Floats:
    """Class probabilities (B, K) of logits (B, K)."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def cross_entropy(logits: Floats, labels: NDArray[np.int64]) -> tuple[float, Floats]:
    """The mean of -log p of the right class, and its gradient (B, K) by the logits."""
    top = logits.max(axis=1, keepdims=True)
    log_sum = top[:, 0] + np.log(np.exp(logits - top).sum(axis=1))
    rows = np.arange(len(labels))
    loss = float(np.mean(log_sum - logits[rows, labels]))
    gradient = softmax(logits)
    gradient[rows, labels] -= 1
    return loss, gradient / len(labels)
