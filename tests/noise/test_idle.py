"""Waiting: as late as possible, relaxation where a qubit waits, and no other place."""

import numpy as np
import pytest

from ketwork import Circuit, NoiseModel
from ketwork.noise.idle import Idle
from ketwork.noise.rule import Placed

TIMES = {"h": 1.0, "cx": 4.0, ("cx", (1, 2)): 6.0, "rz": 0.0}


def waits(circuit, **options):
    """(position among the events, qubit, time) of every wait."""
    noise = NoiseModel().idle(10.0, 15.0, TIMES, **options)
    return [(k, e.qubits[0], e.channel.params[2]) for k, e in enumerate(noise.events(circuit)) if isinstance(e, Placed)]


def test_a_qubit_waits_for_the_others():
    # h on 0 takes 1, and waits for nothing: gates are as late as they can be, so that h comes right before its cx
    assert waits(Circuit(2).h(0).cx(0, 1)) == []
    # after the cx qubit 0 waits 2 while 1 has two h
    assert waits(Circuit(2).cx(0, 1).h(1).h(1)) == [(1, 0, 2.0)]


def test_the_first_gate_is_as_late_as_it_can_be():
    # qubit 2 is in its ground state until its only gate; qubit 0 waits for the long cx between 1 and 2
    found = waits(Circuit(3).cx(0, 1).cx(1, 2))
    assert found == [(1, 0, 6.0)]


def test_only_the_qubits_that_were_named():
    noise = NoiseModel().idle([5.0], [5.0], TIMES, qubits=[1])
    events = [e for e in noise.events(Circuit(2).cx(0, 1).h(0)) if isinstance(e, Placed)]
    assert [(e.qubits, e.channel.params) for e in events] == [((1,), (5.0, 5.0, 1.0, 0.0))]
    assert events[0].strengths == (0, 1, -1, -1)


def test_what_follows_a_gate_comes_before_the_wait():
    from ketwork.noise import bit_flip

    noise = NoiseModel().add(bit_flip(0.1), gates="cx").idle(10.0, 15.0, TIMES)
    names = [e.channel.name for e in noise.events(Circuit(2).cx(0, 1).h(1)) if isinstance(e, Placed)]
    assert names == ["bit_flip", "bit_flip", "thermal_relaxation"]


def test_a_gate_without_a_duration():
    with pytest.raises(ValueError, match=r"does not say how long the gate 'x' takes on qubits \(0,\)"):
        waits(Circuit(1).x(0))


def test_how_long_a_gate_takes():
    idle = Idle.of(1.0, 1.0, {"cx": 0.2, ("cx", (0, 1)): 0.3}, None)
    pair = Circuit(3).cx(1, 0).cx(1, 2).gates
    assert [idle.duration(gate) for gate in pair] == [0.3, 0.2]
    assert idle.duration(Circuit(1).prepare((0,), [1, 0]).gates[0]) == 0
    with pytest.raises(ValueError, match="'h'"):
        idle.duration(Circuit(1).h(0).gates[0])


def test_durations_go_by_the_names_of_the_gate_table():
    noise = NoiseModel().idle(10.0, 15.0, {"cnot": 4.0, "id": 2.0, ("cnot", (1, 2)): 6.0})
    assert sum(isinstance(e, Placed) for e in noise.events(Circuit(3).cx(0, 1).cx(1, 2).append("i", [0]))) == 1
    with pytest.raises(ValueError, match=r"`durations` must be one of .* but is 'cxx'\. Did you mean"):
        NoiseModel().idle(10.0, 15.0, {"cxx": 1.0})


def test_other_registers():
    idle = Idle.of([1.0, 2.0], [1.0, 2.0], {("cx", (3, 5)): 1.0, "h": 2.0}, (3, 5))
    moved = idle.moved({5: 0, 3: 1})
    assert moved.qubits == (1, 0)
    assert dict(moved.durations)["cx", (1, 0)] == 1.0
    assert idle.moved({7: 0}) is None
    np.testing.assert_allclose(idle.stretched(3).stretch, 3)
