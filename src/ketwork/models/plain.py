"""Values as plain data that JSON holds, and back: numbers, text, labels, circuits, observables. No code is ever kept.

What JSON itself knows stays as it is; everything else becomes a dictionary that says its kind under `KIND`.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.circuit import Angle, Circuit, w, x
from ketwork.circuit.operation import Gate, Matrix
from ketwork.operators import PauliSum

KIND = "is a"
"""The key that tells what a dictionary stands for."""
_ARRAYS = "biufcU"  # the kinds of arrays that plain lists can say


def as_plain(value: Any) -> Any:
    """A value as what JSON can hold: None, numbers, text, lists, tuples, dictionaries, arrays of numbers, text or
    labels, circuits, Pauli sums, and lists of them.

    Raises: TypeError for anything else, such as a function.
    """
    if value is None or isinstance(value, bool | str) or type(value) is int:
        return value
    if isinstance(value, np.generic):
        return as_plain(value.item())
    if isinstance(value, complex):
        return {KIND: "complex", "parts": [as_plain(value.real), as_plain(value.imag)]}
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {KIND: "float", "text": str(value)}
    if isinstance(value, list):
        return [as_plain(v) for v in value]
    if isinstance(value, tuple):
        return {KIND: "tuple", "items": [as_plain(v) for v in value]}
    if isinstance(value, dict):
        return {KIND: "dict", "items": [[as_plain(k), as_plain(v)] for k, v in value.items()]}
    for kind, (type_, write, _) in _WRITTEN.items():
        if isinstance(value, type_):
            return {KIND: kind, **write(value)}
    raise TypeError(
        f"A saved model holds numbers, text, circuits and observables only, but here is {value!r} "
        f"({type(value).__name__})."
    )


def from_plain(data: Any) -> Any:
    """The value that `as_plain` wrote. Raises: ValueError for data of another form."""
    if isinstance(data, list):
        return [from_plain(v) for v in data]
    if not isinstance(data, dict):
        return data
    kind = data.get(KIND)
    try:
        if kind == "float":
            return float(data["text"])
        if kind == "complex":
            return complex(*map(from_plain, data["parts"]))
        if kind == "tuple":
            return tuple(from_plain(v) for v in data["items"])
        if kind == "dict":
            return {from_plain(k): from_plain(v) for k, v in data["items"]}
        if kind in _WRITTEN:
            return _WRITTEN[kind][2](data)
    except (TypeError, KeyError, IndexError, AttributeError, ValueError) as error:
        raise ValueError(f"The saved {kind} is damaged: {error}") from None
    raise ValueError(f"The saved model holds something of an unknown kind, {kind!r}.")


# ---------------------------------------------------------------------- arrays
def _array_out(array: NDArray[Any]) -> dict[str, Any]:
    if array.dtype.kind not in _ARRAYS and not array.dtype.hasobject:
        raise TypeError(f"A saved model's labels must be numbers or text, but are of type {array.dtype}.")
    found = {"dtype": "object" if array.dtype.hasobject else array.dtype.str, "shape": list(array.shape)}
    return {**found, "values": [as_plain(v) for v in array.ravel().tolist()]}


def _array_in(data: dict[str, Any]) -> NDArray[Any]:
    dtype = np.dtype(data["dtype"])
    if dtype.kind not in _ARRAYS + "O":
        raise ValueError(f"its type is {data['dtype']!r}")
    values = [from_plain(v) for v in data["values"]]
    result = np.empty(len(values), dtype)
    result[:] = values
    return result.reshape(data["shape"])


# ---------------------------------------------------------------------- circuits
def _circuit_out(circuit: Circuit) -> dict[str, Any]:
    gates = [
        [g.name, list(g.qubits), [_param_out(p) for p in g.params], as_plain(g.payload), as_plain(g.condition)]
        for g in circuit.gates
    ]
    return {"n_qubits": circuit.n_qubits, "n_bits": circuit.n_bits, "gates": gates}


def _circuit_in(data: dict[str, Any]) -> Circuit:
    gates = (
        Gate(name, tuple(qubits), tuple(map(_param_in, params)), from_plain(payload), from_plain(condition))
        for name, qubits, params, payload, condition in data["gates"]
    )
    return Circuit(data["n_qubits"], gates, data["n_bits"])


def _param_out(param: Angle | float) -> Any:
    """A number, or the terms of a polynomial: [[coefficient, [["x", 0], ...]], ...]."""
    if isinstance(param, Angle):
        return [[float(c), [[slot.kind, slot.index] for slot in slots]] for c, slots in param.terms]
    return float(param)


def _param_in(data: Any) -> Angle | float:
    if not isinstance(data, list):
        return float(data)
    total = Angle(())
    for coefficient, slots in data:
        term: Angle | float = float(coefficient)
        for kind, index in slots:
            term = {"x": x, "w": w}[kind][index] * term
        total = total + term
    return total


def _matrix_out(matrix: Matrix) -> dict[str, Any]:
    array = matrix.array
    return {"shape": list(array.shape), "real": array.real.ravel().tolist(), "imag": array.imag.ravel().tolist()}


def _matrix_in(data: dict[str, Any]) -> Matrix:
    return Matrix((np.array(data["real"], float) + 1j * np.array(data["imag"], float)).reshape(data["shape"]))


# ---------------------------------------------------------------------- observables
def _sum_out(operator: PauliSum) -> dict[str, Any]:
    return {"n_qubits": operator.n_qubits, "terms": [[s, complex(c).real, complex(c).imag] for s, c in operator.terms]}


def _sum_in(data: dict[str, Any]) -> PauliSum:
    return PauliSum(data["n_qubits"], tuple((string, complex(real, imag)) for string, real, imag in data["terms"]))


_WRITTEN: dict[str, tuple[type, Callable[[Any], dict[str, Any]], Callable[[dict[str, Any]], Any]]] = {
    "array": (np.ndarray, _array_out, _array_in),
    "circuit": (Circuit, _circuit_out, _circuit_in),
    "matrix": (Matrix, _matrix_out, _matrix_in),
    "pauli_sum": (PauliSum, _sum_out, _sum_in),
}
"""The kinds of values that are written out: their type, and how they are written and read."""
