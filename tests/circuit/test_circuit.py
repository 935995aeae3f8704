"""Circuits as values: sharing, equality, hashing, slots, and the circuits made from circuits."""

import pickle
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketwork import Circuit, Gate, w, x
from random_circuits import random_circuit


def _bell() -> Circuit:
    return Circuit(2).h(0).cx(0, 1)


def _random(seed: int, n: int = 3, gates: int = 8) -> Circuit:
    rng = np.random.default_rng(seed)
    circuit = random_circuit(rng, n, gates)
    return circuit


def _bound(circuit: Circuit) -> np.ndarray:
    return circuit.bind(np.linspace(-1, 1, circuit.n_inputs), np.linspace(2, 3, circuit.n_weights)).matrix()


# ---------------------------------------------------------------------- values
def test_circuits_do_not_change():
    first = Circuit(2).h(0)
    left, right = first.cx(0, 1), first.cz(0, 1)
    assert [g.name for g in first] == ["h"]
    assert [g.name for g in left] == ["h", "cx"]
    assert [g.name for g in right] == ["h", "cz"]
    assert [g.name for g in left.x(0)] == ["h", "cx", "x"]
    assert len(first) == 1


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_equal_circuits_are_equal_in_every_way(seed):
    a, b = _random(seed), _random(seed)
    assert a == b
    assert hash(a) == hash(b)
    assert a.digest == b.digest
    again = pickle.loads(pickle.dumps(a))
    assert again == a
    assert again.digest == a.digest
    assert (again.n_inputs, again.n_weights, again.n_bits) == (a.n_inputs, a.n_weights, a.n_bits)
    assert a.x(0) != b
    assert a.x(0).digest != b.digest


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (Circuit(2).h(0), Circuit(3).h(0)),
        (Circuit(2).h(0), Circuit(2).h(1)),
        (Circuit(2).ry(0, 0.5), Circuit(2).ry(0, 0.5 + 1e-16 * 4)),
        (Circuit(2).ry(0, w[0]), Circuit(2).ry(0, x[0])),
        (Circuit(2).ry(0, w[0]), Circuit(2).ry(0, w[1])),
        (Circuit(2).x(0), Circuit(2).x(0, condition=(0, 1))),
        (Circuit(2).x(0, condition=(0, 0)), Circuit(2).x(0, condition=(0, 1))),
        (Circuit(2, n_bits=1), Circuit(2, n_bits=2)),
        (Circuit(2).measure(0, 0), Circuit(2, n_bits=2).measure(0, 1)),
        (Circuit(2).pauli_rotation((0, 1), "XY", 1), Circuit(2).pauli_rotation((0, 1), "YX", 1)),
        (Circuit(1).diagonal((0,), [1, 1j]), Circuit(1).diagonal((0,), [1, -1j])),
    ],
)
def test_different_circuits_differ(a, b):
    assert a != b
    assert a.digest != b.digest


def test_the_digest_is_the_same_on_every_machine():
    circuit = (
        Circuit(3, n_bits=2)
        .h(0)
        .ry(1, 0.1 + 2 * w[0] * x[1])
        .pauli_rotation((0, 2), "XZ", -0.0)
        .unitary((1,), np.array([[0, 1], [1, 0]]))
        .measure(0, 1)
        .x(2, condition=(1, 1))
    )
    assert circuit.digest == "505599f063fd29735b51af7564e1857a4ffd9c368aae9101b3dacddad9ceff9c"


def test_the_digest_does_not_depend_on_the_process():
    code = "from ketwork import *; print(Circuit(2).h(0).ry(1, w[0] * x[1] + x[0]).digest)"
    digest = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()
    assert digest == Circuit(2).h(0).ry(1, x[0] + x[1] * w[0]).digest


def test_counting():
    circuit = Circuit(3).h(0).h(1).cx(0, 1).global_phase(0.1).ccx(0, 1, 2).ry(2, w[3] * x[1]).measure(2, 1)
    assert circuit.count() == {"h": 2, "cx": 1, "global_phase": 1, "ccx": 1, "ry": 1, "measure": 1}
    assert circuit.two_qubit_count() == 2
    assert circuit.depth() == 5
    assert (circuit.n_inputs, circuit.n_weights, circuit.n_bits) == (2, 4, 2)
    assert len(circuit) == 7
    assert circuit.x(0, condition=(1, 1)).depth() == 6  # it waits for its bit
    assert Circuit(2).depth() == 0


def test_slices_and_items():
    circuit = Circuit(2).h(0).cx(0, 1).ry(1, w[0])
    assert circuit[1] == Gate("cx", (0, 1))
    assert circuit[-1].name == "ry"
    assert circuit[:2] == _bell()
    assert circuit[:2].n_weights == 0
    with pytest.raises(IndexError):
        circuit[3]
    shorter = Circuit(2).h(0)
    shorter.cx(0, 1)
    with pytest.raises(IndexError):
        shorter[1]  # the shared list is longer than this circuit


def test_gates_given_at_once_pass_the_door_too():
    assert Circuit(2, [Gate("h", (0,)), Gate("cnot", (0, 1))]) == _bell()
    with pytest.raises(TypeError, match="`gates` must hold gates, but holds 'h'"):
        Circuit(2, ["h"])
    with pytest.raises(ValueError, match="'cx' acts on 2 qubits"):
        Circuit(2, [Gate("cx", (0,))])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: Circuit(0), ValueError, r"`n_qubits` must lie in \[1, 60\], but is 0"),
        (lambda: Circuit(2.0), TypeError, "`n_qubits` must be an integer"),
        (lambda: Circuit(2, n_bits=-1), ValueError, "`n_bits` must be at least 0"),
        (lambda: _bell().compose("h"), TypeError, "`other` must be a Circuit, but is str"),
        (lambda: _bell() + 1, TypeError, "unsupported operand"),
        (lambda: Circuit(1).compose(_bell()), ValueError, "acts on qubit 1"),
        (lambda: _bell().remap([0]), ValueError, "must name all 2 qubits"),
        (lambda: _bell().remap([0, 0]), ValueError, "must give different qubits"),
        (lambda: _bell().remap([0, 2]), ValueError, "`mapping` must lie in"),
        (lambda: _bell().repeat(-1), ValueError, "`times` must be at least 0"),
        (lambda: _bell().control(0), ValueError, r"`controls` must lie in \[1, 58\], but is 0"),
        (lambda: Circuit(1).ry(0, w[1]).bind(w=[1.0]), ValueError, "`w` must have 2 values, but has 1"),
        (lambda: Circuit(1).ry(0, x[0]).bind(x=[np.nan]), ValueError, "`x` must be finite"),
        (lambda: Circuit(13).matrix(), ValueError, "at most 12 qubits"),
        (lambda: Circuit(1).ry(0, w[0]).matrix(), ValueError, "bind the circuit first"),
        (lambda: Circuit(1).measure(0, 0).matrix(), ValueError, "'measure' is not a unitary gate"),
        (lambda: Circuit(1).x(0, condition=(0, 1)).matrix(), ValueError, "classical condition"),
    ],
)
def test_door(call, error, words):
    with pytest.raises(error, match=words):
        call()


# ---------------------------------------------------------------------- made from others
@given(st.integers(0, 10**6), st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_one_after_the_other_is_the_product(a, b):
    first, second = _random(a), _random(b)
    both = first + second
    values = {"x": np.linspace(-1, 1, both.n_inputs), "w": np.linspace(2, 3, both.n_weights)}
    np.testing.assert_allclose(both.bind(**values).matrix(), _bound(second) @ _bound(first), atol=1e-12)
    assert both.gates == first.gates + second.gates


def test_composing_on_other_qubits():
    placed = Circuit(3).h(2).compose(_bell(), [2, 0])
    assert placed == Circuit(3).h(2).h(2).cx(2, 0)
    longer = Circuit(1).compose(Circuit(1, n_bits=3))
    assert longer.n_bits == 3


def test_repeating():
    layer = Circuit(1).ry(0, w[0]).rz(0, w[1] * x[0])
    assert layer.repeat(2) == layer + layer
    again = layer.repeat(3, new_weights=True)
    assert again.n_weights == 6
    assert again[2:4] == Circuit(1).ry(0, w[2]).rz(0, w[3] * x[0])
    assert len(layer.repeat(0)) == 0


def test_shifting_and_binding():
    circuit = Circuit(1).ry(0, 2 * w[0] * x[0] + w[1] ** 2)
    assert circuit.shift(inputs=1, weights=3) == Circuit(1).ry(0, 2 * w[3] * x[1] + w[4] ** 2)
    assert circuit.bind(w=[0.5, 2]) == Circuit(1).ry(0, x[0] + 4)
    assert circuit.bind(x=[1], w=[0.5, 2]).gates[0].params == (5.0,)
    assert circuit.bind() == circuit


@given(st.integers(0, 10**6), st.permutations(range(3)))
@settings(max_examples=15, deadline=None)
def test_renaming_qubits_permutes_the_axes(seed, names):
    circuit = _random(seed)
    cube = _bound(circuit).reshape((2,) * 6)
    axes = [names.index(q) for q in range(3)]
    expected = cube.transpose(axes + [3 + a for a in axes]).reshape(8, 8)
    np.testing.assert_allclose(_bound(circuit.remap(names)), expected, atol=1e-12)
    assert circuit.remap(names).remap([names.index(q) for q in range(3)]) == circuit
    assert circuit.remap(dict(enumerate(names))) == circuit.remap(names)


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_the_inverse_undoes(seed):
    circuit = _random(seed, gates=12)
    np.testing.assert_allclose(_bound(circuit + circuit.inverse()), np.eye(8), atol=1e-12)


@given(st.integers(0, 10**6), st.integers(1, 2))
@settings(max_examples=20, deadline=None)
def test_control_does_it_when_all_controls_are_one(seed, controls):
    circuit = _random(seed, n=2, gates=10)
    expected = np.eye(4 << controls, dtype=complex)
    expected[-4:, -4:] = _bound(circuit)
    np.testing.assert_allclose(_bound(circuit.control(controls)), expected, atol=1e-12)


# ---------------------------------------------------------------------- speed
def test_building_is_quick():
    def build() -> Circuit:
        circuit = Circuit(10)
        for layer in range(10):
            for q in range(10):
                circuit = circuit.ry(q, w[10 * layer + q]).rz(q, 0.1)
            for q in range(10):
                circuit = circuit.cx(q, (q + 1) % 10)
        return circuit

    times = []
    for _ in range(5):
        start = time.perf_counter()
        build()
        times.append(time.perf_counter() - start)
    assert min(times) < 5e-3  # about 0.8 ms on the reference machine; this much more on a busy one


def test_a_chain_costs_as_much_as_it_is_long():
    def chain(gates: int) -> float:
        start = time.perf_counter()
        circuit = Circuit(2)
        for _ in range(gates):
            circuit = circuit.x(0)
        return time.perf_counter() - start

    assert min(chain(8000) for _ in range(3)) < 20 * min(chain(1000) for _ in range(3))
