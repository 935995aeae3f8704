"""Kernel concentration: how close a quantum kernel's values lie together, and what reading them then costs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ketwork.checks import check_array, check_int
from ketwork.circuit import Circuit
from ketwork.engine.simulator import Simulator
from ketwork.models.diagnostics.draws import Floats, check_unitary, check_weights, input_rows
from ketwork.seeds import Seed, generator

_QUBITS, _RESAMPLES = 16, 400
_TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class KernelSpread:
    """The values of a fidelity kernel off its diagonal.

    values (K,): of all pairs. mean; variance with low and high, the ends of its 95 % interval (bootstrap over samples,
    which the pairs share). haar: the mean of uniformly random states, 2^-n. effective_rank: exp(entropy) of the kernel
    matrix's eigenvalues, between 1 (all samples alike) and their number (all apart). shots: for each value, so that its
    error is as large as the spread of the values.
    """

    n_qubits: int
    samples: int
    values: Floats
    mean: float
    variance: float
    low: float
    high: float
    haar: float
    effective_rank: float
    shots: float


def kernel_spread(kernel: Any, n_qubits: int, seed: Seed = None) -> KernelSpread:
    """The spread of a kernel matrix (N, N) with ones on its diagonal.

    Source: Thanasilp, Wang, Cerezo, Holmes, arXiv:2208.11060, def. 1 and eq. 6 (variance of the kernel's values).
    """
    matrix = check_kernel("kernel", kernel)
    check_int("n_qubits", n_qubits, 1)
    n, rng = len(matrix), generator(seed)
    check_int("number of samples", n, 3)
    values = matrix[np.triu_indices(n, 1)]
    counts = rng.multinomial(n, np.full(n, 1 / n), size=_RESAMPLES).astype(float)
    off = matrix - np.diag(np.diag(matrix))
    pairs = counts.sum(axis=1) ** 2 - (counts**2).sum(axis=1)
    first = np.einsum("ri,ij,rj->r", counts, off, counts, optimize=True) / pairs
    second = np.einsum("ri,ij,rj->r", counts, off**2, counts, optimize=True) / pairs
    low, high = np.quantile(np.maximum(second - first**2, 0.0), (0.025, 0.975))
    mean, variance = float(values.mean()), float(values.var(ddof=1))
    shots = mean * (1 - mean) / variance if variance > 0 else float("inf")
    return KernelSpread(
        n_qubits, n, values, mean, variance, float(low), float(high), 2.0**-n_qubits, effective_rank(matrix), shots
    )


def effective_rank(kernel: Any) -> float:
    """exp(entropy) of the eigenvalues of a kernel matrix (N, N), as shares of their sum.

    Source: Roy and Vetterli, EUSIPCO 2007, eq. 3.
    """
    shares = np.clip(np.linalg.eigvalsh(check_kernel("kernel", kernel)), 0, None)
    shares = shares[shares > 1e-14 * shares.max(initial=0)] / shares.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def kernel_concentration(
    family: Callable[[int], Circuit], qubits: Sequence[int], samples: int = 100, inputs: Any = None, seed: Seed = None
) -> list[KernelSpread]:
    """`kernel_spread` of the fidelity kernel of an encoding for several numbers of qubits.

    family: from a number of qubits to an encoding. inputs (B, F): the samples, of which each circuit takes the first
    features it needs (at most `samples` rows, drawn); None: uniform in [-pi, pi). Random weights where it has some.
    Source: Thanasilp et al., arXiv:2208.11060, sec. IV.
    """
    check_int("samples", samples, 3)
    if not qubits:
        raise ValueError("Argument `qubits` must name at least one number of qubits.")
    rng, found = generator(seed), []
    for n in qubits:
        circuit = check_unitary(family(n), _QUBITS)
        rows = _rows(circuit, samples, inputs, rng)
        weights = rng.uniform(0, 2 * np.pi, circuit.n_weights) if circuit.n_weights else None
        found.append(kernel_spread(fidelity_kernel(circuit, rows, weights), n, rng))
    return found


def fidelity_kernel(circuit: Circuit, inputs: Any, weights: Any = None) -> Floats:
    """|<psi(a)|psi(b)>|^2, (N, N), of inputs (N, F) in double precision."""
    row = check_weights(circuit, weights)[0]
    return np.asarray(Simulator("double").overlap(circuit, inputs, None, row), np.float64)


def _rows(circuit: Circuit, samples: int, inputs: Any, rng: np.random.Generator) -> Floats:
    if inputs is None:
        return input_rows(circuit, samples, None, rng)
    rows = check_array("inputs", inputs, 2)
    if rows.shape[1] < circuit.n_inputs:
        raise ValueError(
            f"Argument `inputs` must have at least {circuit.n_inputs} columns for {circuit.n_qubits} qubits, but has "
            f"shape {rows.shape}."
        )
    chosen = rng.permutation(len(rows))[:samples]
    return np.asarray(rows[chosen, : circuit.n_inputs], np.float64)


def check_kernel(name: str, kernel: Any) -> Floats:
    """A symmetric positive semidefinite matrix (N, N). Raises: ValueError for anything else."""
    matrix = check_array(name, kernel, 2)
    if matrix.shape[0] != matrix.shape[1] or not len(matrix):
        raise ValueError(f"Argument `{name}` must be a square matrix, but has shape {matrix.shape}.")
    size = max(float(np.abs(matrix).max()), 1e-300)
    if float(np.abs(matrix - matrix.T).max()) > _TOLERANCE * size:
        raise ValueError(f"Argument `{name}` must be symmetric, but is not.")
    lowest = float(np.linalg.eigvalsh((matrix + matrix.T) / 2)[0])
    if lowest < -_TOLERANCE * size * len(matrix):
        raise ValueError(f"Argument `{name}` must be positive semidefinite, but has the eigenvalue {lowest:.3g}.")
    return np.asarray((matrix + matrix.T) / 2, np.float64)
