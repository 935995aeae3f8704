"""`Unfolded`: a backend whose measured distributions pass through a function, such as readout unfolding."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from ketwork.backends import protocol
from ketwork.backends.protocol import Compiled, Cost, Floats
from ketwork.checks import check_choice, check_int
from ketwork.circuit.circuit import Circuit
from ketwork.engine.door import check_observables, check_qubits, check_slots
from ketwork.engine.measure import in_basis
from ketwork.engine.sampling import Bits
from ketwork.mitigate import clusters, unfolding
from ketwork.mitigate.hammer import hammer as by_neighbours
from ketwork.mitigate.mitigated import Mitigated, Overhead, check_inner, noise_of, stretched
from ketwork.mitigate.outcomes import Outcomes, project
from ketwork.mitigate.qbeep import q_beep as by_poisson
from ketwork.noise.confusion import Confusion, flips
from ketwork.noise.model import NoiseModel
from ketwork.operators.grouping import group_qubitwise
from ketwork.seeds import Seed, generator

_REMEMBERED = 256  # calibrations
_OPTIONS = {"invert": ("clip",), "reduced": ("distance", "clip"), "bayesian": ("iterations", "observed")}
_CALIBRATION = 1 << 40  # the number of its piece of work, above those of circuits


class Reading(NamedTuple):
    """Where outcomes come from. circuit: as the backend ran it. qubits: the qubit of it that each bit was read from.
    backend: what it came from. basis: the letter of X, Y, Z that each bit was read in."""

    circuit: Circuit
    qubits: tuple[int, ...]
    backend: Any
    basis: str


@dataclass(frozen=True)
class Unfolded:
    """A Backend: measured distributions of `backend`, each mapped by `function` (outcomes, reading) -> outcomes.

    Expectation values come from `shots` shots in every basis that the observables need (qubit-wise groups) and the
    mapped distributions, which may be quasi-probabilities. Samples are drawn anew from the mapped distribution, the
    nearest true distribution where it has negative entries.
    cost_of: from a circuit to the `Overhead` of the function. seed: of the shots.
    """

    backend: Any
    function: Callable[[Outcomes, Reading], Outcomes]
    shots: int = 4096
    seed: Seed = None
    cost_of: Callable[[Circuit], Overhead] = field(default=lambda circuit: Overhead(1, None), repr=False)

    def __post_init__(self) -> None:
        check_inner(self.backend, "sample")
        check_int("shots", self.shots, 1)

    def expectation(self, circuit: Circuit, observables: Any, x: Any = None, w: Any = None) -> Floats:
        """Expectation values (B, M) from the mapped distributions."""
        check_slots(circuit, x, w)
        return self.expectation_of_each([circuit], observables, x, w)[0]

    def expectation_of_each(
        self, circuits: Sequence[Circuit], observables: Any, x: Any = None, w: Any = None
    ) -> Floats:
        """(K, B, M) for several circuits, each with shots of its own."""
        rng = generator(self.seed)
        return np.stack([self._values(circuit, observables, x, w, rng) for circuit in circuits])

    def _values(self, circuit: Circuit, observables: Any, x: Any, w: Any, rng: np.random.Generator) -> Floats:
        sums = check_observables(circuit.n_qubits, observables)
        if any(gate.name in ("measure", "reset") or gate.condition for gate in circuit.gates):
            raise ValueError("Expectation values are of circuits without measurements and resets; use `sample`.")
        values: Floats | None = None
        for group in group_qubitwise(sums):
            found = self._outcomes(circuit, x, w, rng, group.basis)
            if values is None:
                values = np.zeros((len(found), len(sums)))
            for row, outcomes in zip(values, found, strict=True):
                for output, qubits, coefficient in group.terms:
                    row[output] += coefficient * outcomes.parity(qubits)
        if values is None:
            return np.zeros((1 if x is None else len(x), len(sums)))
        return values

    def _outcomes(self, circuit: Circuit, x: Any, w: Any, rng: np.random.Generator, basis: str) -> list[Outcomes]:
        """The mapped distribution of all qubits, read in a basis, for every sample."""
        reader = getattr(self.backend, "reader", None)  # of a simulator, whose turns into a basis have no noise
        native = protocol.compiled(self.backend if reader is None else reader(circuit), in_basis(circuit, basis))
        slots = protocol.own_slots(native.circuit, x, w)
        seed = int(rng.integers(2**63))
        bits = native.backend.sample(native.circuit, *slots, shots=self.shots, qubits=native.layout, seed=seed)
        # A simulator that reads one circuit has the readout errors of the simulator.
        source = native.backend if reader is None else self.backend
        reading = Reading(native.circuit, native.layout, source, basis)
        return [self.function(Outcomes.from_bits(shots), reading) for shots in bits]

    def sample(
        self,
        circuit: Circuit,
        x: Any = None,
        w: Any = None,
        shots: int = 1024,
        qubits: Sequence[int] | None = None,
        seed: Seed = None,
    ) -> Bits:
        """Shots (B, shots, k) drawn from the mapped distribution of as many shots of the backend."""
        check_slots(circuit, x, w)
        count = check_int("shots", shots, 1)
        rng = generator(self.seed if seed is None else seed)
        native = protocol.compiled(self.backend, circuit)
        slots = protocol.own_slots(native.circuit, x, w)
        measured = {gate.payload: gate.qubits[0] for gate in native.circuit.gates if gate.name == "measure"}
        if measured and qubits is not None:
            raise ValueError("Argument `qubits` must be None: the circuit's own measurements say what is read.")
        places = tuple(measured[bit] for bit in sorted(measured)) if measured else native.layout
        raw = native.backend.sample(
            native.circuit,
            *slots,
            shots=count,
            qubits=None if measured else places,
            seed=int(rng.integers(2**63)),
        )
        columns = sorted(measured) if measured else list(check_qubits(circuit.n_qubits, qubits))
        reading = Reading(native.circuit, places, native.backend, "Z" * len(places))
        drawn = []
        for bits in raw:
            mapped = _true(self.function(Outcomes.from_bits(bits[:, columns] if measured else bits), reading))
            drawn.append(mapped.draw(count, rng))
        if not measured:
            return np.stack(drawn)[:, :, columns]
        result = np.zeros((len(raw), count, circuit.n_bits), np.uint8)
        result[:, :, columns] = np.stack(drawn)
        return result

    def compile(self, circuit: Circuit) -> Compiled:
        """The circuit as the backend below runs it, with the same function around that backend."""
        native = protocol.compiled(self.backend, circuit)
        return Compiled(replace(self, backend=native.backend), native.circuit, native.layout)

    def cost(self, circuit: Circuit, observables: Any, batch: int = 1) -> Cost:
        """A circuit a basis and a sample, each with its shots."""
        circuits = batch * len(group_qubitwise(check_observables(circuit.n_qubits, observables)))
        return Cost(circuits, circuits * self.shots)

    def overhead(self, circuit: Circuit) -> Overhead:
        """The overhead of the function, times that of the backend."""
        inner = getattr(self.backend, "overhead", None)
        own = self.cost_of(circuit)
        return own if inner is None else own.times(inner(circuit))

    def stretched(self, factor: float) -> "Unfolded":
        """The same around a backend whose noise is `factor` times as strong, with shots of its own."""
        seed = protocol.seed_of(self.seed, round(factor * 1e6))
        return replace(self, backend=stretched(self.backend, factor), seed=seed)

    def apart(self, number: int) -> "Unfolded":
        """The same with shots of its own, where there is a seed (`protocol.apart`)."""
        return replace(self, seed=protocol.seed_of(self.seed, number))


def _true(outcomes: Outcomes) -> Outcomes:
    if outcomes.weights.min() >= 0:
        return outcomes
    weights = project(outcomes.probabilities)
    return Outcomes(outcomes.strings[weights > 0], weights[weights > 0])


# ---------------------------------------------------------------------- readout
@dataclass(frozen=True)
class ReadoutUnfolding:
    """Readout unfolding as a function of outcomes; `readout` makes it."""

    method: str
    confusions: tuple[Confusion, ...] | NoiseModel | str | None
    shots: int
    seed: Seed
    options: dict[str, Any]
    _memo: dict[Any, tuple[Any, tuple[Confusion, ...]]] = field(default_factory=dict, compare=False, repr=False)

    def __call__(self, outcomes: Outcomes, reading: Reading) -> Outcomes:
        """The outcomes with the readout errors of the qubits that were read undone."""
        given = outcomes, self.matrices(reading), reading.qubits
        if self.method == "bayesian":
            return unfolding.bayesian(*given, **self.options)
        options = {"clip": "none", **self.options}
        return unfolding.invert(*given, **options) if self.method == "invert" else unfolding.reduced(*given, **options)

    def matrices(self, reading: Reading) -> tuple[Confusion, ...]:
        """The confusion matrices of the qubits that were read: given, of a noise model, or measured once."""
        n = reading.circuit.n_qubits
        if isinstance(self.confusions, tuple):
            return self.confusions
        if isinstance(self.confusions, NoiseModel):
            return self.confusions.confusions(n)
        if self.confusions == "noise":
            return noise_of(reading.backend, "confusions").confusions(n)
        bare = reading.backend
        while isinstance(bare, Mitigated | Unfolded):  # made anew for every circuit; what is below them stays
            bare = bare.backend
        key = n, reading.qubits, id(bare)
        if key not in self._memo:
            if len(self._memo) >= _REMEMBERED:
                self._memo.clear()
            seed = protocol.seed_of(self.seed, _CALIBRATION)  # not that of the shots, whose errors it must not share
            found = measure_confusions(reading.backend, reading.qubits, n, self.shots, seed)
            self._memo[key] = bare, found  # with the backend, so that nothing else gets its id
        return self._memo[key][1]

    def overhead(self, circuit: Circuit) -> Overhead:
        """The square of the one-norm of the inverse matrices, where they are known and inverted."""
        if not isinstance(self.confusions, tuple) or self.method != "invert":
            return Overhead(1, None)
        return Overhead(1, unfolding.overhead(self.confusions))


def readout(
    backend: Any,
    method: str = "invert",
    confusions: Sequence[Confusion] | NoiseModel | str | None = None,
    shots: int = 4096,
    *,
    seed: Seed = None,
    **options: Any,
) -> Unfolded:
    """A Backend without its readout errors: distributions are unfolded by their confusion matrices.

    method: "invert" (exact, to 16 qubits), "reduced" (observed strings only, any number of qubits) or "bayesian"
    (never negative); see `unfolding`, which also says what the options are.
    confusions: matrices by the backend's qubits; a `NoiseModel` that has them; "noise" for the backend's own noise
    model; None to measure them, qubit by qubit, with two calibration circuits of `shots` shots the first time that a
    set of qubits is read (`measure_confusions`).

    Overhead: two more circuits once, where matrices are measured; for "invert" the shots by `unfolding.overhead`.
    Source: Bravyi, Sheldon, Kandala, McKay, Gambetta, arXiv:2006.14044, sec. II; Nation, Kang, Sundaresan, Gambetta,
    arXiv:2108.12518.
    """
    check_choice("method", method, _OPTIONS)
    for name in options:
        check_choice(f"options of method {method!r}", name, _OPTIONS[method])
    if isinstance(confusions, str):
        check_choice("confusions", confusions, ("noise",))
    known = confusions if confusions is None or isinstance(confusions, (NoiseModel, str)) else tuple(confusions)
    if isinstance(known, tuple) and not all(isinstance(c, Confusion) for c in known):
        raise TypeError("Argument `confusions` must hold `Confusion` matrices, or be a NoiseModel, 'noise' or None.")
    function = ReadoutUnfolding(method, known, shots, seed, options)
    return Unfolded(backend, function, shots, seed, function.overhead)


def measure_confusions(
    backend: Any, qubits: Sequence[int], n_qubits: int, shots: int = 4096, seed: Seed = None, together: bool = False
) -> tuple[Confusion, ...]:
    """Readout errors of some qubits of a register, measured by preparing known states and reading them.

    Two circuits (all 0, all 1) give a matrix a qubit; with `together`, 2^k circuits give one matrix of all k <= 8.
    Errors of the X gates that prepare the states count as readout errors, too.
    """
    count, rng = check_int("shots", shots, 1), generator(seed)
    chosen = check_qubits(n_qubits, qubits)

    def read(ones: Sequence[int]) -> Bits:
        circuit = Circuit(n_qubits)
        for q in ones:
            circuit = circuit.x(q)
        return np.asarray(backend.sample(circuit, shots=count, qubits=chosen, seed=int(rng.integers(2**63)))[0])

    if not together:
        zero, one = read(()).mean(axis=0), read(chosen).mean(axis=0)
        return tuple(flips(float(up), float(1 - stay), q) for q, up, stay in zip(chosen, zero, one, strict=True))
    k = check_int("len(qubits)", len(chosen), 1, 8)
    matrix = np.zeros((1 << k, 1 << k))
    for true in range(1 << k):
        bits = read([q for j, q in enumerate(chosen) if true >> (k - 1 - j) & 1])
        matrix[:, true] = np.bincount(bits @ (1 << np.arange(k - 1, -1, -1)), minlength=1 << k) / count
    return (Confusion(chosen, matrix),)


# ---------------------------------------------------------------------- distributions
def q_cluster(backend: Any, p: float, shots: int = 4096, *, seed: Seed = None, **options: Any) -> Unfolded:
    """A Backend whose distributions pass through `clusters.q_cluster` (options there); p: the bit-flip rate.

    For outputs of few strings. Overhead: none.
    """
    return Unfolded(backend, lambda o, _: clusters.q_cluster(o, p, **options), shots, seed, _free)


def hammer(backend: Any, shots: int = 4096, *, seed: Seed = None) -> Unfolded:
    """A Backend whose distributions pass through `hammer.hammer`. Overhead: none."""
    return Unfolded(backend, lambda o, _: by_neighbours(o), shots, seed, _free)


def q_beep(backend: Any, rate: float, shots: int = 4096, *, seed: Seed = None, **options: Any) -> Unfolded:
    """A Backend whose distributions pass through `qbeep.q_beep` (options there); rate: flips a shot. Overhead: none."""
    return Unfolded(backend, lambda o, _: by_poisson(o, rate, **options), shots, seed, _free)


def _free(circuit: Circuit) -> Overhead:
    return Overhead(1, 1.0)
