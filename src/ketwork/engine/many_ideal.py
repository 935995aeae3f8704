"""Kernels for many different circuits without noise, one circuit at a time, each from start to gradient in one call.

A circuit is a list of Pauli rotations: permutations of basis states (x, cx, swap) only change the Paulis behind them
and are done once, at the end. A state is one flat array, the real parts and then the imaginary ones, 2^bits each, the
last three qubits in the lanes of a row. Everything is in double precision.
"""

import numpy as np
from numba import njit

from ketwork.engine.fuse import CONTROLLED_FLIP, FLIP, ROTATION
from ketwork.engine.lanes import OPTIONS, cosine_and_sine, exchanged, flip, flip_lanes, load, ones, splat, store, total

LEAST_BITS = 3
"""A row holds so many qubits; smaller registers get more that nothing happens to."""
_LANE = 7


# ---------------------------------------------------------------------- from places to rotations
@njit(**OPTIONS)
def pack_ideal(places, bounds, rows, bits, out):  # type: ignore[no-untyped-def]
    """Write the rotations of circuits and what is left of their permutations.

    places: the rows' numbers, one circuit behind the other; bounds (C + 1,). rows: (first step of every row (R + 1,),
    steps (M, 5), numbers (M, 2), weights of every row (R,)), see `many_rows`. out: (ops (K, 4): x mask, z mask, power
    of i, weight or -1; numbers (K, 2): coefficient, offset; ops of each circuit (C + 1,); where basis states go:
    columns (C, bits) and what is added to them (C,)).
    """
    firsts, steps, numbers, counts = rows
    ops, angles, ends, columns, added = out
    k = 0
    images = np.empty((2, bits), np.int64)  # of X and Z on every bit, through the permutations so far
    signs = np.empty(bits, np.int64)
    for c in range(len(bounds) - 1):
        for b in range(bits):
            images[0, b] = images[1, b] = columns[c, b] = 1 << b
            signs[b] = 0
        added[c], weight, ends[c] = 0, 0, k
        for position in range(bounds[c], bounds[c + 1]):
            row = places[position]
            for m in range(firsts[row], firsts[row + 1]):
                if steps[m, 0] != ROTATION:
                    permute(steps[m], images, signs, columns[c], added[c : c + 1])
                    continue
                x = z = sign = 0
                for b in range(bits):
                    if steps[m, 1] >> b & 1:
                        x ^= images[0, b]
                    if steps[m, 2] >> b & 1:
                        z ^= images[1, b]
                        sign ^= signs[b]
                ops[k, 0], ops[k, 1], ops[k, 2] = x, z, (steps[m, 3] + 2 * sign) & 3
                ops[k, 3] = weight + steps[m, 4] if steps[m, 4] >= 0 else -1
                angles[k, 0], angles[k, 1] = numbers[m, 0], numbers[m, 1]
                k += 1
            weight += counts[row]
    ends[len(bounds) - 1] = k


@njit(**OPTIONS)
def permute(step, images, signs, columns, added):  # type: ignore[no-untyped-def]
    """One more permutation of basis states, on two bits or one."""
    code, a, b = step[0], step[1], step[2]
    if code == FLIP:
        signs[a] ^= 1
        added[0] ^= 1 << a
        return
    if code == CONTROLLED_FLIP:
        images[0, a] ^= images[0, b]
        images[1, b] ^= images[1, a]
        signs[b] ^= signs[a]
        for k in range(len(columns)):
            columns[k] ^= (columns[k] >> a & 1) << b
        added[0] ^= (added[0] >> a & 1) << b
        return
    for part in range(2):
        images[part, a], images[part, b] = images[part, b], images[part, a]
    signs[a], signs[b] = signs[b], signs[a]
    for k in range(len(columns)):
        odd = (columns[k] >> a ^ columns[k] >> b) & 1
        columns[k] ^= odd << a | odd << b
    odd = (added[0] >> a ^ added[0] >> b) & 1
    added[0] ^= odd << a | odd << b


# ---------------------------------------------------------------------- rotations
@njit(**OPTIONS)
def rotate(S, at, size, op, c, s):  # type: ignore[no-untyped-def]
    """exp(-i theta/2 P) on the state at element `at`; c, s: cosine and sine of theta/2."""
    x, far, lanes, z, odd = op[0], op[0] & ~_LANE, op[0] & _LANE, op[1] & ~_LANE, op[2] & 1
    cosine = splat(c)
    sine = flip(flip_lanes(splat(s), op[1] & _LANE), ones(op[1] & x) + (op[2] >> 1))
    im = at + size
    if far == 0:
        for i in range(0, size, 8):
            a, b, turn = load(S, at + i), load(S, im + i), flip(sine, ones(z & i))
            u, v = exchanged(a, lanes), exchanged(b, lanes)
            if odd == 0:
                u, v = v, flip(u, 1)
            store(S, at + i, cosine * a + turn * u)
            store(S, im + i, cosine * b + turn * v)
        return
    top = highest(far)
    for g in range(0, size >> 1, 8):
        i = ((g & -top) << 1) | (g & (top - 1))
        j = i ^ far
        a, b, c, d = load(S, at + i), load(S, im + i), load(S, at + j), load(S, im + j)
        one, two = flip(sine, ones(z & i)), flip(sine, ones(z & j))
        t, u, v, w = exchanged(c, lanes), exchanged(d, lanes), exchanged(a, lanes), exchanged(b, lanes)
        if odd == 0:
            t, u, v, w = u, flip(t, 1), w, flip(v, 1)
        store(S, at + i, cosine * a + one * t)
        store(S, im + i, cosine * b + one * u)
        store(S, at + j, cosine * c + two * v)
        store(S, im + j, cosine * d + two * w)


@njit(**OPTIONS)
def highest(mask):  # type: ignore[no-untyped-def]
    """The highest bit of a mask below 2^16."""
    mask |= mask >> 1
    mask |= mask >> 2
    mask |= mask >> 4
    mask |= mask >> 8
    return mask ^ (mask >> 1)


@njit(**OPTIONS)
def slope(S, size, op):  # type: ignore[no-untyped-def]
    """Im <lambda|P|psi> of the state at 0 and the co-state behind it: the derivative by theta."""
    x, far, lanes, z, odd = op[0], op[0] & ~_LANE, op[0] & _LANE, op[1] & ~_LANE, op[2] & 1
    sign = flip(flip_lanes(splat(1.0), op[1] & _LANE), ones(op[1] & x) + (op[2] >> 1))
    found = splat(0.0)
    for i in range(0, size, 8):
        j = i ^ far
        u, v = exchanged(load(S, j), lanes), exchanged(load(S, size + j), lanes)
        if odd == 0:
            u, v = v, flip(u, 1)
        one = load(S, 2 * size + i) * u + load(S, 3 * size + i) * v
        found = found + flip(sign, ones(z & i)) * one
    return total(found)


# ---------------------------------------------------------------------- the observable
@njit(**OPTIONS)
def fill_places(columns, added, places):  # type: ignore[no-untyped-def]
    """Where every basis state goes."""
    places[0] = added
    for b in range(len(columns)):
        for k in range(1 << b):
            places[(1 << b) + k] = places[k] ^ columns[b]


@njit(**OPTIONS)
def observe(F, size, observable, gradient):  # type: ignore[no-untyped-def]
    """<H> of the state F, and with `gradient` H F behind it.

    observable: (flips (G,), parts (G,): 0 for real diagonals, 1 for those times i; diagonals (G, size)).
    """
    flips, parts, diagonals = observable
    found = splat(0.0)
    for i in range(0, size, 8):
        a, b = splat(0.0), splat(0.0)
        for g in range(len(flips)):
            j, at = i ^ (flips[g] & ~_LANE), g * size + i
            d, lanes = load(diagonals, at), flips[g] & _LANE
            u, v = exchanged(load(F, j), lanes), exchanged(load(F, size + j), lanes)
            if parts[g]:
                u, v = flip(v, 1), u
            a, b = a + d * u, b + d * v
        found = found + load(F, i) * a + load(F, size + i) * b
        if gradient:
            store(F, 2 * size + i, a)
            store(F, 3 * size + i, b)
    return total(found)


# ---------------------------------------------------------------------- values and gradients
@njit(**OPTIONS)
def evaluate_ideal(c, program, observable, scratch, w, slopes):  # type: ignore[no-untyped-def]
    """The value of circuit c at weights w (P,), and its gradient, unless that has no size.

    scratch: (states (4 size,), read ones (4 size,), places (size,) filled, angles and their cosines and sines
    (3, ops + 8)).
    """
    ops, angles, ends = program[0], program[1], program[2]
    S, F, places, turns = scratch
    size, first, count = len(places), ends[c], ends[c + 1] - ends[c]
    for k in range(count):
        weight = ops[first + k, 3]
        turns[0, k] = 0.5 * ((angles[first + k, 0] * w[weight] if weight >= 0 else 0.0) + angles[first + k, 1])
    flat = turns.reshape(-1)
    for k in range(0, count, 8):
        cosines, sines = cosine_and_sine(load(flat, k))
        store(flat, turns.shape[1] + k, cosines)
        store(flat, 2 * turns.shape[1] + k, sines)
    S[: 2 * size] = 0
    S[0] = 1
    for k in range(count):
        rotate(S, 0, size, ops[first + k], turns[1, k], turns[2, k])
    for i in range(size):
        F[places[i]], F[size + places[i]] = S[i], S[size + i]
    gradient = len(slopes) > 0
    value = observe(F, size, observable, gradient)
    if not gradient:
        return value
    for i in range(size):
        S[2 * size + i], S[3 * size + i] = F[2 * size + places[i]], F[3 * size + places[i]]
    slopes[:] = 0
    for k in range(count - 1, -1, -1):
        op = ops[first + k]
        if op[3] >= 0:
            slopes[op[3]] += angles[first + k, 0] * slope(S, size, op)
        if k:
            rotate(S, 0, size, op, turns[1, k], -turns[2, k])
            rotate(S, 2 * size, size, op, turns[1, k], -turns[2, k])
    return value
