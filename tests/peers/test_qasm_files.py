"""OpenQASM through Qiskit: round trips, unitaries against Qiskit's, and every file of the public collections."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import twin
from ketwork import Simulator, pauli, w, x
from ketwork.circuit.circuit import Circuit
from ketwork.circuit.gates import GATES
from ketwork.circuit.operation import Gate
from ketwork.circuit.qasm import read_qasm, write_qasm2, write_qasm3
from ketwork.circuit.transform import gate_matrix

qiskit = pytest.importorskip("qiskit")
pytest.importorskip("qiskit_qasm3_import")
from qiskit import qasm2, qasm3, transpile  # noqa: E402
from qiskit.quantum_info import Operator, Statevector  # noqa: E402

BOTH = pytest.mark.parametrize("write", [write_qasm2, write_qasm3])
Write = Callable[[Circuit], str]


@pytest.fixture
def circuit_files(data_folder: Path) -> list[Path]:
    """All OpenQASM files of the data folder."""
    found = sorted((data_folder / "circuits").glob("**/*.qasm"))
    assert found, f"no circuit files in {data_folder / 'circuits'}"
    return found


def every_gate() -> Circuit:
    """All gates of the table and the special unitaries, on 4 qubits."""
    rng = np.random.default_rng(5)
    circuit = Circuit(4)
    for row in GATES.values():
        circuit = circuit.append(row.name, rng.permutation(4)[: row.n_qubits], rng.uniform(-3, 3, row.n_params))
    unitary = np.linalg.qr(rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)))[0]
    circuit = circuit.pauli_rotation((3, 0, 2), "YIX", 0.4).pauli_rotation((1, 0, 2, 3), "ZXYY", -1.1)
    circuit = circuit.pauli_rotation((1,), "I", 0.7).global_phase(0.3)
    return (
        circuit.unitary((2, 0), unitary)
        .unitary((1,), unitary[:2, :2] * 0 + [[0, 1j], [1, 0]])
        .diagonal((3, 1), np.exp(1j * rng.uniform(0, 6, 4)))
    )


def unitary_part(circuit: Circuit) -> Circuit | None:
    """The circuit without measurements at the end; None when something else is no unitary."""
    kept: list[Gate] = []
    used: set[int] = set()
    for gate in reversed(circuit.gates):
        if gate.name == "measure" and gate.condition is None and gate.qubits[0] not in used:
            continue
        used.update(gate.qubits)
        kept.append(gate)
    if any(gate.name in ("measure", "reset") or gate.condition is not None for gate in kept):
        return None
    return Circuit(circuit.n_qubits, kept[::-1])


def qiskit_matrix(source: Any) -> np.ndarray:
    """Qiskit's unitary with qubit 0 most significant."""
    return Operator(without_measurements(source)).reverse_qargs().data


def without_measurements(source: Any) -> Any:
    """A Qiskit circuit without what `unitary_part` leaves out."""
    bare = source.copy_empty_like()
    for item in source.data:
        if item.operation.name not in ("measure", "barrier"):
            bare.append(item)
    return bare


@BOTH
def test_every_gate_comes_back(write: Write) -> None:
    circuit = every_gate()
    back = read_qasm(write(circuit)).matrix()
    wanted = circuit.matrix()
    if write is write_qasm2:  # which has no global phase
        back = back * np.exp(1j * np.angle(np.vdot(back, wanted)))
    np.testing.assert_allclose(back, wanted, atol=1e-13)


@BOTH
def test_every_gate_alone_comes_back_as_itself(write: Write) -> None:
    for row in GATES.values():
        if row.name == "i":  # OpenQASM 3 comes to Qiskit with the identity as U(0, 0, 0)
            continue
        circuit = Circuit(3).append(row.name, (2, 0, 1)[: row.n_qubits], [0.1, -np.pi / 3, 1e-9][: row.n_params])
        assert read_qasm(write(circuit)) == circuit
    circuit = Circuit(3).pauli_rotation((2, 0, 1), "XYZ", 0.25)
    assert read_qasm(write(circuit)) == circuit


@BOTH
def test_qiskit_alone_reads_what_is_written(write: Write) -> None:
    circuit = every_gate()
    text = write(circuit)
    ours = circuit.matrix()
    theirs = qiskit_matrix(qasm2.loads(text) if write is write_qasm2 else qasm3.loads(text))
    assert abs(np.vdot(ours, theirs)) == pytest.approx(16, abs=1e-12)


@BOTH
def test_measurement_reset_and_conditions_come_back(write: Write) -> None:
    circuit = Circuit(3).h(0).measure(0, 1).x(1, condition=(1, 1)).reset(0).measure(2, 0, condition=(1, 0))
    circuit = circuit.rx(2, 0.5, condition=[(2, 1), (3, 0)]).reset(1, condition=(4, 1))
    assert read_qasm(write(circuit)) == circuit


@BOTH
def test_prepared_states_come_back(write: Write) -> None:
    rng = np.random.default_rng(3)
    state = rng.normal(size=8) + 1j * rng.normal(size=8)
    state /= np.linalg.norm(state)
    found = read_qasm(write(Circuit(3).prepare((2, 0, 1), state))).matrix()[:, 0]
    wanted = state.reshape(2, 2, 2).transpose(1, 2, 0).ravel()
    assert abs(np.vdot(wanted, found)) == pytest.approx(1, abs=1e-13)


def test_slots_come_back() -> None:
    circuit = Circuit(2).rx(0, 0.1234567890123456 * x[0] * x[0] * w[1] - w[0] + 0.5).ryy(0, 1, -2 * x[2])
    circuit = circuit.pauli_rotation((1, 0), "XY", w[3]).u3(0, x[0], w[0], 0.25)
    assert read_qasm(write_qasm3(circuit)) == circuit


def test_slots_in_expanded_definitions() -> None:
    text = 'OPENQASM 3.0; include "stdgates.inc"; input float[64] x_0; qubit[1] q;'
    text += "gate turn(a) p { gphase(a / 2.0); rz(-a) p; ry(3.0 * (a + 1.0)) p; } turn(2 * x_0) q[0];"
    assert read_qasm(text) == Circuit(1).global_phase(x[0]).rz(0, -2 * x[0]).ry(0, 6 * x[0] + 3)


HEAD = 'OPENQASM 3.0; include "stdgates.inc"; qubit[3] q; bit[2] c; '


def test_branches() -> None:
    circuit = read_qasm(HEAD + "if (c == 2) { x q[0]; } else { y q[0]; z q[1]; } if (!c[1]) h q[2];")
    first, second = [(0, 1)], [(0, 0), (1, 0)]
    wanted = Circuit(3, (), 2).x(0, condition=[(0, 0), (1, 1)])
    for condition in (first, second):
        wanted = wanted.y(0, condition=condition).z(1, condition=condition)
    assert read_qasm(write_qasm3(circuit)) == circuit == wanted.h(2, condition=(1, 0))


def test_nested_branches_that_exclude_each_other_vanish() -> None:
    text = HEAD + "if (c[0] == 1) { if (c[0] == 0) { x q[0]; } else { y q[0]; } if (c[1] == 1) { z q[1]; } }"
    assert read_qasm(text) == Circuit(3, (), 2).y(0, condition=(0, 1)).z(1, condition=[(0, 1), (1, 1)])


def test_controls_on_zero() -> None:
    text = HEAD + "negctrl @ x q[0], q[2]; ctrl(2) @ s q[0], q[1], q[2]; inv @ t q[1]; pow(2) @ sx q[0];"
    np.testing.assert_allclose(read_qasm(text).matrix(), qiskit_matrix(qasm3.loads(text)), atol=1e-13)


def test_registers_follow_each_other() -> None:
    text = 'OPENQASM 2.0; include "qelib1.inc"; qreg a[2]; qreg b[1]; creg s0[1]; creg s1[2]; barrier a;'
    text += "cx a[1],b[0]; measure b[0] -> s1[1]; if(s1==2) x a[0];"
    assert read_qasm(text) == Circuit(3).cx(1, 2).measure(2, 2).x(0, condition=[(1, 0), (2, 1)])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("OPENQASM 2.0; qreg q[1]; nogate q[0];", "must be OpenQASM 2"),
        ("OPENQASM 3.0; qubit[1] q; nogate q[0];", "must be OpenQASM 3"),
        (HEAD + "input float[64] a; rx(a) q[0];", "'a' must be called x_0"),
        (HEAD + "input float[64] x_0; rx(1.0 / x_0) q[0];", "must be a polynomial"),
        (HEAD + "for int i in [0:3] { x q[0]; }", "no loops"),
        (HEAD + "if (c[0] == 1) { c[0] = measure q[0]; x q[1]; }", "must not measure into the bits"),
    ],
)
def test_what_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_qasm(text)


def test_parameters_of_definitions_keep_their_order() -> None:
    text = HEAD + "gate turn(theta, alpha) p { rx(theta) p; rz(alpha) p; } turn(0.25, 0.5) q[1];"
    assert read_qasm(text) == Circuit(3, (), 2).rx(1, 0.25).rz(1, 0.5)


def test_a_condition_that_cannot_hold() -> None:
    with pytest.raises(ValueError, match="can never hold"):
        read_qasm('OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; creg c[1]; if(c==2) x q[0];')


def gap(circuit: Circuit, source: Any) -> float:
    """How far two unitaries differ: entry by entry to 8 qubits, by what they make of a random state above."""
    if circuit.n_qubits <= 8:
        return float(np.abs(circuit.matrix() - qiskit_matrix(source)).max())
    rng, shape = np.random.default_rng(1), (2,) * circuit.n_qubits
    start = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    start /= np.linalg.norm(start)
    ours = start
    for gate in circuit:
        ours = twin.applied(gate_matrix(gate), ours, gate.qubits)
    plain = transpile(without_measurements(source), basis_gates=["u", "cx"], optimization_level=0)
    theirs = Statevector(start.transpose().ravel()).evolve(plain).data
    return float(np.abs(ours - theirs.reshape(shape).transpose()).max())


def compare(files: list[Path], low: int, high: int) -> tuple[int, int]:
    """Read files; compare the unitaries of `low` to `high` qubits; the numbers of files read and compared."""
    read = compared = 0
    for path in files:
        text = path.read_text()
        try:
            source = qasm2.loads(text, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
        except qasm2.QASM2ParseError:
            with pytest.raises(ValueError, match="must be OpenQASM 2"):
                read_qasm(text)
            continue
        circuit = read_qasm(text)
        read += 1
        assert (circuit.n_qubits, circuit.n_bits) == (source.num_qubits, source.num_clbits)
        part = unitary_part(circuit) if low <= circuit.n_qubits <= high else None
        if part is not None:
            assert gap(part, source) < 1e-10, path.name
            compared += 1
    return read, compared


def test_small_files_agree_with_qiskit(circuit_files: list[Path]) -> None:
    files = [path for path in circuit_files if path.stat().st_size < 20_000]
    assert compare(files, 1, 5)[1] > 100


@pytest.mark.slow
def test_all_files_are_read_and_agree_with_qiskit(circuit_files: list[Path]) -> None:
    read, compared = compare(circuit_files, 6, 10)
    assert read >= len(circuit_files) - 6
    assert compared > 100


@pytest.mark.slow
@BOTH
def test_files_come_back(write: Write, circuit_files: list[Path]) -> None:
    for path in circuit_files:
        if path.stat().st_size < 40_000 and "vqe_uccsd" not in path.name and "grover" not in path.name:
            circuit = read_qasm(path.read_text())
            back = read_qasm(write(circuit))
            if write is write_qasm2:
                circuit = Circuit(circuit.n_qubits, [g for g in circuit if g.name != "global_phase"], circuit.n_bits)
            same = [a == b or (a.name == "u3" and a.params == (0.0,) * 3) for a, b in zip(back, circuit, strict=True)]
            assert all(same), path.name


def test_a_measured_file_runs() -> None:
    text = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;'
    circuit = unitary_part(read_qasm(text))
    assert circuit is not None
    assert Simulator().expectation(circuit, pauli("ZZ", (0, 1), 2)) == pytest.approx(1)
