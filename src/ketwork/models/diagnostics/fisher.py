"""Fisher information of a circuit as a model: its spectrum, classical and quantum, and the effective dimension."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ketwork.checks import check_array, check_int, check_real
from ketwork.circuit import Circuit
from ketwork.engine.door import check_qubits
from ketwork.engine.simulator import Simulator
from ketwork.models.diagnostics.draws import (
    Floats,
    check_inputs,
    check_unitary,
    check_weights,
    input_rows,
    random_weights,
    weights_as_inputs,
)
from ketwork.operators import pauli
from ketwork.seeds import Seed, generator

_QUBITS, _READ, _WEIGHTS = 14, 8, 600
_ROWS = 2048
_LEAST = 1e-12  # a chance below this says nothing, and its derivatives are 0 too
_RANK = 1e-8  # of the largest eigenvalue


@dataclass(frozen=True, eq=False)
class FisherSpectrum:
    """Fisher information matrices at several weights.

    matrices (S, P, P). eigenvalues (S, P), ascending. rank (S,): eigenvalues above 1e-8 of the largest. trace: mean.
    """

    matrices: Floats
    eigenvalues: Floats
    rank: Floats
    trace: float

    @property
    def normalised(self) -> Floats:
        """The matrices (S, P, P) scaled so that the mean of their traces is P."""
        return self.matrices * (self.matrices.shape[1] / self.trace) if self.trace > 0 else self.matrices

    @property
    def shared_rank(self) -> int:
        """The largest rank at any of the weights: directions in which the model can move at all."""
        return int(self.rank.max())


def spectrum_of(matrices: Any) -> FisherSpectrum:
    """The spectrum of symmetric matrices (S, P, P)."""
    array = check_array("matrices", matrices, 3)
    if not array.size or array.shape[1] != array.shape[2]:
        raise ValueError(f"Argument `matrices` must have shape (S, P, P) with S, P > 0, but has {array.shape}.")
    array = (array + array.transpose(0, 2, 1)) / 2
    values = np.clip(np.linalg.eigvalsh(array), 0, None)
    top = values[:, -1:]
    rank = ((values > _RANK * top) & (top > _LEAST)).sum(axis=1)
    return FisherSpectrum(array, values, rank, float(np.trace(array, axis1=1, axis2=2).mean()))


def classical_fisher(
    circuit: Circuit,
    inputs: Any = None,
    weights: Any = None,
    readout: str | Sequence[int] = "parity",
    samples: int = 20,
    seed: Seed = None,
) -> FisherSpectrum:
    """Fisher information by the weights of the distribution that is read, the mean over inputs.

    readout: "parity" of all qubits (the two classes of the paper's circuits), or up to 8 qubits whose outcomes are
    read. weights (S, P) or (P,): where; None: `samples` draws uniform in [0, 2 pi). inputs (B, F): whose mean is
    taken; None: `samples` draws uniform in [-pi, pi).
    Raises: ValueError for more than 14 qubits, 600 weights, or none; for measurements.
    Source: Abbas et al., arXiv:2011.00027, eq. 1 and methods (empirical Fisher information of p(y|x; w)).
    """
    check_unitary(circuit, _QUBITS)
    where, rows = _places(circuit, inputs, weights, samples, seed)
    if isinstance(readout, str):
        if readout != "parity":
            raise ValueError(f"Argument `readout` must be 'parity' or a list of qubits, but is {readout!r}.")
        read = None
    else:
        read = check_qubits(circuit.n_qubits, readout)
        check_int("number of qubits read", len(read), 1, _READ)
    moved = weights_as_inputs(circuit)
    together = np.hstack([np.tile(rows, (len(where), 1)), np.repeat(where, len(rows), axis=0)])
    parts = []
    step = max(1, min(_ROWS, (1 << 22) >> circuit.n_qubits))
    for first in range(0, len(together), step):
        parts.append(_per_row(moved, together[first : first + step], circuit.n_inputs, read))
    p = circuit.n_weights
    return spectrum_of(np.concatenate(parts).reshape(len(where), len(rows), p, p).mean(axis=1))


def quantum_fisher(
    circuit: Circuit, inputs: Any = None, weights: Any = None, samples: int = 10, seed: Seed = None
) -> FisherSpectrum:
    """Quantum Fisher information by the weights, four times the Fubini-Study metric, the mean over inputs.

    No readout has more classical Fisher information. Arguments and limits as of `classical_fisher`.
    Source: Stokes, Izaac, Killoran, Carleo, arXiv:1909.02108, eq. 8; Meyer, arXiv:2103.15191, sec. 2 (review).
    """
    check_unitary(circuit, _QUBITS)
    where, rows = _places(circuit, inputs, weights, samples, seed)
    given = rows if circuit.n_inputs else None
    return spectrum_of([4.0 * np.asarray(Simulator("double").metric(circuit, given, one)) for one in where])


def effective_dimension(fisher: FisherSpectrum, n_data: Any, gamma: float = 1.0) -> Floats:
    """The effective dimension (K,) of a model for data sets of `n_data` (K,) samples, at most about P.

    fisher: at weights drawn over the whole space (at the trained weights alone: the local effective dimension).
    Raises: ValueError where gamma n / (2 pi log n) is not above 1: the data are too few for the definition.
    Source: Abbas et al., arXiv:2011.00027, eq. 2; local: Abbas et al., arXiv:2112.04807, eq. 4.
    """
    check_real("gamma", gamma, 0, 1)
    counts = check_array("n_data", np.atleast_1d(n_data), 1)
    if counts.min(initial=2.0) < 2:
        raise ValueError(f"Argument `n_data` must be at least 2, but holds {counts.min():g}.")
    kappa = gamma * counts / (2 * np.pi * np.log(counts))
    if not len(kappa) or kappa.min() <= 1:
        raise ValueError(
            f"Argument `n_data` must make gamma n / (2 pi log n) larger than 1, but {counts[kappa.argmin()]:g} gives "
            f"{kappa.min():.3g}; take about 30 samples or more."
        )
    eigenvalues = np.clip(np.linalg.eigvalsh(fisher.normalised), 0, None)
    halves = 0.5 * np.log1p(kappa[:, None, None] * eigenvalues).sum(axis=2)  # (K, S): log sqrt det(1 + kappa F)
    top = halves.max(axis=1, keepdims=True)
    return np.asarray(2 * (np.log(np.exp(halves - top).mean(axis=1)) + top[:, 0]) / np.log(kappa))


def _places(circuit: Circuit, inputs: Any, weights: Any, samples: int, seed: Seed) -> tuple[Floats, Floats]:
    """Weights (S, P) and inputs (B, F) at which a matrix is taken."""
    check_int("samples", samples, 1)
    if not circuit.n_weights:
        raise ValueError("Argument `circuit` must have weights: there is no Fisher information by none.")
    check_int("circuit.n_weights", circuit.n_weights, 1, _WEIGHTS)
    rng = generator(seed)
    where = random_weights(circuit, samples, rng) if weights is None else check_weights(circuit, weights)
    if inputs is not None:
        return where, check_inputs(circuit, inputs)
    return where, input_rows(circuit, samples if circuit.n_inputs else 1, None, rng)


def _per_row(moved: Circuit, rows: Floats, first: int, read: tuple[int, ...] | None) -> Floats:
    """(B, P, P): the information of each row's outcome."""
    simulator = Simulator("double")
    if read is None:
        parity = pauli("Z" * moved.n_qubits, tuple(range(moved.n_qubits)), moved.n_qubits)
        values, pull_back = simulator.value_and_pullback(moved, [parity], rows)
        slope = np.asarray(pull_back(np.ones((len(rows), 1))).x)[:, first:]
        room = 1 - np.asarray(values[:, 0], np.float64) ** 2
        scale = np.where(room > _LEAST, 1 / np.maximum(room, _LEAST), 0.0)
        return np.asarray(np.einsum("b,bi,bj->bij", scale, slope, slope))
    chances, pull_back = simulator.probabilities_and_pullback(moved, rows, qubits=read)
    result = np.zeros((len(rows), moved.n_inputs - first, moved.n_inputs - first))
    for outcome in range(chances.shape[1]):
        ahead = np.zeros(chances.shape)
        ahead[:, outcome] = 1.0
        slope = np.asarray(pull_back(ahead).x)[:, first:]
        chance = np.asarray(chances[:, outcome], np.float64)
        scale = np.where(chance > _LEAST, 1 / np.maximum(chance, _LEAST), 0.0)
        result += np.einsum("b,bi,bj->bij", scale, slope, slope)
    return result
