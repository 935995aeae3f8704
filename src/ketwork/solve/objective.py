"""The objective of variational solvers: the energy or cost of a circuit by its weights on a backend, and its bill."""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork.backends import protocol
from ketwork.backends.shift import count_shifts
from ketwork.checks import check_array, check_real
from ketwork.circuit.circuit import Circuit
from ketwork.engine.door import check_circuit, check_observables
from ketwork.engine.simulator import Simulator
from ketwork.operators.masks import walsh
from ketwork.operators.pauli import PauliSum
from ketwork.solve.overlap import Overlap, gives_probabilities

Floats = NDArray[np.floating[Any]]
Bits = NDArray[np.uint8]
_TABLE_QUBITS = 26
_CHUNK = 1 << 22


class Objective:
    """The expectation value of an observable by the weights w (P,) of a circuit; below alpha = 1, its CVaR.

    backend: any Backend; None for `Simulator("double")`. alpha in (0, 1]: the conditional value at risk of a diagonal
    observable, the mean over the lowest share alpha of what is read: exact where the backend knows probabilities,
    else from its shots.
    Backends that draw: every evaluation has random numbers of its own, made from the backend's seed and `turn`, the
    number of evaluations before it; setting `turn` goes on in a sequence.
    n_evaluations: points at which the value, or it and its gradient, was asked for. circuits: what a device would
    run for them: one for an energy (with shots one a basis), and for gradients the shifted ones too. shots: drawn.
    Raises: TypeError or ValueError for circuits with inputs, observables that are not Hermitian or of another number
    of qubits, CVaR of one that is not diagonal.
    Source: Barkoutsos et al., arXiv:1907.04769 (CVaR).
    """

    def __init__(self, circuit: Circuit, observable: PauliSum, backend: Any = None, alpha: float = 1.0) -> None:
        check_circuit(circuit)
        if circuit.n_inputs:
            raise ValueError(f"Argument `circuit` must have weights only, but has {circuit.n_inputs} inputs.")
        self.circuit = circuit
        self.observable = check_observables(circuit.n_qubits, [observable])[0]
        self.backend: Any = Simulator("double") if backend is None else backend
        if not callable(getattr(self.backend, "expectation", None)):
            raise TypeError(f"Argument `backend` must be a Backend, but is {type(backend).__name__}.")
        self.alpha = check_real("alpha", alpha, 0, 1)
        if self.alpha == 0:
            raise ValueError("Argument `alpha` must be above 0: it is the share of the outcomes that counts.")
        if self.alpha < 1:
            self._check_risk()
        self.turn = self.n_evaluations = self.circuits = self.shots = 0

    @property
    def n_weights(self) -> int:
        """P, the number of weights."""
        return self.circuit.n_weights

    def value(self, w: ArrayLike, circuit: Circuit | None = None) -> float:
        """The objective at weights w (P,); circuit: another one of the same cost, such as with other axes."""
        backend = self.next_backend()
        self.n_evaluations += 1
        self.pay(self._once)
        if self.alpha < 1:
            return self._risk(backend, w)
        return float(backend.expectation(circuit or self.circuit, self.observable, None, w)[0, 0])

    def value_and_gradient(self, w: ArrayLike) -> tuple[float, Floats]:
        """The objective and its gradient (P,), by the adjoint method or the parameter-shift rule.

        Raises: ValueError for CVaR from shots, which is no expectation value and has no shift rule.
        """
        if self.alpha < 1 and not self._knows_probabilities:
            raise ValueError(
                "CVaR from shots has no gradient: the parameter-shift rule holds for expectation values only. "
                "Use a method that needs values alone, such as cobyla or spsa."
            )
        backend = self.next_backend()
        self.n_evaluations += 1
        self.pay(self._once, 1 + self.n_shifts)
        if self.alpha < 1:
            return self._risk_and_gradient(backend, w)
        values, pull_back = protocol.value_and_pullback(backend, self.circuit, self.observable, None, w)
        return float(values[0, 0]), np.asarray(pull_back(np.ones((1, 1))).w, float)

    def metric(self, w: ArrayLike, blocks: ArrayLike | None = None) -> Floats:
        """The Fubini-Study metric (P, P) of the circuit without noise, simulated whatever the backend is.

        Its circuits are counted as for the parameter-shift rule on overlaps, 2 K^2 - K for K angles (Mari, Bromley,
        Killoran, arXiv:2008.06517). blocks (P,): where only the blocks of layers are used, one circuit each, the part
        before the layer, which tells the covariances of its generators (Stokes et al., arXiv:1909.02108, sec. 4).
        """
        angles = self.n_shifts // 2
        self.pay(self._fidelity.cost(), 2 * angles**2 - angles if blocks is None else len(np.unique(blocks)))
        return np.asarray(Simulator("double").metric(self.circuit, None, w), float)

    def fidelity(self, a: ArrayLike, b: ArrayLike) -> float:
        """|<psi(a)|psi(b)>|^2, as the backend reads it: the circuit with weights a, undone with weights b."""
        both = np.concatenate([check_array("a", a, 1), check_array("b", b, 1)])
        self.pay(self._fidelity.cost())
        return self._fidelity.value(both, self.next_backend())

    def sample(self, w: ArrayLike, shots: int) -> Bits:
        """Bit strings (shots, n) read at weights w."""
        backend = self.next_backend()
        self.pay(protocol.Cost(1, shots))
        return np.asarray(backend.sample(self.circuit, None, w, shots=shots)[0])

    # ------------------------------------------------------------------ for what is added to an objective
    def next_backend(self) -> Any:
        """The backend for the next evaluation, with random numbers that none before it has used."""
        backend = protocol.apart(self.backend, self.turn)
        self.turn += 1
        return backend

    def pay(self, one: protocol.Cost, times: int = 1) -> None:
        """Put something on the bill."""
        self.circuits += times * one.circuits
        self.shots += times * one.shots

    @cached_property
    def n_shifts(self) -> int:
        """How many shifted circuits a gradient takes on a device."""
        return count_shifts(self.circuit)

    # ------------------------------------------------------------------ inside
    @cached_property
    def _once(self) -> protocol.Cost:
        if self.alpha < 1:
            return protocol.Cost(1, 0 if self._knows_probabilities else int(self.backend.shots))
        return protocol.cost(self.backend, self.circuit, self.observable)

    @cached_property
    def _fidelity(self) -> Overlap:
        return Overlap(self.circuit, self.circuit.shift(weights=self.n_weights), self.backend)

    @cached_property
    def _knows_probabilities(self) -> bool:
        return self.circuit.n_qubits <= _TABLE_QUBITS and gives_probabilities(self.backend, self.circuit)

    def _check_risk(self) -> None:
        if not is_diagonal(self.observable):
            raise ValueError(
                "Argument `alpha` must be 1 for this observable: CVaR is of diagonal ones, of strings of I and Z, "
                "whose value is read from every shot."
            )
        if not self._knows_probabilities and getattr(self.backend, "shots", None) is None:
            raise ValueError(
                f"Argument `backend` must have shots for CVaR: {type(self.backend).__name__} does not tell "
                f"probabilities here (of at most {_TABLE_QUBITS} qubits)."
            )

    @cached_property
    def _levels(self) -> tuple[NDArray[np.intp], Floats]:
        """The basis states in order of their value, and the values in that order."""
        values = diagonal_values(self.observable)
        order = np.argsort(values, kind="stable")
        return order, values[order]

    def _risk(self, backend: Any, w: ArrayLike) -> float:
        if self._knows_probabilities:
            return self._tail(backend.probabilities(self.circuit, None, w)[0])[0]
        bits = backend.sample(self.circuit, None, w, shots=self.backend.shots)[0]
        return sampled_risk(values_of_bits(self.observable, bits), self.alpha)

    def _risk_and_gradient(self, backend: Any, w: ArrayLike) -> tuple[float, Floats]:
        chances, pull_back = backend.probabilities_and_pullback(self.circuit, None, w)
        value, slopes = self._tail(chances[0])
        cotangent = np.zeros_like(chances)
        cotangent[0, self._levels[0]] = slopes
        return value, np.asarray(pull_back(cotangent).w, float)

    def _tail(self, chances: Floats) -> tuple[float, Floats]:
        """CVaR of a distribution (2^n,), and its derivatives by the probabilities in order of their value.

        What is added below the last value that counts pushes out as much of that value.
        """
        order, values = self._levels
        chances = np.asarray(chances, float)[order]
        below = np.cumsum(chances) - chances
        parts = np.clip(self.alpha - below, 0, chances)
        last = min(int(np.searchsorted(np.cumsum(chances), self.alpha)), len(values) - 1)
        slopes = np.where(np.arange(len(values)) <= last, values - values[last], 0.0) / self.alpha
        return float(parts @ values / parts.sum()), slopes


def check_hamiltonian(hamiltonian: Any, ansatz: Any) -> None:
    """Raises: TypeError, ValueError, by the names that solvers give their arguments, where the two do not fit."""
    if not isinstance(ansatz, Circuit):
        raise TypeError(f"Argument `ansatz` must be a Circuit, but is {type(ansatz).__name__}.")
    if not isinstance(hamiltonian, PauliSum):
        hint = " Pass its `hamiltonian`." if hasattr(hamiltonian, "hamiltonian") else ""
        raise TypeError(f"Argument `hamiltonian` must be a PauliSum, but is {type(hamiltonian).__name__}.{hint}")
    if hamiltonian.n_qubits != ansatz.n_qubits:
        raise ValueError(
            f"Argument `hamiltonian` must act on the {ansatz.n_qubits} qubits of `ansatz`, but acts on "
            f"{hamiltonian.n_qubits}."
        )


class Derived:
    """What is made of an `Objective`'s circuit with another value: the bill, the random numbers, metric and fidelities
    are the objective's own."""

    alpha = 1.0

    def __init__(self, base: Objective) -> None:
        self.base, self.circuit, self.backend = base, base.circuit, base.backend

    @property
    def n_evaluations(self) -> int:
        """As of the objective, like all that follows."""
        return self.base.n_evaluations

    @property
    def circuits(self) -> int:
        """Circuits that a device would run."""
        return self.base.circuits

    @property
    def shots(self) -> int:
        """Drawn so far."""
        return self.base.shots

    @property
    def turn(self) -> int:
        """The number of evaluations that had random numbers of their own."""
        return self.base.turn

    @turn.setter
    def turn(self, value: int) -> None:
        self.base.turn = value

    def metric(self, w: ArrayLike, blocks: ArrayLike | None = None) -> Floats:
        """Of the circuit."""
        return self.base.metric(w, blocks)

    def fidelity(self, a: ArrayLike, b: ArrayLike) -> float:
        """Of the circuit."""
        return self.base.fidelity(a, b)


def is_diagonal(observable: PauliSum) -> bool:
    """Whether all strings are of I and Z."""
    return not np.any(observable.masks[0])


def fingerprint(observable: PauliSum) -> list[float]:
    """Three numbers that tell observables apart, whatever the order of their terms and up to rounding: the constant,
    the length of the coefficients, and a sum that weighs each string by a number of its own."""
    x, z, coefficients = observable.masks
    weights = np.cos(np.asarray(x % 65521, float) + 1.618 * np.asarray(z % 65521, float))
    constant = coefficients[(x == 0) & (z == 0)].sum()
    return [float(constant), float(np.linalg.norm(coefficients)), float(weights @ coefficients)]


def diagonal_values(observable: PauliSum) -> Floats:
    """(2^n,) the values of a diagonal observable in all basis states, qubit 0 the most significant bit."""
    _, z, coefficients = observable.masks
    table = np.zeros(1 << observable.n_qubits)
    table[z] = coefficients
    return walsh(table)


def values_of_bits(observable: PauliSum, bits: ArrayLike) -> Floats:
    """(S,) the values of a diagonal observable for bit strings (S, n)."""
    _, z, coefficients = observable.masks
    rows = np.asarray(bits, np.int64)
    codes = rows @ (1 << np.arange(observable.n_qubits - 1, -1, -1, dtype=np.int64))
    different, place = np.unique(codes, return_inverse=True)
    values = np.zeros(len(different))
    size = max(1, _CHUNK // max(1, len(different)))
    for first in range(0, len(z), size):
        odd = np.bitwise_count(different[:, None] & z[None, first : first + size]) & 1
        values += (1.0 - 2.0 * odd) @ coefficients[first : first + size]
    return values[place]


def sampled_risk(values: Floats, alpha: float) -> float:
    """CVaR of read values (S,): the mean of the lowest ceil(alpha S)."""
    count = int(np.ceil(alpha * len(values) - 1e-9))
    return float(np.partition(values, count - 1)[:count].mean())
