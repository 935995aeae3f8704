"""What a Program says about itself."""

import numpy as np
import pytest

from ketwork import Circuit, w, x
from ketwork.engine.lower import lower
from random_circuits import random_circuit


@pytest.mark.parametrize("seed", range(5))
def test_index_moves_alone_permute_basis_states(seed):
    rng = np.random.default_rng(seed)
    circuit = Circuit(4)
    for _ in range(12):
        a, b = (int(q) for q in rng.permutation(4)[:2])
        circuit = (circuit.x(a), circuit.cx(a, b), circuit.swap(a, b))[int(rng.integers(3))]
    places = lower(circuit).logical_index()
    assert sorted(places) == list(range(16))
    matrix = circuit.matrix()
    assert all(matrix[places[stored], stored] == 1 for stored in range(16))


def test_angles_of_all_steps():
    circuit = Circuit(2).rx(0, w[0]).ry(1, 2 * x[0]).rz(0, 0.25)
    angles = lower(circuit).all_angles(np.array([[0.7]]), np.array([0.3]))
    np.testing.assert_allclose(np.abs(angles), [0.3, 1.4, 0.25])


def test_flops_of_a_layer_of_rotations():
    circuit = Circuit(6)
    for q in range(6):
        circuit = circuit.ry(q, w[q])
    program = lower(circuit)
    assert program.flops(1, gradient=False) == 6 * 6 * 64
    assert program.flops(10) == 22 * 6 * 64 * 10


def test_the_store_of_a_program_is_bounded():
    program = lower(random_circuit(np.random.default_rng(0), 3, 5))
    made = []
    for key in range(40):
        assert program.remember(key, lambda key=key: made.append(key) or key) == key
    assert program.remember(39, lambda: "never") == 39
    assert len(program.kept) <= 16
