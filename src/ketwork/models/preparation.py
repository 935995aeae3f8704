"""Vectors as amplitudes and strings of bits as basis states, prepared by gates whose angles are worked out per sample.

A vector's angles form a binary tree: how the weight (and the phase) of each half of the vector splits in two. A level
of the tree is one rotation of a qubit, another for every value of the qubits before it: a uniformly controlled
rotation, which is 2^k rotations between 2^k CX.
"""

from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork.checks import check_array, check_int
from ketwork.circuit import Circuit, x
from ketwork.models.encoding import Encoding

Floats = NDArray[np.floating[Any]]

_MOST_QUBITS = 14


def amplitudes(X: ArrayLike, n_qubits: int | None = None) -> NDArray[Any]:
    """Samples (B, F), real or complex, as states (B, 2^n): zeros appended, each divided by its norm.

    n_qubits: None for as few as hold F. Raises: ValueError for samples that are all zero, or more than 2^n numbers.
    """
    array = np.ascontiguousarray(_numbers("X", X, 2))
    n = amplitude_qubits(array.shape[1]) if n_qubits is None else check_int("n_qubits", n_qubits, 1)
    if array.shape[1] > 1 << n:
        raise ValueError(f"Argument `X` has {array.shape[1]} features, but {n} qubits have {1 << n} amplitudes.")
    parts = array.view(np.float64)  # real and imaginary ones
    largest = np.abs(parts).max(axis=1, initial=0.0)
    if (largest == 0).any():
        row = int(np.argmax(largest == 0))
        raise ValueError(f"Sample {row} of argument `X` is all zeros, which is no state. Leave it out.")
    scaled = (parts / largest[:, None]).view(array.dtype)  # so that no square under- or overflows
    scaled /= np.linalg.norm(scaled, axis=1, keepdims=True)
    return np.pad(scaled, ((0, 0), (0, (1 << n) - array.shape[1])))


def _numbers(name: str, value: ArrayLike, ndim: int) -> NDArray[Any]:
    """A real or complex array, checked."""
    try:
        kind: Any = np.complex128 if np.iscomplexobj(value) else np.float64
    except ValueError:  # rows of different lengths, which the check says
        kind = np.float64
    return check_array(name, value, ndim, dtype=kind)


def amplitude_qubits(n_features: int) -> int:
    """The fewest qubits whose amplitudes hold so many features."""
    return max(1, (check_int("n_features", n_features, 1) - 1).bit_length())


def amplitude_encoding(n_qubits: int, n_features: int | None = None, phases: bool = False) -> Encoding:
    """A vector as amplitudes, exactly: features (B, F), F <= 2^n, appended with zeros and divided by their norm.

    phases: False for real vectors: RY and 2^n - 2 CX. True for complex ones (`prepare` takes complex arrays): RY, RZ,
    2^(n + 1) - 2n - 2 CX, and the global phase. Inputs: one an angle, 2^n - 1 or 2^(n + 1) - 1.
    Has a derivative by real features. Up to 14 qubits. To start from a state instead of preparing it by gates, see
    `amplitudes`.
    Raises: ValueError for more features than amplitudes; `prepare` for samples that are all zero.
    Source: Moettoenen, Vartiainen, Bergholm, Salomaa, arXiv:quant-ph/0407010: one half of their
    circuit, which goes from any state to any other.
    """
    n = check_int("n_qubits", n_qubits, 1, _MOST_QUBITS)
    if n_features is not None:
        check_int("n_features", n_features, 1, 1 << n)
    circuit, k = Circuit(n), 0
    for level in range(n):
        controls = _gray_controls(level)
        for position, control in enumerate(controls):
            circuit = circuit.ry(level, x[k])
            k += 1
            if control is not None and not (phases and position == len(controls) - 1):
                circuit = circuit.cx(control, level)
        for position in range(len(controls) if phases else 0):
            # The mirror image of the same sequence: its first CX and the last one before it undo each other.
            if position:
                circuit = circuit.cx(controls[-1 - position], level)  # type: ignore[arg-type]
            circuit = circuit.rz(level, x[k])
            k += 1
    if phases:
        return Encoding("amplitude", circuit.append("global_phase", (), (x[k],)), partial(_complex_angles, n), "raw")
    return Encoding("amplitude", circuit, partial(_real_angles, n), "raw", partial(_by_real_features, n))


def state_preparation(vector: ArrayLike) -> Circuit:
    """A circuit of numbers that prepares a vector (F,), real or complex, divided by its norm, from |0...0>.

    Source: Moettoenen et al., arXiv:quant-ph/0407010, as in `amplitude_encoding`.
    """
    array = _numbers("vector", vector, 1)
    if not array.any():
        raise ValueError("Argument `vector` must hold a number other than 0: nothing else is a state.")
    encoding = amplitude_encoding(amplitude_qubits(len(array)), phases=bool(np.iscomplexobj(array)))
    return encoding.circuit.bind(x=encoding.prepare(array[None])[0])


def basis_encoding(n_features: int, bits: int = 1) -> Encoding:
    """Whole numbers as basis states: feature i from 0 to 2^bits - 1 on qubits i bits to (i + 1) bits - 1, high first.

    Raises: `prepare` a ValueError for numbers that are not whole or out of range.
    Source: Schuld and Petruccione, Supervised Learning with Quantum Computers (2018), sec. 5.1.
    """
    features, bits = check_int("n_features", n_features, 1), check_int("bits", bits, 1, 30)
    circuit = Circuit(features * bits)
    for q in range(features * bits):
        circuit = circuit.ry(q, np.pi * x[q])
    return Encoding("basis", circuit, partial(_digits, features, bits), "raw")


def _digits(features: int, bits: int, X: Floats) -> Floats:
    array = check_array("X", X, 2)
    if array.shape[1] != features:
        raise ValueError(f"Argument `X` must have {features} features, but has {array.shape[1]}.")
    wrong = (array != np.round(array)) | (array < 0) | (array >= 1 << bits)
    if wrong.any():
        raise ValueError(
            f"The basis encoding takes whole numbers from 0 to {(1 << bits) - 1}, but a feature is {array[wrong][0]:g}."
        )
    whole = array.astype(np.int64)[:, :, None] >> np.arange(bits - 1, -1, -1)
    return np.asarray((whole & 1).reshape(len(array), -1), float)


@lru_cache(maxsize=64)
def _gray_controls(level: int) -> list[int | None]:
    """The controls of the CX after each rotation of a level: the bit in which the next Gray code differs."""
    if level == 0:
        return [None]
    steps = [(k & -k).bit_length() - 1 for k in range(1, 1 << level)] + [level - 1]
    return [level - 1 - bit for bit in steps]


def _of_gates(turns: Floats) -> Floats:
    """(B, 2^k): from the angles of a uniformly controlled rotation to those of its gates.

    Gate i has the mean of the angles with signs (-1)^(j . gray(i)), as in the paper: a Walsh transform, O(N log N).
    """
    index = np.arange(turns.shape[1])
    return _walsh(turns)[:, index ^ (index >> 1)] / len(index)


def _by_turns(cotangent: Floats) -> Floats:
    """The transpose of `_of_gates`."""
    index = np.arange(cotangent.shape[1])
    placed = np.empty_like(cotangent)
    placed[:, index ^ (index >> 1)] = cotangent
    return _walsh(placed) / len(index)


def _walsh(values: Floats) -> Floats:
    """(B, 2^k): sums over all j of (-1)^(i . j) times value j."""
    size, width = values.shape[1], 1
    while width < size:
        pairs = values.reshape(len(values), -1, 2, width)
        values = np.stack([pairs[:, :, 0] + pairs[:, :, 1], pairs[:, :, 0] - pairs[:, :, 1]], axis=2)
        values = values.reshape(-1, size)
        width *= 2
    return values


def _tree(leaves: Floats) -> list[Floats]:
    """The norms of halves, quarters, ..., leaves (B, 2^n): arrays (B, 2^k) for k = 0 to n; leaves keep their sign."""
    levels = [leaves]
    while levels[0].shape[1] > 1:
        pairs = levels[0].reshape(len(leaves), -1, 2)
        levels.insert(0, np.hypot(pairs[:, :, 0], pairs[:, :, 1]))
    return levels


def _turns(leaves: Floats) -> list[Floats]:
    """For each level the angles (B, 2^k) of RY that split a norm in two; the last one gives the signs as well."""
    return [2 * np.arctan2(level[:, 1::2], level[:, ::2]) for level in _tree(leaves)[1:]]


def _real_angles(n: int, X: Floats) -> Floats:
    vectors = amplitudes(X, n)
    if np.iscomplexobj(vectors):
        raise ValueError("Argument `X` is complex: take `amplitude_encoding(..., phases=True)`.")
    return np.hstack([_of_gates(turns) for turns in _turns(vectors)])


def _complex_angles(n: int, X: Any) -> Floats:
    vectors = amplitudes(X, n)
    turns, mean = _turns(np.abs(vectors)), np.angle(vectors)
    shifts: list[Floats] = []
    while mean.shape[1] > 1:
        shifts.insert(0, mean[:, 1::2] - mean[:, ::2])
        mean = (mean[:, 1::2] + mean[:, ::2]) / 2
    parts = []
    for k in range(n):
        parts += [_of_gates(turns[k]), _of_gates(shifts[k])[:, ::-1]]
    return np.hstack([*parts, mean])


def _by_real_features(n: int, X: Floats, cotangent: Floats) -> Floats:
    """Down the tree: an angle 2 atan2(r, l) and a norm hypot(l, r) hand their cotangents on to l and r."""
    vectors = amplitudes(X, n)
    levels, done = _tree(vectors), 0
    by_norm = np.zeros((len(vectors), 1))
    for k in range(n):
        by_turn = _by_turns(cotangent[:, done : done + (1 << k)])
        done += 1 << k
        left, right = levels[k + 1][:, ::2], levels[k + 1][:, 1::2]
        norm = np.where(levels[k] == 0, 1.0, np.abs(levels[k]))  # where all is zero, nothing is handed on
        by_left = (by_norm * left - 2 * by_turn * right / norm) / norm
        by_right = (by_norm * right + 2 * by_turn * left / norm) / norm
        by_norm = np.stack([by_left, by_right], axis=2).reshape(len(vectors), -1)
    # Angles do not change with the length of a vector, so the norm it was divided by only scales the result.
    features = np.asarray(X, float)
    largest = np.abs(features).max(axis=1, keepdims=True)  # so that no square under- or overflows
    return by_norm[:, : features.shape[1]] / np.linalg.norm(features / largest, axis=1, keepdims=True) / largest
