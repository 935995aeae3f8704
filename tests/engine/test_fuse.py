"""Fusion changes the order of steps only where that changes nothing."""

import numpy as np
import pytest

from ketwork import Circuit, w, x
from ketwork.engine.fuse import pack
from ketwork.engine.lower import lower
from ketwork.engine.statevector import GROUP, IN_ROW, LANE_PHASE, SHARED_PHASE
from random_circuits import random_circuit


def executed(program):
    """The steps in the order in which the kernels do them."""
    order = []
    for op in program.ops:
        if op[0] == GROUP:
            order += program.rotations[op[23 : 23 + op[1]]].tolist()
        elif op[0] == LANE_PHASE:
            order += program.lane_terms[op[1] : op[2]].tolist()
        else:
            order += program.shared_terms[program.shared_table == op[1]].tolist()
    return order


@pytest.mark.parametrize("seed", range(20))
def test_every_rotation_happens_once_and_none_overtakes_what_it_does_not_commute_with(seed):
    rng = np.random.default_rng(seed)
    program = lower(random_circuit(rng, int(rng.integers(2, 9)), 60))
    order = executed(program)
    assert len(set(order)) == len(order)
    mask = program.half - 1
    for later, b in enumerate(order):
        for a in order[:later]:
            if a > b:
                v = (int(program.flips[a]), int(program.flips[b]))
                u = (int(program.signs[a]) & mask, int(program.signs[b]) & mask)
                anticommute = ((v[0] & mask & u[1]).bit_count() + (v[1] & mask & u[0]).bit_count()) % 2
                assert not anticommute, f"step {a} runs before step {b}"


@pytest.mark.parametrize("seed", range(10))
def test_groups_hold_up_to_three_independent_flips(seed):
    rng = np.random.default_rng(seed)
    program = lower(random_circuit(rng, 6, 80))
    for op in program.ops[program.ops[:, 0] == GROUP]:
        a, b, c = op[2:5].tolist()
        assert 1 <= op[1] <= 3
        assert len({0, a, b, c, a ^ b, a ^ c, b ^ c, a ^ b ^ c}) == 8


def test_index_moves_cost_nothing():
    circuit = Circuit(4).x(0).cx(0, 1).swap(1, 3).cx(3, 2).x(2)
    assert len(lower(circuit).ops) == 0


def test_diagonals_share_a_pass():
    circuit = Circuit(5)
    for q in range(5):
        circuit = circuit.rz(q, w[q]).cz(q, (q + 1) % 5).rz(q, x[q]).cp(q, (q + 2) % 5, x[q] * w[0])
    kinds = lower(circuit).ops[:, 0].tolist()
    assert sorted(kinds) == [SHARED_PHASE, LANE_PHASE]


def test_three_rotations_share_a_pass():
    circuit = Circuit(6)
    for q in range(6):
        circuit = circuit.ry(q, w[q])
    assert lower(circuit).ops[:, 1].tolist() == [3, 3]


@pytest.mark.parametrize("seed", range(5))
def test_groups_flip_rows_and_what_flips_only_lanes_is_alone(seed):
    rng = np.random.default_rng(seed)
    n, lane_bits, count = 7, 3, 40
    flips = rng.integers(1, 1 << n, count) & rng.choice([7, 127], count)
    flips, signs = np.where(flips == 0, 1, flips), rng.integers(0, 1 << n, count)
    one_kind = np.full(count, GROUP), np.zeros(count, np.int64)
    ops, slots, *_ = pack(np.arange(count), *one_kind, flips, signs, n, lane_bits)
    assert sorted(slots) == list(range(count))
    for op in ops:
        steps = slots[op[23 : 23 + op[1]]]
        rows, lanes = (flips[steps] >> lane_bits).tolist(), (flips[steps] & 7).tolist()
        assert op[26 : 26 + op[1]].tolist() == lanes
        if op[0] == IN_ROW:
            assert rows == [0]
            continue
        assert op[2 : 2 + op[1]].tolist() == rows
        a, b, c = op[2:5].tolist()
        assert len({0, a, b, c, a ^ b, a ^ c, b ^ c, a ^ b ^ c}) == 8
