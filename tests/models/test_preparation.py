"""States prepared by gates equal the vectors they were made of."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketwork import Simulator
from ketwork.models.preparation import (
    amplitude_encoding,
    amplitude_qubits,
    amplitudes,
    basis_encoding,
    state_preparation,
)

DOUBLE = Simulator("double")


def vectors(n, samples, phases, seed):
    """Random vectors, some of their entries zero, of very different sizes."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(samples, 1 << n)) * 10.0 ** rng.integers(-6, 6, size=(samples, 1))
    X = X + 1j * rng.normal(size=X.shape) if phases else X
    X[rng.random(X.shape) < 0.3] = 0
    X[:, -1] = np.where(np.abs(X).max(axis=1) == 0, 1, X[:, -1])
    return X


@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 6), phases=st.booleans(), seed=st.integers(0, 9999))
def test_the_state_is_the_vector(n, phases, seed):
    """Signs, phases and the global phase included, whatever is zero."""
    X = vectors(n, 4, phases, seed)
    encoding = amplitude_encoding(n, phases=phases)
    found = DOUBLE.state(encoding.circuit, encoding.prepare(X))
    np.testing.assert_allclose(found, X / np.linalg.norm(X, axis=1, keepdims=True), atol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_counts_of_the_paper(n):
    """Half of its 2^(n+2) - 4n - 4 CX, from |0> instead of from any state; real vectors need no RZ."""
    general = amplitude_encoding(n, phases=True).circuit.count()
    assert general.get("cx", 0) == 2 ** (n + 1) - 2 * n - 2
    assert general["ry"] == general["rz"] == 2**n - 1
    real = amplitude_encoding(n).circuit.count()
    assert real.get("cx", 0) == 2**n - 2
    assert real["ry"] == 2**n - 1
    assert "rz" not in real


def test_few_features_are_padded():
    X = np.array([[3.0, 0.0, 4.0], [0.0, 0.0, -2.0]])
    expected = np.array([[0.6, 0, 0.8, 0], [0, 0, -1, 0]])
    np.testing.assert_allclose(amplitudes(X), expected, atol=1e-15)
    assert amplitudes(X, 3).shape == (2, 8)
    encoding = amplitude_encoding(2, 3)
    np.testing.assert_allclose(DOUBLE.state(encoding.circuit, encoding.prepare(X)), expected, atol=1e-14)
    assert [amplitude_qubits(k) for k in (1, 2, 3, 4, 5, 784)] == [1, 1, 2, 2, 3, 10]


@pytest.mark.parametrize("size", [1e-300, 1e-200, 1e200])
@pytest.mark.filterwarnings("error")
def test_no_size_is_too_small_or_too_large(size):
    np.testing.assert_allclose(amplitudes([[3 * size, 4 * size]]), [[0.6, 0.8]])
    np.testing.assert_allclose(amplitudes([[3 * size, 4j * size]]), [[0.6, 0.8j]])
    np.testing.assert_allclose(amplitudes([[3e-310, 4e-310j]]), [[0.6, 0.8j]])
    encoding, cotangent = amplitude_encoding(2), np.array([[0.3, -0.2, 0.7]])
    plain, sized = (encoding.by_features(s * np.array([[3.0, 4, 1, 2]]), cotangent) for s in (1, size))
    np.testing.assert_allclose(sized * size, plain)


@settings(max_examples=15, deadline=None)
@given(n=st.integers(1, 4), seed=st.integers(0, 9999))
def test_derivative_by_the_features(n, seed):
    """Against central differences of a random function of the angles' sines."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(3, (1 << n) - (n > 1)))
    encoding = amplitude_encoding(n, X.shape[1])
    direction = rng.normal(size=(3, encoding.circuit.n_inputs))
    found = encoding.by_features(X, direction * np.cos(encoding.prepare(X)))
    h = 1e-6
    for i in range(X.shape[1]):
        step = h * np.eye(X.shape[1])[i]
        upper, lower = np.sin(encoding.prepare(X + step)), np.sin(encoding.prepare(X - step))
        np.testing.assert_allclose(found[:, i], (direction * (upper - lower)).sum(axis=1) / (2 * h), atol=2e-6)


def test_one_vector_as_a_circuit_of_numbers():
    vector = np.array([1, 1j, -2, 0.5, 3, 0, 0])
    found = DOUBLE.state(state_preparation(vector))[0]
    np.testing.assert_allclose(found[:7], vector / np.linalg.norm(vector), atol=1e-14)
    real = state_preparation([1.0, -1.0])
    assert (real.n_inputs, real.count()) == (0, {"ry": 1})


def test_numbers_as_basis_states():
    encoding = basis_encoding(2, bits=3)
    states = DOUBLE.state(encoding.circuit, encoding.prepare(np.array([[5, 3], [0, 7]])))
    np.testing.assert_allclose(states, np.eye(64)[[0b101011, 0b000111]], atol=1e-15)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: amplitudes([[1.0, 2.0], [0.0, 0.0]]), "Sample 1 of argument `X` is all zeros"),
        (lambda: amplitudes([[1.0] * 5], 2), "has 5 features, but 2 qubits have 4 amplitudes"),
        (lambda: amplitudes([[1.0, np.nan]]), "`X` must be finite"),
        (lambda: amplitudes([1.0, 2.0]), "must have 2 axes"),
        (lambda: amplitude_encoding(2, 5), r"`n_features` must lie in \[1, 4\], but is 5"),
        (lambda: amplitude_encoding(15), "`n_qubits` must lie in"),
        (lambda: amplitude_encoding(1).prepare([[1j, 0]]), "phases=True"),
        (lambda: amplitude_encoding(2, phases=True).by_features(np.ones((1, 4)), np.ones((1, 7))), "no derivative"),
        (lambda: state_preparation([[1.0, 2.0]]), "`vector` must have 1 axes"),
        (lambda: state_preparation([0.0, 0.0]), "`vector` must hold a number other than 0"),
        (lambda: state_preparation([1.0, np.inf]), "`vector` must be finite"),
        (lambda: basis_encoding(2).prepare([[0, 2]]), "whole numbers from 0 to 1, but a feature is 2"),
        (lambda: basis_encoding(1, 4).prepare([[0.5]]), "whole numbers from 0 to 15, but a feature is 0.5"),
        (lambda: basis_encoding(3).prepare([[0, 1]]), "must have 3 features, but has 2"),
    ],
)
def test_the_door(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_rows_of_different_lengths():
    with pytest.raises(TypeError, match="`X` must be an array of numbers"):
        amplitudes([[1.0, 2.0], [1.0]])
