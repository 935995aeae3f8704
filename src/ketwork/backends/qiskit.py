"""Qiskit's backends and primitives as a Backend: few jobs, a log to go on from, a budget."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from ketwork.backends.jobs import (
    Budget,
    Counts,
    Execution,
    JobFailed,
    Jobs,
    cost_of,
    digest,
    longest,
)
from ketwork.backends.protocol import Compiled, Cost, Floats, own_slots
from ketwork.checks import check_int, check_real, need_extra
from ketwork.circuit.circuit import Circuit
from ketwork.circuit.from_qiskit import from_qiskit
from ketwork.engine.door import check_observables, check_qubits, check_slots
from ketwork.engine.measure import in_basis, values_from_bits
from ketwork.engine.sampling import Bits
from ketwork.operators.grouping import group_qubitwise
from ketwork.seeds import Seed, generator

_MID_CIRCUIT = ("measure", "reset")
_REMEMBERED = 1000  # transpiled circuits


@dataclass(frozen=True, eq=False)
class QiskitBackend:
    """Any Qiskit `BackendV2` or `SamplerV2` primitive as a Backend (extra `qiskit`).

    Every expectation value is estimated from `shots` shots in each basis that its observables need. A circuit is
    transpiled once a basis, with its inputs and weights open, and all samples, bases and circuits of a call go off in
    as few jobs as the backend, or `max_circuits_per_job`, allows.

    optimization_level: of Qiskit's transpiler, 0 to 3. layout: the backend's qubit for each qubit of a circuit. seed:
    of the transpiler, and of the shots where the backend is a simulator that takes one; the same call then gives the
    same shots. log: the path of a job log that a restart goes on from. budget: seconds, or a `Budget`, for all that is
    sent off. retries, pause: how often a failed call is tried again, and after how many seconds first.
    repetition_delay: seconds between shots, for estimates of cost. progress: called with (jobs done, jobs in all).
    jobs: what runs the jobs; made of the above when it is None.
    Raises: ImportError without Qiskit; TypeError for what is neither; ValueError for circuits and layouts that do not
    fit; OverBudget before anything is sent off.
    """

    backend: Any
    shots: int = 4096
    optimization_level: int = 1
    seed: int | None = None
    log: str | Path | None = None
    budget: float | Budget | None = None
    retries: int = 3
    max_circuits_per_job: int | None = None
    layout: tuple[int, ...] | None = None
    pause: float = 1.0
    repetition_delay: float = 250e-6
    progress: Callable[[int, int], None] | None = field(default=None, repr=False)
    jobs: Jobs | None = field(default=None, repr=False)
    _memo: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)
    _programs: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        check_int("shots", self.shots, 1)
        check_int("optimization_level", self.optimization_level, 0, 3)
        check_real("repetition_delay", self.repetition_delay, 0.0)
        if self.seed is not None:
            check_int("seed", self.seed, 0)
        if self.max_circuits_per_job is not None:
            check_int("max_circuits_per_job", self.max_circuits_per_job, 1)
        machine = self._machine
        if self.layout is not None:
            size = _size(machine.backend)
            places = tuple(check_int("layout", q, 0, None if size is None else size - 1) for q in self.layout)
            if not places or len(set(places)) < len(places):
                raise ValueError(f"Argument `layout` must name different qubits, at least one, but is {self.layout}.")
            object.__setattr__(self, "layout", places)
        if self.jobs is None:
            jobs = Jobs(self.log, self.budget, self.retries, self.pause, self.progress)
            object.__setattr__(self, "jobs", jobs)

    # ------------------------------------------------------------------ what a Backend does
    def expectation(self, circuit: Circuit, observables: Any, x: Any = None, w: Any = None) -> Floats:
        """Estimates (B, M) of the expectation values of M observables in the circuit's final state."""
        check_slots(circuit, x, w)
        return np.asarray(self.expectation_of_each([circuit], observables, x, w)[0])

    def expectation_of_each(
        self, circuits: Sequence[Circuit], observables: Any, x: Any = None, w: Any = None
    ) -> Floats:
        """Estimates (K, B, M) for K circuits on the same register, all of them in the same jobs."""
        if not circuits:
            raise ValueError("Argument `circuits` must hold at least one circuit, but is empty.")
        sums = check_observables(circuits[0].n_qubits, observables)
        groups = group_qubitwise(sums)
        executions, rows = [], 1
        for circuit in circuits:
            self._check(circuit)
            if circuit.n_qubits != circuits[0].n_qubits:
                raise ValueError(
                    f"Argument `circuits` must act on the same number of qubits, but act on {circuits[0].n_qubits} "
                    f"and {circuit.n_qubits}."
                )
            if any(gate.name in _MID_CIRCUIT or gate.condition for gate in circuit.gates):
                raise ValueError("Expectation values are of circuits without measurements and resets; use `sample`.")
            bound = _rows(circuit, *check_slots(circuit, *own_slots(circuit, x, w)))
            rows = len(bound)
            for group in groups:
                executions += self._executions(circuit, group.basis, range(circuit.n_qubits), bound)
        if not groups:
            return np.zeros((len(circuits), rows, len(sums)))
        counts = self._run(executions, self.shots, self.seed)
        bits = np.stack([bits_of(c, circuits[0].n_qubits) for c in counts])
        bits = bits.reshape(len(circuits), len(groups), rows, *bits.shape[1:])
        return np.stack([values_from_bits(groups, list(table), len(sums))[0] for table in bits])

    def sample(
        self,
        circuit: Circuit,
        x: Any = None,
        w: Any = None,
        shots: int = 1024,
        qubits: Sequence[int] | None = None,
        seed: Seed = None,
    ) -> Bits:
        """Shots (B, shots, k) of 0 and 1.

        A circuit without measurements is read at its end, all qubits or the given ones; one with measurements gives its
        classical bits. Backends report how often each outcome came: shots stand in an order drawn at random.
        """
        check_int("shots", shots, 1)
        x, w = check_slots(circuit, x, w)
        self._check(circuit)
        measured = any(gate.name in _MID_CIRCUIT or gate.condition for gate in circuit.gates)
        if measured and qubits is not None:
            raise ValueError("Argument `qubits` must be None: the circuit's own measurements say what is read.")
        chosen = None if measured else check_qubits(circuit.n_qubits, qubits)
        executions = self._executions(circuit, "", chosen, _rows(circuit, x, w))
        given = self.seed if seed is None else int(generator(seed).integers(2**31))
        width = circuit.n_bits if chosen is None else len(chosen)
        found = []
        for row, counts in enumerate(self._run(executions, shots, given)):
            order = digest(executions[row].key, row, sorted(counts.items()))
            found.append(generator(int(order[:16], 16)).permutation(bits_of(counts, width)))
        return np.stack(found)

    def compile(self, circuit: Circuit) -> Compiled:
        """The circuit transpiled for the backend, on the qubits that it uses, and a backend that runs circuits on just
        those, gate by gate: nothing moved, nothing cancelled."""
        self._check(circuit)
        native = self._transpiled(_to_qiskit(circuit))
        places = None if native.layout is None else native.layout.final_index_layout(filter_ancillas=True)
        ends = list(range(circuit.n_qubits)) if places is None else places
        small, used = compact(native, ends)
        if ("literal", used) not in self._memo:
            self._memo["literal", used] = replace(self, optimization_level=0, layout=used)
        return Compiled(self._memo["literal", used], from_qiskit(small), tuple(used.index(q) for q in ends))

    def cost(self, circuit: Circuit, observables: Any, batch: int = 1) -> Cost:
        """What `expectation` of a batch will cost; seconds from the backend's gate times and `repetition_delay`, None
        where it states no times. Waiting in a queue is not in it."""
        self._check(circuit)
        check_int("batch", batch, 1)
        groups = group_qubitwise(check_observables(circuit.n_qubits, observables))
        programs = [self._program(circuit, group.basis, range(circuit.n_qubits)) for group in groups]
        executions = [Execution("", program, {}) for program in programs for _ in range(batch)]
        return cost_of(self._machine, executions, self.shots)

    # ------------------------------------------------------------------ on the way
    @property
    def _machine(self) -> "_BackendMachine | _SamplerMachine":
        if "machine" not in self._memo:
            self._memo["machine"] = machine_of(self.backend, self.max_circuits_per_job, self.repetition_delay)
        return self._memo["machine"]

    def _check(self, circuit: Circuit) -> None:
        size = _size(self._machine.backend)
        if size is not None and circuit.n_qubits > size:
            raise ValueError(f"The circuit has {circuit.n_qubits} qubits, but {self._machine.name} has {size}.")
        if self.layout is not None and circuit.n_qubits > len(self.layout):
            raise ValueError(
                f"The circuit has {circuit.n_qubits} qubits, but argument `layout` names {len(self.layout)}."
            )

    def _run(self, executions: Sequence[Execution], shots: int, seed: int | None) -> list[Counts]:
        assert self.jobs is not None
        return self.jobs.run(self._machine, executions, shots, seed)

    def _executions(
        self, circuit: Circuit, basis: str, qubits: Iterable[int] | None, rows: Sequence[dict[str, float]]
    ) -> list[Execution]:
        read = None if qubits is None else tuple(qubits)
        program = self._program(circuit, basis, read)
        what = digest(circuit.digest, basis, read, self.optimization_level, self.layout)
        return [Execution(digest(what, _bytes(values)), program, values) for values in rows]

    def _program(self, circuit: Circuit, basis: str, qubits: Iterable[int] | None) -> Any:
        """The transpiled circuit that reads some qubits in a basis, or (None) the circuit's own measurements."""
        read = None if qubits is None else tuple(qubits)
        key = circuit.digest, basis, read
        if key not in self._programs:
            if len(self._programs) >= _REMEMBERED:
                self._programs.clear()
            source = _to_qiskit(in_basis(circuit, basis))
            if read is not None:
                source.add_register(need_extra("qiskit", "qiskit").ClassicalRegister(len(read), "read"))
                source.measure(list(read), list(range(source.num_clbits - len(read), source.num_clbits)))
            self._programs[key] = self._transpiled(source)
        return self._programs[key]

    def _transpiled(self, source: Any) -> Any:
        target = getattr(self._machine.backend, "target", None)
        if target is None:
            return source  # a primitive that runs any circuit
        n = source.num_qubits
        if ("passes", n) not in self._memo:
            preset = need_extra("qiskit.transpiler", "qiskit").generate_preset_pass_manager
            self._memo["passes", n] = preset(
                self.optimization_level,
                backend=self._machine.backend,
                initial_layout=None if self.layout is None else list(self.layout[:n]),
                seed_transpiler=self.seed or 0,
            )
        return self._memo["passes", n].run(source)


# ---------------------------------------------------------------------- machines
class _BackendMachine:
    """A `BackendV2`: circuits with their numbers bound, in lists."""

    def __init__(self, backend: Any, most: int | None, delay: float) -> None:
        self.backend, self.name, self.delay = backend, str(backend.name), delay
        limits = [n for n in (most, backend.max_circuits) if n]
        self.most = min(limits) if limits else None

    def submit(self, executions: Sequence[Execution], shots: int, seed: int | None) -> Any:
        bound = [_bound(e) for e in executions]
        takes_seed = seed is not None and hasattr(self.backend.options, "seed_simulator")
        return self.backend.run(bound, shots=shots, **({"seed_simulator": seed} if takes_seed else {}))

    def counts(self, result: Any, executions: Sequence[Execution]) -> list[Counts]:
        if not getattr(result, "success", True):
            raise JobFailed(str(getattr(result, "status", "no reason given")))
        return [_ours(result.get_counts(k)) for k in range(len(executions))]

    def find(self, job_id: str) -> Any:
        return _find(self.backend, job_id)

    def seconds(self, program: Any) -> float | None:
        return _seconds(self.backend, program, self.delay)


class _SamplerMachine:
    """A `SamplerV2` primitive: one circuit with the numbers of many samples in a PUB."""

    def __init__(self, sampler: Any, most: int | None, delay: float) -> None:
        inner = getattr(sampler, "backend", None) or getattr(sampler, "_backend", None)
        self.backend = inner() if callable(inner) else inner
        self.sampler, self.most, self.delay = sampler, most, delay
        self.name = type(sampler).__name__ if self.backend is None else f"{type(sampler).__name__}:{self.backend.name}"

    def submit(self, executions: Sequence[Execution], shots: int, seed: int | None) -> Any:
        pubs = []
        for _, same in groupby(executions, key=lambda e: id(e.program)):
            rows = list(same)
            names = [p.name for p in rows[0].program.parameters]
            table = np.array([[row.values[name] for name in names] for row in rows], float).reshape(len(rows), -1)
            pubs.append((rows[0].program, table) if names else (rows[0].program, np.zeros((len(rows), 0))))
        return self.sampler.run(pubs, shots=shots)

    def counts(self, result: Any, executions: Sequence[Execution]) -> list[Counts]:
        found = []
        for pub in result:
            bits = pub.join_data()
            found += [_ours(bits.get_counts(index)) for index in np.ndindex(bits.shape)]
        if len(found) != len(executions):
            raise JobFailed(f"the job gave {len(found)} results for {len(executions)} circuits")
        return found

    def find(self, job_id: str) -> Any:
        return _find(self.backend, job_id)

    def seconds(self, program: Any) -> float | None:
        return _seconds(self.backend, program, self.delay)


def machine_of(backend: Any, most: int | None, delay: float) -> _BackendMachine | _SamplerMachine:
    """What submits to a backend or a primitive. Raises: TypeError when it is neither."""
    if isinstance(backend, need_extra("qiskit.primitives", "qiskit").BaseSamplerV2):
        return _SamplerMachine(backend, most, delay)
    if isinstance(backend, need_extra("qiskit.providers", "qiskit").BackendV2):
        return _BackendMachine(backend, most, delay)
    raise TypeError(
        f"Argument `backend` must be a Qiskit BackendV2 or a SamplerV2 primitive, but is {type(backend).__name__}."
    )


def _find(backend: Any, job_id: str) -> Any:
    """A job sent off earlier, by the backend's own way or its service's; None where there is none."""
    own = getattr(backend, "retrieve_job", None)
    if own is None:
        own = getattr(getattr(backend, "service", None), "job", None)
    return None if own is None else own(job_id)


def _size(backend: Any) -> int | None:
    return getattr(backend, "num_qubits", None)


def _bound(execution: Execution) -> Any:
    names = {p: execution.values[p.name] for p in execution.program.parameters}
    return execution.program.assign_parameters(names) if names else execution.program


def _seconds(backend: Any, program: Any, delay: float) -> float | None:
    """How long a shot takes: the longest way through the circuit, and the wait before the next shot."""
    target = getattr(backend, "target", None)
    if target is None:
        return None
    steps, known = [], False
    for item in program.data:
        places = tuple(program.find_bit(q).index for q in item.qubits)
        rows = target[item.operation.name] if item.operation.name in target.operation_names else {}
        properties = rows.get(places) if rows else None
        time = getattr(properties, "duration", None)
        known = known or time is not None
        steps.append(((*places, *item.clbits), time or 0.0))
    return longest(steps) + delay if known else None


# ---------------------------------------------------------------------- circuits and bits
def _to_qiskit(circuit: Circuit) -> Any:
    from ketwork.circuit.to_qiskit import to_qiskit

    return to_qiskit(circuit)


def compact(native: Any, ends: Sequence[int]) -> tuple[Any, tuple[int, ...]]:
    """A Qiskit circuit on only those qubits that something happens on or that are in `ends`, and which they are."""
    touched = {
        native.find_bit(q).index for item in native.data for q in item.qubits if item.operation.name != "barrier"
    }
    used = tuple(sorted(touched | set(ends)))
    new = {q: k for k, q in enumerate(used)}
    kinds = need_extra("qiskit.circuit", "qiskit")
    small = kinds.QuantumCircuit([kinds.Qubit() for _ in used], native.clbits)
    for register in native.cregs:
        small.add_register(register)
    small.global_phase = native.global_phase
    for item in native.data:
        if item.operation.name != "barrier":
            small.append(item.operation, [new[native.find_bit(q).index] for q in item.qubits], item.clbits)
    return small, used


def _ours(counts: Any) -> Counts:
    """Qiskit's counts, the last bit leftmost and registers apart, as ours, the first bit leftmost."""
    return {key.replace(" ", "")[::-1]: int(times) for key, times in sorted(counts.items())}


def bits_of(counts: Counts, width: int) -> Bits:
    """The shots (shots, width) of counts, in the order of their outcomes."""
    outcomes = np.array([[int(bit) for bit in key] for key in counts], np.uint8).reshape(len(counts), width)
    return np.repeat(outcomes, list(counts.values()), axis=0)


def _rows(circuit: Circuit, x: Floats, w: Floats) -> list[dict[str, float]]:
    """The values of a circuit's slots by the names that they have in Qiskit, for every sample."""
    shared = {f"w[{k}]": float(v) for k, v in enumerate(w)}
    return [{**{f"x[{k}]": float(v) for k, v in enumerate(row)}, **shared} for row in x]


def _bytes(values: dict[str, float]) -> bytes:
    return np.array(list(values.values()), "<f8").tobytes()
