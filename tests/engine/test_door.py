"""Bad calls and what is said about them."""

import numpy as np
import pytest

from ketwork import Circuit, Simulator, pauli_z, w, x


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s, c: s.expectation(c, pauli_z(0, 2), None, [0.1]), "`x` is missing"),
        (lambda s, c: s.expectation(c, pauli_z(0, 2), [[1.0, 2.0]], [0.1]), "must have 1 inputs"),
        (lambda s, c: s.expectation(c, pauli_z(0, 2), [1.0], [0.1]), "reshape"),
        (lambda s, c: s.expectation(c, pauli_z(0, 2), [[np.nan]], [0.1]), "must be finite"),
        (lambda s, c: s.expectation(c, pauli_z(0, 3), [[1.0]], [0.1]), "circuit's 2 qubits"),
        (lambda s, c: s.expectation(c, [], [[1.0]], [0.1]), "is empty"),
        (lambda s, c: s.probabilities(c, [[1.0]], [0.1], [0, 0]), "different qubits"),
        (lambda s, c: s.sample(c, [[1.0]], [0.1], shots=0), "at least 1"),
        (lambda s, c: s.state(c.measure(0, 0), [[1.0]], [0.1]), "Use `sample`"),
        (lambda s, c: s.value_and_pullback(c, pauli_z(0, 2), [[1.0]], [0.1])[1]([1.0]), "2 axes"),
    ],
)
def test_doors(call, message):
    with pytest.raises((ValueError, TypeError), match=message.replace("(", r"\(")):
        call(Simulator(), Circuit(2).rx(0, x[0]).ry(1, w[0]))


def test_a_matrix_may_name_its_qubits_in_any_way():
    circuit, matrix = Circuit(3).x(1), np.diag([1.0, -1, -1, 1])
    for qubits in ((0, 1), [0, 1], range(2), np.array([0, 1])):
        assert Simulator().expectation(circuit, (matrix, qubits)) == pytest.approx(np.array([[-1.0]]))
    nested = ((1.0, 0.0), (0.0, -1.0))
    assert Simulator().expectation(circuit, (nested, 1)) == pytest.approx(np.array([[-1.0]]))
    pair = ((nested, 1), (matrix, (0, 2)))
    np.testing.assert_allclose(Simulator().expectation(circuit, pair), [[-1.0, 1.0]])
    np.testing.assert_allclose(Simulator().probabilities(circuit, qubits=1), [[0.0, 1.0]])


GOOD = np.array([1.0, 0, 0, 0])


@pytest.mark.parametrize(
    ("initial", "message"),
    [
        (np.ones(4), "must hold states of norm 1, but state 0 has norm 2. Divide"),
        (GOOD * (1 + 3e-5), "norm 1.00003"),
        (GOOD[:3], r"must hold 4 amplitudes in its last axis, as 2 qubits have, but has shape \(3,\)"),
        (GOOD * np.nan, "must be finite"),
        (np.tile(GOOD, (2, 1)), "one for each of the 3 samples, but holds 2"),
        (np.zeros((0, 4)), "but holds 0"),
        (GOOD.reshape(1, 2, 2), "2 axes"),
        (["a"] * 4, "array of numbers"),
        ([[1, 0, 0, 0], [1, 0]], "`initial` must be an array of numbers"),
    ],
)
def test_states_to_start_from(initial, message):
    with pytest.raises((ValueError, TypeError), match=message):
        Simulator().expectation(Circuit(2).rx(0, x[0]), pauli_z(0, 2), np.zeros((3, 1)), initial=initial)
