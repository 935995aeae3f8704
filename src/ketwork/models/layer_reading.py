"""What a layer computes: a circuit, what is read of it, and where it runs. Knows arrays, not torch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.backends.protocol import value_and_pullback
from ketwork.circuit.circuit import Circuit
from ketwork.engine.door import check_observables, check_qubits
from ketwork.engine.simulator import Simulator
from ketwork.models.encoding import Encoding, unchanged
from ketwork.operators.pauli import PauliSum, pauli_z

Arrays = tuple[NDArray[Any] | None, ...]
PROBABILITIES = "probabilities"


@dataclass(frozen=True)
class Reading:
    """A circuit over inputs and weights, and what is read.

    sums: Pauli sums, one output each; None for the probabilities of all outcomes of `qubits`. backend: None for an
    ideal simulator in the precision of the numbers that come.
    """

    encoding: Encoding
    sums: tuple[PauliSum, ...] | None
    qubits: tuple[int, ...]
    backend: Any = None

    @property
    def circuit(self) -> Circuit:
        return self.encoding.circuit

    @property
    def features(self) -> int | None:
        """How many features a sample has, where they are the inputs as they are."""
        return self.circuit.n_inputs if self.encoding.prepare is unchanged else None

    @property
    def outputs(self) -> int:
        """The number of values a sample has."""
        return 1 << len(self.qubits) if self.sums is None else len(self.sums)

    def run(self, arrays: Arrays, back: bool) -> tuple[NDArray[Any], Callable[[NDArray[Any]], Arrays] | None]:
        """Values (B, outputs) for (features (B, F), weights (P,), states to start from), each or None; with `back`
        also a function from cotangents of values to those of the three, that of features None where the encoding has
        no derivative by them.

        Raises: ValueError for numbers that are not finite, or do not fit the circuit.
        """
        features, w, initial = arrays
        x = None if features is None else self.encoding.prepare(features)
        backend = self.backend or Simulator("double" if _is_double(arrays) else "single")
        given: dict[str, Any] = {} if initial is None else {"initial": initial}
        if not back:
            if self.sums is None:
                return backend.probabilities(self.circuit, x, w, self.qubits, **given), None
            return backend.expectation(self.circuit, self.sums, x, w, **given), None
        if self.sums is None:
            values, pull_back = backend.probabilities_and_pullback(self.circuit, x, w, self.qubits, **given)
        elif given:
            values, pull_back = backend.value_and_pullback(self.circuit, self.sums, x, w, **given)
        else:
            values, pull_back = value_and_pullback(backend, self.circuit, self.sums, x, w)

        def pull(cotangent: NDArray[Any]) -> Arrays:
            gradient = pull_back(cotangent)
            by_features = None
            if features is not None and self.encoding.differentiable:
                by_features = self.encoding.by_features(features, gradient.x)
            return by_features, gradient.w, getattr(gradient, "initial", None)

        return values, pull

    def described(self) -> str:
        """One line for `repr`."""
        circuit, what = self.circuit, "observables" if self.sums is not None else "probabilities"
        where = "" if self.backend is None else f", backend={type(self.backend).__name__}"
        return f"qubits={circuit.n_qubits}, gates={len(circuit.gates)}, {what}={self.outputs}{where}"


def reading_of(circuit: Any, observables: Any, qubits: Sequence[int] | None, backend: Any) -> Reading:
    """A reading, checked. circuit: a Circuit or an Encoding. observables: None for Z on every qubit (or on `qubits`),
    Pauli sums, or "probabilities".

    Raises: TypeError for what is no circuit, or a backend that cannot give what is read; ValueError for observables of
    another register.
    """
    encoding = circuit if isinstance(circuit, Encoding) else None
    if encoding is None:
        if not isinstance(circuit, Circuit):
            raise TypeError(f"Argument `circuit` must be a Circuit or an Encoding, but is {type(circuit).__name__}.")
        encoding = Encoding("circuit", circuit)
    chosen = check_qubits(encoding.n_qubits, qubits)
    if isinstance(observables, str):
        if observables != PROBABILITIES:
            raise ValueError(
                f"Argument `observables` must hold PauliSums or be 'probabilities', but is {observables!r}."
            )
        if backend is not None and not hasattr(backend, "probabilities_and_pullback"):
            raise TypeError(f"Probabilities have no gradient on {type(backend).__name__}. Name observables.")
        return Reading(encoding, None, chosen, backend)
    if observables is None:
        observables = [pauli_z(q, encoding.n_qubits) for q in chosen]
    elif qubits is not None:
        raise ValueError("Argument `qubits` must be None where observables are named.")
    return Reading(encoding, tuple(check_observables(encoding.n_qubits, observables)), chosen, backend)


def _is_double(arrays: Arrays) -> bool:
    return np.result_type(np.float32, *(a.dtype for a in arrays if a is not None)) in (np.float64, np.complex128)
