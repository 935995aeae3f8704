"""Rewriting: the same unitary for every gate of the table on every kind of device, with no more pulses than Qiskit."""

from collections import Counter

import numpy as np
import pytest

from ketwork import Circuit, w, x
from ketwork.circuit.gates import GATES
from ketwork.noise import Device, GateData, QubitData, load_device
from ketwork.search.native_gates import ENTANGLERS, NativeGates
from ketwork.search.space import Space, draw

SMALL = tuple(name for name, row in GATES.items() if row.n_qubits <= 2)


def device(one: tuple[str, ...], two: str, pairs=((1, 0), (1, 2))) -> Device:
    """A made-up machine of three qubits with one entangler, in one direction."""
    gates = [GateData(name, (q,)) for name in one for q in range(3)] + [GateData(two, pair) for pair in pairs]
    return Device("made up", (QubitData(),) * 3, tuple(gates), pairs, (*one, two), "2026-01-01")


MACHINES = [
    *(device(("rz", "sx", "x"), two) for two in ENTANGLERS),
    device(("rz", "sx"), "cx"),
    device(("rz", "rx"), "cz"),
    device(("rz", "rx", "ry", "h"), "rzz"),
]


def same(circuit: Circuit, other: Circuit, rng) -> bool:
    angles, inputs = rng.uniform(-4, 4, circuit.n_weights), rng.uniform(-4, 4, circuit.n_inputs)
    one, two = (c.bind(inputs[: c.n_inputs], angles[: c.n_weights]).matrix() for c in (circuit, other))
    return bool(abs(abs(np.vdot(one, two)) / len(one) - 1) < 1e-10)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: "-".join(m.basis))
def test_any_gate_on_any_machine(machine):
    native, rng = NativeGates.of(machine), np.random.default_rng(0)
    assert native.pairs == ((0, 1), (1, 2))
    space = Space(3, SMALL, native.pairs, max_gates=12)
    circuits = [space.circuit((place,)) for place in space.places] + [
        space.circuit(draw(space, rng)) for _ in range(30)
    ]
    for circuit in circuits:
        for join in (True, False):
            found = native.circuit(circuit, join)
            machine.check_native(found)
            assert same(circuit, found, rng), circuit


@pytest.mark.parametrize("name", ["lima", "torino", "brisbane"])
def test_as_many_pulses_as_qiskit(name):
    machine, rng = load_device(name), np.random.default_rng(1)
    qubits = machine.best_qubits(4)
    native = NativeGates.of(machine.restricted(qubits))
    space = Space(4, ("rx", "ry", "rz", "cx"), native.pairs, max_gates=30)
    ours, theirs = Counter(), Counter()
    for _ in range(6):
        circuit = space.circuit(draw(space, rng, 30))
        ours.update(native.circuit(circuit).count())
        theirs.update(machine.transpile(circuit, 1, qubits).circuit.count())
    for gates in (("sx", "x"), ("cx", "cz", "ecr")):
        assert sum(ours[g] for g in gates) <= 1.05 * sum(theirs[g] for g in gates)


def test_polynomials_in_inputs_and_weights_stay_open():
    circuit = Circuit(3).ry(0, 2 * w[0] * x[0] + 0.3).crx(0, 1, x[1]).rx(1, w[1]).rz(1, -w[1])
    found = NativeGates.of(MACHINES[0]).circuit(circuit)
    assert (found.n_inputs, found.n_weights) == (2, 2)
    assert same(circuit, found, np.random.default_rng(2))


def test_neighbours_are_joined_where_that_is_asked():
    native = NativeGates.of(MACHINES[0])
    assert len(native.circuit(Circuit(3).h(0).h(0).sx(1).sxdg(1).rz(2, 0.3).rz(2, -0.3))) == 0
    assert native.circuit(Circuit(3).sx(1).sxdg(1), join=False).count() == {"sx": 2, "rz": 2}
    assert native.circuit(Circuit(3).rx(0, w[0]).ry(0, w[1])).count()["sx"] == 3  # not two times two


def test_bad_input():
    native = NativeGates.of(MACHINES[0])
    with pytest.raises(ValueError, match="does not couple qubits 0 and 2"):
        native.circuit(Circuit(3).cx(0, 2))
    with pytest.raises(ValueError, match="acts on 3 qubits and cannot be rewritten"):
        native.circuit(Circuit(3).ccx(0, 1, 2))
    with pytest.raises(ValueError, match="qubit 0 of the device has h"):
        NativeGates.of(device(("h",), "cx"))
