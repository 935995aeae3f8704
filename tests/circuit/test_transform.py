"""Inverses and matrices, gate by gate."""

import numpy as np
import pytest

from examples import EXAMPLES
from ketwork import Circuit, w, x
from ketwork.circuit.gates import GATES
from ketwork.circuit.operation import Gate
from ketwork.circuit.transform import gate_matrix, inverse_gate


@pytest.mark.parametrize("gate", EXAMPLES, ids=lambda g: f"{g.name}{len(g.qubits)}")
def test_inverse(gate):
    back = inverse_gate(gate)
    size = 2 ** len(gate.qubits)
    np.testing.assert_allclose(gate_matrix(back) @ gate_matrix(gate), np.eye(size), atol=1e-14)
    assert back.qubits == gate.qubits


@pytest.mark.parametrize("name", [name for name, row in GATES.items() if row.n_params])
def test_slots_survive(name):
    row = GATES[name]
    angles = [w[k] * x[0] + 0.25 for k in range(row.n_params)]
    circuit = Circuit(3).append(name, range(row.n_qubits), angles)
    values = {"x": [0.7], "w": np.arange(1.0, 1 + row.n_params)}
    for change in (Circuit.inverse, Circuit.control):
        np.testing.assert_allclose(
            change(circuit).bind(**values).matrix(), change(circuit.bind(**values)).matrix(), atol=1e-14
        )


def test_conditions_stay():
    circuit = Circuit(1, n_bits=1).sx(0, condition=(0, 1))
    assert {g.condition for g in circuit.inverse()} == {((0, 1),)}
    assert {g.condition for g in circuit.control()} == {((0, 1),)}


@pytest.mark.parametrize("name", ["measure", "reset", "prepare"])
def test_what_cannot_be_undone_or_controlled(name):
    payload = {"measure": 0, "reset": None, "prepare": [1, 0]}[name]
    circuit = Circuit(1).append(name, (0,), (), payload)
    with pytest.raises(ValueError, match=f"'{name}' cannot be undone"):
        circuit.inverse()
    with pytest.raises(ValueError, match=f"'{name}' cannot be controlled"):
        circuit.control()
    with pytest.raises(ValueError, match=f"'{name}' is not a unitary gate"):
        circuit.matrix()


def test_matrix_puts_the_first_qubit_first():
    np.testing.assert_allclose(Circuit(2).x(0).matrix(), np.kron([[0, 1], [1, 0]], np.eye(2)))
    swapped = Circuit(2, [Gate("cx", (1, 0))]).matrix()
    np.testing.assert_array_equal(swapped.real, [[1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0]])
