"""What an encoding is: preparation, derivatives, and circuits without entanglement."""

import pickle

import numpy as np
import pytest

from ketwork import Circuit, Simulator, w, x
from ketwork.models.encoding import Encoding, without_entanglement

X = np.array([[0.3, -0.2, 1.1], [0.5, 0.4, -0.9]])


def doubled(features):
    return 2 * features


def test_features_go_in_as_they_are():
    encoding = Encoding("own", Circuit(3).ry(0, x[0]).ry(1, x[1]).ry(2, x[2]))
    assert encoding.n_qubits == 3
    assert encoding.span == "angle"
    np.testing.assert_array_equal(encoding.prepare(X), X)
    np.testing.assert_array_equal(encoding.by_features(X, X + 1), X + 1)


def test_a_circuit_of_fewer_inputs_takes_the_first():
    wide = Encoding("own", Circuit(3).ry(0, x[0]).rzz(0, 1, x[2]))
    narrow = wide.on(Circuit(1).ry(0, x[0]), 3)
    np.testing.assert_array_equal(narrow.prepare(X), X[:, :1])
    np.testing.assert_array_equal(narrow.by_features(X, X[:, :1]), np.pad(X[:, :1], ((0, 0), (0, 2))))
    again = pickle.loads(pickle.dumps(narrow))
    np.testing.assert_array_equal(again.prepare(X), X[:, :1])


def test_no_derivative_where_there_is_none():
    encoding = Encoding("own", Circuit(1).ry(0, x[0]), doubled)
    with pytest.raises(ValueError, match="'own' has no derivative by its features"):
        encoding.by_features(X, X)
    with pytest.raises(ValueError, match="no derivative"):
        encoding.on(Circuit(1), 1).by_features(X, X)


def test_without_entanglement():
    """The gates on one qubit stay, in order, and weights close up; polynomials are renamed inside."""
    whole = Circuit(2).ry(0, w[0] * x[1]).crx(0, 1, w[1]).cx(0, 1).rz(1, w[3] + 2 * w[2] * w[2]).rzz(0, 1, x[0])
    apart = without_entanglement(whole)
    assert apart == Circuit(2).ry(0, w[0] * x[1]).rz(1, w[2] + 2 * w[1] * w[1])
    state = Simulator("double").state(apart, [[0.0, 1.3]], [0.4, 0.7, 0.2])[0]
    assert np.linalg.svd(state.reshape(2, 2), compute_uv=False)[1] < 1e-15


def test_the_door():
    with pytest.raises(ValueError, match="`span` must be one of angle, unit, raw, but is 'angles'"):
        Encoding("own", Circuit(1), span="angles")
    with pytest.raises(TypeError, match="`circuit` must be a Circuit"):
        Encoding("own", "zz")
    with pytest.raises(TypeError, match="`prepare` must be a function"):
        Encoding("own", Circuit(1), prepare=3)
