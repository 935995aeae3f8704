"""Any gate as the engine's steps: table gates from their row, the rest worked out from their payload."""

from functools import lru_cache
from math import atan2, pi
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ketwork.circuit.gates import GATES, Phase, Rot, Step

if TYPE_CHECKING:
    from ketwork.circuit.operation import Gate, Matrix


def gate_steps(gate: "Gate") -> tuple[Step, ...]:
    """The gate as an exact sequence of steps on its own qubits, in order of time.

    Raises: ValueError for operations that are no gates (measure, reset, prepare).
    """
    row = GATES.get(gate.name)
    if row is not None:
        return row.steps
    payload: Any = gate.payload
    if gate.name == "pauli_rotation":
        return (Rot(payload, (1.0,)),)
    if gate.name == "global_phase":
        return (Phase((1.0,)),)
    if gate.name in ("diagonal", "unitary"):
        return _matrix_steps(gate.name, payload)
    raise ValueError(f"{gate.name!r} is not a unitary gate and has no steps.")


@lru_cache(maxsize=1024)
def _matrix_steps(name: str, payload: "Matrix") -> tuple[Step, ...]:
    if name == "diagonal":
        return tuple(diagonal_steps(np.angle(payload.array)))
    return tuple(one_qubit_steps(payload.array) if len(payload.array) == 2 else two_qubit_steps(payload.array))


def diagonal_steps(angles: NDArray[np.floating[Any]]) -> list[Step]:
    """diag(exp(i angles)) as Z-string rotations: the coefficients are the Walsh-Hadamard transform of the angles."""
    n = len(angles).bit_length() - 1
    coefficients = np.asarray(angles, float).reshape((2,) * n)
    for axis in range(n):
        a, b = np.take(coefficients, 0, axis), np.take(coefficients, 1, axis)
        coefficients = np.stack([(a + b) / 2, (a - b) / 2], axis)
    steps: list[Step] = [Phase((), float(coefficients.flat[0]))]
    for mask, coefficient in enumerate(coefficients.ravel()):
        if mask and abs(coefficient) > 1e-16:
            steps.append(Rot(f"{mask:0{n}b}".replace("0", "I").replace("1", "Z"), (), -2 * float(coefficient)))
    return steps


def one_qubit_steps(u: NDArray[np.complexfloating[Any]]) -> list[Step]:
    """A 2x2 unitary as exp(i alpha) RZ(phi) RY(theta) RZ(lam)."""
    alpha, phi, theta, lam = zyz_angles(u)
    return [Rot("Z", (), lam), Rot("Y", (), theta), Rot("Z", (), phi), Phase((), alpha)]


def zyz_angles(u: NDArray[np.complexfloating[Any]]) -> tuple[float, float, float, float]:
    """(alpha, phi, theta, lam) with u = exp(i alpha) RZ(phi) RY(theta) RZ(lam)."""
    theta = 2 * atan2(abs(u[1, 0]), abs(u[0, 0]))
    plus = float(np.angle(u[1, 1] * np.conj(u[0, 0]))) if abs(u[0, 0]) > 1e-150 else 0.0
    minus = float(np.angle(-u[1, 0] * np.conj(u[0, 1]))) if abs(u[1, 0]) > 1e-150 else 0.0
    alpha = float(np.angle(u[0, 0])) + plus / 2
    other = float(np.angle(u[1, 0])) - minus / 2
    if abs(u[1, 0]) > abs(u[0, 0]):
        alpha, other = other, alpha
    if np.cos(alpha - other) < 0 and min(abs(u[0, 0]), abs(u[1, 0])) > 1e-150:
        # Both say the same phase up to pi: a full turn more on the smaller pair of entries makes them agree.
        plus, minus = (plus + 2 * pi, minus) if abs(u[1, 0]) > abs(u[0, 0]) else (plus, minus + 2 * pi)
    return alpha, (plus + minus) / 2, theta, (plus - minus) / 2


def two_qubit_steps(u: NDArray[np.complexfloating[Any]]) -> list[Step]:
    """A 4x4 unitary by the cosine-sine decomposition: multiplexed gates on the second qubit around a multiplexed RY
    on the first.

    Source: Paige and Wei, Linear Algebra Appl. 208 (1994) 303; Shende, Bullock, Markov, arXiv:quant-ph/0406176, sec. 3.
    """
    from scipy.linalg import cossin

    (u1, u2), thetas, (v1, v2) = cossin(u, p=2, q=2, separate=True)
    middle = _multiplexed_rotation("YI", "YZ", 2 * thetas[0], 2 * thetas[1])
    return [*_multiplexed_unitary(v1, v2), *middle, *_multiplexed_unitary(u1, u2)]


def _multiplexed_rotation(plain: str, signed: str, zero: float, one: float) -> list[Step]:
    """A rotation by `zero` where the other qubit is 0 and by `one` where it is 1."""
    return [Rot(plain, (), (zero + one) / 2), Rot(signed, (), (zero - one) / 2)]


def _multiplexed_unitary(zero: NDArray[np.complexfloating[Any]], one: NDArray[np.complexfloating[Any]]) -> list[Step]:
    """`zero` on the second qubit where the first is 0, `one` where it is 1."""
    first, second = zyz_angles(zero), zyz_angles(one)
    steps: list[Step] = []
    for letter, k in (("Z", 3), ("Y", 2), ("Z", 1)):
        steps += _multiplexed_rotation("I" + letter, "Z" + letter, first[k], second[k])
    return [*steps, Rot("ZI", (), second[0] - first[0]), Phase((), (first[0] + second[0]) / 2)]
