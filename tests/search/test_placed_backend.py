"""Placed circuits: the values that Qiskit's transpiler and a device backend give, native noise, no gate undone."""

import numpy as np
import pytest

from ketwork import Circuit, Simulator, w, x
from ketwork.backends import protocol
from ketwork.backends.device import DeviceBackend
from ketwork.mitigate import Mitigated, zne
from ketwork.noise import load_device
from ketwork.operators import PauliSum
from ketwork.search.placed_backend import PlacedBackend
from ketwork.search.space import Space, draw

OBSERVABLE = PauliSum.from_dict({"ZZI": 0.7, "XIX": 0.4, "IYY": -0.5, "IIZ": 0.2})


def placed(name: str, n: int = 3, **more) -> tuple[PlacedBackend, tuple[int, ...]]:
    device = load_device(name)
    qubits = device.best_qubits(n)
    part = device.restricted(qubits)
    return PlacedBackend(part, part.noise_model(), **more), qubits


@pytest.mark.parametrize("name", ["lima", "torino", "brisbane"])
def test_noisy_values_are_those_of_the_transpiled_circuit(name):
    backend, qubits = placed(name)
    reference = DeviceBackend(load_device(name), qubits=qubits)
    space, rng = Space(3, couplings=backend.gates.pairs, max_gates=20), np.random.default_rng(0)
    for _ in range(4):
        circuit = space.circuit(draw(space, rng, 20))
        angles = rng.uniform(-3, 3, circuit.n_weights)
        ideal = Simulator().expectation(circuit, OBSERVABLE, None, angles)[0, 0]
        ours, theirs = (b.expectation(circuit, OBSERVABLE, None, angles)[0, 0] for b in (backend, reference))
        # The same pulses but for a few: what differs is small beside what the noise does
        assert abs(ours - theirs) < 0.004 + 0.1 * abs(ours - ideal)


def test_without_noise_values_and_gradients_are_the_circuits_own():
    device = load_device("lima").restricted((0, 1, 2))
    backend = PlacedBackend(device)
    circuit = Circuit(3).ry(0, x[0] * w[0]).cx(0, 1).rx(1, w[1] + x[1]).crx(2, 1, w[2]).rz(1, w[3]).rz(1, -1 * w[3])
    rng = np.random.default_rng(3)
    inputs, angles = rng.uniform(-2, 2, (4, 2)), rng.uniform(-2, 2, 4)
    values, pull_back = protocol.value_and_pullback(backend, circuit, OBSERVABLE, inputs, angles)
    expected, pull_expected = protocol.value_and_pullback(Simulator(), circuit, OBSERVABLE, inputs, angles)
    assert values == pytest.approx(expected)
    ones = np.ones((4, 1))
    assert pull_back(ones).w == pytest.approx(pull_expected(ones).w)  # the fourth weight cancels
    assert pull_back(ones).x == pytest.approx(pull_expected(ones).x)


def test_folded_gates_are_not_taken_back():
    backend, _ = placed("lima")
    native = protocol.compiled(backend, Circuit(3).h(0).cx(0, 1).ry(1, 0.4))
    folded = native.circuit + native.circuit.inverse() + native.circuit
    assert native.backend.native(folded).count()["cx"] == 3
    assert native.backend.native(folded).count()["sx"] == 3 * native.circuit.count()["sx"]
    assert native.backend.native(native.circuit) == native.circuit


def test_extrapolation_comes_closer():
    backend, _ = placed("lima")
    circuit = Circuit(3).h(0).cx(0, 1).cx(1, 2).ry(2, 0.3)
    ideal = Simulator().expectation(circuit, OBSERVABLE)[0, 0]
    noisy = backend.expectation(circuit, OBSERVABLE)[0, 0]
    mitigated = zne(backend).expectation(circuit, OBSERVABLE)[0, 0]
    assert isinstance(zne(backend), Mitigated)
    assert abs(mitigated - ideal) < abs(noisy - ideal)


def test_shots_estimate_the_exact_values():
    exact, _ = placed("lima")
    drawn, _ = placed("lima", shots=20_000, seed=5)
    circuit = Circuit(3).h(0).cx(0, 1).ry(2, 0.4)
    assert not drawn.differentiable
    assert drawn.expectation(circuit, OBSERVABLE) == pytest.approx(exact.expectation(circuit, OBSERVABLE), abs=0.03)
    bits = exact.sample(circuit, shots=4000, seed=1)[0]
    assert 1 - 2 * bits[:, 2].mean() == pytest.approx(
        exact.expectation(circuit, PauliSum.from_dict({"IIZ": 1.0}))[0, 0], abs=0.06
    )


def test_reference_qubits_have_no_noise():
    backend, _ = placed("lima", 2)
    pair = Circuit(4).prepare((0, 1, 2, 3), np.eye(4).ravel() / 2)  # qubit k with qubit 2 + k
    quiet = backend.expectation(pair, PauliSum.from_dict({"IIZZ": 1.0, "IIII": 1.0}))
    assert quiet == pytest.approx(1.0, abs=1e-12)
    noisy = backend.expectation(pair + Circuit(4).cx(0, 1).cx(0, 1), PauliSum.from_dict({"ZIZI": 1.0}))[0, 0]
    assert 0.8 < noisy < 0.99
    with pytest.raises(ValueError, match="couple"):
        backend.expectation(Circuit(4).cx(1, 2), PauliSum.from_dict({"ZIII": 1.0}))
