"""Batches within bounded memory, and what is refused."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from ketwork import Circuit, Simulator, pauli_z, w, x
from ketwork.engine import batch
from random_circuits import random_circuit


def outcome(circuit, inputs, weights):
    values, pull_back = Simulator().value_and_pullback(circuit, [pauli_z(0, 4), pauli_z(3, 4)], inputs, weights)
    gradient = pull_back(np.cos(values))
    return values, gradient.x, gradient.w


def test_chunks_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    circuit = random_circuit(rng, 4, 30)
    inputs, weights = rng.normal(size=(100, circuit.n_inputs)), rng.normal(size=circuit.n_weights)
    whole = outcome(circuit, inputs, weights)
    monkeypatch.setattr(batch, "_KEPT_BYTES", 0)
    monkeypatch.setattr(batch, "_CHUNK_BYTES", 1)
    seen = []
    run = batch.tiles.run
    monkeypatch.setattr(batch.tiles, "run", lambda p, d, *rest: seen.append(len(d.by_lane)) or run(p, d, *rest))
    for a, b in zip(outcome(circuit, inputs, weights), whole, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-13)
    assert max(seen) < 100
    assert sum(seen) == 200


def test_a_state_that_cannot_fit_is_refused_with_its_bytes(monkeypatch):
    monkeypatch.setattr(batch, "available_bytes", lambda: 10**9)
    with pytest.raises(MemoryError, match=r"30 qubits needs 34,359,738,368 bytes here, but 1,000,000,000"):
        Simulator().expectation(Circuit(30).h(0), pauli_z(0, 30))
    with pytest.raises(MemoryError, match="40 qubits"):
        Simulator("single").state(Circuit(40).h(0))


def test_cotangents_of_another_shape_are_refused():
    _, pull_back = Simulator().value_and_pullback(Circuit(2).h(0), pauli_z(0, 2))
    with pytest.raises(ValueError, match=r"must have shape \(1, 1\), but has \(2, 1\)"):
        pull_back(np.ones((2, 1)))


def test_what_comes_back_is_the_callers_own():
    values, pull_back = Simulator().value_and_pullback(Circuit(2).ry(0, 0.4), pauli_z(0, 2))
    before = values.copy()
    values[:] = 7
    pull_back([[1.0]])
    again, _ = Simulator().value_and_pullback(Circuit(2).ry(0, 0.4), pauli_z(0, 2))
    np.testing.assert_array_equal(again, before)


def test_arguments_that_change_before_the_pullback_change_nothing():
    circuit = Circuit(2).ry(0, w[0] * w[0] * x[0]).cx(0, 1)
    for batch_size in (1, 9):
        inputs, weights = np.full((batch_size, 1), 0.7), np.array([0.3])
        _, pull_back = Simulator().value_and_pullback(circuit, pauli_z(0, 2), inputs, weights)
        inputs[:], weights[:] = 3.0, 1.2
        for _ in range(2):
            slope = pull_back(np.ones((batch_size, 1)))
            assert slope.w[0] == pytest.approx(-np.sin(0.7 * 0.09) * 2 * 0.3 * 0.7 * batch_size)
            np.testing.assert_allclose(slope.x, -np.sin(0.7 * 0.09) * 0.09)


def test_threads_that_pull_back_at_once_have_states_of_their_own():
    rng = np.random.default_rng(0)
    circuit = random_circuit(rng, 11, 60)
    inputs, weights = rng.normal(size=(1, circuit.n_inputs)), rng.normal(size=circuit.n_weights)
    expected = Simulator().value_and_pullback(circuit, pauli_z(3, 11), inputs, weights)[1]([[1.0]]).w
    factors = (1.0, 2.0, -1.0, 0.5)
    for _ in range(5):
        _, pull_back = Simulator(threads=2).value_and_pullback(circuit, pauli_z(3, 11), inputs, weights)
        with ThreadPoolExecutor(4) as pool:
            for factor, found in zip(factors, pool.map(pull_back, [[[k]] for k in factors]), strict=True):
                np.testing.assert_allclose(found.w, factor * expected, atol=1e-12)
