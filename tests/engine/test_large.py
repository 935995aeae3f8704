"""One state at a time equals a lane of a tile and the matrices, whatever its size and however it is cut."""

import numpy as np
import pytest

from ketwork import Circuit, NoiseModel, PauliSum, Simulator, w
from ketwork.engine import batch
from random_circuits import random_circuit

PRECISIONS = pytest.mark.parametrize("precision", ["single", "double"])


def random_sums(rng, n, count, strings):
    """Real sums of random strings, of an odd number of Y too."""
    return [
        PauliSum.from_list([("".join(rng.choice(list("IXYZ"), n)), float(v)) for v in rng.normal(size=strings) / 5])
        for _ in range(count)
    ]


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 15, 16])
@PRECISIONS
def test_one_state_equals_tiles(n, precision, monkeypatch):
    rng = np.random.default_rng(n)
    circuit = random_circuit(rng, n, 60)
    inputs, weights = rng.normal(size=(1, circuit.n_inputs)), rng.normal(size=circuit.n_weights)
    sums = random_sums(rng, n, 1 + n % 3, 12)
    cotangent = rng.normal(size=(1, len(sums)))
    results = []
    for few, most, used in ((2, 13, precision), (0, 20, "double")):
        monkeypatch.setattr(batch, "_FEW_SAMPLES", few)
        monkeypatch.setattr(batch, "TILE_BITS", most)
        simulator = Simulator(used)
        values, pull_back = simulator.value_and_pullback(circuit, sums, inputs, weights)
        gradient = pull_back(cotangent)
        np.testing.assert_array_equal(values, simulator.expectation(circuit, sums, inputs, weights))
        np.testing.assert_allclose(gradient.w, pull_back(cotangent).w, rtol=0, atol=1e-6)
        chances, pull_chances = simulator.probabilities_and_pullback(circuit, inputs, weights, [n - 1])
        slopes = pull_chances(np.array([[0.3, -0.9]]))
        results.append(np.concatenate([a.ravel() for a in (values, gradient.w, gradient.x, chances, slopes.w)]))
    np.testing.assert_allclose(results[0], results[1], rtol=0, atol=1e-12 if precision == "double" else 5e-6)


@pytest.mark.parametrize("n", [1, 2, 4, 5, 7])
@PRECISIONS
def test_values_are_those_of_the_matrices(n, precision):
    rng = np.random.default_rng(10 + n)
    circuit, sums = random_circuit(rng, n, 30, inputs=0), random_sums(rng, n, 3, 40)
    weights = rng.normal(size=circuit.n_weights)
    psi = circuit.bind(w=weights).matrix()[:, 0]
    expected = [(psi.conj() @ s.matrix() @ psi).real for s in sums]
    found = Simulator(precision).expectation(circuit, sums, w=weights)[0]
    np.testing.assert_allclose(found, expected, atol=1e-13 if precision == "double" else 1e-5)


@pytest.mark.parametrize("n", [2, 5, 9, 13])
def test_gradients_are_finite_differences(n):
    rng = np.random.default_rng(20 + n)
    circuit, sums = random_circuit(rng, n, 30), random_sums(rng, n, 2, 20)
    x, weights, simulator = rng.normal(size=(1, circuit.n_inputs)), rng.normal(size=circuit.n_weights), Simulator()
    mixed = rng.normal(size=(1, 2))
    gradient = simulator.value_and_pullback(circuit, sums, x, weights)[1](mixed)

    def loss(x, w):
        return float((mixed * simulator.expectation(circuit, sums, x, w)).sum())

    step = 1e-5
    by_w = [(loss(x, weights + d) - loss(x, weights - d)) / (2 * step) for d in step * np.eye(len(weights))]
    by_x = [(loss(x + d, weights) - loss(x - d, weights)) / (2 * step) for d in step * np.eye(circuit.n_inputs)]
    np.testing.assert_allclose(gradient.w, by_w, atol=2e-9)
    np.testing.assert_allclose(gradient.x[0], by_x, atol=2e-9)


@PRECISIONS
def test_rotations_that_flip_nothing_but_lanes(precision):
    n, weights = 6, np.random.default_rng(0).normal(size=6)
    circuit = Circuit(n).h(0).h(4).ry(5, w[0]).ry(4, w[1]).pauli_rotation((3, 4, 5), "XYZ", w[2])
    circuit = circuit.pauli_rotation((0, 4, 5), "ZYX", w[3]).cx(5, 0).rx(5, w[4]).ry(3, w[5])
    psi = circuit.bind(w=weights).matrix()[:, 0]
    total = PauliSum.from_dict({"ZIIIXY": 0.5, "IIIZZX": -1.0, "XIYIIZ": 0.7})
    values, pull_back = Simulator(precision).value_and_pullback(circuit, total, w=weights)
    close = {"atol": 1e-13 if precision == "double" else 2e-6}
    np.testing.assert_allclose(values[0, 0], (psi.conj() @ total.matrix() @ psi).real, **close)
    gradient = pull_back(np.ones((1, 1))).w
    for k, shift in enumerate(np.pi / 2 * np.eye(6)):
        up, down = (Simulator().expectation(circuit, total, w=weights + s * shift)[0, 0] for s in (1, -1))
        np.testing.assert_allclose(gradient[k], (up - down) / 2, **close)


def test_a_sum_is_read_through_the_errors_of_the_readout_of_its_simulator():
    circuit, total = Circuit(2).ry(0, w[0]).cx(0, 1), PauliSum.from_dict({"ZI": 1.0, "ZZ": 0.5})
    noise = NoiseModel().readout(0.1, 0.1)
    for _ in range(2):
        clear = Simulator().expectation(circuit, total, w=[0.4])[0, 0]
        blurred = Simulator(noise=noise).expectation(circuit, total, w=[0.4])[0, 0]
        np.testing.assert_allclose(clear, np.cos(0.4) + 0.5)
        np.testing.assert_allclose(blurred, 0.8 * np.cos(0.4) + 0.5 * 0.64)


def test_a_list_of_observables_may_change_between_calls():
    circuit, simulator = Circuit(1).ry(0, w[0]), Simulator()
    listed = [PauliSum.from_dict({"Z": 1.0})]
    np.testing.assert_allclose(simulator.expectation(circuit, listed, w=[0.3]), [[np.cos(0.3)]])
    listed[0] = PauliSum.from_dict({"X": 1.0})
    np.testing.assert_allclose(simulator.expectation(circuit, listed, w=[0.3]), [[np.sin(0.3)]])
    listed.append(PauliSum.from_dict({"Z": 1.0}))
    assert simulator.expectation(circuit, listed, w=[0.3]).shape == (1, 2)
