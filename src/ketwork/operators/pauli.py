"""Pauli sums: sparse lists of (Pauli string, coefficient). "XIZ" reads left to right as qubits 0, 1, 2."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork.checks import check_array, check_int

PAULI_MATRICES = {
    "I": np.eye(2, dtype=complex),
    "X": np.array([[0, 1], [1, 0]], dtype=complex),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.array([[1, 0], [0, -1]], dtype=complex),
}
"""The Pauli matrices by letter."""

_PRODUCTS = {
    (a, b): next(
        (letter, phase)
        for letter in "IXYZ"
        for phase in (1, -1, 1j, -1j)
        if np.array_equal(PAULI_MATRICES[a] @ PAULI_MATRICES[b], phase * PAULI_MATRICES[letter])
    )
    for a, b in product("IXYZ", repeat=2)
}

Masks = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


@dataclass(frozen=True)
class PauliSum:
    """An operator on `n_qubits` qubits: the sum of coefficient * Pauli string over `terms`.

    Terms are kept merged and sorted by string, so that equal sums are equal objects. Supports + and -, products with
    numbers (*) and with other sums (@).
    Raises: ValueError for strings of another length or other letters than I, X, Y, Z, or coefficients not finite.
    """

    n_qubits: int
    terms: tuple[tuple[str, complex], ...]

    def __post_init__(self) -> None:
        check_int("n_qubits", self.n_qubits, 1, 62)
        merged: dict[str, complex] = {}
        for string, coefficient in self.terms:
            if len(string) != self.n_qubits or set(string) - set("IXYZ"):
                raise ValueError(
                    f"A Pauli string here must have {self.n_qubits} letters out of I, X, Y, Z, but is {string!r}."
                )
            if not np.isfinite(coefficient):
                raise ValueError(f"The coefficient of {string!r} must be finite, but is {coefficient}.")
            merged[string] = merged.get(string, 0) + complex(coefficient)
        kept = ((s, c.real if c.imag == 0 else c) for s, c in sorted(merged.items()) if c != 0)
        object.__setattr__(self, "terms", tuple(kept))

    @classmethod
    def from_dict(cls, terms: Mapping[str, complex]) -> "PauliSum":
        """From {"XIZ": 0.5, ...}; needs at least one string."""
        return cls.from_list(terms.items())

    @classmethod
    def from_list(cls, terms: Iterable[tuple[str, complex]]) -> "PauliSum":
        """From [("XIZ", 0.5), ...]; needs at least one string."""
        listed = tuple(terms)
        if not listed:
            raise ValueError("Argument `terms` must hold at least one Pauli string, but is empty.")
        return cls(len(listed[0][0]), listed)

    @property
    def is_hermitian(self) -> bool:
        """Whether all coefficients are real."""
        return all(isinstance(coefficient, float) for _, coefficient in self.terms)

    @cached_property
    def masks(self) -> Masks:
        """(x masks, z masks, real coefficients) of the terms; bit n-1-q of a mask belongs to qubit q."""
        xs, zs = [], []
        for string, _ in self.terms:
            xs.append(int(string.translate(_X_BITS), 2))
            zs.append(int(string.translate(_Z_BITS), 2))
        values = [complex(coefficient).real for _, coefficient in self.terms]
        return np.array(xs, np.int64), np.array(zs, np.int64), np.array(values, np.float64)

    def matrix(self) -> NDArray[np.complex128]:
        """The dense matrix (2^n, 2^n), up to 12 qubits."""
        check_int("n_qubits", self.n_qubits, 1, 12)
        result = np.zeros((1 << self.n_qubits,) * 2, complex)
        for string, coefficient in self.terms:
            factor: NDArray[Any] = np.array([[coefficient]], complex)
            for letter in string:
                factor = np.kron(factor, PAULI_MATRICES[letter])
            result += factor
        return result

    def __add__(self, other: "PauliSum") -> "PauliSum":
        if not isinstance(other, PauliSum):
            return NotImplemented
        self._check_same(other)
        return PauliSum(self.n_qubits, self.terms + other.terms)

    def __sub__(self, other: "PauliSum") -> "PauliSum":
        return self + (-1) * other

    def __neg__(self) -> "PauliSum":
        return (-1) * self

    def __mul__(self, factor: complex) -> "PauliSum":
        if not np.isscalar(factor):
            return NotImplemented
        return PauliSum(self.n_qubits, tuple((s, c * factor) for s, c in self.terms))

    __rmul__ = __mul__

    def __matmul__(self, other: "PauliSum") -> "PauliSum":
        if not isinstance(other, PauliSum):
            return NotImplemented
        self._check_same(other)
        terms = []
        for (left, a), (right, b) in product(self.terms, other.terms):
            letters, factor = "", a * b
            for pair in zip(left, right, strict=True):
                letter, phase = _PRODUCTS[pair]
                letters += letter
                factor *= phase
            terms.append((letters, factor))
        return PauliSum(self.n_qubits, tuple(terms))

    def _check_same(self, other: "PauliSum") -> None:
        if self.n_qubits != other.n_qubits:
            raise ValueError(f"Both sums must act on as many qubits, but act on {self.n_qubits} and {other.n_qubits}.")

    def __str__(self) -> str:
        return " + ".join(f"{c:.6g}*{s}" for s, c in self.terms).replace("+ -", "- ") or "0"

    def __len__(self) -> int:
        return len(self.terms)


_X_BITS, _Z_BITS = str.maketrans("IXYZ", "0110"), str.maketrans("IXYZ", "0011")


def pauli(letters: str, qubits: int | Sequence[int], n_qubits: int) -> PauliSum:
    """One Pauli string with coefficient 1: `letters[k]` on `qubits[k]`, identity elsewhere."""
    chosen = [qubits] if isinstance(qubits, (int, np.integer)) else list(qubits)
    if len(chosen) != len(letters) or len(set(chosen)) != len(chosen):
        raise ValueError(f"Argument `qubits` must name one different qubit for each of {letters!r}, but is {qubits}.")
    string = ["I"] * n_qubits
    for letter, qubit in zip(letters, chosen, strict=True):
        string[check_int("qubits", qubit, 0, n_qubits - 1)] = letter
    return PauliSum(n_qubits, (("".join(string), 1.0),))


def pauli_z(qubit: int, n_qubits: int) -> PauliSum:
    """Z on one qubit."""
    return pauli("Z", qubit, n_qubits)


def hermitian(matrix: ArrayLike, qubits: Sequence[int], n_qubits: int) -> PauliSum:
    """A Hermitian matrix on one or two qubits (2x2 or 4x4, first qubit most significant) as a Pauli sum.

    Raises: ValueError when the matrix is not Hermitian, or its size is not that of the qubits.
    """
    array = check_array("matrix", matrix, 2, dtype=np.complex128)
    chosen = [check_int("qubits", q, 0, n_qubits - 1) for q in np.atleast_1d(np.asarray(qubits))]
    if len(chosen) not in (1, 2) or array.shape != (1 << len(chosen),) * 2:
        raise ValueError(
            f"Argument `matrix` must be 2x2 for one qubit or 4x4 for two, but is {array.shape} for {qubits}."
        )
    gap = float(np.abs(array - array.conj().T).max())
    if gap > 1e-10 * max(1.0, float(np.abs(array).max())):
        raise ValueError(f"Argument `matrix` must be Hermitian, but differs from its adjoint by {gap:.3g}.")
    result = PauliSum(n_qubits, ())
    for letters in product("IXYZ", repeat=len(chosen)):
        factor = np.array([[1.0 + 0j]])
        for letter in letters:
            factor = np.kron(factor, PAULI_MATRICES[letter])
        coefficient = float(np.trace(factor @ array).real) / len(array)
        result = result + coefficient * pauli("".join(letters), chosen, n_qubits)
    return result
