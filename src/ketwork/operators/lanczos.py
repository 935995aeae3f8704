"""Pauli sums on state vectors: sparse matrices, application without a matrix, lowest states by Lanczos.

All strings with the same flips x share a pass: sum_z c_z L(x, z) psi = d * psi[i ^ x] with one diagonal d, the
Walsh-Hadamard transform of the coefficients.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork.checks import check_int
from ketwork.operators import masks as bits
from ketwork.operators.pauli import PauliSum

SPARSE_QUBITS, LANCZOS_QUBITS = 16, 26
"""The most qubits of a sparse matrix, and of application without one."""

_DENSE_STATES = 128
_KEPT_BYTES = 1 << 30
_CONTIGUOUS = 8  # shorter runs of memory than this are gathered one by one


@dataclass(frozen=True)
class Applied:
    """A Pauli sum ready to act on state vectors. `matvec` takes and gives arrays (2^n,) or (2^n, k).

    dtype: float64 where the matrix is real (an even number of Y in every string, real coefficients), else complex128.
    Diagonals are kept as long as all of them take at most 1 GiB, else made anew in every application.
    """

    n_qubits: int
    dtype: Any
    groups: tuple[tuple[int, bits.Integers, NDArray[Any]], ...]  # x, and the z and factors of the diagonal
    kept: dict[int, NDArray[Any]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def size(self) -> int:
        """The number of basis states, 2^n."""
        return 1 << self.n_qubits

    def diagonal(self, x: int) -> NDArray[Any]:
        """(2^n,) the factors d of the flips x: (H psi)_i is the sum over x of d_i psi_(i ^ x)."""
        if x in self.kept:
            return self.kept[x]
        z, factors = next((z, factors) for flips, z, factors in self.groups if flips == x)
        result = self._diagonal(z, factors)
        if len(self.groups) * result.nbytes <= _KEPT_BYTES:
            self.kept[x] = result
        return result

    def _diagonal(self, z: bits.Integers, factors: NDArray[Any]) -> NDArray[Any]:
        if len(z) > self.n_qubits // 2:
            rows = np.zeros(self.size, self.dtype)
            rows[z] = factors
            return bits.walsh(rows)
        return np.sum([c * _signs(int(mask), self.n_qubits) for mask, c in zip(z, factors, strict=True)], axis=0)

    def matvec(self, psi: NDArray[Any]) -> NDArray[Any]:
        """The sum applied to state vectors, columns of `psi`."""
        result = np.zeros(psi.shape, np.result_type(psi, self.dtype))
        rest, ones = psi.shape[1:], (1,) * (psi.ndim - 1)
        for x, _, _ in self.groups:
            d = self.diagonal(x)
            if x and (x & -x) * psi[:1].size < _CONTIGUOUS:
                result += d.reshape(-1, *ones) * psi[np.arange(self.size) ^ x]
                continue
            shape, turn = _runs(x, self.n_qubits)
            view = result.reshape(*shape, *rest)
            view += d.reshape(*shape, *ones) * psi.reshape(*shape, *rest)[turn]
        return result


def prepared(operator: PauliSum) -> Applied:
    """The sum ready to act on state vectors of up to 26 qubits. Raises: ValueError for more qubits."""
    n = operator.n_qubits
    if n > LANCZOS_QUBITS:
        raise ValueError(
            f"State vectors go up to {LANCZOS_QUBITS} qubits, but the operator has {n}: one vector of them would take "
            f"{16 << n:,} bytes."
        )
    x, z, values = operator._arrays
    # Row i of L(x, z) reads column i ^ x with i^|x & z| (-1)^|z & (i ^ x)|.
    factors = values * bits.PHASES[(-np.bitwise_count(x & z).astype(np.int64)) & 3]
    real = not factors.imag.any()
    factors = factors.real.copy() if real else factors
    groups = []
    for flips in np.unique(x):
        of = x == flips
        groups.append((int(flips), z[of], factors[of]))
    return Applied(n, np.float64 if real else np.complex128, tuple(groups))


def apply(operator: PauliSum, states: ArrayLike) -> NDArray[Any]:
    """The operator applied to state vectors (..., 2^n), up to 26 qubits; real where operator and states are.

    Raises: ValueError for vectors of another length.
    """
    array = np.asarray(states)
    array = array if np.issubdtype(array.dtype, np.inexact) else array.astype(np.float64)
    if array.ndim == 0 or array.shape[-1] != 1 << operator.n_qubits:
        raise ValueError(
            f"Argument `states` must have 2^{operator.n_qubits} entries in its last axis, but has the shape "
            f"{array.shape}."
        )
    columns = np.ascontiguousarray(array.reshape(-1, array.shape[-1]).T)
    return prepared(operator).matvec(columns).T.reshape(array.shape)


def expectation(operator: PauliSum, states: ArrayLike) -> NDArray[Any]:
    """(...,) the values <psi|O|psi> in normalised state vectors (..., 2^n), complex where O is not Hermitian."""
    array = np.asarray(states)
    values = np.einsum("...i,...i->...", array.conj(), apply(operator, array))
    return values.real if operator.is_hermitian else values


def sparse_matrix(operator: PauliSum) -> Any:
    """The matrix (2^n, 2^n) as a SciPy CSR array, up to 16 qubits; real where it can be.

    Raises: MemoryError that names the bytes when it would not fit.
    """
    from scipy.sparse import csr_array

    n = check_int("n_qubits", operator.n_qubits, 1, SPARSE_QUBITS)
    ready = prepared(operator)
    size, width = ready.size, len(ready.groups)
    _refuse(size * width * 24, f"The sparse matrix of {n} qubits and {width} different flips")
    columns, values = np.empty((size, width), np.int32), np.empty((size, width), ready.dtype)
    index = np.arange(size, dtype=np.int32)
    for k, (x, z, factors) in enumerate(ready.groups):
        columns[:, k], values[:, k] = index ^ x, ready._diagonal(z, factors)
    matrix = csr_array((values.ravel(), columns.ravel(), np.arange(size + 1) * width), shape=(size, size))
    matrix.eliminate_zeros()
    matrix.sort_indices()
    return matrix


def linear_operator(operator: PauliSum) -> Any:
    """The operator as a `scipy.sparse.linalg.LinearOperator` that keeps no matrix, up to 26 qubits."""
    from scipy.sparse.linalg import LinearOperator

    ready, back = prepared(operator), prepared(operator.adjoint())
    return LinearOperator(
        (ready.size, ready.size),
        matvec=lambda v: ready.matvec(np.ravel(v)),
        matmat=ready.matvec,
        rmatvec=lambda v: back.matvec(np.ravel(v)),
        dtype=ready.dtype,
    )


def ground_state(
    operator: PauliSum, k: int = 1, where: ArrayLike | None = None, seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """The k lowest energies, ascending, and their states as columns (2^n, k) of a Hermitian sum.

    Small registers are diagonalised densely, larger ones by Lanczos (ARPACK) to machine precision without a matrix.
    Within a degenerate level the states are any basis of it. where: booleans (2^n,), the basis states of a sector that
    the operator does not leave, such as those with the right number of electrons. seed: of Lanczos' first vector.
    Raises: ValueError for sums that are not Hermitian, k above the number of states, sectors that are left;
    MemoryError that names the bytes; RuntimeError when Lanczos does not converge.
    """
    if not operator.is_hermitian:
        raise ValueError("Argument `operator` must be Hermitian, but has complex coefficients.")
    ready = prepared(operator)
    allowed = _sector(where, ready.size)
    count = ready.size if allowed is None else len(allowed)
    k = check_int("k", k, 1, count)
    if count <= max(_DENSE_STATES, 2 * k + 2):
        return _dense(ready, allowed, k)
    bytes_of = np.dtype(ready.dtype).itemsize * ready.size
    vectors = max(20, 2 * k + 1) + 6
    kept = len(ready.groups) if len(ready.groups) * bytes_of <= _KEPT_BYTES else 2
    _refuse((vectors + kept) * bytes_of, f"Lanczos on {operator.n_qubits} qubits")
    return _lanczos(ready, allowed, k, seed)


def ground_energy(operator: PauliSum, where: ArrayLike | None = None) -> float:
    """The lowest energy of a Hermitian sum; see `ground_state`."""
    return float(ground_state(operator, 1, where)[0][0])


def basis_states(n_qubits: int, ones: int | Sequence[int]) -> NDArray[np.bool_]:
    """(2^n,) which basis states have so many ones (a number, or any of several): a sector for `ground_state`."""
    n = check_int("n_qubits", n_qubits, 1, LANCZOS_QUBITS)
    wanted = [check_int("ones", m, 0, n) for m in np.atleast_1d(np.asarray(ones))]
    return np.isin(np.bitwise_count(np.arange(1 << n)), wanted)


def _sector(where: ArrayLike | None, size: int) -> NDArray[np.intp] | None:
    if where is None:
        return None
    mask = np.asarray(where)
    if mask.dtype != np.bool_ or mask.shape != (size,) or not mask.any():
        raise ValueError(
            f"Argument `where` must hold {size} booleans, some of them true, but is {mask.dtype} of the shape "
            f"{mask.shape} with {np.count_nonzero(mask)} true."
        )
    return np.flatnonzero(mask)


def _dense(ready: Applied, allowed: NDArray[np.intp] | None, k: int) -> tuple[NDArray[np.float64], NDArray[Any]]:
    places = np.arange(ready.size) if allowed is None else allowed
    columns = np.zeros((ready.size, len(places)))
    columns[places, np.arange(len(places))] = 1
    image = ready.matvec(columns)
    _refuse_leaving(image, places)
    energies, vectors = np.linalg.eigh(image[places])
    states = np.zeros((ready.size, k), vectors.dtype)
    states[places] = vectors[:, :k]
    return energies[:k], states


def _lanczos(
    ready: Applied, allowed: NDArray[np.intp] | None, k: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

    count = ready.size if allowed is None else len(allowed)
    start = np.random.default_rng(seed).normal(size=count).astype(ready.dtype)

    def embedded(v: NDArray[Any]) -> NDArray[Any]:
        if allowed is None:
            return np.ravel(v)
        full = np.zeros(ready.size, v.dtype)
        full[allowed] = np.ravel(v)
        return full

    def within(v: NDArray[Any]) -> NDArray[Any]:
        image = ready.matvec(embedded(v))
        return image if allowed is None else image[allowed]

    if allowed is not None:
        _refuse_leaving(ready.matvec(embedded(start)), allowed)
    try:
        energies, vectors = eigsh(
            LinearOperator((count, count), matvec=within, dtype=ready.dtype), k, which="SA", v0=start
        )
    except ArpackNoConvergence as error:
        raise RuntimeError(
            f"Lanczos found {len(error.eigenvalues)} of {k} states. Ask for fewer, or for a smaller sector by `where`."
        ) from None
    order = np.argsort(energies)
    states = np.stack([embedded(vectors[:, j]) for j in order], axis=1)
    return np.asarray(energies)[order], states


def _refuse_leaving(image: NDArray[Any], allowed: NDArray[np.intp]) -> None:
    """The image of states of the sector must lie in it."""
    inside = np.zeros(len(image), bool)
    inside[allowed] = True
    scale = float(np.abs(image).max())
    if np.abs(image[~inside]).max(initial=0.0) > 1e-10 * max(scale, 1.0):
        raise ValueError("Argument `where` must be a sector that the operator does not leave, but is left.")


def _signs(z: int, n_qubits: int) -> NDArray[np.float64]:
    """(2^n,) (-1)^|z & i|."""
    result: NDArray[np.float64] = np.ones(1)
    for bit in range(n_qubits):
        result = np.concatenate([result, -result if z >> bit & 1 else result])
    return result


def _runs(x: int, n_qubits: int) -> tuple[tuple[int, ...], tuple[slice, ...]]:
    """The axes of bits that are flipped together, and of bits that stay, with the index that turns the former."""
    shape, turn, q = [], [], n_qubits - 1
    while q >= 0:
        flips, first = x >> q & 1, q
        while q >= 0 and x >> q & 1 == flips:
            q -= 1
        shape.append(1 << (first - q))
        turn.append(slice(None, None, -1 if flips else 1))
    return tuple(shape), tuple(turn)


def _refuse(needed: int, what: str) -> None:
    """Raise a MemoryError when so many bytes are more than the machine has."""
    if needed > 1 << 28 and hasattr(os, "sysconf"):
        there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        if needed > there:
            raise MemoryError(f"{what} needs {needed:,} bytes, but the machine has {there:,}.")
