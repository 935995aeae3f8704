"""Values as plain data: what goes out comes back, through real JSON."""

import json
import os

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, w, x
from ketwork.models.encoding import Encoding
from ketwork.models.encodings import ENCODINGS, encode
from ketwork.models.plain import KIND, as_plain, from_plain
from random_circuits import random_circuit


def back(value):
    return from_plain(json.loads(json.dumps(as_plain(value), allow_nan=False)))


@pytest.mark.parametrize(
    "value",
    [None, True, 3, -0.1, 1e300, "text", 2 + 3j, [1, "a", None], (1, (2.5,)), {1: 0.5, "b": [2]}, {}, float("inf")],
)
def test_values_come_back_with_their_types(value):
    found = back(value)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "array",
    [
        np.array([3, 1]), np.array([0.1, -2.5]), np.array(["a", "bcd"]), np.array([True, False]),
        np.array(["a", 1], dtype=object), np.arange(6, dtype=np.int8).reshape(2, 3), np.zeros(0),
    ],
)  # fmt: skip
def test_arrays_come_back_with_their_types(array):
    np.testing.assert_array_equal(back(array), array, strict=True)


def test_numpy_numbers_are_python_numbers():
    assert back(np.int64(3)) == 3
    assert back(np.float32(0.5)) == 0.5
    assert back(np.bool_(True)) is True


@pytest.mark.parametrize("seed", range(5))
def test_circuits_come_back(seed):
    circuit = random_circuit(np.random.default_rng(seed), 3, 25)
    assert back(circuit) == circuit


def test_every_special_gate_comes_back():
    matrix = np.array([[0, 1j], [1, 0]])
    circuit = (
        Circuit(3, (), 4)
        .prepare((0, 1), np.array([0.6, 0, 0.8j, 0]))
        .unitary((1,), matrix)
        .diagonal((0, 2), np.exp(1j * np.arange(4)))
        .append("pauli_rotation", (0, 2), (w[1] * x[0] ** 2 - 0.1 * w[0] + 2,), payload="XY")
        .append("global_phase", (), (w[0],))
        .measure(0, 2)
        .append("x", (1,), condition=(2, 1))
    )
    found = back(circuit)
    assert found == circuit
    assert (found.n_bits, found.n_weights, found.n_inputs) == (4, 2, 1)


def test_observables_come_back():
    for operator in (PauliSum.from_dict({"XIZ": 0.5, "ZZZ": -2}), PauliSum.from_dict({"Y": 1j})):
        assert back([operator]) == [operator]


FEATURES = {"chain_evolution": 2, "image_evolution": 4, "basis": 2}


@pytest.mark.parametrize("name", ENCODINGS)
def test_every_encoding_of_the_table_comes_back(name):
    rng = np.random.default_rng(0)
    encoding = encode(name, FEATURES.get(name, 3))
    features = rng.uniform(0.1, 0.9, (5, FEATURES.get(name, 3)))
    features = np.round(features) if name == "basis" else features
    found = back(encoding)
    assert (found.circuit, found.span, found.name) == (encoding.circuit, encoding.span, encoding.name)
    np.testing.assert_array_equal(found.prepare(features), encoding.prepare(features))
    assert (found.pull_back is None) == (encoding.pull_back is None)
    if found.pull_back is not None:
        cotangent = rng.normal(size=(5, encoding.circuit.n_inputs))
        np.testing.assert_array_equal(found.pull_back(features, cotangent), encoding.pull_back(features, cotangent))


def test_an_encoding_that_takes_a_part_comes_back():
    encoding = encode(Circuit(1).rx(0, x[0]), 3)
    features, cotangent = np.ones((2, 3)), np.full((2, 1), 2.0)
    found = back(encoding)
    np.testing.assert_array_equal(found.prepare(features), [[1], [1]])
    np.testing.assert_array_equal(found.by_features(features, cotangent), [[2, 0, 0], [2, 0, 0]])


def test_an_encoding_with_code_of_the_users_cannot_be_kept():
    for prepare in (np.square, lambda X: X, os.system):
        with pytest.raises(TypeError, match="cannot be saved: a file holds no code"):
            as_plain(Encoding("mine", Circuit(1).rx(0, x[0]), prepare))


@pytest.mark.parametrize(
    "function",
    [
        {"function": ["os", "system"]},
        {"function": ["storage", "save"]},
        {"function": ["encoding", "Encoding"]},
        {"function": ["encoding", "check_choice"]},
        {"function": ["encoding", "nothing"]},
        {"method": "on", "of": as_plain(encode("angle", 1))},
        {"of": {"function": ["os", "system"]}, "args": ["true"], "keywords": {}},
        3,
    ],
)
def test_a_file_cannot_name_other_functions(function):
    data = as_plain(encode("chebyshev", 2))
    with pytest.raises(ValueError, match="encoding is damaged"):
        from_plain({**data, "prepare": function})


def test_functions_and_objects_are_refused():
    for value in (len, object(), {1, 2}, np.array([object()])):
        with pytest.raises(TypeError, match="saved model holds numbers, text, circuits and observables only"):
            as_plain(value)
    with pytest.raises(TypeError, match="must be numbers or text"):
        as_plain(np.array(["2020-01-01"], dtype="datetime64[D]"))


@pytest.mark.parametrize(
    "data",
    [
        {"a": 1},
        {KIND: "os.system", "command": "ls"},
        {KIND: "circuit"},
        {KIND: "circuit", "n_qubits": 1, "n_bits": 0, "gates": [["nonsense", [0], [], None, None]]},
        {KIND: "circuit", "n_qubits": 1, "n_bits": 0, "gates": [["rx", [3], [0.1], None, None]]},
        {KIND: "circuit", "n_qubits": 1, "n_bits": 0, "gates": [["rx", [0], [[[1.0, [["v", 0]]]]], None, None]]},
        {KIND: "array", "dtype": "datetime64[D]", "shape": [1], "values": [1]},
        {KIND: "array", "dtype": "<i8", "shape": [3], "values": [1]},
        {KIND: "pauli_sum", "n_qubits": 2, "terms": [["XQ", 1, 0]]},
        {KIND: ["x"]},
        {KIND: "dict", "items": [[[1], 2]]},
    ],
)
def test_damaged_data(data):
    with pytest.raises(ValueError, match=r"is damaged|unknown kind"):
        from_plain(data)
