"""Every row of the gate table against the classes that it names in Qiskit and PennyLane."""

import re

import numpy as np
import pytest

from ketwork import Circuit, PauliSum
from ketwork.circuit.gates import GATES

library = pytest.importorskip("qiskit.circuit.library")
qml = pytest.importorskip("pennylane")
from qiskit.quantum_info import Operator  # noqa: E402

ANGLES = np.random.default_rng(3).uniform(-6, 6, size=(3, 4))


def ours(row, angles):
    return Circuit(row.n_qubits).append(row.name, range(row.n_qubits), angles).matrix()


@pytest.mark.parametrize("row", [row for row in GATES.values() if row.qiskit], ids=lambda row: row.name)
def test_qiskit_has_the_same_matrix(row):
    for angles in ANGLES[:, : row.n_params]:
        theirs = Operator(getattr(library, row.qiskit)(*angles)).reverse_qargs().data
        np.testing.assert_allclose(ours(row, angles), theirs, atol=1e-13)


@pytest.mark.parametrize("row", [row for row in GATES.values() if row.pennylane], ids=lambda row: row.name)
def test_pennylane_has_the_same_matrix(row):
    for angles in ANGLES[:, : row.n_params]:
        wires = list(range(row.n_qubits))
        adjoint = re.fullmatch(r"Adjoint\((\w+)\)", row.pennylane)
        gate = getattr(qml, adjoint[1] if adjoint else row.pennylane)(*angles, wires=wires)
        theirs = qml.matrix(qml.adjoint(gate) if adjoint else gate, wire_order=wires)
        np.testing.assert_allclose(ours(row, angles), theirs, atol=1e-13)


def test_the_table_names_all_of_the_fields_gates():
    wanted = "i x y z h s sdg t tdg sx rx ry rz p u3 cx cy cz ch swap iswap ecr crx cry crz cp rxx ryy rzz ccx cswap"
    assert set(wanted.split()) < set(GATES)
    assert any("xx_plus_yy" in (row.name, *row.aliases) for row in GATES.values())


def test_this_comparison_can_fail():
    theirs = Operator(library.RYGate(0.3)).reverse_qargs().data
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(ours(GATES["rx"], [0.3]), theirs, atol=1e-13)


def test_every_row_has_a_peer():
    assert [row.name for row in GATES.values() if not (row.qiskit or row.pennylane)] == []


@pytest.mark.parametrize("row", [row for row in GATES.values() if row.qiskit], ids=lambda row: row.name)
def test_the_inverse_is_qiskits(row):
    name, order = row.inverse
    for angles in ANGLES[:, : row.n_params]:
        theirs = Operator(getattr(library, row.qiskit)(*angles).inverse()).reverse_qargs().data
        back = [np.sign(k) * angles[abs(k) - 1] for k in order]
        np.testing.assert_allclose(ours(GATES[name], back), theirs, atol=1e-13)


@pytest.mark.parametrize("row", [row for row in GATES.values() if row.generator], ids=lambda row: row.name)
def test_the_generator_is_pennylanes(row):
    """Theirs is exp(i theta G), ours exp(-i theta G)."""
    wires = list(range(row.n_qubits))
    theirs = qml.generator(getattr(qml, row.pennylane)(0.4, wires=wires), format="observable")
    found = PauliSum.from_list((string, c) for c, string in row.generator).matrix()
    np.testing.assert_allclose(found, -qml.matrix(theirs, wire_order=wires), atol=1e-15)
