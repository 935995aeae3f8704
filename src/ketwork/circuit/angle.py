"""Angles: polynomials in the slots of a circuit, inputs x[i] and weights w[k].

    from ketwork import x, w
    angle = 2 * w[0] * x[1] + 0.5

An input has one value per sample, a weight is shared by the batch. Anything less simple than a polynomial happens
before the circuit.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import NamedTuple, NoReturn, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork.checks import check_int, check_real


class Slot(NamedTuple):
    """A place for a number: `kind` is "x" (input) or "w" (weight)."""

    kind: str
    index: int  # type: ignore[assignment]  # a slot is no sequence to search in


Term = tuple[float, tuple[Slot, ...]]


@dataclass(frozen=True, slots=True)
class Angle:
    """A polynomial: the sum of coefficient * product of slots over `terms`, in radians where a gate uses it.

    Terms are kept merged and sorted, so that equal polynomials are equal objects. Build angles from `x[i]` and `w[k]`
    with +, -, * and ** rather than by hand.
    """

    terms: tuple[Term, ...]

    def __add__(self, other: "Angle | float") -> "Angle":
        return _merge(self.terms + as_angle(other).terms)

    __radd__ = __add__

    def __neg__(self) -> "Angle":
        return Angle(tuple((-coefficient, slots) for coefficient, slots in self.terms))

    def __sub__(self, other: "Angle | float") -> "Angle":
        return self + -as_angle(other)

    def __rsub__(self, other: "Angle | float") -> "Angle":
        return as_angle(other) + -self

    def __mul__(self, other: "Angle | float") -> "Angle":
        return _merge(
            (a * b, tuple(sorted(left + right))) for a, left in self.terms for b, right in as_angle(other).terms
        )

    __rmul__ = __mul__

    def __truediv__(self, other: float) -> "Angle":
        if isinstance(other, Angle):
            raise TypeError("An angle is a polynomial: it cannot be divided by an angle, only by a number.")
        if not check_real("divisor", other):
            raise ValueError("Argument `divisor` must not be 0.")
        return self * (1 / other)

    def __pow__(self, power: int) -> "Angle":
        result = Angle(((1.0, ()),))  # x ** 0 is the number 1
        for _ in range(check_int("power", power, 0)):
            result = result * self
        return result

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The slots that occur, sorted."""
        return tuple(sorted({slot for _, slots in self.terms for slot in slots}))

    @property
    def degree(self) -> int:
        """The largest number of slots in a product."""
        return max((len(slots) for _, slots in self.terms), default=0)

    def evaluate(self, x: ArrayLike = (), w: ArrayLike = ()) -> NDArray[np.float64]:
        """The value for inputs x (..., F) and weights w (P,), with the leading axes of x.

        Raises: ValueError when a slot that occurs has no value.
        """
        values = {"x": np.asarray(x, float), "w": np.asarray(w, float)}
        for slot in self.slots:
            if values[slot.kind].ndim == 0 or slot.index >= values[slot.kind].shape[-1]:
                raise ValueError(f"Argument `{slot.kind}` must hold a value for {slot.kind}[{slot.index}] of {self}.")
        result = np.zeros(values["x"].shape[:-1])
        for coefficient, slots in self.terms:
            product = np.full(result.shape, coefficient)
            for slot in slots:
                product = product * values[slot.kind][..., slot.index]
            result = result + product
        return result

    def derivative(self, slot: Slot) -> "Angle":
        """The derivative by one slot."""
        parts = []
        for coefficient, slots in self.terms:
            times = slots.count(slot)
            if times:
                place = slots.index(slot)
                parts.append((coefficient * times, slots[:place] + slots[place + 1 :]))
        return _merge(parts)

    def substitute(self, values: "dict[Slot, float | Angle]") -> "Angle":
        """The polynomial with some slots replaced by numbers or other angles."""
        result = Angle(())
        for coefficient, slots in self.terms:
            part: Angle = Angle(((coefficient, ()),))
            for slot in slots:
                part = part * values.get(slot, Angle(((1.0, (slot,)),)))
            result = result + part
        return result

    def __str__(self) -> str:
        if not self.terms:
            return "0"
        text = ""
        for coefficient, slots in sorted(self.terms, key=lambda term: -len(term[1])):
            factors = [f"{slot.kind}[{slot.index}]" for slot in slots]
            if abs(coefficient) != 1 or not factors:
                factors.insert(0, f"{abs(coefficient):.6g}")
            sign = "-" if coefficient < 0 else "+"
            text += (f" {sign} " if text else "-" if coefficient < 0 else "") + "*".join(factors)
        return text

    __repr__ = __str__


def as_angle(value: "Angle | float") -> Angle:
    """A number as a constant polynomial; an angle as it is."""
    if isinstance(value, Angle):
        return value
    number = check_real("angle", value)
    return Angle(((number, ()),) if number else ())


def as_param(value: "Angle | float") -> "Angle | float":
    """A gate's parameter: a finite float, or an angle that has slots."""
    if type(value) is float and value - value == 0:
        return value
    if isinstance(value, Angle):
        terms = value.terms
        if terms and terms[-1][1]:  # terms are sorted by slots: a constant comes first
            return value
        return terms[0][0] if terms else 0.0
    return check_real("angle", value)


def _merge(terms: Iterable[Term]) -> Angle:
    merged: dict[tuple[Slot, ...], float] = {}
    for coefficient, slots in terms:
        merged[slots] = merged.get(slots, 0.0) + coefficient
    if not all(map(isfinite, merged.values())):
        raise ValueError(f"The coefficients of an angle must be finite, but are {list(merged.values())}.")
    return Angle(tuple((c, s) for s, c in sorted(merged.items()) if c != 0))


@lru_cache(maxsize=65536)
def _slot(kind: str, index: int) -> Angle:
    return Angle(((1.0, (Slot(kind, index),)),))


class Slots:
    """What makes slots: `x[3]` is an angle, `w[2:5]` a list of angles."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    @overload
    def __getitem__(self, index: int) -> Angle: ...
    @overload
    def __getitem__(self, index: slice) -> list[Angle]: ...
    def __getitem__(self, index: int | slice) -> Angle | list[Angle]:
        if isinstance(index, slice):
            if index.stop is None:
                raise ValueError(f"A slice of `{self._kind}` must have an end, as in `{self._kind}[0:4]`.")
            return [self[k] for k in range(index.start or 0, index.stop, index.step or 1)]
        if type(index) is not int or index < 0:
            index = check_int(f"{self._kind}[...]", index, 0)
        return _slot(self._kind, index)

    def __iter__(self) -> NoReturn:
        raise TypeError(f"`{self._kind}` has no end to iterate to; take a slice, as in `{self._kind}[0:4]`.")

    def __repr__(self) -> str:
        return f"Slots({self._kind!r})"


x = Slots("x")
"""Inputs: `x[i]` is feature i, one value per sample."""
w = Slots("w")
"""Weights: `w[k]` is weight k, shared by the batch."""
