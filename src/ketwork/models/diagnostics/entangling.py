"""Entangling capability: how entangled a circuit's states are on the average, qubit against the rest."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ketwork.checks import check_array
from ketwork.circuit import Circuit
from ketwork.models.diagnostics.draws import (
    Floats,
    check_inputs,
    check_unitary,
    check_weights,
    drawn_rows,
    mean_interval,
    state_blocks,
    weights_as_inputs,
)
from ketwork.seeds import Seed, generator

_QUBITS = 16


@dataclass(frozen=True, eq=False)
class EntanglingCapability:
    """The Meyer-Wallach measure of a circuit's states.

    values (S,): of each state, 0 for product states, 1 for states like GHZ whose every qubit is maximally mixed.
    mean, low, high: their mean with its 95 % interval. haar: the mean over uniformly random states.
    """

    n_qubits: int
    values: Floats
    mean: float
    low: float
    high: float
    haar: float


def entangling_capability(
    circuit: Circuit, samples: int = 1000, inputs: Any = None, weights: Any = None, seed: Seed = None
) -> EntanglingCapability:
    """The mean Meyer-Wallach measure over random weights, uniform in [0, 2 pi), and inputs.

    inputs (B, F): rows to draw from; None: uniform in [-pi, pi). weights (P,): take these instead of random ones; then
    each row of inputs is looked at once. Raises: ValueError for more than 16 qubits, or measurements.
    Source: Sim, Johnson, Aspuru-Guzik, arXiv:1905.10876, eq. 6.
    """
    check_unitary(circuit, _QUBITS)
    rng = generator(seed)
    if weights is None:
        rows = drawn_rows(circuit, samples, inputs, rng)
    else:
        fixed = check_weights(circuit, weights)[:1]
        given = drawn_rows(circuit, samples, None, rng)[:, : circuit.n_inputs]
        given = given if inputs is None else check_inputs(circuit, inputs)
        rows = np.hstack([given, np.repeat(fixed, len(given), axis=0)])
    values = np.concatenate([meyer_wallach(s) for s in state_blocks(weights_as_inputs(circuit), rows)])
    size = 2**circuit.n_qubits
    return EntanglingCapability(circuit.n_qubits, values, *mean_interval(values), (size - 2) / (size + 1))


def meyer_wallach(states: Any) -> Floats:
    """Q = 2 (1 - mean over qubits of Tr rho_q^2), (B,), of normalised states (B, 2^n).

    Source: Meyer and Wallach, J. Math. Phys. 43 (2002) 4273; Brennen, Quantum Inf. Comput. 3 (2003) 619, eq. 2.
    """
    array = check_array("states", states, 2, dtype=np.complex128)
    n = array.shape[1].bit_length() - 1
    if n < 1 or array.shape[1] != 1 << n:
        raise ValueError(f"Argument `states` must hold 2^n amplitudes a row, but has shape {array.shape}.")
    purity = np.zeros(len(array))
    for q in range(n):
        halves = array.reshape(len(array), 1 << q, 2, -1)
        zero, one = halves[:, :, 0].reshape(len(array), -1), halves[:, :, 1].reshape(len(array), -1)
        a, d = (np.einsum("bi,bi->b", part.conj(), part).real for part in (zero, one))
        purity += a**2 + d**2 + 2 * np.abs(np.einsum("bi,bi->b", zero.conj(), one)) ** 2
    return np.asarray(2 * (1 - purity / n))
