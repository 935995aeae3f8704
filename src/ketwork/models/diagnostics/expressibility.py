"""Expressibility: how evenly a circuit's states cover all states, from the fidelities of random pairs of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ketwork.checks import check_int
from ketwork.circuit import Circuit
from ketwork.models.diagnostics.draws import (
    Floats,
    check_unitary,
    input_rows,
    random_weights,
    state_blocks,
    weights_as_inputs,
)
from ketwork.seeds import Seed, generator

BINS = 75
"""Bins of the fidelity in the paper."""
_QUBITS = 14
_COARSE = 0.95
_RESAMPLES = 400


@dataclass(frozen=True, eq=False)
class Expressibility:
    """How far a circuit's states are from uniformly random ones.

    divergence: D_KL(circuit || Haar) of the fidelity's histogram in nats, 0 for uniform states; low, high: the ends of
    its 95 % interval (bootstrap over pairs). floor: what as many pairs of truly uniform states give on the average,
    and floor_high what 95 % of such trials stay under: a divergence up to there shows no difference from uniform.
    edges (K + 1,): of the bins. found (K,), haar (K,): shares of pairs in each. pairs: of states.
    """

    n_qubits: int
    pairs: int
    edges: Floats
    found: Floats
    haar: Floats
    divergence: float
    low: float
    high: float
    floor: float
    floor_high: float

    @property
    def uniform(self) -> bool:
        """Whether no difference from uniformly random states is shown."""
        return self.divergence <= self.floor_high

    @property
    def coarse(self) -> bool:
        """Whether nearly all pairs of uniform states fall into one bin, as 75 do from 8 qubits on: then only circuits
        whose states often overlap can be told from uniform ones, and `uniform` says little."""
        return bool(self.haar.max() > _COARSE)


def expressibility(
    circuit: Circuit, pairs: int = 5000, inputs: Any = None, bins: int = BINS, seed: Seed = None
) -> Expressibility:
    """The divergence of a circuit's fidelities |<psi(a)|psi(b)>|^2 from those of uniformly random states.

    a and b are random weights, uniform in [0, 2 pi); a pair shares its inputs, a row of `inputs` (B, F) or uniform in
    [-pi, pi). A circuit without weights, an encoding, is judged over its inputs. The estimate is biased upwards by
    about (occupied bins - 1) / (2 pairs); `floor` says what the bias alone makes of uniform states.
    Raises: ValueError for more than 14 qubits, or measurements.
    Source: Sim, Johnson, Aspuru-Guzik, arXiv:1905.10876, sec. 2.1 and 3.1 (75 bins, 5000 pairs).
    """
    check_unitary(circuit, _QUBITS)
    check_int("pairs", pairs, 10)
    check_int("bins", bins, 2)
    rng = generator(seed)
    fidelities = _pair_fidelities(circuit, pairs, inputs, rng)
    edges = np.linspace(0, 1, bins + 1)
    counts = np.histogram(np.clip(fidelities, 0, 1), edges)[0]
    logs = haar_log_shares(circuit.n_qubits, edges)
    again = rng.multinomial(pairs, counts / pairs, size=_RESAMPLES)
    uniform = rng.multinomial(pairs, np.exp(logs) / np.exp(logs).sum(), size=_RESAMPLES)
    found = float(_divergence(counts / pairs, logs))
    spread = _divergence(again / pairs, logs)  # its mean has the estimate's bias twice, its spread is right
    low, high = found + np.quantile(spread, (0.025, 0.975)) - spread.mean()
    floors = _divergence(uniform / pairs, logs)
    return Expressibility(
        circuit.n_qubits, pairs, edges, counts / pairs, np.exp(logs), found,
        max(float(low), 0.0), float(high), float(floors.mean()), float(np.quantile(floors, 0.95)),
    )  # fmt: skip


def haar_log_shares(n_qubits: int, edges: Floats) -> Floats:
    """The logarithm of the share of Haar-random pairs with a fidelity in each bin, (K,) for edges (K + 1,).

    The fidelity F has the density (N - 1)(1 - F)^(N - 2) with N = 2^n.
    Source: Zyczkowski and Sommers, Phys. Rev. A 71 (2005) 032313; arXiv:1905.10876, eq. 3.
    """
    power = float(2**n_qubits - 1)
    left, right = 1 - edges[:-1], 1 - edges[1:]
    return np.asarray(power * np.log(left) + np.log1p(-((right / left) ** power)))


def _divergence(shares: Floats, log_haar: Floats) -> Any:
    """Of shares (..., K) from the Haar ones; an empty bin adds nothing."""
    logs = np.log(np.where(shares > 0, shares, 1.0))
    return (shares * (logs - log_haar) * (shares > 0)).sum(axis=-1)


def _pair_fidelities(circuit: Circuit, pairs: int, inputs: Any, rng: np.random.Generator) -> Floats:
    """(pairs,) fidelities of neighbouring rows."""
    if circuit.n_weights:
        rows = np.repeat(input_rows(circuit, pairs, inputs, rng), 2, axis=0)
    else:
        rows = input_rows(circuit, 2 * pairs, inputs, rng)
    rows = np.hstack([rows, random_weights(circuit, 2 * pairs, rng)])
    moved = weights_as_inputs(circuit)
    parts = [np.einsum("bi,bi->b", s[::2].conj(), s[1::2]) for s in state_blocks(moved, rows)]
    return np.asarray(np.abs(np.concatenate(parts)) ** 2)
