"""OpenQASM: circuits written as version 2 or 3, and read from either (reading goes through Qiskit, extra `qiskit`).

Gates that the standard library lacks are written with a definition made of their engine steps, named `ket_` and the
gate's name, which reading takes back as the gate; gates that carry a matrix or amplitudes are written as their steps.
Qubit k here is qubit k of the file, counted over all its registers in order.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import atan2, pi
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.circuit.angle import Angle, as_angle
from ketwork.circuit.circuit import Circuit
from ketwork.circuit.decompose import diagonal_steps, gate_steps
from ketwork.circuit.from_qiskit import PREFIX, from_qiskit
from ketwork.circuit.gates import GATES, Move, Phase, Rot, Step
from ketwork.circuit.operation import Gate

_BOOL = {"0": "false", "1": "true"}
_TO_Z = {"X": (("h",), ("h",)), "Y": (("sdg", "h"), ("h", "s")), "Z": ((), ())}
"""Gates before and after an RZ that make it a rotation about another axis."""


# ---------------------------------------------------------------------- writing
def write_qasm2(circuit: Circuit) -> str:
    """The circuit in OpenQASM 2, which knows no global phase: phases are left out.

    Raises: ValueError for open slots, and for conditions on several bits where no register holds just those.
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
        self.registers = _registers(circuit) if version == 2 else [("c", 0, circuit.n_bits)]

    def text(self) -> str:
        body = [line for gate in self.circuit.gates for line in self.gate(gate)]
        n = self.circuit.n_qubits
        if self.version == 2:
            head = ["OPENQASM 2.0;", 'include "qelib1.inc";']
            wires = [f"qreg q[{n}];", *(f"creg {name}[{size}];" for name, _, size in self.registers if size)]
        else:
            head = ["OPENQASM 3.0;", 'include "stdgates.inc";']
            slots = [f"x_{k}" for k in range(self.circuit.n_inputs)] + [f"w_{k}" for k in range(self.circuit.n_weights)]
            head += [f"input float[64] {name};" for name in slots]
            wires = [f"qubit[{n}] q;", *(f"bit[{size}] {name};" for name, _, size in self.registers if size)]
        return "\n".join([*head, *self.definitions.values(), *wires, *body]) + "\n"

    def bit(self, bit: int) -> str:
        name, start, _ = next(r for r in self.registers if r[1] <= bit < r[1] + r[2])
        return f"{name}[{bit - start}]"

    def gate(self, gate: Gate) -> list[str]:
        """The statements of one gate, under its condition."""
        lines = self.statements(gate)
        if gate.condition is None or not lines:
            return lines
        if self.version == 2:
            name, start, _ = next(r for r in self.registers if r[1] == gate.condition[0][0])
            number = sum(value << (bit - start) for bit, value in gate.condition)
            return [f"if ({name} == {number}) {line}" for line in lines]
        text = " ".join(lines)
        for bit, value in reversed(gate.condition):
            text = f"if (c[{bit}] == {'true' if value else 'false'}) {{ {text} }}"
        return [text]

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
            name = self.defined(f"pauli_{letters.lower()}", 1, (Rot(letters, (1.0,)),), len(pairs))
            return [_call(name, [angle], [q for q, _ in pairs])]
        row = GATES.get(gate.name)
        if row is None:
            return self.steps(gate_steps(gate), qubits, gate.params)
        angles = [_expression(p) for p in gate.params]
        known = row.qasm2 if self.version == 2 else row.qasm3
        return [_call(known or self.defined(row.name, row.n_params, row.steps, row.n_qubits), angles, qubits)]

    def defined(self, name: str, n_params: int, steps: Sequence[Step], n_qubits: int) -> str:
        """The name of a gate that is not in the standard library, after seeing to its definition."""
        name = PREFIX + name
        if name not in self.definitions:
            qubits, names = [f"q{k}" for k in range(n_qubits)], [f"a{k}" for k in range(n_params)]
            head = _call(name, names, qubits).rstrip(";")
            self.definitions[name] = f"gate {head} {{ {' '.join(self.steps(steps, qubits, names))} }}"
        return name

    def steps(self, steps: Sequence[Step], qubits: list[str], params: Sequence[Any]) -> list[str]:
        """Engine steps as statements; `params` are numbers, angles or the parameter names of a definition."""
        lines: list[str] = []
        for step in steps:
            if isinstance(step, Move):
                a, b = (qubits[k] for k in (step.qubits[0], step.qubits[-1]))
                cx = _call("cx", [], [a, b])
                moves = {"x": [_call("x", [], [a])], "cx": [cx], "swap": [cx, _call("cx", [], [b, a]), cx]}
                lines += moves[step.kind]
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


def _registers(circuit: Circuit) -> list[tuple[str, int, int]]:
    """The classical registers (name, first bit, size) of OpenQASM 2, whose conditions compare whole registers."""
    asked = {tuple(bit for bit, _ in gate.condition) for gate in circuit.gates if gate.condition is not None}
    if not asked:
        return [("c", 0, circuit.n_bits)]
    owner: dict[int, tuple[int, ...]] = {}
    for bits in sorted(asked):
        if bits[-1] - bits[0] != len(bits) - 1 or any(bit in owner for bit in bits):
            raise ValueError(
                f"OpenQASM 2 compares whole registers, so conditions must share no bit and have neighbouring bits, but "
                f"the circuit's are on {sorted(asked)}; write OpenQASM 3."
            )
        owner.update(dict.fromkeys(bits, bits))
    groups = sorted({owner.get(bit, (bit,)) for bit in range(circuit.n_bits)})
    return [(f"c{bits[0]}", bits[0], len(bits)) for bits in groups]


def _rotation(placed: list[tuple[str, str]], angle: str) -> list[str]:
    """exp(-i angle/2 P): a change of basis, the parity on the last qubit, RZ, and back."""
    if len(placed) == 1:
        return [_call("r" + placed[0][1].lower(), [angle], [placed[0][0]])]
    before = [_call(name, [], [q]) for q, letter in placed for name in _TO_Z[letter][0]]
    after = [_call(name, [], [q]) for q, letter in placed for name in _TO_Z[letter][1]]
    names = [q for q, _ in placed]
    ladder = [_call("cx", [], list(pair)) for pair in pairwise(names)]
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
    """Steps from |0...0> to the amplitudes: for each qubit an RY multiplexed over those before it, then the phases.

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
def _importable(text: str) -> str:
    """OpenQASM 3 as Qiskit's importer needs it: bits compared with true and false, and the parameters of every gate
    definition named in alphabetical order, since the importer binds them in that order whatever the definition says.
    """

    def renamed(match: re.Match[str]) -> str:
        names = {name.strip(): f"angle_{k:03d}" for k, name in enumerate(match[2].split(","))}
        rest = re.sub(r"[^\W\d]\w*", lambda word: names.get(word[0], word[0]), match[3])
        return f"{match[1]}({', '.join(names.values())}){rest}"

    text = re.sub(r"(\w\[\d+\]\s*==\s*)([01])\b", lambda m: m[1] + _BOOL[m[2]], text)
    return re.sub(r"(\bgate\s+\w+\s*)\(([^(){}]+)\)([^{}]*\{[^{}]*\})", renamed, text)


def read_qasm(text: str, include_path: Sequence[str | Path] = (".",)) -> Circuit:
    """The circuit of a program in OpenQASM 2 or 3; barriers are dropped, unknown gates expanded by their definitions.

    Inputs of OpenQASM 3 must be called x_0, x_1, ... and w_0, w_1, ...
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
            source = qasm3.loads(_importable(text))
        else:
            paths = [str(path) for path in include_path]
            legacy = qasm2.LEGACY_CUSTOM_INSTRUCTIONS
            source = qasm2.loads(text, include_path=paths, custom_instructions=legacy)
    except ImportError as error:
        raise ImportError("Reading OpenQASM 3 needs its importer: pip install ketwork[qiskit]") from error
    except (qasm2.QASM2ParseError, qasm3.QASM3ImporterError) as error:
        version = "3" if version3 else "2"
        raise ValueError(f"Argument `text` must be OpenQASM {version}, but Qiskit cannot read it: {error}") from error
    return from_qiskit(source)
