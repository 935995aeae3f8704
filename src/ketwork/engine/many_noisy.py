"""Kernels for many different noisy circuits, exact, one circuit at a time: from start to gradient in one call.

The state is the real vector of the Pauli components of the density matrix, a digit I, X, Y, Z a qubit (two bits of the
index). A qubit joins the state when something first happens to it, as its highest digit: before, it would only make
the state four times as long. Runs of rotations and channels on a qubit are one pass (a chain), gates on two qubits with
their noise another. What the way back needs, the states before chains with weights, is kept.
"""

import numpy as np
from numba import njit

from ketwork.engine.lanes import OPTIONS, cosine_and_sine, exchanged, load, splat, store, total
from ketwork.engine.many_noisy_pack import APPEND, PAIR, multiply
from ketwork.engine.transfer_kernels import mix_four, opened, unmix_four


# ---------------------------------------------------------------------- chains
@njit(**OPTIONS)
def fill_chain(op, first, chains, turns, P):  # type: ignore[no-untyped-def]
    """Write the products of a chain's elements so far to P (elements + 1, 16); returns the last one's number."""
    elements, matrices = chains
    P[0] = 0
    P[0, 0] = P[0, 5] = P[0, 10] = P[0, 15] = 1
    for e in range(op[4], op[5]):
        k, kind = e - op[4], elements[e, 0]
        if kind == 0:
            multiply(matrices[elements[e, 2]], P[k], P[k + 1])
            continue
        a, b, rest = 4 + 4 * (kind % 3), 4 + 4 * ((kind + 1) % 3), 4 * kind
        c, s = turns[1, e - first], turns[2, e - first]
        P[k + 1, 0], P[k + 1, 1], P[k + 1, 2], P[k + 1, 3] = 1.0, 0.0, 0.0, 0.0
        for j in range(4):
            one, two = P[k, a + j], P[k, b + j]
            P[k + 1, a + j], P[k + 1, b + j], P[k + 1, rest + j] = c * one - s * two, s * one + c * two, P[k, rest + j]
    return op[5] - op[4]


@njit(**OPTIONS)
def pull_chain(op, first, chains, numbers, turns, P, G, slopes):  # type: ignore[no-untyped-def]
    """Add to the slopes by weights what a cotangent G (16,) of the chain's matrix, used up, gives; P: `fill_chain`."""
    elements, matrices = chains
    for e in range(op[5] - 1, op[4] - 1, -1):
        k, kind = e - op[4], elements[e, 0]
        if kind == 0:
            M = matrices[elements[e, 2]]
            for j in range(4):
                one, two, three = G[4 + j], G[8 + j], G[12 + j]
                for a in range(1, 4):
                    G[4 * a + j] = M[4 + a] * one + M[8 + a] * two + M[12 + a] * three
            continue
        a, b = 4 + 4 * (kind % 3), 4 + 4 * ((kind + 1) % 3)
        c, s = turns[1, e - first], turns[2, e - first]
        slope = 0.0
        for j in range(4):
            one, two = G[a + j], G[b + j]
            slope += two * P[k + 1, a + j] - one * P[k + 1, b + j]
            G[a + j], G[b + j] = c * one + s * two, c * two - s * one
        if elements[e, 1] >= 0:
            slopes[elements[e, 1]] += numbers[e, 0] * slope


# ---------------------------------------------------------------------- passes
@njit(**OPTIONS)
def fill_lanes(M, digit, turned, C):  # type: ignore[no-untyped-def]
    """The rows of factors that a chain's pass goes by; turned: those of the transposed matrix."""
    if digit >= 2:
        for k in range(12):
            store(C, 8 * k, splat(M[k + 4]))
        return
    for lane in range(8):
        for m in range(4):
            if digit == 0:
                i, j = lane & 3, (lane & 3) ^ m
                C[8 * m + lane] = M[4 * j + i] if turned else M[4 * i + j]
                continue
            for h in range(2):  # m: the row it comes from, and whether lanes change places
                i, j = 2 * h + (lane >> 2), 2 * (m >> 1) + ((lane >> 2) ^ (m & 1))
                C[8 * (4 * h + m) + lane] = M[4 * j + i] if turned else M[4 * i + j]


@njit(**OPTIONS)
def mix_lanes(R, S, size, digit, C):  # type: ignore[no-untyped-def]
    """S = chain R for a digit in the lanes, wholly or in part; S may be R."""
    c0, c1, c2, c3 = load(C, 0), load(C, 8), load(C, 16), load(C, 24)
    if digit == 0:
        for i in range(0, size, 8):
            r = load(R, i)
            one = c0 * r + c1 * exchanged(r, 1)
            store(S, i, one + c2 * exchanged(r, 2) + c3 * exchanged(r, 3))
        return
    d0, d1, d2, d3 = load(C, 32), load(C, 40), load(C, 48), load(C, 56)
    for i in range(0, size, 16):
        a, b = load(R, i), load(R, i + 8)
        x, y = exchanged(a, 4), exchanged(b, 4)
        store(S, i, c0 * a + c1 * x + c2 * b + c3 * y)
        store(S, i + 8, d0 * a + d1 * x + d2 * b + d3 * y)


@njit(**OPTIONS)
def overlap_lanes(R, L, size, digit, A, G):  # type: ignore[no-untyped-def]
    """G (16,): the sums of L_i R_j over all other digits; A: scratch, 8 rows."""
    zero = splat(0.0)
    a0, a1, a2, a3, b0, b1, b2, b3 = zero, zero, zero, zero, zero, zero, zero, zero
    G[:] = 0
    if digit == 0:
        for i in range(0, size, 8):
            r, one = load(R, i), load(L, i)
            a0, a1 = a0 + one * r, a1 + one * exchanged(r, 1)
            a2, a3 = a2 + one * exchanged(r, 2), a3 + one * exchanged(r, 3)
    else:
        for i in range(0, size, 16):
            r, s, one, two = load(R, i), load(R, i + 8), load(L, i), load(L, i + 8)
            x, y = exchanged(r, 4), exchanged(s, 4)
            a0, a1, a2, a3 = a0 + one * r, a1 + one * x, a2 + one * s, a3 + one * y
            b0, b1, b2, b3 = b0 + two * r, b1 + two * x, b2 + two * s, b3 + two * y
    store(A, 0, a0)
    store(A, 8, a1)
    store(A, 16, a2)
    store(A, 24, a3)
    store(A, 32, b0)
    store(A, 40, b1)
    store(A, 48, b2)
    store(A, 56, b3)
    for lane in range(8):
        for m in range(4):
            if digit == 0:
                G[4 * (lane & 3) + ((lane & 3) ^ m)] += A[8 * m + lane]
                continue
            for h in range(2):
                i, j = 2 * h + (lane >> 2), 2 * (m >> 1) + ((lane >> 2) ^ (m & 1))
                G[4 * i + j] += A[8 * (4 * h + m) + lane]


@njit(**OPTIONS)
def mix_pair(S, size, op, offsets, back, pairs, T):  # type: ignore[no-untyped-def]
    """A pass on two qubits, or the transposed one, in place; T: scratch, 16 rows."""
    lists, terms, factors = pairs
    first, last, classes = lists[op[4] // 9, op[4] % 9, back]
    for g in range(size // (8 * classes)):
        base = g << op[1]
        if op[2]:
            base = opened(base, op[2])
        if op[3]:
            base = opened(base, op[3])
        base *= 8
        for k in range(classes):
            store(T, 8 * k, load(S, base + offsets[k]))
        to, row = 0, splat(0.0)
        for t in range(first, last):
            if terms[t, 0] != to:
                store(S, base + offsets[to], row)
                to, row = terms[t, 0], splat(0.0)
            one = load(T, 8 * terms[t, 1])
            if terms[t, 2]:
                one = exchanged(one, terms[t, 2])
            row = row + load(factors, 8 * t) * one
        store(S, base + offsets[to], row)


@njit(**OPTIONS)
def pull_four(R, L, span, stride, C, G):  # type: ignore[no-untyped-def]
    """`overlap_four` and `unmix_four` in one pass: G (12 rows) and L = chain^T L, in place."""
    zero = splat(0.0)
    xi, xx, xy, xz, yi, yx = zero, zero, zero, zero, zero, zero
    yy, yz, zi, zx, zy, zz = zero, zero, zero, zero, zero, zero
    far = 8 * stride
    for g in range(span[0], span[1]):
        k = opened(g, stride) * 8
        i, x, y, z = load(R, k), load(R, k + far), load(R, k + 2 * far), load(R, k + 3 * far)
        e, a, b, c = load(L, k), load(L, k + far), load(L, k + 2 * far), load(L, k + 3 * far)
        xi, xx, xy, xz = xi + a * i, xx + a * x, xy + a * y, xz + a * z
        yi, yx, yy, yz = yi + b * i, yx + b * x, yy + b * y, yz + b * z
        zi, zx, zy, zz = zi + c * i, zx + c * x, zy + c * y, zz + c * z
        store(L, k, e + load(C, 0) * a + load(C, 32) * b + load(C, 64) * c)
        store(L, k + far, load(C, 8) * a + load(C, 40) * b + load(C, 72) * c)
        store(L, k + 2 * far, load(C, 16) * a + load(C, 48) * b + load(C, 80) * c)
        store(L, k + 3 * far, load(C, 24) * a + load(C, 56) * b + load(C, 88) * c)
    G[4], G[5], G[6], G[7] = total(xi), total(xx), total(xy), total(xz)
    G[8], G[9], G[10], G[11] = total(yi), total(yx), total(yy), total(yz)
    G[12], G[13], G[14], G[15] = total(zi), total(zx), total(zy), total(zz)


@njit(**OPTIONS)
def append(R, S, size, M):  # type: ignore[no-untyped-def]
    """S = the state with one more qubit, |0> through a chain."""
    for i in range(4):
        factor = M[4 * i] + M[4 * i + 3]
        for k in range(size):
            S[i * size + k] = factor * R[k]
    for k in range(4 * size, 8):
        S[k] = 0


@njit(**OPTIONS)
def take_away(R, L, size, M, wanted, G):  # type: ignore[no-untyped-def]
    """The way back of `append`: G (16,), the cotangent of the chain's matrix where wanted; L without the qubit."""
    G[:] = 0
    for i in range(1, 4 if wanted else 1):
        found = 0.0
        for k in range(size):
            found += L[i * size + k] * R[k]
        G[4 * i] = G[4 * i + 3] = found
    x, y, z = M[4] + M[7], M[8] + M[11], M[12] + M[15]
    for k in range(size):
        L[k] += x * L[size + k] + y * L[2 * size + k] + z * L[3 * size + k]
    for k in range(size, 8):
        L[k] = 0


# ---------------------------------------------------------------------- values and gradients
@njit(**OPTIONS)
def fill_terms(letters, digits, rows):  # type: ignore[no-untyped-def]
    """The component of every Pauli string (T, n) of an observable."""
    for t in range(len(letters)):
        rows[t] = 0
        for q in range(len(digits)):
            rows[t] |= letters[t, q] << 2 * digits[q]


@njit(**OPTIONS)
def evaluate_noisy(c, program, observable, scratch, w, slopes):  # type: ignore[no-untyped-def]
    """The value of circuit c at weights w (P,), and its gradient, unless that has no size.

    observable: (letters (T, n), coefficients (T,), lists, terms and factors of `NoisyRows.pairs`). scratch: (states,
    a co-state (4^n,), components (T,) filled, angles of elements with cosines and sines (3, E + 8), matrices of passes
    (D, 16), factors or rows of a pass (128,), products (E + 1, 16)).
    """
    ops, offsets, ends, elements, numbers, matrices = program[:6]
    values, pairs = observable[1], observable[2:]
    states, _, rows, turns, done, C, P = scratch
    first, chains = ops[ends[c], 4], (elements, matrices)
    fill_turns(elements, numbers, first, turns, w)
    states[:8] = 0
    states[0] = 1
    for k in range(ends[c], ends[c + 1]):
        op, M = ops[k], done[k - ends[c]]
        R, S = states[op[7] :], states[op[8] :]
        if op[0] != PAIR:
            M[:] = P[fill_chain(op, first, chains, turns, P)]
        if op[0] == APPEND:
            append(R, S, 1 << 2 * op[9], M)
        elif op[0] == PAIR:
            mix_pair(S, 1 << 2 * op[9], op, offsets[k], 0, pairs, C)
        else:
            fill_lanes(M, op[1], False, C)
            if op[1] >= 2:
                mix_four(R, S, (0, 1 << 2 * op[9] - 5), 1 << 2 * op[1] - 3, C, 0)
            else:
                mix_lanes(R, S, 1 << 2 * op[9], op[1], C)
    S = states[ops[ends[c + 1] - 1, 8] :]
    value = 0.0
    for t in range(len(rows)):
        value += values[t] * S[rows[t]]
    if len(slopes):
        slopes[:] = 0
        pull_noisy(c, program, observable, scratch, first, slopes)
    return value


@njit(**OPTIONS)
def fill_turns(elements, numbers, first, turns, w):  # type: ignore[no-untyped-def]
    """Cosines and sines of the angles of a circuit's elements."""
    count = turns.shape[1] - 8
    for e in range(count):
        weight = elements[first + e, 1]
        turns[0, e] = (numbers[first + e, 0] * w[weight] if weight >= 0 else 0.0) + numbers[first + e, 1]
    flat = turns.reshape(-1)
    for e in range(0, count, 8):
        cosines, sines = cosine_and_sine(load(flat, e))
        store(flat, turns.shape[1] + e, cosines)
        store(flat, 2 * turns.shape[1] + e, sines)


@njit(**OPTIONS)
def pull_noisy(c, program, observable, scratch, first, slopes):  # type: ignore[no-untyped-def]
    """The way back: add to the slopes (P,)."""
    ops, offsets, ends, elements, numbers, matrices = program[:6]
    values, pairs = observable[1], observable[2:]
    states, L, rows, turns, done, C, P = scratch
    chains, G = (elements, matrices), np.empty(16)
    L[:] = 0
    for t in range(len(rows)):
        L[rows[t]] += values[t]
    for k in range(ends[c + 1] - 1, ends[c] - 1, -1):
        op, M = ops[k], done[k - ends[c]]
        R, size = states[op[7] :], 1 << 2 * op[9]
        if op[0] == PAIR:
            mix_pair(L, size, op, offsets[k], 1, pairs, C)
            continue
        if op[0] == APPEND:
            take_away(R, L, size, M, op[6], G)
        elif op[1] < 2:
            if op[6]:
                overlap_lanes(R, L, size, op[1], C, G)
            fill_lanes(M, op[1], True, C)
            mix_lanes(L, L, size, op[1], C)
        else:
            fill_lanes(M, op[1], False, C)
            if op[6]:
                pull_four(R, L, (0, size >> 5), 1 << 2 * op[1] - 3, C, G)
            else:
                unmix_four(L, (0, size >> 5), 1 << 2 * op[1] - 3, C, 0)
        if op[6]:
            fill_chain(op, first, chains, turns, P)
            pull_chain(op, first, chains, numbers, turns, P, G, slopes)
