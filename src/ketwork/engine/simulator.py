"""The simulator: what people call. It checks its arguments, picks a method and hands over to the kernels."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_array, check_choice, check_int
from ketwork.circuit.circuit import Circuit
from ketwork.engine import geometry, sampling
from ketwork.engine.batch import Batch, Gradient
from ketwork.engine.lower import lower
from ketwork.engine.observe import Observed, observe_paulis, observe_probabilities
from ketwork.engine.polynomials import Floats
from ketwork.engine.program import Program
from ketwork.engine.warm import ensure_compiled
from ketwork.operators.pauli import PauliSum, hermitian
from ketwork.seeds import Seed, generator

Observable = PauliSum | tuple[Any, Sequence[int]]
"""A Pauli sum over the circuit's qubits, or a Hermitian 2x2 or 4x4 matrix with the qubits it acts on."""


_REMEMBERED_BITS = 20  # the outcomes of larger registers would fill the memory
_CORES = os.cpu_count() or 1
Pullback = Callable[[Any], Gradient]


@dataclass(frozen=True)
class Simulator:
    """An ideal simulator of circuits.

    precision: "double" (default) or "single". threads: how many threads share a batch (default: all cores).
    seed: what `sample` starts from when it is not given a seed of its own.
    Inputs x are (B, n_inputs), weights w (n_weights,); either may be None when the circuit has none (then B = 1).
    """

    precision: str = "double"
    threads: int | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        check_choice("precision", self.precision, ("single", "double"))
        if self.threads is not None:
            check_int("threads", self.threads, 1)

    @property
    def dtype(self) -> Any:
        """The dtype of the values: float32 for single, float64 for double precision."""
        return np.dtype(np.float32 if self.precision == "single" else np.float64)

    def expectation(
        self, circuit: Circuit, observables: Observable | Sequence[Observable], x: Any = None, w: Any = None
    ) -> Floats:
        """Expectation values (B, M) of M observables in the circuit's final state."""
        return self._run(circuit, x, w, lambda program: _paulis(program, observables)).values()

    def value_and_pullback(
        self, circuit: Circuit, observables: Observable | Sequence[Observable], x: Any = None, w: Any = None
    ) -> tuple[Floats, Pullback]:
        """Expectation values (B, M), and a function from their cotangents (B, M) to a `Gradient`."""
        run = self._run(circuit, x, w, lambda program: _paulis(program, observables))
        return run.values(), run.pull_back

    def probabilities(
        self, circuit: Circuit, x: Any = None, w: Any = None, qubits: Sequence[int] | None = None
    ) -> Floats:
        """Probabilities (B, 2^k) of the outcomes of k qubits (default: all), the first qubit most significant."""
        return self._run(circuit, x, w, lambda program: _outcomes(program, qubits)).values()

    def probabilities_and_pullback(
        self, circuit: Circuit, x: Any = None, w: Any = None, qubits: Sequence[int] | None = None
    ) -> tuple[Floats, Pullback]:
        """Probabilities (B, 2^k), and a function from their cotangents to a `Gradient`."""
        run = self._run(circuit, x, w, lambda program: _outcomes(program, qubits))
        return run.values(), run.pull_back

    def state(self, circuit: Circuit, x: Any = None, w: Any = None) -> NDArray[np.complexfloating[Any]]:
        """Final states (B, 2^n), complex, global phase included; qubit 0 is the most significant bit."""
        x, w = check_slots(circuit, x, w)
        return geometry.states(lower(circuit), x, w, self.dtype, self._threads)

    def overlap(self, circuit: Circuit, x_a: Any, x_b: Any = None, w: Any = None) -> NDArray[np.floating[Any]]:
        """Squared fidelities |<psi(a)|psi(b)>|^2, (A, B), for inputs x_a (A, n_inputs) and x_b (default: x_a).

        Each state is made once; the matrix is a product of states, block by block.
        """
        x_a, weights = check_slots(circuit, x_a, w, "x_a")
        b = x_a if x_b is None else check_slots(circuit, x_b, w, "x_b")[0]
        return geometry.overlap(lower(circuit), x_a, b, weights, self.dtype, self._threads)

    def metric(self, circuit: Circuit, x: Any = None, w: Any = None) -> NDArray[np.floating[Any]]:
        """The Fubini-Study metric (P, P) by the weights, the mean over the batch: a quarter of the quantum Fisher
        information.

        Source: Stokes, Izaac, Killoran, Carleo, arXiv:1909.02108, eq. 8.
        """
        x, w = check_slots(circuit, x, w)
        return geometry.metric(lower(circuit, all_by_lane=True), x, w, self.dtype, self._threads)

    def sample(
        self,
        circuit: Circuit,
        x: Any = None,
        w: Any = None,
        shots: int = 1024,
        qubits: Sequence[int] | None = None,
        seed: Seed = None,
    ) -> sampling.Bits:
        """Shots (B, shots, k) of 0 and 1.

        A circuit without measurements is read at its end, all qubits or the given ones. One with measurements gives
        its classical bits; resets and conditions are followed shot by shot.
        """
        x, w = check_slots(circuit, x, w)
        shots = check_int("shots", shots, 1)
        rng = generator(self.seed if seed is None else seed)
        measured = any(gate.name in ("measure", "reset") or gate.condition for gate in circuit.gates)
        if not measured:
            return sampling.draw(self.probabilities(circuit, x, w, qubits), shots, rng)
        if qubits is not None:
            raise ValueError("Argument `qubits` must be None: the circuit's own measurements say what is read.")
        if sampling.measures_at_end(circuit):
            return sampling.draw_measured(circuit, lambda c, q: self.probabilities(c, x, w, q), shots, rng)
        return sampling.trajectories(circuit, x, w, shots, self.dtype, self._threads, rng)

    @property
    def _threads(self) -> int:
        return self.threads or _CORES

    def _run(self, circuit: Circuit, x: Any, w: Any, observe: Callable[[Program], Observed]) -> Batch:
        x, w = check_slots(circuit, x, w)
        program = lower(circuit)
        return Batch(program, observe(program), x, w, self.dtype, self._threads)


def check_slots(circuit: Circuit, x: Any, w: Any, name_of_x: str = "x") -> tuple[Floats, Floats]:
    """The circuit's inputs as (B, n_inputs) and weights as (n_weights,), checked; the kernels are ready after it."""
    if not isinstance(circuit, Circuit):
        raise TypeError(f"Argument `circuit` must be a Circuit, but is {type(circuit).__name__}.")
    given = {name_of_x: (x, circuit.n_inputs, 2, "inputs"), "w": (w, circuit.n_weights, 1, "weights")}
    arrays = []
    for name, (value, wanted, ndim, noun) in given.items():
        if value is None:
            if wanted:
                raise ValueError(f"Argument `{name}` is missing: the circuit has {wanted} {noun}.")
            value = np.zeros((1, 0) if ndim == 2 else 0)
        array = check_array(name, value, ndim)
        if array.shape[-1] != wanted:
            raise ValueError(
                f"Argument `{name}` must have {wanted} {noun} in its last axis, as the circuit has, "
                f"but has shape {array.shape}."
            )
        arrays.append(np.require(array, requirements=["C", "W"]))  # one memory layout, one compiled kernel
    if len(arrays[0]) == 0:
        raise ValueError(f"Argument `{name_of_x}` must hold at least one sample, but has none.")
    ensure_compiled()
    return arrays[0], arrays[1]


def _paulis(program: Program, observables: Observable | Sequence[Observable]) -> Observed:
    single = isinstance(observables, PauliSum) or (
        isinstance(observables, tuple) and len(observables) == 2 and not isinstance(observables[1], (PauliSum, tuple))
    )
    listed: Any = [observables] if single else list(observables)  # type: ignore[arg-type]
    if not listed:
        raise ValueError("Argument `observables` must hold at least one observable, but is empty.")
    sums = []
    for k, observable in enumerate(listed):
        if isinstance(observable, tuple):
            observable = hermitian(observable[0], observable[1], program.n_qubits)
        if not isinstance(observable, PauliSum):
            raise TypeError(
                f"Argument `observables` must hold PauliSums or (matrix, qubits) pairs, but item {k} is "
                f"{type(observable).__name__}."
            )
        if observable.n_qubits != program.n_qubits:
            raise ValueError(
                f"Argument `observables` must act on the circuit's {program.n_qubits} qubits, but item {k} acts on "
                f"{observable.n_qubits}."
            )
        if not observable.is_hermitian:
            raise ValueError(f"Argument `observables` must be Hermitian, but item {k} has complex coefficients.")
        sums.append(observable)
    return program.remember(tuple(sums), lambda: observe_paulis(program, sums))


def _outcomes(program: Program, qubits: Sequence[int] | None) -> Observed:
    chosen = check_qubits(program.n_qubits, qubits)
    if program.bits > _REMEMBERED_BITS:
        return observe_probabilities(program, chosen)
    return program.remember(chosen, lambda: observe_probabilities(program, chosen))


def check_qubits(n_qubits: int, qubits: Sequence[int] | None) -> tuple[int, ...]:
    """A choice of different qubits of a register; None means all of them."""
    if qubits is None:
        return tuple(range(n_qubits))
    chosen = tuple(check_int("qubits", q, 0, n_qubits - 1) for q in qubits)
    if not chosen or len(set(chosen)) < len(chosen):
        raise ValueError(f"Argument `qubits` must name different qubits, at least one, but is {chosen}.")
    return chosen
