"""A batch of samples on its way through a Program, and the memory it may take."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ketwork.checks import check_array
from ketwork.engine import large, tiles
from ketwork.engine.lanes import WIDTH
from ketwork.engine.observe import Observed
from ketwork.engine.polynomials import Floats
from ketwork.engine.program import Program

_KEPT_BYTES = 1 << 29  # final states up to this size are kept between value and pullback
_CHUNK_BYTES = 1 << 26  # how much state one pass over a large batch holds at a time
_UNASKED_BYTES = 1 << 26  # states up to this size are not checked against the memory that is free
TILE_BITS = 15  # registers up to this size run as tiles, larger ones a state at a time
_SHARED_BITS = 17  # up to this size threads share samples, beyond it they share a state
_FEW_SAMPLES = 4  # so few samples would leave most lanes empty, in single precision; in double half as many
_FEW_BITS = 10
"""In smaller registers only a single sample is faster alone, and it goes alone in double precision only: in single
precision the two ways differ in digits that are seen, and what a model says of a sample must not depend on its batch.
"""


@dataclass(frozen=True)
class Gradient:
    """Cotangents: `x` (B, n_inputs) of the inputs, `w` (n_weights,) of the weights, summed over the batch; `noise`
    (S,) of `NoiseModel.strengths`, where it was asked for."""

    x: Floats
    w: Floats
    noise: Floats | None = None


class Batch:
    """One batch on its way through a Program: values first, then, as often as wanted, cotangents back.

    Small registers run as tiles with a sample a lane, large ones and few samples a state at a time. Final states are
    kept for the pullback while they are small; larger ones are run again, so that memory is bounded whatever the batch.
    """

    def __init__(self, program: Program, observed: Observed, x: Floats, w: Floats, dtype: Any, threads: int) -> None:
        self.program, self.observed, self.x, self.w, self.dtype, self.threads = program, observed, x, w, dtype, threads
        alone = int(dtype == np.float64)
        few = min(_FEW_SAMPLES, WIDTH[dtype] // 4 if program.bits >= _FEW_BITS else alone)
        self.one_by_one = program.bits > TILE_BITS or len(x) <= few
        refuse_what_does_not_fit(program, dtype, 1 if self.one_by_one else WIDTH[dtype])
        per_tile = program.tile_bytes(dtype)
        self.keep = per_tile * -(-len(x) // WIDTH[dtype]) <= _KEPT_BYTES
        self.chunk = len(x) if self.keep else WIDTH[dtype] * max(threads, _CHUNK_BYTES // per_tile)
        self.kept: tuple[tiles.Drive, Floats, Floats] | None = None
        self.kept_large: list[large.Run] = []

    def _chunks(self) -> list[slice]:
        return [slice(k, k + self.chunk) for k in range(0, len(self.x), max(self.chunk, 1))]

    def values(self, gradient: bool = False) -> Floats:
        """(B, outputs) in the batch's dtype; `gradient` says that `pull_back` will follow."""
        if self.one_by_one:
            return np.array(self._each(lambda k, threads: self._value_large(k, threads, gradient)), self.dtype)
        if self.keep:
            return self._run(slice(None))[2]
        return np.concatenate([self._run(part)[2] for part in self._chunks()])

    def _run(self, part: slice) -> tuple[tiles.Drive, Floats, Floats]:
        """(what drove a part of the batch, its final states, its values); kept when it is all of the batch."""
        if self.kept is not None:
            return self.kept
        driven = tiles.drive(self.program, self.x[part], self.w, self.dtype)
        result = driven, *tiles.run(self.program, driven, self.observed, self.threads)
        if self.keep:
            self.kept = result
        return result

    def pull_back(self, cotangent: Any) -> Gradient:
        """Cotangents (B, M) of the values to those of inputs and weights."""
        cotangent = one_layout(check_array("cotangent", cotangent, 2))
        expected = (len(self.x), self.observed.outputs)
        if cotangent.shape != expected:
            raise ValueError(f"Argument `cotangent` must have shape {expected}, but has {cotangent.shape}.")
        if self.one_by_one:
            parts = self._each(lambda k, threads: self._pull_back_large(k, cotangent[k], threads))
            if len(parts) == 1:
                return Gradient(*parts[0])
            return Gradient(np.concatenate([p[0] for p in parts]), sum(p[1] for p in parts))
        program = self.program
        gx, gw = np.zeros_like(self.x), np.zeros_like(self.w)
        for part in self._chunks():
            driven, states, _ = self._run(part)
            steps, by_lane = tiles.pull_back(program, driven, states, self.observed, cotangent[part], self.threads)
            gx[part], lane_w = program.by_lane.pull_back(self.x[part], self.w, by_lane)
            gw += lane_w + program.shared.pull_back(self.x[:1], self.w, steps[None, :])[1]
        return Gradient(gx, gw)

    def _each(self, work: Callable[[int, int], Any]) -> list[Any]:
        """Call work(sample, threads) for every sample: threads share the samples, or the blocks of one large state."""
        if len(self.x) > 1 and self.program.bits <= _SHARED_BITS:
            useful = tiles.useful_threads(self.program, len(self.x), self.threads, 3)
            spans = tiles.spread(lambda span: [work(k, 1) for k in range(*span)], len(self.x), useful)
            return [result for span in spans for result in span]
        return [work(k, self.threads) for k in range(len(self.x))]

    def _evolve_large(self, k: int, threads: int) -> large.Run:
        return large.evolve(self.program, self.x[k : k + 1], self.w, self.dtype, threads)

    def _value_large(self, k: int, threads: int, gradient: bool) -> Floats:
        run = self._evolve_large(k, threads)
        if len(self.x) == 1:
            self.kept_large = [run]
        return large.read(self.program, run, self.observed, threads, gradient and len(self.x) == 1)

    def _pull_back_large(self, k: int, cotangent: Floats, threads: int) -> tuple[Floats, Floats]:
        try:
            run = self.kept_large.pop()  # the sweep back uses the run up, and two threads may ask at once
        except IndexError:
            run = self._evolve_large(k, threads)
        steps = large.pull_back(self.program, run, self.observed, cotangent, threads)
        return self.program.angles.pull_back(self.x[k : k + 1], self.w, steps[None, :])


def one_layout(array: Floats) -> Floats:
    """A copy as all kernels know it, a row behind the other: callers may write to theirs before they pull back."""
    return np.array(array, order="C")


def refuse_what_does_not_fit(program: Program, dtype: np.dtype[Any], lanes: int, states: int = 2) -> None:
    """Raise a MemoryError that names the bytes when the states at work at one time exceed the memory there is."""
    needed = states * 2 * program.half * lanes * dtype.itemsize
    if needed > _UNASKED_BYTES and needed > (free := available_bytes()):
        raise MemoryError(
            f"A state of {program.n_qubits} qubits needs {needed:,} bytes here, but {free:,} are available. "
            "Use precision='single', or fewer qubits."
        )


def available_bytes() -> int:
    """The memory that is free for use, as the operating system sees it."""
    try:
        with open("/proc/meminfo") as lines:
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        if not hasattr(os, "sysconf"):
            return 1 << 62
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
