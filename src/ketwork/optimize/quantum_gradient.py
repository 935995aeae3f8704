"""AQGD: gradient descent with momentum in epochs, by analytic gradients, until values or parameters stand still.

Source: Mitarai et al., arXiv:1803.00745; Schuld et al., arXiv:1811.11184 (gradients by shifts); momentum, epochs and
ends as in Qiskit's optimiser of this name, except that parameters stand still when the last step hardly moved them.
Gradients for several equidistant frequencies: Wierichs, Izaac, Wang, Lin, arXiv:2107.12390, eq. 14.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
State = dict[str, Any]
Rates = float | Sequence[float]


def init(params: Floats) -> State:
    """The state before the first step."""
    return {"step": 0, "mean": np.zeros_like(params), "values": []}


def update(
    gradient: Floats,
    state: State,
    params: Floats,
    value: float,
    learning_rate: Rates = 1.0,
    momentum: Rates = 0.25,
    **more: Any,
) -> tuple[Floats, State]:
    """One step: (new parameters, new state). The step is learning_rate times a mean that keeps the share `momentum` of
    what it was and takes the rest from the gradient.

    learning_rate, momentum: one for each epoch. more: epochs, how many steps each has (the last goes on); tol (1e-6)
    and window (10): the state is "stopped", and the parameters stay, once the mean of the last `window` values differs
    by less than `tol` from that of the `window` values one step earlier; param_tol (1e-6): so it is when no parameter
    moved by that much.
    """
    rate, share = _of_epoch(int(state["step"]), learning_rate, momentum, more.get("epochs", ()))
    window = int(more.get("window", 10))
    values = [*state["values"], value][-window - 1 :]
    past = np.asarray(state["mean"], float)
    after: State = {"step": int(state["step"]) + 1, "mean": past, "values": values}
    if len(values) > window and abs(values[-1] - values[0]) / window < more.get("tol", 1e-6):
        return params, {**after, "stopped": "values stand still"}
    mean = (1 - share) * gradient + share * past
    moved = params - rate * mean
    after["mean"] = mean
    if np.abs(moved - params).max() < more.get("param_tol", 1e-6):
        after["stopped"] = "parameters stand still"
    return moved, after


def _of_epoch(step: int, learning_rate: Rates, momentum: Rates, epochs: Sequence[int]) -> tuple[float, float]:
    """Learning rate and momentum at a step 0, 1, .."""
    epoch = int(np.searchsorted(np.cumsum(epochs[:-1]), step, side="right")) if len(epochs) else 0
    return tuple(float(np.atleast_1d(v)[min(epoch, np.size(v) - 1)]) for v in (learning_rate, momentum))  # type: ignore[return-value]


def by_shifts(
    fun: Callable[[Floats], float], params: Floats, frequencies: Floats, units: Floats
) -> tuple[float, Floats]:
    """(value, gradient (P,)) of a function that is a trigonometric sum in every parameter, from values alone.

    In parameter d the frequencies are 0, 1, .. R = frequencies[d] times units[d]; it takes 2 R evaluations, none where
    R = 0, and one more for the value.
    """
    gradient = np.zeros_like(params)
    for d, (count, unit) in enumerate(zip(frequencies, units, strict=True)):
        r = int(count)
        for k in range(1, 2 * r + 1):
            shift = (2 * k - 1) * np.pi / (2 * r)
            point = params.copy()
            point[d] += shift / unit
            gradient[d] += unit * (-1) ** (k - 1) / (4 * r * np.sin(shift / 2) ** 2) * fun(point)
    return fun(params), gradient
