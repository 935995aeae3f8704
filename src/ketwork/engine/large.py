"""One state at a time: the driver of the kernels in `blocked` and `hamiltonian`."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ketwork.engine import blocked, hamiltonian
from ketwork.engine.fuse import pack
from ketwork.engine.lanes import WIDTH
from ketwork.engine.observe import PROBABILITIES, Observed
from ketwork.engine.polynomials import Floats, Integers
from ketwork.engine.program import Program
from ketwork.engine.starts import Amplitudes, start_one
from ketwork.engine.statevector import GROUP, LANE_PHASE
from ketwork.engine.sweeps import Item, Layout, plan
from ketwork.engine.tiles import Span, aligned_empty, initial_tile, spread

_AT_ONCE = 1 << 22
_ROW_BITS = 11  # a tile of 2^12 rows of 64 bytes is 256 KiB: state, co-state and scratch stay in a core's cache
_LOW_ROW_BITS = 2  # so many of the row bits are the lowest, so that memory is read in runs
_WORTH_A_THREAD = 4_000_000
_LIKE = {dtype: np.zeros(0, dtype) for dtype in WIDTH}


@dataclass(frozen=True)
class Sweep:
    """One sweep over the state: where it cuts, what it does, and which steps drive it.

    cut: (outer bits, offsets of rows). rotations: (steps by slot, sign masks outside the block, in lanes). terms:
    (steps, sign masks, places).
    """

    cut: tuple[Integers, Integers]
    ops: Integers
    rotations: tuple[Integers, Integers, Integers]
    terms: tuple[Integers, Integers, Integers]


@dataclass(frozen=True)
class Plan:
    """All sweeps of a Program, the steps that are rotations in them, how many amplitudes and blocks each has."""

    sweeps: list[Sweep]
    turned: Integers
    size: int
    blocks: int


@dataclass
class Run:
    """One sample on its way: what drives it, and its final state, (2 size,): real parts, then imaginary parts.

    costate: the only observable applied to the state, once it was read.
    """

    plan: Plan
    angles: Floats
    turns: Floats
    state: Floats
    costate: Floats | None = None


def shape(program: Program, dtype: Any) -> tuple[int, int, int]:
    """(bits of the state, of a block, of a row). Rotations take rows by eights: smaller registers get leading bits
    that are never touched."""
    row_bits = WIDTH[np.dtype(dtype)].bit_length() - 1
    bits = max(program.bits, row_bits + 2)
    return bits, min(_ROW_BITS + row_bits, bits), row_bits


def plan_sweeps(program: Program, dtype: Any) -> Plan:
    """Plan the sweeps of a Program; kept with it."""
    bits, block_bits, lane_bits = shape(program, dtype)

    def make() -> Plan:
        planned = plan(_items(program), bits, block_bits, lane_bits + _LOW_ROW_BITS)
        sweeps = [_sweep(program, found, items, lane_bits) for found, items in planned]
        turned = np.concatenate([np.zeros(0, np.int64), *(one.rotations[0] for one in sweeps)])
        return Plan(sweeps, turned, 1 << bits, 1 << (bits - block_bits))

    planned: Plan = program.remember(("sweeps", lane_bits), make)
    return planned


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


def _sweep(program: Program, found: Layout, items: list[Item], lane_bits: int) -> Sweep:
    steps, kind, number, flips, signs, masks = [], [], [], [], [], []
    block_bits, lanes = len(found.inner), (1 << lane_bits) - 1
    for k, item in enumerate(items):
        for step, mask in zip(item.steps, item.signs, strict=True):
            part = (int(program.flips[step]) >> program.bits) << block_bits
            steps.append(step)
            masks.append(mask)
            kind.append(GROUP if len(item.steps) == 1 else LANE_PHASE)
            number.append(-1 if len(item.steps) == 1 else k)
            flips.append(found.coordinates(item.flip) | part)
            signs.append(found.inner_mask(mask) | part)
    stretch = np.cumsum(np.r_[0, np.diff(number) != 0]) if number else np.zeros(0, np.int64)
    arrays = [np.array(a, np.int64) for a in (kind, stretch, flips, signs)]
    ops, slots, terms, _, _ = pack(np.arange(len(steps)), *arrays, block_bits, lane_bits)
    all_steps, all_masks = np.array(steps, np.int64), np.array(masks, np.int64)
    return Sweep(
        (np.array(found.outer, np.int64), found.offsets(lane_bits)),
        ops,
        (all_steps[slots], all_masks[slots], arrays[3][slots] & lanes),
        (all_steps[terms], all_masks[terms], arrays[3][terms] & ((1 << block_bits) - 1)),
    )


def evolve(program: Program, x: Floats, w: Floats, dtype: Any, threads: int, initial: Amplitudes | None = None) -> Run:
    """Run one sample x (1, F), from |0...0> or from a state (1, 2^n)."""
    planned, table = plan_sweeps(program, dtype), program.angles
    like = _LIKE[dtype]
    angles, turns, state = blocked.start(x, w, table.arrays, planned.turned, planned.size, like)
    if program.prepared:
        state.reshape(2, -1)[:, : program.half] = state[0] * initial_tile(program).reshape(2, -1)
    if initial is not None:
        start_one(program, initial, state)
    drive = angles, turns
    for one in planned.sweeps:

        def work(span: Span, one: Sweep = one) -> None:
            blocked.sweep(state, span, one.cut, one.ops, drive, one.rotations, one.terms)

        spread(work, planned.blocks, threads)
    return Run(planned, angles, turns, state)


def read(program: Program, run: Run, observed: Observed, threads: int, gradient: bool = False) -> Floats:
    """(outputs,) the observed values, in double precision; `gradient` says that `pull_back` will follow."""
    if observed.flavour != PROBABILITIES:
        early = gradient and observed.outputs == 1  # one pass gives the value and, but for a factor, the co-state
        costate = aligned_empty(run.state.shape, run.state.dtype) if early else run.state[:0]
        values = _apply(run, costate, observed, np.ones(observed.outputs), threads)
        run.costate = costate if early else None
        return values
    chances, size = np.zeros(observed.outputs), program.half
    for k in range(0, size, _AT_ONCE):
        re, im = (plane[k : min(k + _AT_ONCE, size)].astype(np.float64) for plane in run.state.reshape(2, -1))
        chances += np.bincount(observed.rows[k : k + len(re)], re**2 + im**2, minlength=observed.outputs)
    return chances


def _apply(run: Run, costate: Floats, observed: Observed, weights: Floats, threads: int) -> Floats:
    """The values (outputs,) of the observables; their weighted sum applied to the state goes to the co-state."""
    state, dtype, size = run.state, run.state.dtype, len(run.state) >> 1
    ready = hamiltonian.applied(observed, size.bit_length() - 1, dtype)
    weights = weights.astype(dtype, copy=False)

    def work(span: Span) -> Floats:
        out = np.zeros(observed.outputs)
        hamiltonian.apply(state, costate, span, *ready.arrays, weights, out)
        return out

    steps = size // (hamiltonian.ROWS * WIDTH[dtype])
    parts = spread(work, steps, min(threads, 1 + 4 * size * len(ready.groups) // _WORTH_A_THREAD))
    return parts[0] if len(parts) == 1 else np.sum(parts, axis=0)


def pull_back(
    program: Program, run: Run, observed: Observed, cotangent: Floats, threads: int
) -> tuple[Floats, Floats, float]:
    """A cotangent (outputs,) of the observed values to those of the angles, (steps,), and of the state at the start:
    its co-state, but for a factor. Uses the run up."""
    state, factor = run.state, 1.0
    if run.costate is not None:
        costate, factor = run.costate, float(cotangent[0])
    else:
        costate = aligned_empty(state.shape, state.dtype)
        if observed.flavour == PROBABILITIES:
            weight = np.zeros(run.plan.size, state.dtype)
            weight[: program.half] = cotangent[observed.rows]
            np.multiply(state.reshape(2, -1), weight, out=costate.reshape(2, -1))
        else:
            _apply(run, costate, observed, cotangent, threads)
    drive = run.angles, run.turns
    gradient = np.zeros(len(run.angles))
    for one in reversed(run.plan.sweeps):

        def work(span: Span, one: Sweep = one) -> Floats:
            out = np.zeros(len(run.angles))
            blocked.sweep_back(state, costate, span, one.cut, one.ops, drive, one.rotations, one.terms, out)
            return out

        for part in spread(work, run.plan.blocks, threads):
            gradient += part
    return (gradient if factor == 1.0 else factor * gradient), costate, factor
