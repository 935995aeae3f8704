"""Pauli sums: sparse lists of (Pauli string, coefficient). "XIZ" reads left to right as qubits 0, 1, 2."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork.checks import check_array, check_int, check_real
from ketwork.operators import masks as bits

PAULI_MATRICES = {
    "I": np.eye(2, dtype=complex),
    "X": np.array([[0, 1], [1, 0]], dtype=complex),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.array([[1, 0], [0, -1]], dtype=complex),
}
"""The Pauli matrices by letter."""

Masks = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


@dataclass(frozen=True)
class PauliSum:
    """An operator on `n_qubits` qubits: the sum of coefficient * Pauli string over `terms`.

    Terms are kept merged and sorted by string, so that equal sums are equal objects. Supports + and - (and `sum`),
    products and quotients with numbers (* and /), products with other sums (@) and powers (**).
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

    @classmethod
    def from_matrix(cls, matrix: ArrayLike, tolerance: float = 1e-12) -> "PauliSum":
        """From a matrix (2^n, 2^n), up to 12 qubits. Parts of coefficients of at most `tolerance` times the largest
        entry of the matrix are left out.

        Raises: ValueError for other shapes or entries that are not finite.
        """
        array = check_array("matrix", matrix, 2, dtype=np.complex128)
        n_qubits = len(array).bit_length() - 1
        if array.shape != (1 << max(n_qubits, 0),) * 2 or not 1 <= n_qubits <= 12:
            raise ValueError(
                f"Argument `matrix` must be 2^n x 2^n for 1 to 12 qubits, but has the shape {array.shape}."
            )
        least = check_real("tolerance", tolerance, 0) * float(np.abs(array).max())
        return cls._from_terms(n_qubits, bits.coefficients_of(array, least)).chop(least)

    @classmethod
    def from_masks(cls, n_qubits: int, x: ArrayLike, z: ArrayLike, coefficients: ArrayLike) -> "PauliSum":
        """From x masks, z masks and coefficients, an entry a term; see `masks`. Equal strings are added up.

        Raises: ValueError for masks with bits beyond `n_qubits`, arrays of different lengths, or coefficients not
        finite.
        """
        n_qubits = check_int("n_qubits", n_qubits, 1, 62)
        xs, zs = (check_array(name, m, 1, dtype=np.int64) for name, m in (("x", x), ("z", z)))
        values = check_array("coefficients", coefficients, 1, dtype=np.complex128)
        if not len(xs) == len(zs) == len(values):
            raise ValueError(
                f"Arguments `x`, `z` and `coefficients` must be equally long, but have {len(xs)}, {len(zs)} and "
                f"{len(values)} entries."
            )
        if ((xs | zs) >> n_qubits).any():
            raise ValueError(f"Arguments `x` and `z` must be masks of {n_qubits} bits, from 0 to {2**n_qubits - 1}.")
        return cls._from_terms(n_qubits, bits.merged((xs, zs, values), n_qubits))

    @classmethod
    def _from_terms(cls, n_qubits: int, terms: bits.Terms) -> "PauliSum":
        """From terms that are merged and sorted already."""
        x, z, values = terms
        if not np.isfinite(values).all():
            raise ValueError("The coefficients of a product must be finite, but some are too large.")
        coefficients: list[complex] = values.real.tolist()
        for k in np.flatnonzero(values.imag):
            coefficients[k] = complex(values[k])
        result = cls.__new__(cls)
        object.__setattr__(result, "n_qubits", n_qubits)
        strings = bits.strings_of(x, z, n_qubits)
        object.__setattr__(result, "terms", tuple(zip(strings, coefficients, strict=True)))
        result.__dict__["_arrays"] = terms
        return result

    @cached_property
    def _arrays(self) -> bits.Terms:
        x, z = bits.masks_of([string for string, _ in self.terms], self.n_qubits)
        return x, z, np.array([coefficient for _, coefficient in self.terms], np.complex128)

    def placed(self, qubits: Sequence[int], n_qubits: int) -> "PauliSum":
        """The operator on a register of n qubits, where its qubit q is `qubits[q]`; identity elsewhere."""
        chosen = [check_int("qubits", q, 0, n_qubits - 1) for q in qubits]
        if len(chosen) != self.n_qubits or len(set(chosen)) < len(chosen):
            raise ValueError(f"Argument `qubits` must name {self.n_qubits} different qubits, but is {list(qubits)}.")
        terms = []
        for string, coefficient in self.terms:
            letters = ["I"] * n_qubits
            for q, letter in zip(chosen, string, strict=True):
                letters[q] = letter
            terms.append(("".join(letters), coefficient))
        return PauliSum(n_qubits, tuple(terms))

    @cached_property
    def is_hermitian(self) -> bool:
        """Whether all coefficients are real."""
        return all(isinstance(coefficient, float) for _, coefficient in self.terms)

    @cached_property
    def masks(self) -> Masks:
        """(x masks, z masks, real coefficients) of the terms; bit n-1-q of a mask belongs to qubit q."""
        x, z, values = self._arrays
        return x, z, values.real.copy()

    @property
    def coefficients(self) -> NDArray[np.complex128]:
        """(terms,) the coefficients in order."""
        return self._arrays[2].copy()

    @property
    def support(self) -> tuple[int, ...]:
        """The qubits on which some string has a letter other than I."""
        x, z, _ = self._arrays
        seen = int(np.bitwise_or.reduce(x | z, initial=0))
        return tuple(q for q in range(self.n_qubits) if seen >> (self.n_qubits - 1 - q) & 1)

    def matrix(self) -> NDArray[np.complex128]:
        """The dense matrix (2^n, 2^n), up to 12 qubits."""
        check_int("n_qubits", self.n_qubits, 1, 12)
        index = np.arange(1 << self.n_qubits)
        result = np.zeros((len(index),) * 2, complex)
        for x, z, coefficient in zip(*self._arrays, strict=True):
            power = 2 * np.bitwise_count(index & z).astype(np.int64) + int(x & z).bit_count()
            result[index ^ x, index] += coefficient * bits.PHASES[power & 3]
        return result

    def trace(self) -> complex:
        """The trace of the matrix: 2^n times the coefficient of the identity."""
        first = self.terms[0] if self.terms else ("", 0.0)  # the identity sorts first
        return first[1] * 2.0**self.n_qubits if set(first[0]) == {"I"} else 0.0

    def adjoint(self) -> "PauliSum":
        """The adjoint: every coefficient conjugated."""
        return PauliSum(self.n_qubits, tuple((s, c.conjugate()) for s, c in self.terms))

    def chop(self, tolerance: float = 1e-12) -> "PauliSum":
        """The sum without the real and imaginary parts of coefficients that are at most `tolerance`."""
        least = check_real("tolerance", tolerance, 0)
        x, z, values = self._arrays
        real = np.where(np.abs(values.real) > least, values.real, 0.0)
        imaginary = np.where(np.abs(values.imag) > least, values.imag, 0.0)
        return self._from_terms(self.n_qubits, bits.merged((x, z, real + 1j * imaginary), self.n_qubits))

    def commutator(self, other: "PauliSum") -> "PauliSum":
        """self @ other - other @ self, from the pairs of strings that anticommute."""
        x, z, values = self._products(other, anticommuting=True)
        return self._from_terms(self.n_qubits, (x, z, 2 * values))

    def commutes_with(self, other: "PauliSum", tolerance: float = 1e-12) -> bool:
        """Whether every coefficient of the commutator is at most `tolerance` times the product of the two sums of
        absolute coefficients.
        """
        values = np.abs(self._products(other, anticommuting=True)[2])
        scale = float(np.abs(self._arrays[2]).sum() * np.abs(other._arrays[2]).sum())
        return not len(values) or bool(values.max() <= check_real("tolerance", tolerance, 0) * scale)

    def __add__(self, other: "PauliSum") -> "PauliSum":
        if not isinstance(other, PauliSum):
            return NotImplemented
        self._check_same(other)
        return PauliSum(self.n_qubits, self.terms + other.terms)

    def __radd__(self, other: Any) -> "PauliSum":
        """0 + self, where `sum` begins."""
        return self if np.isscalar(other) and other == 0 else NotImplemented

    def __sub__(self, other: "PauliSum") -> "PauliSum":
        return self + (-1) * other

    def __neg__(self) -> "PauliSum":
        return (-1) * self

    def __mul__(self, factor: complex) -> "PauliSum":
        if not np.isscalar(factor):
            return NotImplemented
        return PauliSum(self.n_qubits, tuple((s, c * factor) for s, c in self.terms))

    __rmul__ = __mul__

    def __truediv__(self, divisor: complex) -> "PauliSum":
        return self * (1 / divisor) if np.isscalar(divisor) else NotImplemented

    def __matmul__(self, other: "PauliSum") -> "PauliSum":
        if not isinstance(other, PauliSum):
            return NotImplemented
        return self._from_terms(self.n_qubits, self._products(other))

    def __pow__(self, exponent: int) -> "PauliSum":
        """The product of `exponent` equal factors; the identity for 0."""
        left = check_int("exponent", exponent, 0)
        result, factor = PauliSum(self.n_qubits, (("I" * self.n_qubits, 1.0),)), self
        while left:
            result = result @ factor if left & 1 else result
            left >>= 1
            factor = factor @ factor if left else factor
        return result

    def _products(self, other: "PauliSum", anticommuting: bool = False) -> bits.Terms:
        if not isinstance(other, PauliSum):
            raise TypeError(f"Argument `other` must be a PauliSum, but is {type(other).__name__}.")
        self._check_same(other)
        return bits.product(self._arrays, other._arrays, self.n_qubits, anticommuting)

    def _check_same(self, other: "PauliSum") -> None:
        if self.n_qubits != other.n_qubits:
            raise ValueError(f"Both sums must act on as many qubits, but act on {self.n_qubits} and {other.n_qubits}.")

    def __str__(self) -> str:
        return " + ".join(f"{c:.6g}*{s}" for s, c in self.terms).replace("+ -", "- ") or "0"

    def __len__(self) -> int:
        return len(self.terms)


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
