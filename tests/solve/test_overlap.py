"""Overlaps: fidelities of states, whoever reads them, with their gradients."""

import numpy as np
import pytest

from ketwork import Circuit, Simulator, w
from ketwork.noise import NoiseModel, depolarizing
from ketwork.solve.overlap import Overlap, gives_probabilities, zeros_projector


def layered(n):
    circuit = Circuit(n)
    for q in range(n):
        circuit = circuit.ry(q, w[q]).rz(q, w[n + q])
    for q in range(n - 1):
        circuit = circuit.cx(q, q + 1)
    for q in range(n):
        circuit = circuit.rx(q, w[2 * n + q])
    return circuit


class Bare:
    """A backend that knows nothing but the two calls."""

    def __init__(self, inner):
        self.expectation, self.sample = inner.expectation, inner.sample


def test_the_projector_is_one_on_zeros_alone():
    expected = np.zeros((8, 8))
    expected[0, 0] = 1
    np.testing.assert_allclose(zeros_projector(3).matrix(), expected, atol=1e-15)


@pytest.mark.parametrize("backend", [None, Bare(Simulator("double"))])
def test_it_is_the_fidelity_of_the_states(backend):
    circuit, rng = layered(3), np.random.default_rng(0)
    a, b = rng.uniform(-3, 3, (2, 9))
    states = [Simulator("double").state(circuit, None, p)[0] for p in (a, b)]
    overlap = Overlap(circuit, circuit.shift(weights=9), backend)
    assert overlap.value(np.concatenate([a, b])) == pytest.approx(abs(np.vdot(*states)) ** 2, abs=1e-12)
    assert overlap.value(np.concatenate([a, a])) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("backend", [None, Bare(Simulator("double")), Simulator("double", noise=NoiseModel())])
def test_the_gradient_is_that_of_finite_differences(backend):
    circuit, rng = layered(2), np.random.default_rng(1)
    fixed, point = rng.uniform(-3, 3, (2, 6))
    overlap = Overlap(circuit, circuit.bind(w=fixed), backend)
    value, gradient = overlap.value_and_gradient(point)
    assert value == pytest.approx(overlap.value(point), abs=1e-12)
    steps = 1e-5 * np.eye(6)
    numeric = [(overlap.value(point + s) - overlap.value(point - s)) / 2e-5 for s in steps]
    np.testing.assert_allclose(gradient, numeric, atol=1e-8)


def test_noise_lowers_it_and_shots_scatter_around_it():
    circuit, point = layered(2), np.random.default_rng(2).uniform(-3, 3, 6)
    noise = NoiseModel().add(depolarizing(0.05, 2), gates="cx")
    both = np.concatenate([point, point])
    undone = circuit.shift(weights=6)
    assert Overlap(circuit, undone, Simulator("double", noise=noise)).value(both) < 0.99
    other = np.concatenate([point, point + 0.3])
    exact = Overlap(circuit, undone).value(other)
    read = [Overlap(circuit, undone, Simulator("double", seed=k, shots=1000)).value(other) for k in range(40)]
    error = np.sqrt(exact * (1 - exact) / 40_000)
    assert abs(np.mean(read) - exact) < 4 * error


def test_costs_and_limits():
    circuit = layered(2)
    assert Overlap(circuit, circuit).cost().circuits == 1
    assert Overlap(circuit, circuit, Simulator("double", shots=50)).cost().shots == 50
    assert gives_probabilities(Simulator(), circuit) and not gives_probabilities(Simulator(shots=5), circuit)
    with pytest.raises(ValueError, match=r"Argument `backend`.*13 qubits"):
        Overlap(layered(13), layered(13), Simulator(shots=5))


def test_trajectories_read_the_overlap():
    """Where values are estimated there are no exact probabilities, and the projector on zeros does instead."""
    noise = NoiseModel().add(depolarizing(0.02), gates="ry")
    circuit = layered(2)
    point = np.linspace(0.3, 1.1, 6)[: circuit.n_weights]
    both = np.concatenate([point, point + 0.4])
    undone = circuit.shift(weights=circuit.n_weights)
    exact = Overlap(circuit, undone, Simulator(noise=noise)).value(both)
    drawn = Overlap(circuit, undone, Simulator(noise=noise, method="trajectories", trajectories=4000, seed=1))
    assert not gives_probabilities(drawn.backend, drawn.circuit)
    assert drawn.value(both) == pytest.approx(exact, abs=0.02)
