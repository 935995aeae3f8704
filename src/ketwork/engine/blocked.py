"""One large state: kernels that sweep over it block by block, each block a tile of the same kind as in batch mode.

A state is a flat array: 2^n real parts, then 2^n imaginary parts. A sweep reads a block into a tile whose lanes are
other basis states of the same state, walks a stretch of operations on it, and writes it back. The lane a basis state
sits in and the block it belongs to change only signs of angles.
"""

from numba import njit

from ketwork.engine.adjoint import walk_back
from ketwork.engine.lanes import (
    OPTIONS,
    flip,
    gather_square,
    load,
    ones,
    scatter_square,
    splat,
    store,
    total,
)
from ketwork.engine.observe import pull_paulis, read_paulis
from ketwork.engine.statevector import aligned, walk


@njit(**OPTIONS)
def block_base(block, outer):  # type: ignore[no-untyped-def]
    """The mask of a block's first basis state: the block's number spread over the outer bits."""
    base = 0
    for k in range(len(outer)):
        base |= ((block >> k) & 1) << outer[k]
    return base


@njit(**OPTIONS)
def gather(state, base, squares, lanes, S, half):  # type: ignore[no-untyped-def]
    """Read a block into a tile."""
    W = 64 // S.itemsize
    size = len(state) >> 1
    for k in range(len(squares)):
        at = base ^ squares[k]
        gather_square(state, lanes, at, S, k * W * W)
        gather_square(state[size:], lanes, at, S, (half + k * W) * W)


@njit(**OPTIONS)
def scatter(state, base, squares, lanes, S, half):  # type: ignore[no-untyped-def]
    """Write a tile back to its block."""
    W = 64 // S.itemsize
    size = len(state) >> 1
    for k in range(len(squares)):
        at = base ^ squares[k]
        scatter_square(state, lanes, at, S, k * W * W)
        scatter_square(state[size:], lanes, at, S, (half + k * W) * W)


@njit(**OPTIONS)
def signed_angles(coefficients, term_angles, base, rotations, terms):  # type: ignore[no-untyped-def]
    """The rows of coefficients for one block.

    rotations: ((cos, sin) of half angles (k, 2), sign masks, lane signs (k, W)); terms: (half angles, the same).
    """
    W = 64 // coefficients.itemsize
    for k in range(len(rotations[0])):
        store(coefficients, 2 * k * W, splat(rotations[0][k, 0]))
        row = splat(rotations[0][k, 1]) * load(rotations[2][k], 0)
        store(coefficients, (2 * k + 1) * W, flip(row, ones(base & rotations[1][k])))
    for k in range(len(terms[0])):
        row = splat(terms[0][k]) * load(terms[2][k], 0)
        store(term_angles, k * W, flip(row, ones(base & terms[1][k])))


@njit(**OPTIONS)
def sweep(state, first, last, cut, half, ops, rotations, terms):  # type: ignore[no-untyped-def]
    """Run one sweep's operations on blocks first..last. cut: (outer bits, squares, lanes) of the layout."""
    W = 64 // state.itemsize
    scratch = aligned(state, (3 * half + 2 * len(rotations[0]) + len(terms[0])) * W)
    S, T = scratch[: 2 * half * W], scratch[2 * half * W : 3 * half * W]
    coefficients = scratch[3 * half * W : (3 * half + 2 * len(rotations[0])) * W]
    term_angles = scratch[(3 * half + 2 * len(rotations[0])) * W :]
    tables = scratch[:0].reshape(0, 1)
    for block in range(first, last):
        base = block_base(block, cut[0])
        gather(state, base, cut[1], cut[2], S, half)
        signed_angles(coefficients, term_angles, base, rotations, terms)
        walk(S, T, half, ops, 0, len(ops), coefficients, terms[3], term_angles, tables)
        scatter(state, base, cut[1], cut[2], S, half)


@njit(**OPTIONS)
def signed_total(rows, k, signs, odd):  # type: ignore[no-untyped-def]
    W = 64 // rows.itemsize
    return total(flip(load(rows, k * W) * load(signs, 0), odd))


@njit(**OPTIONS)
def sweep_back(state, costate, span, cut, half, ops, rotations, terms, out):  # type: ignore[no-untyped-def]
    """Undo one sweep on state and co-state; add to out = (gradients of rotations, of terms), in double precision."""
    W = 64 // state.itemsize
    r, t = len(rotations[0]), len(terms[0])
    scratch = aligned(state, (5 * half + 3 * r + 2 * t) * W)
    S, L, T = scratch[: 2 * half * W], scratch[2 * half * W : 4 * half * W], scratch[4 * half * W : 5 * half * W]
    rest = scratch[5 * half * W :]
    coefficients, term_angles = rest[: 2 * r * W], rest[2 * r * W : (2 * r + t) * W]
    gradient, term_gradient = rest[(2 * r + t) * W : (3 * r + t) * W], rest[(3 * r + t) * W :]
    tables, table_gradient = scratch[:0].reshape(0, 1), out[0][:0].reshape(0, 1)
    for block in range(span[0], span[1]):
        base = block_base(block, cut[0])
        gather(state, base, cut[1], cut[2], S, half)
        gather(costate, base, cut[1], cut[2], L, half)
        signed_angles(coefficients, term_angles, base, rotations, terms)
        gradient[:] = 0
        term_gradient[:] = 0
        inputs = (coefficients, terms[3], term_angles, tables)
        walk_back(S, L, T, half, ops, 0, len(ops), inputs, (gradient, term_gradient, table_gradient))
        for k in range(r):
            out[0][k] += signed_total(gradient, k, rotations[2][k], ones(base & rotations[1][k]))
        for k in range(t):
            out[1][k] += signed_total(term_gradient, k, terms[2][k], ones(base & terms[1][k]))
        scatter(state, base, cut[1], cut[2], S, half)
        scatter(costate, base, cut[1], cut[2], L, half)


@njit(**OPTIONS)
def sweep_read(state, first, last, cut, half, groups, term_rows, term_masks, lane_signs, out):  # type: ignore[no-untyped-def]
    """Add the sums of every Pauli string's products over blocks first..last to out (terms,), in double precision."""
    W = 64 // state.itemsize
    n_terms = len(term_rows)
    scratch = aligned(state, (3 * half + n_terms) * W)
    S, T, rows = scratch[: 2 * half * W], scratch[2 * half * W : 3 * half * W], scratch[3 * half * W :]
    values, places = aligned(state, n_terms), term_masks.copy()
    for k in range(n_terms):
        values[k], places[k] = 1, k
    for block in range(first, last):
        base = block_base(block, cut[0])
        gather(state, base, cut[1], cut[2], S, half)
        rows[:] = 0
        read_paulis(S, T, half, groups, term_rows, values, places, rows)
        for k in range(n_terms):
            out[k] += signed_total(rows, k, lane_signs[k], ones(base & term_masks[k]))


@njit(**OPTIONS)
def sweep_pull(state, costate, span, cut, half, groups, term_rows, term_masks, lane_signs, weights):  # type: ignore[no-untyped-def]
    """Add (sum of weights times Pauli strings) psi to the co-state, over a span of blocks."""
    W = 64 // state.itemsize
    n_terms = len(term_rows)
    scratch = aligned(state, (5 * half + n_terms) * W)
    S, L, T = scratch[: 2 * half * W], scratch[2 * half * W : 4 * half * W], scratch[4 * half * W : 5 * half * W]
    rows = scratch[5 * half * W :]
    values, places = aligned(state, n_terms), term_masks.copy()
    for k in range(n_terms):
        values[k], places[k] = 1, k
    for block in range(span[0], span[1]):
        base = block_base(block, cut[0])
        gather(state, base, cut[1], cut[2], S, half)
        gather(costate, base, cut[1], cut[2], L, half)
        for k in range(n_terms):
            row = splat(weights[k]) * load(lane_signs[k], 0)
            store(rows, k * W, flip(row, ones(base & term_masks[k])))
        pull_paulis(S, L, T, half, groups, term_rows, values, places, rows)
        scatter(costate, base, cut[1], cut[2], L, half)
