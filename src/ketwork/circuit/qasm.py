"""OpenQASM: circuits written as version 2 or 3, and read from either (reading goes through Qiskit, extra `qiskit`).

Written gates that the standard library lacks come with a definition made of their engine steps, or in place when they
carry numbers of their own. Qubit k here is qubit k of the file (of all its registers in order).
"""

import ast
import operator
import re
from collections.abc import Callable, Iterable, Sequence
from math import atan2, pi
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.circuit.angle import Angle, Slot, as_angle
from ketwork.circuit.circuit import Circuit, Gate, make_gate
from ketwork.circuit.decompose import diagonal_steps, gate_steps
from ketwork.circuit.gates import GATES, Move, Phase, Rot, Step

_NOT_IN_STDGATES = {"sxdg", "rxx", "rzz"}
"""Names of qelib1.inc (OpenQASM 2) that stdgates.inc (OpenQASM 3) lacks."""

_TO_Z = {"X": (("h",), ("h",)), "Y": (("sdg", "h"), ("h", "s")), "Z": ((), ())}
"""Gates before and after an RZ that make it a rotation about another axis."""


# ---------------------------------------------------------------------- writing
def write_qasm2(circuit: Circuit) -> str:
    """The circuit in OpenQASM 2, which knows no global phase: phases are left out.

    Raises: ValueError for open slots.
    """
    if circuit.n_inputs or circuit.n_weights:
        has = f"{circuit.n_inputs} inputs and {circuit.n_weights} weights"
        raise ValueError(f"OpenQASM 2 has no slots, but the circuit has {has}; bind it first, or write OpenQASM 3.")
    return _Writer(circuit, 2).text()


def write_qasm3(circuit: Circuit) -> str:
    """The circuit in OpenQASM 3; x[i] is declared as `input float[64] x_i;`, w[k] as `input float[64] w_k;`."""
    return _Writer(circuit, 3).text()


class _Writer:
    """One circuit on its way to text: the statements so far and the definitions they need."""

    def __init__(self, circuit: Circuit, version: int) -> None:
        self.circuit, self.version = circuit, version
        self.definitions: dict[str, str] = {}
        # OpenQASM 2 compares whole registers, so conditions need registers of one bit.
        self.single_bits = version == 2 and any(gate.condition is not None for gate in circuit.gates)

    def text(self) -> str:
        body = [line for gate in self.circuit.gates for line in self.gate(gate)]
        n, bits = self.circuit.n_qubits, self.circuit.n_bits
        if self.version == 2:
            head = ["OPENQASM 2.0;", 'include "qelib1.inc";']
            single = [f"creg c{k}[1];" for k in range(bits)]
            wires = [f"qreg q[{n}];", *(single if self.single_bits else [f"creg c[{bits}];"] if bits else [])]
        else:
            head = ["OPENQASM 3.0;", 'include "stdgates.inc";']
            slots = [f"x_{k}" for k in range(self.circuit.n_inputs)] + [f"w_{k}" for k in range(self.circuit.n_weights)]
            head += [f"input float[64] {name};" for name in slots]
            wires = [f"qubit[{n}] q;", *([f"bit[{bits}] c;"] if bits else [])]
        return "\n".join([*head, *self.definitions.values(), *wires, *body]) + "\n"

    def bit(self, bit: int) -> str:
        return f"c{bit}[0]" if self.single_bits else f"c[{bit}]"

    def gate(self, gate: Gate) -> list[str]:
        """The statements of one gate, under its condition."""
        lines = self.statements(gate)
        if gate.condition is None or not lines:
            return lines
        bit, value = gate.condition
        if self.version == 2:
            return [f"if (c{bit} == {value}) {line}" for line in lines]
        return [f"if (c[{bit}] == {value}) {{ {' '.join(lines)} }}"]

    def statements(self, gate: Gate) -> list[str]:
        qubits = [f"q[{q}]" for q in gate.qubits]
        if gate.name == "measure":
            bit = self.bit(gate.payload)
            return [f"measure {qubits[0]} -> {bit};" if self.version == 2 else f"{bit} = measure {qubits[0]};"]
        if gate.name == "reset":
            return [f"reset {qubits[0]};"]
        if gate.name == "prepare":
            return self.steps(prepare_steps(gate.payload.array), qubits, ())
        if gate.name == "pauli_rotation":
            angle = _expression(gate.params[0])
            pairs = [(q, letter) for q, letter in zip(qubits, gate.payload, strict=True) if letter != "I"]
            if len(pairs) < 2:
                return self.steps(gate_steps(gate), qubits, gate.params)
            letters = "".join(letter for _, letter in pairs)
            name = self.defined(f"pauli_{letters.lower()}", ("theta",), (Rot(letters, (1.0,)),), len(pairs))
            return [_call(name, [angle], [q for q, _ in pairs])]
        row = GATES.get(gate.name)
        if row is None:
            return self.steps(gate_steps(gate), qubits, gate.params)
        angles = [_expression(p) for p in gate.params]
        if row.name == "u3" and self.version == 3:
            return [_call("U", angles, qubits)]
        if row.qasm is None or (self.version == 3 and row.qasm in _NOT_IN_STDGATES):
            return [_call(self.defined(row.name, row.params, row.steps, row.n_qubits), angles, qubits)]
        return [_call(row.qasm, angles, qubits)]

    def defined(self, name: str, params: tuple[str, ...], steps: Sequence[Step], n_qubits: int) -> str:
        """The name of a gate, after seeing to its definition."""
        if name not in self.definitions:
            qubits = [f"q{k}" for k in range(n_qubits)]
            head = _call(name, list(params), qubits).rstrip(";")
            self.definitions[name] = f"gate {head} {{ {' '.join(self.steps(steps, qubits, params))} }}"
        return name

    def steps(self, steps: Sequence[Step], qubits: list[str], params: Sequence[Any]) -> list[str]:
        """Engine steps as statements; `params` are numbers, angles or the parameter names of a definition."""
        lines: list[str] = []
        for step in steps:
            if isinstance(step, Move):
                lines.append(_call(step.kind, [], [qubits[k] for k in step.qubits]))
                continue
            angle = _combined(step.coefficients, params, step.offset)
            if angle == "0.0":
                continue
            pauli = step.pauli if isinstance(step, Rot) else ""
            placed = [(q, letter) for q, letter in zip(qubits, pauli, strict=bool(pauli)) if letter != "I"]
            if placed:
                lines += _rotation(placed, angle)
            elif self.version == 3:
                lines.append(f"gphase({angle});" if isinstance(step, Phase) else f"gphase(-0.5 * ({angle}));")
        return lines


def _rotation(placed: list[tuple[str, str]], angle: str) -> list[str]:
    """exp(-i angle/2 P): a change of basis, the parity on the last qubit, RZ, and back."""
    if len(placed) == 1:
        return [_call("r" + placed[0][1].lower(), [angle], [placed[0][0]])]
    before = [_call(name, [], [q]) for q, letter in placed for name in _TO_Z[letter][0]]
    after = [_call(name, [], [q]) for q, letter in placed for name in _TO_Z[letter][1]]
    names = [q for q, _ in placed]
    ladder = [_call("cx", [], list(pair)) for pair in zip(names, names[1:], strict=False)]
    return [*before, *ladder, _call("rz", [angle], names[-1:]), *reversed(ladder), *after]


def _call(name: str, angles: list[str], qubits: list[str]) -> str:
    inside = f"({', '.join(angles)})" if angles else ""
    return f"{name}{inside} {', '.join(qubits)};"


def _number(value: float) -> str:
    """A number that reads back exactly: a fraction of pi where it equals one, else its shortest decimals."""
    for d in (1, 2, 3, 4, 6, 8, 16):
        k = round(value * d / pi)
        if k and abs(k) <= 2 * d and k * pi / d == value:
            number = "pi" if abs(k) == 1 else f"{abs(k)}*pi"
            return f"{'-' if k < 0 else ''}{number}{f'/{d}' if d > 1 else ''}"
    text = repr(value)
    return text.replace("e", ".0e") if "e" in text and "." not in text else text


def _sum(terms: Iterable[tuple[float, Sequence[str]]]) -> str:
    """A sum of products as an expression."""
    text = ""
    for coefficient, names in terms:
        factors = list(names) if abs(coefficient) == 1 and names else [_number(abs(coefficient)), *names]
        sign = "-" if coefficient < 0 else "+"
        text += (f" {sign} " if text else "-" if coefficient < 0 else "") + " * ".join(factors)
    return text or "0.0"


def _expression(param: float | Angle) -> str:
    if not isinstance(param, Angle):
        return _number(param)
    return _sum((c, [f"{slot.kind}_{slot.index}" for slot in slots]) for c, slots in param.terms)


def _combined(coefficients: Sequence[float], params: Sequence[Any], offset: float) -> str:
    """A step's angle: from parameter names in a definition, else from the values."""
    pairs = list(zip(coefficients, params, strict=True)) if coefficients else []
    if any(isinstance(p, str) for p in params):
        terms: list[tuple[float, list[str]]] = [(c, [p]) for c, p in pairs if c]
        return _sum([*terms, (offset, [])] if offset else terms)
    total = as_angle(offset)
    for coefficient, param in pairs:
        total = total + coefficient * as_angle(param)
    return _expression(total) if total.slots else _number(sum((c for c, _ in total.terms), 0.0))


def prepare_steps(amplitudes: NDArray[np.complexfloating[Any]]) -> list[Step]:
    """Steps that take |0...0> to the amplitudes: for each qubit an RY multiplexed over those before it, then the phases.

    Source: Shende, Bullock, Markov, arXiv:quant-ph/0406176, sec. 4.
    """
    n = len(amplitudes).bit_length() - 1
    steps: list[Step] = []
    for q in range(n):
        norms = np.linalg.norm(amplitudes.reshape(1 << q, 2, -1), axis=2)
        angles = np.array([2 * atan2(one, zero) for zero, one in norms])
        for step in diagonal_steps(angles) if q else [Phase((), float(angles[0]))]:
            mask = step.pauli if isinstance(step, Rot) else "I" * q
            angle = step.offset if isinstance(step, Phase) else -0.5 * step.offset if isinstance(step, Rot) else 0.0
            steps.append(Rot(mask + "Y" + "I" * (n - q - 1), (), angle))
    return [*steps, *diagonal_steps(np.angle(amplitudes))]


# ---------------------------------------------------------------------- reading
def read_qasm(text: str, include_path: Sequence[str | Path] = (".",)) -> Circuit:
    """The circuit of a program in OpenQASM 2 or 3; barriers are dropped, unknown gates expanded by their definitions.

    Inputs of OpenQASM 3 must be called x_0, x_1, ... and w_0, w_1, ... A condition on several classical bits costs one
    more qubit, the last one, which works out whether it holds.
    Raises: ImportError without Qiskit; TypeError for what is no text; ValueError for text that is no OpenQASM, loops,
    conditions and input names that a circuit cannot say.
    """
    if not isinstance(text, str):
        raise TypeError(f"Argument `text` must be an OpenQASM program as text, but is {type(text).__name__}.")
    version3 = re.search(r"^\s*OPENQASM\s+3", text, re.MULTILINE) is not None
    try:
        from qiskit import qasm2, qasm3
    except ImportError as error:
        raise ImportError("Reading OpenQASM needs Qiskit: pip install ketwork[qiskit]") from error
    try:
        if version3:
            source = qasm3.loads(text)
        else:
            paths = [str(path) for path in include_path]
            source = qasm2.loads(text, paths, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
    except ImportError as error:
        raise ImportError("Reading OpenQASM 3 needs its importer: pip install ketwork[qiskit]") from error
    except (qasm2.QASM2ParseError, qasm3.QASM3ImporterError) as error:
        version = "3" if version3 else "2"
        raise ValueError(f"Argument `text` must be OpenQASM {version}, but Qiskit cannot read it: {error}") from error
    return from_qiskit(source)


def from_qiskit(source: Any) -> Circuit:
    """A Qiskit circuit as a `Circuit`, instruction by instruction, qubit k to qubit k. Raises: as `read_qasm`."""
    return _Reader(source).circuit()


_ALSO = {"U1Gate": "p", "U3Gate": "u3", "CU1Gate": "cp"}
_CLASSES = {row.qiskit: row.name for row in GATES.values() if row.qiskit is not None} | _ALSO
_DROPPED = {"barrier", "delay"}
_Known = dict[int, int]


class _Reader:
    """One Qiskit circuit on its way: the gates so far, and the helper qubit when a condition needed it."""

    def __init__(self, source: Any) -> None:
        self.source = source
        self.gates: list[Gate] = []
        self.n_qubits, self.n_bits = source.num_qubits, source.num_clbits
        self.bits = {bit: k for k, bit in enumerate(source.clbits)}
        self.registers = {register.name: register for register in source.cregs}
        self.written: set[int] = set()
        self.helper = False

    def circuit(self) -> Circuit:
        self.block(self.source, list(range(self.n_qubits)), list(range(self.n_bits)), None)
        return Circuit(self.n_qubits + self.helper, self.gates, self.n_bits)

    def add(self, name: str, qubits: Sequence[int], params: Any = (), payload: Any = None, condition: Any = None) -> None:
        self.gates.append(make_gate(name, qubits, params, payload, condition))
        if name == "measure":
            self.written.add(payload)

    def block(self, block: Any, qubits: list[int], bits: list[int], condition: Any) -> None:
        """A circuit or definition on these qubits and bits, under a condition."""
        phase = _angle(block.global_phase)
        if phase != 0.0:
            self.add("global_phase", (), (phase,), None, condition)
        place = {bit: qubits[k] for k, bit in enumerate(block.qubits)}
        classical = {bit: bits[k] for k, bit in enumerate(block.clbits)} if block.clbits else {}
        for item in block.data:
            on = [place[bit] for bit in item.qubits]
            self.operation(item.operation, on, [classical[bit] for bit in item.clbits], classical, condition)

    def operation(self, op: Any, qubits: list[int], bits: list[int], scope: dict[Any, int], condition: Any) -> None:
        """One instruction: a table gate, a measurement, a branch, or whatever its definition says."""
        if op.name in _DROPPED and not hasattr(op, "blocks"):
            return
        kind = getattr(op, "base_class", type(op)).__name__
        name = _CLASSES.get(kind)
        if name is not None and getattr(op, "ctrl_state", 0) == (1 << getattr(op, "num_ctrl_qubits", 0)) - 1:
            self.add(name, qubits, [_angle(p) for p in op.params], None, condition)
        elif name is not None and not hasattr(op, "num_ctrl_qubits"):
            self.add(name, qubits, [_angle(p) for p in op.params], None, condition)
        elif kind == "Measure":
            self.add("measure", qubits, (), bits[0], condition)
        elif kind == "Reset":
            self.add("reset", qubits, (), None, condition)
        elif kind == "IfElseOp":
            self.branch(op, qubits, bits, scope, condition)
        elif kind == "GlobalPhaseGate":
            self.add("global_phase", (), [_angle(op.params[0])], None, condition)
        elif hasattr(op, "blocks"):
            raise ValueError(f"Instruction {op.name!r} has no counterpart: circuits know `if`, but no loops or jumps.")
        elif len(qubits) <= 2 and (kind == "UnitaryGate" or getattr(op, "definition", None) is None):
            if not hasattr(op, "to_matrix"):
                raise ValueError(f"Instruction {op.name!r} is no gate of the table and has neither definition nor matrix.")
            self.add("unitary", qubits[::-1], (), op.to_matrix(), condition)
        elif getattr(op, "definition", None) is not None:
            self.block(op.definition, qubits, bits, condition)
        else:
            raise ValueError(f"Instruction {op.name!r} on {len(qubits)} qubits has no definition to expand.")

    # ------------------------------------------------------------------ conditions
    def branch(self, op: Any, qubits: list[int], bits: list[int], scope: dict[Any, int], outer: Any) -> None:
        """`if` and `else` as conditions on one bit each."""
        wanted = self.wanted(op.condition, scope)
        if any(bit not in self.written and value == 1 for bit, value in wanted.items()):
            holds: Any = False
        else:
            wanted = {bit: value for bit, value in wanted.items() if bit in self.written}
            changed = any(set(_measured(block)) and len(block.data) > 1 for block in op.blocks)
            holds = self.single(wanted, changed or (len(op.blocks) > 1 and any(map(_measured, op.blocks))))
        for block, taken in zip(op.blocks, (True, False), strict=False):
            if isinstance(holds, bool):
                if holds is taken:
                    self.block(block, qubits, bits, outer)
                continue
            inner = holds if taken else (holds[0], 1 - holds[1])
            if outer is not None and outer != inner:
                inner = self.single({outer[0]: outer[1], inner[0]: inner[1]}, False) if outer[0] != inner[0] else False
            if inner:
                self.block(block, qubits, bits, inner)

    def single(self, wanted: _Known, copy: bool) -> Any:
        """A condition on one bit that says the same as all of `wanted`; True when there is nothing to ask for.

        Several bits, or a bit that will change, are first worked out on the helper qubit and measured into a new bit.
        """
        if not wanted:
            return True
        (first, value), *rest = wanted.items()
        if not rest and not copy:
            return first, value
        helper, bit = self.n_qubits, self.n_bits
        self.helper, self.n_bits = True, bit + 1
        self.add("reset", (helper,))
        self.add("x", (helper,), condition=(first, value))
        for other, needed in rest:
            self.add("reset", (helper,), condition=(other, 1 - needed))
        self.add("measure", (helper,), (), bit)
        return bit, 1

    def wanted(self, condition: Any, scope: dict[Any, int]) -> _Known:
        """The bits of a condition and the values they must have."""
        if not isinstance(condition, tuple):
            return self.expression(condition, scope)
        target, value = condition
        if target in scope:
            return {scope[target]: int(value)}
        return {scope[bit]: int(value) >> k & 1 for k, bit in enumerate(target)}

    def expression(self, node: Any, scope: dict[Any, int]) -> _Known:
        """The same for the expressions of OpenQASM 3: bits, `!`, `==` with a constant, `&&`."""
        kind, op = type(node).__name__, getattr(getattr(node, "op", None), "name", "")
        if kind == "Cast":
            return self.expression(node.operand, scope)
        if kind == "Var" and node.var in scope:
            return {scope[node.var]: 1}
        if kind == "Unary" and op in ("LOGIC_NOT", "BIT_NOT"):
            inner = self.expression(node.operand, scope)
            if len(inner) == 1:
                return {bit: 1 - value for bit, value in inner.items()}
        if kind == "Binary" and op == "EQUAL":
            sides = [node.left, node.right]
            if type(sides[0]).__name__ == "Value":
                sides.reverse()
            target = getattr(sides[0], "var", None)
            if type(sides[1]).__name__ == "Value" and target is not None:
                return self.wanted((target, sides[1].value), scope)
        if kind == "Binary" and op == "LOGIC_AND":
            left, right = self.expression(node.left, scope), self.expression(node.right, scope)
            if all(right.get(bit, value) == value for bit, value in left.items()):
                return left | right
        raise ValueError(f"Condition {node!r} must compare classical bits with constants.")


def _measured(block: Any) -> list[Any]:
    """The classical bits that a block writes."""
    return [bit for item in block.data if item.operation.name != "barrier" for bit in item.clbits]


# ---------------------------------------------------------------------- angles
_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.USub: operator.neg, ast.UAdd: operator.pos,
}  # fmt: skip


def _angle(param: Any) -> float | Angle:
    """A Qiskit parameter as a number or, with open parameters, as a polynomial."""
    if not getattr(param, "parameters", None):
        return float(param)
    text = str(param)
    try:
        return _polynomial(ast.parse(text, mode="eval").body)
    except (SyntaxError, TypeError, KeyError) as error:
        raise ValueError(f"Angle {text!r} must be a polynomial in inputs.") from error


def _polynomial(node: Any) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name):
        match = re.fullmatch(r"([xw])_(\d+)", node.id)
        if match is None:
            raise ValueError(f"Input {node.id!r} must be called x_0, x_1, ... (inputs) or w_0, w_1, ... (weights).")
        return Angle(((1.0, (Slot(match[1], int(match[2])),)),))
    if isinstance(node, ast.UnaryOp):
        return _OPERATORS[type(node.op)](_polynomial(node.operand))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        return _polynomial(node.left) ** int(_polynomial(node.right))
    if isinstance(node, ast.BinOp):
        return _OPERATORS[type(node.op)](_polynomial(node.left), _polynomial(node.right))
    raise TypeError(f"{ast.unparse(node)} is not a polynomial.")
