"""Gates under control: right for every gate and number of controls, and few."""

import numpy as np
import pytest

from examples import EXAMPLES
from ketwork import Circuit, w, x
from ketwork.circuit.gates import GATES


@pytest.mark.parametrize("gate", EXAMPLES, ids=lambda g: f"{g.name}{len(g.qubits)}")
@pytest.mark.parametrize("controls", [1, 2, 3])
def test_controlled_form(gate, controls):
    circuit = Circuit(3, [gate])
    expected = np.eye(8 << controls, dtype=complex)
    expected[-8:, -8:] = circuit.matrix()
    np.testing.assert_allclose(circuit.control(controls).matrix(), expected, atol=1e-13)


def test_few_gates_where_few_will_do():
    assert Circuit(2).cx(0, 1).control() == Circuit(3).ccx(0, 1, 2)
    assert Circuit(1).global_phase(w[0]).control() == Circuit(2).p(0, w[0])
    assert len(Circuit(1).x(0).control(9)) <= 16
    assert [g.name for g in Circuit(1).z(0).control(4)] == ["diagonal"]
    assert len(Circuit(1).i(0).control()) == 0
    assert Circuit(1).ry(0, w[0]).control() == Circuit(2).cry(0, 1, w[0])
    assert len(Circuit(1).x(0).control(9)) == 3
    assert len(Circuit(1).sx(0).control(6)) == 5
    assert len(Circuit(1).ry(0, w[0]).control(6)) == 4


@pytest.mark.parametrize("name", [name for name, row in GATES.items() if row.n_params] + ["pauli_rotation"])
@pytest.mark.parametrize("controls", [1, 2, 3])
def test_slots_survive(name, controls):
    row = GATES.get(name)
    n_params = row.n_params if row else 1
    angles = [w[k] * x[0] + 0.25 for k in range(n_params)]
    circuit = Circuit(3).append(name, range(row.n_qubits if row else 2), angles, None if row else "ZZ")
    values = {"x": [0.7], "w": np.arange(1.0, 1 + n_params)}
    np.testing.assert_allclose(
        circuit.control(controls).bind(**values).matrix(), circuit.bind(**values).control(controls).matrix(), atol=1e-14
    )


def test_phases_with_slots():
    circuit = Circuit(1).global_phase(w[0]).p(0, w[1])
    bound = circuit.control(3).bind(w=[0.3, 0.4]).matrix()
    np.testing.assert_allclose(np.diag(bound)[-2:], np.exp([0.3j, 0.7j]), atol=1e-14)
    np.testing.assert_allclose(np.diag(bound)[:-2], 1, atol=1e-14)
