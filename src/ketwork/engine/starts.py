"""States that circuits start from: into the lanes of tiles or one large state, and cotangents of them back out.

Index moves are seen from the end of a circuit: at its start the stored basis states are the circuit's own, with the
bits of a padded register lowest.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.engine.lanes import WIDTH
from ketwork.engine.polynomials import Floats
from ketwork.engine.program import Program
from ketwork.engine.tiles import aligned_zeros

Amplitudes = NDArray[Any]
"""(B, 2^n), or (1, 2^n) where all samples share one; real or complex."""


def part_of(initial: Amplitudes | None, part: slice) -> Amplitudes | None:
    """The states that a part of a batch starts from; the one that all share is every part's."""
    return initial if initial is None or len(initial) == 1 else initial[part]


def started_tiles(program: Program, initial: Amplitudes, batch: int, dtype: Any) -> Floats:
    """(tiles, 2 half W) the tiles of a batch; lanes without a sample hold nothing, or the state that all share."""
    width = WIDTH[dtype]
    tiles = aligned_zeros((-(-batch // width), 2 * program.half * width), dtype)
    for plane, rows in zip(_parts(initial), _planes(program, tiles, width)):
        if len(plane) == 1:
            rows[:] = plane[0][:, None]
        else:
            for samples, lanes in _matched(plane, rows):
                lanes[:] = samples
    return tiles


def start_one(program: Program, initial: Amplitudes, state: Floats) -> None:
    """Put one state (1, 2^n) into `state`, (2 size,) real parts, then imaginary parts, times its first entry."""
    scale, planes = state[0], state.reshape(2, -1)[:, : program.half : _step(program)]
    state[0] = 0
    for part, plane in enumerate(_parts(initial)):
        planes[part] = scale * plane[0]


def by_initial(program: Program, initial: Amplitudes, costates: Floats, batch: int) -> Amplitudes:
    """The cotangent of the states to start from, shaped as they are, from co-states in tiles at the start."""
    real, width = np.isrealobj(initial), WIDTH[costates.dtype]
    kind = costates.dtype if real else np.result_type(costates.dtype, np.complex64)
    found = np.empty((1 if len(initial) == 1 else batch, initial.shape[1]), kind)
    for plane, rows in zip(_parts(found), _planes(program, costates, width)):
        if len(initial) == 1:
            plane[0] = 2 * rows.sum(axis=(0, 2), dtype=np.float64)
        else:
            for samples, lanes in _matched(plane, rows):
                np.multiply(lanes, 2, out=samples)
    return found


def by_initial_of_one(program: Program, initial: Amplitudes, costate: Floats) -> Amplitudes:
    """The same of one large state."""
    re, im = 2 * costate.reshape(2, -1)[:, : program.half : _step(program)]
    return np.asarray(re if np.isrealobj(initial) else re + 1j * im)[None]


def _parts(initial: Amplitudes) -> list[Amplitudes]:
    return [initial] if np.isrealobj(initial) else [initial.real, initial.imag]


def _step(program: Program) -> int:
    return 1 << (program.bits - program.n_qubits)


def _planes(program: Program, tiles: Floats, width: int) -> list[Floats]:
    """Real and imaginary rows (tiles, 2^n, W) of the circuit's own basis states among those of a padded register."""
    rows = tiles.reshape(len(tiles), 2, program.half, width)[:, :, :: _step(program)]
    return [rows[:, 0], rows[:, 1]]


def _matched(plane: Floats, rows: Floats) -> Iterator[tuple[Floats, Floats]]:
    """Samples (B, 2^n) beside their lanes in tiles (tiles, 2^n, W), both as views of one shape: those of full tiles,
    then those of the last."""
    width = rows.shape[2]
    whole, rest = divmod(len(plane), width)
    if whole:
        tiled = np.lib.stride_tricks.as_strided(
            plane, (whole, width, plane.shape[1]), (width * plane.strides[0], *plane.strides)
        )
        yield tiled.transpose(0, 2, 1), rows[:whole]
    if rest:
        yield plane[whole * width :].T, rows[whole, :, :rest]
