"""From elementary steps to a short list of passes: frame, schedule, groups.

1. Frame. X, CX and SWAP only relabel basis states: for the stored index i, bit q of the circuit's state is the parity
   of i & frame_z[q], flipped by frame_flip[q]. A Pauli rotation pushed back through that is another one, so index
   moves cost nothing at all.
2. Schedule. Rotations that commute may change places. Diagonal ones gather in blocks that are applied in one pass over
   the state, whatever their number; the others gather between them.
3. Groups. Up to three rotations with independent flips share a pass (see `statevector.rotate`).
Everything is integer work on masks; bit n-1-q of a mask belongs to qubit q.
"""

import numpy as np
from numba import njit

from ketwork.engine.lanes import ones
from ketwork.engine.statevector import GROUP, IN_ROW, LANE_PHASE, SHARED_PHASE

ROTATION, FLIP, CONTROLLED_FLIP, EXCHANGE = 0, 1, 2, 3
"""The codes of elementary steps."""

COLUMNS = 29
_SEARCH = 4096  # how many commutation checks one step may cost; beyond it the step stays where it is
_LOOKAHEAD = 24  # how far a group looks for a partner
_NONE = np.int64(0)  # a plain 0 would be a type of its own, and a second compilation
_FEW = 2  # a block of at most this many diagonal rotations is cheaper as rotations than as a pass of its own


@njit(cache=True)
def conjugate(x, z, power, frame_x, frame_z, frame_flip):  # type: ignore[no-untyped-def]
    """The Pauli i^power X^x Z^z of circuit qubits, seen by the stored state: (x, z, power) of the same form."""
    v, u = 0, 0
    for b in range(len(frame_x)):
        if (x >> b) & 1:
            power += 2 * (ones(u & frame_x[b]) & 1)
            v ^= frame_x[b]
        if (z >> b) & 1:
            power += 2 * frame_flip[b]
            u ^= frame_z[b]
    return v, u, power & 3


@njit(cache=True)
def in_frame(code, x, z, power, n):  # type: ignore[no-untyped-def]
    """Rewrite every rotation in the stored basis; return (flips V, signs Z, odd) with the real/imaginary bit
    at position n, and the final frame; an odd rotation turns the other way."""
    frame_x = 1 << np.arange(n)
    frame_z = frame_x.copy()
    frame_flip = np.zeros(n, np.int64)
    flips, signs, odd = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    for k in range(len(code)):
        if code[k] == ROTATION:
            v, u, p = conjugate(x[k], z[k], power[k], frame_x, frame_z, frame_flip)
            part = 0 if p & 1 else 1 << n
            flips[k], signs[k] = v | part, u | part
            odd[k] = 1 if p in (1, 2) else 0
        else:
            a, b = x[k], z[k]
            if code[k] == FLIP:
                frame_flip[a] ^= 1
            elif code[k] == CONTROLLED_FLIP:
                frame_x[a] ^= frame_x[b]
                frame_z[b] ^= frame_z[a]
                frame_flip[b] ^= frame_flip[a]
            elif code[k] == EXCHANGE:
                for row in (frame_x, frame_z, frame_flip):
                    row[a], row[b] = row[b], row[a]
    return flips, signs, odd, frame_x, frame_z, frame_flip


@njit(cache=True)
def commute(v, u, other_v, other_u):  # type: ignore[no-untyped-def]
    return (ones(v & other_u) + ones(other_v & u)) & 1 == 0


@njit(cache=True)
def schedule(code, flips, signs, n):  # type: ignore[no-untyped-def]
    """Put rotations into alternating blocks; return (block of each step or -1, is the block diagonal)."""
    mask = (1 << n) - 1
    steps = len(code)
    block, following = np.full(steps, -1), np.full(steps, -1)
    head, tail = np.full(steps + 1, -1), np.full(steps + 1, -1)
    diagonal = np.zeros(steps + 1, np.int64)
    blocks = 0
    for k in range(steps):
        if code[k] != ROTATION:
            continue
        v, u = flips[k] & mask, signs[k] & mask
        is_diagonal = 1 if v == 0 else 0
        place, checks = -1, 0
        for b in range(blocks - 1, -1, -1):
            if is_diagonal and diagonal[b]:
                continue
            other = head[b]
            while other >= 0:
                checks += 1
                if not commute(v, u, flips[other] & mask, signs[other] & mask) or checks > _SEARCH:
                    place = b
                    break
                other = following[other]
            if place >= 0:
                break
        b = max(place, 0)
        while b < blocks and diagonal[b] != is_diagonal:
            b += 1
        if b == blocks:
            blocks += 1
            diagonal[b] = is_diagonal
            head[b] = k
        else:
            following[tail[b]] = k
        tail[b] = k
        block[k] = b
    return block, diagonal[:blocks]


@njit(cache=True)
def order_steps(block, diagonal, lane):  # type: ignore[no-untyped-def]
    """List the rotations in order of execution: (step, kind of operation, number of that operation).

    A diagonal block becomes one pass for its shared angles and one for those by lane; a few rotations stay rotations.
    """
    steps = len(block)
    start = np.zeros(2 * len(diagonal) + 1, np.int64)
    for k in range(steps):
        if block[k] >= 0:
            start[2 * block[k] + lane[k] * diagonal[block[k]] + 1] += 1
    for b in range(2 * len(diagonal)):
        start[b + 1] += start[b]
    order, kind, number = (np.empty(start[-1], np.int64), np.empty(start[-1], np.int64), np.empty(start[-1], np.int64))
    operation = 0
    for b in range(2 * len(diagonal)):
        size = start[b + 1] - start[b]
        alone = diagonal[b >> 1] == 1 and size > _FEW
        operation += 1 if alone else 0
        for place in range(start[b], start[b + 1]):
            kind[place] = (LANE_PHASE if b & 1 else SHARED_PHASE) if alone else GROUP
            number[place] = operation
        operation += 1 if alone else 0
    for k in range(steps):
        if block[k] >= 0:
            b = 2 * block[k] + lane[k] * diagonal[block[k]]
            order[start[b]] = k
            start[b] += 1
    return order, kind, number


@njit(cache=True)
def independent(a, b, c):  # type: ignore[no-untyped-def]
    """Whether the masks a, b and c (0 for none) are independent over GF(2)."""
    return a != 0 and (b == 0 or a != b) and (c == 0 or (c != a and c != b and c != a ^ b))


@njit(cache=True)
def write_group(op, picked, count, order, flips, signs, slot, bits, lane_bits):  # type: ignore[no-untyped-def]
    """Fill one row of the operation table with a group of one to three rotations.

    The lowest `lane_bits` bits of a mask number a row's lanes: what a flip does to them stands in the last columns.
    Missing rotations get a flip that only completes the orbit. The pivots are the leading bits of the flips, reduced.
    """
    op[0], op[1] = GROUP, count
    lanes = (1 << lane_bits) - 1
    for k in range(3):
        op[23 + k] = slot + (k if k < count else 0)
        if k < count:
            flip, sign = flips[order[picked[k]]], signs[order[picked[k]]]
            op[2 + k], op[8 + k], op[26 + k] = flip >> lane_bits, sign >> lane_bits, flip & lanes
            continue
        for b in range(bits - lane_bits):
            if independent(op[2], op[3] if k == 2 else 1 << b, 1 << b if k == 2 else _NONE):
                op[2 + k] = 1 << b
                break
    pivots = 0
    for k in range(3):
        reduced = op[2 + k]
        for j in range(k):
            if (reduced >> op[5 + j]) & 1:
                reduced ^= op[11 + j]
        while not (reduced >> op[5 + k]) & 1:
            op[5 + k] += 1
        op[11 + k] = reduced
        pivots |= 1 << op[5 + k]
    for k in range(3):
        op[5 + k] = ones((pivots & -pivots) - 1)
        pivots &= pivots - 1
    for k in range(3):
        a, b = (0 if k else 1), (1 if k == 2 else 2)
        flip_a, flip_b = op[2 + a] << lane_bits | op[26 + a], op[2 + b] << lane_bits | op[26 + b]
        sign = signs[order[picked[k]]] if k < count else _NONE
        for j in range(4):
            offset = (flip_a if j & 1 else 0) ^ (flip_b if j & 2 else 0)
            op[11 + 4 * k + j] = ones(offset & sign) & 1


@njit(cache=True)
def pick_group(picked, skipped, order, used, first, last, flips, signs, n, lane_bits):  # type: ignore[no-untyped-def]
    """Choose up to three rotations with independent flips of rows, each of which commutes with those it overtakes."""
    mask = (1 << n) - 1
    count, passed, v0, v1 = 0, 0, _NONE, _NONE
    for position in range(first, last):
        if count == 3 or passed == len(skipped):
            break
        if used[position]:
            continue
        k = order[position]
        v = flips[k] >> lane_bits
        fits = v != 0
        if count > 0:
            fits = fits and (independent(v0, v, _NONE) if count == 1 else independent(v0, v1, v))
        for j in range(passed):
            other = skipped[j]
            fits = fits and commute(flips[k] & mask, signs[k] & mask, flips[other] & mask, signs[other] & mask)
        if fits:
            picked[count] = position
            count += 1
            v0, v1 = v if count == 1 else v0, v if count == 2 else v1
        else:
            skipped[passed] = k
            passed += 1
    return count


@njit(cache=True)
def pack(order, kind, number, flips, signs, n, lane_bits):  # type: ignore[no-untyped-def]
    """Write the operation table; return (table, step of each rotation slot, step of each diagonal term by lane,
    step and table of each shared diagonal term). A rotation that flips nothing but lanes is one of its own."""
    total = len(order)
    ops = np.zeros((total, COLUMNS), np.int64)
    used, slots, lane_terms = np.zeros(total, np.int64), np.zeros(total, np.int64), np.zeros(total, np.int64)
    shared_terms, shared_table = np.zeros(total, np.int64), np.zeros(total, np.int64)
    picked, skipped = np.zeros(3, np.int64), np.zeros(_LOOKAHEAD, np.int64)
    n_ops, n_slots, n_lane, n_shared, n_tables = 0, _NONE, 0, 0, 0
    first = _NONE
    while first < total:
        last = first
        while last < total and number[last] == number[first]:
            last += 1
        ops[n_ops, 0] = kind[first]
        if kind[first] == GROUP:
            if flips[order[first]] >> lane_bits == 0:
                count, picked[0], op = 1, first, ops[n_ops]
                op[0], op[1], op[8], op[23] = IN_ROW, 1, signs[order[first]] >> lane_bits, n_slots
                op[26] = flips[order[first]]
            else:
                count = pick_group(picked, skipped, order, used, first, last, flips, signs, n, lane_bits)
                write_group(ops[n_ops], picked, count, order, flips, signs, n_slots, n + 1, lane_bits)
            for j in range(count):
                used[picked[j]] = 1
                slots[n_slots] = order[picked[j]]
                n_slots += 1
            while first < last and used[first]:
                first += 1
        elif kind[first] == SHARED_PHASE:
            ops[n_ops, 1] = n_tables
            for j in range(first, last):
                shared_terms[n_shared], shared_table[n_shared] = order[j], n_tables
                n_shared += 1
            n_tables += 1
            first = last
        else:
            ops[n_ops, 1], ops[n_ops, 2] = n_lane, n_lane + last - first
            for j in range(first, last):
                lane_terms[n_lane] = order[j]
                n_lane += 1
            first = last
        n_ops += 1
    return ops[:n_ops], slots[:n_slots], lane_terms[:n_lane], shared_terms[:n_shared], shared_table[:n_shared]


@njit(cache=True)
def fuse(code, x, z, power, lane, n):  # type: ignore[no-untyped-def]
    """All of the above: elementary steps to an operation table. `lane[k]` says that angle k differs by sample."""
    flips, signs, odd, frame_x, frame_z, frame_flip = in_frame(code, x, z, power, n)
    block, diagonal = schedule(code, flips, signs, n)
    order, kind, number = order_steps(block, diagonal, lane)
    table = pack(order, kind, number, flips, signs, n, _NONE)
    return table, flips, signs, odd, frame_x, frame_z, frame_flip
