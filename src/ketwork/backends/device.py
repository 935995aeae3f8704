"""A simulated device as a Backend: circuits in its native gates, on its best qubits, under its noise."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ketwork.backends.jobs import longest
from ketwork.backends.protocol import Compiled, Cost, Floats, own_slots, with_all_slots
from ketwork.checks import check_int
from ketwork.circuit.circuit import Circuit
from ketwork.engine.batch import Gradient
from ketwork.engine.door import check_observables, check_qubits, check_slots
from ketwork.engine.sampling import Bits
from ketwork.engine.simulator import Simulator
from ketwork.noise.calibration import Device
from ketwork.noise.calibration_files import load_device
from ketwork.noise.model import NoiseModel
from ketwork.noise.transpile import Transpiled, transpile
from ketwork.operators.grouping import group_qubitwise
from ketwork.operators.pauli import PauliSum
from ketwork.seeds import Seed

_REMEMBERED = 1000  # transpiled circuits
_BETWEEN_SHOTS = 250e-6  # seconds that a machine takes to make its qubits ready again


@dataclass(frozen=True, eq=False)
class DeviceBackend:
    """A device that is simulated from its calibration (extra `qiskit`, which transpiles).

    device: a `Device`, the name of a shipped one, or a path that `load_device` reads. shots: None for exact noisy
    values; else how often each measurement basis is read. precision, seed, method, threads: as of `Simulator`.
    optimization_level: of Qiskit's transpiler, 0 to 3. transpile_seed: its seed; default `seed`, or 0. qubits: the
    device's qubit for each qubit of a circuit; default what suits among `device.best_qubits(n)`. idle: whether waiting
    qubits relax.
    A circuit is transpiled once, with its inputs and weights open, and simulated on the qubits that it uses.
    Raises: ImportError without Qiskit; ValueError for circuits with more qubits than the device, or than `qubits`.
    """

    device: Device
    shots: int | None = None
    precision: str = field(default="double", kw_only=True)
    seed: int | None = field(default=None, kw_only=True)
    method: str = field(default="auto", kw_only=True)
    optimization_level: int = field(default=1, kw_only=True)
    transpile_seed: int | None = field(default=None, kw_only=True)
    qubits: tuple[int, ...] | None = field(default=None, kw_only=True)
    idle: bool = field(default=True, kw_only=True)
    threads: int | None = field(default=None, kw_only=True)
    _native: dict[Any, Transpiled] = field(default_factory=dict, init=False, repr=False)
    _noise: dict[tuple[int, ...], NoiseModel] = field(default_factory=dict, init=False, repr=False)
    _literal: "dict[Any, DeviceBackend]" = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.device, str | Path):
            object.__setattr__(self, "device", load_device(self.device))
        if not isinstance(self.device, Device):
            raise TypeError(f"Argument `device` must be a Device or its name, but is {type(self.device).__name__}.")
        if self.qubits is not None:
            object.__setattr__(self, "qubits", self.device.check_qubits(self.qubits))
        check_int("optimization_level", self.optimization_level, 0, 3)
        if self.transpile_seed is None:  # settled here: copies that draw other shots run the same native circuit
            object.__setattr__(self, "transpile_seed", self.seed or 0)
        self.simulator(())  # checks the rest

    # ------------------------------------------------------------------ what a Backend does
    @property
    def differentiable(self) -> bool:
        """Whether `value_and_pullback` can be called: as of the simulator."""
        return self.simulator(()).differentiable

    def expectation(self, circuit: Circuit, observables: Any, x: Any = None, w: Any = None) -> Floats:
        """Expectation values (B, M) as they would be read on the device: exact ones, or estimates from shots."""
        native, sums, slots = self._prepared(circuit, observables, x, w)
        return self.simulator(native.qubits).expectation(native.circuit, sums, *slots)

    def value_and_pullback(
        self, circuit: Circuit, observables: Any, x: Any = None, w: Any = None
    ) -> tuple[Floats, Callable[[Any], Gradient]]:
        """Expectation values (B, M), and a function from their cotangents (B, M) to a `Gradient`, through the native
        circuit, noise and all."""
        native, sums, slots = self._prepared(circuit, observables, x, w)
        values, pull_back = self.simulator(native.qubits).value_and_pullback(native.circuit, sums, *slots)
        return values, with_all_slots(pull_back, circuit)

    def sample(
        self,
        circuit: Circuit,
        x: Any = None,
        w: Any = None,
        shots: int = 1024,
        qubits: Sequence[int] | None = None,
        seed: Seed = None,
    ) -> Bits:
        """Shots (B, shots, k) of 0 and 1, as they would be read: all qubits, the given ones, or, where the circuit
        measures, its classical bits."""
        slots = check_slots(circuit, x, w)
        native = self.native(circuit)
        if qubits is None and any(gate.name in ("measure", "reset") or gate.condition for gate in circuit.gates):
            read = None
        else:
            read = [native.wires[q] for q in check_qubits(circuit.n_qubits, qubits)]
        given = own_slots(native.circuit, *slots)
        return self.simulator(native.qubits).sample(native.circuit, *given, shots=shots, qubits=read, seed=seed)

    def compile(self, circuit: Circuit) -> Compiled:
        """The circuit in native gates on the qubits that it uses, and a backend that runs circuits on just those:
        native gates as they are, others translated one by one, nothing moved and nothing cancelled."""
        native = self.native(circuit)
        key = native.qubits, self.seed
        if key not in self._literal:
            if len(self._literal) >= _REMEMBERED:
                self._literal.clear()
            self._literal[key] = replace(self, optimization_level=0, qubits=native.qubits)
        return Compiled(self._literal[key], native.circuit, native.wires)

    def cost(self, circuit: Circuit, observables: Any, batch: int = 1) -> Cost:
        """What `expectation` of a batch costs. seconds: about what the machine itself would take for the shots, from
        its gate times; None for exact values, which no machine gives."""
        check_int("batch", batch, 1)
        groups = group_qubitwise(check_observables(circuit.n_qubits, observables))
        if self.shots is None:
            return Cost(batch, 0)
        runs = batch * len(groups)
        return Cost(runs, runs * self.shots, runs * self.shots * (self.seconds(circuit) + _BETWEEN_SHOTS))

    # ------------------------------------------------------------------ on the way
    def native(self, circuit: Circuit) -> Transpiled:
        """The circuit as the device runs it, transpiled once."""
        if not isinstance(circuit, Circuit):
            raise TypeError(f"Argument `circuit` must be a Circuit, but is {type(circuit).__name__}.")
        key = circuit.digest
        if key not in self._native:
            if self.qubits is not None and circuit.n_qubits > len(self.qubits):
                raise ValueError(
                    f"The circuit has {circuit.n_qubits} qubits, but argument `qubits` names {len(self.qubits)}."
                )
            if len(self._native) >= _REMEMBERED:
                self._native.clear()
            layout = None if self.qubits is None else self.qubits[: circuit.n_qubits]
            self._native[key] = transpile(
                circuit, self.device, self.optimization_level, layout, self.transpile_seed or 0
            )
        return self._native[key]

    def simulator(self, qubits: Sequence[int]) -> Simulator:
        """The simulator of some of the device's qubits, renumbered from 0; of none, an ideal one."""
        chosen = tuple(qubits)
        if chosen and chosen not in self._noise:
            self._noise[chosen] = self.device.noise_model(chosen, self.idle)
        return Simulator(
            self.precision,
            self.threads,
            self.seed,
            noise=self._noise.get(chosen),
            method=self.method,
            shots=self.shots,
        )

    def seconds(self, circuit: Circuit) -> float:
        """How long one shot takes on the machine, reading included; gates of which no time is known take none."""
        native = self.native(circuit)
        steps: list[tuple[Sequence[Any], float]] = []
        for gate in native.circuit.gates:
            data = self.device.gate(gate.name, [native.qubits[q] for q in gate.qubits])
            steps.append((gate.qubits, (data.seconds if data else None) or 0.0))
        if not any(gate.name == "measure" for gate in circuit.gates):
            steps += [((q,), self.device.qubits[native.qubits[q]].readout_seconds or 0.0) for q in native.wires]
        return longest(steps)

    def _prepared(
        self, circuit: Circuit, observables: Any, x: Any, w: Any
    ) -> tuple[Transpiled, list[PauliSum], tuple[Any, Any]]:
        """The native circuit, the observables where its qubits are at the end, and the slots that it still has."""
        slots = check_slots(circuit, x, w)
        sums = check_observables(circuit.n_qubits, observables)
        native = self.native(circuit)
        placed = [s.placed(native.wires, native.circuit.n_qubits) for s in sums]
        return native, placed, own_slots(native.circuit, *slots)
