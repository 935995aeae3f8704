"""The sweep back: state and co-state walk a Program in reverse, and every rotation takes its share of the gradient.

With a = c a0 + s b0 and b = c b0 - s a0, the derivative by the angle is (b, -a) / 2, so the gradient of a real function
with co-state L (half its gradient by the state's rows) is the sum over row pairs of L_a b - L_b a: one number a lane.
Invariant: rotations are undone by turning with -s, so memory is two tiles whatever the depth.
Source: Jones and Gacon, arXiv:2009.02823 (adjoint differentiation), in rows of real numbers.
"""

from numba import njit

from ketwork.engine.lanes import OPTIONS, cosine_and_sine, exchanged, flip, load, ones, splat, store, total
from ketwork.engine.statevector import GROUP, LANE_PHASE, combined, fetch, lane_angles, orbit, put, walsh_all


@njit(**OPTIONS)
def undo(a, b, la, lb, c, s, acc, sign):  # type: ignore[no-untyped-def]
    """Take a pair's share of the gradient and turn the pair back, in the state and in the co-state."""
    acc = acc + flip(la * b - lb * a, sign)
    s = flip(s, sign)
    return c * a - s * b, c * b + s * a, c * la - s * lb, c * lb + s * la, acc


@njit(**OPTIONS)
def rotate_back(S, L, rows, op, coefficients, gradient, crossing=None):  # type: ignore[no-untyped-def]
    """Undo a group of rotations in state S and co-state L, adding each rotation's row of gradients."""
    W = 64 // S.itemsize
    count, (o1, o2, o3, o4, o5, o6, o7) = op[1], combined(op[2] * W, op[3] * W, op[4] * W)
    l1, l2, l3, l4, l5, l6, l7 = combined(op[26], op[27], op[28])
    k0, k1, k2 = 2 * W * op[23], 2 * W * op[24], 2 * W * op[25]
    c0, s0 = load(coefficients, k0), load(coefficients, k0 + W)
    c1, s1 = load(coefficients, k1), load(coefficients, k1 + W)
    c2, s2 = load(coefficients, k2), load(coefficients, k2 + W)
    g0 = splat(S.dtype.type(0))
    g1, g2 = g0, g0
    for t in range(rows >> 3):
        row = orbit(t, op)
        i = row * W
        a0, a1 = load(S, i), fetch(S, i ^ o1, l1, crossing)
        a2, a3 = fetch(S, i ^ o2, l2, crossing), fetch(S, i ^ o3, l3, crossing)
        a4, a5 = fetch(S, i ^ o4, l4, crossing), fetch(S, i ^ o5, l5, crossing)
        a6, a7 = fetch(S, i ^ o6, l6, crossing), fetch(S, i ^ o7, l7, crossing)
        b0, b1 = load(L, i), fetch(L, i ^ o1, l1, crossing)
        b2, b3 = fetch(L, i ^ o2, l2, crossing), fetch(L, i ^ o3, l3, crossing)
        b4, b5 = fetch(L, i ^ o4, l4, crossing), fetch(L, i ^ o5, l5, crossing)
        b6, b7 = fetch(L, i ^ o6, l6, crossing), fetch(L, i ^ o7, l7, crossing)
        if count > 1:
            if count > 2:
                q = ones(row & op[10])
                a0, a4, b0, b4, g2 = undo(a0, a4, b0, b4, c2, s2, g2, q ^ op[19])
                a1, a5, b1, b5, g2 = undo(a1, a5, b1, b5, c2, s2, g2, q ^ op[20])
                a2, a6, b2, b6, g2 = undo(a2, a6, b2, b6, c2, s2, g2, q ^ op[21])
                a3, a7, b3, b7, g2 = undo(a3, a7, b3, b7, c2, s2, g2, q ^ op[22])
            q = ones(row & op[9])
            a0, a2, b0, b2, g1 = undo(a0, a2, b0, b2, c1, s1, g1, q ^ op[15])
            a1, a3, b1, b3, g1 = undo(a1, a3, b1, b3, c1, s1, g1, q ^ op[16])
            a4, a6, b4, b6, g1 = undo(a4, a6, b4, b6, c1, s1, g1, q ^ op[17])
            a5, a7, b5, b7, g1 = undo(a5, a7, b5, b7, c1, s1, g1, q ^ op[18])
        q = ones(row & op[8])
        a0, a1, b0, b1, g0 = undo(a0, a1, b0, b1, c0, s0, g0, q ^ op[11])
        a2, a3, b2, b3, g0 = undo(a2, a3, b2, b3, c0, s0, g0, q ^ op[12])
        a4, a5, b4, b5, g0 = undo(a4, a5, b4, b5, c0, s0, g0, q ^ op[13])
        a6, a7, b6, b7, g0 = undo(a6, a7, b6, b7, c0, s0, g0, q ^ op[14])
        store(S, i, a0)
        put(S, i ^ o1, a1, l1, crossing)
        put(S, i ^ o2, a2, l2, crossing)
        put(S, i ^ o3, a3, l3, crossing)
        put(S, i ^ o4, a4, l4, crossing)
        put(S, i ^ o5, a5, l5, crossing)
        put(S, i ^ o6, a6, l6, crossing)
        put(S, i ^ o7, a7, l7, crossing)
        store(L, i, b0)
        put(L, i ^ o1, b1, l1, crossing)
        put(L, i ^ o2, b2, l2, crossing)
        put(L, i ^ o3, b3, l3, crossing)
        put(L, i ^ o4, b4, l4, crossing)
        put(L, i ^ o5, b5, l5, crossing)
        put(L, i ^ o6, b6, l6, crossing)
        put(L, i ^ o7, b7, l7, crossing)
    store(gradient, op[23] * W, load(gradient, op[23] * W) + g0)
    if count > 1:
        store(gradient, op[24] * W, load(gradient, op[24] * W) + g1)
    if count > 2:
        store(gradient, op[25] * W, load(gradient, op[25] * W) + g2)


@njit(**OPTIONS)
def rotate_back_in_rows(S, L, rows, op, coefficients, gradient):  # type: ignore[no-untyped-def]
    """Undo a rotation that flips nothing but lanes."""
    W = 64 // S.itemsize
    k, lanes = 2 * W * op[23], op[26]
    c, s = load(coefficients, k), load(coefficients, k + W)
    acc = splat(S.dtype.type(0))
    for i in range(rows):
        odd = ones(i & op[8])
        a, b = load(S, i * W), load(L, i * W)
        other, turned = exchanged(a, lanes), flip(s, odd)
        acc = acc + flip(b * other, odd)
        store(S, i * W, c * a - turned * other)
        store(L, i * W, c * b - turned * exchanged(b, lanes))
    store(gradient, op[23] * W, load(gradient, op[23] * W) + acc)


@njit(**OPTIONS)
def undo_phase(S, L, half, i, c, s):  # type: ignore[no-untyped-def]
    """Undo the phase of row i in state and co-state; returns half the derivative by it, by lane."""
    W = 64 // S.itemsize
    re, im = load(S, i * W), load(S, (half + i) * W)
    lre, lim = load(L, i * W), load(L, (half + i) * W)
    re, im, lre, lim, share = undo(re, im, lre, lim, c, s, splat(S.dtype.type(0)), 0)
    store(S, i * W, re)
    store(S, (half + i) * W, im)
    store(L, i * W, lre)
    store(L, (half + i) * W, lim)
    return share


@njit(**OPTIONS)
def phase_shared_back(S, L, half, table, gradient):  # type: ignore[no-untyped-def]
    """Undo a shared diagonal; add half the derivative by each phase, summed over lanes, to `gradient` (half,)."""
    for i in range(half):
        gradient[i] += total(undo_phase(S, L, half, i, splat(table[2 * i]), splat(table[2 * i + 1])))


@njit(**OPTIONS)
def phase_lanes_back(S, L, T, half):  # type: ignore[no-untyped-def]
    """Undo a per-lane diagonal whose phases are in T; leaves half the derivative by each phase in T."""
    W = 64 // S.itemsize
    for i in range(half):
        c, s = cosine_and_sine(load(T, i * W))
        store(T, i * W, undo_phase(S, L, half, i, c, s))


@njit(**OPTIONS)
def walk_back(S, L, T, half, ops, first, last, inputs, gradients, crossing=None):  # type: ignore[no-untyped-def]
    """Undo operations last..first of a Program on one tile's state and co-state, collecting gradients by lane.

    inputs: (coefficients, term rows, term angles, tables) as for `walk`; gradients: (rotations, terms, tables).
    """
    W = 64 // S.itemsize
    coefficients, term_rows, term_angles, tables = inputs
    gradient, term_gradient, table_gradient = gradients
    for k in range(last - 1, first - 1, -1):
        op = ops[k]
        if op[0] == GROUP:
            rotate_back(S, L, 2 * half, op, coefficients, gradient, crossing)
        elif op[0] == LANE_PHASE:
            lane_angles(T, half, op, term_rows, term_angles, crossing)
            phase_lanes_back(S, L, T, half)
            walsh_all(T, half, crossing)
            for t in range(op[1], op[2]):
                if crossing is None:
                    share = load(T, term_rows[t] * W)
                    store(term_gradient, t * W, load(term_gradient, t * W) + share)
                else:
                    term_gradient[t] += T[term_rows[t]]
        elif crossing is None:
            phase_shared_back(S, L, half, tables[op[1]], table_gradient[op[1]])
        else:
            rotate_back_in_rows(S, L, 2 * half, op, coefficients, gradient)
