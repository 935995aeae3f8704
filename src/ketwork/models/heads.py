"""Heads: from expectation values to a model's outputs, and back with gradients.

A head has `n_params` trained numbers in a flat array, `start` to draw them, `outputs` from values (B, M) to outputs
(B, K), and `pull_back` to the cotangents of both. `named` and `flat` are its numbers under the names users know.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Named = dict[str, Floats]
_SHARPEST = 20.0  # of the log of a temperature: sure beyond all doubt, and no overflow where a line search tries it
_EPSILON = 1e-6  # a chance of 0 must not be infinitely unlikely: about what single precision can tell


class Head(Protocol):
    """What a head can do."""

    @property
    def n_params(self) -> int:
        """How many numbers it trains."""
        ...

    def start(self, rng: np.random.Generator) -> Floats:
        """Where training starts, (n_params,)."""
        ...

    def outputs(self, values: Floats, params: Floats) -> Floats:
        """Outputs (B, K) of expectation values (B, M)."""
        ...

    def pull_back(self, values: Floats, params: Floats, by_outputs: Floats) -> tuple[Floats, Floats]:
        """The cotangents of values (B, M) and parameters (n_params,) from that of the outputs (B, K)."""
        ...

    def penalty(self, params: Floats) -> tuple[float, Floats]:
        """What is added to the loss to keep the numbers small, and its gradient (n_params,)."""
        ...

    def named(self, params: Floats) -> Named:
        """The numbers under their names."""
        ...

    def flat(self, named: Named) -> Floats:
        """The other way round. Raises: ValueError for other shapes."""
        ...


@dataclass(frozen=True)
class Affine:
    """Outputs are values @ head + bias: head (M, K), bias (K,); l2/2 times the squared norm of head is the penalty."""

    n_values: int
    n_outputs: int
    l2: float = 0.0

    @property
    def n_params(self) -> int:
        return (self.n_values + 1) * self.n_outputs

    def start(self, rng: np.random.Generator) -> Floats:
        head = rng.normal(0, 0.5 / np.sqrt(self.n_values), self.n_values * self.n_outputs)
        return np.concatenate([head, np.zeros(self.n_outputs)])

    def _parts(self, params: Floats) -> tuple[Floats, Floats]:
        end = self.n_values * self.n_outputs
        return params[:end].reshape(self.n_values, self.n_outputs), params[end:]

    def outputs(self, values: Floats, params: Floats) -> Floats:
        head, bias = self._parts(params)
        return np.asarray(values @ head + bias)

    def pull_back(self, values: Floats, params: Floats, by_outputs: Floats) -> tuple[Floats, Floats]:
        head, _ = self._parts(params)
        by_head = np.asarray(values.T @ by_outputs)
        return by_outputs @ head.T, np.concatenate([by_head.ravel(), by_outputs.sum(axis=0)])

    def penalty(self, params: Floats) -> tuple[float, Floats]:
        head, bias = self._parts(params)
        gradient = np.concatenate([self.l2 * head.ravel(), np.zeros_like(bias)])
        return 0.5 * self.l2 * float((head**2).sum()), gradient

    def named(self, params: Floats) -> Named:
        head, bias = self._parts(params)
        return {"head": head, "bias": bias}

    def flat(self, named: Named) -> Floats:
        return _checked(named, {"head": (self.n_values, self.n_outputs), "bias": (self.n_outputs,)})


@dataclass(frozen=True)
class Tempered:
    """Outputs are the values over a trained temperature, which stays above 0: its -log is what is trained.

    A single value for two classes becomes the outputs (-value, value).
    """

    n_values: int
    both_ways: bool = False

    @property
    def n_params(self) -> int:
        return 1

    def start(self, rng: np.random.Generator) -> Floats:
        return np.full(1, np.log(2.0))  # outputs from -2 to 2: neither sure nor blind

    def outputs(self, values: Floats, params: Floats) -> Floats:
        seen = np.hstack([-values, values]) if self.both_ways else values
        return np.asarray(self._factor(params) * seen)

    def _factor(self, params: Floats) -> float:
        return float(np.exp(np.clip(params[0], -_SHARPEST, _SHARPEST)))

    def pull_back(self, values: Floats, params: Floats, by_outputs: Floats) -> tuple[Floats, Floats]:
        factor = self._factor(params)
        inside = abs(params[0]) < _SHARPEST
        by_params = np.array([float((by_outputs * self.outputs(values, params)).sum()) if inside else 0.0])
        by_seen = factor * by_outputs
        return (by_seen[:, 1:] - by_seen[:, :1] if self.both_ways else by_seen), by_params

    def penalty(self, params: Floats) -> tuple[float, Floats]:
        return 0.0, np.zeros(1)

    def named(self, params: Floats) -> Named:
        return {"temperature": np.full(1, 1 / self._factor(params))}

    def flat(self, named: Named) -> Floats:
        found = _checked(named, {"temperature": (1,)})
        if found[0] <= 0:
            raise ValueError("The saved model's temperature must be above 0, but is not.")
        return -np.log(found)


@dataclass(frozen=True)
class Chances:
    """Values are chances, outputs their logarithms; or with `each` the log of the odds of every one by itself.

    Nothing is trained. The softmax of the outputs, or with `each` the sigmoid, gives the chances back.
    """

    each: bool = False

    @property
    def n_params(self) -> int:
        return 0

    def start(self, rng: np.random.Generator) -> Floats:
        return np.zeros(0)

    def outputs(self, values: Floats, params: Floats) -> Floats:
        yes = np.log(_above(values))
        return np.asarray(yes - np.log(_above(1 - values)) if self.each else yes)

    def pull_back(self, values: Floats, params: Floats, by_outputs: Floats) -> tuple[Floats, Floats]:
        slope = 1 / _above(values)
        if self.each:
            slope = slope + 1 / _above(1 - values)
        return by_outputs * slope, np.zeros(0)

    def penalty(self, params: Floats) -> tuple[float, Floats]:
        return 0.0, np.zeros(0)

    def named(self, params: Floats) -> Named:
        return {}

    def flat(self, named: Named) -> Floats:
        return np.zeros(0)


def _above(chances: Floats) -> Floats:
    """Chances that are above 0, also where they are estimates that came out below."""
    return np.asarray(np.maximum(np.asarray(chances, np.float64), 0) + _EPSILON)


def _checked(named: Named, shapes: dict[str, tuple[int, ...]]) -> Floats:
    for name, shape in shapes.items():
        if named[name].shape != shape:
            raise ValueError(f"The saved model's array {name!r} must have shape {shape}: the arrays do not fit it.")
    return np.concatenate([np.asarray(named[name], np.float64).ravel() for name in shapes])
