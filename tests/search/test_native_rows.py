"""Rows of a device's gates: put together they are the circuit that the rewriting of the whole gives."""

import numpy as np
import pytest

from ketwork import Circuit, w
from ketwork.circuit.gates import GATES
from ketwork.engine.many_rows import NotPacked
from ketwork.noise import Device, GateData, QubitData, load_device
from ketwork.search.native_gates import NativeGates
from ketwork.search.native_rows import NativeRows
from ketwork.search.space import Space, draw

SMALL = tuple(name for name, row in GATES.items() if row.n_qubits <= 2)


def made_up(one, two):
    pairs = ((1, 0), (1, 2))
    gates = [GateData(name, (q,)) for name in one for q in range(3)] + [GateData(two, pair) for pair in pairs]
    return Device("made up", (QubitData(),) * 3, tuple(gates), pairs, (*one, two), "2026-01-01")


MACHINES = [
    load_device("lima").restricted((0, 1, 2)),
    *(made_up(("rz", "sx", "x"), two) for two in ("cz", "ecr", "rzz")),
    made_up(("rz", "rx"), "cz"),
    made_up(("rz", "rx", "ry", "u3"), "crx"),
]


def circuit_of(rows, bound):
    """A bound circuit gate by gate."""
    found = Circuit(3)
    for row, slot, scale, constant in zip(*bound[:4], strict=True):
        (gate,) = rows.rows[row]
        if len(gate.params) > 1:
            assert (scale, constant) == (1, 0)
        angles = [constant if slot < 0 else scale * w[slot + k] + constant for k in range(len(gate.params))]
        found = found.append(gate.name, gate.qubits, angles)
    return found


@pytest.mark.parametrize("machine", MACHINES[:5], ids=lambda m: "-".join(m.basis))
def test_circuits_are_those_of_rewriting_the_whole(machine):
    native, rng = NativeGates.of(machine), np.random.default_rng(0)
    space = Space(3, SMALL, native.pairs, max_gates=15)
    rows = NativeRows(native, [space.circuit((place,)).gates for place in space.places])
    for _ in range(40):
        architecture = draw(space, rng)
        circuit = space.circuit(architecture)
        bound = rows.bound([space.number[place] for place in architecture])
        assert bound.n_weights == circuit.n_weights
        expected, found = native.circuit(circuit), circuit_of(rows, bound)
        angles = rng.uniform(-4, 4, circuit.n_weights)
        one, two = (c.bind(w=angles[: c.n_weights]).matrix() for c in (expected, found))
        assert abs(abs(np.vdot(one, two)) / 8 - 1) < 1e-10
        noisy = [row for row in bound.rows if row not in rows.quiet]
        for q in range(3):  # the same gates in the same order on every qubit
            there = [gate.name for gate in expected if q in gate.qubits]
            assert [rows.rows[row][0].name for row in noisy if q in rows.rows[row][0].qubits] == there


def test_native_gates_with_angles_stay():
    native = NativeGates.of(made_up(("rz", "rx", "u3"), "cz"))
    rows = NativeRows(native, [Circuit(3).u3(0, w[0], w[1], w[2]).gates, Circuit(3).rz(0, w[0]).gates])
    bound = rows.bound([1, 0, 1, 1])
    names = [rows.rows[row][0].name for row in bound.rows]
    assert names == ["rz", "u3", "rz", "rz"] and bound.slots == [0, 1, 4, 5]
    assert [row in rows.quiet for row in bound.rows] == [False, False, True, False]  # two turns by a sum are one gate
    with pytest.raises(NotPacked):
        NativeRows(native, [Circuit(3).u3(0, w[1], w[0], w[2]).gates])
    with pytest.raises(NotPacked):
        NativeRows(native, [Circuit(3).rz(0, w[0] * w[1]).gates])


def test_pairs_that_are_not_coupled_are_refused():
    with pytest.raises(ValueError, match="couple"):
        NativeRows(NativeGates.of(MACHINES[0]), [Circuit(3).cx(0, 2).gates])
