"""Circuits: immutable lists of gates on numbered qubits."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_array, check_choice, check_int
from ketwork.circuit.angle import Angle, Slot, as_angle, as_param
from ketwork.circuit.chain import Condition, GateMethods, Param
from ketwork.circuit.gates import ALIASES, GATES, SPECIAL

_MAX_QUBITS = 60


class Matrix:
    """A read-only complex array that can be compared and hashed: the payload of gates that carry numbers."""

    __slots__ = ("_bytes", "array")

    def __init__(self, array: Any) -> None:
        self.array: NDArray[np.complex128] = np.array(array, np.complex128) + 0.0
        self.array.setflags(write=False)
        self._bytes = self.array.tobytes()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Matrix) and self._bytes == other._bytes and self.array.shape == other.array.shape

    def __hash__(self) -> int:
        return hash(self._bytes)

    def __repr__(self) -> str:
        return f"Matrix({self.array.tolist()})"


class Gate(NamedTuple):
    """One operation: a name of the gate table (or of `gates.SPECIAL`), its qubits and its parameters.

    payload: a Pauli string, a `Matrix`, or the classical bit of a measurement. condition: (bit, value) or None.
    """

    name: str
    qubits: tuple[int, ...]
    params: tuple[float | Angle, ...] = ()
    payload: Any = None
    condition: tuple[int, int] | None = None


class Circuit(GateMethods):
    """A circuit on `n_qubits` qubits; qubit 0 is the leftmost, the most significant bit.

    A circuit is a value: gate methods return a new one, `Circuit(2).h(0).cx(0, 1)`, and the old one stays as it was.
    Raises: ValueError or TypeError from gate methods for qubits out of range or named twice, a wrong number of angles,
    angles that are not finite, matrices that are not unitary.
    """

    __slots__ = ("_gates", "_length", "_memo", "n_bits", "n_inputs", "n_qubits", "n_weights")

    def __init__(self, n_qubits: int, gates: Iterable[Gate] = (), n_bits: int = 0) -> None:
        self.n_qubits = check_int("n_qubits", n_qubits, 1, _MAX_QUBITS)
        self.n_bits = check_int("n_bits", n_bits, 0)
        self.n_inputs = self.n_weights = 0
        self._gates: list[Gate] = []
        self._length = 0
        self._memo: dict[str, Any] = {}
        for gate in gates:
            self._push(gate)

    # ------------------------------------------------------------------ building
    def append(
        self,
        name: str,
        qubits: Sequence[int],
        params: Sequence[Param] = (),
        payload: Any = None,
        condition: Condition = None,
    ) -> "Circuit":
        """A new circuit with one more gate, by name."""
        gate = make_gate(name, qubits, params, payload, condition)
        return self._extended((gate,))

    def _extended(self, gates: Iterable[Gate]) -> "Circuit":
        """A new circuit with more gates. The list is shared while this circuit is the longest that uses it."""
        result = Circuit.__new__(Circuit)
        result.n_qubits, result.n_bits = self.n_qubits, self.n_bits
        result.n_inputs, result.n_weights = self.n_inputs, self.n_weights
        shared = len(self._gates) == self._length
        result._gates = self._gates if shared else self._gates[: self._length]
        result._length, result._memo = self._length, {}
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
            self.n_bits = max(self.n_bits, gate.condition[0] + 1)
        if gate.name == "measure":
            self.n_bits = max(self.n_bits, gate.payload + 1)
        for param in gate.params:
            if type(param) is not float:
                for _, slots in as_angle(param).terms:
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
            return Circuit(self.n_qubits, self.gates[index], self.n_bits)
        return self.gates[index]

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
        text = hashlib.sha256(f"{self.n_qubits} {self.n_bits}\n".encode())
        for gate in self.gates:
            payload: Any = gate.payload
            params = [as_angle(p).terms for p in gate.params]
            if isinstance(payload, Matrix):
                payload = (payload.array.shape, payload.array.tobytes().hex())
            text.update(f"{gate.name} {gate.qubits} {params!r} {payload!r} {gate.condition}\n".encode())
        return text.hexdigest()

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
                wires.append(("bit", gate.condition[0]))
            if gate.name == "measure":
                wires.append(("bit", gate.payload))
            level = 1 + max((ends.get(wire, 0) for wire in wires), default=-1)
            ends.update(dict.fromkeys(wires, level))
        return max(ends.values(), default=0)

    def __repr__(self) -> str:
        return (
            f"Circuit(n_qubits={self.n_qubits}, gates={len(self)}, inputs={self.n_inputs}, weights={self.n_weights})"
        )

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
        return self.compose(other)

    def compose(self, other: "Circuit", qubits: Sequence[int] | None = None) -> "Circuit":
        """This circuit, then the other on `qubits` (default: the same numbers), sharing slots and classical bits."""
        if not isinstance(other, Circuit):
            raise TypeError(f"Argument `other` must be a Circuit, but is {type(other).__name__}.")
        placed = other if qubits is None else other.remap(qubits, self.n_qubits)
        result = self._extended(placed.gates)
        result.n_bits = max(result.n_bits, placed.n_bits)
        return result

    def repeat(self, times: int, new_weights: bool = False) -> "Circuit":
        """The circuit `times` times in a row, with the same weights or new ones each time."""
        result = Circuit(self.n_qubits, (), self.n_bits)
        for k in range(check_int("times", times, 0)):
            result = result + (self.shift(weights=k * self.n_weights) if new_weights else self)
        return result

    def shift(self, inputs: int = 0, weights: int = 0) -> "Circuit":
        """The circuit with its slots renumbered: x[i] becomes x[i + inputs], w[k] becomes w[k + weights]."""
        by = {"x": check_int("inputs", inputs, 0), "w": check_int("weights", weights, 0)}

        def move(param: float | Angle) -> float | Angle:
            if isinstance(param, float):
                return param
            terms = ((c, tuple(Slot(s.kind, s.index + by[s.kind]) for s in slots)) for c, slots in param.terms)
            return Angle(tuple(terms))

        return self._with_params(move)

    def bind(self, x: Any = None, w: Any = None) -> "Circuit":
        """The circuit with numbers for its inputs x (n_inputs,), its weights w (n_weights,), or both."""
        values: dict[Slot, float | Angle] = {}
        for kind, given, count in (("x", x, self.n_inputs), ("w", w, self.n_weights)):
            if given is not None:
                array = check_array(kind, given, 1)
                if len(array) != count:
                    raise ValueError(f"Argument `{kind}` must have {count} values, but has {len(array)}.")
                values.update({Slot(kind, k): float(v) for k, v in enumerate(array)})
        return self._with_params(lambda p: p if isinstance(p, float) else as_param(p.substitute(values)))

    def _with_params(self, change: Any) -> "Circuit":
        gates = (g._replace(params=tuple(map(change, g.params))) if g.params else g for g in self.gates)
        return Circuit(self.n_qubits, gates, self.n_bits)

    def remap(self, mapping: Mapping[int, int] | Sequence[int], n_qubits: int | None = None) -> "Circuit":
        """The circuit with qubit q renamed `mapping[q]`, on a register of `n_qubits` (default: the same)."""
        named = [check_int("mapping", mapping[q], 0) for q in range(self.n_qubits)]
        if len(set(named)) < len(named):
            raise ValueError(f"Argument `mapping` must give different qubits, but is {mapping}.")
        gates = (g._replace(qubits=tuple(named[q] for q in g.qubits)) for g in self.gates)
        return Circuit(self.n_qubits if n_qubits is None else n_qubits, gates, self.n_bits)

    def inverse(self) -> "Circuit":
        """The circuit that undoes this one. Raises: ValueError where something cannot be undone."""
        from ketwork.circuit.transform import inverse_gate

        return Circuit(self.n_qubits, map(inverse_gate, reversed(self.gates)), self.n_bits)

    def control(self, controls: int = 1) -> "Circuit":
        """The circuit done only when `controls` new qubits are all 1; they come first, the others move up."""
        from ketwork.circuit.transform import controlled

        result = self
        for _ in range(check_int("controls", controls, 1)):
            result = controlled(result)
        return result

    def matrix(self) -> NDArray[np.complex128]:
        """The unitary (2^n, 2^n) of a circuit without slots, up to 12 qubits."""
        from ketwork.circuit.transform import circuit_matrix

        return circuit_matrix(self)


def make_gate(
    name: str, qubits: Sequence[int], params: Sequence[Param] = (), payload: Any = None, condition: Condition = None
) -> Gate:
    """A checked gate; `name` may be an alias of the table."""
    row = GATES.get(name)
    if row is None and name not in SPECIAL:
        name = ALIASES.get(name) or check_choice("name", name, [*GATES, *SPECIAL])
        row = GATES.get(name)
    for q in qubits:
        if type(q) is not int:
            qubits = [check_int("qubits", p, 0) for p in qubits]
            break
    placed = tuple(qubits)
    if len(placed) > 1 and len(set(placed)) < len(placed):
        raise ValueError(f"Gate {name!r} must act on different qubits, but got {placed}.")
    angles = tuple(map(as_param, params))
    wanted = row.n_params if row else 1 if name in ("pauli_rotation", "global_phase") else 0
    if len(angles) != wanted:
        raise ValueError(f"Gate {name!r} takes {wanted} angles, but got {len(angles)}.")
    if row is not None:
        if len(placed) != row.n_qubits:
            raise ValueError(f"Gate {name!r} acts on {row.n_qubits} qubits, but got {placed}.")
    else:
        payload = check_payload(name, placed, payload)
    if condition is not None:
        bit, value = condition
        condition = check_int("condition bit", bit, 0), check_int("condition value", value, 0, 1)
    return Gate(name, placed, angles, payload, condition)


def check_payload(name: str, qubits: tuple[int, ...], payload: Any) -> Any:
    """The payload of a special gate, checked and made read-only."""
    size = 1 << len(qubits)
    if name in ("measure", "reset"):
        if len(qubits) != 1:
            raise ValueError(f"{name!r} acts on one qubit, but got {qubits}.")
        return check_int("bit", payload, 0) if name == "measure" else None
    if name == "pauli_rotation":
        if not isinstance(payload, str) or len(payload) != len(qubits) or set(payload) - set("IXYZ"):
            raise ValueError(f"Argument `letters` must be one of I, X, Y, Z for each of {qubits}, but is {payload!r}.")
        return payload
    if name == "global_phase":
        return ""
    array = payload.array if isinstance(payload, Matrix) else payload
    if name == "unitary":
        array = check_array("matrix", array, 2, dtype=np.complex128)
        if len(qubits) not in (1, 2) or array.shape != (size, size):
            raise ValueError(f"Argument `matrix` must be 2x2 or 4x4 to fit qubits {qubits}, but is {array.shape}.")
        gap = float(np.abs(array @ array.conj().T - np.eye(size)).max())
        if gap > 1e-8:
            raise ValueError(f"Argument `matrix` must be unitary, but U U^dagger differs from 1 by {gap:.3g}.")
        return Matrix(array)
    array = check_array("phases" if name == "diagonal" else "amplitudes", array, 1, dtype=np.complex128)
    if len(array) != size:
        raise ValueError(f"{name!r} on {len(qubits)} qubits needs {size} numbers, but got {len(array)}.")
    gap = float(np.abs(np.abs(array) - 1).max() if name == "diagonal" else abs(np.linalg.norm(array) - 1))
    if gap > 1e-8:
        what = "phases of modulus 1" if name == "diagonal" else "amplitudes of norm 1"
        raise ValueError(f"{name!r} needs {what}, but they are off by {gap:.3g}.")
    return Matrix(array)
