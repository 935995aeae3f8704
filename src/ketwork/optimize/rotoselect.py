"""Rotoselect: rotosolve that also chooses about which axis each rotation turns.

Source: Ostaszewski, Grant, Benedetti, arXiv:1905.09692, algorithm 2.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
State = dict[str, Any]
AXES = "XYZ"
_SAME = 1e-12


def init(params: Floats, axes: str) -> State:
    """The state before the first sweep. axes: a letter of X, Y, Z for each parameter."""
    return {"step": 0, "axes": axes}


def update(fun: Callable[[Floats, str], float], state: State, params: Floats) -> tuple[Floats, State, float]:
    """One sweep over all rotations: (new parameters, new state with the axes, the value there as reconstructed).

    fun(params, axes): every parameter is the angle of one rotation exp(-i angle P / 2) about the axis of its letter,
    so that values are sinusoids in it. At angle 0 the axis does not matter, and two more values for each axis tell its
    minimum: 7 evaluations a rotation. An axis is left only for one that is lower.
    """
    params, axes, value = params.copy(), str(state["axes"]), 0.0
    for d in range(len(params)):
        value, params[d], letter = _lowest(partial(_turned, fun, params, axes, d), float(params[d]), axes[d])
        axes = axes[:d] + letter + axes[d + 1 :]
    return params, {"step": int(state["step"]) + 1, "axes": axes}, value


def _turned(fun: Callable[[Floats, str], float], params: Floats, axes: str, d: int, angle: float, letter: str) -> float:
    """The function where rotation d turns by an angle about the axis of a letter."""
    point = params.copy()
    point[d] = angle
    return fun(point, axes[:d] + letter + axes[d + 1 :])


def _lowest(at: Callable[[float, str], float], angle: float, own: str) -> tuple[float, float, str]:
    """(value, angle, letter) of the lowest point of three sinusoids that meet at 0."""
    still = at(0.0, own)
    found: list[tuple[float, float, str]] = []
    for letter in own + AXES.replace(own, ""):
        up, down = at(np.pi / 2, letter), at(-np.pi / 2, letter)
        middle, sine = (up + down) / 2, (up - down) / 2
        length = float(np.hypot(still - middle, sine))
        # where the rotation has no effect the angle stays
        place = float(np.arctan2(-sine, middle - still)) if length > _SAME else angle
        found.append((middle - length, place, letter))
    best = min(found)
    return found[0] if found[0][0] <= best[0] + _SAME * max(1.0, abs(best[0])) else best
