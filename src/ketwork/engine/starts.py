"""States that circuits start from: into the lanes of tiles or one large state, and cotangents of them back out.

Index moves are seen from the end of a circuit: at its start the stored basis states are the circuit's own, with the
bits of a padded register lowest.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.engine.lanes import WIDTH
from ketwork.engine.polynomials import Floats
from ketwork.engine.program import Program
from ketwork.engine.tiles import aligned_zeros, amplitudes

Amplitudes = NDArray[Any]
"""(B, 2^n), or (1, 2^n) where all samples share one; real or complex."""


def part_of(initial: Amplitudes | None, part: slice) -> Amplitudes | None:
    """The states that a part of a batch starts from; the one that all share is every part's."""
    return initial if initial is None or len(initial) == 1 else initial[part]


def started_tiles(program: Program, initial: Amplitudes, batch: int, dtype: Any) -> Floats:
    """(tiles, 2 half W) the tiles of a batch; lanes without a sample hold nothing, or the state that all share."""
    width = WIDTH[dtype]
    whole, rest = divmod(batch, width)
    tiles = aligned_zeros((whole + (rest > 0), 2 * program.half * width), dtype)
    rows = _own_rows(program, tiles.reshape(len(tiles), 2, program.half, width))
    for part, plane in enumerate(_parts(initial)):
        if len(plane) == 1:
            rows[:, part] = plane[0][:, None]
            continue
        rows[:whole, part] = plane[: whole * width].reshape(whole, width, plane.shape[1]).transpose(0, 2, 1)
        if rest:
            rows[whole, part, :, :rest] = plane[whole * width :].T
    return tiles


def start_one(program: Program, initial: Amplitudes, state: Floats) -> None:
    """Put one state (1, 2^n) into `state`, (2 size,) real parts, then imaginary parts, times its first entry."""
    scale, planes = state[0], state.reshape(2, -1)[:, : program.half, None]
    state[0] = 0
    rows = _own_rows(program, planes[None])[0]
    for part, plane in enumerate(_parts(initial)):
        rows[part, :, 0] = scale * plane[0]


def by_initial(program: Program, initial: Amplitudes, costates: Floats, batch: int) -> Amplitudes:
    """The cotangent of the states to start from, shaped as they are, from co-states in tiles at the start."""
    found = 2 * amplitudes(program, costates, batch)[:, :: _step(program)]
    if len(initial) == 1:
        found = found.sum(axis=0, keepdims=True)
    return np.ascontiguousarray(found.real if np.isrealobj(initial) else found)


def by_initial_of_one(program: Program, initial: Amplitudes, costate: Floats) -> Amplitudes:
    """The same of one large state."""
    re, im = 2 * costate.reshape(2, -1)[:, : program.half : _step(program)]
    return np.asarray(re if np.isrealobj(initial) else re + 1j * im)[None]


def _parts(initial: Amplitudes) -> list[Amplitudes]:
    return [initial] if np.isrealobj(initial) else [initial.real, initial.imag]


def _step(program: Program) -> int:
    return 1 << (program.bits - program.n_qubits)


def _own_rows(program: Program, tiles: Floats) -> Floats:
    """The rows (tiles, 2, 2^n, W) of the circuit's own basis states among those of a padded register."""
    return tiles[:, :, :: _step(program)]
