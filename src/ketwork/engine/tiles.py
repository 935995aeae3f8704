"""Batches of samples: every lane of a tile is one sample, a tile holds the whole state, threads take tiles."""

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.engine.lanes import WIDTH
from ketwork.engine.observe import Observed
from ketwork.engine.polynomials import Floats, Integers
from ketwork.engine.program import Program
from ketwork.engine.tile_kernels import back_tiles, cosines, phase_tables, pull_tables, run_tiles

_BLOCK = 1 << 16  # numbers that are turned round at a time
Span = tuple[int, int]
WORTH_A_THREAD = 10_000_000


@lru_cache(maxsize=8)
def _pool(threads: int, process: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="ketwork")


def spread(work: Callable[[Span], Any], count: int, threads: int) -> list[Any]:
    """Call `work` on contiguous spans of range(count), one a thread, this thread among them.

    The kernels release the interpreter lock.
    """
    threads = min(threads, count)
    if threads < 2:
        return [work((0, count))]
    spans = list(pairwise(count * k // threads for k in range(threads + 1)))
    others = [_pool(threads - 1, os.getpid()).submit(work, span) for span in spans[1:]]
    return [work(spans[0]), *(other.result() for other in others)]


@dataclass(frozen=True)
class Drive:
    """What moves a Program for one batch, the way the kernels read it (see `tile_kernels.run_tiles`)."""

    shared: Floats
    tables: Floats
    by_lane: Floats

    @property
    def arrays(self) -> tuple[Any, ...]:
        return self.shared, self.tables, self.by_lane


def drive(program: Program, x: Floats, w: Floats, dtype: Any) -> Drive:
    """Evaluate all angles of a Program for inputs x (B, F) and weights w (P,)."""
    return drive_by(program, program.shared.evaluate(x[:1], w)[0], program.by_lane.evaluate(x, w), dtype)


def drive_by(program: Program, shared: Floats, by_lane: Floats, dtype: Any) -> Drive:
    """The same from angles: shared (steps,), by lane (B, angles by lane)."""
    turns = np.empty((len(program.rotations), 2), dtype)
    cosines(0.5 * shared[program.rotations], turns)
    tables = np.empty((program.n_tables, 2 * program.half), dtype)
    phase_tables(0.5 * shared[program.shared_terms], program.shared_table, program.shared_rows, tables)
    return Drive(turns, tables, 0.5 * by_lane)


def useful_threads(program: Program, batch: int, threads: int, passes: int) -> int:
    """How many threads pay for a batch: waking one takes as long as some million operations."""
    return min(threads, 1 + program.flops(batch, gradient=False) * passes // WORTH_A_THREAD)


def aligned_zeros(shape: tuple[int, ...], dtype: Any) -> Floats:
    """Zeros that start on a cache line."""
    return _aligned(np.zeros, shape, dtype)


def aligned_empty(shape: tuple[int, ...], dtype: Any) -> Floats:
    """Whatever was there before, from the start of a cache line on."""
    return _aligned(np.empty, shape, dtype)


def _aligned(make: Any, shape: tuple[int, ...], dtype: Any) -> Floats:
    size = math.prod(shape)
    raw: Floats = make(size + 16, dtype)
    skip = (-raw.__array_interface__["data"][0] % 64) // raw.itemsize
    return raw[skip : skip + size].reshape(shape)


def initial_tile(program: Program) -> Floats:
    """(2 half,) real and imaginary rows of the prepared initial state."""
    stored = np.arange(program.half)
    amplitudes: NDArray[np.complex128] = np.ones(program.half, np.complex128)
    rest = program.half - 1
    for qubits, matrix in program.prepared:
        local = np.zeros(program.half, np.int64)
        for qubit in qubits:
            bit = program.bits - 1 - qubit
            local = 2 * local + ((stored >> bit) & 1)
            rest &= ~(1 << bit)
        amplitudes = amplitudes * matrix.array.ravel()[local]
    amplitudes = np.where((stored & rest) == 0, amplitudes, 0)
    return np.concatenate([amplitudes.real, amplitudes.imag])


def evolve(program: Program, driven: Drive, threads: int, started: Floats | None = None) -> Floats:
    """Run a batch; returns the states, (tiles, 2 half W), which are `started` itself where that is given."""
    return run(program, driven, Observed.nothing(), threads, started)[0]


def run(
    program: Program, driven: Drive, observed: Observed, threads: int, started: Floats | None = None
) -> tuple[Floats, Floats]:
    """Run a batch and read it; returns the states and the observed values (B, outputs)."""
    dtype, batch = driven.shared.dtype, len(driven.by_lane)
    width = WIDTH[dtype]
    tiles = -(-batch // width)
    states = _aligned(np.empty, (tiles, 2 * program.half * width), dtype) if started is None else started
    if program.prepared:
        states[:] = np.repeat(initial_tile(program), width)
    from_zero = started is None and not program.prepared
    out, arrays = np.empty((batch, observed.outputs), dtype), observed.arrays(dtype)

    def work(span: Span) -> None:
        run_tiles(states, span, not from_zero, program.half, program.ops, driven.arrays, program.where, arrays, out)

    spread(work, tiles, useful_threads(program, batch, threads, 1))
    return states, out


def amplitudes(
    program: Program, states: Floats, batch: int, order: Integers | None = None
) -> NDArray[np.complexfloating[Any]]:
    """(B, 2^bits) complex amplitudes, in stored order or as `order` (2^bits,) picks them from it."""
    width, half = WIDTH[states.dtype], program.half
    found = np.empty((len(states), width, half, 2), states.dtype)
    planes, step = states.reshape(len(states), 2, half, width), max(1, _BLOCK // (half * width))
    for first in range(0, len(states), step):  # what is turned round stays in the cache
        block = planes[first : first + step]
        for part in (0, 1):
            plane = block[:, part] if order is None else block[:, part, order]  # rows move whole, not number by number
            found[first : first + step, :, :, part] = plane.transpose(0, 2, 1)
    kind = np.complex64 if states.dtype == np.float32 else np.complex128
    return np.asarray(found.reshape(len(states) * width, 2 * half).view(kind)[:batch])


def pull_back(
    program: Program,
    driven: Drive,
    states: Floats,
    observed: Observed,
    cotangent: Floats,
    threads: int,
    costates: Floats | None = None,
) -> tuple[Floats, Floats]:
    """Cotangents of observed values (B, outputs) to those of angles: (steps,) and by lane (B, angles by lane).

    costates: written where given, shaped as `states`: the co-states at the start, half the slopes by the rows there.
    """
    by_lane, arrays = np.zeros(driven.by_lane.shape), observed.arrays(states.dtype)
    starts = states[:0] if costates is None else costates

    def work(span: Span) -> tuple[Floats, Floats]:
        out = np.zeros(len(program.rotations)), np.zeros((program.n_tables, program.half)), by_lane, starts
        back_tiles(
            states, span, program.half, program.ops, driven.arrays, program.where, arrays, cotangent, out
        )  # fmt: skip
        return out[0], out[1]

    parts = spread(work, len(states), useful_threads(program, len(cotangent), threads, 3))
    steps, by_term = np.zeros(len(program.signs)), np.zeros(len(program.shared_terms))
    steps[program.rotations] = sum(part[0] for part in parts)
    pull_tables(sum(part[1] for part in parts), program.shared_table, program.shared_rows, by_term)
    steps[program.shared_terms] = by_term
    return steps, by_lane
