"""Qiskit circuits, instruction by instruction."""

import numpy as np
import pytest

from ketwork import Circuit, w, x
from ketwork.circuit.from_qiskit import from_qiskit

qiskit = pytest.importorskip("qiskit")
from qiskit.circuit import Parameter, QuantumCircuit  # noqa: E402
from qiskit.circuit.library import UnitaryGate  # noqa: E402
from qiskit.quantum_info import Operator  # noqa: E402


def test_table_gates_come_as_themselves():
    source = QuantumCircuit(3)
    source.h(0)
    source.crx(0.25, 2, 1)
    source.ccx(0, 1, 2)
    source.barrier()
    source.rzz(-0.5, 0, 2)
    assert from_qiskit(source) == Circuit(3).h(0).crx(2, 1, 0.25).ccx(0, 1, 2).rzz(0, 2, -0.5)


def test_parameters_become_slots():
    source = QuantumCircuit(1)
    source.rx(2 * Parameter("x_0") + Parameter("w_1"), 0)
    assert from_qiskit(source) == Circuit(1).rx(0, 2 * x[0] + w[1])
    wrong = QuantumCircuit(1)
    wrong.rx(Parameter("theta"), 0)
    with pytest.raises(ValueError, match="'theta' must be called x_0"):
        from_qiskit(wrong)


@pytest.mark.parametrize("seed", range(4))
def test_what_the_table_lacks_is_expanded(seed):
    rng = np.random.default_rng(seed)
    source = QuantumCircuit(3, global_phase=0.3)
    source.append(UnitaryGate(np.linalg.qr(rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)))[0]), [2, 0])
    source.rccx(0, 1, 2)
    source.mcp(0.4, [0, 1], 2)
    source.x(1)
    source.cry(0.2, 0, 1, ctrl_state=0)
    inner = QuantumCircuit(2, name="inner")
    inner.dcx(0, 1)
    inner.r(0.3, 0.1, 1)
    source.append(inner.to_gate(), [1, 2])
    np.testing.assert_allclose(from_qiskit(source).matrix(), Operator(source).reverse_qargs().data, atol=1e-12)


def test_measurements_and_conditions():
    source = QuantumCircuit(2, 2)
    source.measure(0, 1)
    with source.if_test((source.clbits[1], 1)):
        source.x(1)
    source.reset(0)
    assert from_qiskit(source) == Circuit(2, (), 2).measure(0, 1).x(1, condition=(1, 1)).reset(0)


def test_loops_are_refused():
    source = QuantumCircuit(1)
    with source.for_loop(range(3)):
        source.x(0)
    with pytest.raises(ValueError, match="no loops"):
        from_qiskit(source)
