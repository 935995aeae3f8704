"""Data that a quantum feature map tells apart by construction: labels by a hidden observable of the mapped state.

Source: Havlicek et al., Nature 567 (2019) 209, arXiv:1804.11326, the section on the experiment.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_int, check_real
from ketwork.seeds import Seed, generator

Floats = NDArray[np.float64]
_BLOCK = 1000  # points drawn at a time
_BLOCKS = 200


def ad_hoc(
    qubits: int = 2, gap: float = 0.3, grid: int = 0, samples: int = 300, seed: Seed = 0
) -> tuple[Floats, NDArray[np.int64]]:
    """Points x (samples, qubits) of (0, 2 pi], labelled by the sign of <Phi(x)| V^+ f V |Phi(x)>.

    Phi(x): the state of `zz_feature_map(qubits)`; f: the parity of all bits; V: a random unitary of determinant 1. Only
    points where the value is at least `gap` from 0 are kept, as many of -1 as of 1 (one more of 1 for an odd count).
    grid: points lie anywhere, or on so many values 2 pi k / grid a feature, k = 1 ... grid.
    Raises: ValueError for a gap that leaves hardly any points of one label.
    """
    n, count = check_int("qubits", qubits, 1, 8), check_int("samples", samples, 4, 10_000_000)
    least, steps = check_real("gap", gap, 0, 1), check_int("grid", grid, 0, 1_000_000)
    rng = generator(seed)
    hidden = hidden_observable(n, rng)
    wanted = {-1: count // 2, 1: count - count // 2}
    found: dict[int, list[Floats]] = {-1: [], 1: []}
    for _ in range(_BLOCKS):
        points = 2 * np.pi * (1 - rng.random((_BLOCK, n)))  # 0 left out, 2 pi in
        if steps:
            points = np.ceil(points / (2 * np.pi) * steps) * (2 * np.pi / steps)
        heights = values(points, hidden)
        for label, kept in found.items():
            kept.append(points[label * heights >= least])
        if all(sum(map(len, found[label])) >= wanted[label] for label in found):
            break
    else:
        raise ValueError(f"Argument `gap` is {gap}, which leaves hardly any points of one class.")
    y = rng.permutation(np.repeat([-1, 1], [wanted[-1], wanted[1]]))
    X = np.empty((count, n))
    for label, kept in found.items():
        X[y == label] = np.concatenate(kept)[: wanted[label]]
    return X, y


def hidden_observable(n_qubits: int, seed: Seed) -> NDArray[np.complex128]:
    """V^+ f V (2^n, 2^n) of the parity f of all bits and a V drawn from Haar's measure."""
    from scipy.stats import unitary_group

    size = 1 << n_qubits
    signs = np.array([(-1.0) ** bits.bit_count() for bits in range(size)])
    drawn: Any = unitary_group.rvs(size, random_state=generator(seed))  # its phase, so its determinant, has no effect
    return np.asarray(drawn.conj().T @ (signs[:, None] * drawn))


def values(X: Any, observable: NDArray[np.complex128]) -> Floats:
    """<Phi(x)| observable |Phi(x)> (N,) for points X (N, qubits)."""
    from ketwork.engine.simulator import Simulator  # not for those who only list the names of data sets
    from ketwork.models.feature_maps import zz_feature_map

    states = Simulator("double").state(zz_feature_map(np.shape(X)[1]), X)
    return np.einsum("bi,ij,bj->b", states.conj(), observable, states).real
