"""Rotosolve: one parameter after the other to its exact minimum, because values are trigonometric sums in each.

Source: Ostaszewski, Grant, Benedetti, arXiv:1905.09692, algorithm 1 (one frequency); Wierichs, Izaac, Wang, Lin,
arXiv:2107.12390, sec. 3 (reconstruction with R equidistant frequencies).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
State = dict[str, Any]


def init(params: Floats) -> State:
    """The state before the first sweep."""
    return {"step": 0}


def update(
    fun: Callable[[Floats], float], state: State, params: Floats, frequencies: Floats, units: Floats
) -> tuple[Floats, State, float]:
    """One sweep over all parameters: (new parameters, new state, the value there as reconstructed).

    In parameter d the function is a sum of sines and cosines with the frequencies 0, 1, .. R = frequencies[d] times
    units[d]; it is known everywhere from 2 R + 1 evaluations. A parameter with R = 0 has no effect and stays.
    """
    params = params.copy()
    value: float | None = None
    for d, (count, unit) in enumerate(zip(frequencies, units, strict=True)):
        if count == 0:
            continue
        r = int(count)
        turns = 2 * np.pi * np.arange(2 * r + 1) / (2 * r + 1)
        values = []
        for turn in turns:
            point = params.copy()
            point[d] += turn / unit
            values.append(fun(point))
        best, value = lowest(np.array(values))
        params[d] += best / unit
    return params, {"step": int(state["step"]) + 1}, fun(params) if value is None else float(value)


def lowest(values: Floats) -> tuple[float, float]:
    """(argument in [-pi, pi], value) of the minimum of the trigonometric sum of degree R that has these values
    (2 R + 1,) at equal distances on the circle, from argument 0 on.
    """
    r = len(values) // 2
    waves = np.fft.rfft(values) / len(values)  # f(t) = waves[0] + 2 Re sum_k waves[k] exp(i k t)
    if r == 1:
        argument = np.pi - float(np.angle(waves[1]))
        return _wrapped(argument), float(waves[0].real - 2 * abs(waves[1]))
    grid = 2 * np.pi * np.arange(32 * r) / (32 * r)
    on_grid = _slope(waves, grid, 0)
    valleys = grid[(on_grid <= np.roll(on_grid, 1)) & (on_grid <= np.roll(on_grid, -1))]
    ends = np.array([_polished(waves, t) for t in valleys])
    depths = _slope(waves, ends, 0)
    return _wrapped(float(ends[np.argmin(depths)])), float(waves[0].real + depths.min())


def _slope(waves: NDArray[Any], t: NDArray[Any], order: int) -> Floats:
    """The derivative of some order at arguments t, without the constant."""
    k = np.arange(1, len(waves))
    return np.asarray(2 * np.real(np.exp(1j * np.multiply.outer(t, k)) @ ((1j * k) ** order * waves[1:])))


def _polished(waves: NDArray[Any], t: float) -> float:
    """The bottom of the valley in which t lies, by Newton's method; the grid is fine enough to be near."""
    first = t
    for _ in range(20):
        bend = float(_slope(waves, np.array(t), 2))
        if bend <= 0:
            break
        change = float(_slope(waves, np.array(t), 1)) / bend
        t -= change
        if abs(t - first) > np.pi / (8 * len(waves)):
            return first
        if abs(change) < 1e-14:
            break
    return t


def _wrapped(t: float) -> float:
    return float((t + np.pi) % (2 * np.pi) - np.pi)
