"""Reading a tile: expectation values of Pauli sums and probabilities, and the co-states they pull back to.

All Pauli strings that flip the same bits V share one pass: with f_i = conj(psi_(i^V)) psi_i, the Walsh-Hadamard
transform of f holds every <X^V Z^z> at row z. The same transform turns coefficients into the rows of sum_z c_z Z^z.
A `part` of 0 reads the real part of f, 1 the imaginary part (strings with an odd number of Y).
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ketwork.engine.fuse import conjugate
from ketwork.engine.lanes import OPTIONS, flip, load, ones, splat, store
from ketwork.engine.program import Program
from ketwork.engine.statevector import walsh

PAULIS, PROBABILITIES, NOTHING = 0, 1, 2
"""The flavours of what is read."""
_REMEMBERED_BITS = 20  # the outcomes of larger registers would fill the memory


@dataclass(frozen=True)
class Observed:
    """What is read from a state: Pauli sums, or probabilities (`rows` are the outcomes)."""

    flavour: int
    outputs: int
    groups: NDArray[np.int64]  # (groups, 4): V, part, first term, last term
    rows: NDArray[np.int64]
    values: NDArray[np.float64]
    places: NDArray[np.int64]
    kept: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def arrays(self, dtype: Any) -> tuple[Any, ...]:
        """The same as a tuple for the kernels."""
        return self.flavour, self.groups, self.rows, self.values.astype(dtype), self.places

    @staticmethod
    def nothing() -> "Observed":
        """For runs that are not read."""
        none = np.zeros(0, np.int64)
        return Observed(NOTHING, 0, np.zeros((0, 4), np.int64), none, np.zeros(0), none)


def observe_paulis(program: Program, sums: list[Any]) -> Observed:
    """Prepare Pauli sums over the program's qubits for reading, one output each."""
    extra = program.bits - program.n_qubits
    masks = [s.masks for s in sums]
    x = np.concatenate([m[0] for m in masks]) << extra
    z = np.concatenate([m[1] for m in masks]) << extra
    value = np.concatenate([m[2] for m in masks]).astype(np.float64)
    place = np.repeat(np.arange(len(sums)), [len(m[0]) for m in masks])
    flips, signs, power = _in_frame(x, z, program.frame_x, program.frame_z, program.frame_flip)
    part = power & 1
    value = np.where((power == 1) | (power == 2), -value, value)
    order = np.lexsort((place, part, flips))
    keys = np.stack([flips, part], axis=1)[order]
    new = np.flatnonzero(np.r_[True, (keys[1:] != keys[:-1]).any(axis=1)]) if len(keys) else np.zeros(0, int)
    groups = np.column_stack([keys[new], new, np.append(new, len(keys))[1:]]).astype(np.int64)
    return Observed(PAULIS, len(sums), groups, signs[order], value[order], place[order])


def observe_probabilities(program: Program, qubits: tuple[int, ...]) -> Observed:
    """Prepare the probabilities of all outcomes of some qubits for reading, one output each."""
    none = np.zeros(0, np.int64)
    return Observed(
        PROBABILITIES, 1 << len(qubits), np.zeros((0, 4), np.int64), program.outcomes(qubits), np.zeros(0), none
    )


def known_paulis(program: Program, sums: list[Any]) -> Observed:
    """`observe_paulis`, kept with the program: the list of the last call is known again by what it is, others by what
    they hold."""
    kept: tuple[list[Any], Observed] | None = program.kept.get("last read")
    if kept is None or kept[0] is not sums:
        kept = program.kept["last read"] = sums, program.remember(tuple(sums), lambda: observe_paulis(program, sums))
    return kept[1]


def known_probabilities(program: Program, qubits: tuple[int, ...]) -> Observed:
    """`observe_probabilities`, kept with the program while that takes little memory."""
    if program.bits > _REMEMBERED_BITS:
        return observe_probabilities(program, qubits)
    found: Observed = program.remember(qubits, lambda: observe_probabilities(program, qubits))
    return found


@njit(cache=True)
def _in_frame(x, z, frame_x, frame_z, frame_flip):  # type: ignore[no-untyped-def]
    flips, signs, power = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    for k in range(len(x)):
        letters_y = ones(x[k] & z[k])
        flips[k], signs[k], power[k] = conjugate(x[k], z[k], letters_y, frame_x, frame_z, frame_flip)
    return flips, signs, power


@njit(**OPTIONS)
def read_products(S, T, half, v, part):  # type: ignore[no-untyped-def]
    """Fill T with the rows of f for the flip V."""
    W = 64 // S.itemsize
    im = half * W
    for i in range(half):
        j = i ^ v
        if part == 0:
            row = load(S, i * W) * load(S, j * W) + load(S, im + i * W) * load(S, im + j * W)
        else:
            row = load(S, im + i * W) * load(S, j * W) - load(S, i * W) * load(S, im + j * W)
        store(T, i * W, row)


@njit(**OPTIONS)
def read_paulis(S, T, half, groups, term_rows, term_values, term_outputs, out):  # type: ignore[no-untyped-def]
    """Add the expectation values of all observables to the rows of `out`; groups: (V, part, first term, last term)."""
    W = 64 // S.itemsize
    for g in range(len(groups)):
        read_products(S, T, half, groups[g, 0], groups[g, 1])
        walsh(T, half)
        for t in range(groups[g, 2], groups[g, 3]):
            at = term_outputs[t] * W
            store(out, at, load(out, at) + splat(term_values[t]) * load(T, term_rows[t] * W))


@njit(**OPTIONS)
def pull_paulis(S, L, T, half, groups, term_rows, term_values, term_outputs, cotangent):  # type: ignore[no-untyped-def]
    """Add (sum_m cotangent_m O_m) psi to L."""
    W = 64 // S.itemsize
    im = half * W
    zero = splat(S.dtype.type(0))
    for g in range(len(groups)):
        for i in range(half):
            store(T, i * W, zero)
        for t in range(groups[g, 2], groups[g, 3]):
            at = term_rows[t] * W
            weight = splat(term_values[t]) * load(cotangent, term_outputs[t] * W)
            store(T, at, load(T, at) + weight)
        walsh(T, half)
        part = groups[g, 1]
        for i in range(half):
            at = (i ^ groups[g, 0]) * W
            d, re, si = load(T, i * W), load(S, i * W), load(S, im + i * W)
            if part == 0:
                store(L, at, load(L, at) + d * re)
                store(L, im + at, load(L, im + at) + d * si)
            else:
                store(L, at, load(L, at) + d * si)
                store(L, im + at, load(L, im + at) + d * flip(re, 1))


@njit(**OPTIONS)
def read_probabilities(S, half, outcomes, out):  # type: ignore[no-untyped-def]
    """Add |psi_i|^2 to the row of `out` that belongs to the outcome of basis state i."""
    W = 64 // S.itemsize
    for i in range(half):
        re, im, at = load(S, i * W), load(S, (half + i) * W), outcomes[i] * W
        store(out, at, load(out, at) + re * re + im * im)


@njit(**OPTIONS)
def pull_probabilities(S, L, half, outcomes, cotangent):  # type: ignore[no-untyped-def]
    """Set L to the state times the cotangent of each basis state's outcome."""
    W = 64 // S.itemsize
    for i in range(half):
        weight = load(cotangent, outcomes[i] * W)
        store(L, i * W, weight * load(S, i * W))
        store(L, (half + i) * W, weight * load(S, (half + i) * W))
