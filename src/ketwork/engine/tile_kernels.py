"""Whole tiles: angles in, a walk through the Program, values out, and the same way back.

Cosines and sines are computed in double precision and then rounded. What rounding still does to the norm over a deep
circuit is undone at its end.
"""

import math

import numpy as np
from numba import njit

from ketwork.engine.adjoint import walk_back
from ketwork.engine.lanes import OPTIONS, cosine_and_sine, load, splat, store, total
from ketwork.engine.observe import NOTHING, PAULIS, pull_paulis, pull_probabilities, read_paulis, read_probabilities
from ketwork.engine.statevector import aligned, walk


@njit(**OPTIONS)
def cosines(half_angles, out):  # type: ignore[no-untyped-def]
    """Write (cos, sin) of every half angle to out (R, 2), rounded; return the product of 1 / (cos^2 + sin^2)^(1/2)."""
    scale = 1.0
    for k in range(len(half_angles)):
        out[k, 0], out[k, 1] = math.cos(half_angles[k]), math.sin(half_angles[k])
        c, s = np.float64(out[k, 0]), np.float64(out[k, 1])
        scale *= 1.5 - 0.5 * (c * c + s * s)
    return scale


@njit(**OPTIONS)
def walsh_line(values):  # type: ignore[no-untyped-def]
    """Walsh-Hadamard transform of a line of numbers, in place."""
    h = 1
    while h < len(values):
        for block in range(0, len(values), 2 * h):
            for i in range(block, block + h):
                a, b = values[i], values[i + h]
                values[i], values[i + h] = a + b, a - b
        h *= 2


@njit(**OPTIONS)
def phase_tables(half_angles, table_of, rows, tables):  # type: ignore[no-untyped-def]
    """Write (cos, sin) of every basis state's phase in every shared diagonal to tables (T, 2 * 2^n)."""
    half = tables.shape[1] >> 1
    phases = np.zeros((3, max(half, 8)))
    term = 0
    for t in range(len(tables)):
        phases[0, :] = 0
        while term < len(rows) and table_of[term] == t:
            phases[0, rows[term]] += half_angles[term]
            term += 1
        walsh_line(phases[0, :half])
        for i in range(0, phases.shape[1], 8):
            c, s = cosine_and_sine(load(phases[0], i))
            store(phases[1], i, c)
            store(phases[2], i, s)
        for i in range(half):
            tables[t, 2 * i], tables[t, 2 * i + 1] = phases[1, i], phases[2, i]


@njit(**OPTIONS)
def pull_tables(by_table, table_of, rows, out):  # type: ignore[no-untyped-def]
    """Write to out (terms,) what cotangents of the phases (T, 2^n) make of the angles; uses the phases' up."""
    for t in range(len(by_table)):
        walsh_line(by_table[t])
    for k in range(len(rows)):
        out[k] = by_table[table_of[k], rows[k]]


@njit(**OPTIONS)
def fill_rows(first, angles, lanes_of, shared, places, coefficients, term_angles):  # type: ignore[no-untyped-def]
    """Rows for one tile whose first sample is `first`: (cos, sin) of every rotation, and every diagonal term by lane.

    angles: (B, A) half angles by lane; lanes without a sample repeat the last one.
    """
    W = 64 // coefficients.itemsize
    last = len(angles) - 1
    lane = np.empty((3, W))
    for r in range(len(lanes_of)):
        if lanes_of[r] < 0:
            store(coefficients, 2 * r * W, splat(shared[r, 0]))
            store(coefficients, (2 * r + 1) * W, splat(shared[r, 1]))
            continue
        for k in range(W):
            lane[0, k] = angles[min(first + k, last), lanes_of[r]]
        for k in range(0, W, 8):
            c, s = cosine_and_sine(load(lane[0], k))
            store(lane[1], k, c)
            store(lane[2], k, s)
        for k in range(W):
            at = 2 * r * W + k
            coefficients[at], coefficients[at + W] = lane[1, k], lane[2, k]
    for t in range(len(places)):
        for k in range(W):
            angle = angles[min(first + k, last), places[t]]
            term_angles[t * W + k] = angle - 2 * math.pi * math.floor(angle / (2 * math.pi) + 0.5)


@njit(**OPTIONS)
def normalize(S, half, row):  # type: ignore[no-untyped-def]
    """Divide every lane by its norm, summed in double precision from short sums; `row` is scratch."""
    W = 64 // S.itemsize
    sums, zero = np.zeros(W), splat(S.dtype.type(0))
    for block in range(0, 2 * half, 8):
        part = zero
        for i in range(block, block + 8):
            part = part + load(S, i * W) * load(S, i * W)
        store(row, 0, part)
        for k in range(W):
            sums[k] += row[k]
    for k in range(W):
        row[k] = 1 / math.sqrt(sums[k]) if sums[k] > 0 else 1.0
    scale = load(row, 0)
    for i in range(2 * half):
        store(S, i * W, load(S, i * W) * scale)


@njit(**OPTIONS)
def run_tiles(states, span, started, half, ops, drive, where, observed, out):  # type: ignore[no-untyped-def]
    """Evolve the tiles of a span and write what is observed to out (B, M).

    states: (tiles, 2 half W), written; the start of the evolution when `started`, else |0...0>. drive: ((cos, sin) of
    shared rotations (R, 2), tables, half angles by lane (B, A)). where: (place of every rotation among the
    angles by lane or -1, place of every diagonal term by lane, its row). observed: as `Observed.arrays`.
    """
    W = 64 // states.itemsize
    shared, tables, angles = drive
    lanes_of, places, rows = where
    r, t, outputs = len(lanes_of), len(places), out.shape[1]
    scratch = aligned(states, (half + 2 * r + t + outputs) * W)
    T, rest = scratch[: half * W], scratch[half * W :]
    coefficients, term_angles = rest[: 2 * r * W], rest[2 * r * W : (2 * r + t) * W]
    read = rest[(2 * r + t) * W :]
    for tile in range(span[0], span[1]):
        S = states[tile]
        fill_rows(tile * W, angles, lanes_of, shared, places, coefficients, term_angles)
        if not started:
            S[:] = 0
            store(S, 0, splat(S.dtype.type(1)))
        walk(S, T, half, ops, 0, len(ops), coefficients, rows, term_angles, tables)
        if S.itemsize == 4:
            normalize(S, half, T)
        if observed[0] == NOTHING:
            continue
        read[:] = 0
        if observed[0] == PAULIS:
            read_paulis(S, T, half, observed[1], observed[2], observed[3], observed[4], read)
        else:
            read_probabilities(S, half, observed[2], read)
        for k in range(min(W, len(out) - tile * W)):
            for m in range(outputs):
                out[tile * W + k, m] = read[m * W + k]


@njit(**OPTIONS)
def back_tiles(states, span, half, ops, drive, where, observed, cotangent, out):  # type: ignore[no-untyped-def]
    """Pull a cotangent (B, M) back through the tiles of a span; `states` are left as they were.

    drive, where, observed: as for `run_tiles`. out, added to: (by rotation (R,), by phase (T, 2^n), both summed over
    samples, by lane angle (B, A), co-states at the start as `states`, or none of these).
    """
    W = 64 // states.itemsize
    shared, tables, angles = drive
    lanes_of, places, rows = where
    r, t, outputs, batch = len(lanes_of), len(places), cotangent.shape[1], len(angles)
    scratch = aligned(states, (5 * half + 3 * r + 2 * t + outputs) * W)
    S, L, T = scratch[: 2 * half * W], scratch[2 * half * W : 4 * half * W], scratch[4 * half * W : 5 * half * W]
    rest = scratch[5 * half * W :]
    coefficients, term_angles = rest[: 2 * r * W], rest[2 * r * W : (2 * r + t) * W]
    rest = rest[(2 * r + t) * W :]
    by_row, by_term, pulled = rest[: r * W], rest[r * W : (r + t) * W], rest[(r + t) * W :]
    for tile in range(span[0], span[1]):
        first, here = tile * W, min(W, batch - tile * W)
        fill_rows(first, angles, lanes_of, shared, places, coefficients, term_angles)
        rest[:] = 0
        for k in range(here):
            for m in range(outputs):
                pulled[m * W + k] = cotangent[first + k, m]
        for i in range(2 * half):  # a loop, since the assignment of arrays takes a second to compile
            store(S, i * W, load(states[tile], i * W))
        if observed[0] == PAULIS:
            L[:] = 0
            pull_paulis(S, L, T, half, observed[1], observed[2], observed[3], observed[4], pulled)
        else:
            pull_probabilities(S, L, half, observed[2], pulled)
        inputs = (coefficients, rows, term_angles, tables)
        walk_back(S, L, T, half, ops, 0, len(ops), inputs, (by_row, by_term, out[1]))
        if len(out[3]) > 0:
            for i in range(2 * half):
                store(out[3][tile], i * W, load(L, i * W))
        for j in range(r):
            if lanes_of[j] < 0:
                out[0][j] += total(load(by_row, j * W))
                continue
            for k in range(here):
                out[2][first + k, lanes_of[j]] += by_row[j * W + k]
        for j in range(t):
            for k in range(here):
                out[2][first + k, places[j]] += by_term[j * W + k]
