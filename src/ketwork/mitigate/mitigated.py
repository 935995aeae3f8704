"""`Mitigated`: a backend made of a backend and a method, so that methods stack: twirl(zne(readout(backend))).

A method for expectation values is a frozen dataclass with two pure verbs, and running is somebody else's:

    circuits(circuit, rng) -> list of K circuits         combine(values (K, B, M)) -> (B, M)

A method that needs more than the circuit (the observables, the angles, another noise strength, a second look) has
`plan(question, rng) -> Plan` in their place. Either has `overhead(circuit) -> Overhead`, and may have
`bound(backend)`, the method with what it takes from the backend that runs its circuits, such as a noise model.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ketwork.backends import protocol
from ketwork.backends.protocol import Compiled, Cost, Floats
from ketwork.checks import check_array, check_int
from ketwork.circuit.circuit import Circuit
from ketwork.circuit.operation import Gate
from ketwork.engine.batch import Gradient
from ketwork.engine.door import check_observables, check_qubits, check_slots
from ketwork.engine.sampling import Bits
from ketwork.noise.model import NoiseModel
from ketwork.operators.pauli import PauliSum
from ketwork.seeds import Seed, generator

_STEP = 1e-5  # of the numerical derivative of a combination that is not linear


class Overhead(NamedTuple):
    """What a method costs.

    circuits: how many circuits are run for one. shots: by what factor the shots, over all circuits together, must grow
    for the same standard error as without the method; None where that depends on the values.
    """

    circuits: float
    shots: float | None

    def times(self, inner: "Overhead") -> "Overhead":
        """The overhead of this method around another."""
        shots = None if self.shots is None or inner.shots is None else self.shots * inner.shots
        return Overhead(self.circuits * inner.circuits, shots)


class Question(NamedTuple):
    """What is asked of a method. circuit: as the backend runs it. observables: on the qubits of the circuit that the
    user wrote, of which qubit q ends on qubit layout[q] of `circuit`. x (B, F) and w (P,): what the slots hold.
    backend: what runs the circuits."""

    circuit: Circuit
    observables: tuple[PauliSum, ...]
    layout: tuple[int, ...]
    x: Any
    w: Any
    backend: Any

    def placed(self, observable: PauliSum) -> PauliSum:
        """An observable of the user's circuit as one of `circuit`."""
        n = self.circuit.n_qubits
        if observable.n_qubits != len(self.layout) or self.layout == tuple(range(n)):
            return observable
        return observable.placed(self.layout, n)

    def values(self) -> tuple[Floats, Floats]:
        """x (B, F) and w (P,) as arrays; B = 1 without inputs."""
        x = np.zeros((1, 0)) if self.x is None else check_array("x", self.x, 2)
        return x, np.zeros(0) if self.w is None else check_array("w", self.w, 1)


@dataclass(frozen=True)
class Plan:
    """Circuits to run, and what becomes of their values.

    combine: from values (K, B, M') to (B, M). weights (K,): when combining is a weighted sum, its weights.
    observables: the M' that are measured, where they are not those asked for. strengths (K,): by how much the noise of
    the backend is stretched for each circuit. follow: from the values so far to a plan whose circuits run next and
    whose `combine` sees all values; None when there are enough. smooth: whether derivatives of `combine` make sense.
    """

    circuits: Sequence[Circuit]
    combine: Callable[[Floats], Floats]
    weights: Floats | None = None
    observables: tuple[PauliSum, ...] | None = None
    strengths: tuple[float, ...] | None = None
    follow: "Callable[[Floats], Plan | None] | None" = None
    smooth: bool = True


def weighted(circuits: Sequence[Circuit], weights: Any, **more: Any) -> Plan:
    """The plan whose answer is a weighted sum of the circuits' values."""
    factors = np.asarray(weights, float)
    return Plan(circuits, partial(np.tensordot, factors, axes=(0, 0)), factors, **more)


class _Prepared(NamedTuple):
    plan: Plan
    question: Question

    @property
    def observables(self) -> tuple[PauliSum, ...]:
        asked = self.question.observables if self.plan.observables is None else self.plan.observables
        return tuple(map(self.question.placed, asked))


@dataclass(frozen=True)
class Mitigated:
    """A Backend: what `backend` answers, improved by `method`.

    seed: of everything random in the method; the same call gives the same answer when it is a number.
    Circuits are compiled first, when the backend compiles, so that nothing which a method inserts is optimised away.
    """

    backend: Any
    method: Any
    seed: Seed = None
    _memo: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        check_inner(self.backend)

    def expectation(self, circuit: Circuit, observables: Any, x: Any = None, w: Any = None) -> Floats:
        """Mitigated expectation values (B, M)."""
        check_slots(circuit, x, w)
        return self.expectation_of_each([circuit], observables, x, w)[0]

    def expectation_of_each(
        self, circuits: Sequence[Circuit], observables: Any, x: Any = None, w: Any = None
    ) -> Floats:
        """(K, B, M) for several circuits with the same observables; what they need runs together."""
        rng = generator(self.seed)
        todo = [self._prepared(circuit, observables, x, w, rng) for circuit in circuits]
        turns = itertools.count()
        values = self._run([(item, item.plan) for item in todo], x, w, turns)
        results = []
        for item, found in zip(todo, values, strict=True):
            plan = item.plan
            while plan.follow is not None:
                after = plan.follow(found)
                if after is None:
                    break
                found = np.concatenate([found, self._run([(item, after)], x, w, turns)[0]])
                plan = after
            results.append(plan.combine(found))
        return np.stack(results)

    def value_and_pullback(
        self, circuit: Circuit, observables: Any, x: Any = None, w: Any = None
    ) -> tuple[Floats, Callable[[Any], Gradient]]:
        """Mitigated values (B, M), and a function from their cotangents to a `Gradient`.

        Gradients go through the method: exactly where it is a weighted sum of circuits' values, by numerical
        derivatives of the combination (not of the circuits) where it is not.
        Raises: ValueError for methods that choose circuits by the values, or have no derivative.
        """
        check_slots(circuit, x, w)
        item = self._prepared(circuit, observables, x, w, generator(self.seed))
        plan = item.plan
        if plan.follow is not None or not plan.smooth:
            raise ValueError(f"{self._name} has no gradient; use an optimiser that needs none.")
        runs = []
        for k, c in enumerate(plan.circuits):
            backend = protocol.apart(self._stretched(item.question.backend, plan, k), k)
            slots = protocol.own_slots(c, x, w)
            runs.append(protocol.value_and_pullback(backend, c, item.observables, *slots))
        values = np.stack([np.asarray(v, float) for v, _ in runs])
        inputs, weights = item.question.values()

        def pull_back(cotangent: Any) -> Gradient:
            slopes = _slopes(plan, values, check_array("cotangent", cotangent, 2))
            gx, gw = np.zeros((values.shape[1], inputs.shape[1])), np.zeros(len(weights))
            for (_, pull), slope in zip(runs, slopes, strict=True):
                part = pull(slope)
                gx[:, : part.x.shape[1]] += part.x
                gw[: len(part.w)] += part.w
            return Gradient(gx, gw)

        return plan.combine(values), pull_back

    def sample(
        self,
        circuit: Circuit,
        x: Any = None,
        w: Any = None,
        shots: int = 1024,
        qubits: Sequence[int] | None = None,
        seed: Seed = None,
    ) -> Bits:
        """Shots (B, shots, k), spread evenly over the method's circuits and shuffled.

        Raises: ValueError for methods that combine expectation values, which have no shots.
        """
        if not getattr(self.method, "has_samples", False):
            raise ValueError(
                f"{self._name} improves expectation values and has no samples; sample its `.backend` instead."
            )
        check_slots(circuit, x, w)
        count = check_int("shots", shots, 1)
        rng = generator(self.seed if seed is None else seed)
        native = protocol.compiled(self.backend, circuit)
        measured = any(gate.name == "measure" for gate in circuit.gates)
        chosen = None if measured and qubits is None else check_qubits(circuit.n_qubits, qubits)
        places = None if chosen is None else [native.layout[q] for q in chosen]
        circuits = self._bound(native.backend).circuits(native.circuit, rng)
        parts = []
        for k, c in enumerate(circuits):
            share = count // len(circuits) + (k < count % len(circuits))
            if share:
                slots = protocol.own_slots(c, x, w)
                seed_of_part = int(rng.integers(2**63))
                parts.append(native.backend.sample(c, *slots, shots=share, qubits=places, seed=seed_of_part))
        return np.ascontiguousarray(np.concatenate(parts, axis=1)[:, rng.permutation(count)])

    def compile(self, circuit: Circuit) -> Compiled:
        """The circuit as the backend below runs it, with this method around that backend."""
        native = protocol.compiled(self.backend, circuit)
        return Compiled(replace(self, backend=native.backend, _memo={}), native.circuit, native.layout)

    def cost(self, circuit: Circuit, observables: Any, batch: int = 1) -> Cost:
        """What `expectation` of a batch will cost: the backend's cost times the method's circuits."""
        one = protocol.cost(self.backend, circuit, observables, batch)
        times = int(np.ceil(self._own_overhead(circuit).circuits))
        return Cost(one.circuits * times, one.shots * times, None if one.seconds is None else one.seconds * times)

    def overhead(self, circuit: Circuit) -> Overhead:
        """The overhead of all methods down to the bare backend, for a circuit."""
        own = self._own_overhead(circuit)
        inner = getattr(self.backend, "overhead", None)
        return own if inner is None else own.times(inner(circuit))

    def stretched(self, factor: float) -> "Mitigated":
        """The same around a backend whose noise is `factor` times as strong."""
        return replace(self, backend=stretched(self.backend, factor), _memo={})

    def apart(self, number: int) -> "Mitigated":
        """The same with random numbers of its own, where there are seeds (`protocol.apart`)."""
        return replace(
            self, backend=protocol.apart(self.backend, number), seed=protocol.seed_of(self.seed, number), _memo={}
        )

    # ------------------------------------------------------------------ inside
    @property
    def _name(self) -> str:
        return type(self.method).__name__

    def _bound(self, backend: Any) -> Any:
        """The method, with what it takes from the backend that runs the circuits."""
        bind = getattr(self.method, "bound", None)
        return self.method if bind is None else bind(backend)

    def _own_overhead(self, circuit: Circuit) -> Overhead:
        """The overhead of the method for the circuit as the backend runs it."""
        if not getattr(self.method, "native", True):
            result: Overhead = self.method.overhead(circuit)
            return result
        native = protocol.compiled(self.backend, circuit)
        result = self._bound(native.backend).overhead(native.circuit)
        return result

    def _prepared(self, circuit: Circuit, observables: Any, x: Any, w: Any, rng: np.random.Generator) -> _Prepared:
        sums = tuple(check_observables(circuit.n_qubits, observables))
        native = Compiled(self.backend, circuit, tuple(range(circuit.n_qubits)))
        if getattr(self.method, "native", True):
            native = protocol.compiled(self.backend, circuit)
        question = Question(native.circuit, sums, native.layout, x, w, native.backend)
        method = self._bound(native.backend)
        own_plan = getattr(method, "plan", None)
        if own_plan is not None:
            return _Prepared(own_plan(question, rng), question)
        return _Prepared(Plan(method.circuits(native.circuit, rng), method.combine), question)

    def _run(self, items: Sequence[tuple[_Prepared, Plan]], x: Any, w: Any, turns: Iterator[int]) -> list[Floats]:
        """The values (K, B, M') of every plan, those of equal observables on the same backend in one call.

        turns: counts the calls, each of which has random numbers of its own.
        """
        groups: dict[Any, list[tuple[int, int, Circuit]]] = {}
        backends: dict[int, Any] = {}
        for number, (item, plan) in enumerate(items):
            for k, circuit in enumerate(plan.circuits):
                backend = self._stretched(item.question.backend, plan, k)
                backends[id(backend)] = backend
                groups.setdefault((id(backend), item.observables), []).append((number, k, circuit))
        found: dict[tuple[int, int], Floats] = {}
        for (key, sums), members in groups.items():
            values = protocol.each(protocol.apart(backends[key], next(turns)), [c for _, _, c in members], sums, x, w)
            found.update(((number, k), v) for (number, k, _), v in zip(members, values, strict=True))
        return [
            np.stack([np.asarray(found[number, k], float) for k in range(len(plan.circuits))])
            for number, (_, plan) in enumerate(items)
        ]

    def _stretched(self, backend: Any, plan: Plan, k: int) -> Any:
        if plan.strengths is None or plan.strengths[k] == 1:
            return backend
        key = id(backend), plan.strengths[k]
        if key not in self._memo:
            self._memo[key] = backend, stretched(backend, plan.strengths[k])  # the first keeps its id taken
        return self._memo[key][1]


def check_inner(backend: Any, call: str = "expectation") -> None:
    """Refuse what cannot run circuits: what has no such call. Raises: TypeError."""
    if isinstance(backend, type) or not callable(getattr(backend, call, None)):
        raise TypeError(f"Argument `backend` must be a Backend, but is {backend!r} ({type(backend).__name__}).")


def _slopes(plan: Plan, values: Floats, cotangent: Floats) -> Floats:
    """(K, B, M') derivatives of sum(cotangent * combine(values)) by the values; samples do not mix."""
    if plan.weights is not None:
        return plan.weights[:, None, None] * cotangent
    slopes = np.zeros_like(values)
    for k in range(values.shape[0]):
        for m in range(values.shape[2]):
            moved = np.zeros_like(values)
            moved[k, :, m] = _STEP
            change = plan.combine(values + moved) - plan.combine(values - moved)
            slopes[k, :, m] = (change * cotangent).sum(axis=1) / (2 * _STEP)
    return slopes


def simulated(backend: Any) -> Any:
    """The simulator with a noise model that answers for a backend; None where there is none.

    Wrappers are looked through; a simulated device that a circuit was compiled for is a simulator of its qubits.
    """
    while True:
        if isinstance(getattr(backend, "noise", None), NoiseModel):
            return backend
        make, qubits = getattr(backend, "simulator", None), getattr(backend, "qubits", None)
        if make is not None and qubits is not None:
            backend = make(qubits)
        elif hasattr(backend, "backend"):
            backend = backend.backend
        else:
            return None


def noise_of(backend: Any, argument: str) -> NoiseModel:
    """The noise model of a simulated backend. Raises: ValueError that names the argument for one without."""
    found = simulated(backend)
    if found is None:
        raise ValueError(f"Argument `{argument}` is missing: {type(backend).__name__} has no noise model of its own.")
    noise: NoiseModel = found.noise
    return noise


def stretched(backend: Any, factor: float) -> Any:
    """A backend whose noise is `factor` times as strong. Raises: ValueError for one whose noise is not known."""
    own = getattr(backend, "stretched", None)
    if own is not None:
        return own(factor)
    found = simulated(backend)
    if found is None:
        raise ValueError(
            f"Noise can be stretched only where it is simulated, but {type(backend).__name__} has no noise model. "
            'Fold gates instead: fold="global".'
        )
    return replace(found, noise=found.noise.scaled(factor))


def is_native(circuit: Circuit) -> bool:
    """Whether a circuit speaks the gates of superconducting devices only, as after compiling."""
    return {gate.name for gate in circuit.gates} <= _NATIVE


_NATIVE = {"i", "x", "sx", "rz", "cx", "cz", "ecr", "measure", "reset", "global_phase", "prepare"}
_PAULI_GATES: dict[bool, dict[str, tuple[tuple[str, tuple[float, ...]], ...]]] = {
    False: {"I": (), "X": (("x", ()),), "Y": (("y", ()),), "Z": (("z", ()),)},
    True: {"I": (), "X": (("x", ()),), "Y": (("rz", (np.pi,)), ("x", ())), "Z": (("rz", (np.pi,)),)},
}


def pauli_gates(letters: str, qubits: Sequence[int], native: bool) -> list[Gate]:
    """Gates that apply a Pauli string, up to a phase; `native`: with nothing but X and RZ."""
    table = _PAULI_GATES[native]
    return [
        Gate(name, (q,), params) for letter, q in zip(letters, qubits, strict=True) for name, params in table[letter]
    ]
