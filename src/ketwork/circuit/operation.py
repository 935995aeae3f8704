"""One operation of a circuit: the `Gate`, its payload, and the door through which every gate comes."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_array, check_choice, check_int
from ketwork.circuit.angle import Angle, as_param
from ketwork.circuit.gates import ALIASES, GATES, SPECIAL

Param = Angle | float
Condition = tuple[tuple[int, int], ...] | None
ConditionLike = tuple[int, int] | Sequence[tuple[int, int]] | None

_TOLERANCE = 1e-8  # of unitarity and norm: what survives a file with ten digits


class Matrix:
    """A read-only complex array that can be compared and hashed: the payload of gates that carry numbers."""

    __slots__ = ("_bytes", "array")

    def __init__(self, array: Any) -> None:
        self.array: NDArray[np.complex128] = np.asarray(np.array(array, "<c16") + 0.0)  # adding 0 turns -0 into 0
        self.array.setflags(write=False)
        self._bytes = self.array.tobytes()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Matrix) and self._bytes == other._bytes and self.array.shape == other.array.shape

    def __hash__(self) -> int:
        return hash(self._bytes)

    def __reduce__(self) -> tuple[Any, ...]:
        return Matrix, (np.array(self.array),)

    def __repr__(self) -> str:
        return f"Matrix({self.array.tolist()})"


class Gate(NamedTuple):
    """One operation: a name of the gate table (or of `gates.SPECIAL`), its qubits and its angles in radians.

    payload: a Pauli string, a `Matrix`, or the classical bit of a measurement.
    condition: the gate happens only when every (bit, value) pair holds; None for always.
    """

    name: str
    qubits: tuple[int, ...]
    params: tuple[float | Angle, ...] = ()
    payload: Any = None
    condition: Condition = None


def make_gate(
    name: str,
    qubits: Sequence[int],
    params: Sequence[Param] = (),
    payload: Any = None,
    condition: ConditionLike = None,
) -> Gate:
    """A checked gate; `name` may be an alias of the table, `condition` one (bit, value) pair or several.

    Raises: ValueError or TypeError for an unknown name (offers the nearest), a wrong number of qubits or angles, qubits
    named twice, angles that are not finite, matrices that are not unitary, amplitudes that are not normalised.
    """
    row = GATES.get(name)
    if row is None and name not in SPECIAL:
        name = ALIASES.get(name) or check_choice("name", name, [*GATES, *ALIASES, *SPECIAL])
        row = GATES.get(name)
    for q in qubits:
        if type(q) is not int:
            qubits = [check_int("qubits", p, 0) for p in qubits]
            break
    placed = tuple(qubits)
    if len(placed) > 1 and len(set(placed)) < len(placed):
        raise ValueError(f"Gate {name!r} must act on different qubits, but acts on {placed}.")
    angles = tuple(map(as_param, params))
    wanted = row.n_params if row else 1 if name in ("pauli_rotation", "global_phase") else 0
    if len(angles) != wanted:
        raise ValueError(f"Gate {name!r} takes {_plural(wanted, 'angle')}, but got {len(angles)}.")
    if row is None:
        payload = _check_payload(name, placed, payload)
    elif len(placed) != row.n_qubits:
        raise ValueError(f"Gate {name!r} acts on {_plural(row.n_qubits, 'qubit')}, but got {placed}.")
    elif payload is not None:
        raise ValueError(f"Gate {name!r} takes no payload, but got {payload!r}.")
    if condition is not None:
        if name == "prepare":
            raise ValueError("'prepare' cannot have a condition: it sets the state that the circuit starts from.")
        condition = check_condition(condition)
    return Gate(name, placed, angles, payload, condition)


def check_condition(condition: Any) -> Condition:
    """One (bit, value) pair, or several that must all hold, as sorted pairs."""
    try:
        pairs = [condition] if isinstance(condition[0], Integral) else list(condition)
        listed = {(check_int("condition", bit, 0), check_int("condition", value, 0, 1)) for bit, value in pairs}
    except (TypeError, IndexError, KeyError) as error:
        raise TypeError(
            f"Argument `condition` must be (bit, value) or a list of such pairs, but is {condition!r}."
        ) from error
    if len({bit for bit, _ in listed}) < len(listed):
        raise ValueError(f"Argument `condition` asks one bit for two values at once: {condition!r}.")
    return tuple(sorted(listed))


def _check_payload(name: str, qubits: tuple[int, ...], payload: Any) -> Any:
    """The payload of a special gate, checked and made read-only."""
    if name == "global_phase":
        if qubits:
            raise ValueError(f"'global_phase' acts on no qubit, but got {qubits}.")
        return ""
    if not qubits:
        raise ValueError(f"{name!r} must act on at least one qubit, but got none.")
    if name in ("measure", "reset"):
        if len(qubits) != 1:
            raise ValueError(f"{name!r} acts on one qubit, but got {qubits}.")
        return check_int("bit", payload, 0) if name == "measure" else None
    if name == "pauli_rotation":
        if not isinstance(payload, str) or len(payload) != len(qubits) or set(payload) - set("IXYZ"):
            raise ValueError(f"Argument `letters` must be one of I, X, Y, Z for each of {qubits}, but is {payload!r}.")
        return payload
    if isinstance(payload, Matrix):
        payload = payload.array
    return _check_unitary(qubits, payload) if name == "unitary" else _check_vector(name, qubits, payload)


def _check_unitary(qubits: tuple[int, ...], matrix: Any) -> Matrix:
    size = 1 << len(qubits)
    array = check_array("matrix", matrix, 2, dtype=np.complex128)
    if len(qubits) > 2 or array.shape != (size, size):
        remedy = " Larger unitaries must be taken apart into gates first." if len(qubits) > 2 else ""
        raise ValueError(f"Argument `matrix` must be 2x2 or 4x4 and fit qubits {qubits}, but is {array.shape}.{remedy}")
    gap = float(np.abs(array @ array.conj().T - np.eye(size)).max())
    if gap > _TOLERANCE:
        raise ValueError(f"Argument `matrix` must be unitary, but U U^dagger differs from 1 by {gap:.3g}.")
    return Matrix(array)


def _check_vector(name: str, qubits: tuple[int, ...], vector: Any) -> Matrix:
    argument = "phases" if name == "diagonal" else "amplitudes"
    array = check_array(argument, vector, 1, dtype=np.complex128)
    if len(array) != 1 << len(qubits):
        raise ValueError(
            f"Argument `{argument}` must hold {1 << len(qubits)} numbers for {_plural(len(qubits), 'qubit')}, "
            f"but holds {len(array)}."
        )
    if name == "diagonal":
        gap = float(np.abs(np.abs(array) - 1).max())
        if gap > _TOLERANCE:
            raise ValueError(
                f"Argument `phases` must hold numbers of modulus 1, but one is off by {gap:.3g}. "
                "Angles phi become phases by np.exp(1j * phi)."
            )
    else:
        norm = float(np.linalg.norm(array))
        if abs(norm - 1) > _TOLERANCE:
            raise ValueError(f"Argument `amplitudes` must have norm 1, but has {norm:.9g}. Divide by the norm first.")
    return Matrix(array)


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
