"""Pauli sums applied to one state: H psi and <psi|H|psi> for every observable, in one pass over the state.

All Pauli strings that flip the same bits V make one diagonal D_V: (H psi)_i = sum over V of D_V[i] psi_(i^V), times i
for strings with an odd number of Y. Diagonals are tabled where that is cheaper than adding up signed coefficients
again, and the tables are small. H psi is the co-state that the gradient starts from.
Cost: two multiply-adds an amplitude and flip, and a pass over the tables.
"""

import threading
import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from ketwork.engine.lanes import OPTIONS, WIDTH, exchanged, flip, load, ones, splat, store, total
from ketwork.engine.observe import Observed
from ketwork.engine.polynomials import Floats, Integers
from ketwork.engine.statevector import aligned
from ketwork.engine.tile_kernels import walsh_line

ROWS = 4  # how many rows one step takes
_TABLE_BYTES = 1 << 25
_SMALL_BYTES = 1 << 18
_ALL_BYTES = 1 << 28
_MANY_TERMS = 3  # a flip with as many terms is cheaper tabled, wherever the table lies
_large: list[tuple[weakref.ref[Observed], int]] = []  # whose tables are large, the oldest first
_lock = threading.Lock()


@dataclass(frozen=True)
class Applied:
    """Observables ready for `apply`.

    groups: (groups, 4) flip of rows, flip of lanes, first and last term. sections: (2 M + 1,) the first group of every
    observable's strings with an even number of Y, and of those with an odd one. masks: (terms,) sign masks.
    signed: (terms * 4 W,) coefficients with the signs of the first 4 rows. table: (steps * groups * 4 W,) or empty.
    """

    groups: Integers
    sections: Integers
    masks: Integers
    signed: Floats
    table: Floats

    @property
    def arrays(self) -> tuple[Any, ...]:
        """The same as a tuple for the kernels."""
        return self.groups, self.sections, self.masks, self.signed, self.table


def applied(observed: Observed, bits: int, dtype: Any) -> Applied:
    """Prepare Pauli sums for `apply`; kept with them, large tables while there are few."""
    found: Applied | None = observed.kept.get(dtype.itemsize)
    if found is None:
        found = observed.kept[dtype.itemsize] = _applied(observed, bits, dtype)
        if found.table.nbytes > _SMALL_BYTES:
            _let_go_of_old_tables(observed, dtype.itemsize)
    return found


def _let_go_of_old_tables(newest: Observed, key: int) -> None:
    """Many circuits may be alive, each with many observables: what their tables take together is bounded."""
    with _lock:
        _large.append((weakref.ref(newest), key))
        alive = [(found, key) for one, key in _large if (found := one()) is not None and key in found.kept]
        total = sum(found.kept[key].table.nbytes for found, key in alive)
        while total > _ALL_BYTES:
            found, key = alive.pop(0)
            total -= found.kept.pop(key).table.nbytes
        _large[:] = [(weakref.ref(found), key) for found, key in alive]


def _applied(observed: Observed, bits: int, dtype: Any) -> Applied:
    width = WIDTH[dtype]
    sizes = observed.groups[:, 3] - observed.groups[:, 2]
    flips, parts = np.repeat(observed.groups[:, 0], sizes), np.repeat(observed.groups[:, 1], sizes)
    sections = 2 * observed.places + parts
    order = np.lexsort((flips, sections))
    flips, sections, masks = flips[order], sections[order], observed.rows[order]
    values = observed.values[order] * (1.0 - 2.0 * (np.bitwise_count(flips & masks) & 1))
    new = np.flatnonzero(np.r_[True, (np.diff(sections) != 0) | (np.diff(flips) != 0)]) if len(flips) else order
    last = np.append(new, len(flips))[1:]
    groups = np.column_stack([flips[new] & -width, flips[new] & (width - 1), new, last]).astype(np.int64)
    starts = np.searchsorted(sections[new], np.arange(2 * observed.outputs + 1)).astype(np.int64)
    size, nothing = len(groups) * dtype.itemsize << bits, np.zeros(0, dtype)
    if size <= _SMALL_BYTES or (size <= _TABLE_BYTES and len(masks) >= _MANY_TERMS * len(groups)):
        table = np.empty(((1 << bits) // (ROWS * width), len(groups), ROWS * width), dtype)
        fill_table(groups, masks, values, table)
        return Applied(groups, starts, masks, nothing, table.ravel())
    signs = 1.0 - 2.0 * (np.bitwise_count(masks[:, None] & np.arange(ROWS * width)) & 1)
    return Applied(groups, starts, masks, (values[:, None] * signs).astype(dtype).ravel(), nothing)


@njit(**OPTIONS)
def fill_table(groups, masks, values, table):  # type: ignore[no-untyped-def]
    """Write the diagonal of every group."""
    steps, width = table.shape[0], table.shape[2]
    line = np.zeros(steps * width)
    for g in range(len(groups)):
        line[:] = 0
        for t in range(groups[g, 2], groups[g, 3]):
            line[masks[t]] += values[t]
        walsh_line(line)
        for k in range(steps):
            for i in range(width):
                table[k, g, i] = line[k * width + i]


@njit(**OPTIONS)
def diagonal(terms, masks, signed, base):  # type: ignore[no-untyped-def]
    """Four rows of a diagonal, added up from its terms: a span of masks."""
    W = 64 // signed.itemsize
    zero = splat(signed.dtype.type(0))
    d0, d1, d2, d3 = zero, zero, zero, zero
    for t in range(terms[0], terms[1]):
        odd, at = ones(base & masks[t]), 4 * t * W
        d0, d1 = d0 + flip(load(signed, at), odd), d1 + flip(load(signed, at + W), odd)
        d2, d3 = d2 + flip(load(signed, at + 2 * W), odd), d3 + flip(load(signed, at + 3 * W), odd)
    return d0, d1, d2, d3


@njit(**OPTIONS)
def apply(state, costate, span, groups, sections, masks, signed, table, weights, out):  # type: ignore[no-untyped-def]
    """Write sum_m weights_m H_m psi to the co-state (unless that has no size) and add <psi|H_m|psi> to out (M,), over a
    span of steps of 4 rows."""
    W = 64 // state.itemsize
    size, step, tabled = len(state) >> 1, 4 * W, len(table) > 0
    zero = splat(state.dtype.type(0))
    sums = aligned(state, len(out) * W)
    sums[:] = 0
    for block in range(span[0], span[1]):
        base = block * step
        l0, l1, l2, l3, m0, m1, m2, m3 = zero, zero, zero, zero, zero, zero, zero, zero
        for m in range(len(out)):
            a0, a1, a2, a3, b0, b1, b2, b3 = zero, zero, zero, zero, zero, zero, zero, zero
            for part in range(2):  # times i: real and imaginary parts change places, and one its sign
                re, im = part * size, (1 - part) * size
                for g in range(sections[2 * m + part], sections[2 * m + part + 1]):
                    lanes = groups[g, 1]
                    if tabled:
                        at = (block * len(groups) + g) * step
                        d0, d1 = load(table, at), load(table, at + W)
                        d2, d3 = load(table, at + 2 * W), load(table, at + 3 * W)
                    else:
                        d0, d1, d2, d3 = diagonal(groups[g, 2:], masks, signed, base)
                    k = base ^ groups[g, 0]
                    a0 = a0 + d0 * exchanged(load(state, re + k), lanes)
                    b0 = b0 + d0 * exchanged(load(state, im + k), lanes)
                    k = (base + W) ^ groups[g, 0]
                    a1 = a1 + d1 * exchanged(load(state, re + k), lanes)
                    b1 = b1 + d1 * exchanged(load(state, im + k), lanes)
                    k = (base + 2 * W) ^ groups[g, 0]
                    a2 = a2 + d2 * exchanged(load(state, re + k), lanes)
                    b2 = b2 + d2 * exchanged(load(state, im + k), lanes)
                    k = (base + 3 * W) ^ groups[g, 0]
                    a3 = a3 + d3 * exchanged(load(state, re + k), lanes)
                    b3 = b3 + d3 * exchanged(load(state, im + k), lanes)
                b0, b1, b2, b3 = flip(b0, 1), flip(b1, 1), flip(b2, 1), flip(b3, 1)
            k = size + base
            e = load(state, base) * a0 + load(state, base + W) * a1 + load(state, base + 2 * W) * a2
            e = e + load(state, base + 3 * W) * a3 + load(state, k) * b0 + load(state, k + W) * b1
            e = e + load(state, k + 2 * W) * b2 + load(state, k + 3 * W) * b3
            store(sums, m * W, load(sums, m * W) + e)
            c = splat(weights[m])
            l0, l1, l2, l3 = l0 + c * a0, l1 + c * a1, l2 + c * a2, l3 + c * a3
            m0, m1, m2, m3 = m0 + c * b0, m1 + c * b1, m2 + c * b2, m3 + c * b3
        if len(costate) > 0:
            store(costate, base, l0)
            store(costate, base + W, l1)
            store(costate, base + 2 * W, l2)
            store(costate, base + 3 * W, l3)
            store(costate, size + base, m0)
            store(costate, size + base + W, m1)
            store(costate, size + base + 2 * W, m2)
            store(costate, size + base + 3 * W, m3)
        if block % 64 == 63 or block == span[1] - 1:  # longer sums in double precision
            for m in range(len(out)):
                out[m] += total(load(sums, m * W))
                store(sums, m * W, zero)
