"""Trees, MERA and matrix product states: where blocks stand, and what the shape means for the state."""

import numpy as np
import pytest

from ketwork import Circuit, Simulator, w
from ketwork.models.tensor_ansatz import mera, mps_ansatz, tree_tensor_network
from ketwork.operators import pauli_z

FOUR = Circuit(4).ry(0, w[0]).cz(0, 2).cz(1, 3).ry(3, w[1])


def places(circuit):
    return [gate.qubits for gate in circuit if gate.name == "cx"]


def test_a_tree_of_eight():
    circuit = tree_tensor_network(8)
    assert places(circuit) == [(0, 1), (2, 3), (4, 5), (6, 7), (1, 3), (5, 7), (3, 7)]
    assert circuit.n_weights == 7 * 2


def test_odd_groups_move_up_alone():
    assert places(tree_tensor_network(5)) == [(0, 1), (2, 3), (1, 3), (3, 4)]
    assert places(tree_tensor_network(2, repeats=3)) == [(0, 1)] * 3


def test_wide_blocks():
    circuit = tree_tensor_network(8, FOUR)
    assert [g.qubits[0] for g in circuit if g.name == "ry"][::2] == [0, 4, 2]
    assert circuit.n_weights == 6
    assert mera(8, FOUR).n_weights == 2 * (2 ** (1 + 2) - 3)


def test_mera_disentangles_before_it_joins():
    """In order of time: disentanglers around the ring, then pairs, then the top on qubits 0 and 1."""
    assert places(mera(4)) == [(1, 0), (2, 3), (3, 1), (0, 2), (0, 1)]
    assert mera(8).n_weights == 2 * (2**4 - 3)


def test_the_answer_of_mera_depends_on_every_qubit():
    """<Z_1> of MERA on eight qubits feels a flip of each of them at the start; so does <Z_last> of a tree."""
    rng = np.random.default_rng(0)
    for make, read in ((mera, 1), (tree_tensor_network, 7)):
        circuit = make(8, "su4")
        weights = rng.normal(size=circuit.n_weights)
        values = [
            Simulator("double").expectation(start + circuit, pauli_z(read, 8), w=weights)[0, 0]
            for start in (Circuit(8), *(Circuit(8).x(q) for q in range(8)))
        ]
        assert np.abs(np.diff(values)).min() > 1e-6


def test_a_chain_of_blocks_has_bounded_schmidt_rank():
    """Blocks on 2 qubits leave rank 2 at every cut, on 3 with offset 1 rank 4, whatever the weights."""
    rng = np.random.default_rng(1)
    three = Circuit(3)
    for q in range(3):
        three = three.u3(q, *w[3 * q : 3 * q + 3])
    three = three.cx(0, 1).cx(1, 2).ry(0, w[9]).ry(2, w[10]).cx(2, 0)
    for block, offset, rank in (("su4", None, 2), (three, 1, 4)):
        circuit = mps_ansatz(7, block, 2, offset)
        state = Simulator("double").state(circuit, w=rng.normal(size=circuit.n_weights))[0]
        values = [np.linalg.svd(state.reshape(2**cut, -1), compute_uv=False) for cut in range(1, 7)]
        assert all((singular[rank:] < 1e-12).all() for singular in values)
        assert max(int((singular > 1e-3).sum()) for singular in values) == rank


def test_where_a_chain_puts_its_blocks():
    assert places(mps_ansatz(4)) == [(0, 1), (1, 2), (2, 3)]
    assert [g.qubits[0] for g in mps_ansatz(8, FOUR) if g.name == "ry"][::2] == [0, 2, 4]
    assert [g.qubits[0] for g in mps_ansatz(7, FOUR, offset=3) if g.name == "ry"][::2] == [0, 3]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tree_tensor_network(1), "`n_qubits` must be at least 2"),
        (lambda: tree_tensor_network(5, FOUR), "must be a multiple of 2, half a block, but is 5"),
        (lambda: mera(6), r"needs 1 \* 2\^k qubits, but n_qubits is 6"),
        (lambda: mera(4, Circuit(3).rx(0, w[0])), "even number of qubits, but acts on 3"),
        (lambda: mps_ansatz(3, FOUR), "`n_qubits` must be at least 4"),
        (lambda: mps_ansatz(7, FOUR), "do not end at the last of 7 qubits"),
        (lambda: mps_ansatz(4, offset=2), r"`offset` must lie in \[1, 1\]"),
        (lambda: mps_ansatz(4, repeats=0), "`repeats` must be at least 1"),
        (lambda: mera(4, "tree"), "`block` must be one of"),
    ],
)
def test_the_door(call, message):
    with pytest.raises(ValueError, match=message):
        call()
