"""Learning rates that fall: what share of the learning rate is left at a step."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ketwork.checks import check_choice, check_real

FINAL = 0.01
"""What an exponential schedule has left at its horizon."""
SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda time: 1.0,
    "cosine": lambda time: float((1 + np.cos(np.pi * min(time, 1.0))) / 2),
    "exponential": lambda time: float(FINAL**time),
}
"""Shares of the learning rate by name, by the step over the horizon: cosine is 0 from there on (Loshchilov and Hutter,
arXiv:1608.03983, eq. 5, without restarts), exponential goes on falling."""


def check_schedule(name: str, value: Any) -> str | Callable[[int], float]:
    """A name out of `SCHEDULES`, or a function of the step 0, 1, .. to the share."""
    if callable(value):
        return value  # type: ignore[no-any-return]
    return check_choice(name, value, SCHEDULES)


def share(schedule: str | Callable[[int], float], step: int, horizon: int) -> float:
    """The share of the learning rate at step 0, 1, .. of a schedule: from `SCHEDULES`, over `horizon` steps, or of its
    own. Raises: ValueError for a share that is not finite or below 0."""
    if isinstance(schedule, str):
        return SCHEDULES[schedule](step / max(1, horizon))
    return check_real("schedule", schedule(step), 0)


def scaled(options: dict[str, Any], state: dict[str, Any], learning_rate: float) -> dict[str, Any]:
    """The options of a step, without the schedule and its horizon, and with the learning rate that the schedule leaves.

    learning_rate: the rate where options have none. The horizon is the option or, where a run goes on, the state's.
    """
    own = {name: value for name, value in options.items() if name not in ("schedule", "horizon")}
    if "schedule" in options:
        horizon = int(options.get("horizon") or state.get("horizon") or 1)
        rate = own.get("learning_rate", learning_rate)
        own["learning_rate"] = rate * share(options["schedule"], int(state["step"]), horizon)
    return own
