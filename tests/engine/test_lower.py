"""Lowering: once a circuit, and only circuits that exact evaluation has a meaning for."""

import numpy as np
import pytest

from ketwork import Circuit, w, x
from ketwork.engine.lower import lower


def test_a_circuit_is_lowered_once():
    circuit = Circuit(2).rx(0, w[0])
    assert lower(circuit) is lower(circuit)
    assert lower(circuit) is not lower(circuit, all_by_lane=True)


def test_a_longer_circuit_has_a_program_of_its_own():
    short = Circuit(2).rx(0, w[0])
    before = lower(short)
    assert len(lower(short.ry(1, w[1])).signs) == len(before.signs) + 1


def test_only_inputs_differ_by_lane_unless_asked_for():
    circuit = Circuit(2).rx(0, w[0]).ry(1, x[0])
    assert len(lower(circuit).by_lane.base) == 1
    assert len(lower(circuit, all_by_lane=True).by_lane.base) == 2


@pytest.mark.parametrize(
    ("circuit", "message"),
    [
        (Circuit(2).h(0).measure(0, 0), "Gate 1 .measure. needs a classical bit"),
        (Circuit(2).reset(1), "Gate 0 .reset. needs a classical bit"),
        (Circuit(2).x(0, condition=(0, 1)), "Gate 0 .x. needs a classical bit"),
        (Circuit(2).h(1).prepare((0, 1), np.ones(4) / 2), "Gate 1 prepares a state"),
    ],
)
def test_what_exact_evaluation_refuses(circuit, message):
    with pytest.raises(ValueError, match=message):
        lower(circuit)
