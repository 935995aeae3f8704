"""Packing for many noisy circuits: from numbers of a table's rows to the passes that `many_noisy` runs.

What happens to one qubit waits until something on two needs it, and is then one pass. Qubits that wait for others
relax meanwhile; when gates happen is worked out here, as by `noise.idle.Idle`.
"""

import numpy as np
from numba import njit

from ketwork.engine.lanes import OPTIONS

APPEND, CHAIN, PAIR = 0, 1, 2
"""The kinds of passes. APPEND: a chain on a qubit that was not in the state yet."""
_ONE, _PAIR = 0, 2  # kinds of parts, see `many_noisy_rows`
_MOMENT = 1e-15  # seconds: nobody waits for less
COLUMNS = 10
"""A pass: kind, digit (of pairs: 1 where a row bit is the lowest), first and second stride of pairs in rows, first
element or list of terms, one past the last element, whether it has weights, element of the states read and written,
how many qubits there are before it."""


@njit(**OPTIONS)
def multiply(one, other, out):  # type: ignore[no-untyped-def]
    """out = one other, 4x4 matrices (16,) of which the first row is 1, 0, 0, 0."""
    out[0], out[1], out[2], out[3] = 1.0, 0.0, 0.0, 0.0
    for i in range(4, 16, 4):
        for j in range(4):
            value = one[i + 1] * other[4 + j] + one[i + 2] * other[8 + j] + one[i + 3] * other[12 + j]
            out[i + j] = value + one[i] if j == 0 else value


@njit(**OPTIONS)
def pack_noisy(circuits, rows, idle, n, out):  # type: ignore[no-untyped-def]
    """Write the passes of circuits.

    circuits: (the rows' numbers, one circuit behind the other (K,); bounds (C + 1,); slots (K,): which of the circuit's
    weights is the row's first, -1 for none; affine (K, 2): scale and constant of the row's weights). rows: see
    `NoisyRows.arrays`; idle: see `NoisyRows.idle`. out: (passes (D, 10), offsets of classes of rows (D, 16), passes of
    each circuit (C + 1,), elements (E, 3): 0 for a matrix or an axis, weight, matrix; their numbers (E, 2), matrices
    (E, 16), digits of the qubits (C, n), elements that the states take (C,)).
    """
    places, bounds, slots, affine = circuits
    firsts, parts, numbers, ones, start = rows
    ends, digits, sizes = out[2], out[6], out[7]
    longest = 1
    for c in range(len(bounds) - 1):
        here = 1 + 2 * (bounds[c + 1] - bounds[c])
        for k in range(bounds[c], bounds[c + 1]):
            here += firsts[places[k] + 1] - firsts[places[k]]
        longest = max(longest, here)
    waiting, angles, filled = np.empty((n, longest, 3), np.int64), np.empty((n, longest, 2)), np.empty(n, np.int64)
    wait, matrix = (waiting, angles, filled), np.empty(16)
    gaps = np.zeros((len(places) if len(idle[0]) else 0, 2))
    at = np.zeros(6, np.int64)  # passes, elements, matrices; qubits, state, top of the states
    for c in range(len(bounds) - 1):
        ends[c], digits[c], filled[:] = at[0], -1, 0
        at[3], at[4], at[5] = 0, 0, 8
        for q in range(n):
            for j in range(16):
                if start[q, j] != (1.0 if j % 5 == 0 else 0.0):
                    put_one(q, start[q], wait, at, out)
                    break
        if len(gaps):
            fill_gaps(places, bounds[c], bounds[c + 1], idle, n, gaps)
        for k in range(bounds[c], bounds[c + 1]):
            for m in range(firsts[places[k]], firsts[places[k] + 1]):
                part = parts[m]
                if part[0] == _ONE:
                    put_one(part[1], ones[part[3]], wait, at, out)
                elif part[0] == _PAIR:
                    flush(part[1], digits[c], wait, at, out)
                    flush(part[2], digits[c], wait, at, out)
                    put_pair(part, digits[c], at, out)
                else:
                    scale, offset = numbers[m, 0] * affine[k, 0], numbers[m, 0] * affine[k, 1] + numbers[m, 1]
                    if slots[k] < 0:
                        turn_matrix(part[2], offset, matrix)
                        put_one(part[1], matrix, wait, at, out)
                        continue
                    q, j = part[1], filled[part[1]]
                    waiting[q, j, 0], waiting[q, j, 1], waiting[q, j, 2] = part[2], slots[k] + part[4], 0
                    angles[q, j, 0], angles[q, j, 1] = scale, offset
                    filled[q] += 1
            for j in range(2 if len(gaps) else 0):
                if gaps[k, j] > 0:
                    q = idle[0][places[k], j]
                    relax_matrix(gaps[k, j], idle[2][q], matrix)
                    put_one(q, matrix, wait, at, out)
        for q in range(n):
            flush(q, digits[c], wait, at, out)
        sizes[c] = at[5]
    ends[len(bounds) - 1] = at[0]


@njit(**OPTIONS)
def fill_gaps(places, first, last, idle, n, gaps):  # type: ignore[no-untyped-def]
    """How long the qubits of every row wait behind it: rows begin as late as they can."""
    where, seconds, _ = idle
    until = np.zeros(n)  # how long before the end each qubit's next row begins
    for k in range(last - 1, first - 1, -1):
        end = 0.0
        for j in range(2):
            if where[places[k], j] >= 0:
                end = max(end, until[where[places[k], j]])
        for j in range(2):
            q = where[places[k], j]
            gaps[k, j] = 0.0
            if q >= 0:
                if end - until[q] > _MOMENT:
                    gaps[k, j] = end - until[q]
                until[q] = end + seconds[places[k]]


@njit(**OPTIONS)
def relax_matrix(time, rates, out):  # type: ignore[no-untyped-def]
    """Relaxation for a time as a 4x4 matrix (16,); rates: 1 / T1 and 1 / T2."""
    one, two = np.exp(-time * rates[0]), np.exp(-time * rates[1])
    out[:] = 0
    out[0], out[5], out[10], out[15] = 1.0, two, two, one
    out[12] = 1 - one


@njit(**OPTIONS)
def turn_matrix(axis, angle, out):  # type: ignore[no-untyped-def]
    """A rotation about an axis 1 to 3 as a 4x4 matrix (16,)."""
    a, b, c, s = 1 + axis % 3, 1 + (axis + 1) % 3, np.cos(angle), np.sin(angle)
    out[:] = 0
    out[0] = out[5 * axis] = 1.0
    out[5 * a], out[5 * b], out[4 * a + b], out[4 * b + a] = c, c, -s, s


@njit(**OPTIONS)
def put_one(q, matrix, wait, at, out):  # type: ignore[no-untyped-def]
    """A matrix waits on a qubit, as one with the matrix before it where that is the last."""
    waiting, _, filled = wait
    consts, j = out[5], filled[q]
    if j and waiting[q, j - 1, 0] == 0:
        multiply(matrix, consts[waiting[q, j - 1, 2]], consts[at[2]])
        waiting[q, j - 1, 2] = at[2]
    else:
        consts[at[2]] = matrix
        waiting[q, j, 0], waiting[q, j, 1], waiting[q, j, 2] = 0, -1, at[2]
        wait[1][q, j, 0] = wait[1][q, j, 1] = 0.0
        filled[q] += 1
    at[2] += 1


@njit(**OPTIONS)
def flush(q, digits, wait, at, out):  # type: ignore[no-untyped-def]
    """What waits on a qubit becomes a pass; the qubit joins the state if it was not there."""
    waiting, angles, filled = wait
    ops, elements, numbers = out[0], out[3], out[4]
    if filled[q] == 0 and digits[q] >= 0:
        return
    op, first, wanted = ops[at[0]], at[1], 0
    for j in range(filled[q]):
        for k in range(3):
            elements[at[1], k] = waiting[q, j, k]
        numbers[at[1], 0], numbers[at[1], 1] = angles[q, j, 0], angles[q, j, 1]
        if waiting[q, j, 1] >= 0:
            wanted = 1
        at[1] += 1
    filled[q] = 0
    fresh = digits[q] < 0
    op[0], op[2], op[3], op[4], op[5], op[6] = APPEND if fresh else CHAIN, 0, 0, first, at[1], wanted
    op[9] = at[3]
    if fresh:
        digits[q] = at[3]
        at[3] += 1
    op[1] = digits[q]
    move_on(op, wanted == 1 or fresh, at)
    at[0] += 1


@njit(**OPTIONS)
def put_pair(part, digits, at, out):  # type: ignore[no-untyped-def]
    """A pass on two qubits that are in the state."""
    op, offsets = out[0][at[0]], out[1][at[0]]
    a, b = digits[part[1]], digits[part[2]]
    ka, kb = min(a, 2), min(b, 2)
    op[0], op[1] = PAIR, 1 if ka == 1 or kb == 1 else 0
    low, high = row_stride(min(a, b)), row_stride(max(a, b))
    op[2], op[3], op[4], op[5], op[6], op[9] = low, high, 9 * part[3] + 3 * ka + kb, 0, 0, at[3]
    steps_a = row_stride(a) if ka == 2 else ka
    steps_b = row_stride(b) if kb == 2 else kb
    classes = 1 << kb
    for k in range(16):
        offsets[k] = (k // classes * steps_a + k % classes * steps_b) * 8
    move_on(op, False, at)
    at[0] += 1


@njit(**OPTIONS)
def row_stride(digit):  # type: ignore[no-untyped-def]
    """Rows from one letter of a digit to the next, 0 where they are not whole rows."""
    return 1 << (2 * digit - 3) if digit >= 2 else 0


@njit(**OPTIONS)
def move_on(op, kept, at):  # type: ignore[no-untyped-def]
    """Choose where a pass writes to: where it reads, unless that is kept."""
    op[7] = op[8] = at[4]
    if kept:
        op[8] = at[5]
        at[5] += max(8, 1 << 2 * at[3])
    at[4] = op[8]
