"""Settings: a device's couplings, gates and noise, and what is refused before anything runs."""

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, Simulator, w
from ketwork.backends.device import DeviceBackend
from ketwork.noise import load_device
from ketwork.search.goals import Energy
from ketwork.search.inner import Inner
from ketwork.search.placed_backend import PlacedBackend
from ketwork.search.setting import GATE_SET, Setting, gate_noise

GOAL = Energy(PauliSum.from_dict({"ZZI": 1.0, "IXX": 0.5}), -1.5)


def test_without_a_device_everything_is_ideal():
    task = Setting(max_gates=7, max_two_qubit=2).task("one", GOAL)
    assert task.backend is None
    assert task.space.gates == GATE_SET
    assert task.space.couplings is None
    assert (task.space.max_gates, task.space.max_two_qubit) == (7, 2)
    assert task.inner == Inner("l-bfgs", 50)


@pytest.mark.parametrize("name", ["lima", "brisbane", "torino"])
def test_a_devices_best_qubits_with_their_couplings(name):
    device = load_device(name)
    task = Setting(device=name).task("one", GOAL)
    best = device.best_qubits(3)
    coupled = {tuple(sorted((best.index(a), best.index(b)))) for a, b in device.coupling if {a, b} <= set(best)}
    assert set(task.space.couplings) == coupled
    assert isinstance(task.backend, PlacedBackend)
    circuit, angles = Circuit(3).ry(1, w[0]), np.array([0.3])
    expected = DeviceBackend(device, qubits=best).expectation(circuit, GOAL.observable, None, angles)
    assert task.backend.expectation(circuit, GOAL.observable, None, angles) == pytest.approx(expected, abs=1e-3)


def test_noise_can_be_left_out_or_given():
    quiet = Setting(device="lima", noise=False).backend(3)
    assert quiet.noise is None
    given = Setting(noise=gate_noise(0.01, 0.05)).backend(2)
    assert isinstance(given, Simulator)
    zz = PauliSum.from_dict({"ZZ": 1.0})
    # A replaced pair of qubits has <ZZ> = 0, and so has one of them: ZZ of |11> comes out smaller by both
    assert given.expectation(Circuit(2).x(0).x(1), zz)[0, 0] == pytest.approx(0.99**2)
    assert given.expectation(Circuit(2).cx(0, 1), zz)[0, 0] == pytest.approx(0.95)
    placed = Setting(device="lima", noise=gate_noise(0, 0.05)).backend(2)
    assert placed.expectation(Circuit(2).cx(0, 1).ry(0, 0.0), zz)[0, 0] == pytest.approx(0.95)


def test_drawn_values_have_an_optimiser_of_their_own():
    assert Setting(shots=100).task("one", GOAL).inner.method == "adam-spsa"
    assert Setting(shots=100, steps=7).task("one", GOAL).inner.steps == 7
    assert Setting(device="lima", shots=100).task("one", GOAL).backend.shots == 100
    mine = Inner("cobyla", 9)
    assert Setting(shots=100, inner=mine).task("one", GOAL).inner is mine


def test_native_gates_as_the_space():
    space = Setting(device="torino", gates="native").space(3)
    assert set(space.gates) == {"rz", "sx", "x", "cz"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "lima", "n": 8}, "has 5 qubits, but 8"),
        ({"device": "lime"}, "lima"),
        ({"gates": ("rx", "cxx")}, "cxx"),
        ({"gates": ()}, "at least one"),
        ({"gates": ("cx",), "couplings": ()}, "empty"),
        ({"couplings": ((0, 1),)}, "do not connect qubits 0, 1 with 2"),
        ({"couplings": ((0, 1), (1, 7))}, "couplings"),
        ({"device": "lima", "qubits": (0, 4, 3)}, "do not connect"),
        ({"device": "lima", "qubits": (0, 1, 2), "couplings": ((0, 1), (0, 2))}, r"\(0, 2\), but the device couples"),
        ({"device": "lima", "qubits": (0, 1)}, "3 qubits of the task"),
        ({"gates": "native"}, "device"),
        ({"steps": 0}, "steps"),
        ({"max_gates": 0}, "max_gates"),
        ({"shots": 0}, "shots"),
    ],
)
def test_bad_input(options, message):
    n = options.pop("n", 3)
    goal = Energy(PauliSum.from_dict({"Z" * n: 1.0}), -1.0)
    with pytest.raises(ValueError, match=message):
        Setting(**options).task("one", goal)


def test_wrong_types():
    with pytest.raises(TypeError, match="device"):
        Setting(device=3)
    with pytest.raises(TypeError, match="noise"):
        Setting(noise=0.1)
