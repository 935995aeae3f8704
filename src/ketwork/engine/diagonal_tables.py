"""The tables of mixers in the X basis, where they are diagonal, and their slopes; how a state is cut into pieces."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ketwork.engine.lanes import WIDTH
from ketwork.engine.polynomials import Floats, Integers

_HIGH_BITS = 10  # up to 24 bits, a block of the others stays in a core's second cache
_TILE_ROWS = 1 << 11  # rows of 64 bytes in a tile of high bits


class Mixer(NamedTuple):
    """One layer's tables; see `diagonal_kernels.sweep_high`."""

    rows: Floats  # (2^high, 2)
    runs: Floats  # (2, 2 * 2^low)


@dataclass(frozen=True)
class Cut:
    """How a state of `bits` bits is cut: blocks of 2^low amplitudes, tiles of 2^high runs of `run` elements."""

    bits: int
    low: int
    run: int

    @property
    def high(self) -> int:
        return self.bits - self.low


def cut_for(bits: int, width: int) -> Cut:
    """How a state of so many bits is cut, in rows of `width` numbers."""
    lane_bits = width.bit_length() - 1
    high = min(_HIGH_BITS, (bits - lane_bits + 1) // 2)
    run = min(max(_TILE_ROWS >> high, 2) * width, 2 << (bits - high))
    return Cut(bits, bits - high, run)


@dataclass(frozen=True)
class Mixing:
    """Rotations exp(i beta_q X_q) on n qubits of a state of that cut.

    symmetric: whether the state is the half with the first bit 0. by_number: whether all angles are equal always, so
    that only the number of bits set counts.
    """

    n_qubits: int
    cut: Cut
    dtype: np.dtype[Any]
    symmetric: bool
    by_number: bool

    def tables(self, b: Floats) -> Mixer:
        """The tables of one layer's mixer from angles (qubits,); see `diagonal_kernels.sweep_high`."""
        low, width = self.cut.low, WIDTH[self.dtype]
        if self.by_number:
            return self._shared(float(b[0]))
        by_bit = np.zeros(self.cut.bits)
        stored = b[1:] if self.symmetric else b
        by_bit[: len(stored)] = stored[::-1]
        rows, runs = _products(by_bit[low:]), _products(by_bit[:low]) * 2.0**-self.cut.bits
        both = np.stack([runs, runs])
        if self.symmetric:  # X on the bit that is not stored flips all others: the product of their signs
            turn = np.exp(1j * b[0] * _products_of_signs(low))
            both *= np.stack([turn, turn.conj()])
        split = both.reshape(2, -1, 1, width)
        laid = np.concatenate([split.real, split.imag], axis=2).reshape(2, -1).astype(self.dtype)
        return Mixer(np.stack([rows.real, rows.imag], axis=1).astype(self.dtype), laid)

    def _shared(self, beta: float) -> Mixer:
        """The same where all angles are equal: then only the numbers of bits set count, and their parity."""
        low, high = self.cut.low, self.cut.high
        signs = np.arange(low, -low - 1, -2)  # sums of signs, by bits set
        runs = np.exp(1j * beta * signs) * 2.0**-self.cut.bits
        both = np.stack([runs, runs])
        if self.symmetric:  # X on the bit that is not stored flips all others: the product of their signs
            turn = np.exp(1j * beta * (1 - 2.0 * (np.arange(low + 1) % 2)))
            both *= np.stack([turn, turn.conj()])
        rows = np.exp(1j * beta * np.arange(high, -high - 1, -2))[_bits_set(high)]
        table = np.stack([both.real, both.imag], axis=1).reshape(2, -1).astype(self.dtype)
        laid = np.take(table, _laid_out(low, table.itemsize), axis=1)
        return Mixer(np.stack([rows.real, rows.imag], axis=1).astype(self.dtype), laid)

    def slopes(self, by_row: Floats, by_run: Floats) -> Floats:
        """Slopes by the angles of a mixer, (qubits,) or (1,), from the sums that `sweep_high_back` gives."""
        scale = -2 * 2.0**-self.cut.bits
        if self.by_number:  # the sum of all slopes is all that is wanted
            low, high = self.cut.low, self.cut.high
            found = (high - 2 * _bits_set(high)) @ by_row + (low - 2 * _bits_set(low)) @ by_run.sum(axis=0)
            if self.symmetric:
                found += _products_of_signs(low) @ (by_run[0] - by_run[1])
            return np.array([scale * found])
        bits = np.concatenate([_signed_sums(by_run.sum(axis=0)), _signed_sums(by_row)])
        slopes = np.zeros(self.n_qubits)
        if self.symmetric:
            slopes[0] = _products_of_signs(self.cut.low) @ (by_run[0] - by_run[1])
        slopes[int(self.symmetric) :] = bits[: self.n_qubits - self.symmetric][::-1]
        return scale * slopes


@lru_cache(maxsize=4)
def _bits_set(bits: int) -> Integers:
    """(2^bits,) the number of bits set of every index."""
    found: Integers = np.zeros(1, np.int64)
    for _ in range(bits):
        found = np.concatenate([found, found + 1])
    return found


@lru_cache(maxsize=4)
def _laid_out(low: int, itemsize: int) -> Integers:
    """(2 * 2^low,) where a table of real, then imaginary parts by bits set has each number of a state's layout."""
    found = _bits_set(low).reshape(-1, 1, 64 // itemsize)
    return np.concatenate([found, found + low + 1], axis=1).reshape(-1)


def _products(angles: Floats) -> NDArray[np.complex128]:
    """(2^k,) exp(i sum angle * sign) over all signs of k bits, bit j of the index giving the j-th sign."""
    table = np.ones(1, np.complex128)
    for angle in angles:
        turn = np.exp(1j * angle)
        table = np.concatenate([table * turn, table * turn.conjugate()])
    return table


@lru_cache(maxsize=4)
def _products_of_signs(bits: int) -> Floats:
    """(2^bits,) +1 where the index has an even number of bits set, -1 where odd."""
    signs: Floats = np.ones(1)
    for _ in range(bits):
        signs = np.concatenate([signs, -signs])
    return signs


def _signed_sums(values: Floats) -> Floats:
    """(k,) the sums of values (2^k,) with the signs of each bit, bit 0 first."""
    found = []
    while len(values) > 1:
        low, high = np.split(values, 2)
        found.append(low.sum() - high.sum())
        values = low + high
    return np.array(found[::-1])
