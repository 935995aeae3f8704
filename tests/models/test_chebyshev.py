"""Chebyshev maps: the polynomials that they are named after."""

import numpy as np
import pytest
from numpy.polynomial.chebyshev import Chebyshev

from ketwork import Simulator
from ketwork.models.chebyshev import arc_cosines, chebyshev_encoding
from ketwork.operators import pauli_z

DOUBLE = Simulator("double")
X = np.random.default_rng(0).uniform(-1, 1, (6, 2))


def expectations(encoding, X, w=None):
    n = encoding.n_qubits
    return DOUBLE.expectation(encoding.circuit, [pauli_z(q, n) for q in range(n)], encoding.prepare(X), w)


def test_a_tower_climbs_the_even_polynomials():
    """<Z> of the m-th qubit of a feature is T_2m."""
    found = expectations(chebyshev_encoding(6, 2), X)
    for q in range(6):
        expected = Chebyshev.basis(2 * (q // 2 + 1))(X[:, q % 2])
        np.testing.assert_allclose(found[:, q], expected, atol=1e-13)


def test_a_product_stays_on_the_first():
    found = expectations(chebyshev_encoding(3, 1, "product"), X[:, :1])
    np.testing.assert_allclose(found, np.repeat(2 * X[:, :1] ** 2 - 1, 3, axis=1), atol=1e-14)


def test_layers_in_between_entangle():
    encoding = chebyshev_encoding(3, 1, depth=3, entanglement="linear")
    assert encoding.circuit.count() == {"ry": 9, "cx": 4}
    states = DOUBLE.state(encoding.circuit, encoding.prepare(X[:, :1]))
    assert np.linalg.svd(states[0].reshape(2, 4), compute_uv=False)[1] > 0.01


def test_trained_scales():
    """At 1 they change nothing; at 1/2 a qubit's <Z> is x itself."""
    encoding = chebyshev_encoding(4, 2, trainable=True)
    assert encoding.circuit.n_weights == 4
    np.testing.assert_allclose(expectations(encoding, X, np.ones(4)), expectations(chebyshev_encoding(4, 2), X))
    np.testing.assert_allclose(expectations(encoding, X, np.full(4, 0.5))[:, :2], X, atol=1e-14)


def test_derivative_by_the_features():
    encoding = chebyshev_encoding(4, 2, depth=2, entanglement="linear")
    observables = [pauli_z(q, 4) for q in range(4)]
    cotangent = np.random.default_rng(1).normal(size=(6, 4))
    pull_back = DOUBLE.value_and_pullback(encoding.circuit, observables, encoding.prepare(X))[1]
    found = encoding.by_features(X, pull_back(cotangent).x)
    for i in range(2):
        step = 1e-6 * np.eye(2)[i]
        difference = expectations(encoding, X + step) - expectations(encoding, X - step)
        np.testing.assert_allclose(found[:, i], (cotangent * difference).sum(axis=1) / 2e-6, rtol=1e-5, atol=1e-6)
    assert np.isfinite(encoding.by_features(np.array([[1.0, -1.0]]), np.ones((1, 2)))).all()


def test_rounding_over_the_end_is_no_error():
    np.testing.assert_array_equal(arc_cosines(np.array([[1 + 1e-9, -1 - 1e-9]])), [[0, np.pi]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: chebyshev_encoding(1, 2), "`n_qubits` must be at least 2, but is 1"),
        (lambda: chebyshev_encoding(2, 1, "towers"), "Did you mean 'tower'"),
        (lambda: chebyshev_encoding(2, depth=0), "`depth` must be at least 1"),
        (lambda: chebyshev_encoding(2, entanglement="rings"), "Did you mean 'ring'"),
        (lambda: arc_cosines(np.array([[0.5, -1.5]])), r"features in \[-1, 1\], but one is -1.5"),
    ],
)
def test_the_door(call, message):
    with pytest.raises(ValueError, match=message):
        call()
