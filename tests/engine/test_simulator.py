"""The simulator against the plain twin, by property, and at its door."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twin
from ketwork import Circuit, PauliSum, Simulator, pauli_z, w, x
from random_circuits import random_circuit

TOLERANCE = {"double": 1e-12, "single": 1e-6}


def _case(seed, n, gates=40, batch=3):
    rng = np.random.default_rng(seed)
    circuit = random_circuit(rng, n, gates)
    inputs, weights = rng.normal(size=(batch, circuit.n_inputs)), rng.normal(size=circuit.n_weights)
    strings = {"".join(rng.choice(list("IXYZ"), n)): float(v) for v in rng.normal(size=4) / 4}
    observables = [PauliSum.from_dict(strings), pauli_z(0, n)]
    return rng, circuit, inputs, weights, observables


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("batch", [1, 2, 3, 17])
@pytest.mark.parametrize("n", [1, 2, 3, 5, 6, 8, 9])
def test_equals_the_twin(n, batch, precision):
    rng, circuit, inputs, weights, observables = _case(n * 100 + batch, n, batch=batch)
    psi, simulator = twin.state(circuit, inputs, weights), Simulator(precision)
    close = {"rtol": 0, "atol": TOLERANCE[precision]}
    np.testing.assert_allclose(simulator.state(circuit, inputs, weights), psi, **close)
    values = simulator.expectation(circuit, observables, inputs, weights)
    np.testing.assert_allclose(values, twin.expectation(psi, observables), **close)
    assert values.dtype == simulator.dtype
    qubits = [int(q) for q in rng.permutation(n)[: max(1, n // 2)]]
    found = simulator.probabilities(circuit, inputs, weights, qubits)
    np.testing.assert_allclose(found, twin.probabilities(psi, n, qubits), **close)
    overlaps = simulator.overlap(circuit, inputs, w=weights)
    np.testing.assert_allclose(overlaps, np.abs(psi.conj() @ psi.T) ** 2, rtol=0, atol=TOLERANCE[precision])


@pytest.mark.parametrize("n", [2, 4, 9])
@pytest.mark.parametrize("batch", [1, 5])
def test_gradients_are_finite_differences(n, batch):
    rng, circuit, inputs, weights, observables = _case(7 + n, n, batch=batch)
    simulator, h = Simulator("double"), 1e-5
    for run in (
        lambda a, b: simulator.value_and_pullback(circuit, observables, a, b),
        lambda a, b: simulator.probabilities_and_pullback(circuit, a, b, [n - 1, 0]),
    ):
        values, pull_back = run(inputs, weights)
        cotangent = rng.normal(size=values.shape)
        gradient = pull_back(cotangent)

        def loss(a, b, run=run, cotangent=cotangent):
            return float((run(a, b)[0] * cotangent).sum())

        for k in range(len(weights)):
            step = h * np.eye(len(weights))[k]
            slope = (loss(inputs, weights + step) - loss(inputs, weights - step)) / (2 * h)
            assert gradient.w[k] == pytest.approx(slope, abs=1e-6)
        for i in range(inputs.shape[1]):
            step = np.zeros_like(inputs)
            step[-1, i] = h
            slope = (loss(inputs + step, weights) - loss(inputs - step, weights)) / (2 * h)
            assert gradient.x[-1, i] == pytest.approx(slope, abs=1e-6)
        again = pull_back(cotangent)
        np.testing.assert_allclose(again.w, gradient.w, atol=1e-12)


def test_gradient_is_the_parameter_shift_rule():
    circuit = Circuit(3).rx(0, x[0]).ry(1, w[0]).cx(0, 1).rz(1, w[1]).cx(1, 2).ry(2, w[2]).rxx(0, 2, w[3])
    observable, inputs, weights = (
        PauliSum.from_dict({"ZXZ": 0.7, "IYX": -0.4}),
        np.array([[0.3]]),
        np.array([0.1, 0.2, 0.3, 0.4]),
    )
    simulator = Simulator()
    _, pull_back = simulator.value_and_pullback(circuit, observable, inputs, weights)
    shifts = [
        (
            simulator.expectation(circuit, observable, inputs, weights + s)
            - simulator.expectation(circuit, observable, inputs, weights - s)
        )[0, 0]
        / 2
        for s in np.pi / 2 * np.eye(4)
    ]
    np.testing.assert_allclose(pull_back([[1.0]]).w, shifts, atol=1e-13)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 7))
def test_norm_inverse_batching_and_threads(seed, n):
    rng = np.random.default_rng(seed)
    circuit = random_circuit(rng, n, 25)
    inputs, weights = rng.normal(size=(20, 3)), rng.normal(size=circuit.n_weights)
    one, two = Simulator(threads=1), Simulator(threads=2)
    states = one.state(circuit, inputs, weights)
    np.testing.assert_allclose(np.linalg.norm(states, axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(two.state(circuit, inputs, weights), states, atol=1e-13)
    alone = np.concatenate([one.state(circuit, row[None], weights) for row in inputs[:3]])
    np.testing.assert_allclose(alone, states[:3], atol=1e-12)
    there_and_back = one.state(circuit + circuit.inverse(), inputs[:2], weights)
    np.testing.assert_allclose(there_and_back[:, 0], 1, atol=1e-12)


def test_metric_is_the_overlap_of_derivatives():
    _, circuit, inputs, weights, _ = _case(5, 3, batch=2)
    simulator, h, expected = Simulator(), 1e-5, 0
    for row in inputs:
        psi = twin.state(circuit, row, weights)[0]
        steps = h * np.eye(len(weights))
        slopes = np.stack(
            [(twin.state(circuit, row, weights + s) - twin.state(circuit, row, weights - s))[0] for s in steps]
        ) / (2 * h)
        along = slopes @ psi.conj()
        expected = expected + (slopes.conj() @ slopes.T - np.outer(along.conj(), along)).real / len(inputs)
    np.testing.assert_allclose(simulator.metric(circuit, inputs, weights), expected, atol=1e-8)


def test_the_tester_can_fail():
    circuit = Circuit(2).ry(0, 0.3).cx(0, 1)
    wrong = twin.state(Circuit(2).ry(0, 0.3001).cx(0, 1), np.zeros((1, 0)), np.zeros(0))
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(Simulator().state(circuit), wrong, rtol=0, atol=1e-12)


def test_prepared_states_and_matrices():
    amplitudes = np.array([0.5, 0.5j, -0.5, 0.5])
    circuit = Circuit(3).prepare((2, 0), amplitudes).h(1)
    cube = np.einsum("ca,b->abc", amplitudes.reshape(2, 2), np.ones(2) / np.sqrt(2)).ravel()
    np.testing.assert_allclose(Simulator().state(circuit)[0], cube, atol=1e-14)
    matrix = np.array([[1, 0.5j], [-0.5j, -1]])
    value = Simulator().expectation(circuit, (matrix, [2]))
    full = np.kron(np.eye(4), matrix)
    assert value[0, 0] == pytest.approx((cube.conj() @ full @ cube).real, abs=1e-13)


def test_a_state_that_cannot_fit_names_the_bytes():
    with pytest.raises(MemoryError, match=r"needs [\d,]+ bytes"):
        Simulator().state(Circuit(45).h(0))
