"""The best single flip or exchange of a bit string, from the differences that moves make to cost and violation.

For quadratic objectives under linear constraints: (n1, n0) differences at a time in place of as many strings.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.operators.problem import Constraint, Problem

Bits = NDArray[np.uint8]
Floats = NDArray[np.float64]

_AT_ONCE = 1 << 21  # exchanges whose differences lie in memory together
_ROUNDING = 1e-12  # of the sum of all coefficients: differences up to here are none


@dataclass(frozen=True, eq=False)
class MoveTable:
    """The differences of all flips and exchanges for a problem whose objective has degree 2 at most.

    Raises: ValueError for a higher degree.
    """

    problem: Problem

    def __post_init__(self) -> None:
        if self.problem.objective.degree > 2:
            degree = self.problem.objective.degree
            raise ValueError(f"Argument `problem` must have an objective of degree 2 at most, but it has {degree}.")

    @cached_property
    def _linear(self) -> Floats:
        linear = np.zeros(self.problem.n_variables)
        for indices, coefficients in self.problem.objective.arrays:
            if indices.shape[1] == 1:
                linear[indices[:, 0]] = coefficients
        return self._sign * linear

    @cached_property
    def _pairs(self) -> Any:
        """Coefficients of products (n, n), symmetric, sparse."""
        from scipy.sparse import csr_array

        n = self.problem.n_variables
        found: Floats = np.zeros((0, 3))
        for indices, coefficients in self.problem.objective.arrays:
            if indices.shape[1] == 2:
                found = np.concatenate([indices, coefficients[:, None]], axis=1, dtype=np.float64)
        first, second = found[:, :2].astype(np.int64).T
        both = np.concatenate([first, second]), np.concatenate([second, first])
        return csr_array((self._sign * np.tile(found[:, 2], 2), both), shape=(n, n))

    @property
    def _sign(self) -> float:
        return -1.0 if self.problem.maximise else 1.0

    @cached_property
    def _margins(self) -> tuple[float, float]:
        """What differences of violation and of cost must exceed; 0 for whole numbers, whose sums are exact."""
        costs = [c for _, c in self.problem.objective.terms]
        sides = [c for one in self.problem.constraints for c in (*one.coefficients, one.right)]
        return _margin(sides), _margin(costs)

    def better(self, bits: Bits) -> Bits | None:
        """The string (n,) after the best move, None where no move helps.

        Less violation is better first, then a better objective; of equal moves (up to rounding) the first: flips by
        place, then exchanges by the 1 and by the 0.
        """
        state = _State(self, bits)
        broken, cost = self._margins
        best, chosen = (0.0, 0.0), ()
        for violations, costs, places in state.moves():
            at = _least(violations, costs, (broken, cost))
            found = (float(violations[at]), float(costs[at]))
            if found[0] < best[0] - broken or (found[0] <= best[0] + broken and found[1] < best[1] - cost):
                best, chosen = found, places(at)
        if not chosen:
            return None
        moved = bits.copy()
        moved[list(chosen)] ^= 1
        return moved


class _State:
    """Differences at one string."""

    def __init__(self, table: MoveTable, bits: Bits) -> None:
        self.constraints, self.pairs = table.problem.constraints, table._pairs
        self.bits, self.turn = bits, 1.0 - 2.0 * bits
        self.ones, self.zeros = np.flatnonzero(bits), np.flatnonzero(bits == 0)
        self.costs = self.turn * (table._linear + table._pairs @ bits.astype(float))
        self.broken = np.zeros(len(bits))
        self.shared: list[tuple[Any, Any, Floats]] = []  # places of 1s and 0s, what exchanges differ from two flips by
        for constraint in self.constraints:
            self._add(constraint)

    def _add(self, constraint: Constraint) -> None:
        indices = np.array(constraint.indices)
        coefficients = np.array(constraint.coefficients, float)
        off = float(self.bits[indices] @ coefficients) - constraint.right
        now, turned = _excess(constraint, np.array([off])), coefficients * self.turn[indices]
        flips = _excess(constraint, off + turned) - now
        np.add.at(self.broken, indices, flips)
        inside = self.bits[indices] == 1
        if inside.any() and not inside.all():
            out, into = np.flatnonzero(inside), np.flatnonzero(~inside)
            both = _excess(constraint, off + turned[out][:, None] + turned[into]) - now
            places = np.searchsorted(self.ones, indices[out]), np.searchsorted(self.zeros, indices[into])
            self.shared.append((*places, both - flips[out][:, None] - flips[into]))

    def moves(self) -> Iterator[tuple[Floats, Floats, Any]]:
        """(violations, costs, which bits the k-th of them turns) of the flips, then of exchanges, some at a time."""
        yield self.broken, self.costs, lambda at: (at,)
        if not len(self.ones) or not len(self.zeros):
            return
        rows, width = max(1, _AT_ONCE // len(self.zeros)), len(self.zeros)
        for first in range(0, len(self.ones), rows):
            taken = self.ones[first : first + rows]
            costs = self.costs[taken][:, None] + self.costs[self.zeros]
            costs -= self.pairs[taken][:, self.zeros].toarray()
            broken = self.broken[taken][:, None] + self.broken[self.zeros]
            for out, into, more in self.shared:
                here = (out >= first) & (out < first + rows)
                broken[(out[here] - first)[:, None], into] += more[here]
            yield broken.ravel(), costs.ravel(), lambda at, taken=taken: (taken[at // width], self.zeros[at % width])


def _excess(constraint: Constraint, off: Floats) -> Floats:
    """By how much a left side less the right breaks it, as `Constraint.excess` counts it."""
    off = np.where(np.abs(off) < 1e-9 * max(1.0, abs(constraint.right)), 0.0, off)
    return np.abs(off) if constraint.sense == "==" else np.maximum(off, 0.0)


def _least(violations: Floats, costs: Floats, margins: tuple[float, float]) -> int:
    """The first place of the least violation and among these of the least cost."""
    fair = np.flatnonzero(violations <= violations.min() + margins[0])
    among = costs[fair]
    return int(fair[int(np.argmax(among <= among.min() + margins[1]))])


def _margin(numbers: list[float]) -> float:
    sizes = np.abs(np.array(numbers or [0.0], float))
    if (sizes == np.round(sizes)).all() and sizes.sum() < 2.0**51:
        return 0.0
    return _ROUNDING * float(sizes.sum())
