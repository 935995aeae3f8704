"""Values as plain data that JSON holds, and back: numbers, text, labels, circuits, encodings, observables.

What JSON itself knows stays as it is; everything else becomes a dictionary that says its kind under `KIND`. No code is
ever kept: of the functions that prepare an encoding's inputs only the house's own can be said, by their names.
"""

import importlib
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.circuit import Angle, Circuit, w, x
from ketwork.circuit.operation import Gate, Matrix
from ketwork.models.encoding import Encoding
from ketwork.operators import PauliSum

KIND = "is a"
"""The key that tells what a dictionary stands for."""
_HOMES = ("encoding", "encodings", "chebyshev", "hamiltonian_encoding", "preparation")
"""The modules whose functions prepare inputs; none of them does anything but compute."""
_ARRAYS = "biufcU"  # the kinds of arrays that plain lists can say


def as_plain(value: Any) -> Any:
    """A value as what JSON can hold: None, numbers, text, lists, tuples, dictionaries, arrays of numbers, text or
    labels, circuits, encodings, Pauli sums, and lists of them.

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


# ---------------------------------------------------------------------- encodings
def _encoding_out(encoding: Encoding) -> dict[str, Any]:
    found = {"name": encoding.name, "span": encoding.span, "circuit": as_plain(encoding.circuit)}
    return {**found, "prepare": _function_out(encoding.prepare), "pull_back": _function_out(encoding.pull_back)}


def _encoding_in(data: dict[str, Any]) -> Encoding:
    prepare, pull_back = (_function_in(data[name]) for name in ("prepare", "pull_back"))
    return Encoding(data["name"], from_plain(data["circuit"]), prepare, data["span"], pull_back)


def _function_out(function: Any) -> Any:
    """A function of the house by its name, with what of its arguments is fixed already."""
    if function is None:
        return None
    if isinstance(function, partial):
        return {
            "of": _function_out(function.func),
            "args": [_argument_out(a) for a in function.args],
            "keywords": {k: _argument_out(v) for k, v in function.keywords.items()},
        }
    if isinstance(getattr(function, "__self__", None), Encoding):
        return {"method": function.__name__, "of": as_plain(function.__self__)}
    home, _, module = getattr(function, "__module__", "").rpartition(".")
    name = getattr(function, "__qualname__", "")
    if home != _PACKAGE or module not in _HOMES or not name.isidentifier():
        raise TypeError(
            f"An encoding with a function of its own, {name or function!r}, cannot be saved: a file holds no code. "
            "Prepare the features before the model instead."
        )
    return {"function": [module, name]}


def _function_in(data: Any) -> Any:
    if data is None:
        return None
    if "function" in data:
        module, name = data["function"]
        if module not in _HOMES:
            raise ValueError(f"{module}.{name} prepares no inputs")
        found = getattr(importlib.import_module(f"{_PACKAGE}.{module}"), name)
        if not callable(found) or isinstance(found, type) or found.__module__ != f"{_PACKAGE}.{module}":
            raise ValueError(f"{module}.{name} prepares no inputs")
        return found
    if "method" in data:
        if data["method"] != "by_features":
            raise ValueError(f"an encoding has no function {data['method']!r} of this kind")
        return from_plain(data["of"]).by_features
    keywords = {k: _argument_in(v) for k, v in data["keywords"].items()}
    return partial(_function_in(data["of"]), *map(_argument_in, data["args"]), **keywords)


def _argument_out(value: Any) -> Any:
    return {KIND: "function", "as": _function_out(value)} if callable(value) else as_plain(value)


def _argument_in(data: Any) -> Any:
    if isinstance(data, dict) and data.get(KIND) == "function":
        return _function_in(data["as"])
    return from_plain(data)


_PACKAGE = "ketwork.models"
_WRITTEN: dict[str, tuple[type, Callable[[Any], dict[str, Any]], Callable[[dict[str, Any]], Any]]] = {
    "array": (np.ndarray, _array_out, _array_in),
    "circuit": (Circuit, _circuit_out, _circuit_in),
    "encoding": (Encoding, _encoding_out, _encoding_in),
    "matrix": (Matrix, _matrix_out, _matrix_in),
    "pauli_sum": (PauliSum, _sum_out, _sum_in),
}
"""The kinds of values that are written out: their type, and how they are written and read."""
