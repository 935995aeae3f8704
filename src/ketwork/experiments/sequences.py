"""Sequences to predict one step ahead: functions, a damped oscillator and NARMA series, cut into windows.

Source: the tasks of Chen et al., arXiv:2211.02612; pendulum and Bessel function as in Chen, Yoo and Fang,
arXiv:2009.01783, the NARMA series and their input as in Fujii and Nakajima, Phys. Rev. Applied 8 (2017) 024030.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_array, check_choice, check_int, check_real

Floats = NDArray[np.floating[Any]]
_WARM_UP = 50  # steps in which a NARMA series forgets that it began at 0


def pendulum(times: Floats, speed: float = 3.0) -> Floats:
    """Angular velocity (radians a second) at rising times from 0 of a damped pendulum that starts downwards with
    `speed`: a'' + 0.15 a' + 9.81 sin(a) = 0. Raises: ValueError for times that do not rise, or of which one is below 0.
    Source: arXiv:2009.01783, sec. V."""
    from scipy.integrate import solve_ivp

    times = check_array("times", times, 1)
    if len(times) < 2 or times[0] < 0 or not (np.diff(times) > 0).all():
        raise ValueError("Argument `times` must hold two or more rising numbers, none below 0.")
    found = solve_ivp(
        lambda _, y: [y[1], -0.15 * y[1] - 9.81 * np.sin(y[0])], (0.0, float(times[-1])), [0.0, speed],
        t_eval=times, rtol=1e-10, atol=1e-12,
    )  # fmt: skip
    return np.asarray(found.y[1])


def narma_input(count: int) -> Floats:
    """The input of a NARMA series (count,): 0.1 (1 + a product of three sines of periods 100 over 2.11, 3.73, 4.11)."""
    t = np.arange(check_int("count", count, 1))
    sines = [np.sin(2 * np.pi * rate * t / 100) for rate in (2.11, 3.73, 4.11)]
    return 0.1 * (np.prod(sines, axis=0) + 1)


def narma(order: int, count: int, given: Floats | None = None) -> Floats:
    """A nonlinear autoregressive series with moving average (count,), of so high an order, from 0.

    y[t+1] = 0.3 y[t] + 0.05 y[t] (y[t] + ... + y[t-order+1]) + 1.5 u[t-order+1] u[t] + 0.1, where what would be before
    the first step is 0. given: the input u (count,), None for `narma_input`.
    Raises: ValueError for sizes out of range, or an input that lets the series run away.
    """
    order, count = check_int("order", order, 1), check_int("count", count, 2)
    u = narma_input(count) if given is None else check_array("given", given, 1)
    if len(u) != count:
        raise ValueError(f"Argument `given` must hold {count} numbers, but holds {len(u)}.")
    y = np.zeros(count)
    for t in range(count - 1):
        past = y[max(0, t - order + 1) : t + 1].sum()
        delayed = u[t - order + 1] if t >= order - 1 else 0.0
        y[t + 1] = 0.3 * y[t] + 0.05 * y[t] * past + 1.5 * delayed * u[t] + 0.1
        if not abs(y[t + 1]) < 1e6:
            raise ValueError("Argument `given` lets the series run away; a NARMA input lies in [0, 0.5].")
    return y


def _bessel(count: int) -> Floats:
    from scipy.special import jv

    return np.asarray(jv(2, np.linspace(0.0, 60.0, count)))


def _narma_task(order: int) -> Callable[[int], Floats]:
    return lambda count: narma(order, count + _WARM_UP)[_WARM_UP:]


SEQUENCES: dict[str, Callable[[int], Floats]] = {
    "damped oscillator": lambda count: pendulum(np.linspace(0.0, 20.0, count)),
    "Bessel J2": _bessel,
    "NARMA-5": _narma_task(5),
    "NARMA-10": _narma_task(10),
    "cosine": lambda count: np.cos(np.linspace(0.0, 8 * np.pi, count)),
}
"""The tasks: from a number of points to the series."""


@dataclass(frozen=True)
class Windows:
    """X (N, window): values, the oldest first; y (N,): the value that follows. The first `learn` of them are to learn
    from, the others, later in time, to test on."""

    X: Floats
    y: Floats
    learn: int

    @property
    def training(self) -> tuple[Floats, Floats]:
        """(X, y) to learn from."""
        return self.X[: self.learn], self.y[: self.learn]

    @property
    def testing(self) -> tuple[Floats, Floats]:
        """(X, y) to test on."""
        return self.X[self.learn :], self.y[self.learn :]


def sequence(name: str, count: int = 240, window: int = 4, share: float = 2 / 3) -> Windows:
    """A task of `SEQUENCES` of so many points, scaled to [-1, 1], as windows.

    The scale is by the least and the greatest value of the whole series, the part to test on as well: of no consequence
    to models that standardise what they learn from.
    share: of the windows, the earliest, that are to learn from; in (0, 1).
    Raises: ValueError for an unknown name, sizes that leave nothing to learn from or to test on, or so few points that
    all are equal.
    """
    make = SEQUENCES[check_choice("name", name, SEQUENCES)]
    window = check_int("window", window, 1)
    values = make(check_int("count", count, window + 3))
    low, high = values.min(), values.max()
    if not high - low > 1e-9 * max(abs(low), abs(high)):
        raise ValueError(f"Argument `count` must be larger: all {count} points of {name} are equal.")
    values = 2 * (values - low) / (high - low) - 1
    X = np.lib.stride_tricks.sliding_window_view(values, window)[:-1].copy()
    learn = round(check_real("share", share) * len(X))
    if not 0 < learn < len(X):
        raise ValueError(f"Argument `share` must leave windows on both sides, but is {share} of {len(X)}.")
    return Windows(X, values[window:], learn)
