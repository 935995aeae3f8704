"""The tile kernels: one tile of a state, walked through a Program by an interpreter that is compiled once.

Layout: a tile is a flat array of rows, a row is 512 bits of lanes (16 floats or 8 doubles). The row of basis index i is
i for the real part and 2^n + i for the imaginary part, so that a tile of 2^n amplitudes has 2^(n+1) rows of real
numbers and "which part" is one more bit of the row number.
Every Pauli rotation is then a set of plane rotations between rows r and r ^ V: (a, b) -> (c a + s b, c b - s a), where
the row with even parity(r & Z) ^ flip is a. Three rotations with independent V close on orbits of eight rows, which are
loaded once, turned three times in registers and stored once.
Lanes are samples, or (`crossing` given) the lowest bits of the basis index of one single state: then flips have a part
within the row too, and what a sign mask says of the lanes stands in the rows of coefficients.
Cost: 48 vector instructions an orbit and a group, one load and one store a row.
"""

import numpy as np
from numba import njit

from ketwork.engine.lanes import OPTIONS, cosine_and_sine, exchanged, flip, flip_lanes, load, ones, splat, store

GROUP, SHARED_PHASE, LANE_PHASE, IN_ROW = 0, 1, 2, 3
"""The kinds of a Program's operations (first column of its table)."""


@njit(**OPTIONS)
def turn(a, b, c, s):  # type: ignore[no-untyped-def]
    return c * a + s * b, c * b - s * a


@njit(**OPTIONS)
def orbit(t, op):  # type: ignore[no-untyped-def]
    """The first row of orbit number t: t with a zero put in at each of three pivot bits."""
    for pivot in range(5, 8):
        p = op[pivot]
        t = ((t >> p) << (p + 1)) | (t & ((1 << p) - 1))
    return t


@njit(**OPTIONS)
def combined(a, b, c):  # type: ignore[no-untyped-def]
    """Three flips and what they combine to."""
    return a, b, a ^ b, c, a ^ c, b ^ c, a ^ b ^ c


@njit(**OPTIONS)
def fetch(S, at, lanes, crossing):  # type: ignore[no-untyped-def]
    """A row, its lanes exchanged by a mask where lanes are basis states."""
    if crossing is None:
        return load(S, at)
    return exchanged(load(S, at), lanes)


@njit(**OPTIONS)
def put(S, at, row, lanes, crossing):  # type: ignore[no-untyped-def]
    """The way back of `fetch`."""
    if crossing is None:
        store(S, at, row)
    else:
        store(S, at, exchanged(row, lanes))


@njit(**OPTIONS)
def rotate(S, rows, op, coefficients, crossing=None):  # type: ignore[no-untyped-def]
    """Apply a group of one to three rotations to a tile, in order."""
    W = 64 // S.itemsize
    count, (o1, o2, o3, o4, o5, o6, o7) = op[1], combined(op[2] * W, op[3] * W, op[4] * W)
    l1, l2, l3, l4, l5, l6, l7 = combined(op[26], op[27], op[28])
    k0, k1, k2 = 2 * W * op[23], 2 * W * op[24], 2 * W * op[25]
    c0, s0 = load(coefficients, k0), load(coefficients, k0 + W)
    c1, s1 = load(coefficients, k1), load(coefficients, k1 + W)
    c2, s2 = load(coefficients, k2), load(coefficients, k2 + W)
    for t in range(rows >> 3):
        row = orbit(t, op)
        i = row * W
        q = ones(row & op[8])
        a0, a1 = turn(load(S, i), fetch(S, i ^ o1, l1, crossing), c0, flip(s0, q ^ op[11]))
        a2, a3 = turn(fetch(S, i ^ o2, l2, crossing), fetch(S, i ^ o3, l3, crossing), c0, flip(s0, q ^ op[12]))
        a4, a5 = turn(fetch(S, i ^ o4, l4, crossing), fetch(S, i ^ o5, l5, crossing), c0, flip(s0, q ^ op[13]))
        a6, a7 = turn(fetch(S, i ^ o6, l6, crossing), fetch(S, i ^ o7, l7, crossing), c0, flip(s0, q ^ op[14]))
        if count > 1:
            q = ones(row & op[9])
            a0, a2 = turn(a0, a2, c1, flip(s1, q ^ op[15]))
            a1, a3 = turn(a1, a3, c1, flip(s1, q ^ op[16]))
            a4, a6 = turn(a4, a6, c1, flip(s1, q ^ op[17]))
            a5, a7 = turn(a5, a7, c1, flip(s1, q ^ op[18]))
            if count > 2:
                q = ones(row & op[10])
                a0, a4 = turn(a0, a4, c2, flip(s2, q ^ op[19]))
                a1, a5 = turn(a1, a5, c2, flip(s2, q ^ op[20]))
                a2, a6 = turn(a2, a6, c2, flip(s2, q ^ op[21]))
                a3, a7 = turn(a3, a7, c2, flip(s2, q ^ op[22]))
        store(S, i, a0)
        put(S, i ^ o1, a1, l1, crossing)
        put(S, i ^ o2, a2, l2, crossing)
        put(S, i ^ o3, a3, l3, crossing)
        put(S, i ^ o4, a4, l4, crossing)
        put(S, i ^ o5, a5, l5, crossing)
        put(S, i ^ o6, a6, l6, crossing)
        put(S, i ^ o7, a7, l7, crossing)


@njit(**OPTIONS)
def rotate_in_rows(S, rows, op, coefficients):  # type: ignore[no-untyped-def]
    """Apply a rotation that flips nothing but lanes."""
    W = 64 // S.itemsize
    k, lanes = 2 * W * op[23], op[26]
    c, s = load(coefficients, k), load(coefficients, k + W)
    for i in range(rows):
        row = load(S, i * W)
        store(S, i * W, c * row + flip(s, ones(i & op[8])) * exchanged(row, lanes))


@njit(**OPTIONS)
def phase_shared(S, half, table):  # type: ignore[no-untyped-def]
    """Multiply row i by exp(-i phi_i), the same for all lanes; `table` holds (cos, sin) of phi."""
    W = 64 // S.itemsize
    for i in range(half):
        c, s = splat(table[2 * i]), splat(table[2 * i + 1])
        re, im = turn(load(S, i * W), load(S, (half + i) * W), c, s)
        store(S, i * W, re)
        store(S, (half + i) * W, im)


@njit(**OPTIONS)
def walsh(T, rows):  # type: ignore[no-untyped-def]
    """Walsh-Hadamard transform over the rows of T, in place, four rows at a time: T[i] <- sum_z (-1)^(i.z) T[z]."""
    W = 64 // T.itemsize
    h = 1
    while h < rows:
        if 4 * h <= rows:
            for block in range(0, rows, 4 * h):
                for i in range(block * W, (block + h) * W, W):
                    a, b = load(T, i), load(T, i + h * W)
                    c, d = load(T, i + 2 * h * W), load(T, i + 3 * h * W)
                    p, q, r, s = a + b, a - b, c + d, c - d
                    store(T, i, p + r)
                    store(T, i + h * W, q + s)
                    store(T, i + 2 * h * W, p - r)
                    store(T, i + 3 * h * W, q - s)
            h *= 4
        else:
            for i in range(0, h * W, W):
                a, b = load(T, i), load(T, i + h * W)
                store(T, i, a + b)
                store(T, i + h * W, a - b)
            h *= 2


@njit(**OPTIONS)
def walsh_all(T, rows, crossing=None):  # type: ignore[no-untyped-def]
    """Walsh-Hadamard transform over the rows of T, and over the lanes too where these are basis states."""
    walsh(T, rows)
    if crossing is not None:
        W = 64 // T.itemsize
        for i in range(0, rows * W, W):
            row = load(T, i)
            lane = 1
            while lane < W:
                row = exchanged(row, lane) + flip_lanes(row, lane)
                lane *= 2
            store(T, i, row)


@njit(**OPTIONS)
def lane_angles(T, half, op, term_rows, term_angles, crossing=None):  # type: ignore[no-untyped-def]
    """Fill T with the phases of a diagonal: its terms put at their rows, then one Walsh-Hadamard transform.

    Where lanes are basis states, terms have one angle each and a place instead of a row.
    """
    W = 64 // T.itemsize
    zero = splat(T.dtype.type(0))
    for i in range(half):
        store(T, i * W, zero)
    for t in range(op[1], op[2]):
        if crossing is None:
            at = term_rows[t] * W
            store(T, at, load(T, at) + load(term_angles, t * W))
        else:
            T[term_rows[t]] += term_angles[t]
    walsh_all(T, half, crossing)


@njit(**OPTIONS)
def phase_lanes(S, T, half):  # type: ignore[no-untyped-def]
    """Multiply row i by exp(-i T_i), each lane by its own."""
    W = 64 // S.itemsize
    for i in range(half):
        c, s = cosine_and_sine(load(T, i * W))
        re, im = turn(load(S, i * W), load(S, (half + i) * W), c, s)
        store(S, i * W, re)
        store(S, (half + i) * W, im)


@njit(**OPTIONS)
def walk(S, T, half, ops, first, last, coefficients, term_rows, term_angles, tables, crossing=None):  # type: ignore[no-untyped-def]
    """Run operations first..last of a Program on one tile; T is scratch of `half` rows, `tables` those of diagonals
    that samples share."""
    for k in range(first, last):
        op = ops[k]
        if op[0] == GROUP:
            rotate(S, 2 * half, op, coefficients, crossing)
        elif op[0] == LANE_PHASE:
            lane_angles(T, half, op, term_rows, term_angles, crossing)
            phase_lanes(S, T, half)
        elif crossing is None:
            phase_shared(S, half, tables[op[1]])
        else:
            rotate_in_rows(S, 2 * half, op, coefficients)


@njit(**OPTIONS)
def aligned(like, size):  # type: ignore[no-untyped-def]
    """An uninitialised array of `size` elements of the same dtype that starts on a cache line."""
    raw = np.empty(size + 16, like.dtype)
    skip = (-raw.ctypes.data % 64) // raw.itemsize
    return raw[skip : skip + size]
