"""A batch of samples on its way through a Program, and the memory it may take."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_array
from ketwork.engine import large, starts, tiles
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
    (S,) of `NoiseModel.strengths`, where it was asked for.

    initial: (B, 2^n) of the states that the circuits started from, where these were given; (1, 2^n), summed over the
    batch, of a state that all share. The change of what is pulled back is Re sum conj(initial) d(state), as torch has
    it: the slopes by real and imaginary parts are its real and imaginary parts. Values count as quadratic forms of the
    amplitudes, which need no norm. Real for real states.
    """

    x: Floats
    w: Floats
    noise: Floats | None = None
    initial: NDArray[Any] | None = None


class Batch:
    """One batch on its way through a Program: values first, then, as often as wanted, cotangents back.

    Small registers run as tiles with a sample a lane, large ones and few samples a state at a time. Final states are
    kept for the pullback while they are small; larger ones are run again, so that memory is bounded whatever the batch.
    initial: None for |0...0>, or states (B, 2^n) or (1, 2^n) to start from.
    """

    def __init__(
        self, program: Program, observed: Observed, x: Floats, w: Floats, dtype: Any, threads: int,
        initial: NDArray[Any] | None = None,
    ) -> None:  # fmt: skip
        self.program, self.observed, self.x, self.w, self.dtype, self.threads = program, observed, x, w, dtype, threads
        self.initial = initial
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
        initial = starts.part_of(self.initial, part)
        count = len(driven.by_lane)
        started = None if initial is None else starts.started_tiles(self.program, initial, count, self.dtype)
        result = driven, *tiles.run(self.program, driven, self.observed, self.threads, started)
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
            return self._joined(self._each(lambda k, threads: self._pull_back_large(k, cotangent[k], threads)))
        return self._joined([self._pull_back_part(part, cotangent[part]) for part in self._chunks()])

    def _pull_back_part(self, part: slice, cotangent: Floats) -> Gradient:
        program, x, initial = self.program, self.x[part], starts.part_of(self.initial, part)
        driven, states, _ = self._run(part)
        costates = None if initial is None else tiles.aligned_empty(states.shape, states.dtype)
        steps, by_lane = tiles.pull_back(program, driven, states, self.observed, cotangent, self.threads, costates)
        gx, gw = program.by_lane.pull_back(x, self.w, by_lane)
        gw += program.shared.pull_back(x[:1], self.w, steps[None, :])[1]
        if initial is None or costates is None:
            return Gradient(gx, gw)
        return Gradient(gx, gw, initial=starts.by_initial(program, initial, costates, len(x)))

    def _joined(self, parts: list[Gradient]) -> Gradient:
        """The gradient of a batch from those of its parts."""
        if len(parts) == 1:
            return parts[0]
        gx, gw = np.concatenate([p.x for p in parts]), np.sum([p.w for p in parts], axis=0)
        slopes = [p.initial for p in parts if p.initial is not None]
        if self.initial is None or not slopes:
            return Gradient(gx, gw)
        together = np.concatenate(slopes)
        return Gradient(gx, gw, initial=together.sum(0, keepdims=True) if len(self.initial) == 1 else together)

    def _each(self, work: Callable[[int, int], Any]) -> list[Any]:
        """Call work(sample, threads) for every sample: threads share the samples, or the blocks of one large state."""
        if len(self.x) > 1 and self.program.bits <= _SHARED_BITS:
            useful = tiles.useful_threads(self.program, len(self.x), self.threads, 3)
            spans = tiles.spread(lambda span: [work(k, 1) for k in range(*span)], len(self.x), useful)
            return [result for span in spans for result in span]
        return [work(k, self.threads) for k in range(len(self.x))]

    def _evolve_large(self, k: int, threads: int) -> large.Run:
        initial = starts.part_of(self.initial, slice(k, k + 1))
        return large.evolve(self.program, self.x[k : k + 1], self.w, self.dtype, threads, initial)

    def _value_large(self, k: int, threads: int, gradient: bool) -> Floats:
        run = self._evolve_large(k, threads)
        if len(self.x) == 1:
            self.kept_large = [run]
        return large.read(self.program, run, self.observed, threads, gradient and len(self.x) == 1)

    def _pull_back_large(self, k: int, cotangent: Floats, threads: int) -> Gradient:
        try:
            run = self.kept_large.pop()  # the sweep back uses the run up, and two threads may ask at once
        except IndexError:
            run = self._evolve_large(k, threads)
        program, initial = self.program, starts.part_of(self.initial, slice(k, k + 1))
        steps, costate, factor = large.pull_back(program, run, self.observed, cotangent, threads)
        gx, gw = program.angles.pull_back(self.x[k : k + 1], self.w, steps[None, :])
        if initial is None:
            return Gradient(gx, gw)
        return Gradient(gx, gw, initial=factor * starts.by_initial_of_one(program, initial, costate))


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
