"""THE gate table. Everything that knows something about a gate reads it here: circuits, engine, OpenQASM, converters.

A row says what the gate is (its matrix, qubit 0 of the gate most significant) and how the engine runs it: as a sequence
of Pauli rotations, basis permutations and phases that equals the matrix exactly.
"""

import cmath
from collections.abc import Callable
from dataclasses import dataclass
from math import pi
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix2D = NDArray[np.complex128]


class Rot(NamedTuple):
    """exp(-i theta/2 P) with theta = sum of coefficients[j] * params[j] + offset; P over the gate's qubits."""

    pauli: str
    coefficients: tuple[float, ...] = ()
    offset: float = 0.0


class Move(NamedTuple):
    """A permutation of basis states, free in the engine: "x" (a,), "cx" (control, target) or "swap" (a, b)."""

    kind: str
    qubits: tuple[int, ...]


class Phase(NamedTuple):
    """exp(i phi), phi as theta in `Rot`."""

    coefficients: tuple[float, ...] = ()
    offset: float = 0.0


Step = Rot | Move | Phase


@dataclass(frozen=True)
class GateRow:
    """One gate: what it is called, what it does, how to undo it, how the engine runs it.

    matrix: from the parameters (numbers, radians) to the unitary (2^k, 2^k), the gate's first qubit most significant.
    steps: the same unitary, global phase included, as Pauli rotations, moves and phases in order of time.
    inverse: the name of the inverse gate and the inverse's parameters as a signed permutation of the gate's own, such
    as (-1, -3, -2): minus the first, minus the third, minus the second.
    generator: for U(theta) = exp(-i theta G), the terms (coefficient, Pauli string) of G; else None.
    qasm2, qasm3: its name in qelib1.inc (as first published) and stdgates.inc; None where a file must define it.
    qiskit, pennylane: the name of the class there; None where there is none.
    """

    name: str
    n_qubits: int
    params: tuple[str, ...]
    matrix: Callable[..., Matrix2D]
    steps: tuple[Step, ...]
    inverse: tuple[str, tuple[int, ...]]
    help: str
    qasm2: str | None = None
    qasm3: str | None = None
    qiskit: str | None = None
    pennylane: str | None = None
    generator: tuple[tuple[float, str], ...] | None = None
    aliases: tuple[str, ...] = ()

    @property
    def n_params(self) -> int:
        return len(self.params)


def _array(*rows: Any) -> Matrix2D:
    return np.array(rows, np.complex128)


def _fixed(*rows: Any) -> Callable[[], Matrix2D]:
    array = _array(*rows)
    return lambda: array.copy()


_I, _X, _Y, _Z = _array([1, 0], [0, 1]), _array([0, 1], [1, 0]), _array([0, -1j], [1j, 0]), _array([1, 0], [0, -1])
_PAULI = {"I": _I, "X": _X, "Y": _Y, "Z": _Z}


def pauli_matrix(string: str) -> Matrix2D:
    """The Kronecker product of the Pauli matrices of a string."""
    result = np.ones((1, 1), complex)
    for letter in string:
        result = np.kron(result, _PAULI[letter])
    return result


def pauli_rotation_matrix(string: str, theta: float) -> Matrix2D:
    """exp(-i theta/2 P)."""
    full = pauli_matrix(string)
    rotation: Matrix2D = np.cos(theta / 2) * np.eye(len(full)) - 1j * np.sin(theta / 2) * full
    return rotation


def _rotation(string: str) -> Callable[[float], Matrix2D]:
    return lambda theta: pauli_rotation_matrix(string, theta)


def _controlled(target: Callable[..., Matrix2D], controls: int = 1) -> Callable[..., Matrix2D]:
    def matrix(*params: float) -> Matrix2D:
        inner = target(*params)
        full = np.eye(len(inner) << controls, dtype=complex)
        full[-len(inner) :, -len(inner) :] = inner
        return full

    return matrix


def _phase(angle: float) -> Matrix2D:
    return np.diag([1, cmath.exp(1j * angle)])


def _u3(theta: float, phi: float, lam: float) -> Matrix2D:
    c, s = np.cos(theta / 2), np.sin(theta / 2)
    return _array([c, -cmath.exp(1j * lam) * s], [cmath.exp(1j * phi) * s, cmath.exp(1j * (phi + lam)) * c])


def _exchange(theta: float, beta: float, outer: bool) -> Matrix2D:
    result = np.eye(4, dtype=complex)
    a, b = (0, 3) if outer else (2, 1)
    c, s = np.cos(theta / 2), -1j * np.sin(theta / 2)
    result[a, a] = result[b, b] = c
    result[a, b], result[b, a] = s * cmath.exp(-1j * beta), s * cmath.exp(1j * beta)
    return result


_R = 1 / np.sqrt(2)
_H = _fixed([_R, _R], [_R, -_R])
_SX = _fixed([(1 + 1j) / 2, (1 - 1j) / 2], [(1 - 1j) / 2, (1 + 1j) / 2])
_SWAP = _array([1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1])
_ISWAP = _array([1, 0, 0, 0], [0, 0, 1j, 0], [0, 1j, 0, 0], [0, 0, 0, 1])

# The engine's view. A controlled phase of angle a on k qubits is exp(i a prod (1 - Z)/2): Z-strings with angle
# -(-1)^|S| 2 a / 2^k each and a phase of a / 2^k.
_CZ = (Rot("ZI", (), pi / 2), Rot("IZ", (), pi / 2), Rot("ZZ", (), -pi / 2), Phase((), pi / 4))
_ISWAP_STEPS = (
    Rot("ZI", (), pi),
    Rot("IZ", (), pi),
    Rot("ZZ", (), -pi / 2),
    Phase((), 3 * pi / 4),
    Move("swap", (0, 1)),
)
_ISWAP_DG_STEPS = (
    Rot("ZZ", (), pi / 2), Rot("ZI", (), pi), Rot("IZ", (), pi), Phase((), 5 * pi / 4), Move("swap", (0, 1)),
)  # fmt: skip
_CCZ = (
    Rot("ZII", (), pi / 4), Rot("IZI", (), pi / 4), Rot("IIZ", (), pi / 4), Rot("ZZI", (), -pi / 4),
    Rot("ZIZ", (), -pi / 4), Rot("IZZ", (), -pi / 4), Rot("ZZZ", (), pi / 4), Phase((), pi / 8),
)  # fmt: skip
_H_LAST = (Rot("IIZ", (), pi), Phase((), pi / 2), Rot("IIY", (), pi / 2))
_CCX = (*_H_LAST, *_CCZ, *_H_LAST)
_CSWAP = (Move("cx", (2, 1)), *_CCX, Move("cx", (2, 1)))


def _row(name: str, n: int, params: str, matrix: Any, steps: Any, inverse: str, text: str, **names: Any) -> GateRow:
    """A row; `inverse` is the inverse's name, followed by the signed permutation when there are parameters."""
    back, *numbers = inverse.split()
    given = tuple(params.split())
    order = tuple(int(k) for k in numbers) or tuple(-k - 1 for k in range(len(given)))
    names = {"qasm2": name, "qasm3": name, **names}
    return GateRow(name, n, given, matrix, tuple(steps), (back, order), text, **names)


def _half(string: str) -> tuple[tuple[float, str], ...]:
    return ((0.5, string),)


def _turn(name: str, string: str, **names: Any) -> GateRow:
    text = f"Rotation exp(-i theta {string}/2)."
    steps = (Rot(string, (1.0,)),)
    return _row(
        name, len(string), "theta", _rotation(string), steps, name, text, generator=_half(string), **names
    )  # fmt: skip


def _controlled_turn(letter: str, **names: Any) -> GateRow:
    name = f"cr{letter.lower()}"
    steps = (Rot("I" + letter, (0.5,)), Rot("Z" + letter, (-0.5,)))
    generator = ((0.25, "I" + letter), (-0.25, "Z" + letter))
    text = f"R{letter} on the second qubit when the first is 1."
    return _row(name, 2, "theta", _controlled(_rotation(letter)), steps, name, text, generator=generator, **names)


def _z_phase(name: str, angle: float, inverse: str, text: str, **names: Any) -> GateRow:
    steps = (Rot("Z", (), angle), Phase((), angle / 2))
    return _row(name, 1, "", lambda: _phase(angle), steps, inverse, text, **names)


_ROWS = (
    _row("i", 1, "", _fixed([1, 0], [0, 1]), (), "i", "Identity.", qasm2="id", qasm3="id", qiskit="IGate", pennylane="Identity", aliases=("id",)),
    _row("x", 1, "", _fixed([0, 1], [1, 0]), [Move("x", (0,))], "x", "Pauli X, the bit flip.", qiskit="XGate", pennylane="PauliX"),
    _row("y", 1, "", _fixed([0, -1j], [1j, 0]), [Rot("Z", (), pi), Phase((), pi), Move("x", (0,))], "y", "Pauli Y.", qiskit="YGate", pennylane="PauliY"),
    _z_phase("z", pi, "z", "Pauli Z, the phase flip.", qiskit="ZGate", pennylane="PauliZ"),
    _row("h", 1, "", _H, [Rot("Z", (), pi), Phase((), pi / 2), Rot("Y", (), pi / 2)], "h", "Hadamard.", qiskit="HGate", pennylane="Hadamard"),
    _z_phase("s", pi / 2, "sdg", "Phase gate, the square root of Z.", qiskit="SGate", pennylane="S"),
    _z_phase("sdg", -pi / 2, "s", "Inverse of S.", qiskit="SdgGate", pennylane="Adjoint(S)"),
    _z_phase("t", pi / 4, "tdg", "T gate, the fourth root of Z.", qiskit="TGate", pennylane="T"),
    _z_phase("tdg", -pi / 4, "t", "Inverse of T.", qiskit="TdgGate", pennylane="Adjoint(T)"),
    _row("sx", 1, "", _SX, [Rot("X", (), pi / 2), Phase((), pi / 4)], "sxdg", "Square root of X.", qiskit="SXGate", pennylane="SX", qasm2=None),
    _row("sxdg", 1, "", lambda: _SX().conj().T, [Rot("X", (), -pi / 2), Phase((), -pi / 4)], "sx", "Inverse of SX.", qiskit="SXdgGate", qasm2=None, qasm3=None, pennylane="Adjoint(SX)"),
    _turn("rx", "X", qiskit="RXGate", pennylane="RX"),
    _turn("ry", "Y", qiskit="RYGate", pennylane="RY"),
    _turn("rz", "Z", qiskit="RZGate", pennylane="RZ"),
    _row("p", 1, "lam", _phase, [Rot("Z", (1.0,)), Phase((0.5,))], "p", "Phase exp(i lam) on 1.", qiskit="PhaseGate", pennylane="PhaseShift", generator=((-0.5, "I"), (0.5, "Z")), aliases=("u1",), qasm2="u1"),
    _row("u3", 1, "theta phi lam", _u3, [Rot("Z", (0, 0, 1.0)), Rot("Y", (1.0, 0, 0)), Rot("Z", (0, 1.0, 0)), Phase((0, 0.5, 0.5))], "u3 -1 -3 -2", "Any one-qubit gate up to phase: RZ(phi) RY(theta) RZ(lam).", qiskit="UGate", pennylane="U3", aliases=("u",)),
    _row("cx", 2, "", _controlled(_fixed([0, 1], [1, 0])), [Move("cx", (0, 1))], "cx", "X on the second qubit when the first is 1.", qiskit="CXGate", pennylane="CNOT", aliases=("cnot",)),
    _row("cy", 2, "", _controlled(lambda: _Y), [Rot("IZ", (), -pi / 2), Move("cx", (0, 1)), Rot("IZ", (), pi / 2)], "cy", "Y on the second qubit when the first is 1.", qiskit="CYGate", pennylane="CY"),
    _row("cz", 2, "", lambda: np.diag([1, 1, 1, -1]).astype(complex), _CZ, "cz", "Sign flip of 11.", qiskit="CZGate", pennylane="CZ"),
    _row("ch", 2, "", _controlled(_H), [Rot("IY", (), -pi / 4), *_CZ, Rot("IY", (), pi / 4)], "ch", "H on the second qubit when the first is 1.", qiskit="CHGate", pennylane="CH"),
    _row("swap", 2, "", lambda: _SWAP.copy(), [Move("swap", (0, 1))], "swap", "Exchange of two qubits.", qiskit="SwapGate", pennylane="SWAP", qasm2=None),
    _row("iswap", 2, "", lambda: _ISWAP.copy(), _ISWAP_STEPS, "iswap_dg", "Exchange with a phase of i: exp(i pi/4 (XX + YY)).", qasm2=None, qasm3=None, qiskit="iSwapGate", pennylane="ISWAP"),
    _row("iswap_dg", 2, "", lambda: _ISWAP.conj(), _ISWAP_DG_STEPS, "iswap", "Inverse of iSWAP.", qasm2=None, qasm3=None, pennylane="Adjoint(ISWAP)"),
    _row("ecr", 2, "", lambda: _R * (np.kron(_X, _I) - np.kron(_Y, _X)), [Rot("ZX", (), pi / 2), Move("x", (0,))], "ecr", "Echoed cross-resonance, (XI - YX)/sqrt(2).", qasm2=None, qasm3=None, qiskit="ECRGate", pennylane="ECR"),
    _controlled_turn("X", qasm2=None, qiskit="CRXGate", pennylane="CRX"),
    _controlled_turn("Y", qasm2=None, qiskit="CRYGate", pennylane="CRY"),
    _controlled_turn("Z", qiskit="CRZGate", pennylane="CRZ"),
    _row("cp", 2, "lam", _controlled(_phase), [Rot("ZI", (0.5,)), Rot("IZ", (0.5,)), Rot("ZZ", (-0.5,)), Phase((0.25,))], "cp", "Phase exp(i lam) on 11.", qiskit="CPhaseGate", pennylane="ControlledPhaseShift", generator=((-0.25, "II"), (0.25, "ZI"), (0.25, "IZ"), (-0.25, "ZZ")), aliases=("cu1",), qasm2="cu1"),
    _turn("rxx", "XX", qasm2=None, qasm3=None, qiskit="RXXGate", pennylane="IsingXX"),
    _turn("ryy", "YY", qasm2=None, qasm3=None, qiskit="RYYGate", pennylane="IsingYY"),
    _turn("rzz", "ZZ", qasm2=None, qasm3=None, qiskit="RZZGate", pennylane="IsingZZ"),
    _row("xx_plus_yy", 2, "theta beta", lambda theta, beta: _exchange(theta, beta, False), [Rot("ZI", (0, 1.0)), Rot("XX", (0.5, 0)), Rot("YY", (0.5, 0)), Rot("ZI", (0, -1.0))], "xx_plus_yy -1 2", "Rotation by theta in the space of 01 and 10, phase beta on the first qubit.", qasm2=None, qasm3=None, qiskit="XXPlusYYGate"),
    _row("xx_minus_yy", 2, "theta beta", lambda theta, beta: _exchange(theta, beta, True), [Rot("IZ", (0, -1.0)), Rot("XX", (0.5, 0)), Rot("YY", (-0.5, 0)), Rot("IZ", (0, 1.0))], "xx_minus_yy -1 2", "Rotation by theta in the space of 00 and 11, phase beta.", qasm2=None, qasm3=None, qiskit="XXMinusYYGate"),
    _row("ccx", 3, "", _controlled(lambda: _X, 2), _CCX, "ccx", "X on the third qubit when the first two are 1 (Toffoli).", qiskit="CCXGate", pennylane="Toffoli", aliases=("toffoli",)),
    _row("ccz", 3, "", lambda: np.diag([1] * 7 + [-1]).astype(complex), _CCZ, "ccz", "Sign flip of 111.", qasm2=None, qasm3=None, qiskit="CCZGate", pennylane="CCZ"),
    _row("cswap", 3, "", _controlled(lambda: _SWAP), _CSWAP, "cswap", "Exchange of the last two qubits when the first is 1 (Fredkin).", qiskit="CSwapGate", pennylane="CSWAP", aliases=("fredkin",), qasm2=None),
)  # fmt: skip

GATES: dict[str, GateRow] = {row.name: row for row in _ROWS}
"""The table, by name."""

ALIASES: dict[str, str] = {alias: row.name for row in _ROWS for alias in row.aliases}
"""Other names, to the name in the table."""

SPECIAL: dict[str, str] = {
    "pauli_rotation": "exp(-i theta P/2) for a Pauli string P of any length.",
    "unitary": "Any unitary matrix on one or two qubits.",
    "diagonal": "A diagonal unitary, given as the vector of its 2^k phases exp(i phi).",
    "prepare": "The qubits, untouched so far, in a state given by its 2^k amplitudes.",
    "global_phase": "Multiplication by exp(i phi).",
    "measure": "Measurement of a qubit into a classical bit.",
    "reset": "A qubit set to 0, whatever it was.",
}
"""Operations with a payload of their own, which have no row, and what they do."""
