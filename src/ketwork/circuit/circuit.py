"""Circuits: immutable lists of gates on numbered qubits."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_array, check_int
from ketwork.circuit.angle import Angle, Slot, as_angle, as_param
from ketwork.circuit.chain import GateMethods
from ketwork.circuit.operation import Gate, Matrix, make_gate

_MAX_QUBITS = 60


class Circuit(GateMethods):
    """A circuit on `n_qubits` qubits; qubit 0 is the leftmost, the most significant bit.

        Circuit(2).h(0).cx(0, 1).ry(1, w[0] * x[0])

    A circuit is a value: every method returns a new one and the old one stays as it was. Gate methods take qubits
    first, then angles in radians: numbers, or polynomials in inputs `x[i]` and weights `w[k]`.

    Attributes: n_qubits; n_bits, the classical bits that are measured into or asked for; n_inputs and n_weights, one
    more than the highest slot that occurs.
    Raises: ValueError or TypeError from gate methods for qubits out of range or named twice, a wrong number of angles,
    angles that are not finite, matrices that are not unitary.
    """

    __slots__ = ("_gates", "_length", "_memo", "n_bits", "n_inputs", "n_qubits", "n_weights")

    n_qubits: int
    n_bits: int
    n_inputs: int
    n_weights: int

    def __init__(self, n_qubits: int, gates: Iterable[Gate] = (), n_bits: int = 0) -> None:
        self._start(check_int("n_qubits", n_qubits, 1, _MAX_QUBITS), check_int("n_bits", n_bits, 0))
        for gate in gates:
            if not isinstance(gate, Gate):
                raise TypeError(f"Argument `gates` must hold gates, but holds {gate!r} ({type(gate).__name__}).")
            self._push(make_gate(*gate))

    def _start(self, n_qubits: int, n_bits: int) -> None:
        self.n_qubits, self.n_bits = n_qubits, n_bits
        self.n_inputs = self.n_weights = 0
        self._gates: list[Gate] = []
        self._length = 0
        # What others have worked out from this circuit, such as the engine's Program; no part of its value.
        self._memo: dict[str, Any] = {}

    @staticmethod
    def _trusted(n_qubits: int, gates: Iterable[Gate], n_bits: int = 0) -> "Circuit":
        """A circuit of gates that have passed the door before; only qubit numbers are checked again."""
        result = Circuit.__new__(Circuit)
        result._start(n_qubits, n_bits)
        for gate in gates:
            result._push(gate)
        return result

    def __reduce__(self) -> tuple[Any, ...]:
        return Circuit, (self.n_qubits, self.gates, self.n_bits)

    # ------------------------------------------------------------------ building
    def _extended(self, gates: Iterable[Gate]) -> "Circuit":
        """A new circuit with more gates.

        The list is shared while this circuit is the longest that uses it, so that a chain of n gates costs O(n).
        """
        result = Circuit.__new__(Circuit)
        result._start(self.n_qubits, self.n_bits)
        result.n_inputs, result.n_weights = self.n_inputs, self.n_weights
        shared = len(self._gates) == self._length
        result._gates = self._gates if shared else self._gates[: self._length]
        result._length = self._length
        try:
            for gate in gates:
                result._push(gate)
        except (ValueError, TypeError):
            del result._gates[self._length :]
            raise
        return result

    def _push(self, gate: Gate) -> None:
        n = self.n_qubits
        for q in gate.qubits:
            if not 0 <= q < n:
                raise ValueError(f"Gate {gate.name!r} acts on qubit {q}, but the circuit has qubits 0 to {n - 1}.")
        if gate.condition is not None:
            self.n_bits = max(self.n_bits, gate.condition[-1][0] + 1)
        if gate.name == "measure":
            self.n_bits = max(self.n_bits, gate.payload + 1)
        for param in gate.params:
            if type(param) is Angle:
                for _, slots in param.terms:
                    for kind, index in slots:
                        if kind == "x":
                            self.n_inputs = max(self.n_inputs, index + 1)
                        else:
                            self.n_weights = max(self.n_weights, index + 1)
        self._gates.append(gate)
        self._length += 1

    # ------------------------------------------------------------------ looking
    @property
    def gates(self) -> tuple[Gate, ...]:
        """The gates in order of time."""
        return tuple(self._gates[: self._length])

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Gate]:
        return iter(self.gates)

    @overload
    def __getitem__(self, index: int) -> Gate: ...
    @overload
    def __getitem__(self, index: slice) -> "Circuit": ...
    def __getitem__(self, index: int | slice) -> "Gate | Circuit":
        """A gate, or for a slice the circuit of those gates."""
        if isinstance(index, slice):
            return Circuit._trusted(self.n_qubits, self.gates[index], self.n_bits)
        return self._gates[range(self._length)[index]]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Circuit)
            and (self.n_qubits, self.n_bits) == (other.n_qubits, other.n_bits)
            and self.gates == other.gates
        )

    def __hash__(self) -> int:
        return hash((self.n_qubits, self.n_bits, self.gates))

    @property
    def digest(self) -> str:
        """A SHA-256 hash of the circuit as hexadecimal text, the same on every machine."""
        known: str | None = self._memo.get("digest")
        if known is None:
            text = hashlib.sha256(f"{self.n_qubits} {self.n_bits}\n".encode())
            for gate in self.gates:
                payload: Any = gate.payload
                if isinstance(payload, Matrix):
                    payload = (payload.array.shape, payload.array.tobytes().hex())
                params = [[(c, [tuple(slot) for slot in slots]) for c, slots in as_angle(p).terms] for p in gate.params]
                text.update(f"{gate.name} {gate.qubits} {params} {payload!r} {gate.condition}\n".encode())
            known = self._memo["digest"] = text.hexdigest()
        return known

    def count(self) -> dict[str, int]:
        """How often each gate occurs, most frequent first."""
        return dict(Counter(gate.name for gate in self.gates).most_common())

    def two_qubit_count(self) -> int:
        """The number of gates on two or more qubits."""
        return sum(len(gate.qubits) > 1 for gate in self.gates)

    def depth(self) -> int:
        """The number of layers when every gate starts as early as its qubits and classical bits allow."""
        ends: dict[Any, int] = {}
        for gate in self.gates:
            wires: list[Any] = list(gate.qubits)
            if gate.condition is not None:
                wires.extend(("bit", bit) for bit, _ in gate.condition)
            if gate.name == "measure":
                wires.append(("bit", gate.payload))
            level = 1 + max((ends.get(wire, 0) for wire in wires), default=-1)
            ends.update(dict.fromkeys(wires, level))
        return max(ends.values(), default=0)

    def __repr__(self) -> str:
        return f"Circuit(n_qubits={self.n_qubits}, gates={len(self)}, inputs={self.n_inputs}, weights={self.n_weights})"

    def draw(self, width: int = 100) -> str:
        """The circuit as text, in rows of at most `width` characters."""
        from ketwork.circuit.draw import draw_text

        return draw_text(self, width)

    __str__ = draw

    def _repr_svg_(self) -> str:
        from ketwork.circuit.draw import draw_svg

        return draw_svg(self)

    def to_qasm2(self) -> str:
        """The circuit in OpenQASM 2. Raises: ValueError for slots or operations that it cannot say."""
        from ketwork.circuit.qasm import write_qasm2

        return write_qasm2(self)

    def to_qasm3(self) -> str:
        """The circuit in OpenQASM 3; inputs and weights become `input float` declarations."""
        from ketwork.circuit.qasm import write_qasm3

        return write_qasm3(self)

    @staticmethod
    def from_qasm(text: str) -> "Circuit":
        """Read OpenQASM 2 or 3 (extra `qiskit`)."""
        from ketwork.circuit.qasm import read_qasm

        return read_qasm(text)

    # ------------------------------------------------------------------ making others
    def __add__(self, other: "Circuit") -> "Circuit":
        """This circuit, then the other; slots of the same number are the same slot."""
        return self.compose(other) if isinstance(other, Circuit) else NotImplemented

    def compose(self, other: "Circuit", qubits: Sequence[int] | None = None) -> "Circuit":
        """This circuit, then the other with its qubit k placed on `qubits[k]` (default: k).

        Slots and classical bits of the same number are the same.
        """
        if not isinstance(other, Circuit):
            raise TypeError(f"Argument `other` must be a Circuit, but is {type(other).__name__}.")
        placed = other if qubits is None else other.remap(qubits, self.n_qubits)
        result = self._extended(placed.gates)
        result.n_bits = max(result.n_bits, placed.n_bits)
        return result

    def repeat(self, times: int, new_weights: bool = False) -> "Circuit":
        """The circuit `times` times in a row, with the same weights each time, or with new ones."""
        result = Circuit(self.n_qubits, (), self.n_bits)
        for k in range(check_int("times", times, 0)):
            result = result.compose(self.shift(weights=k * self.n_weights) if new_weights else self)
        return result

    def shift(self, inputs: int = 0, weights: int = 0) -> "Circuit":
        """The circuit with its slots renumbered: x[i] becomes x[i + inputs], w[k] becomes w[k + weights]."""
        by = {"x": check_int("inputs", inputs, 0), "w": check_int("weights", weights, 0)}

        def move(param: float | Angle) -> float | Angle:
            if isinstance(param, float):
                return param
            return Angle(tuple((c, tuple(Slot(k, i + by[k]) for k, i in slots)) for c, slots in param.terms))

        return self._with_params(move)

    def bind(self, x: Any = None, w: Any = None) -> "Circuit":
        """The circuit with numbers for its inputs x (n_inputs,), its weights w (n_weights,), or both.

        Raises: ValueError for arrays of another length, or numbers that are not finite.
        """
        values: dict[Slot, float | Angle] = {}
        for kind, given, count in (("x", x, self.n_inputs), ("w", w, self.n_weights)):
            if given is not None:
                array = check_array(kind, given, 1)
                if len(array) != count:
                    raise ValueError(f"Argument `{kind}` must have {count} values, but has {len(array)}.")
                values.update({Slot(kind, k): float(v) for k, v in enumerate(array)})
        return self._with_params(lambda p: p if isinstance(p, float) else as_param(p.substitute(values)))

    def _with_params(self, change: Callable[[float | Angle], float | Angle]) -> "Circuit":
        gates = (g._replace(params=tuple(map(change, g.params))) if g.params else g for g in self.gates)
        return Circuit._trusted(self.n_qubits, gates, self.n_bits)

    def remap(self, mapping: Mapping[int, int] | Sequence[int], n_qubits: int | None = None) -> "Circuit":
        """The circuit with qubit q renamed `mapping[q]`, on a register of `n_qubits` (default: the same size).

        Raises: ValueError when a qubit has no new name, or two have the same.
        """
        try:
            named = [mapping[q] for q in range(self.n_qubits)]
        except (IndexError, KeyError):
            raise ValueError(f"Argument `mapping` must name all {self.n_qubits} qubits, but is {mapping}.") from None
        size = self.n_qubits if n_qubits is None else check_int("n_qubits", n_qubits, 1, _MAX_QUBITS)
        named = [check_int("mapping", q, 0, size - 1) for q in named]
        if len(set(named)) < len(named):
            raise ValueError(f"Argument `mapping` must give different qubits, but is {mapping}.")
        gates = (g._replace(qubits=tuple([named[q] for q in g.qubits])) for g in self.gates)
        return Circuit._trusted(size, gates, self.n_bits)

    def inverse(self) -> "Circuit":
        """The circuit that undoes this one. Raises: ValueError where something cannot be undone."""
        from ketwork.circuit.transform import inverse_gate

        return Circuit._trusted(self.n_qubits, map(inverse_gate, reversed(self.gates)), self.n_bits)

    def control(self, controls: int = 1) -> "Circuit":
        """The circuit done only when `controls` new qubits are all 1.

        The new qubits come first: the old qubit q is qubit q + `controls` of the result.
        Raises: ValueError for operations that cannot be controlled (measure, reset, prepare).
        """
        from ketwork.circuit.control import controlled_gate

        more = check_int("controls", controls, 1, _MAX_QUBITS - self.n_qubits)
        gates = (part for gate in self.gates for part in controlled_gate(gate, more))
        return Circuit._trusted(self.n_qubits + more, gates, self.n_bits)

    def matrix(self) -> NDArray[np.complex128]:
        """The unitary (2^n, 2^n) of a circuit without slots, for at most 12 qubits.

        Raises: ValueError for more qubits, open slots, or operations that have no matrix (measure, reset, prepare,
        classical conditions).
        """
        from ketwork.circuit.transform import circuit_matrix

        return circuit_matrix(self)
