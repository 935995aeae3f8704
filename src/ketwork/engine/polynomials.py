"""Angles as polynomials in inputs and weights: their values for a batch, and the chain rule back."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ketwork.engine.lanes import OPTIONS

Floats = NDArray[np.floating[Any]]
Integers = NDArray[np.int64]
_FAR = 1e15  # from here on an angle is taken modulo 4 pi: the kernels' own reduction ends with whole numbers


@njit(**OPTIONS)
def slot_value(row, w, slot):  # type: ignore[no-untyped-def]
    if slot == 0:
        return 1.0
    return w[slot - 1] if slot <= len(w) else row[slot - 1 - len(w)]


@njit(**OPTIONS)
def evaluate(x, w, base, angle, coefficient, slots, out):  # type: ignore[no-untyped-def]
    """Write the angles (B, A) for inputs x (B, F) and weights w (P,)."""
    for b in range(len(x)):
        for a in range(len(base)):
            out[b, a] = base[a]
        for t in range(len(angle)):
            value = coefficient[t]
            for d in range(slots.shape[1]):
                value *= slot_value(x[b], w, slots[t, d])
            out[b, angle[t]] += value
        for a in range(len(base)):
            if abs(out[b, a]) > _FAR:
                out[b, a] = np.fmod(out[b, a], 4 * np.pi)


@njit(**OPTIONS)
def pull(x, w, angle, coefficient, slots, cotangent, by_x, by_w):  # type: ignore[no-untyped-def]
    """Add to by_x (B, F) and by_w (P,) what a cotangent (B, A) of the angles makes of them."""
    for b in range(len(x)):
        for t in range(len(angle)):
            for d in range(slots.shape[1]):
                slot, share = slots[t, d], coefficient[t] * cotangent[b, angle[t]]
                for other in range(slots.shape[1]):
                    if other != d:
                        share *= slot_value(x[b], w, slots[t, other])
                if slot > len(w):
                    by_x[b, slot - 1 - len(w)] += share
                elif slot > 0:
                    by_w[slot - 1] += share


@dataclass(frozen=True)
class AngleTable:
    """All angles of a circuit: base + sum over monomials of coefficient * product of slots.

    Slot numbers: 0 is the constant 1, then the weights, then the inputs.
    """

    n_inputs: int
    n_weights: int
    base: Floats  # (A,)
    angle: Integers  # (T,) the angle a monomial belongs to
    coefficient: Floats  # (T,)
    slots: Integers  # (T, degree)

    @property
    def arrays(self) -> tuple[Floats, Integers, Floats, Integers]:
        """The same as a tuple for the kernels."""
        return self.base, self.angle, self.coefficient, self.slots

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
        kept = where >= 0
        return replace(
            self, base=self.base[chosen], angle=where[kept], coefficient=self.coefficient[kept], slots=self.slots[kept]
        )

    def without(self, dropped: NDArray[np.bool_]) -> "AngleTable":
        """The same angles, some of them always zero."""
        kept = ~dropped[self.angle]
        return replace(
            self,
            base=np.where(dropped, 0.0, self.base),
            angle=self.angle[kept],
            coefficient=self.coefficient[kept],
            slots=self.slots[kept],
        )

    def with_others(self, others: "AngleTable", places: Integers) -> "AngleTable":
        """These angles, and at some places, where they are zero, others."""
        base = self.base.copy()
        base[places] += others.base
        return replace(
            self,
            base=base,
            angle=np.concatenate([self.angle, places[others.angle]]),
            coefficient=np.concatenate([self.coefficient, others.coefficient]),
            slots=np.concatenate([self.slots, others.slots]),
        )

    def times(self, factors: Floats) -> "AngleTable":
        """Every angle times a factor of its own (A,)."""
        return replace(self, base=self.base * factors, coefficient=self.coefficient * factors[self.angle])

    def evaluate(self, x: Floats, w: Floats) -> Floats:
        """(B, A) values of the angles for inputs x (B, F) and weights w (P,)."""
        out = np.empty((len(x), len(self.base)))
        evaluate(x, w, self.base, self.angle, self.coefficient, self.slots, out)
        return out

    def pull_back(self, x: Floats, w: Floats, cotangent: Floats) -> tuple[Floats, Floats]:
        """The chain rule: a cotangent (B, A) of the angles to those of x (B, F) and w (P,), summed over the batch."""
        by_x, by_w = np.zeros(x.shape), np.zeros(len(w))
        pull(x, w, self.angle, self.coefficient, self.slots, cotangent, by_x, by_w)
        return by_x, by_w
