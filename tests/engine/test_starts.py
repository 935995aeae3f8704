"""States that circuits start from, against the plain twin and finite differences."""

import numpy as np
import pytest

import twin
from ketwork import Circuit, NoiseModel, PauliSum, Simulator, pauli_z, w
from ketwork.circuit.transform import gate_matrix
from ketwork.engine import batch
from ketwork.noise import depolarizing
from random_circuits import random_circuit

PRECISIONS = pytest.mark.parametrize("precision", ["single", "double"])
TOLERANCE = {"double": 1e-12, "single": 2e-6}


def random_states(rng, count, n, real=False):
    psi = rng.normal(size=(count, 2**n)) + (0 if real else 1j * rng.normal(size=(count, 2**n)))
    return psi / np.linalg.norm(psi, axis=1, keepdims=True)


def evolved(circuit, inputs, weights, initial):
    """(B, 2^n) what the gates' matrices make of states, one after the other; they need no norm."""
    rows = []
    for row, psi in zip(inputs, np.broadcast_to(initial, (len(inputs), initial.shape[-1])), strict=True):
        cube = psi.astype(complex).reshape((2,) * circuit.n_qubits)
        for gate in circuit.bind(row, weights).gates:
            cube = twin.applied(gate_matrix(gate), cube, gate.qubits)
        rows.append(cube.ravel())
    return np.stack(rows)


def case(seed, n, count, shared=False, real=False):
    rng = np.random.default_rng(seed)
    circuit = random_circuit(rng, n, 30, table_only=n > 6)  # matrices of long rotations would not fit
    inputs, weights = rng.normal(size=(count, circuit.n_inputs)), rng.normal(size=circuit.n_weights)
    sums = [
        PauliSum.from_list([("".join(rng.choice(list("IXYZ"), n)), float(v)) for v in rng.normal(size=4) / 4]),
        pauli_z(n - 1, n),
    ]
    return rng, circuit, inputs, weights, sums, random_states(rng, 1 if shared else count, n, real)


@PRECISIONS
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("n, count", [(1, 1), (1, 17), (2, 3), (4, 16), (4, 37), (6, 1), (10, 1), (10, 3), (16, 2)])
def test_equals_the_twin(n, count, shared, precision):
    rng, circuit, inputs, weights, sums, initial = case(n * 100 + count, n, count, shared)
    if n > 12:  # the matrices of observables would not fit
        sums = [pauli_z(3, n)]
    simulator, close = Simulator(precision), {"rtol": 0, "atol": TOLERANCE[precision]}
    psi = evolved(circuit, inputs, weights, initial)
    np.testing.assert_allclose(simulator.state(circuit, inputs, weights, initial), psi, **close)
    signs = 1 - 2 * ((np.arange(2**n) >> max(n - 4, 0)) & 1)
    expected = (np.abs(psi) ** 2 @ signs)[:, None] if n > 12 else twin.expectation(psi, sums)
    np.testing.assert_allclose(simulator.expectation(circuit, sums, inputs, weights, initial), expected, **close)
    qubits = [int(q) for q in rng.permutation(n)[:2]]
    found = simulator.probabilities(circuit, inputs, weights, qubits, initial)
    np.testing.assert_allclose(found, twin.probabilities(psi, n, qubits), **close)


@PRECISIONS
@pytest.mark.parametrize("real", [False, True])
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("n, count", [(1, 5), (3, 1), (3, 21), (5, 2), (9, 1)])
def test_cotangents_are_finite_differences(n, count, shared, real, precision, monkeypatch):
    rng, circuit, inputs, weights, sums, initial = case(n, n, count, shared, real)
    simulator, h = Simulator(precision), 1e-4
    cotangent = rng.normal(size=(count, 2))
    _, pull_back = simulator.value_and_pullback(circuit, sums, inputs, weights, initial=initial)
    gradient = pull_back(cotangent)
    assert gradient.initial.shape == initial.shape
    assert np.iscomplexobj(gradient.initial) != real
    _, pull_chances = simulator.probabilities_and_pullback(circuit, inputs, weights, [0], initial)
    by_chances = pull_chances(cotangent)

    def losses(psi, a, b):
        final = evolved(circuit, a, b, psi)
        return np.array([
            (twin.expectation(final, sums) * cotangent).sum(), (twin.probabilities(final, n, [0]) * cotangent).sum()
        ])  # fmt: skip

    for direction in [1] if real else [1, 1j]:
        k, i = rng.integers(len(initial)), rng.integers(2**n)
        step = np.zeros(initial.shape, initial.dtype)
        step[k, i] = h * direction
        slopes = (losses(initial + step, inputs, weights) - losses(initial - step, inputs, weights)) / (2 * h)
        found = [(np.conj(g.initial[k, i]) * direction).real for g in (gradient, by_chances)]
        np.testing.assert_allclose(found, slopes, rtol=0, atol=1e-5 * count)
    step = h * np.eye(len(weights))[1]
    slopes = (losses(initial, inputs, weights + step) - losses(initial, inputs, weights - step)) / (2 * h)
    np.testing.assert_allclose([gradient.w[1], by_chances.w[1]], slopes, rtol=0, atol=1e-5 * count)
    step = np.zeros_like(inputs)
    step[-1, 1] = h
    slopes = (losses(initial, inputs + step, weights) - losses(initial, inputs - step, weights)) / (2 * h)
    np.testing.assert_allclose([gradient.x[-1, 1], by_chances.x[-1, 1]], slopes, rtol=0, atol=1e-5)


@pytest.mark.parametrize("shared", [False, True])
def test_chunks_change_nothing(shared, monkeypatch):
    rng, circuit, inputs, weights, sums, initial = case(3, 4, 100, shared)
    cotangent = rng.normal(size=(100, 2))
    results = []
    for few in (False, True):
        if few:
            monkeypatch.setattr(batch, "_KEPT_BYTES", 0)
            monkeypatch.setattr(batch, "_CHUNK_BYTES", 1)
        values, pull_back = Simulator().value_and_pullback(circuit, sums, inputs, weights, initial=initial)
        gradient = pull_back(cotangent)
        results.append((values, gradient.x, gradient.w, gradient.initial))
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)


def test_one_large_state_in_blocks_pulls_back_to_its_start():
    _, circuit, inputs, weights, _, initial = case(4, 16, 2)
    sums = [pauli_z(0, 16), PauliSum.from_dict({"Y" * 16: 0.5, "Z" + "X" * 15: 0.3})]
    _, pull_back = Simulator(precision="double").value_and_pullback(circuit, sums[:1], inputs, weights, initial=initial)
    wanted = evolved(circuit, inputs, weights, initial)
    signs = 1 - 2 * (np.arange(2**16) >> 15)
    back = evolved(circuit.bind(inputs[0], weights).inverse(), np.zeros((1, 0)), np.zeros(0), wanted[:1] * signs)
    np.testing.assert_allclose(pull_back([[0.7], [0.0]]).initial[0], 2 * 0.7 * back[0], atol=1e-11)
    for k in range(2):  # the value itself is half the overlap of a state with its cotangent
        one = (circuit, sums, inputs[k : k + 1], weights)
        values, pull_back = Simulator().value_and_pullback(*one, initial=initial[k])
        for m in range(2):
            gradient = pull_back(np.eye(2)[m : m + 1]).initial
            assert np.vdot(gradient, initial[k]).real / 2 == pytest.approx(values[0, m], abs=1e-12)


@PRECISIONS
def test_the_zero_state_is_what_circuits_start_from_anyway(precision):
    _, circuit, inputs, weights, sums, _ = case(5, 5, 20)
    zero, simulator = np.eye(1, 32)[0], Simulator(precision)
    for count in (1, 20):
        rows = inputs[:count]
        np.testing.assert_array_equal(
            simulator.expectation(circuit, sums, rows, weights, zero),
            simulator.expectation(circuit, sums, rows, weights),
        )


def test_a_circuit_without_inputs_runs_once_a_state():
    states = random_states(np.random.default_rng(0), 6, 2, real=True).astype(np.float32)
    circuit = Circuit(2).cx(0, 1)
    values, pull_back = Simulator("single").value_and_pullback(circuit, pauli_z(1, 2), initial=states)
    np.testing.assert_allclose(values[:, 0], states**2 @ [1, -1, -1, 1], atol=1e-6)
    gradient = pull_back(np.ones((6, 1)))
    assert gradient.x.shape == (6, 0) and gradient.initial.dtype == np.float32
    np.testing.assert_allclose(gradient.initial, 2 * states * [1, -1, -1, 1], atol=1e-6)


def test_shots_start_from_states_too():
    rng = np.random.default_rng(1)
    states = random_states(rng, 2, 3)
    circuit = Circuit(3).h(0).cx(0, 2).rx(1, 0.4)
    chances = Simulator().probabilities(circuit, initial=states)
    close = {"rtol": 0, "atol": 5 * 0.5 / np.sqrt(20_000)}
    shots = Simulator(seed=0).sample(circuit, shots=20_000, initial=states)
    found = np.stack([np.bincount(s @ [4, 2, 1], minlength=8) for s in shots]) / 20_000
    np.testing.assert_allclose(found, chances, **close)
    for middle in (circuit.measure(1, 0), circuit.measure(1, 0).x(1, condition=(0, 1))):
        bits = Simulator(seed=0).sample(middle, shots=20_000, initial=states)
        np.testing.assert_allclose(bits.mean(axis=(1, 2)), chances.reshape(2, 2, 2, 2)[:, :, 1].sum((1, 2)), **close)
    estimates = Simulator(shots=20_000, seed=3).expectation(circuit, [pauli_z(0, 3)], initial=states)
    np.testing.assert_allclose(
        estimates, Simulator().expectation(circuit, [pauli_z(0, 3)], initial=states), rtol=0, atol=0.04
    )


def test_readout_errors_come_after():
    states, noise = random_states(np.random.default_rng(2), 3, 2), NoiseModel().readout(0.1, 0.2)
    circuit = Circuit(2).h(0).cx(0, 1)
    read = np.array([[0.9, 0.2], [0.1, 0.8]])
    expected = Simulator().probabilities(circuit, initial=states) @ np.kron(read, read).T
    np.testing.assert_allclose(Simulator(noise=noise).probabilities(circuit, initial=states), expected, atol=1e-12)


GOOD = np.array([1.0, 0, 0, 0])


def test_what_starts_from_zero_says_so():
    circuit = Circuit(2).rx(0, w[0])
    noise = NoiseModel().add(depolarizing(0.1))
    for simulator in (Simulator(noise=noise), Simulator(method="paulitransfer"), Simulator(method="trajectories")):
        for call in (
            lambda s: s.expectation(circuit, pauli_z(0, 2), None, [0.1], initial=GOOD),
            lambda s: s.value_and_pullback(circuit, pauli_z(0, 2), None, [0.1], initial=GOOD),
            lambda s: s.probabilities(circuit, None, [0.1], initial=GOOD),
            lambda s: s.sample(circuit, None, [0.1], initial=GOOD),
        ):
            with pytest.raises(ValueError, match="amplitude_encoding"):
                call(simulator)
    with pytest.raises(ValueError, match="prepares a state itself"):
        Simulator().state(Circuit(2).prepare((0, 1), GOOD), initial=GOOD)
