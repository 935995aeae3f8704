"""Evolutions of chains and images against dense exponentials, and how their errors fall."""

import numpy as np
import pytest
from scipy.linalg import expm

from ketwork import Simulator
from ketwork.models.hamiltonian_encoding import chain_evolution, image_evolution, image_hamiltonian, image_qubits
from ketwork.operators import pauli

DOUBLE = Simulator("double")


def chain_hamiltonian(features, letters, field=0.0):
    n = len(features) + 1
    total = sum(f * pauli(p, (j, j + 1), n).matrix() for j, f in enumerate(features) for p in letters)
    return total + field * sum(pauli("X", q, n).matrix() for q in range(n))


def test_steps_of_the_heisenberg_chain():
    """T times the product over pairs of exp(-i t/T x_j (XX + YY + ZZ)), as in eq. E3."""
    X = np.array([[0.4, -1.3, 0.8]])
    circuit = chain_evolution(3, steps=4, time=1.1)
    start = DOUBLE.state(circuit[:8])[0]
    step = np.eye(16)
    for j in range(3):
        step = expm(-1.1j / 4 * X[0, j] * chain_hamiltonian(np.eye(3)[j], ("XX", "YY", "ZZ"))) @ step
    expected = np.linalg.matrix_power(step, 4) @ start
    np.testing.assert_allclose(DOUBLE.state(circuit, X)[0], expected, atol=1e-13)


@pytest.mark.parametrize(
    ("chain", "letters", "field"), [("heisenberg", ("XX", "YY", "ZZ"), 0.0), ("ising", ("ZZ",), 0.7)]
)
def test_the_error_falls_as_one_over_the_steps(chain, letters, field):
    X = np.array([[0.4, -1.3, 0.8]])
    exact = expm(-1j * chain_hamiltonian(X[0], letters, field))
    errors = []
    for steps in (40, 80):
        circuit = chain_evolution(3, chain, steps, 1.0, 0.7)
        start = DOUBLE.state(circuit[:8])[0] if chain == "heisenberg" else np.eye(16)[0]
        errors.append(np.linalg.norm(DOUBLE.state(circuit, X)[0] - exact @ start))
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.1)
    assert errors[1] < 0.05


def test_the_start_is_haar_random_and_seeded():
    assert chain_evolution(2, seed=3) == chain_evolution(2, seed=3)
    assert chain_evolution(2, seed=3) != chain_evolution(2, seed=4)
    z = [np.cos(gate.params[0]) for seed in range(60) for gate in chain_evolution(9, steps=1, seed=seed)[:20:2]]
    assert abs(np.mean(z)) < 0.1  # uniform on the sphere: mean 0, variance 1/3
    assert np.var(z) == pytest.approx(1 / 3, abs=0.04)


@pytest.mark.parametrize(("shape", "n"), [((4, 4), 2), ((3, 5), 3), ((2, 2), 2), ((8, 8), 3)])
def test_images_exactly(shape, n):
    """The state is exp(-i t H)|+>, phase included, with H padded by zeros."""
    X = np.random.default_rng(0).uniform(-1, 1, (3, shape[0] * shape[1]))
    encoding = image_evolution(shape, n, time=0.8)
    states = DOUBLE.state(encoding.circuit, encoding.prepare(X))
    for state, pixels in zip(states, X, strict=True):
        H = np.zeros((2**n, 2**n))
        H[: shape[0], : shape[1]] = pixels.reshape(shape)
        expected = expm(-0.8j * (H + H.T) / 2) @ np.full(2**n, 2 ** (-n / 2))
        np.testing.assert_allclose(state, expected, atol=1e-12)


def test_images_by_product_formula():
    """The error falls as 1/steps^2."""
    X = np.random.default_rng(1).uniform(-1, 1, (2, 16))
    exact = image_evolution(16, time=0.8)
    wanted = DOUBLE.state(exact.circuit, exact.prepare(X))
    errors = []
    for steps in (8, 16):
        encoding = image_evolution(16, time=0.8, method="trotter", steps=steps)
        errors.append(np.linalg.norm(DOUBLE.state(encoding.circuit, encoding.prepare(X)) - wanted))
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.05)
    assert errors[1] < 0.01
    trained = image_evolution(16, method="trotter", steps=16, trainable=True)
    again = DOUBLE.state(trained.circuit, trained.prepare(X), [0.8])
    np.testing.assert_allclose(again, DOUBLE.state(encoding.circuit, encoding.prepare(X)), atol=1e-13)


def test_derivative_by_the_pixels():
    encoding = image_evolution((2, 3), method="trotter")
    rng = np.random.default_rng(2)
    X, direction = rng.normal(size=(2, 6)), rng.normal(size=(2, encoding.circuit.n_inputs))
    for i in range(6):
        difference = encoding.prepare(X + np.eye(6)[i]) - encoding.prepare(X)
        np.testing.assert_allclose(encoding.by_features(X, direction)[:, i], (difference * direction).sum(axis=1))


def test_the_hamiltonian_of_an_image():
    H = image_hamiltonian([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]], (2, 3), 2)[0]
    np.testing.assert_array_equal(H, [[1, 3, 1.5, 0], [3, 5, 3, 0], [1.5, 3, 0, 0], [0, 0, 0, 0]])
    assert [image_qubits(k) for k in (1, 4, 9, 16, 17, 784)] == [1, 1, 2, 2, 3, 5]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: chain_evolution(0), "`n_features` must be at least 1"),
        (lambda: chain_evolution(2, "xxz"), "`chain` must be one of"),
        (lambda: chain_evolution(2, steps=0), "`steps` must be at least 1"),
        (lambda: image_evolution(15), "no square image: give its `shape`"),
        (lambda: image_evolution(16, 1), r"`n_qubits` must lie in \[2, 8\], but is 1"),
        (lambda: image_evolution(64 * 64, method="trotter"), "64 x 64 needs 6 qubits, but method 'trotter' takes"),
        (lambda: image_evolution(4, trainable=True), "needs the method 'trotter'"),
        (lambda: image_evolution(4, method="suzuki"), "`method` must be one of"),
        (lambda: image_evolution(4).prepare(np.ones((1, 5))), "2 x 2 has 4 pixels, but got 5"),
        (lambda: image_evolution(4, method="trotter").prepare(np.ones((1, 5))), "4 features, one a pixel, but has 5"),
        (lambda: image_evolution(4).by_features(np.ones((1, 4)), np.ones((1, 3))), "no derivative"),
    ],
)
def test_the_door(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_what_is_no_shape():
    with pytest.raises(TypeError, match="must be \\(rows, columns\\)"):
        image_evolution("square")
