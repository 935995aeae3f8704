"""The simulator: what people call. It checks its arguments, picks a method and hands over to the kernels."""

import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_choice, check_int, check_real
from ketwork.circuit.circuit import Circuit
from ketwork.engine import bases, geometry, noisy, sampling, stabilizer, trajectories
from ketwork.engine.batch import Batch, Gradient
from ketwork.engine.door import (
    Observable,
    check_circuit,
    check_initial,
    check_qubits,
    check_slots,
    observed_sums,
)
from ketwork.engine.lower import check_gates, lower
from ketwork.engine.measure import in_basis, values_from_bits
from ketwork.engine.observe import Observed, known_paulis, known_probabilities
from ketwork.engine.polynomials import Floats
from ketwork.engine.program import Program
from ketwork.engine.trajectories import AT_MOST, COUNT, Estimate
from ketwork.engine.warm import ensure_compiled
from ketwork.noise.confusion import with_partners
from ketwork.noise.model import NoiseModel
from ketwork.operators.pauli import PauliSum
from ketwork.seeds import Seed, generator

_CORES = os.cpu_count() or 1
_NO_NOISE = NoiseModel()
Pullback = Callable[[Any], Gradient]


@dataclass(frozen=True)
class Simulator:
    """A simulator of circuits, ideal or noisy.

    precision: "double" (default) or "single". threads: how many threads share a batch (default: all cores).
    seed: what `sample`, and everything else that is drawn, starts from when it is not given a seed of its own.
    noise: a `NoiseModel`, or None for an ideal device.
    method: "auto", or "statevector" (no channels), "paulitransfer" (exact), "trajectories" (estimates) or "stabilizer"
    (Clifford circuits under Pauli noise); `plan` says what "auto" takes and what it costs.
    shots: None for exact expectation values; else how often each measurement basis is read to estimate them.
    trajectories: how many are run (default 1000); standard_error: run as many as it takes to know values this well (at
    most `trajectories`, where both are given).
    Inputs x are (B, n_inputs), weights w (n_weights,); either may be None when the circuit has none (then B = 1).
    initial: states (B, 2^n) of norm 1 that circuits start from instead of |0...0>, one a sample, or one for all,
    (1, 2^n) or (2^n,); real or complex, pure states without channels only. Circuits without inputs run once a state.
    """

    precision: str = "double"
    threads: int | None = None
    seed: int | None = None
    noise: NoiseModel | None = None
    method: str = "auto"
    shots: int | None = None
    trajectories: int | None = None
    standard_error: float | None = None

    def __post_init__(self) -> None:
        check_choice("precision", self.precision, ("single", "double"))
        check_choice("method", self.method, noisy.METHODS)
        for name, low in (("threads", 1), ("shots", 1), ("trajectories", 2)):
            if getattr(self, name) is not None:
                check_int(name, getattr(self, name), low)
        if self.standard_error is not None and check_real("standard_error", self.standard_error, 0.0) == 0:
            raise ValueError("Argument `standard_error` must be above 0: no number of trajectories reaches 0.")
        if self.noise is not None and not isinstance(self.noise, NoiseModel):
            raise TypeError(f"Argument `noise` must be a NoiseModel or None, but is {type(self.noise).__name__}.")

    @property
    def dtype(self) -> Any:
        """The dtype of the values: float32 for single, float64 for double precision."""
        return np.dtype(np.float32 if self.precision == "single" else np.float64)

    @property
    def differentiable(self) -> bool:
        """Whether `value_and_pullback` can be called; values that are drawn have gradients by the shift rule alone."""
        return self.shots is None and self.method != "stabilizer"

    def plan(self, circuit: Circuit, batch: int = 1) -> noisy.Choice:
        """The method that will be taken for a batch of this size, why, and about what it costs."""
        check_circuit(circuit)
        check_int("batch", batch, 1)
        return noisy.choose(circuit, self.noise, self.method, batch, self.dtype, self.trajectories or COUNT)

    def expectation(
        self,
        circuit: Circuit,
        observables: Observable | Sequence[Observable],
        x: Any = None,
        w: Any = None,
        initial: Any = None,
    ) -> Floats:
        """Expectation values (B, M) of M observables in the circuit's final state, as they would be read."""
        x, w = check_slots(circuit, x, w)
        x, initial = self._start(circuit, x, initial)
        sums = observed_sums(circuit, observables)
        if self.shots is not None:
            return self._estimated(circuit, sums, x, w, initial).astype(self.dtype)
        method = self._method(circuit, len(x))
        if method == "paulitransfer":
            return noisy.expectation(circuit, self._noise, sums, (x, w), self._run)
        if method == "stabilizer":
            rows = [stabilizer.expectation(circuit.bind(row, w), self._noise, sums) for row in x]
            return np.array(rows, self.dtype)
        if method == "trajectories":
            ensure_compiled("trajectories")
            estimate = trajectories.run(circuit, self._noise, sums, x, w, *self._paths)
            return estimate.values.astype(self.dtype)
        return self._ideal(circuit, x, w, lambda program: self._paulis(program, sums, circuit), initial).values()

    def value_and_pullback(
        self,
        circuit: Circuit,
        observables: Observable | Sequence[Observable],
        x: Any = None,
        w: Any = None,
        by_strength: bool = False,
        initial: Any = None,
    ) -> tuple[Floats, Pullback]:
        """Expectation values (B, M), and a function from their cotangents (B, M) to a `Gradient`.

        by_strength: also by `noise.strengths` (exact noisy values only). With trajectories both are estimates.
        """
        x, w = check_slots(circuit, x, w)
        x, initial = self._start(circuit, x, initial, by_strength)
        sums = observed_sums(circuit, observables)
        if not self.differentiable:
            raise ValueError(
                "Values that are drawn from shots, and those of stabilizer states, have no pullback; "
                "`ketwork.backends.value_and_pullback` takes the parameter-shift rule."
            )
        method = "paulitransfer" if by_strength else self._method(circuit, len(x))
        if method == "paulitransfer":
            return noisy.value_and_pullback(circuit, self._noise, sums, (x, w), self._run, by_strength)
        if method == "trajectories":
            ensure_compiled("trajectories")
            estimate, pull_back = trajectories.value_and_pullback(circuit, self._noise, sums, x, w, *self._paths)
            return estimate.values.astype(self.dtype), pull_back
        run = self._ideal(circuit, x, w, lambda program: self._paulis(program, sums, circuit), initial)
        return run.values(gradient=True), run.pull_back

    def estimate(
        self, circuit: Circuit, observables: Observable | Sequence[Observable], x: Any = None, w: Any = None
    ) -> Estimate:
        """Expectation values with their standard errors, from trajectories whatever the method."""
        x, w = check_slots(circuit, x, w)
        sums = observed_sums(circuit, observables)
        ensure_compiled("trajectories")
        return trajectories.run(circuit, self._noise, sums, x, w, *self._paths)

    def probabilities(
        self, circuit: Circuit, x: Any = None, w: Any = None, qubits: Sequence[int] | None = None, initial: Any = None
    ) -> Floats:
        """Probabilities (B, 2^k) to read the outcomes of k qubits (default: all), the first qubit most significant."""
        return self._read(circuit, x, w, qubits, False, initial)[0]

    def probabilities_and_pullback(
        self, circuit: Circuit, x: Any = None, w: Any = None, qubits: Sequence[int] | None = None, initial: Any = None
    ) -> tuple[Floats, Pullback]:
        """Probabilities (B, 2^k), and a function from their cotangents to a `Gradient`."""
        return self._read(circuit, x, w, qubits, True, initial)

    def _read(
        self, circuit: Circuit, x: Any, w: Any, qubits: Any, gradient: bool, initial: Any
    ) -> tuple[Floats, Pullback]:
        x, w = check_slots(circuit, x, w)
        x, initial = self._start(circuit, x, initial)
        chosen, method = check_qubits(circuit.n_qubits, qubits), self._method(circuit, len(x), silent=True)
        if method == "statevector" and not self._noise.confusions(circuit.n_qubits):
            run = self._ideal(circuit, x, w, lambda program: known_probabilities(program, chosen), initial)
            return run.values(), run.pull_back
        if method not in ("statevector", "paulitransfer"):
            raise ValueError(f"Probabilities of all outcomes need an exact method, but {method} would be taken here.")
        if method == "statevector":
            return self._misread(circuit, x, w, chosen, initial)
        return noisy.probabilities_and_pullback(circuit, self._noise, chosen, (x, w), self._run, gradient)

    def _misread(
        self, circuit: Circuit, x: Floats, w: Floats, qubits: tuple[int, ...], initial: Any
    ) -> tuple[Floats, Pullback]:
        """Probabilities of a pure state through the errors of the readout, which are linear."""
        confusions = self._noise.confusions(circuit.n_qubits)
        read = with_partners(qubits, confusions)
        run = self._ideal(circuit, x, w, lambda program: known_probabilities(program, read), initial)
        values, true_cotangent = noisy.as_read(run.values(), confusions, qubits)
        return values, lambda cotangent: run.pull_back(true_cotangent(cotangent))

    def state(
        self, circuit: Circuit, x: Any = None, w: Any = None, initial: Any = None
    ) -> NDArray[np.complexfloating[Any]]:
        """Final states (B, 2^n), complex, global phase included; qubit 0 is the most significant bit."""
        x, w = check_slots(circuit, x, w)
        self._refuse_channels("state", "`density_matrix`")
        x, initial = self._start(circuit, x, initial)
        return geometry.states(lower(circuit), x, w, self.dtype, self._threads, initial)

    def density_matrix(self, circuit: Circuit, x: Any = None, w: Any = None) -> NDArray[np.complexfloating[Any]]:
        """Density matrices (B, 2^n, 2^n) before readout, up to 8 qubits; qubit 0 is the most significant bit."""
        x, w = check_slots(circuit, x, w)
        check_int("circuit.n_qubits", circuit.n_qubits, 1, noisy.EXACT_QUBITS)
        return noisy.density_matrices(circuit, self._noise, (x, w), self._run)

    def overlap(self, circuit: Circuit, x_a: Any, x_b: Any = None, w: Any = None) -> NDArray[np.floating[Any]]:
        """Squared fidelities |<psi(a)|psi(b)>|^2, (A, B), for inputs x_a (A, n_inputs) and x_b (default: x_a).

        Each state is made once; the matrix is a product of states, block by block. With noise it is Tr(rho_a rho_b),
        what a perfect swap test of the noisy states would give.
        """
        x_a, weights = check_slots(circuit, x_a, w, "x_a")
        b = x_a if x_b is None else check_slots(circuit, x_b, w, "x_b")[0]
        if self.plan(circuit, len(x_a)).method == "statevector":
            return geometry.overlap(lower(circuit), x_a, b, weights, self.dtype, self._threads)
        check_int("circuit.n_qubits", circuit.n_qubits, 1, noisy.EXACT_QUBITS)
        left, right = (noisy.pauli_vectors(circuit, self._noise, (rows, weights), self._run) for rows in (x_a, b))
        return np.asarray(left @ right.T / 2**circuit.n_qubits)

    def metric(self, circuit: Circuit, x: Any = None, w: Any = None) -> NDArray[np.floating[Any]]:
        """The Fubini-Study metric (P, P) by the weights, the mean over the batch: a quarter of the quantum Fisher
        information.

        Source: Stokes, Izaac, Killoran, Carleo, arXiv:1909.02108, eq. 8.
        """
        x, w = check_slots(circuit, x, w)
        self._refuse_channels("metric", "a Simulator without noise")
        return geometry.metric(lower(circuit, all_by_lane=True), x, w, self.dtype, self._threads)

    def sample(
        self,
        circuit: Circuit,
        x: Any = None,
        w: Any = None,
        shots: int = 1024,
        qubits: Sequence[int] | None = None,
        seed: Seed = None,
        initial: Any = None,
    ) -> sampling.Bits:
        """Shots (B, shots, k) of 0 and 1, as they would be read.

        A circuit without measurements is read at its end, all qubits or the given ones. One with measurements gives
        its classical bits; resets and conditions are followed shot by shot (in ideal and in stabilizer circuits).
        """
        x, w = check_slots(circuit, x, w)
        x, initial = self._start(circuit, x, initial)
        shots = check_int("shots", shots, 1)
        rng = generator(self.seed if seed is None else seed)
        measured = any(gate.name in ("measure", "reset") or gate.condition for gate in circuit.gates)
        if measured and qubits is not None:
            raise ValueError("Argument `qubits` must be None: the circuit's own measurements say what is read.")
        if not measured:
            return self._drawn_bits(circuit, x, w, shots, check_qubits(circuit.n_qubits, qubits), rng, initial)
        if self.method == "stabilizer":
            return self._stabilizer_bits(circuit, x, w, shots, None, rng)
        if sampling.measures_at_end(circuit):
            return sampling.place_measured(circuit, lambda c, q: self._drawn_bits(c, x, w, shots, q, rng, initial))
        if not self._noise.is_empty:
            raise ValueError(
                "Measurements, resets and conditions inside a noisy circuit are run by method='stabilizer' alone."
            )
        return sampling.trajectories(circuit, x, w, shots, self.dtype, self._threads, rng, initial)

    def reader(self, circuit: Circuit) -> "Simulator":
        """The simulator for this circuit and what is put behind it to look at it in a basis, which has no noise."""
        return replace(self, noise=self._noise.quiet_after(len(circuit.gates)), shots=None)

    # ------------------------------------------------------------------ behind the calls
    def _start(self, circuit: Circuit, x: Floats, initial: Any, mixed: bool = False) -> tuple[Floats, Any]:
        """Inputs and the states to start from, checked, or None; mixed: whether states are to be mixed in any case."""
        if initial is None:
            return x, None
        if mixed or self._noise.rules or self._noise.waiting or self.method not in ("auto", "statevector"):
            raise ValueError(
                "Argument `initial` must be None: noisy states, and those of the methods for noise, start from "
                "|0...0>. The gates of `ketwork.models.amplitude_encoding` prepare a state there."
            )
        return check_initial(circuit, x, initial)

    def _method(self, circuit: Circuit, batch: int, silent: bool = False) -> str:
        """The method that is taken, said aloud where "auto" has to settle for estimates."""
        if self.noise is None and self.method in ("auto", "statevector"):
            return "statevector"
        choice = self.plan(circuit, batch)
        if self.method == "auto" and choice.method == "trajectories" and not silent:
            warnings.warn(f"Values are estimates by {choice}. method='trajectories' says this is meant.", stacklevel=3)
        return choice.method

    def _drawn_bits(
        self, circuit: Circuit, x: Floats, w: Floats, shots: int, qubits: tuple[int, ...], rng: np.random.Generator,
        initial: Any = None,
    ) -> sampling.Bits:  # fmt: skip
        """Shots of a circuit that is read at its end."""
        if self.method == "stabilizer":
            return self._stabilizer_bits(circuit, x, w, shots, qubits, rng)
        if self.plan(circuit, len(x)).method == "trajectories":
            ensure_compiled("trajectories")
            return trajectories.sample(circuit, self._noise, x, w, shots, qubits, *self._run, rng)
        return sampling.draw(self.probabilities(circuit, x, w, qubits, initial), shots, rng)

    def _stabilizer_bits(self, circuit: Circuit, x: Floats, w: Floats, shots: int, qubits: Any, rng: Any) -> Any:
        rows = [stabilizer.sample(circuit.bind(row, w), self._noise, shots, qubits, rng) for row in x]
        return np.concatenate(rows)

    def _estimated(self, circuit: Circuit, sums: list[PauliSum], x: Floats, w: Floats, initial: Any) -> Floats:
        """Expectation values from shots: every qubit-wise commuting group is read in its basis."""
        check_gates(circuit)  # stabilizer states would be sampled through measurements
        asked, shots, rng = bases.bases_of(sums), self.shots or 1, generator(self.seed)
        method, n = self._method(circuit, len(x), silent=True), circuit.n_qubits
        if not asked.groups:
            return np.zeros((len(x), len(sums)))
        if n <= bases.MOST_QUBITS.get(method, 0):
            return bases.estimates(circuit, self._noise, asked, (x, w), shots, method, self._run, rng, initial)
        reader, every = self.reader(circuit), tuple(range(n))
        turned = (in_basis(circuit, g.basis) for g in asked.groups)
        bits = [reader._drawn_bits(one, x, w, shots, every, rng, initial) for one in turned]
        return values_from_bits(asked.groups, bits, len(sums))[0]

    def _refuse_channels(self, what: str, remedy: str) -> None:
        if self._noise.rules or self._noise.waiting:
            raise ValueError(f"There is no {what} of a noisy circuit. Use {remedy}.")

    @property
    def _noise(self) -> NoiseModel:
        return self.noise or _NO_NOISE

    @property
    def _run(self) -> tuple[Any, int]:
        return self.dtype, self._threads

    @property
    def _paths(self) -> tuple[Any, ...]:
        """What trajectories take: dtype, threads, generator, how many, how well the values must be known, at most."""
        how_many = (self.trajectories, None) if self.standard_error is None else (None, self.standard_error)
        return *self._run, generator(self.seed), *how_many, self.trajectories or AT_MOST

    @property
    def _threads(self) -> int:
        return self.threads or _CORES

    def _paulis(self, program: Program, sums: list[PauliSum], circuit: Circuit) -> Observed:
        return known_paulis(program, noisy.sums_as_read(sums, self._noise, circuit))

    def _ideal(
        self, circuit: Circuit, x: Floats, w: Floats, observe: Callable[[Program], Observed], initial: Any = None
    ) -> Batch:
        program = lower(circuit)
        return Batch(program, observe(program), x, w, self.dtype, self._threads, initial)
