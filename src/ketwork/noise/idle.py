"""Waiting qubits: when gates happen, and the relaxation of qubits that wait for others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ketwork.checks import check_choice, check_int, check_real
from ketwork.circuit.gates import ALIASES, GATES, SPECIAL
from ketwork.circuit.operation import Gate
from ketwork.noise.channel import thermal_relaxation
from ketwork.noise.rule import Placed

_NO_TIME = ("global_phase", "prepare")


@dataclass(frozen=True)
class Idle:
    """Thermal relaxation of waiting qubits. t1, t2: seconds, one a qubit, or one for all when `qubits` is None.

    durations: ((gate name, qubits or None), seconds) pairs. stretch: waiting counts as so many times its length.
    """

    t1: tuple[float, ...]
    t2: tuple[float, ...]
    durations: tuple[tuple[tuple[str, tuple[int, ...] | None], float], ...]
    qubits: tuple[int, ...] | None = None
    stretch: float = 1.0

    @staticmethod
    def of(t1: Any, t2: Any, durations: Mapping[Any, float], qubits: tuple[int, ...] | None) -> "Idle":
        """Checked. Raises: ValueError for times that are not positive, T2 > 2 T1, or other numbers than qubits."""
        count = 1 if qubits is None else len(qubits)
        times = []
        for name, value in (("t1", t1), ("t2", t2)):
            listed = list(value) if hasattr(value, "__len__") and not isinstance(value, str) else [value] * count
            if len(listed) != count:
                raise ValueError(f"Argument `{name}` must hold {count} times, one a qubit, but holds {len(listed)}.")
            times.append(tuple(check_real(name, v) for v in listed))
        for one, two in zip(*times, strict=True):
            thermal_relaxation(one, two, 0.0)
        if not isinstance(durations, Mapping):
            raise TypeError(f"Argument `durations` must map gates to seconds, but is a {type(durations).__name__}.")
        lengths = [(_place(key), check_real(f"durations[{key!r}]", s, 0.0)) for key, s in durations.items()]
        return Idle(times[0], times[1], tuple(lengths), qubits)

    def parameters(self) -> list[tuple[str, float]]:
        """(name, value) of the times that count as noise strengths."""
        where = ["all"] if self.qubits is None else [str(q) for q in self.qubits]
        pairs = zip(where, self.t1, self.t2, strict=True)
        return [item for q, one, two in pairs for item in ((f"idle.t1 [{q}]", one), (f"idle.t2 [{q}]", two))]

    def with_parameters(self, values: Sequence[float]) -> "Idle":
        """The same with other t1 and t2, in the order of `parameters`."""
        for one, two in zip(values[::2], values[1::2], strict=True):
            thermal_relaxation(one, two, 0.0)
        return replace(self, t1=tuple(values[::2]), t2=tuple(values[1::2]))

    def stretched(self, factor: float) -> "Idle":
        """The same when all waiting takes `factor` times as long."""
        return replace(self, stretch=self.stretch * factor)

    def moved(self, new: Mapping[int, int]) -> "Idle | None":
        """The same for renumbered qubits; None when none of them is left."""
        lengths = tuple(
            ((name, where if where is None else tuple(new[q] for q in where)), seconds)
            for (name, where), seconds in self.durations
            if where is None or set(where) <= set(new)
        )
        if self.qubits is None:
            return replace(self, durations=lengths)
        kept = [k for k, q in enumerate(self.qubits) if q in new]
        if not kept:
            return None
        return replace(
            self,
            t1=tuple(self.t1[k] for k in kept),
            t2=tuple(self.t2[k] for k in kept),
            durations=lengths,
            qubits=tuple(new[self.qubits[k]] for k in kept),
        )

    def inserted(self, items: Sequence[Any], n_qubits: int, first: int) -> list[Any]:
        """The items of a noisy circuit with relaxation wherever a qubit waits.

        Gates start as late as they can, and all qubits are read at the same time; a qubit that no gate has touched
        stays in its ground state. first: the index of the first of `parameters` among the model's strengths.
        """
        times = dict(self.durations)
        until = [0.0] * n_qubits  # how long before the end each qubit's next operation begins
        gaps: list[list[Any]] = [[] for _ in items]
        for place in range(len(items) - 1, -1, -1):
            gate = items[place]
            if not isinstance(gate, Gate) or gate.name in _NO_TIME:
                continue
            end = max(until[q] for q in gate.qubits)
            for q in gate.qubits:
                channel = self._waiting(q, end - until[q], first)
                if channel is not None:
                    gaps[place].append(channel)
                until[q] = end + _duration(gate, times)
        result: list[Any] = []
        pending: list[Any] = []
        for item, gap in zip(items, gaps, strict=True):
            if isinstance(item, Gate):
                result.extend(pending)
                pending = []
            result.append(item)
            pending.extend(gap)  # after the gate's own channels
        return [*result, *pending]

    def duration(self, gate: Gate) -> float:
        """How many seconds a gate takes. Raises: ValueError for gates of which nothing was said."""
        return 0.0 if gate.name in _NO_TIME else _duration(gate, dict(self.durations))

    def _waiting(self, qubit: int, time: float, first: int) -> Placed | None:
        if time <= 1e-15 or (self.qubits is not None and qubit not in self.qubits):
            return None
        place = 0 if self.qubits is None else self.qubits.index(qubit)
        channel = thermal_relaxation(self.t1[place], self.t2[place], time * self.stretch)
        at = first + 2 * place
        return Placed(channel, (qubit,), (at, at + 1, -1, -1))


def _place(key: Any) -> tuple[str, tuple[int, ...] | None]:
    """A key of durations: the gate's own name, and the qubits where they are named."""
    parts = (key, None) if isinstance(key, str) else key
    if not isinstance(parts, tuple) or len(parts) != 2 or not isinstance(parts[1], tuple | list | None):
        raise TypeError(f"Argument `durations` must have keys such as 'cx' or ('cx', (0, 1)), but has {key!r}.")
    name = check_choice("durations", parts[0], [*GATES, *ALIASES, *SPECIAL])
    return ALIASES.get(name, name), None if parts[1] is None else tuple(check_int("durations", q, 0) for q in parts[1])


def _duration(gate: Gate, times: Mapping[tuple[str, tuple[int, ...] | None], float]) -> float:
    for key in ((gate.name, gate.qubits), (gate.name, gate.qubits[::-1]), (gate.name, None)):
        if key in times:
            return times[key]
    if gate.name in ("measure", "reset"):
        return 0.0
    raise ValueError(f"The noise model does not say how long the gate {gate.name!r} takes on qubits {gate.qubits}.")
