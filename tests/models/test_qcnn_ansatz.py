"""QCNN: what is placed where, what is left, and that convolutions are convolutions."""

import numpy as np
import pytest

from ketwork import Circuit, Simulator, w
from ketwork.models.blocks import BLOCKS
from ketwork.models.qcnn_ansatz import POOLINGS, qcnn, remaining_qubits
from ketwork.operators import pauli_z


def two_qubit_places(circuit, name):
    return [gate.qubits for gate in circuit if gate.name == name]


def test_the_circuit_of_the_paper_on_eight_qubits():
    """Ring of convolutions, pooling 1 -> 0, 3 -> 2, ...; then on 0, 2, 4, 6; then on 0, 4: fig. 1 of Hur et al."""
    circuit = qcnn(8, convolution="ttn")
    convolutions = [(0, 7), (0, 1), (2, 3), (4, 5), (6, 7), (1, 2), (3, 4), (5, 6)]
    convolutions += [(0, 6), (0, 2), (4, 6), (2, 4), (0, 4)]
    assert two_qubit_places(circuit, "cx") == convolutions
    assert two_qubit_places(circuit, "crz") == [(1, 0), (3, 2), (5, 4), (7, 6), (2, 0), (6, 4), (4, 0)]
    assert circuit.n_weights == 3 * (2 + 2)
    assert remaining_qubits(8) == (0,)


@pytest.mark.parametrize("convolution", BLOCKS)
def test_shared_weights(convolution):
    """12 to 51 weights on 8 qubits, as in table 1 of Hur et al. (three convolutions, three poolings of 2)."""
    each = BLOCKS[convolution].n_weights
    assert qcnn(8, convolution=convolution).n_weights == 3 * each + 6
    assert qcnn(8, convolution=convolution, pooling="none").n_weights == 3 * each
    assert qcnn(8, 2, convolution).n_weights == 6 * each + 6
    assert qcnn(4, convolution=convolution, shared=False).n_weights == (4 + 1) * each + (2 + 1) * 2


def test_a_qubit_that_has_left_is_not_touched_again():
    for n in (2, 3, 5, 6, 7, 8):
        gone = set()
        for gate in qcnn(n, convolution="u9"):
            assert not gone & set(gate.qubits) or gate.name in ("crz", "x", "crx")
            if gate.name == "crx":
                gone.add(gate.qubits[0])
        assert set(range(n)) - gone == set(remaining_qubits(n))


def test_some_qubits_can_remain():
    assert remaining_qubits(8, 2) == (0, 4)
    assert remaining_qubits(6, 3) == (0, 2, 4)
    assert remaining_qubits(5, 5) == (0, 1, 2, 3, 4)
    circuit = qcnn(8, convolution="ttn", remaining=2)
    assert len(two_qubit_places(circuit, "crz")) == 6
    assert two_qubit_places(circuit, "cx")[-1] == (0, 4)


def test_pooling_equals_measuring_and_turning():
    """<Z> of the qubit that stays is the mean over the outcomes of the one that leaves."""
    start, weights = Circuit(2).ry(0, 0.8).cx(0, 1).ry(1, 0.4), np.array([0.9, -1.3])
    pooled = start + POOLINGS["zx"].bind(w=weights)
    found = Simulator("double").expectation(pooled, pauli_z(1, 2))[0, 0]
    state = Simulator("double").state(start)[0].reshape(2, 2)
    expected = 0.0
    for outcome, turn in ((0, Circuit(1).rx(0, weights[1])), (1, Circuit(1).rz(0, weights[0]))):
        left = turn.matrix() @ state[outcome]
        expected += abs(left[0]) ** 2 - abs(left[1]) ** 2
    assert found == pytest.approx(expected, abs=1e-14)


def test_doing_nothing_keeps_the_answer():
    circuit = qcnn(4, convolution=Circuit(2).rxx(0, 1, w[0]), pooling="rotation")
    values = Simulator("double").expectation(circuit, pauli_z(0, 4), w=np.zeros(circuit.n_weights))
    assert values[0, 0] == pytest.approx(1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: qcnn(1), "`n_qubits` must be at least 2"),
        (lambda: qcnn(4, 0), "`repeats` must be at least 1"),
        (lambda: qcnn(4, convolution="u7"), "`convolution` must be one of"),
        (lambda: qcnn(4, pooling="max"), "`pooling` must be one of zx, rotation, none"),
        (lambda: qcnn(4, convolution=Circuit(3).rx(0, w[0])), "must act on 2 qubits, but acts on 3"),
        (lambda: qcnn(4, remaining=5), r"`remaining` must lie in \[1, 4\]"),
        (lambda: remaining_qubits(4, 0), "`remaining` must be at least 1"),
    ],
)
def test_the_door(call, message):
    with pytest.raises(ValueError, match=message):
        call()
