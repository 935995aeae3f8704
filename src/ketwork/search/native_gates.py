"""Circuits in the gates of a device without a transpiler: fixed rewritings, so that thousands a second can be made.

Every gate is taken as turns of one qubit and of pairs (its row of the gate table), and these as the device's gates.
Angles stay polynomials in the circuit's inputs and weights; qubits stay where they are, so pairs must be coupled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, isclose, pi, remainder, sin
from typing import NamedTuple

import numpy as np

from ketwork.circuit import Angle, Circuit
from ketwork.circuit.angle import as_param
from ketwork.circuit.decompose import gate_steps, zyz_angles
from ketwork.circuit.gates import Move, Phase, Rot
from ketwork.circuit.operation import Gate
from ketwork.noise.calibration import Device

Param = Angle | float
_EXACT = 1e-12  # angles closer than this are one
_ANYWHERE = ("prepare", "measure", "reset", "global_phase")  # what every device does, or what is not done at all
_TURNS = ("rz", "sx", "x", "i")  # what can be joined with its neighbours
ENTANGLERS = ("cx", "cz", "ecr", "rzz")
"""Two-qubit gates that all others can be made of, the first that a pair has is taken."""


class Turn(NamedTuple):
    """A rotation of a qubit about "x" or "z"."""

    axis: str
    qubit: int
    angle: Param


Item = Turn | Gate


@dataclass(frozen=True)
class NativeGates:
    """The gates of a device by (name, qubits), and circuits made of them.

    Raises: ValueError for gates of which no other can be made: on every qubit it takes rz with sx or rx.
    """

    n_qubits: int
    places: frozenset[tuple[str, tuple[int, ...]]]

    def __post_init__(self) -> None:
        for q in range(self.n_qubits):
            if not (self._has("rz", q) and (self._has("sx", q) or self._has("rx", q))):
                known = ", ".join(sorted({name for name, qubits in self.places if qubits == (q,)})) or "no gate"
                raise ValueError(
                    f"Circuits are rewritten into rz with sx or rx, but qubit {q} of the device has {known}."
                )

    @classmethod
    def of(cls, device: Device) -> "NativeGates":
        """Those of a device."""
        return cls(device.n_qubits, frozenset((gate.name, gate.qubits) for gate in device.gates))

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """The pairs (a, b), a < b, on which any two-qubit gate can be done."""
        found = {qubits for name, qubits in self.places if name in ENTANGLERS}
        return tuple(sorted({(min(pair), max(pair)) for pair in found}))

    def circuit(self, circuit: Circuit, join: bool = True) -> Circuit:
        """A circuit in these gates, the same up to a global phase; qubits beyond the device's may hold no gates.

        join: turns that follow each other on a qubit are joined; else native gates stay as they are.
        Raises: ValueError for two-qubit gates on pairs that are not coupled, and gates on more qubits than two.
        """
        items = [item for gate in circuit for item in self.items(gate, join)]
        if join:
            lowered = self._joined(items)
        else:
            lowered = [gate for item in items for gate in self._lowered(item)]
        return Circuit._trusted(circuit.n_qubits, lowered, circuit.n_bits)

    def items(self, gate: Gate, join: bool = True) -> list[Item]:
        """A gate as turns of single qubits, and native gates, what could be joined with others as turns too.

        Raises: as `circuit`.
        """
        items: list[Item] = []
        self._add(items, gate, join)
        return items

    def run(self, qubit: int, turns: Sequence[Turn]) -> list[Gate]:
        """Turns of one qubit that follow each other, joined, as native gates."""
        return _joined_gates([gate for turn in _short(qubit, turns) for gate in self._lowered(turn)])

    def _joined(self, items: Sequence[Item]) -> list[Gate]:
        """All turns that follow each other on a qubit joined."""
        found: list[Gate] = []
        runs: dict[int, list[Turn]] = {}
        for item in items:
            if isinstance(item, Turn):
                runs.setdefault(item.qubit, []).append(item)
                continue
            for q in item.qubits:
                found += self.run(q, runs.pop(q, []))
            found.append(item)
        for q, run in runs.items():
            found += self.run(q, run)
        return found

    def _has(self, name: str, *qubits: int) -> bool:
        return (name, qubits) in self.places

    # ------------------------------------------------------------------ any gate as turns and native gates
    def _add(self, items: list[Item], gate: Gate, join: bool) -> None:
        if gate.name in _ANYWHERE:
            if gate.name != "global_phase":
                items.append(gate)
        elif (gate.name, gate.qubits) in self.places and not (join and gate.name in _TURNS):
            items.append(gate)
        elif len(gate.qubits) > 2:
            raise ValueError(
                f"Gate {gate.name!r} acts on {len(gate.qubits)} qubits and cannot be rewritten; take those on "
                "one or two."
            )
        else:
            for step in gate_steps(gate):
                self._add_step(items, step, gate)

    def _add_step(self, items: list[Item], step: Rot | Move | Phase, gate: Gate) -> None:
        if isinstance(step, Phase):
            return
        if isinstance(step, Move):
            qubits = [gate.qubits[k] for k in step.qubits]
            if step.kind == "x":
                items.append(Turn("x", qubits[0], pi))
            elif step.kind == "cx":
                self._add_cx(items, qubits[0], qubits[1])
            else:
                for a, b in (qubits, qubits[::-1], qubits):
                    self._add_cx(items, a, b)
            return
        angle = step.offset + sum((c * p for c, p in zip(step.coefficients, gate.params, strict=False) if c), 0.0)
        self._add_rotation(items, [(q, p) for q, p in zip(gate.qubits, step.pauli, strict=True) if p != "I"], angle)

    def _add_rotation(self, items: list[Item], letters: list[tuple[int, str]], angle: Param) -> None:
        """exp(-i angle/2 P) for a string P of one or two letters, brought to Z and back."""
        if len(letters) == 1 and letters[0][1] == "X":
            self._add_x(items, letters[0][0], angle)
            return
        for q, letter in letters:
            items.extend(_to_z(q, letter))
        if len(letters) == 1:
            items.append(Turn("z", letters[0][0], angle))
        elif letters:
            self._add_zz(items, letters[0][0], letters[1][0], angle)
        for q, letter in letters:
            items.extend(_inverse(_to_z(q, letter)))

    def _add_x(self, items: list[Item], q: int, angle: Param) -> None:
        """An open angle is left to rz where there is no rx: what is by numbers alone can be joined with more of it."""
        if not isinstance(angle, Angle) or not self._has("sx", q):
            items.append(Turn("x", q, angle))
            return
        items += [Turn("z", q, pi / 2), Turn("x", q, pi / 2), Turn("z", q, angle + pi)]
        items += [Turn("x", q, pi / 2), Turn("z", q, pi / 2)]

    def _add_zz(self, items: list[Item], a: int, b: int, angle: Param) -> None:
        if self._entangler(a, b) == "rzz":
            items.append(Gate("rzz", (a, b) if self._has("rzz", a, b) else (b, a), (angle,)))
            return
        quarters = None if isinstance(angle, Angle) else _quarters(angle)
        if quarters is not None and quarters % 2:  # CZ = RZ(pi/2) RZ(pi/2) RZZ(-pi/2), up to phase
            self._add_cz(items, a, b)
            items += [Turn("z", q, pi / 2 if quarters == 1 else -pi / 2) for q in (a, b)]
        elif quarters is not None:
            items += [Turn("z", q, pi) for q in (a, b) if quarters == 2]
        else:
            if self._has("cx", b, a) or self._has("ecr", b, a):
                a, b = b, a
            self._add_cx(items, a, b)
            items.append(Turn("z", b, angle))
            self._add_cx(items, a, b)

    def _add_cx(self, items: list[Item], control: int, target: int) -> None:
        kind = self._entangler(control, target)
        if kind in ("cz", "rzz"):
            items += _hadamard(target)
            self._add_cz(items, control, target)
            items += _hadamard(target)
        elif not self._has(kind, control, target):
            both = [*_hadamard(control), *_hadamard(target)]
            items += both
            self._add_cx(items, target, control)
            items += both
        elif kind == "cx":
            items.append(Gate("cx", (control, target)))
        else:  # ECR = X RZX(pi/2), and CX = RZ(pi/2) RX(pi/2) RZX(-pi/2) up to phase
            items += [Turn("x", control, pi), Gate("ecr", (control, target))]
            items += [Turn("z", control, pi / 2), Turn("x", target, pi / 2)]

    def _add_cz(self, items: list[Item], a: int, b: int) -> None:
        kind = self._entangler(a, b)
        if kind == "cz":
            items.append(Gate("cz", (a, b) if self._has("cz", a, b) else (b, a)))
        elif kind == "rzz":
            items.append(Gate("rzz", (a, b) if self._has("rzz", a, b) else (b, a), (-pi / 2,)))
            items += [Turn("z", a, pi / 2), Turn("z", b, pi / 2)]
        else:
            items += _hadamard(b)
            self._add_cx(items, a, b)
            items += _hadamard(b)

    def _entangler(self, a: int, b: int) -> str:
        for name in ENTANGLERS:
            if self._has(name, a, b) or self._has(name, b, a):
                return name
        raise ValueError(f"The device does not couple qubits {a} and {b}, or by none of {', '.join(ENTANGLERS)}.")

    # ------------------------------------------------------------------ turns as native gates
    def _lowered(self, item: Item) -> list[Gate]:
        if isinstance(item, Gate):
            return [item]
        q, angle = (item.qubit,), item.angle
        if item.axis == "z":
            return [Gate("rz", q, (angle,))]
        if not self._has("sx", item.qubit):
            return [Gate("rx", q, (angle,))]
        quarters = None if isinstance(angle, Angle) else _quarters(angle)
        if quarters == 1:
            return [Gate("sx", q)]
        if quarters == 2:
            return [Gate("x", q)] if self._has("x", item.qubit) else [Gate("sx", q)] * 2
        if quarters == 3:
            return [Gate("rz", q, (pi,)), Gate("sx", q), Gate("rz", q, (pi,))]
        outer = Gate("rz", q, (pi / 2,))
        return [outer, Gate("sx", q), Gate("rz", q, (angle + pi,)), Gate("sx", q), outer]


def _hadamard(qubit: int) -> list[Turn]:
    return [Turn("z", qubit, pi / 2), Turn("x", qubit, pi / 2), Turn("z", qubit, pi / 2)]


def _to_z(qubit: int, letter: str) -> list[Turn]:
    """The turns that make a rotation about Z one about the letter, when they come before it and their inverse after."""
    if letter == "X":
        return _hadamard(qubit)
    return [Turn("x", qubit, pi / 2)] if letter == "Y" else []


def _inverse(turns: list[Turn]) -> list[Turn]:
    return [turn._replace(angle=-turn.angle) for turn in reversed(turns)]


def _quarters(angle: float) -> int | None:
    """How many quarter turns an angle is, 0 to 3, or None."""
    count = round(angle / (pi / 2))
    return count % 4 if isclose(angle, count * pi / 2, rel_tol=0, abs_tol=_EXACT * max(1, abs(count))) else None


# ---------------------------------------------------------------------- joining neighbours
def _short(qubit: int, run: Sequence[Turn]) -> list[Turn]:
    """Turns of one qubit, in as few."""
    joined: list[Turn] = []
    fixed: list[tuple[str, float]] = []
    for turn in run:
        if isinstance(turn.angle, Angle):
            _push(joined, qubit, fixed)
            fixed = []
            _push_one(joined, turn)
        else:
            fixed.append((turn.axis, turn.angle))
    _push(joined, qubit, fixed)
    return joined


def _push(joined: list[Turn], qubit: int, fixed: list[tuple[str, float]]) -> None:
    for axis, angle in _as_three(tuple(fixed)):
        _push_one(joined, Turn(axis, qubit, angle))


def _push_one(joined: list[Turn], turn: Turn) -> None:
    if joined and joined[-1].axis == turn.axis:
        turn = turn._replace(angle=as_param(joined.pop().angle + turn.angle))
    if isinstance(turn.angle, Angle) or abs(remainder(turn.angle, 2 * pi)) > _EXACT:
        joined.append(turn)


@lru_cache(maxsize=4096)
def _as_three(turns: tuple[tuple[str, float], ...]) -> tuple[tuple[str, float], ...]:
    """Turns by numbers as one about z, one about x and one about z, or fewer."""
    if len(turns) < 2:
        return turns
    matrix = np.eye(2, dtype=complex)
    for axis, angle in turns:
        c, s = cos(angle / 2), sin(angle / 2)
        matrix = np.array([[c, -1j * s], [-1j * s, c]] if axis == "x" else [[c - 1j * s, 0], [0, c + 1j * s]]) @ matrix
    _, phi, theta, lam = zyz_angles(matrix)
    if abs(sin(theta / 2)) < _EXACT:
        return (("z", phi + lam),)
    if abs(cos(theta / 2)) < _EXACT:  # X and a turn about z, before or after
        return (("z", lam - phi - pi), ("x", pi))
    return (("z", lam - pi / 2), ("x", theta), ("z", phi + pi / 2))


def _joined_gates(gates: Sequence[Gate]) -> list[Gate]:
    """Gates of one qubit with neighbouring rz as one, and without those by nothing."""
    found: list[Gate] = []
    for gate in gates:
        if gate.name == "rz" and found and found[-1].name == "rz":
            gate = gate._replace(params=(as_param(found.pop().params[0] + gate.params[0]),))
        found.append(gate)
    return [gate for gate in found if not _nothing(gate)]


def _nothing(gate: Gate) -> bool:
    if gate.name != "rz" or isinstance(gate.params[0], Angle):
        return False
    return abs(remainder(gate.params[0], 2 * pi)) <= _EXACT
