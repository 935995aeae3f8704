"""One state: kernels that sweep over it block by block, each block a tile of the same kind as in batch mode.

A state is a flat array: 2^n real parts, then 2^n imaginary parts. The lanes of a row are its lowest bits. A sweep reads
a block into a tile, walks a stretch of operations on it, and writes it back; a state that is one block stays where it
is. The lane a basis state sits in and the block it belongs to change only signs of angles.
"""

import math

import numpy as np
from numba import njit

from ketwork.engine.adjoint import walk_back
from ketwork.engine.lanes import OPTIONS, cosine_and_sine, flip, flip_lanes, load, ones, splat, store, total
from ketwork.engine.polynomials import evaluate
from ketwork.engine.statevector import aligned, walk


@njit(**OPTIONS)
def block_base(block, outer):  # type: ignore[no-untyped-def]
    """The mask of a block's first basis state: the block's number spread over the outer bits."""
    base = 0
    for k in range(len(outer)):
        base |= ((block >> k) & 1) << outer[k]
    return base


@njit(**OPTIONS)
def gather(state, base, offsets, S):  # type: ignore[no-untyped-def]
    """Read the rows of a block into a tile."""
    W = 64 // S.itemsize
    size, half = len(state) >> 1, len(offsets)
    for k in range(half):
        at = base ^ offsets[k]
        store(S, k * W, load(state, at))
        store(S, (half + k) * W, load(state, size + at))


@njit(**OPTIONS)
def scatter(state, base, offsets, S):  # type: ignore[no-untyped-def]
    """Write a tile back to its block."""
    W = 64 // S.itemsize
    size, half = len(state) >> 1, len(offsets)
    for k in range(half):
        at = base ^ offsets[k]
        store(state, at, load(S, k * W))
        store(state, size + at, load(S, (half + k) * W))


@njit(**OPTIONS)
def turns_of(angles, turned, turns):  # type: ignore[no-untyped-def]
    """Write (cos, sin) of half of every angle, rounded, to turns; return what makes up for the rounding.

    angles: (steps,). turned: the steps among them that are rotations of rows: what rounding does to their norm counts.
    """
    part = np.zeros((3, 8))
    for first in range(0, len(angles), 8):
        here = min(8, len(angles) - first)
        for k in range(here):
            part[0, k] = 0.5 * angles[first + k]
        c, s = cosine_and_sine(load(part[0], 0))
        store(part[1], 0, c)
        store(part[2], 0, s)
        for k in range(here):
            turns[first + k, 0], turns[first + k, 1] = part[1, k], part[2, k]
    scale = 1.0
    for step in turned:
        c, s = np.float64(turns[step, 0]), np.float64(turns[step, 1])
        scale *= 1.5 - 0.5 * (c * c + s * s)
    return scale


@njit(**OPTIONS)
def start(x, w, table, turned, size, like):  # type: ignore[no-untyped-def]
    """(angles, (cos, sin) of their halves, the state |0...0> of `size` amplitudes) for one sample x (1, F).

    table: the arrays of the `AngleTable`. like: an array of the dtype.
    """
    angles = np.empty((1, len(table[0])))
    evaluate(x, w, table[0], table[1], table[2], table[3], angles)
    turns = np.empty((len(table[0]), 2), like.dtype)
    state = aligned(like, 2 * size)
    state[:] = 0
    state[0] = turns_of(angles[0], turned, turns)
    return angles[0], turns, state


@njit(**OPTIONS)
def signed_angles(coefficients, term_angles, base, drive, rotations, terms):  # type: ignore[no-untyped-def]
    """The rows of coefficients and the angles of diagonals for one block.

    drive: (angles (steps,), (cos, sin) of their halves). rotations: (steps, sign masks outside the block, in lanes);
    terms: (steps, sign masks, places).
    """
    W = 64 // coefficients.itemsize
    angles, turns = drive
    for k in range(len(rotations[0])):
        step = rotations[0][k]
        store(coefficients, 2 * k * W, splat(turns[step, 0]))
        row = flip_lanes(splat(turns[step, 1]), rotations[2][k])
        store(coefficients, (2 * k + 1) * W, flip(row, ones(base & rotations[1][k])))
    for k in range(len(terms[0])):
        angle = 0.5 * angles[terms[0][k]]
        angle -= 2 * math.pi * math.floor(angle / (2 * math.pi) + 0.5)
        term_angles[k] = -angle if ones(base & terms[1][k]) & 1 else angle


@njit(**OPTIONS)
def sweep(state, span, cut, ops, drive, rotations, terms):  # type: ignore[no-untyped-def]
    """Run one sweep's operations on a span of blocks. cut: (outer bits, offsets of rows) of the layout."""
    W, half = 64 // state.itemsize, len(cut[1])
    apart = len(cut[0]) > 0
    r, t = len(rotations[0]), len(terms[0])
    scratch = aligned(state, ((3 if apart else 1) * half + 2 * r) * W + t)
    T, coefficients = scratch[: half * W], scratch[half * W : (half + 2 * r) * W]
    rest = scratch[(half + 2 * r) * W :]
    S, term_angles = (rest[: 2 * half * W] if apart else state), rest[len(rest) - t :]
    tables = scratch[:0].reshape(0, 1)
    for block in range(span[0], span[1]):
        base = block_base(block, cut[0])
        if apart:
            gather(state, base, cut[1], S)
        signed_angles(coefficients, term_angles, base, drive, rotations, terms)
        walk(S, T, half, ops, 0, len(ops), coefficients, terms[2], term_angles, tables, True)
        if apart:
            scatter(state, base, cut[1], S)


@njit(**OPTIONS)
def sweep_back(state, costate, span, cut, ops, drive, rotations, terms, out):  # type: ignore[no-untyped-def]
    """Undo one sweep on state and co-state; add to out (steps,) half the derivatives by the half angles, in double
    precision."""
    W, half = 64 // state.itemsize, len(cut[1])
    apart = len(cut[0]) > 0
    r, t = len(rotations[0]), len(terms[0])
    scratch = aligned(state, ((5 if apart else 1) * half + 3 * r) * W + 2 * t)
    T, rest = scratch[: half * W], scratch[half * W :]
    coefficients, gradient, rest = rest[: 2 * r * W], rest[2 * r * W : 3 * r * W], rest[3 * r * W :]
    S = rest[: 2 * half * W] if apart else state
    L = rest[2 * half * W : 4 * half * W] if apart else costate
    term_angles, term_gradient = rest[len(rest) - 2 * t : len(rest) - t], rest[len(rest) - t :]
    tables, table_gradient = scratch[:0].reshape(0, 1), np.zeros((0, 1))
    for block in range(span[0], span[1]):
        base = block_base(block, cut[0])
        if apart:
            gather(state, base, cut[1], S)
            gather(costate, base, cut[1], L)
        signed_angles(coefficients, term_angles, base, drive, rotations, terms)
        gradient[:] = 0
        term_gradient[:] = 0
        inputs = (coefficients, terms[2], term_angles, tables)
        walk_back(S, L, T, half, ops, 0, len(ops), inputs, (gradient, term_gradient, table_gradient), True)
        for k in range(r):
            row = flip(flip_lanes(load(gradient, k * W), rotations[2][k]), ones(base & rotations[1][k]))
            out[rotations[0][k]] += total(row)
        for k in range(t):
            share = term_gradient[k]
            out[terms[0][k]] += -share if ones(base & terms[1][k]) & 1 else share
        if apart:
            scatter(state, base, cut[1], S)
            scatter(costate, base, cut[1], L)
