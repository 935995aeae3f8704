"""Kernels for circuits that alternate phases in the Z basis with phases in the X basis, as QAOA does.

Layout: a state of m bits is a flat array of rows; W amplitudes that follow each other (16 floats or 8 doubles) are a
row of real parts and then a row of imaginary parts. A layer is a phase, a Walsh-Hadamard transform, a phase, and the
transform back, all of it additions and two products: in the X basis every mixer of X is diagonal, all qubits at once.
One sweep takes contiguous blocks of 2^low amplitudes: transform of the low bits, phase, transform. The other takes all
values of the high bits at a run of low ones, copied into a tile that stays in a core's cache. Nothing is normalised
here: the factors 2^-m, exact in floating point, stand in the tables of the X basis.
"""

import numpy as np
from llvmlite import ir
from numba import njit
from numba.extending import intrinsic

from ketwork.engine.lanes import OPTIONS, cosine_and_sine, load, ones, splat, store, total
from ketwork.engine.statevector import aligned

_NEAR_ROWS = 128  # rows that the first passes of a transform stay within: 8 KiB, twice in the first cache


@intrinsic
def lane_walsh(typingctx, row):  # type: ignore[no-untyped-def]
    """The Walsh-Hadamard transform over the lanes of one row."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        value, width, bit = args[0], row.width, 1
        undefined = ir.Constant(value.type, ir.Undefined)
        while bit < width:
            mask = ir.Constant(ir.VectorType(ir.IntType(32), width), [lane ^ bit for lane in range(width)])
            signs = ir.Constant(value.type, [-1.0 if lane & bit else 1.0 for lane in range(width)])
            flags = ("contract",)
            own = builder.fmul(value, signs, flags=flags)
            value = builder.fadd(own, builder.shuffle_vector(value, undefined, mask), flags=flags)
            bit *= 2
        return value

    return row(row), codegen


@intrinsic
def lower_of(typingctx, left, right):  # type: ignore[no-untyped-def]
    """The smaller of two rows, lane by lane."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return builder.select(builder.fcmp_ordered("<", args[0], args[1]), args[0], args[1])

    return left(left, right), codegen


@njit(**OPTIONS)
def _eight(S, i, h):  # type: ignore[no-untyped-def]
    """Three bits of a transform on the rows i, i + h, ..., i + 7 h."""
    a0, a1, a2, a3 = load(S, i), load(S, i + h), load(S, i + 2 * h), load(S, i + 3 * h)
    a4, a5, a6, a7 = load(S, i + 4 * h), load(S, i + 5 * h), load(S, i + 6 * h), load(S, i + 7 * h)
    a0, a1, a2, a3 = a0 + a1, a0 - a1, a2 + a3, a2 - a3
    a4, a5, a6, a7 = a4 + a5, a4 - a5, a6 + a7, a6 - a7
    a0, a2, a1, a3 = a0 + a2, a0 - a2, a1 + a3, a1 - a3
    a4, a6, a5, a7 = a4 + a6, a4 - a6, a5 + a7, a5 - a7
    store(S, i, a0 + a4)
    store(S, i + h, a1 + a5)
    store(S, i + 2 * h, a2 + a6)
    store(S, i + 3 * h, a3 + a7)
    store(S, i + 4 * h, a0 - a4)
    store(S, i + 5 * h, a1 - a5)
    store(S, i + 6 * h, a2 - a6)
    store(S, i + 7 * h, a3 - a7)


@njit(**OPTIONS)
def transform(S, at, size, h):  # type: ignore[no-untyped-def]
    """Walsh-Hadamard transform of the elements at..at + size over the bits from stride h (a multiple of W) on."""
    W = 64 // S.itemsize
    end = at + size
    while h < size:
        if 8 * h <= size:
            for block in range(at, end, 8 * h):
                for i in range(block, block + h, W):
                    _eight(S, i, h)
            h *= 8
        elif 4 * h <= size:
            for block in range(at, end, 4 * h):
                for i in range(block, block + h, W):
                    a, b = load(S, i), load(S, i + h)
                    c, d = load(S, i + 2 * h), load(S, i + 3 * h)
                    a, b, c, d = a + b, a - b, c + d, c - d
                    store(S, i, a + c)
                    store(S, i + h, b + d)
                    store(S, i + 2 * h, a - c)
                    store(S, i + 3 * h, b - d)
            h *= 4
        else:
            for block in range(at, end, 2 * h):
                for i in range(block, block + h, W):
                    a, b = load(S, i), load(S, i + h)
                    store(S, i, a + b)
                    store(S, i + h, a - b)
            h *= 2


@njit(**OPTIONS)
def _near(S, size):  # type: ignore[no-untyped-def]
    return min(size, _NEAR_ROWS * (64 // S.itemsize))


@njit(**OPTIONS)
def transform_near_first(S, at, size, h):  # type: ignore[no-untyped-def]
    """`transform`, the small strides piece by piece."""
    near = _near(S, size)
    for sub in range(at, at + size, near):
        transform(S, sub, near, h)
    transform(S, at, size, near)


@njit(**OPTIONS)
def fill_angles(T, base, angles, masks, low):  # type: ignore[no-untyped-def]
    """T[i] = sum over terms of angle * (-1)^|mask & (base | i)| for the 2^low lowest values of i."""
    W, size = 64 // T.itemsize, 1 << low
    T[:size] = 0
    for t in range(len(masks)):
        T[masks[t] & (size - 1)] += -angles[t] if ones(masks[t] & base) & 1 else angles[t]
    for i in range(0, size, W):
        store(T, i, lane_walsh(load(T, i)))
    transform_near_first(T, 0, size, W)


@njit(**OPTIONS)
def add_terms(T, base, masks, low, out):  # type: ignore[no-untyped-def]
    """Add sum over i of T[i] * (-1)^|mask & (base | i)| to out, for every mask; uses T up."""
    W, size = 64 // T.itemsize, 1 << low
    for i in range(0, size, W):
        store(T, i, lane_walsh(load(T, i)))
    transform_near_first(T, 0, size, W)
    for t in range(len(masks)):
        value = T[masks[t] & (size - 1)]
        out[t] += -value if ones(masks[t] & base) & 1 else value


@njit(**OPTIONS)
def _phase(S, at, size, A, a_at, gamma, before, after):  # type: ignore[no-untyped-def]
    """Multiply by exp(-i gamma A); transform the lanes before, and after."""
    W = 64 // S.itemsize
    for i in range(at, at + size, 2 * W):
        re, im = load(S, i), load(S, i + W)
        if before:
            re, im = lane_walsh(re), lane_walsh(im)
        c, s = cosine_and_sine(gamma * load(A, a_at + ((i - at) >> 1)))
        re, im = c * re + s * im, c * im - s * re
        if after:
            re, im = lane_walsh(re), lane_walsh(im)
        store(S, i, re)
        store(S, i + W, im)


@njit(**OPTIONS)
def sweep_low(state, span, low, costs, gamma, angles, masks, before, after):  # type: ignore[no-untyped-def]
    """Low bits: transform (if `before`), phase, transform (if `after`), block by block.

    The phase is exp(-i gamma costs), or with masks the exponential of the terms, exp(-i sum angle * sign).
    """
    W, size = 64 // state.itemsize, 2 << low
    near, by_terms = _near(state, size), len(masks) > 0
    T = aligned(state, (1 << low) if by_terms else W)
    A, factor = (T, splat(state.dtype.type(1))) if by_terms else (costs, splat(state.dtype.type(gamma)))
    for block in range(span[0], span[1]):
        at, a_at = block * size, 0 if by_terms else block * (size >> 1)
        if by_terms:
            fill_angles(T, block << low, angles, masks, low)
        if before:
            transform(state, at, size, near)
        for sub in range(0, size, near):
            if before:
                transform(state, at + sub, near, 2 * W)
            _phase(state, at + sub, near, A, a_at + (sub >> 1), factor, before, after)
            if after:
                transform(state, at + sub, near, 2 * W)
        if after:
            transform(state, at, size, near)


@njit(**OPTIONS)
def _phase_back(S, L, at, size, A, a_at, gamma, V, after):  # type: ignore[no-untyped-def]
    """Take exp(-i gamma A) back from both states; the sum of A Im(conj(L) S), which is written to V where that is."""
    W = 64 // S.itemsize
    sums = splat(S.dtype.type(0))
    for i in range(at, at + size, 2 * W):
        re, im = lane_walsh(load(S, i)), lane_walsh(load(S, i + W))
        le, lm = lane_walsh(load(L, i)), lane_walsh(load(L, i + W))
        a = load(A, a_at + ((i - at) >> 1))
        v = le * im - lm * re
        sums = sums + a * v
        if len(V) > 0:
            store(V, a_at + ((i - at) >> 1), v)
        if after:
            c, s = cosine_and_sine(gamma * a)
            re, im = lane_walsh(c * re - s * im), lane_walsh(c * im + s * re)
            le, lm = lane_walsh(c * le - s * lm), lane_walsh(c * lm + s * le)
            store(S, i, re)
            store(S, i + W, im)
            store(L, i, le)
            store(L, i + W, lm)
    return total(sums)


@njit(**OPTIONS)
def sweep_low_back(state, costate, span, low, costs, gamma, angles, masks, after, out):  # type: ignore[no-untyped-def]
    """`sweep_low` undone on both states. Adds to out (1,), or with masks to out (terms,), the sums over the amplitudes
    of cost, or sign, times Im(conj(costate) state). Without `after` it only reads (and leaves the states unusable)."""
    W, size = 64 // state.itemsize, 2 << low
    near, by_terms = _near(state, size), len(masks) > 0
    T = aligned(state, (1 << low) if by_terms else W)
    V = aligned(state, 1 << low) if by_terms else costs[:0]
    A, factor = (T, splat(state.dtype.type(1))) if by_terms else (costs, splat(state.dtype.type(gamma)))
    for block in range(span[0], span[1]):
        at, a_at = block * size, 0 if by_terms else block * (size >> 1)
        if by_terms:
            fill_angles(T, block << low, angles, masks, low)
        transform(state, at, size, near)
        transform(costate, at, size, near)
        for sub in range(0, size, near):
            transform(state, at + sub, near, 2 * W)
            transform(costate, at + sub, near, 2 * W)
            found = _phase_back(state, costate, at + sub, near, A, a_at + (sub >> 1), factor, V, after)
            if not by_terms:
                out[0] += found
            if after:
                transform(state, at + sub, near, 2 * W)
                transform(costate, at + sub, near, 2 * W)
        if after:
            transform(state, at, size, near)
            transform(costate, at, size, near)
        if by_terms:
            add_terms(V, block << low, masks, low, out)


@njit(**OPTIONS)
def _fetch(S, far, tile, rows, run):  # type: ignore[no-untyped-def]
    """Copy the runs of `run` elements at far[0] + k * far[1] into a tile."""
    W = 64 // S.itemsize
    for k in range(rows):
        for i in range(0, run, W):
            store(tile, k * run + i, load(S, far[0] + k * far[1] + i))


@njit(**OPTIONS)
def _put_back(S, far, tile, rows, run):  # type: ignore[no-untyped-def]
    W = 64 // S.itemsize
    for k in range(rows):
        for i in range(0, run, W):
            store(S, far[0] + k * far[1] + i, load(tile, k * run + i))


@njit(**OPTIONS)
def sweep_high(state, span, low, high, run, row_phases, run_phases):  # type: ignore[no-untyped-def]
    """High bits: transform, mixer, transform; tile by tile, a tile being 2^high runs of `run` elements.

    The mixer multiplies by row_phases (2^high, 2) * run_phases[parity of the row] (2, 2 * 2^low), complex numbers the
    second of which are laid out as a state.
    """
    W, rows, stride = 64 // state.itemsize, 1 << high, 2 << low
    tile = aligned(state, rows * run)
    for number in range(span[0], span[1]):
        at = number * run
        _fetch(state, (at, stride), tile, rows, run)
        transform(tile, 0, rows * run, run)
        for k in range(rows):
            c, s = splat(row_phases[k, 0]), splat(row_phases[k, 1])
            table = run_phases[ones(k) & 1]
            for i in range(0, run, 2 * W):
                re, im = load(tile, k * run + i), load(tile, k * run + i + W)
                p, q = load(table, at + i), load(table, at + i + W)
                p, q = c * p - s * q, c * q + s * p
                store(tile, k * run + i, p * re - q * im)
                store(tile, k * run + i + W, p * im + q * re)
        transform(tile, 0, rows * run, run)
        _put_back(state, (at, stride), tile, rows, run)


@njit(**OPTIONS)
def sweep_high_back(state, costate, span, low, high, run, row_phases, run_phases, by_row, by_run):  # type: ignore[no-untyped-def]
    """`sweep_high` undone on both states. v = Im(conj(costate) state) in the X basis is summed in two ways: by_row
    (2^high, W) gets the sums of every row added, by_run (2, 2^low) those over the even rows and over the odd ones."""
    W, rows, stride = 64 // state.itemsize, 1 << high, 2 << low
    tile, other = aligned(state, rows * run), aligned(state, rows * run)
    for number in range(span[0], span[1]):
        at = number * run
        _fetch(state, (at, stride), tile, rows, run)
        _fetch(costate, (at, stride), other, rows, run)
        transform(tile, 0, rows * run, run)
        transform(other, 0, rows * run, run)
        for k in range(rows):
            c, s = splat(row_phases[k, 0]), splat(row_phases[k, 1])
            table, sums = run_phases[ones(k) & 1], by_run[ones(k) & 1]
            row_sum = load(by_row, k * W)
            for i in range(0, run, 2 * W):
                re, im = load(tile, k * run + i), load(tile, k * run + i + W)
                le, lm = load(other, k * run + i), load(other, k * run + i + W)
                v = le * im - lm * re
                row_sum = row_sum + v
                store(sums, (at + i) >> 1, load(sums, (at + i) >> 1) + v)
                p, q = load(table, at + i), load(table, at + i + W)
                p, q = c * p - s * q, c * q + s * p
                store(tile, k * run + i, p * re + q * im)
                store(tile, k * run + i + W, p * im - q * re)
                store(other, k * run + i, p * le + q * lm)
                store(other, k * run + i + W, p * lm - q * le)
            store(by_row, k * W, row_sum)
        transform(tile, 0, rows * run, run)
        transform(other, 0, rows * run, run)
        _put_back(state, (at, stride), tile, rows, run)
        _put_back(costate, (at, stride), other, rows, run)


@njit(**OPTIONS)
def turn_around(state, costate, span, low, costs, bend, slope):  # type: ignore[no-untyped-def]
    """The sum of f |state|^2 over blocks, f = bend + slope * min(costs - bend, 0); where there is a costate, it becomes
    f * state, and the low bits of both are transformed."""
    W, size, value = 64 // state.itemsize, 2 << low, 0.0
    top, factor, zero = splat(costs.dtype.type(bend)), splat(costs.dtype.type(slope)), splat(costs.dtype.type(0))
    near = _near(state, size)
    for block in range(span[0], span[1]):
        at = block * size
        for sub in range(at, at + size, near):
            sums = zero
            for i in range(sub, sub + near, 2 * W):
                re, im = load(state, i), load(state, i + W)
                f = top + factor * lower_of(load(costs, i >> 1) - top, zero)
                sums = sums + f * (re * re + im * im)
                if len(costate) > 0:
                    store(costate, i, lane_walsh(f * re))
                    store(costate, i + W, lane_walsh(f * im))
                    store(state, i, lane_walsh(re))
                    store(state, i + W, lane_walsh(im))
            value += total(sums)
            if len(costate) > 0:
                transform(state, sub, near, 2 * W)
                transform(costate, sub, near, 2 * W)
        if len(costate) > 0:
            transform(state, at, size, near)
            transform(costate, at, size, near)
    return value


@njit(**OPTIONS)
def histogram(state, span, low, costs, bottom, width, out):  # type: ignore[no-untyped-def]
    """Add probabilities by cost: below `bottom` to out[0], k-th `width` to out[k + 1], above to the last."""
    W, size, bins = 64 // state.itemsize, 1 << low, len(out) - 2
    for i in range(span[0] * size, span[1] * size):
        at = 2 * i - (i & (W - 1))  # the real part of amplitude i
        re, im = np.float64(state[at]), np.float64(state[at + W])
        place = 0 if costs[i] < bottom else np.int64(min((costs[i] - bottom) / width, bins)) + 1
        out[place] += re * re + im * im


@njit(**OPTIONS)
def read_signs(state, span, low, masks, out):  # type: ignore[no-untyped-def]
    """Add the expectations of the products of Z that masks name, over a span of blocks, to out (terms,)."""
    W, size = 64 // state.itemsize, 2 << low
    T = aligned(state, size >> 1)
    for block in range(span[0], span[1]):
        for i in range(0, size, 2 * W):
            re, im = load(state, block * size + i), load(state, block * size + i + W)
            store(T, i >> 1, re * re + im * im)
        add_terms(T, block << low, masks, low, out)


@njit(**OPTIONS)
def fill_costs(out, span, low, coefficients, masks):  # type: ignore[no-untyped-def]
    """Write sum of coefficient * product of Z to out, over a span of blocks; worked out in double precision."""
    size = 1 << low
    T = aligned(coefficients, size)
    for block in range(span[0], span[1]):
        fill_angles(T, block << low, coefficients, masks, low)
        for i in range(size):
            out[block * size + i] = T[i]
