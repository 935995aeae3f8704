"""The inner optimisation of a search: the best angles of one circuit, for a price that is known before."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_array, check_int, check_real
from ketwork.optimize import METHODS, find_method, minimize
from ketwork.search.goals import Meter

Floats = NDArray[np.floating[Any]]
_NEEDS = {"value", "gradient"}


class Trained(NamedTuple):
    """Angles, the value there, and how many circuit evaluations it took."""

    value: float
    params: Floats
    evaluations: int


class _Enough(Exception):
    """The price is paid."""


@dataclass(frozen=True)
class Inner:
    """How the angles of every circuit are found.

    method: of `ketwork.optimize.METHODS`, one that needs values or gradients alone. steps: gradients at most for
    methods that take them, pairs of values for the others. starts: how often from random angles; a start that is given
    counts as one. spread: random angles are drawn evenly from [-spread, spread]. options: of the method.
    Raises: ValueError for methods that need more.
    """

    method: str = "l-bfgs"
    steps: int = 50
    starts: int = 1
    spread: float = float(np.pi)
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        name, row = find_method(self.method)
        if not set(row.needs) <= _NEEDS:
            known = ", ".join(name for name, row in METHODS.items() if set(row.needs) <= _NEEDS)
            raise ValueError(f"Argument `method` must be one of {known} here, but is {name!r}.")
        check_int("steps", self.steps, 1)
        check_int("starts", self.starts, 1)
        check_real("spread", self.spread, 0)

    @property
    def takes_gradients(self) -> bool:
        """Whether the method takes gradients."""
        return "gradient" in METHODS[self.method].needs

    def price(self, meter: Meter) -> int:
        """The most circuit evaluations that training will take."""
        value, gradient = meter.price
        judged = getattr(meter, "final_price", 0)
        if not meter.n_weights:
            return judged or value
        last = 0 if meter.exact else value
        return self.starts * (self.steps * (gradient if self.takes_gradients else 2 * value) + last) + judged


def train(meter: Meter, inner: Inner, rng: np.random.Generator, start: Floats | None = None) -> Trained:
    """The best angles that `inner` finds; start: angles (P,) to begin with, None for random ones.

    Where values are exact these are the best that were seen; where they are drawn, the lowest seen may have been luck,
    so they are those that the method ends with, and their value is drawn once more. A meter that has a `final` says by
    it what the angles are worth, such as on other data than they were found on.
    """
    before = meter.evaluations
    final = getattr(meter, "final", None)
    if not meter.n_weights:
        return Trained((final or meter.value)(np.zeros(0)), np.zeros(0), meter.evaluations - before)
    first = None if start is None else check_array("start", start, 1)
    if first is not None and len(first) != meter.n_weights:
        raise ValueError(f"Argument `start` must hold {meter.n_weights} angles, but holds {len(first)}.")
    found: tuple[float, Floats] | None = None
    for number in range(inner.starts):
        begin = rng.uniform(-inner.spread, inner.spread, meter.n_weights) if number or first is None else first
        one = _once(meter, inner, rng, begin)
        found = one if found is None or one[0] < found[0] else found
    assert found is not None
    value, params = found
    return Trained(value if final is None else final(params), params, meter.evaluations - before)


def _once(meter: Meter, inner: Inner, rng: np.random.Generator, start: Floats) -> tuple[float, Floats]:
    """(value, angles) from one start."""
    left = inner.steps if inner.takes_gradients else 2 * inner.steps
    best: tuple[float, Floats] = (np.inf, start)
    last = start

    def asked(w: Floats) -> Any:
        nonlocal left, best, last
        if not left:
            raise _Enough
        left -= 1
        answer = meter.value_and_gradient(w) if inner.takes_gradients else meter.value(w)
        value = answer[0] if isinstance(answer, tuple) else answer
        last = np.array(w)
        if value < best[0]:
            best = value, last
        return answer

    def stepped(step: int, params: Floats, value: float) -> None:
        nonlocal last
        last = np.array(params)

    with suppress(_Enough):
        last = minimize(asked, start, inner.method, inner.steps, seed=rng, callback=stepped, **inner.options).params
    return best if meter.exact else (meter.value(last), last)
