"""iCANS and Rosalin: gradient descent that reads each component of the gradient only as often as the step gains by it.

Source: Kuebler, Arrasmith, Cincio, Coles, arXiv:1909.09083, algorithm 1 (iCANS); Arrasmith, Cincio, Somma, Coles,
arXiv:2004.06252, algorithm 1 (Rosalin: the same with terms of the Hamiltonian drawn at random, which is the business of
the function that estimates).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
State = dict[str, Any]
Estimate = Callable[[Floats, NDArray[np.int64]], tuple[float, Floats, Floats]]


def init(params: Floats, min_shots: int = 10) -> State:
    """The state before the first step; lists, so that it can be saved as JSON with the generator."""
    zeros = [0.0] * len(params)
    return {"step": 0, "mean": zeros, "variance": zeros, "readings": [int(min_shots)] * len(params), "spent": 0}


def update(
    estimate: Estimate,
    state: State,
    params: Floats,
    lipschitz: float,
    learning_rate: float | None = None,
    min_shots: int = 10,
    **more: Any,
) -> tuple[Floats, State, float]:
    """One step: (new parameters, new state, the value that was estimated before it).

    estimate(params, readings (P,)) gives a value, the gradient (P,), each component the mean of so many readings, and
    the variance (P,) of one reading. lipschitz: a bound on the second derivative by each parameter; for a sum of
    Pauli strings and one rotation a parameter, the sum of the absolute coefficients. learning_rate: below
    2 / lipschitz, by default half of that. min_shots: the readings of a component in the first step and at least.
    more: max_shots (10,000), the readings of a component at most; smoothing (0.99), of the running means of gradient
    and variance; bias (1e-6), which keeps readings finite where gradients vanish; variant: 1, the fixed rate, or 2, the
    paper's cautious iCANS2 as we read it: in a component where a step at the fixed rate would be expected to lose,
    rate > 2 g^2 / (L G) with g the running mean and G = g^2 + variance / readings + the term of the bias, the rate is
    the one that is expected to gain most, g^2 / (L G); budget: readings in all, 2 for a component of the gradient and
    one for the value, after which the state is "stopped" (the last step may go beyond it).
    """
    readings = np.asarray(state["readings"], np.int64)
    value, gradient, variance = estimate(params, readings)
    step, keep, bias = int(state["step"]), more.get("smoothing", 0.99), more.get("bias", 1e-6)
    rate = 1 / lipschitz if learning_rate is None else learning_rate
    mean = keep * np.asarray(state["mean"], float) + (1 - keep) * gradient
    spread = keep * np.asarray(state["variance"], float) + (1 - keep) * variance
    weight = 1 - keep ** (step + 1)
    slope, noise = (mean / weight) ** 2, spread / weight
    rates: Floats = np.full(len(params), rate)
    if int(more.get("variant", 1)) == 2:
        most = slope + noise / readings + bias * keep**step
        losing = rate > 2 * slope / (lipschitz * most)
        rates = np.where(losing, slope / (lipschitz * most), rate)
    # The gain that is expected of a component is (rate - L rate^2 / 2) slope - L rate^2 / 2 noise / readings, eq. 8;
    # its quotient by the readings is largest for these:
    wanted = np.ceil(2 * lipschitz * rate / (2 - lipschitz * rate) * noise / (slope + bias * keep**step))
    wanted = np.clip(wanted, min_shots, more.get("max_shots", 10_000))
    gain = ((rate - lipschitz * rate**2 / 2) * slope - lipschitz * rate**2 / 2 * noise / wanted) / wanted
    ceiling = wanted[int(np.argmax(gain))]  # the component that gains most by a reading sets what others may take
    spent = int(state["spent"]) + int(2 * readings.sum() + np.ceil(readings.mean()))
    after = {
        "step": step + 1,
        "mean": mean.tolist(),
        "variance": spread.tolist(),
        "readings": np.minimum(wanted, ceiling).astype(int).tolist(),
        "spent": spent,
    }
    if spent >= more.get("budget", np.inf):
        after["stopped"] = "budget spent"
    return params - rates * gradient, after, value
