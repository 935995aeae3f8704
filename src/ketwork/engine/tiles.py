"""Batches of samples: every lane of a tile is one sample, a tile holds the whole state, threads take tiles."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.engine.adjoint import back_tiles
from ketwork.engine.lanes import WIDTH
from ketwork.engine.observe import Observed, read_tiles
from ketwork.engine.program import Floats, Program
from ketwork.engine.statevector import run_tiles

Span = tuple[int, int]


@lru_cache(maxsize=8)
def _pool(threads: int, process: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="ketwork")


def spread(work: Callable[[Span], Any], count: int, threads: int) -> list[Any]:
    """Call `work` on contiguous spans of range(count), one a thread; the kernels release the interpreter lock."""
    threads = max(1, min(threads, count))
    if threads == 1:
        return [work((0, count))]
    ends = [count * k // threads for k in range(threads + 1)]
    return list(_pool(threads, os.getpid()).map(work, pairwise(ends)))


@dataclass(frozen=True)
class Drive:
    """What moves a Program for one batch: half angles, spread the way the kernels read them."""

    rotations: tuple[Any, Any]
    terms: tuple[Any, Any, Any]
    tables: Floats
    lane_angles: Floats  # (tiles, angles * W)


def to_tiles(values: Floats, dtype: Any, repeat: bool = True) -> Floats:
    """(B, K) to (tiles, K * W): one row of lanes for each of K numbers.

    Lanes without a sample repeat the last one, or hold zeros.
    """
    width = WIDTH[np.dtype(dtype)]
    tiles = -(-len(values) // width)
    padded = values[np.minimum(np.arange(tiles * width), len(values) - 1)]
    if not repeat:
        padded[len(values) :] = 0
    blocks = padded.reshape(tiles, width, values.shape[1]).transpose(0, 2, 1)
    return np.ascontiguousarray(blocks, dtype=dtype).reshape(tiles, values.shape[1] * width)


def from_tiles(rows: Floats, batch: int, dtype: Any) -> Floats:
    """(tiles, K * W) back to (B, K)."""
    width = WIDTH[np.dtype(dtype)]
    blocks = rows.reshape(len(rows), rows.shape[1] // width, width).transpose(0, 2, 1)
    return blocks.reshape(len(rows) * width, blocks.shape[2])[:batch]


def drive(program: Program, x: Floats, w: Floats, dtype: Any) -> Drive:
    """Evaluate all angles of a Program for inputs x (B, F) and weights w (P,)."""
    return drive_by(program, program.shared.evaluate(x[:1], w)[0], program.by_lane.evaluate(x, w), dtype)


def drive_by(program: Program, shared: Floats, by_lane: Floats, dtype: Any) -> Drive:
    """The same from angles: shared (steps,), by lane (B, angles by lane)."""
    nowhere = np.zeros(len(program.lane_terms), dtype)
    return Drive(
        ((0.5 * shared[program.rotations]).astype(dtype), program.rotation_lanes),
        (nowhere, program.lane_term_places, program.term_rows(program.lane_terms)),
        phase_tables(program, shared).astype(dtype),
        to_tiles(0.5 * program.lane_signs * by_lane, dtype),
    )


def phase_tables(program: Program, shared: Floats) -> Floats:
    """(tables, 2 * 2^n) cosine and sine of every basis state's phase, for each shared diagonal."""
    phases: Floats = np.zeros((program.n_tables, program.half))
    steps = program.shared_terms
    place = (program.shared_table, program.term_rows(steps))
    np.add.at(phases, place, 0.5 * shared[steps] * program.term_signs(steps))
    phases = walsh_columns(phases)
    return np.stack([np.cos(phases), np.sin(phases)], axis=2).reshape(program.n_tables, 2 * program.half)


def walsh_columns(values: Floats) -> Floats:
    """Walsh-Hadamard transform along the last axis."""
    shape, h = values.shape, 1
    while h < shape[-1]:
        pairs = values.reshape(*shape[:-1], shape[-1] // (2 * h), 2, h)
        values = np.stack([pairs[..., 0, :] + pairs[..., 1, :], pairs[..., 0, :] - pairs[..., 1, :]], axis=-2)
        values = values.reshape(shape)
        h *= 2
    return values


def aligned_zeros(shape: tuple[int, ...], dtype: Any) -> Floats:
    """Zeros that start on a cache line."""
    size = int(np.prod(shape))
    raw = np.zeros(size + 16, dtype)
    skip = (-raw.ctypes.data % 64) // raw.itemsize
    return raw[skip : skip + size].reshape(shape)


def initial_tile(program: Program, dtype: Any) -> Floats:
    """(2 half,) real and imaginary rows of the prepared initial state."""
    stored = np.arange(program.half)
    amplitudes, free = np.ones(program.half, np.complex128), np.ones(program.half, bool)
    rest = program.half - 1
    for qubits, matrix in program.prepared:
        local = np.zeros(program.half, np.int64)
        for qubit in qubits:
            bit = program.bits - 1 - qubit
            local = 2 * local + ((stored >> bit) & 1)
            rest &= ~(1 << bit)
        amplitudes = amplitudes * matrix.array.ravel()[local]
    free = (stored & rest) == 0
    amplitudes = np.where(free, amplitudes, 0)
    return np.concatenate([amplitudes.real, amplitudes.imag]).astype(dtype)


def evolve(program: Program, driven: Drive, threads: int, started: Floats | None = None) -> Floats:
    """Run a batch; returns the states, (tiles, 2 half W), which are `started` itself where that is given."""
    dtype = driven.lane_angles.dtype
    width, tiles = WIDTH[dtype], len(driven.lane_angles)
    states = aligned_zeros((tiles, 2 * program.half * width), dtype) if started is None else started
    if program.prepared:
        states[:] = np.repeat(initial_tile(program, dtype), width)
    from_zero = started is None and not program.prepared

    def work(span: Span) -> None:
        run_tiles(
            states, *span, not from_zero, program.half, program.ops, driven.rotations, driven.terms,
            driven.tables, driven.lane_angles,
        )  # fmt: skip

    spread(work, tiles, threads)
    return states


def amplitudes(program: Program, states: Floats, batch: int) -> NDArray[np.complexfloating[Any]]:
    """(B, 2^bits) complex amplitudes in stored order."""
    width = WIDTH[states.dtype]
    planes = states.reshape(len(states), 2, program.half, width).transpose(1, 0, 3, 2)
    re, im = planes.reshape(2, len(states) * width, program.half)[:, :batch]
    return np.asarray(re + 1j * im, np.complex64 if states.dtype == np.float32 else np.complex128)


def read(program: Program, states: Floats, observed: Observed, threads: int) -> Floats:
    """(tiles, outputs * W) the observed values of every state."""
    out = aligned_zeros((len(states), observed.outputs * WIDTH[states.dtype]), states.dtype)
    arrays = observed.arrays(states.dtype)
    spread(lambda span: read_tiles(states, *span, program.half, arrays, out), len(states), threads)
    return out


def pull_back(
    program: Program, driven: Drive, states: Floats, observed: Observed, cotangent: Floats, threads: int
) -> tuple[Floats, Floats]:
    """Cotangents of observed values (tiles, outputs * W) to those of angles: (steps,) and (tiles, by lane * W)."""
    by_lane = aligned_zeros(driven.lane_angles.shape, states.dtype)
    arrays = observed.arrays(states.dtype)

    def work(span: Span) -> tuple[Floats, Floats]:
        rotation, term = np.zeros(len(program.rotations)), np.zeros(len(program.lane_terms))
        table = np.zeros((program.n_tables, program.half))
        back_tiles(
            states, span, program.half, program.ops, driven.rotations, driven.terms, driven.tables,
            driven.lane_angles, arrays, cotangent, (rotation, term, table, by_lane),
        )  # fmt: skip
        return rotation, table

    parts = spread(work, len(states), threads)
    steps = np.zeros(len(program.signs))
    steps[program.rotations] = sum(part[0] for part in parts)
    if program.n_tables:
        transformed = walsh_columns(sum(part[1] for part in parts))
        rows = program.term_rows(program.shared_terms)
        steps[program.shared_terms] = program.term_signs(program.shared_terms) * transformed[program.shared_table, rows]
    return steps, by_lane
