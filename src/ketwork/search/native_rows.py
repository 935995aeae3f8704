"""Circuits in a device's gates for the kernels that train many at once: rewritten in tens of microseconds.

What `NativeGates` makes of a gate is worked out once for each place, and what becomes of the turns of one qubit between
two other gates once for every sequence of them, so that a new circuit is put together from what is known.
"""

from collections.abc import Sequence
from typing import NamedTuple

from ketwork.circuit import Angle, w
from ketwork.circuit.angle import Slot
from ketwork.circuit.operation import Gate
from ketwork.engine.many import Bound
from ketwork.engine.many_rows import NotPacked
from ketwork.search.native_gates import NativeGates, Turn

_ADDITIVE = ("rx", "rz", "rzz")  # turns by a sum are turns by its parts, one behind the other
_MOST_RUNS = 1 << 16  # known at a time


class _Piece(NamedTuple):
    """Rows of which every one takes a weight or none. refs: (number of the part, weight in it), or (-1, 0)."""

    rows: list[int]
    refs: list[tuple[int, int]]
    scales: list[float]
    constants: list[float]


class _Template(NamedTuple):
    """A gate of the search, rewritten. steps: (qubit, number of its turns), or (-1, number of a gate between turns)."""

    steps: list[tuple[int, int]]
    n_weights: int
    n_open: int


class NativeRows:
    """Gates of a search, whose weights are w[0], w[1], ... each, and the rows that they are rewritten into.

    rows: as `Many` takes them; quiet: the numbers of those without noise, which turn before a noisy one by part of a
    sum. Raises: NotPacked for angles that are not linear in the weights; ValueError for what the device cannot do.
    """

    def __init__(self, native: NativeGates, gates: Sequence[Sequence[Gate]]) -> None:
        self.native = native
        self.rows: list[tuple[Gate]] = []
        self.quiet: set[int] = set()
        self._numbers: dict[tuple[Gate, bool], int] = {}
        self._turns: dict[tuple[Turn, ...], int] = {}
        self._turn_lists: list[tuple[Turn, ...]] = []
        self._gates: list[tuple[tuple[int, ...], _Piece]] = []
        self._runs: dict[tuple[int, ...], _Piece] = {}
        self._closed = False
        self._templates = [self._template(row) for row in gates]
        for q in range(native.n_qubits):
            for name in ("rz", "sx", "x", "rx"):
                if (name, (q,)) in native.places:
                    self._piece([Gate(name, (q,), (w[0] + w[1],) if name[0] == "r" else ())], 0)
        self._closed = True
        self.most_open = max((template.n_open for template in self._templates), default=0)

    def bound(self, numbers: Sequence[int]) -> Bound:
        """The circuit of some of the gates, by their numbers, one behind the other."""
        found = Bound([], [], [], [], 0)
        runs: dict[int, list[int]] = {}
        bases: dict[int, list[int]] = {}
        base = 0
        for number in numbers:
            steps, count, _ = self._templates[number]
            for q, part in steps:
                if q < 0:
                    qubits, piece = self._gates[part]
                    for p in qubits:
                        if p in runs:
                            self._end(p, runs.pop(p), bases.pop(p), found)
                    _extend(found, piece, [base])
                elif q in runs:
                    runs[q].append(part)
                    bases[q].append(base)
                else:
                    runs[q], bases[q] = [part], [base]
            base += count
        for q, run in runs.items():
            self._end(q, run, bases[q], found)
        return found._replace(n_weights=base)

    # ------------------------------------------------------------------ once for every gate
    def _template(self, row: Sequence[Gate]) -> _Template:
        steps: list[tuple[int, int]] = []
        runs: dict[int, list[Turn]] = {}
        n_open = 0
        for item in (item for gate in row for item in self.native.items(gate)):
            if isinstance(item, Turn):
                runs.setdefault(item.qubit, []).append(item)
                n_open += len(_linear(item.angle)[1]) > 0
                continue
            for q in item.qubits:
                if q in runs:
                    steps.append((q, self._number_of_turns(tuple(runs.pop(q)))))
            steps.append((-1, len(self._gates)))
            self._gates.append((item.qubits, self._piece([item], 0)))
            n_open += sum(isinstance(param, Angle) for param in item.params)
        steps += [(q, self._number_of_turns(tuple(run))) for q, run in runs.items()]
        slots = [s.index for gate in row for param in gate.params if isinstance(param, Angle) for s in param.slots]
        return _Template(steps, 1 + max(slots, default=-1), n_open)

    def _number_of_turns(self, turns: tuple[Turn, ...]) -> int:
        if turns not in self._turns:
            self._turns[turns] = len(self._turn_lists)
            self._turn_lists.append(turns)
        return self._turns[turns]

    # ------------------------------------------------------------------ once for every sequence of turns
    def _end(self, qubit: int, run: list[int], bases: list[int], found: Bound) -> None:
        """The turns of a qubit so far as rows."""
        key = tuple(run)
        piece = self._runs.get(key)
        if piece is None:
            if len(self._runs) >= _MOST_RUNS:
                self._runs.clear()
            piece = self._runs[key] = self._run(qubit, key)
        _extend(found, piece, bases)

    def _run(self, qubit: int, parts: tuple[int, ...]) -> _Piece:
        listed = [self._turn_lists[part] for part in parts]
        width = 1 + max((s.index for turns in listed for turn in turns for s in _slots(turn.angle)), default=0)
        moved = [
            turn if not isinstance(turn.angle, Angle) else turn._replace(angle=_moved(turn.angle, k * width))
            for k, turns in enumerate(listed)
            for turn in turns
        ]
        return self._piece(self.native.run(qubit, moved), width)

    def _piece(self, gates: Sequence[Gate], width: int) -> _Piece:
        """Gates as rows. width: how many weights each part has, 0 for one part alone."""
        piece = _Piece([], [], [], [])

        def add(row: int, slot: int, scale: float, constant: float) -> None:
            piece.rows.append(row)
            piece.refs.append((-1, 0) if slot < 0 else divmod(slot, width) if width else (0, slot))
            piece.scales.append(scale)
            piece.constants.append(constant)

        for gate in gates:
            if not any(isinstance(param, Angle) for param in gate.params) and gate.name not in _ADDITIVE:
                add(self._row(gate, False), -1, 0.0, 0.0)
            elif gate.name in _ADDITIVE:
                constant, terms = _linear(gate.params[0])
                for scale, slot in terms[:-1]:
                    add(self._row(gate._replace(params=(w[0],)), True), slot, scale, 0.0)
                scale, slot = terms[-1] if terms else (0.0, -1)
                add(self._row(gate._replace(params=(w[0],)), False), slot, scale, constant)
            else:
                params = tuple(w[j] for j in range(len(gate.params)))
                first = _linear(gate.params[0])[1]
                if len(first) != 1 or tuple(_moved(p, first[0][1]) for p in params) != gate.params:
                    raise NotPacked
                add(self._row(gate._replace(params=params), False), first[0][1], 1.0, 0.0)
        return piece

    def _row(self, gate: Gate, quiet: bool) -> int:
        key = gate, quiet
        if key not in self._numbers:
            assert not self._closed, gate  # the kernels have their table already
            self._numbers[key] = len(self.rows)
            if quiet:
                self.quiet.add(len(self.rows))
            self.rows.append((gate,))
        return self._numbers[key]


def _extend(found: Bound, piece: _Piece, bases: list[int]) -> None:
    rows, refs, scales, constants = piece
    found.rows.extend(rows)
    found.slots.extend([-1 if part < 0 else bases[part] + slot for part, slot in refs])
    found.scales.extend(scales)
    found.constants.extend(constants)


def _slots(angle: Angle | float) -> tuple[Slot, ...]:
    return angle.slots if isinstance(angle, Angle) else ()


def _moved(angle: Angle, by: int) -> Angle:
    """The same of weights further on; their order stays."""
    return Angle(tuple((c, tuple(s._replace(index=s.index + by) for s in slots)) for c, slots in angle.terms))


def _linear(angle: Angle | float) -> tuple[float, list[tuple[float, int]]]:
    """(constant, scale and number of every weight). Raises: NotPacked."""
    if not isinstance(angle, Angle):
        return angle, []
    if any(len(slots) > 1 or (slots and slots[0].kind != "w") for _, slots in angle.terms):
        raise NotPacked
    constant = sum(scale for scale, slots in angle.terms if not slots)
    return constant, [(scale, slots[0].index) for scale, slots in angle.terms if slots]
