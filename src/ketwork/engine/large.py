"""One large state at a time: the driver of the kernels in `blocked`."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ketwork.engine import blocked
from ketwork.engine.fuse import pack
from ketwork.engine.lanes import WIDTH
from ketwork.engine.observe import PROBABILITIES, Observed
from ketwork.engine.polynomials import Floats, Integers
from ketwork.engine.program import Program
from ketwork.engine.statevector import GROUP, LANE_PHASE
from ketwork.engine.sweeps import Item, Layout, layout, new_space, plan
from ketwork.engine.tile_kernels import cosines
from ketwork.engine.tiles import Span, aligned_zeros, initial_tile, spread

_READ_AT_ONCE = 1 << 22
_ROW_BITS = 11  # a tile of 2^12 rows of 64 bytes is 256 KiB: state, co-state and scratch stay in a core's cache


@dataclass(frozen=True)
class Sweep:
    """One sweep over the state: where it cuts, what it does, and which steps drive it."""

    layout: Layout
    cut: tuple[Integers, Integers, Integers]
    ops: Integers
    rotations: Integers  # steps, by slot
    terms: Integers  # steps
    rotation_masks: Integers
    rotation_signs: Floats
    term_masks: Integers
    term_signs: Floats
    term_rows: Integers


@dataclass(frozen=True)
class Reading:
    """One sweep that reads Pauli strings: `picked` are their numbers among the observed terms."""

    cut: tuple[Integers, Integers, Integers]
    half: int
    groups: Integers
    rows: Integers
    masks: Integers
    signs: Floats
    picked: Integers


def shape(program: Program, dtype: Any) -> tuple[int, int]:
    """(row bits, lane bits) of the tiles that a large state is cut into."""
    lane_bits = WIDTH[np.dtype(dtype)].bit_length() - 1
    return min(_ROW_BITS, program.bits - lane_bits), lane_bits


def fits(program: Program, dtype: Any) -> bool:
    """Whether the register is large enough to be cut into blocks."""
    row_bits, lane_bits = shape(program, dtype)
    return row_bits >= lane_bits + 2


def plan_sweeps(program: Program, dtype: Any) -> list[Sweep]:
    """Plan the sweeps of a Program; kept with it."""
    row_bits, lane_bits = shape(program, dtype)

    def make() -> list[Sweep]:
        planned = plan(_items(program), program.bits, row_bits, lane_bits)
        return [_sweep(program, cut, items, row_bits, dtype) for cut, items in planned]

    sweeps: list[Sweep] = program.remember(("sweeps", np.dtype(dtype)), make)
    return sweeps


def _items(program: Program) -> list[Item]:
    mask, items = program.half - 1, []
    for op in program.ops.tolist():
        if op[0] == GROUP:
            for step in program.rotations[op[23 : 23 + op[1]]].tolist():
                items.append(Item(int(program.flips[step]) & mask, (int(program.signs[step]) & mask,), (step,)))
            continue
        if op[0] == LANE_PHASE:
            steps = program.lane_terms[op[1] : op[2]]
        else:
            steps = program.shared_terms[program.shared_table == op[1]]
        items.append(Item(0, tuple((program.signs[steps] & mask).tolist()), tuple(steps.tolist())))
    return items


def _cut(found: Layout, lane_bits: int) -> tuple[Integers, Integers, Integers]:
    squares, lanes = found.offsets(1 << lane_bits)
    return np.array(found.outer, np.int64), squares, lanes


def _sweep(program: Program, found: Layout, items: list[Item], row_bits: int, dtype: Any) -> Sweep:
    steps, kind, number, flips, signs, masks = [], [], [], [], [], []
    for k, item in enumerate(items):
        for step, mask in zip(item.steps, item.signs, strict=True):
            part = (int(program.flips[step]) >> program.bits) << row_bits
            steps.append(step)
            masks.append(mask)
            kind.append(GROUP if len(item.steps) == 1 else LANE_PHASE)
            number.append(-1 if len(item.steps) == 1 else k)
            flips.append(found.row_coordinates(item.flip) | part)
            signs.append(found.inner_mask(mask) | part)
    stretch = np.cumsum(np.r_[0, np.diff(number) != 0]) if number else np.zeros(0, np.int64)
    arrays = [np.array(a, np.int64) for a in (kind, stretch, flips, signs)]
    ops, slots, terms, _, _ = pack(np.arange(len(steps)), *arrays, row_bits)
    all_steps, all_masks = np.array(steps, np.int64), np.array(masks, np.int64)
    lane_bits = len(found.lanes)

    def lane_signs(chosen: Integers) -> Floats:
        rows = [found.lane_signs(int(m)) for m in all_masks[chosen]]
        return np.array(rows, dtype).reshape(len(chosen), 1 << lane_bits)

    return Sweep(
        found, _cut(found, lane_bits), ops, all_steps[slots], all_steps[terms], all_masks[slots], lane_signs(slots),
        all_masks[terms], lane_signs(terms), arrays[3][terms] & ((1 << row_bits) - 1),
    )  # fmt: skip


def _driven(sweep: Sweep, angles: Floats, dtype: Any) -> tuple[float, Any, Any]:
    """(scale, rotations, terms) that drive a sweep; the scale makes up for the rounding of cosines and sines."""
    turns = np.empty((len(sweep.rotations), 2), dtype)
    scale = cosines(0.5 * angles[sweep.rotations], turns)
    terms = np.remainder(0.5 * angles[sweep.terms] + np.pi, 2 * np.pi) - np.pi
    return (
        scale,
        (turns, sweep.rotation_masks, sweep.rotation_signs),
        (terms.astype(dtype), sweep.term_masks, sweep.term_signs, sweep.term_rows),
    )


def blocks(program: Program, dtype: Any) -> int:
    return 1 << (program.bits - sum(shape(program, dtype)))


def evolve(program: Program, angles: Floats, dtype: Any, threads: int) -> Floats:
    """The final state, (2 * 2^bits,): real parts, then imaginary parts. angles: (steps,)."""
    planned = plan_sweeps(program, dtype)
    driven = [_driven(one, angles, dtype) for one in planned]
    scale = float(np.prod([one[0] for one in driven]))
    if program.prepared:
        state = (scale * initial_tile(program)).astype(dtype)
    else:
        state = aligned_zeros((2 * program.half,), dtype)
        state[0] = scale
    half, count = 1 << shape(program, dtype)[0], blocks(program, dtype)
    for one, (_, rotations, terms) in zip(planned, driven, strict=True):

        def work(span: Span, one: Sweep = one, rotations: Any = rotations, terms: Any = terms) -> None:
            blocked.sweep(state, *span, one.cut, half, one.ops, rotations, terms)

        spread(work, count, threads)
    return state


def plan_readings(program: Program, observed: Observed, dtype: Any) -> list[Reading]:
    """Deal the groups of Pauli strings out to sweeps that hold their flips."""
    row_bits, lane_bits = shape(program, dtype)
    waiting: list[int] = list(range(len(observed.groups)))
    readings: list[Reading] = []
    while waiting:
        space = new_space(row_bits, lane_bits)
        taken = [g for g in waiting if space.take(int(observed.groups[g, 0]))]
        waiting = [g for g in waiting if g not in set(taken)]
        found = layout(space, program.bits, row_bits, lane_bits)
        groups, picked = np.zeros((len(taken), 4), np.int64), list[int]()
        for row, g in enumerate(taken):
            flip, part, first, last = observed.groups[g].tolist()
            groups[row] = found.row_coordinates(flip), part, len(picked), len(picked) + last - first
            picked.extend(range(first, last))
        masks = observed.rows[picked]
        signs = np.array([found.lane_signs(int(m)) for m in masks], dtype)
        rows = np.array([found.inner_mask(int(m)) for m in masks], np.int64)
        chosen = np.array(picked, np.int64)
        readings.append(Reading(_cut(found, lane_bits), 1 << row_bits, groups, rows, masks, signs, chosen))
    return readings


def read(program: Program, state: Floats, observed: Observed, threads: int) -> Floats:
    """(outputs,) the observed values, in double precision."""
    size = program.half
    if observed.flavour == PROBABILITIES:
        chances = np.zeros(observed.outputs)
        for k in range(0, size, _READ_AT_ONCE):
            re, im = (state[at + k : at + min(k + _READ_AT_ONCE, size)].astype(np.float64) for at in (0, size))
            chances += np.bincount(observed.rows[k : k + len(re)], re**2 + im**2, minlength=observed.outputs)
        return chances
    values = np.zeros(observed.outputs)
    count = blocks(program, state.dtype)
    for one in plan_readings(program, observed, state.dtype):

        def work(span: Span, one: Reading = one) -> Floats:
            out = np.zeros(len(one.rows))
            blocked.sweep_read(state, *span, one.cut, one.half, one.groups, one.rows, one.masks, one.signs, out)
            return out

        sums = sum(spread(work, count, threads))
        np.add.at(values, observed.places[one.picked], observed.values[one.picked] * sums)
    return values


def pull_back(
    program: Program, angles: Floats, state: Floats, observed: Observed, cotangent: Floats, threads: int
) -> Floats:
    """A cotangent (outputs,) of the observed values to those of the angles, (steps,). Uses the state up."""
    dtype, size = state.dtype, program.half
    half, count = 1 << shape(program, dtype)[0], blocks(program, dtype)
    costate = aligned_zeros(state.shape, dtype)
    if observed.flavour == PROBABILITIES:
        weight = cotangent[observed.rows].astype(dtype)
        np.multiply(state[:size], weight, out=costate[:size])
        np.multiply(state[size:], weight, out=costate[size:])
    else:
        for reading in plan_readings(program, observed, dtype):
            weights = (cotangent[observed.places] * observed.values)[reading.picked].astype(dtype)

            def pull(span: Span, one: Reading = reading, weights: Any = weights) -> None:
                blocked.sweep_pull(
                    state, costate, span, one.cut, one.half, one.groups, one.rows, one.masks, one.signs, weights
                )

            spread(pull, count, threads)
    gradient = np.zeros(len(angles))
    for one in reversed(plan_sweeps(program, dtype)):
        _, rotations, terms = _driven(one, angles, dtype)

        def work(span: Span, one: Sweep = one, rotations: Any = rotations, terms: Any = terms) -> Any:
            out = np.zeros(len(one.rotations)), np.zeros(len(one.terms))
            blocked.sweep_back(state, costate, span, one.cut, half, one.ops, rotations, terms, out)
            return out

        for rotation, term in spread(work, count, threads):
            gradient[one.rotations] += rotation
            gradient[one.terms] += term
    return gradient
