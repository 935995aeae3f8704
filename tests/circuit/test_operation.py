"""The door through which every gate comes."""

import pickle

import numpy as np
import pytest

from ketwork import Circuit, Gate, w
from ketwork.circuit.operation import Matrix, check_condition, make_gate

HADAMARD = np.array([[1, 1], [1, -1]]) / np.sqrt(2)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda c: c.h(3), ValueError, "acts on qubit 3, but the circuit has qubits 0 to 2"),
        (lambda c: c.h(-1), ValueError, "acts on qubit -1, but the circuit has qubits 0 to 2"),
        (lambda c: c.h(0.0), TypeError, "`qubits` must be an integer, but is 0.0"),
        (lambda c: c.h(True), TypeError, "`qubits` must be an integer, but is True"),
        (lambda c: c.cx(1, 1), ValueError, "'cx' must act on different qubits"),
        (lambda c: c.ccx(0, 1, 0), ValueError, "must act on different qubits"),
        (lambda c: c.ry(0, float("nan")), ValueError, "`angle` must be finite, but is nan"),
        (lambda c: c.ry(0, "a"), TypeError, "`angle` must be a real number, but is 'a'"),
        (lambda c: c.append("cnoot", (0, 1)), ValueError, "Did you mean 'cnot'"),
        (lambda c: c.append("ry", (0,)), ValueError, "'ry' takes 1 angle, but got 0"),
        (lambda c: c.append("u3", (0,), (1, 2)), ValueError, "'u3' takes 3 angles, but got 2"),
        (lambda c: c.append("cx", (0,)), ValueError, "'cx' acts on 2 qubits"),
        (lambda c: c.append("x", (0,), (), "XX"), ValueError, "'x' takes no payload"),
        (lambda c: c.pauli_rotation((0, 1), "XQ", 1), ValueError, "`letters` must be one of I, X, Y, Z for each"),
        (lambda c: c.pauli_rotation((0, 1), "X", 1), ValueError, "`letters` must be one of I, X, Y, Z for each"),
        (lambda c: c.pauli_rotation((), "", 1), ValueError, "at least one qubit"),
        (lambda c: c.unitary((0,), np.eye(4)), ValueError, "must be 2x2 or 4x4 and fit qubits"),
        (lambda c: c.unitary((0, 1, 2), np.eye(8)), ValueError, "must be taken apart into gates"),
        (
            lambda c: c.unitary((0,), [[1, 0], [0, 2]]),
            ValueError,
            "must be unitary, but U U.dagger differs from 1 by 3",
        ),
        (lambda c: c.unitary((0,), [[1, 0], [0, np.nan]]), ValueError, "must be finite"),
        (lambda c: c.diagonal((0,), [0.3, 0.1]), ValueError, r"of modulus 1.*np.exp\(1j \* phi\)"),
        (lambda c: c.diagonal((0, 1), [1, 1]), ValueError, "must hold 4 numbers for 2 qubits, but holds 2"),
        (lambda c: c.prepare((0,), [1, 1]), ValueError, "must have norm 1, but has 1.41421356"),
        (lambda c: c.append("prepare", (0,), (), [1, 0], (0, 1)), ValueError, "'prepare' cannot have a condition"),
        (lambda c: c.append("global_phase", (0,), (1,)), ValueError, "acts on no qubit"),
        (lambda c: c.measure(0, -1), ValueError, "`bit` must be at least 0"),
        (lambda c: c.append("reset", (0, 1)), ValueError, "'reset' acts on one qubit"),
        (lambda c: c.x(0, condition=(0, 2)), ValueError, "`condition` must lie in"),
        (lambda c: c.x(0, condition=3), TypeError, "`condition` must be .bit, value. or a list"),
        (lambda c: c.x(0, condition=[(0, 1), (0, 0)]), ValueError, "asks one bit for two values"),
    ],
)
def test_door(call, error, words):
    circuit = Circuit(3).h(0)
    before = circuit.gates
    with pytest.raises(error, match=words):
        call(circuit)
    assert circuit.gates == before
    assert circuit.x(1).gates == (*before, Gate("x", (1,)))  # nothing half done is left behind


def test_names_are_those_of_the_table():
    assert make_gate("cnot", (0, 1)) == Gate("cx", (0, 1))
    assert make_gate("u1", (0,), (0.5,)).name == "p"


def test_numbers_become_plain():
    gate = make_gate("ry", [np.int64(1)], [np.float32(0.5)])
    assert gate == Gate("ry", (1,), (0.5,))
    assert type(gate.qubits[0]) is int
    assert type(gate.params[0]) is float
    assert make_gate("ry", (0,), (w[0] - w[0],)).params == (0.0,)


def test_conditions_have_one_form():
    assert check_condition((2, 1)) == ((2, 1),)
    assert check_condition([(2, 1), (0, 0)]) == ((0, 0), (2, 1))
    assert make_gate("x", (0,), condition=(np.int64(0), 1)).condition == ((0, 1),)


def test_matrices_are_values():
    a, b = Matrix(HADAMARD), Matrix(HADAMARD.copy())
    assert a == b
    assert hash(a) == hash(b)
    assert a != Matrix(-HADAMARD)
    assert a != HADAMARD.tobytes()
    assert Matrix([[0.0]]) == Matrix([[-0.0]])
    assert Matrix(np.eye(2)).array.shape != Matrix(np.ones(4)).array.shape
    with pytest.raises(ValueError, match="read-only"):
        a.array[0, 0] = 1
    again = pickle.loads(pickle.dumps(a))
    assert again == a
    assert not again.array.flags.writeable


def test_a_payload_does_not_follow_its_source():
    source = HADAMARD.astype(complex)
    gate = make_gate("unitary", (0,), (), source)
    source[0, 0] = 7
    assert gate.payload.array[0, 0] == HADAMARD[0, 0]
