"""States themselves and what is between them: amplitudes, overlaps, the Fubini-Study metric."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.engine import large, tiles
from ketwork.engine.batch import TILE_BITS, refuse_what_does_not_fit
from ketwork.engine.lanes import WIDTH
from ketwork.engine.polynomials import Floats, Integers
from ketwork.engine.program import Program
from ketwork.engine.starts import Amplitudes, part_of, started_tiles

Complex = NDArray[np.complexfloating[Any]]
_BLOCK_BYTES = 1 << 27


def stored_states(
    program: Program,
    x: Floats,
    w: Floats,
    dtype: np.dtype[Any],
    threads: int,
    initial: Amplitudes | None = None,
    order: Integers | None = None,
) -> Complex:
    """(B, 2^bits) amplitudes in stored order, without the global phase. initial: states (B, 2^n), or (1, 2^n) for all,
    to start from. order (2^bits,): of tiles, what picks the amplitudes from the stored ones."""
    if program.bits > TILE_BITS:
        refuse_what_does_not_fit(program, dtype, 1, states=2 * len(x))
        planes = [
            large.evolve(program, x[one], w, dtype, threads, part_of(initial, one)).state
            for one in (slice(k, k + 1) for k in range(len(x)))
        ]
        return np.stack([p[: program.half] + 1j * p[program.half :] for p in planes])
    refuse_what_does_not_fit(program, dtype, -(-len(x) // WIDTH[dtype]) * WIDTH[dtype])
    started = None if initial is None else started_tiles(program, initial, len(x), dtype)
    states = tiles.evolve(program, tiles.drive(program, x, w, dtype), threads, started)
    return tiles.amplitudes(program, states, len(x), order)


def states(
    program: Program, x: Floats, w: Floats, dtype: np.dtype[Any], threads: int, initial: Amplitudes | None = None
) -> Complex:
    """(B, 2^n) amplitudes in the circuit's order, global phase included, from |0...0> or from states (B, 2^n)."""
    if program.bits > TILE_BITS:  # one state may fill the memory, and is refused where it does not fit
        stored = stored_states(program, x, w, dtype, threads, initial)
        result = np.empty_like(stored)
        result[:, program.logical_index()] = stored
    else:
        result = stored_states(program, x, w, dtype, threads, initial, np.argsort(program.logical_index()))
    result = np.ascontiguousarray(result[:, :: 1 << (program.bits - program.n_qubits)])
    phase = np.exp(1j * program.phase.evaluate(x, w).sum(axis=1))
    if np.any(phase != 1):
        result *= phase[:, None].astype(result.dtype)
    return result


def overlap(program: Program, a: Floats, b: Floats, w: Floats, dtype: np.dtype[Any], threads: int) -> Floats:
    """(A, B) squared fidelities, computed in blocks of states; the products are summed in double precision."""

    def wide(inputs: Floats) -> Complex:
        return stored_states(program, inputs, w, dtype, threads).astype(np.complex128)

    rows = max(1, _BLOCK_BYTES // (program.half * 16))
    result = np.empty((len(a), len(b)), dtype)
    for first in range(0, len(a), rows):
        left = wide(a[first : first + rows]).conj()
        for second in range(0, len(b), rows):
            if a is b and second < first:
                mirrored = result[second : second + rows, first : first + rows]
                result[first : first + rows, second : second + rows] = mirrored.T
                continue
            same = a is b and second == first
            right = left.conj() if same else wide(b[second : second + rows])
            product = left @ right.T
            squared = product.real**2 + product.imag**2
            result[first : first + rows, second : second + rows] = (squared + squared.T) / 2 if same else squared
    return result


def metric(program: Program, x: Floats, w: Floats, dtype: np.dtype[Any], threads: int) -> Floats:
    """(P, P) Fubini-Study metric by the weights, mean over samples; the Program has all its angles by lane.

    A rotation by an angle pi larger is -i times its Pauli, so the derivative by an angle is half the state with that
    angle pi larger: lane k of one batch.
    """
    shared, result = program.shared.evaluate(x[:1], w)[0], np.zeros((len(w), len(w)))
    for row in x:
        angles = program.by_lane.evaluate(row[None, :], w)
        shifted = np.repeat(angles, angles.shape[1] + 1, axis=0)
        shifted[1:] += np.pi * np.eye(angles.shape[1])
        refuse_what_does_not_fit(program, dtype, len(shifted))
        run = tiles.evolve(program, tiles.drive_by(program, shared, shifted, dtype), threads)
        amplitudes = tiles.amplitudes(program, run, len(shifted)).astype(np.complex128)
        change = amplitudes[1:] / 2
        along = change @ amplitudes[0].conj()
        by_angle = (change.conj() @ change.T - np.outer(along.conj(), along)).real
        slope = angle_slopes(program, row[None, :], w)
        result += slope @ by_angle @ slope.T
    return (result / len(x)).astype(dtype)


def angle_slopes(program: Program, x: Floats, w: Floats) -> Floats:
    """(P, A) derivatives of the angles by lane by the weights, for one sample."""
    count = len(program.by_lane.base)
    columns = [program.by_lane.pull_back(x, w, np.eye(count)[k : k + 1])[1] for k in range(count)]
    return np.array(columns).reshape(count, len(w)).T
