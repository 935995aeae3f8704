"""What an encoding is: a circuit over inputs, and how features become these inputs."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_choice
from ketwork.circuit import Angle, Circuit, w
from ketwork.circuit.angle import Slot

Floats = NDArray[np.floating[Any]]

SPANS = ("angle", "unit", "raw")
"""How features are scaled before an encoding: standardised times a factor; into [-1, 1]; left as they are."""


def unchanged(X: Floats) -> Floats:
    """Features that are the circuit's inputs as they are."""
    return X


@dataclass(frozen=True)
class Encoding:
    """A circuit over inputs x (and weights w where it is trainable), and what makes inputs of features.

    prepare: from features (B, F) to inputs (B, circuit.n_inputs). span: one of `SPANS`, the scaling that it expects.
    pull_back: from features (B, F) and a cotangent of the inputs (B, n_inputs) to that of the features (B, F); None
    where `prepare` has no derivative.
    """

    name: str
    circuit: Circuit
    prepare: Callable[[Floats], Floats] = unchanged
    span: str = "angle"
    pull_back: Callable[[Floats, Floats], Floats] | None = None

    def __post_init__(self) -> None:
        check_choice("span", self.span, SPANS)
        if not isinstance(self.circuit, Circuit):
            raise TypeError(f"Argument `circuit` must be a Circuit, but is {type(self.circuit).__name__}.")
        if not callable(self.prepare):
            raise TypeError(f"Argument `prepare` must be a function, but is {self.prepare!r:.60}.")

    @property
    def n_qubits(self) -> int:
        """The qubits of the circuit."""
        return self.circuit.n_qubits

    @property
    def differentiable(self) -> bool:
        """Whether inputs have a derivative by the features."""
        return self.prepare is unchanged or self.pull_back is not None

    def by_features(self, X: Floats, cotangent: Floats) -> Floats:
        """The cotangent of features (B, F) from that of the inputs (B, n_inputs).

        Raises: ValueError where the encoding has no derivative by its features.
        """
        if not self.differentiable:
            raise ValueError(f"Encoding {self.name!r} has no derivative by its features.")
        return cotangent if self.pull_back is None else self.pull_back(X, cotangent)

    def on(self, circuit: Circuit, prepared: int) -> "Encoding":
        """The same inputs for another circuit, of which it takes the first; `prepared`: how many there are."""
        taken = circuit.n_inputs
        if taken == prepared:
            return replace(self, circuit=circuit)
        pull_back = partial(_padded, prepared, self.by_features) if self.differentiable else None
        return replace(self, circuit=circuit, prepare=partial(_first, taken, self.prepare), pull_back=pull_back)


def _first(count: int, prepare: Callable[[Floats], Floats], X: Floats) -> Floats:
    return prepare(X)[:, :count]


def _padded(width: int, by_features: Callable[[Floats, Floats], Floats], X: Floats, cotangent: Floats) -> Floats:
    return by_features(X, np.pad(cotangent, ((0, 0), (0, width - cotangent.shape[1]))))


def without_entanglement(circuit: Circuit) -> Circuit:
    """The circuit without gates on two or more qubits, its weights numbered anew: the ablation of any circuit."""
    kept = [gate for gate in circuit if len(gate.qubits) < 2]
    angles = [param for gate in kept for param in gate.params if isinstance(param, Angle)]
    used = sorted({slot for angle in angles for slot in angle.slots if slot.kind == "w"})
    renamed: dict[Slot, float | Angle] = {slot: w[k] for k, slot in enumerate(used)}
    gates = (
        gate._replace(params=tuple(p.substitute(renamed) if isinstance(p, Angle) else p for p in gate.params))
        for gate in kept
    )
    return Circuit(circuit.n_qubits, gates, circuit.n_bits)
