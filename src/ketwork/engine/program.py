"""A Program: a circuit as flat arrays, ready for the kernels, and the angles that drive it."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.engine.fuse import fuse
from ketwork.engine.lanes import WIDTH
from ketwork.engine.statevector import GROUP, SHARED_PHASE

Floats = NDArray[np.floating[Any]]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class AngleTable:
    """All angles of a circuit as polynomials: base + sum over monomials of coefficient * product of slots.

    Slot numbers: 0 is the constant 1, then the weights, then the inputs. Monomials are sorted by angle.
    """

    n_inputs: int
    n_weights: int
    base: Floats  # (A,)
    angle: Integers  # (T,) the angle a monomial belongs to
    coefficient: Floats  # (T,)
    slots: Integers  # (T, degree)

    def depends(self, on_inputs: bool) -> NDArray[np.bool_]:
        """(A,) whether an angle depends on an input, or on anything at all."""
        result = np.zeros(len(self.base), bool)
        result[self.angle[(self.slots > (self.n_weights if on_inputs else 0)).any(axis=1)]] = True
        return result

    def select(self, chosen: Integers) -> "AngleTable":
        """The table of some of the angles, in the order in which they are named."""
        place = np.full(len(self.base), -1)
        place[chosen] = np.arange(len(chosen))
        where = place[self.angle]
        kept = np.argsort(where, kind="stable")[int((where < 0).sum()) :]
        return AngleTable(
            self.n_inputs,
            self.n_weights,
            self.base[chosen],
            where[kept],
            self.coefficient[kept],
            self.slots[kept],
        )

    def evaluate(self, x: Floats, w: Floats) -> Floats:
        """(B, A) values of the angles for inputs x (B, F) and weights w (P,)."""
        terms = self.coefficient * self._slot_values(x, w)[:, self.slots].prod(axis=2)
        result = np.repeat(self.base[None, :], len(x), axis=0)
        _add_columns(result, self.angle, terms)
        return result

    def pull_back(self, x: Floats, w: Floats, cotangent: Floats) -> tuple[Floats, Floats]:
        """The chain rule: a cotangent (B, A) of the angles to those of x (B, F) and w (P,)."""
        values = self._slot_values(x, w)
        weight = self.coefficient * cotangent[:, self.angle]
        result = np.zeros_like(values)
        for d in range(self.slots.shape[1]):
            others = np.delete(self.slots, d, axis=1)
            _add_columns(result, self.slots[:, d], weight * values[:, others].prod(axis=2))
        return result[:, 1 + self.n_weights :], result[:, 1 : 1 + self.n_weights].sum(axis=0)

    def _slot_values(self, x: Floats, w: Floats) -> Floats:
        return np.concatenate([np.ones((len(x), 1)), np.broadcast_to(w, (len(x), len(w))), x], axis=1, dtype=np.float64)


def _add_columns(target: Floats, columns: Integers, values: Floats) -> None:
    """target[:, columns] += values, columns that appear twice counted twice."""
    if len(columns) == 0:
        return
    if len(target) == 1:
        target[0] += np.bincount(columns, values[0], minlength=target.shape[1])
        return
    order = np.argsort(columns, kind="stable")
    ordered = columns[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    target[:, ordered[starts]] += np.add.reduceat(values[:, order], starts, axis=1)


@dataclass(frozen=True)
class Program:
    """A circuit lowered for the tile kernels. Data only; nothing in it depends on angles or precision.

    ops: (n_ops, 26) the operation table (`fuse.write_group` and `fuse.pack` say what the columns are).
    shared: the angles that all samples share, one a step (zero where an angle differs by sample).
    by_lane: the angles that differ by sample: those of rotations first, then those of diagonals by lane.
    phase: the parts of the global phase.
    rotations, lane_terms, shared_terms: the step of each rotation slot, each diagonal term by lane and each shared
    diagonal term; rotation_lanes: the place of a rotation slot among `by_lane`, or -1;
    shared_table: the table each shared term belongs to. flips, signs, odd: (steps,) what the frame made of
    the steps.
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
    odd: Integers
    frame_x: Integers
    frame_z: Integers
    frame_flip: Integers
    prepared: tuple[Any, ...]
    kept: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

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
        pair = 22 if gradient else 6
        passes = 2 if gradient else 1
        lane_passes = int((self.ops[:, 0] > SHARED_PHASE).sum())
        per_row = pair * (len(self.rotations) + int((self.ops[:, 0] != GROUP).sum()))
        per_row += lane_passes * passes * (30 + self.bits)
        return per_row * self.half * batch

    @property
    def lane_steps(self) -> Integers:
        """(angles by lane,) the step of each of them."""
        return np.concatenate([self.rotations[self.rotation_lanes >= 0], self.lane_terms])

    def all_angles(self, x: Floats, w: Floats) -> Floats:
        """(steps,) the angles of every step for one sample x (1, F)."""
        angles = self.shared.evaluate(x, w)[0]
        angles[self.lane_steps] = self.by_lane.evaluate(x, w)[0]
        return angles

    @property
    def lane_term_places(self) -> Integers:
        """(terms,) the place of each diagonal term by lane among `by_lane`."""
        return np.arange(len(self.by_lane.base) - len(self.lane_terms), len(self.by_lane.base))

    @property
    def lane_signs(self) -> Floats:
        """(angles by lane,) the sign that the frame put on each of them."""
        result = np.ones(len(self.by_lane.base))
        result[self.lane_term_places] = self.term_signs(self.lane_terms)
        return result

    def term_signs(self, steps: Integers) -> Floats:
        """+1 or -1 for diagonal steps: the sign that the frame put on their angle."""
        return 1.0 - 2.0 * self.odd[steps]

    def term_rows(self, steps: Integers) -> Integers:
        """The masks of diagonal steps, without the real/imaginary bit."""
        return self.signs[steps] & (self.half - 1)

    def logical_index(self) -> Integers:
        """(2^bits,) the circuit's basis state of every stored basis state."""
        stored = np.arange(self.half)
        result = np.zeros(self.half, np.int64)
        for b in range(self.bits):
            parity = np.bitwise_count(stored & self.frame_z[b]).astype(np.int64) & 1
            result |= (parity ^ self.frame_flip[b]) << b
        return result

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
    rotates_by_lane = lane[rotations]
    by_lane = angles.select(np.concatenate([rotations[rotates_by_lane], lane_terms]))
    shared = replace(
        angles,
        base=np.where(lane, 0.0, angles.base),
        angle=angles.angle[~lane[angles.angle]],
        coefficient=angles.coefficient[~lane[angles.angle]],
        slots=angles.slots[~lane[angles.angle]],
    )
    return Program(
        n_qubits,
        bits,
        shared,
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
        odd,
        frame_x,
        frame_z,
        frame_flip,
        prepared,
    )
