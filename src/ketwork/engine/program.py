"""A Program: a circuit as flat arrays, ready for the kernels, and the angles that drive it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ketwork.engine.fuse import fuse
from ketwork.engine.lanes import WIDTH
from ketwork.engine.polynomials import AngleTable, Floats, Integers
from ketwork.engine.statevector import GROUP, LANE_PHASE


def combinations(vectors: Iterable[int], start: int = 0) -> Integers:
    """(2^k,) `start` xor every combination of k masks: entry i takes the masks at the set bits of i."""
    result = np.full(1, start, np.int64)
    for vector in vectors:
        result = np.concatenate([result, result ^ vector])
    return result


@dataclass(frozen=True)
class Program:
    """A circuit lowered for the tile kernels. Data only; nothing in it depends on angles or precision.

    ops: (n_ops, 26) the operation table (`fuse.write_group` and `fuse.pack` say what the columns are).
    shared: the angles that all samples share, one a step (zero where an angle differs by sample).
    by_lane: the angles that differ by sample: those of rotations first, then those of diagonals by lane.
    phase: the parts of the global phase.
    rotations, lane_terms, shared_terms: the step of each rotation slot, each diagonal term by lane and each shared
    diagonal term; rotation_lanes: the place of a rotation slot among `by_lane`, or -1;
    shared_table: the table each shared term belongs to. flips, signs: (steps,) what the frame made of the steps;
    where it turned a rotation round, the angles here have the other sign.
    frame_x, frame_z, frame_flip: (bits,) how stored bits encode circuit qubits, by bit position.
    prepared: state preparations, (qubits, amplitudes) each. kept: what engines derive from the Program once.
    """

    n_qubits: int
    bits: int
    shared: AngleTable
    by_lane: AngleTable
    phase: AngleTable
    ops: Integers
    rotations: Integers
    rotation_lanes: Integers
    lane_terms: Integers
    shared_terms: Integers
    shared_table: Integers
    flips: Integers
    signs: Integers
    frame_x: Integers
    frame_z: Integers
    frame_flip: Integers
    prepared: tuple[Any, ...]
    kept: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def half(self) -> int:
        """The number of amplitudes."""
        return 1 << self.bits

    @property
    def n_tables(self) -> int:
        return int(self.shared_table[-1]) + 1 if len(self.shared_table) else 0

    def flops(self, batch: int = 1, gradient: bool = True) -> int:
        """Real floating-point operations of the rotations and diagonals for `batch` samples.

        A rotation of a pair of rows takes 6 forward; backward 6 for the state, 6 for the co-state and 4 for its share
        of the gradient. A shared diagonal the same. A diagonal by lane adds its transform (bits a row) and 30 a row
        for cosine and sine, each once forward and once back. Reading and starting co-states are not counted.
        """
        return self._row_flops[gradient] * self.half * batch

    @cached_property
    def _row_flops(self) -> tuple[int, int]:
        """Operations a row, without and with the gradient."""
        by_lane = int((self.ops[:, 0] == LANE_PHASE).sum()) * (30 + self.bits)
        others = len(self.rotations) + int((self.ops[:, 0] != GROUP).sum())
        return 6 * others + by_lane, 22 * others + 2 * by_lane

    @cached_property
    def lane_steps(self) -> Integers:
        """(angles by lane,) the step of each of them."""
        return np.concatenate([self.rotations[self.rotation_lanes >= 0], self.lane_terms])

    def all_angles(self, x: Floats, w: Floats) -> Floats:
        """(steps,) the angles of every step for one sample x (1, F)."""
        return self.angles.evaluate(x, w)[0]

    @cached_property
    def angles(self) -> AngleTable:
        """(steps,) the angles of every step."""
        return self.shared.with_others(self.by_lane, self.lane_steps)

    @cached_property
    def where(self) -> tuple[Integers, Integers, Integers]:
        """What the tile kernels know of angles by lane: the place of every rotation among them or -1, the place of
        every diagonal term, and its row."""
        first = len(self.by_lane.base) - len(self.lane_terms)
        return self.rotation_lanes, np.arange(first, len(self.by_lane.base)), self.term_rows(self.lane_terms)

    @cached_property
    def shared_rows(self) -> Integers:
        """(shared diagonal terms,) the row of each in its table."""
        return self.term_rows(self.shared_terms)

    def remember(self, key: Any, make: Callable[[], Any]) -> Any:
        """`make()`, kept for the next time; the last few are."""
        found = self.kept.get(key)
        if found is None:
            for oldest in list(self.kept)[:-15]:  # other threads may do the same
                self.kept.pop(oldest, None)
            found = self.kept[key] = make()
        return found

    def term_rows(self, steps: Integers) -> Integers:
        """The masks of diagonal steps, without the real/imaginary bit."""
        return self.signs[steps] & (self.half - 1)

    def logical_index(self) -> Integers:
        """(2^bits,) the circuit's basis state of every stored basis state."""
        return self.outcomes(range(self.bits))

    def outcomes(self, qubits: Sequence[int]) -> Integers:
        """(2^bits,) what a measurement of some circuit qubits gives in every stored basis state, the first qubit most
        significant."""
        images, start = [0] * self.bits, 0
        for place, qubit in enumerate(reversed(qubits)):
            mask, flipped = int(self.frame_z[self.bits - 1 - qubit]), int(self.frame_flip[self.bits - 1 - qubit])
            start |= flipped << place
            images = [image | ((mask >> b) & 1) << place for b, image in enumerate(images)]
        return combinations(images, start)

    def tile_bytes(self, dtype: Any) -> int:
        return 2 * self.half * WIDTH[np.dtype(dtype)] * np.dtype(dtype).itemsize


def assemble(
    n_qubits: int, steps: Any, angles: AngleTable, phases: Integers, prepared: Any, all_by_lane: bool = False
) -> Program:
    """Fuse elementary steps (codes, x masks, z masks, powers of i) into a Program; `phases` are the phase steps.

    Angles differ by sample when they depend on an input, or, with `all_by_lane`, on an input or a weight.
    """
    bits = max(n_qubits, 2)
    lane = angles.depends(on_inputs=not all_by_lane)
    code, x, z, power = steps
    table, flips, signs, odd, frame_x, frame_z, frame_flip = fuse(code, x, z, power, lane.astype(np.int64), bits)
    ops, rotations, lane_terms, shared_terms, shared_table = table
    angles = angles.times(1.0 - 2.0 * odd)
    rotates_by_lane = lane[rotations]
    by_lane = angles.select(np.concatenate([rotations[rotates_by_lane], lane_terms]))
    return Program(
        n_qubits,
        bits,
        angles.without(lane),
        by_lane,
        angles.select(phases),
        ops,
        rotations,
        np.where(rotates_by_lane, np.cumsum(rotates_by_lane) - 1, -1),
        lane_terms,
        shared_terms,
        shared_table,
        flips,
        signs,
        frame_x,
        frame_z,
        frame_flip,
        prepared,
    )
