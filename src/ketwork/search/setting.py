"""Where the circuits of a search are built and run: gates, couplings and limits, a device, noise, shots."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ketwork.checks import check_int
from ketwork.circuit.gates import GATES
from ketwork.engine.simulator import Simulator
from ketwork.noise import Device, NoiseModel, depolarizing, load_device
from ketwork.search.goals import Goal
from ketwork.search.inner import Inner
from ketwork.search.native_gates import NativeGates
from ketwork.search.placed_backend import PlacedBackend
from ketwork.search.space import Space
from ketwork.search.tasks import Task
from ketwork.solve.vqe import draws

GATE_SET = ("rx", "ry", "rz", "cx")
"""What circuits are made of where nobody says, as in Patel et al., arXiv:2402.03500."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a task is besides its goal.

    device: a `Device`, the name of a shipped one or a file; circuits then stay on its best connected qubits (or on
    `qubits`), two-qubit gates on those that it couples, and are run in its own gates. noise: True for that of the
    device (none without one), False for none, or a `NoiseModel` of the gates that are run, on the qubits of the task.
    idle: whether qubits of the device relax while they wait. shots: None for exact values.
    gates: names of the gate table, "native" for the device's own; None for `GATE_SET`. couplings: pairs of qubits; None
    for the device's, or all. max_gates, max_depth, max_two_qubit, layers: as of `Space`.
    inner: how angles are found; None for `steps` steps of L-BFGS where values are exact, of Adam-SPSA where they are
    drawn. seed: of the shots.
    Raises: ValueError for unknown devices and gates, devices with fewer qubits than the task, couplings that the device
    lacks or that leave qubits without a path to the others.
    """

    device: Device | str | Path | None = None
    noise: NoiseModel | bool = True
    shots: int | None = None
    qubits: Sequence[int] | None = None
    idle: bool = True
    gates: Sequence[str] | str | None = None
    couplings: Sequence[tuple[int, int]] | None = None
    max_gates: int = 40
    max_depth: int | None = None
    max_two_qubit: int | None = None
    layers: tuple[str, ...] = ()
    inner: Inner | None = None
    steps: int = 50
    seed: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.device, str | Path):
            object.__setattr__(self, "device", load_device(self.device))
        if self.device is not None and not isinstance(self.device, Device):
            raise TypeError(f"Argument `device` must be a Device or its name, but is {type(self.device).__name__}.")
        if not isinstance(self.noise, bool | NoiseModel):
            raise TypeError(f"Argument `noise` must be a NoiseModel, True or False, but is {self.noise!r:.60}.")
        if self.device is None and (self.qubits is not None or self.gates == "native"):
            raise ValueError("Arguments `qubits` and gates='native' are of a device, but `device` is None.")
        check_int("steps", self.steps, 1)
        check_int("seed", self.seed, 0)

    def task(self, name: str, goal: Goal) -> Task:
        """The task of a goal in this setting."""
        backend = self.backend(goal.n_qubits)
        return Task(name, goal, self.space(goal.n_qubits), backend, self._inner(backend))

    def space(self, n_qubits: int) -> Space:
        """What may be built on so many qubits."""
        part = self.part(n_qubits)
        gates: Any = GATE_SET if self.gates is None else self.gates
        if gates == "native" and part is not None:
            gates = [name for name in part.basis if name != "i"]
        names: Any = gates if isinstance(gates, str) else tuple(gates)
        couplings = self.couplings
        coupled = None if part is None else NativeGates.of(part).pairs
        if couplings is None:
            couplings = coupled
        limits = (self.max_gates, self.max_depth, self.max_two_qubit, self.layers)
        pairs = None if couplings is None else tuple(couplings)
        space = Space(n_qubits, names, pairs, *limits)
        beyond = sorted(set(space.couplings or ()) - set(coupled or ()))
        if coupled is not None and beyond:
            raise ValueError(f"Argument `couplings` holds {beyond[0]}, but the device couples {coupled} alone.")
        _check_connected(space)
        return space

    def backend(self, n_qubits: int) -> Any:
        """Where circuits of so many qubits run; None for the ideal simulator with exact values."""
        part = self.part(n_qubits)
        given = _on_qubits(self.noise, n_qubits) if isinstance(self.noise, NoiseModel) else None
        if part is not None:
            noise = part.noise_model(idle=self.idle) if self.noise is True else given
            return PlacedBackend(part, noise, self.shots, seed=self.seed)
        if given is None and self.shots is None:
            return None
        return Simulator("double", seed=self.seed, noise=given, shots=self.shots)

    def part(self, n_qubits: int) -> Device | None:
        """The part of the device that circuits of so many qubits run on, renumbered from 0."""
        if not isinstance(self.device, Device):
            return None
        if self.qubits is None:
            return self.device.restricted(self.device.best_qubits(n_qubits))
        if len(self.qubits) != n_qubits:
            raise ValueError(f"Argument `qubits` must name the {n_qubits} qubits of the task, but is {self.qubits}.")
        return self.device.restricted(self.qubits)

    def _inner(self, backend: Any) -> Inner:
        if self.inner is not None:
            return self.inner
        return Inner("adam-spsa" if draws(backend) else "l-bfgs", self.steps)


def gate_noise(one: float, two: float) -> NoiseModel:
    """Depolarising noise after every gate: the mixed state takes its qubits' place with probability `one` after gates
    on one qubit and `two` after gates on two."""
    by_size = {k: [name for name, row in GATES.items() if row.n_qubits == k] for k in (1, 2)}
    model = NoiseModel()
    for size, p in ((1, one), (2, two)):
        if p:
            model = model.add(depolarizing(p, size), by_size[size])
    return model


def _on_qubits(noise: NoiseModel, n_qubits: int) -> NoiseModel:
    """The same on the first so many qubits alone: what is beyond them is a reference, prepared and read without."""
    where = tuple(range(n_qubits))
    rules = tuple(
        replace(rule, qubits=where) if rule.when == "start" and rule.qubits is None else rule for rule in noise.rules
    )
    waiting = tuple(
        replace(idle, t1=idle.t1 * n_qubits, t2=idle.t2 * n_qubits, qubits=where) if idle.qubits is None else idle
        for idle in noise.waiting
    )
    readouts = noise.confusions(n_qubits)
    return replace(noise, rules=rules, waiting=waiting, readouts=readouts, every_readout=None, _memo={})


def _check_connected(space: Space) -> None:
    """Raises: ValueError where gates on pairs never reach some qubits."""
    if space.couplings is None or all(GATES[name].n_qubits == 1 for name in space.gates):
        return
    reached, border = {0}, {0}
    while border:
        border = {b for pair in space.couplings for a, b in (pair, pair[::-1]) if a in border} - reached
        reached |= border
    if len(reached) < space.n_qubits:
        rest = sorted(set(range(space.n_qubits)) - reached)
        raise ValueError(
            f"The couplings do not connect qubits {', '.join(map(str, sorted(reached)))} with "
            f"{', '.join(map(str, rest))}: no circuit of the space entangles them."
        )
