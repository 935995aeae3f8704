"""The inner optimisation of a search: the best angles of one circuit, for a price that is known before."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_array, check_int, check_real
from ketwork.optimize import METHODS, find_method, minimize
from ketwork.search.goals import Meter, Priced

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
    counts as one. spread: random angles are drawn evenly from [-spread, spread]. options: of the method. stages:
    (steps, share of the backend's shots) one after the other, the method's state carried over; () for all steps with
    all shots. warm: steps where angles to begin with are given, None for as many as elsewhere.
    Raises: ValueError for methods that need more.
    Source of stages: Patel et al., arXiv:2402.03500, appendix (Adam-SPSA with few shots first).
    """

    method: str = "l-bfgs"
    steps: int = 50
    starts: int = 1
    spread: float = float(np.pi)
    options: Mapping[str, Any] = field(default_factory=dict)
    stages: tuple[tuple[int, float], ...] = ()
    warm: int | None = None

    def __post_init__(self) -> None:
        name, row = find_method(self.method)
        if not set(row.needs) <= _NEEDS:
            known = ", ".join(name for name, row in METHODS.items() if set(row.needs) <= _NEEDS)
            raise ValueError(f"Argument `method` must be one of {known} here, but is {name!r}.")
        for number, share in self.stages:
            check_int("stages", number, 1)
            if not 0 < check_real("stages", share) <= 1:
                raise ValueError(f"Argument `stages` must hold shares in (0, 1], but holds {share}.")
        if self.stages:
            object.__setattr__(self, "steps", sum(number for number, _ in self.stages))
        check_int("steps", self.steps, 1)
        check_int("starts", self.starts, 1)
        if self.warm is not None:
            check_int("warm", self.warm, 1, self.steps)
            if self.stages:
                raise ValueError("Argument `warm` must be None with `stages`.")
        check_real("spread", self.spread, 0)

    @property
    def takes_gradients(self) -> bool:
        """Whether the method takes gradients."""
        return "gradient" in METHODS[self.method].needs

    def price(self, meter: Priced) -> int:
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
        warm = inner.warm if first is not None and not number else None
        one = _once(meter, inner, rng, begin, warm or inner.steps)
        found = one if found is None or one[0] < found[0] else found
    assert found is not None
    value, params = found
    return Trained(value if final is None else final(params), params, meter.evaluations - before)


def _once(meter: Meter, inner: Inner, rng: np.random.Generator, start: Floats, most: int) -> tuple[float, Floats]:
    """(value, angles) from one start, in so many steps."""
    left = most if inner.takes_gradients else 2 * most
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
        state = None
        for steps, share in inner.stages or ((most, 1.0),):
            if inner.stages:
                _read_with(meter, share)
            ended = minimize(asked, last, inner.method, steps, seed=rng, callback=stepped, state=state, **inner.options)
            if ended.message == "interrupted":  # minimisers stop at Ctrl-C; what they have then is no answer
                raise KeyboardInterrupt
            last, state = ended.params, ended.state
    if inner.stages:
        _read_with(meter, 1.0)
    return best if meter.exact else (meter.value(last), last)


def _read_with(meter: Meter, share: float) -> None:
    """Let a meter read with a share of its shots. Raises: ValueError for one that has none."""
    thin = getattr(meter, "thin", None)
    if thin is None or meter.exact:
        raise ValueError("Argument `stages` shares out shots, but there are none: values here are exact.")
    thin(share)
