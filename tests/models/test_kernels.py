"""The fidelity kernel: overlaps of explicit states, in tiles as a whole, positive, with the gradient of its entries."""

import numpy as np
import pytest

import twin
from ketwork import Circuit, Simulator, w, x
from ketwork.models import data_reuploading, iqp_feature_map
from ketwork.models.kernels import FidelityKernel, with_weights
from ketwork.noise import NoiseModel, depolarizing

RNG = np.random.default_rng(0)
CIRCUIT = data_reuploading(3, 3, 2)
WEIGHTS = RNG.normal(size=CIRCUIT.n_weights)
X, Z = RNG.normal(size=(9, 3)), RNG.normal(size=(5, 3))
KERNEL = FidelityKernel(CIRCUIT, WEIGHTS)


def overlaps(a, b):
    left, right = (twin.state(CIRCUIT, part, WEIGHTS) for part in (a, b))
    return np.abs(left.conj() @ right.T) ** 2


def test_overlaps_of_states():
    np.testing.assert_allclose(KERNEL.gram(X), overlaps(X, X), atol=1e-13)
    np.testing.assert_allclose(KERNEL.gram(X, Z), overlaps(X, Z), atol=1e-13)


def test_it_is_positive_and_one_on_the_diagonal():
    gram = KERNEL.gram(RNG.normal(size=(40, 3)))
    assert np.linalg.eigvalsh(gram)[0] > -1e-12
    np.testing.assert_allclose(np.diag(gram), 1, atol=1e-13)
    np.testing.assert_array_equal(gram, gram.T)


@pytest.mark.parametrize("memory", [1, 900, 2000, 10**6])
def test_tiles_equal_the_whole(memory):
    done = []
    found = KERNEL.gram(X, memory=memory, progress=lambda k, total: done.append(k / total))
    np.testing.assert_allclose(found, overlaps(X, X), atol=1e-13)
    assert done[-1] == 1
    assert (len(done) > 1) == (memory < 10_000)
    np.testing.assert_allclose(KERNEL.gram(X, Z, memory=memory), overlaps(X, Z), atol=1e-13)


def test_into_a_file(tmp_path):
    out = np.memmap(tmp_path / "kernel", np.float32, "w+", shape=(9, 9))
    assert KERNEL.gram(X, memory=1000, out=out) is out
    np.testing.assert_allclose(np.fromfile(tmp_path / "kernel", np.float32).reshape(9, 9), overlaps(X, X), atol=1e-6)


def test_single_precision_is_near():
    found = FidelityKernel(CIRCUIT, WEIGHTS, Simulator("single")).gram(X)
    np.testing.assert_allclose(found, overlaps(X, X), atol=3e-6)


def test_noise_in_tiles():
    simulator = Simulator(noise=NoiseModel().add(depolarizing(0.05)))
    noisy = FidelityKernel(CIRCUIT, WEIGHTS, simulator)
    rho = simulator.density_matrix(CIRCUIT, X, WEIGHTS)
    for memory in (None, 1):
        np.testing.assert_allclose(noisy.gram(X, memory=memory), np.einsum("aij,bji->ab", rho, rho).real, atol=1e-12)


@pytest.mark.parametrize("memory", [None, 1500])
def test_pairs_of_circuits_with_weights_scatter_around_the_overlap(memory):
    sampled = FidelityKernel(CIRCUIT, WEIGHTS, Simulator(shots=4000), seed=1)
    exact = overlaps(X, X)
    found = sampled.gram(X, memory=memory)
    deviation = np.sqrt(np.maximum(exact * (1 - exact), 0) / 4000) + 1e-4
    off = ~np.eye(9, dtype=bool)
    assert (np.abs(found - exact)[off] < 5 * deviation[off]).all()
    assert (np.diag(found) == 1).all()
    np.testing.assert_array_equal(found, found.T)
    crossed = sampled.gram(X[:2], Z, memory=memory)
    assert np.abs(crossed - overlaps(X[:2], Z)).max() < 0.05


# ---------------------------------------------------------------------- gradient
def test_gradient_by_finite_differences():
    cotangent = RNG.normal(size=(9, 9))
    gram, pull_back = KERNEL.value_and_pullback(X)
    np.testing.assert_allclose(gram, overlaps(X, X), atol=1e-13)
    found = pull_back(cotangent)

    def value(weights, inputs):
        return (cotangent * with_weights(KERNEL, weights).gram(inputs)).sum()

    step = 1e-5
    for k in range(CIRCUIT.n_weights):
        e = step * np.eye(CIRCUIT.n_weights)[k]
        slope = (value(WEIGHTS + e, X) - value(WEIGHTS - e, X)) / (2 * step)
        assert found.w[k] == pytest.approx(slope, abs=1e-8)
    for at in [(0, 0), (3, 2), (8, 1)]:
        e = np.zeros_like(X)
        e[at] = step
        slope = (value(WEIGHTS, X + e) - value(WEIGHTS, X - e)) / (2 * step)
        assert found.x[at] == pytest.approx(slope, abs=1e-8)


def test_gradient_through_states_is_that_of_pairs_of_circuits():
    """The chance to read zeros after U(a) and U(b) undone is the same number; its pullback goes another way."""
    cotangent = RNG.normal(size=(4, 4))
    pair = CIRCUIT + CIRCUIT.inverse().shift(inputs=3)
    rows, columns = (place.ravel() for place in np.indices((4, 4)))
    values, back = Simulator().probabilities_and_pullback(pair, np.hstack([X[rows], X[columns]]), WEIGHTS)
    by_zeros = np.zeros_like(values)
    by_zeros[:, 0] = cotangent.ravel()
    gram, pull_back = KERNEL.value_and_pullback(X[:4])
    np.testing.assert_allclose(gram.ravel(), values[:, 0], atol=1e-12)
    np.testing.assert_allclose(pull_back(cotangent).w, back(by_zeros).w, atol=1e-11)


def test_gradient_where_nothing_changes():
    """Samples that are all alike keep their kernel of 1 whatever the weights."""
    same = np.repeat(X[:1], 3, axis=0)
    _, pull_back = KERNEL.value_and_pullback(same)
    np.testing.assert_allclose(pull_back(np.ones((3, 3))).w, 0, atol=1e-9)


def test_gradient_with_global_phases_and_in_single_precision():
    circuit = Circuit(2).ry(0, w[0] * x[0]).append("global_phase", (), (w[1],)).cx(0, 1).rx(1, x[1] + w[1])
    weights, cotangent = np.array([0.7, -0.4]), RNG.normal(size=(6, 6))
    points = RNG.normal(size=(6, 2))
    double = FidelityKernel(circuit, weights).value_and_pullback(points)[1](cotangent)
    single = FidelityKernel(circuit, weights, Simulator("single")).value_and_pullback(points)[1](cotangent)
    np.testing.assert_allclose(single.w, double.w, atol=1e-4)


# ---------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: FidelityKernel(CIRCUIT), "`weights` is missing: the circuit has"),
        (lambda: FidelityKernel(CIRCUIT, WEIGHTS[:-1]), "`weights` must have shape"),
        (lambda: FidelityKernel("iqp"), "must be a Circuit"),
        (lambda: FidelityKernel(CIRCUIT, WEIGHTS, shots=0), "`shots` must be at least 1"),
        (lambda: FidelityKernel(CIRCUIT, WEIGHTS, max_circuits=0), "`max_circuits` must be at least 1"),
        (lambda: KERNEL.gram(X[:, :2]), "`a` must have 3 columns"),
        (lambda: KERNEL.gram(X, Z[:, :2]), "`b` must have 3 columns"),
        (lambda: KERNEL.gram(X[:0]), "at least one sample"),
        (lambda: KERNEL.gram(np.full((2, 3), np.nan)), "must be finite"),
        (lambda: KERNEL.gram(X, memory=-5), "`memory` must be at least 1"),
        (lambda: KERNEL.gram(X, out=np.zeros((2, 2))), "`out` must be"),
        (lambda: KERNEL.value_and_pullback(X)[1](np.zeros((2, 2))), r"`cotangent` must have shape \(9, 9\)"),
        (lambda: FidelityKernel(CIRCUIT, WEIGHTS, Simulator(shots=9)).value_and_pullback(X), "ideal Simulator alone"),
        (
            lambda: FidelityKernel(CIRCUIT, WEIGHTS, Simulator(shots=9), max_circuits=30).gram(X),
            "takes 36 circuits, one a pair of samples, but `max_circuits` is 30",
        ),
    ],
)
def test_doors(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_two_thousand_samples_take_two_thousand_states():
    kernel = FidelityKernel(iqp_feature_map(10, 2, "linear"), backend=Simulator("single"))
    points = 0.3 * RNG.normal(size=(2000, 10))
    gram = kernel.gram(points)
    states = Simulator("double").state(iqp_feature_map(10, 2, "linear"), points[:40])
    np.testing.assert_allclose(gram[:40, :40], np.abs(states.conj() @ states.T) ** 2, atol=1e-5)
    np.testing.assert_allclose(np.diag(gram), 1, atol=1e-5)
    np.testing.assert_allclose(gram, gram.T, atol=0)
