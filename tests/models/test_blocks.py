"""The nine convolution circuits: their numbers of weights, what they reach, how they are placed."""

import numpy as np
import pytest

from ketwork import Circuit, w, x
from ketwork.models.blocks import BLOCKS, block_of, place


def test_numbers_of_weights_of_the_paper():
    """Table of Hur et al.: circuits 1 to 9 have 2, 2, 4, 6, 6, 6, 10, 10, 15 parameters."""
    assert [block.n_weights for block in BLOCKS.values()] == [2, 2, 4, 6, 6, 6, 10, 10, 15]
    for block in BLOCKS.values():
        used = [slot.index for gate in block for p in gate.params for slot in p.slots]
        assert used == list(range(block.n_weights))


def dimension(block, seed):
    """How many directions of U(4) the weights reach at a random point: the rank of U^+ dU."""
    rng = np.random.default_rng(seed)
    weights, h = rng.uniform(-3, 3, block.n_weights), 1e-6
    U = block.bind(w=weights).matrix()
    columns = []
    for step in h * np.eye(block.n_weights):
        change = U.conj().T @ (block.bind(w=weights + step).matrix() - block.bind(w=weights - step).matrix()) / (2 * h)
        columns.append(np.concatenate([change.real.ravel(), change.imag.ravel()]))
    return np.linalg.matrix_rank(np.array(columns), tol=1e-4)


@pytest.mark.parametrize(("name", "wanted"), [("su4", 15), ("so4", 6), ("ttn", 2), ("u15", 4)])
def test_what_blocks_reach(name, wanted):
    """su4 has all 15 directions of SU(4), so4 all 6 of SO(4)."""
    assert dimension(BLOCKS[name], 0) == wanted


def test_su4_gate_by_gate():
    """Vatan and Williams, arXiv:quant-ph/0308006: RY and RZ between the first two of three CX, RY before the last."""
    middle = BLOCKS["su4"][2:-2]
    expected = Circuit(2).cx(0, 1).ry(0, w[6]).rz(1, w[7]).cx(1, 0).ry(0, w[8]).cx(0, 1)
    assert middle == expected
    assert [gate.name for gate in BLOCKS["su4"]].count("u3") == 4


@pytest.mark.parametrize("name", ["u5", "u6", "u13", "u14"])
def test_controlled_rotations_go_both_ways(name):
    """First controlled by the second qubit, then by the first."""
    letter = {"u5": "z", "u6": "x", "u13": "z", "u14": "x"}[name]
    assert [(g.name, g.qubits) for g in BLOCKS[name] if len(g.qubits) == 2] == [
        (f"cr{letter}", (1, 0)),
        (f"cr{letter}", (0, 1)),
    ]
    alone = {g.name for g in BLOCKS[name] if len(g.qubits) == 1}
    assert alone == ({"ry"} if name in ("u13", "u14") else {"rx", "rz"})


def test_so4_is_real():
    matrix = BLOCKS["so4"].bind(w=np.arange(6.0)).matrix()
    np.testing.assert_allclose(matrix.imag, 0, atol=1e-15)
    assert abs(np.linalg.det(matrix)) == pytest.approx(1)


def test_placing():
    block = Circuit(2).ry(0, w[0]).crz(0, 1, w[1])
    circuit = place(place(Circuit(3), block, (2, 0)), block, (0, 1))
    assert circuit == Circuit(3).ry(2, w[0]).crz(2, 0, w[1]).ry(0, w[2]).crz(0, 1, w[3])
    assert place(circuit, block, (1, 2), 0).n_weights == 4
    assert block_of(block) is block


@pytest.mark.parametrize("block", [Circuit(1).rx(0, w[0]), Circuit(2).rx(0, x[0]), Circuit(2).cx(0, 1)])
def test_what_is_no_block(block):
    with pytest.raises(ValueError, match="must be a circuit of weights on two qubits or more"):
        block_of(block)


def test_the_door():
    with pytest.raises(ValueError, match="Did you mean 'su4'"):
        block_of("su(4)")
    with pytest.raises(TypeError, match="must be a name or a Circuit"):
        block_of(4)
