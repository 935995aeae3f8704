"""Barren plateaus: how the variance of a cost's gradient falls with qubits and layers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ketwork.checks import check_choice, check_int
from ketwork.circuit import Circuit
from ketwork.engine.simulator import Simulator
from ketwork.models.diagnostics.draws import Floats, check_unitary, drawn_rows, weights_as_inputs
from ketwork.operators import PauliSum, pauli
from ketwork.seeds import Seed, generator

Family = Callable[[int, int], Circuit]
"""From (qubits, layers) to a circuit with weights."""
COSTS = ("local", "global", "zz")
"""local: the mean over qubits of the chance to read 1. global: the chance to read anything but 0...0. zz: Z on the
first two qubits."""
_QUBITS, _ROWS, _RESAMPLES = 20, 4096, 400


@dataclass(frozen=True, eq=False)
class GradientVariance:
    """The gradient of a cost at random weights.

    variances (K,): of each partial derivative that was looked at, over the draws. mean, low, high: their mean with its
    95 % interval (bootstrap over draws). parameters (K,): which weights. samples: draws.
    """

    n_qubits: int
    layers: int
    variances: Floats
    parameters: tuple[int, ...]
    mean: float
    low: float
    high: float
    samples: int


@dataclass(frozen=True)
class Decay:
    """An exponential fit, variance = amplitude * factor^n, beside a power law, variance ~ n^-power.

    low, high: the ends of the factor's 95 % interval. misfit, power_misfit: the mean squared distances of the points
    from both curves, in units of their own errors.
    """

    factor: float
    low: float
    high: float
    amplitude: float
    misfit: float
    power: float
    power_misfit: float

    @property
    def barren(self) -> bool:
        """Whether the variance is shown to fall, and an exponential describes it better than a power law does."""
        return self.high < 1 and self.misfit < self.power_misfit


def cost_sum(cost: str | PauliSum | Callable[[int], PauliSum], n_qubits: int) -> PauliSum | None:
    """A cost as a Pauli sum over `n_qubits`; None for "global", which is read from the probability of 0...0."""
    if isinstance(cost, PauliSum):
        return cost
    if callable(cost):
        return cost(n_qubits)
    if check_choice("cost", cost, COSTS) == "global":
        return None
    if cost == "zz":
        return pauli("ZZ", (0, 1), n_qubits) if n_qubits > 1 else pauli("Z", 0, 1)
    terms = {"I" * n_qubits: 0.5 + 0j}
    terms |= {"I" * q + "Z" + "I" * (n_qubits - q - 1): -0.5 / n_qubits + 0j for q in range(n_qubits)}
    return PauliSum.from_dict(terms)


def gradient_samples(
    circuit: Circuit, cost: Any = "local", samples: int = 200, inputs: Any = None, seed: Seed = None
) -> Floats:
    """The gradient (samples, P) of a cost by the weights, at weights uniform in [0, 2 pi).

    inputs (B, F): rows to draw from; None: uniform in [-pi, pi). cost: one of `COSTS`, a Pauli sum, or a function from
    the number of qubits to one. Raises: ValueError for a circuit without weights, or more than 20 qubits.
    """
    check_unitary(circuit, _QUBITS)
    if not circuit.n_weights:
        raise ValueError("Argument `circuit` must have weights: there is no gradient by none.")
    observable, moved = cost_sum(cost, circuit.n_qubits), weights_as_inputs(circuit)
    rows, parts = drawn_rows(circuit, samples, inputs, generator(seed)), []
    step = max(1, min(_ROWS, (1 << 23) >> circuit.n_qubits))
    for first in range(0, len(rows), step):
        block = rows[first : first + step]
        if observable is None:
            chances, pull_back = Simulator("double").probabilities_and_pullback(moved, block)
            ahead = np.zeros(chances.shape)
            ahead[:, 0] = -1.0
        else:
            _, pull_back = Simulator("double").value_and_pullback(moved, [observable], block)
            ahead = np.ones((len(block), 1))
        parts.append(np.asarray(pull_back(ahead).x, np.float64)[:, circuit.n_inputs :])
    return np.concatenate(parts)


def gradient_variance(
    circuit: Circuit,
    cost: Any = "local",
    samples: int = 200,
    parameter: int | None = None,
    inputs: Any = None,
    layers: int = 0,
    seed: Seed = None,
) -> GradientVariance:
    """The variance of the partial derivatives of a cost over random weights; as `gradient_samples`.

    parameter: look at this weight alone; None: at all. layers: what the result says of the circuit's depth.
    Source: McClean et al., arXiv:1803.11173; Cerezo et al., arXiv:2001.00550 (local and global costs).
    """
    if parameter is not None:
        check_int("parameter", parameter, 0, max(circuit.n_weights - 1, 0))
    rng = generator(seed)
    gradients = gradient_samples(circuit, cost, samples, inputs, rng)
    chosen = tuple(range(circuit.n_weights)) if parameter is None else (parameter,)
    gradients = gradients[:, list(chosen)]
    share = rng.multinomial(samples, np.full(samples, 1 / samples), size=_RESAMPLES) / samples
    again = ((share @ gradients**2 - (share @ gradients) ** 2) * samples / (samples - 1)).mean(axis=1)
    low, high = np.quantile(again, (0.025, 0.975))
    variances = gradients.var(axis=0, ddof=1)
    mean = float(variances.mean())
    return GradientVariance(circuit.n_qubits, layers, variances, chosen, mean, float(low), float(high), samples)


def plateau_grid(
    family: Family, qubits: Sequence[int], layers: Sequence[int], cost: Any = "local", samples: int = 200,
    parameter: int | None = None, seed: Seed = None,
) -> list[list[GradientVariance]]:  # fmt: skip
    """`gradient_variance` for each number of layers (outer) and of qubits (inner) of a family of circuits."""
    if not qubits or not layers:
        raise ValueError("Arguments `qubits` and `layers` must name at least one size each.")
    rng = generator(seed)
    return [
        [gradient_variance(family(n, depth), cost, samples, parameter, None, depth, rng) for n in qubits]
        for depth in layers
    ]


def fitted_decay(points: Sequence[GradientVariance]) -> Decay:
    """The exponential through variances of different numbers of qubits, weighted by their intervals, and a power law.

    The interval is widened where the points scatter around the line more than theirs say.
    Raises: ValueError for fewer than three numbers of qubits, or a variance of 0.
    """
    sizes = np.array([p.n_qubits for p in points], float)
    means = np.array([p.mean for p in points])
    if len(set(sizes.tolist())) < 3:
        raise ValueError("A decay needs variances of at least 3 different numbers of qubits.")
    if means.min(initial=1.0) <= 0:
        raise ValueError("A decay needs variances above 0, but one is 0: that weight has no effect on the cost.")
    error = np.array([max(np.log(p.high / max(p.low, 1e-300)) / (2 * 1.959964), 1e-6) for p in points])
    line, spread, inverse = _line(sizes, np.log(means), error)
    power, power_spread, _ = _line(np.log(sizes), np.log(means), error)
    half = 1.959964 * np.sqrt(inverse * max(spread, 1.0))
    factor, low, high = np.exp([line[1], line[1] - half, line[1] + half]).tolist()
    return Decay(factor, low, high, float(np.exp(line[0])), spread, -float(power[1]), power_spread)


def _line(across: Floats, up: Floats, error: Floats) -> tuple[Floats, float, float]:
    """A weighted straight line (constant, slope), its squared misfit a degree of freedom, the slope's variance."""
    design = np.stack([np.ones_like(across), across], axis=1) / error[:, None]
    solved = np.linalg.lstsq(design, up / error, rcond=None)[0]
    spread = float(((design @ solved - up / error) ** 2).sum() / (len(across) - 2))
    return solved, spread, float(np.linalg.inv(design.T @ design)[1, 1])
