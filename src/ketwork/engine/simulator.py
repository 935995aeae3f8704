"""The simulator: what people call. It checks its arguments, picks a method and hands over to the kernels."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ketwork.checks import check_array, check_choice, check_int
from ketwork.circuit.circuit import Circuit
from ketwork.engine import tiles
from ketwork.engine.lanes import WIDTH
from ketwork.engine.lower import lower
from ketwork.engine.observe import Observed, observe_paulis, observe_probabilities
from ketwork.engine.program import Floats, Program
from ketwork.operators.pauli import PauliSum, hermitian

Observable = PauliSum | tuple[Any, Sequence[int]]
"""A Pauli sum over the circuit's qubits, or a Hermitian 2x2 or 4x4 matrix with the qubits it acts on."""

_KEPT_BYTES = 1 << 29  # final states up to this size are kept between value and pullback; larger ones are run again
_CHUNK_BYTES = 1 << 26  # how much state one pass over a large batch holds at a time


@dataclass(frozen=True)
class Gradient:
    """Cotangents: `x` (B, n_inputs) of the inputs, `w` (n_weights,) of the weights, summed over the batch."""

    x: Floats
    w: Floats


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

    def _run(self, circuit: Circuit, x: Any, w: Any, observe: Callable[[Program], Observed]) -> "_Batch":
        if not isinstance(circuit, Circuit):
            raise TypeError(f"Argument `circuit` must be a Circuit, but is {type(circuit).__name__}.")
        x, w = check_slots(circuit, x, w)
        program = lower(circuit)
        return _Batch(program, observe(program), x, w, self.dtype, self.threads or os.cpu_count() or 1)


class _Batch:
    """One batch on its way: final states are kept for the pullback while they are small."""

    def __init__(
        self, program: Program, observed: Observed, x: Floats, w: Floats, dtype: Any, threads: int
    ) -> None:
        self.program, self.observed, self.x, self.w, self.dtype, self.threads = program, observed, x, w, dtype, threads
        width = WIDTH[dtype]
        per_tile = program.tile_bytes(dtype)
        self.keep = per_tile * -(-len(x) // width) <= _KEPT_BYTES
        self.chunk = len(x) if self.keep else width * max(threads, _CHUNK_BYTES // per_tile)
        self.kept: tuple[tiles.Drive, Floats] | None = None

    def _chunks(self) -> list[slice]:
        return [slice(k, k + self.chunk) for k in range(0, len(self.x), max(self.chunk, 1))]

    def _evolve(self, part: slice) -> tuple[tiles.Drive, Floats]:
        if self.kept is not None:
            return self.kept
        driven = tiles.drive(self.program, self.x[part], self.w, self.dtype)
        result = driven, tiles.evolve(self.program, driven, self.threads)
        if self.keep:
            self.kept = result
        return result

    def values(self) -> Floats:
        out = np.empty((len(self.x), self.observed.outputs), self.dtype)
        for part in self._chunks():
            _, states = self._evolve(part)
            rows = tiles.read(self.program, states, self.observed, self.threads)
            out[part] = tiles.from_tiles(rows, len(out[part]), self.dtype)
        return out

    def pull_back(self, cotangent: Any) -> Gradient:
        """Cotangents (B, M) of the values to those of inputs and weights."""
        cotangent = check_array("cotangent", cotangent, 2)
        expected = (len(self.x), self.observed.outputs)
        if cotangent.shape != expected:
            raise ValueError(f"Argument `cotangent` must have shape {expected}, but has {cotangent.shape}.")
        program = self.program
        gx, gw = np.zeros_like(self.x), np.zeros_like(self.w)
        for part in self._chunks():
            driven, states = self._evolve(part)
            rows = tiles.to_tiles(cotangent[part], self.dtype, repeat=False)
            steps, by_lane = tiles.pull_back(program, driven, states, self.observed, rows, self.threads)
            lane = tiles.from_tiles(by_lane, len(cotangent[part]), self.dtype) * program.lane_signs
            gx[part], lane_w = program.by_lane.pull_back(self.x[part], self.w, lane)
            gw += lane_w + program.shared.pull_back(self.x[:1], self.w, steps[None, :])[1]
        return Gradient(gx, gw)


def check_slots(circuit: Circuit, x: Any, w: Any) -> tuple[Floats, Floats]:
    """The circuit's inputs as (B, n_inputs) and weights as (n_weights,), checked."""
    given = {"x": (x, circuit.n_inputs, 2, "inputs"), "w": (w, circuit.n_weights, 1, "weights")}
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
        arrays.append(array)
    if len(arrays[0]) == 0:
        raise ValueError("Argument `x` must hold at least one sample, but has none.")
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
    return observe_paulis(program, sums)


def _outcomes(program: Program, qubits: Sequence[int] | None) -> Observed:
    return observe_probabilities(program, check_qubits(program.n_qubits, qubits))


def check_qubits(n_qubits: int, qubits: Sequence[int] | None) -> tuple[int, ...]:
    """A choice of different qubits of a register; None means all of them."""
    if qubits is None:
        return tuple(range(n_qubits))
    chosen = tuple(check_int("qubits", q, 0, n_qubits - 1) for q in qubits)
    if not chosen or len(set(chosen)) < len(chosen):
        raise ValueError(f"Argument `qubits` must name different qubits, at least one, but is {chosen}.")
    return chosen
