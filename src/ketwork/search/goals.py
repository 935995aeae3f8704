"""What a search is after: a function of a circuit's angles, and how far its value is from the best there is."""

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_int, check_real
from ketwork.circuit import Circuit
from ketwork.operators import PauliSum
from ketwork.solve.objective import Objective
from ketwork.solve.vqe import draws

Floats = NDArray[np.floating[Any]]


class Meter(Protocol):
    """The function of one circuit's angles (n_weights,), with a count of what was asked of it.

    evaluations: circuit evaluations, each one circuit at one set of angles (for one sample); a gradient takes as
    many as the parameter-shift rule on a device. price: of (a value, a value with its gradient). exact: whether
    equal angles give equal values. A meter may have `final(w)`, what trained angles are worth in place of their value,
    and `final_price`, what that takes.
    """

    evaluations: int
    price: tuple[int, int]
    n_weights: int
    exact: bool

    def value(self, w: Floats) -> float: ...

    def value_and_gradient(self, w: Floats) -> tuple[float, Floats]: ...


class Priced(Protocol):
    """What a meter says of its cost."""

    @property
    def price(self) -> tuple[int, int]: ...

    @property
    def n_weights(self) -> int: ...

    @property
    def exact(self) -> bool: ...


class Goal(Protocol):
    """What a search is after. unit: of the error, "" for none. good: an error that counts as reached, None for none."""

    @property
    def unit(self) -> str: ...

    @property
    def good(self) -> float | None: ...

    @property
    def n_qubits(self) -> int: ...

    def meter(self, circuit: Circuit, backend: Any) -> Meter:
        """The function to minimise, of the angles of a circuit that a space made."""
        ...

    def error(self, value: float) -> float:
        """How far a value of the function is from the best: what searches compare circuits by."""
        ...


class ObjectiveMeter:
    """The meter of an `Objective`."""

    def __init__(self, objective: Objective) -> None:
        self.objective, self.evaluations = objective, 0
        self.n_weights = objective.n_weights
        self.price = (1, 1 + objective.n_shifts)
        self.exact = not draws(objective.backend)
        self._backend = objective.backend

    def value(self, w: Floats) -> float:
        """At w (P,)."""
        self.evaluations += self.price[0]
        return self.objective.value(w)

    def value_and_gradient(self, w: Floats) -> tuple[float, Floats]:
        """At w (P,), by the adjoint method where the backend has it."""
        self.evaluations += self.price[1]
        return self.objective.value_and_gradient(w)

    def thin(self, share: float) -> None:
        """From now on read with this share of the backend's shots. Raises: ValueError for backends without."""
        shots = getattr(self._backend, "shots", None)
        if shots is None:
            raise ValueError("Argument `backend` must have shots to read with a share of them.")
        self.objective.backend = replace(self._backend, shots=max(1, round(share * shots)))


@dataclass(frozen=True, eq=False)
class Energy:
    """The lowest expectation value of an observable; error: what a value is above `lowest`, over `scale`.

    prefix: gates before the searched circuit, without weights, such as those of a reference state. reference: how many
    qubits prefix and observable have beyond the circuit's, such as the second half of a Choi state.
    """

    observable: PauliSum
    lowest: float
    unit: str = ""
    good: float | None = None
    scale: float = 1.0
    prefix: Circuit | None = None
    reference: int = 0

    def __post_init__(self) -> None:
        check_real("lowest", self.lowest)
        check_int("reference", self.reference, 0, self.observable.n_qubits - 1)
        if self.reference and self.prefix is None:
            raise ValueError("Argument `prefix` must prepare the `reference` qubits, but is None.")
        if self.prefix is not None and self.prefix.n_qubits != self.observable.n_qubits:
            raise ValueError(
                f"Argument `prefix` must have the {self.observable.n_qubits} qubits of the observable, but has "
                f"{self.prefix.n_qubits}."
            )
        if check_real("scale", self.scale) <= 0:
            raise ValueError(f"Argument `scale` must be above 0, but is {self.scale}.")

    @property
    def n_qubits(self) -> int:
        """Of the observable, without the reference."""
        return self.observable.n_qubits - self.reference

    def whole(self, circuit: Circuit) -> Circuit:
        """The circuit behind the prefix."""
        return circuit if self.prefix is None else self.prefix.compose(circuit, range(circuit.n_qubits))

    def meter(self, circuit: Circuit, backend: Any) -> ObjectiveMeter:
        """The energy by the angles."""
        return ObjectiveMeter(Objective(self.whole(circuit), self.observable, backend))

    def error(self, value: float) -> float:
        """(value - lowest) / scale; a little below zero only by rounding or shot noise."""
        return (value - self.lowest) / self.scale
