"""A device for searches: circuits stay on the qubits that were chosen once, and are rewritten instead of transpiled."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ketwork.backends.protocol import Compiled, Floats, own_slots, with_all_slots
from ketwork.circuit import Circuit
from ketwork.engine.batch import Gradient
from ketwork.engine.sampling import Bits
from ketwork.engine.simulator import Simulator
from ketwork.noise import Device, NoiseModel
from ketwork.search.native_gates import NativeGates
from ketwork.seeds import Seed


@dataclass(frozen=True, eq=False)
class PlacedBackend:
    """A Backend: qubit k of every circuit is qubit k of `device` (restrict it to those that are to be used), each gate
    as the device's own (`NativeGates`), under a noise model of these.

    noise: None for none. shots: None for exact values; else how often each measurement basis is read. joins: whether
    neighbouring turns are joined; native gates are left as they are otherwise. Qubits of a circuit beyond the device's
    are a reference without noise, which may be prepared and read, and holds no gates.
    Raises: ValueError for circuits with gates on pairs that the device does not couple.
    """

    device: Device
    noise: NoiseModel | None = None
    shots: int | None = None
    seed: int | None = field(default=None, kw_only=True)
    joins: bool = field(default=True, kw_only=True)
    precision: str = field(default="double", kw_only=True)
    threads: int | None = field(default=None, kw_only=True)
    _wide: dict[int, NoiseModel] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def gates(self) -> NativeGates:
        """What circuits are rewritten into."""
        return NativeGates.of(self.device)

    @property
    def differentiable(self) -> bool:
        """Whether `value_and_pullback` can be called."""
        return self.shots is None

    def native(self, circuit: Circuit) -> Circuit:
        """The circuit as the device runs it, rewritten once."""
        known, key = circuit._memo.setdefault("native", {}), (self.gates, self.joins)
        if key not in known:
            known[key] = self.gates.circuit(circuit, self.joins)
        found: Circuit = known[key]
        return found

    def simulator(self, n_qubits: int) -> Simulator:
        """What runs native circuits of so many qubits."""
        noise = self.noise
        if noise is not None and noise.n_qubits is not None and noise.n_qubits < n_qubits:
            if n_qubits not in self._wide:
                self._wide[n_qubits] = replace(noise, n_qubits=n_qubits, _memo={})
            noise = self._wide[n_qubits]
        return Simulator(self.precision, self.threads, self.seed, noise=noise, shots=self.shots)

    def expectation(self, circuit: Circuit, observables: Any, x: Any = None, w: Any = None) -> Floats:
        """Expectation values (B, M)."""
        native = self.native(circuit)
        return self.simulator(circuit.n_qubits).expectation(native, observables, *own_slots(native, x, w))

    def value_and_pullback(
        self, circuit: Circuit, observables: Any, x: Any = None, w: Any = None
    ) -> tuple[Floats, Callable[[Any], Gradient]]:
        """Expectation values (B, M), and a function from their cotangents (B, M) to a `Gradient`."""
        native = self.native(circuit)
        slots = own_slots(native, x, w)
        values, pull_back = self.simulator(circuit.n_qubits).value_and_pullback(native, observables, *slots)
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
        """Shots (B, shots, k) of 0 and 1, as they would be read."""
        native = self.native(circuit)
        given = own_slots(native, x, w)
        return self.simulator(circuit.n_qubits).sample(native, *given, shots=shots, qubits=qubits, seed=seed)

    def compile(self, circuit: Circuit) -> Compiled:
        """The native circuit, and a backend that leaves native gates as they are, also where they undo each other."""
        return Compiled(replace(self, joins=False), self.native(circuit), tuple(range(circuit.n_qubits)))
