"""The engine against Qiskit's Statevector and PennyLane's default.qubit: random circuits over the whole gate table."""

import re

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, Simulator, hermitian, w, x
from ketwork.circuit.gates import GATES
from ketwork.models import hardware_efficient, strongly_entangling, zz_feature_map
from random_circuits import random_circuit

qiskit = pytest.importorskip("qiskit")
qml = pytest.importorskip("pennylane")
from qiskit.circuit import library  # noqa: E402
from qiskit.quantum_info import SparsePauliOp, Statevector  # noqa: E402

TOLERANCE = {"double": 1e-12, "single": 1e-6}
BOTH = pytest.mark.parametrize("precision", ["double", "single"])


def to_qiskit(circuit):
    """A circuit without slots in Qiskit, by the names of the table; matrices go in with their qubits reversed."""
    result = qiskit.QuantumCircuit(circuit.n_qubits)
    for gate in circuit:
        if gate.name in GATES and GATES[gate.name].qiskit:
            result.append(getattr(library, GATES[gate.name].qiskit)(*gate.params), gate.qubits)
        elif gate.name == "global_phase":
            result.global_phase += gate.params[0]
        else:
            small = Circuit(len(gate.qubits), [gate._replace(qubits=tuple(range(len(gate.qubits))))])
            result.append(library.UnitaryGate(small.matrix()), gate.qubits[::-1])
    return result


def to_pennylane(circuit):
    """Queue the same circuit in PennyLane."""
    for gate in circuit:
        row, wires = GATES.get(gate.name), list(gate.qubits)
        if row is not None and row.pennylane:
            adjoint = re.fullmatch(r"Adjoint\((\w+)\)", row.pennylane)
            if adjoint:
                qml.adjoint(getattr(qml, adjoint[1]))(*gate.params, wires=wires)
            else:
                getattr(qml, row.pennylane)(*gate.params, wires=wires)
        elif gate.name == "global_phase":
            qml.GlobalPhase(-gate.params[0])
        elif gate.name == "pauli_rotation":
            qml.PauliRot(gate.params[0], gate.payload, wires=wires)
        elif gate.name == "diagonal":
            qml.DiagonalQubitUnitary(gate.payload.array, wires=wires)
        else:
            small = Circuit(len(wires), [gate._replace(qubits=tuple(range(len(wires))))])
            qml.QubitUnitary(small.matrix(), wires=wires)


def case(seed, n):
    rng = np.random.default_rng(seed)
    circuit = random_circuit(rng, n, 45, table_only=seed % 2 == 0)
    inputs, weights = rng.normal(size=(2, circuit.n_inputs)), rng.normal(size=circuit.n_weights)
    strings = {"".join(rng.choice(list("IXYZ"), n)): float(v) for v in rng.normal(size=5) / 5}
    return rng, circuit, inputs, weights, PauliSum.from_dict(strings)


@BOTH
@pytest.mark.parametrize(("seed", "n"), [(seed, 1 + seed % 9) for seed in range(18)])
def test_qiskit(seed, n, precision):
    rng, circuit, inputs, weights, observable = case(seed, n)
    simulator, close = Simulator(precision), {"rtol": 0, "atol": TOLERANCE[precision]}
    states = simulator.state(circuit, inputs, weights)
    values = simulator.expectation(circuit, observable, inputs, weights)
    qubits = [int(q) for q in rng.permutation(n)[: max(1, n - 1)]]
    chances = simulator.probabilities(circuit, inputs, weights, qubits)
    operator = SparsePauliOp.from_list([(string[::-1], c) for string, c in observable.terms])
    for row in range(2):
        theirs = Statevector(to_qiskit(circuit.bind(inputs[row], weights)))
        np.testing.assert_allclose(states[row], theirs.reverse_qargs().data, **close)
        assert abs(values[row, 0] - theirs.expectation_value(operator).real) < TOLERANCE[precision]
        expected = theirs.probabilities(qubits[::-1])
        np.testing.assert_allclose(chances[row], expected, **close)


@BOTH
@pytest.mark.parametrize(("seed", "n"), [(seed, 1 + seed % 7) for seed in range(100, 110)])
def test_pennylane(seed, n, precision):
    _, circuit, inputs, weights, observable = case(seed, n)
    simulator = Simulator(precision)
    words = [qml.pauli.string_to_pauli_word(string) for string, _ in observable.terms]
    coefficients = [c for _, c in observable.terms]
    device = qml.device("default.qubit", wires=n)

    @qml.qnode(device)
    def node(bound):
        to_pennylane(bound)
        return qml.state(), *map(qml.expval, words)

    for row in range(2):
        state, *values = node(circuit.bind(inputs[row], weights))
        found = simulator.state(circuit, inputs[row : row + 1], weights)[0]
        np.testing.assert_allclose(found, state, rtol=0, atol=TOLERANCE[precision])
        ours = simulator.expectation(circuit, observable, inputs[row : row + 1], weights)[0, 0]
        assert abs(ours - np.dot(coefficients, values)) < TOLERANCE[precision]


def test_gradients_are_pennylanes():
    """Inputs multiplied by weights, weights in several gates, a Pauli sum and a Hermitian matrix."""
    rng = np.random.default_rng(0)
    inputs, weights = rng.normal(size=(4, 3)), rng.normal(size=5)
    circuit = (
        Circuit(3).rx(0, x[0]).ry(1, w[0] * x[1] + w[1]).crz(0, 2, w[2]).rzz(0, 1, x[1] * x[2]).cry(1, 2, 2 * w[3])
        .u3(2, w[0], x[2], w[4]).rxx(2, 0, w[1]).pauli_rotation((0, 1, 2), "YXZ", w[3])
    )  # fmt: skip
    matrix = np.array([[0.3, 0.2 - 0.5j], [0.2 + 0.5j, -1.0]])

    @qml.qnode(qml.device("default.qubit", wires=3), interface="autograd", diff_method="backprop")
    def node(a, b):
        qml.RX(a[0], 0)
        qml.RY(b[0] * a[1] + b[1], 1)
        qml.CRZ(b[2], [0, 2])
        qml.IsingZZ(a[1] * a[2], [0, 1])
        qml.CRY(2 * b[3], [1, 2])
        qml.U3(b[0], a[2], b[4], 2)
        qml.IsingXX(b[1], [2, 0])
        qml.PauliRot(b[3], "YXZ", [0, 1, 2])
        return qml.expval(qml.dot([0.7, -0.2], [qml.Z(0) @ qml.X(1), qml.Y(2)])), qml.expval(qml.Hermitian(matrix, 1))

    cotangent = rng.normal(size=(4, 2))

    def loss(a, b):
        return sum(cotangent[r, m] * value for r in range(4) for m, value in enumerate(node(a[r], b)))

    a, b = (qml.numpy.array(values, requires_grad=True) for values in (inputs, weights))
    by_x, by_w = qml.grad(loss)(a, b)
    observables = [PauliSum.from_dict({"ZXI": 0.7, "IIY": -0.2}), hermitian(matrix, [1], 3)]
    values, pull_back = Simulator().value_and_pullback(circuit, observables, inputs, weights)
    gradient = pull_back(cotangent)
    assert (values * cotangent).sum() == pytest.approx(float(loss(a, b)), abs=1e-12)
    np.testing.assert_allclose(gradient.x, by_x, atol=1e-12)
    np.testing.assert_allclose(gradient.w, by_w, atol=1e-12)


@pytest.mark.parametrize("method", ["backprop", "parameter-shift"])
def test_gradients_of_a_hardware_efficient_circuit(method):
    n, layers = 4, 2
    circuit = hardware_efficient(n, layers, ("Y", "Z"), "cx", "ring")
    weights = np.random.default_rng(5).normal(size=(layers + 1, n, 2))

    @qml.qnode(qml.device("default.qubit", wires=n), interface="autograd", diff_method=method)
    def node(a):
        for layer in range(layers + 1):
            for q in range(n):
                qml.RY(a[layer, q, 0], q)
                qml.RZ(a[layer, q, 1], q)
            for q in range(n if layer < layers else 0):
                qml.CNOT([q, (q + 1) % n])
        return qml.expval(qml.dot([0.6, -1.1], [qml.Z(0) @ qml.Z(1), qml.X(2) @ qml.Y(3)]))

    expected = qml.grad(node)(qml.numpy.array(weights, requires_grad=True))
    observable = PauliSum.from_dict({"ZZII": 0.6, "IIXY": -1.1})
    _, pull_back = Simulator().value_and_pullback(circuit, observable, w=weights.ravel())
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(pull_back(np.ones((1, 1))).w, expected.ravel(), rtol=0, atol=1e-10)


@pytest.mark.parametrize("n", [1, 2, 4])
def test_strongly_entangling_layers_are_pennylanes(n):
    weights = np.random.default_rng(n).normal(size=(5, n, 3))

    @qml.qnode(qml.device("default.qubit", wires=n))
    def node():
        qml.StronglyEntanglingLayers(weights, wires=range(n))
        return qml.state()

    found = Simulator().state(strongly_entangling(n, 5), w=weights.ravel())[0]
    np.testing.assert_allclose(found, node(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("entanglement", ["full", "linear"])
def test_the_zz_feature_map_is_qiskits_conjugate(entanglement):
    """Qiskit turns by P(2 x), which is exp(-i x Z): the same kernel, all phases the other way round."""
    samples = np.random.default_rng(6).uniform(0, 2 * np.pi, size=(3, 4))
    theirs = library.zz_feature_map(4, reps=2, entanglement=entanglement)
    states = [Statevector(theirs.assign_parameters(row)).reverse_qargs().data for row in samples]
    ours = Simulator().state(zz_feature_map(4, 2, entanglement), samples)
    np.testing.assert_allclose(np.abs(np.einsum("bi,bi->b", ours, states)), 1, atol=1e-12)
    expected = np.abs(np.conj(states) @ np.transpose(states)) ** 2
    np.testing.assert_allclose(Simulator().overlap(zz_feature_map(4, 2, entanglement), samples), expected, atol=1e-12)
