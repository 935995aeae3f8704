"""The chainable methods are those of the table."""

import inspect

import pytest

from ketwork import Circuit
from ketwork.circuit.chain import GateMethods
from ketwork.circuit.gates import GATES, SPECIAL


@pytest.mark.parametrize("name", GATES)
def test_a_method_a_row(name):
    row, method = GATES[name], getattr(Circuit, name)
    arguments = list(inspect.signature(method).parameters)[1:]
    assert arguments[-1] == "condition"
    assert len(arguments) - 1 == row.n_qubits + row.n_params
    assert tuple(arguments[row.n_qubits : -1]) == row.params
    assert method.__doc__ == row.help
    qubits, angles = range(row.n_qubits), [0.1 * (k + 1) for k in range(row.n_params)]
    gate = getattr(Circuit(3), name)(*qubits, *angles, condition=(0, 1)).gates[0]
    assert gate == (name, tuple(qubits), tuple(angles), None, ((0, 1),))


def test_nothing_beyond_the_table():
    methods = {name for name in vars(GateMethods) if not name.startswith("_")}
    assert methods == {*GATES, *SPECIAL, "append"}
