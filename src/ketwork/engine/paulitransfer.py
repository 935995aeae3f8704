"""Exact noisy evaluation in the Pauli-transfer picture: batches of density matrices as real vectors, and the way back.

Small registers run as tiles with a sample a lane. A few samples of larger ones run one at a time, with two of their
qubits in the lanes, so that no lane is empty. Noise cannot be undone: what the sweep back needs is kept or run again by
a plan (`checkpoints`), so that memory is bounded whatever the depth.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.engine import transfer_large
from ketwork.engine.batch import Gradient, available_bytes
from ketwork.engine.checkpoints import plan, values_only
from ketwork.engine.lanes import WIDTH
from ketwork.engine.polynomials import Floats, Integers
from ketwork.engine.scratch import borrow
from ketwork.engine.tiles import WORTH_A_THREAD, spread
from ketwork.engine.transfer_kernels import back_tiles_noisy, forward_tiles
from ketwork.engine.transfer_layout import Layout, layout_of
from ketwork.engine.transfer_program import TransferProgram

_KEPT_BYTES = 1 << 29  # states up to this size are kept between value and pullback
_TILE_BYTES = 1 << 23  # how much a tile's states may take, for the sake of the cache
_LEAST_SLOTS = 24
_FEW_SAMPLES = 4  # so few samples would leave most lanes empty
_FLOPS = 8  # a component and pass, at least


Observe = Callable[[Sequence[int]], tuple[Integers, Floats, Integers]]
"""From the qubit of every digit to what is read: (component, coefficient, output) of every Pauli string."""


class NoisyBatch:
    """One batch on its way through a noisy circuit: values first, then, as often as wanted, cotangents back."""

    def __init__(
        self, program: TransferProgram, observe: Observe, x: Floats, w: Floats, dtype: Any, threads: int
    ) -> None:
        self.program, self.x, self.w, self.dtype, self.threads = program, x, w, np.dtype(dtype), threads
        self.one_by_one = len(x) <= _FEW_SAMPLES and transfer_large.fits(program)
        width = 1 if self.one_by_one else WIDTH[self.dtype]
        refuse_too_large(program.n_qubits, self.dtype, width)
        self.layout: Layout = layout_of(program, self.dtype, lanes=self.one_by_one)
        self.terms = observe(self.layout.order)
        self.outputs = int(self.terms[2].max(initial=-1)) + 1
        self.kept: Any = None

    # ------------------------------------------------------------------ forward
    def values(self, gradient: bool = False) -> Floats:
        """(B, M); with `gradient`, what the sweep back needs is kept where it is small."""
        if self.one_by_one:
            runs = [self._run_large(k, gradient) for k in range(len(self.x))]
            return np.stack([run.value(self.terms, self.outputs) for run in runs]).astype(self.dtype)
        width = WIDTH[self.dtype]
        tiles = -(-len(self.x) // width)
        trig = self._trig(tiles)
        out = np.zeros((len(self.x), self.outputs), self.dtype)
        size = 4**self.program.n_qubits * width
        sweep = self._plan(size) if gradient else values_only(len(self.layout.ops))
        keep = gradient and tiles * sweep.slots * size * self.dtype.itemsize <= _KEPT_BYTES
        states = borrow(trig, (tiles, sweep.slots, size), self.dtype) if keep else None
        arrays, initial = self.layout.arrays(self.dtype), self.layout.initial.astype(self.dtype)

        def work(span: tuple[int, int]) -> None:
            own = borrow(trig, (1, sweep.slots, size), self.dtype) if states is None else states
            forward_tiles(
                span, keep, own, arrays, (sweep.forward, sweep.final), trig, initial, self._terms(), out
            )  # fmt: skip

        spread(work, tiles, self._useful_threads(tiles, 1))
        self.kept = (trig, states) if keep else None
        return out

    def _run_large(self, k: int, gradient: bool) -> transfer_large.Run:
        """Sample k, alone; the only one of a batch is kept for the sweep back."""
        angles = self.program.angles.evaluate(self.x[k : k + 1], self.w)
        sweep = self._plan(4**self.program.n_qubits) if gradient else values_only(len(self.layout.ops))
        run = transfer_large.Run(self.layout, trig_rows(angles, 1, self.dtype)[0], sweep, self.dtype, self.threads)
        self.kept = run if gradient and len(self.x) == 1 else None
        return run

    def _plan(self, size: int) -> Any:
        slots = max(_LEAST_SLOTS, _TILE_BYTES // (size * self.dtype.itemsize))
        room = max(4, available_bytes() // (4 * self.threads * size * self.dtype.itemsize))
        return plan(len(self.layout.ops), min(slots, room))

    def _useful_threads(self, tiles: int, passes: int) -> int:
        """How many threads pay for so many tiles: waking one takes as long as some million operations."""
        work = tiles * 4**self.program.n_qubits * WIDTH[self.dtype] * len(self.layout.ops) * _FLOPS * passes
        return min(self.threads, 1 + work // WORTH_A_THREAD)

    def _terms(self) -> tuple[Any, ...]:
        rows, values, outputs = self.terms
        return rows, values.astype(self.dtype), outputs

    def _trig(self, tiles: int) -> Floats:
        """(tiles, 2 A W) cosines and sines of every angle, lanes without a sample repeating the last one."""
        angles = self.program.angles.evaluate(self.x, self.w)
        return trig_rows(angles, tiles, self.dtype)

    # ------------------------------------------------------------------ back
    def pull_back(self, cotangent: Floats, by_strength: bool = False) -> Gradient:
        """Cotangents (B, M) of the values to those of inputs, weights and, where asked for, noise strengths."""
        cotangent = np.ascontiguousarray(cotangent, self.dtype)
        if self.one_by_one:
            by_angle, constants = self._pull_large(cotangent, by_strength)
        else:
            by_angle, constants = self._pull_tiles(cotangent, by_strength)
        gx, gw = self.program.angles.pull_back(self.x, self.w, by_angle)
        return Gradient(gx, gw, self._by_strength(*constants) if by_strength else None)

    def _pull_tiles(self, cotangent: Floats, by_strength: bool) -> tuple[Floats, tuple[Any, ...]]:
        program, width = self.program, WIDTH[self.dtype]
        tiles = -(-len(self.x) // width)
        size = 4**program.n_qubits * width
        sweep = self._plan(size)
        trig, states = self.kept or (self._trig(tiles), None)
        arrays, initial = self.layout.arrays(self.dtype), self.layout.initial.astype(self.dtype)
        angles = np.zeros((tiles, len(program.angles.base) * width), self.dtype)

        def work(span: tuple[int, int]) -> tuple[Floats, Floats]:
            own = borrow(trig, (1, sweep.slots, size), self.dtype) if states is None else states
            ones, pairs = empty_constants(program, by_strength)
            back_tiles_noisy(
                span, states is not None, own, arrays, (sweep.forward, sweep.backward), trig, initial, self._terms(),
                cotangent, (angles, ones, pairs),
            )  # fmt: skip
            return ones, pairs

        parts = spread(work, tiles, self._useful_threads(tiles, 3))
        self.kept = None if states is None else (trig, self._run_again(states, sweep))
        by_lane = angles.reshape(tiles, -1, width).transpose(0, 2, 1).reshape(tiles * width, -1)
        return by_lane[: len(self.x)].astype(np.float64), tuple(sum(p[k] for p in parts) for k in (0, 1))

    def _pull_large(self, cotangent: Floats, by_strength: bool) -> tuple[Floats, tuple[Any, ...]]:
        by_angle, constants = list[Floats](), empty_constants(self.program, by_strength)
        for k in range(len(self.x)):
            run = self.kept or self._run_large(k, gradient=True)
            self.kept = None  # the sweep back uses the states up
            by_angle.append(run.pull_back(self.terms, cotangent[k], constants))
        self.kept = None
        return np.stack(by_angle), constants

    def _run_again(self, states: Floats, sweep: Any) -> Floats | None:
        """The sweep back has overwritten checkpoints unless every state had a slot of its own."""
        return states if sweep.slots > len(self.layout.ops) else None

    def _by_strength(self, ones: NDArray[np.float64], pairs: NDArray[np.float64]) -> Floats:
        listed = [*zip(self.program.ones, ones, strict=True), *zip(self.program.pairs, pairs, strict=True)]
        result = np.zeros(self.program.n_strengths)
        for k, (constant, by_entry) in enumerate(listed):
            pattern = by_entry if k < len(ones) else self.layout.spread_out(k - len(ones), by_entry)
            for strength, slope in constant.slopes:
                result[strength] += float((pattern * slope).sum())
        return result


def trig_rows(angles: Floats, tiles: int, dtype: Any) -> Floats:
    """(tiles, 2 A W) cosines and sines by lane of angles (B, A)."""
    width = WIDTH[np.dtype(dtype)]
    padded = np.pad(angles, ((0, tiles * width - len(angles)), (0, 0)), mode="edge")
    both = np.stack([np.cos(padded), np.sin(padded)], axis=1).reshape(tiles, width, 2, -1)
    return np.ascontiguousarray(both.transpose(0, 3, 2, 1), dtype).reshape(tiles, -1)


def empty_constants(program: TransferProgram, by_strength: bool) -> tuple[Floats, Floats]:
    """Where cotangents of the constants are gathered; empty when they are not wanted."""
    ones, pairs = (len(program.ones), len(program.pairs)) if by_strength else (0, 0)
    return np.zeros((ones, 4, 4)), np.zeros((pairs, 16, 16))


def refuse_too_large(n_qubits: int, dtype: np.dtype[Any], lanes: int) -> None:
    """Raise a MemoryError when four states would not fit in the memory there is."""
    needed = 4 * 4**n_qubits * lanes * dtype.itemsize
    if needed > 1 << 26 and needed > (free := available_bytes()):
        raise MemoryError(
            f"Density matrices of {n_qubits} qubits need {needed:,} bytes here, but {free:,} are available. "
            "Use method='trajectories', precision='single', fewer samples at a time or fewer qubits."
        )
