"""OpenQASM as text: what is written, and what cannot be."""

import sys
from math import pi

import numpy as np
import pytest

from ketwork import w, x
from ketwork.circuit.circuit import Circuit
from ketwork.circuit.gates import Rot
from ketwork.circuit.qasm import prepare_steps, read_qasm, write_qasm2, write_qasm3


def test_version_2_of_a_bell_pair() -> None:
    assert write_qasm2(Circuit(2).h(0).cx(0, 1).rz(1, -pi / 4).measure(1, 0)) == (
        'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[1];\n'
        "h q[0];\ncx q[0], q[1];\nrz(-pi/4) q[1];\nmeasure q[1] -> c[0];\n"
    )


def test_version_3_declares_inputs_and_weights() -> None:
    circuit = Circuit(2).ry(0, 2 * w[1] * x[0] + 0.5).rx(1, -x[1] * x[1]).measure(0, 0).reset(0)
    assert write_qasm3(circuit) == (
        'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
        "input float[64] x_0;\ninput float[64] x_1;\ninput float[64] w_0;\ninput float[64] w_1;\n"
        "qubit[2] q;\nbit[1] c;\n"
        "ry(0.5 + 2.0 * w_1 * x_0) q[0];\nrx(-x_1 * x_1) q[1];\nc[0] = measure q[0];\nreset q[0];\n"
    )


def test_conditions_of_version_2_are_registers_of_their_bits() -> None:
    circuit = Circuit(2).measure(0, 1).x(1, condition=(1, 1)).z(1, condition=[(2, 0), (3, 1)])
    text = write_qasm2(circuit)
    assert "creg c0[1];\ncreg c1[1];\ncreg c2[2];\n" in text
    assert "measure q[0] -> c1[0];" in text
    assert "if (c1 == 1) x q[1];" in text
    assert "if (c2 == 2) z q[1];" in text


@pytest.mark.parametrize("bits", [((0, 1), (2, 1)), ((1, 1), (2, 1))])
def test_conditions_that_version_2_cannot_say(bits: tuple[tuple[int, int], ...]) -> None:
    circuit = Circuit(1).x(0, condition=(1, 1)).x(0, condition=bits)
    with pytest.raises(ValueError, match="whole registers"):
        write_qasm2(circuit)


def test_conditions_of_version_3_are_nested() -> None:
    text = write_qasm3(Circuit(1).x(0, condition=[(0, 1), (1, 0)]))
    assert "if (c[0] == true) { if (c[1] == false) { x q[0]; } }" in text


@pytest.mark.parametrize("write", [write_qasm2, write_qasm3])
def test_unknown_gates_are_defined_once(write: object) -> None:
    text = write(Circuit(3).ryy(0, 1, 0.1).ryy(1, 2, 0.2).pauli_rotation((2, 0), "XY", 0.3))  # type: ignore[operator]
    assert text.count("gate ket_ryy(a0) q0, q1 {") == 1
    assert "ket_ryy(0.2) q[1], q[2];" in text
    assert "ket_pauli_xy(0.3) q[2], q[0];" in text


def test_global_phase_is_written_in_version_3_only() -> None:
    circuit = Circuit(1).global_phase(0.5)
    assert "gphase(0.5);" in write_qasm3(circuit)
    assert "gphase" not in write_qasm2(circuit)


def test_numbers_are_exact_and_have_a_point() -> None:
    text = write_qasm2(Circuit(1).rx(0, 1e-7).rx(0, 3 * pi / 4).rx(0, 0.1 + 0.2).rx(0, 0.0))
    assert [line for line in text.splitlines() if line.startswith("rx")] == [
        "rx(1.0e-07) q[0];", "rx(3*pi/4) q[0];", "rx(0.30000000000000004) q[0];", "rx(0.0) q[0];"
    ]  # fmt: skip


@pytest.mark.parametrize("n_qubits", [1, 2, 3, 4])
def test_prepared_states_are_exact(n_qubits: int) -> None:
    rng = np.random.default_rng(n_qubits)
    for zeros in (0, 1 << (n_qubits - 1)):
        state = rng.normal(size=1 << n_qubits) + 1j * rng.normal(size=1 << n_qubits)
        state[:zeros] = 0
        state /= np.linalg.norm(state)
        circuit = Circuit(n_qubits)
        for step in prepare_steps(state):
            if isinstance(step, Rot):
                circuit = circuit.pauli_rotation(range(n_qubits), step.pauli, step.offset)
            else:
                circuit = circuit.global_phase(step.offset)
        np.testing.assert_allclose(circuit.matrix()[:, 0], state, atol=1e-14)


def test_slots_need_version_3() -> None:
    with pytest.raises(ValueError, match="1 inputs and 2 weights; bind it first"):
        write_qasm2(Circuit(1).rx(0, x[0] * w[1]))


def test_reading_needs_text() -> None:
    with pytest.raises(TypeError, match="Argument `text` must be an OpenQASM program as text, but is int"):
        read_qasm(3)  # type: ignore[arg-type]


def test_reading_names_the_missing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "qiskit", None)
    with pytest.raises(ImportError, match=r"pip install ketwork\[qiskit\]"):
        read_qasm("OPENQASM 2.0;")
