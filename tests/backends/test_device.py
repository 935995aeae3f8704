"""Simulated devices: the transpiled circuit means the same, and the noise is that of the qubits it runs on."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, Simulator, w, x
from ketwork.backends import device as home
from ketwork.backends.device import DeviceBackend
from ketwork.backends.protocol import Cost, apart, compiled, cost, each, value_and_pullback
from ketwork.engine.measure import values_from_probabilities
from ketwork.noise.calibration_files import load_device
from ketwork.operators.grouping import group_qubitwise

pytest.importorskip("qiskit")

CIRCUIT = Circuit(3).h(0).ry(1, x[0] * w[0] + 0.2).cx(0, 1).crx(1, 2, w[1]).rzz(0, 2, x[1] ** 2).rx(0, w[1] / 3)
SUMS = [PauliSum.from_dict({"ZIX": 1.0, "IYI": -0.5}), PauliSum.from_dict({"YZX": 1.0, "III": 0.3, "ZZZ": 0.5})]
X, W = np.array([[0.3, -0.2], [1.1, 0.8], [-0.6, 0.4]]), np.array([0.7, -1.3])
SHOTS = 20_000
DEVICES = ["lima", "sherbrooke", "torino"]
"""Native cx, ecr and cz."""


# ---------------------------------------------------------------------- right values
@pytest.mark.parametrize("name", DEVICES)
def test_a_compiled_circuit_means_the_same(name: str) -> None:
    found = compiled(DeviceBackend(name), CIRCUIT)
    n, basis = found.circuit.n_qubits, {*load_device(name).basis, "global_phase"}
    assert set(found.circuit.count()) <= basis
    sums = [s.placed(found.layout, n) for s in SUMS]
    exact = Simulator().expectation(CIRCUIT, SUMS, X, W)
    assert np.allclose(Simulator().expectation(found.circuit, sums, X, W), exact, atol=1e-10)


@pytest.mark.parametrize("name", DEVICES)
def test_values_are_those_of_the_noisy_native_circuit(name: str) -> None:
    backend = DeviceBackend(name)
    found = compiled(backend, CIRCUIT)
    noise = load_device(name).noise_model(found.backend.qubits)
    sums = [s.placed(found.layout, found.circuit.n_qubits) for s in SUMS]
    expected = Simulator(noise=noise).expectation(found.circuit, sums, X, W)
    values = backend.expectation(CIRCUIT, SUMS, X, W)
    assert np.allclose(values, expected, atol=1e-12)
    assert np.allclose(found.backend.expectation(found.circuit, sums, X, W), expected, atol=1e-12)
    ideal = Simulator().expectation(CIRCUIT, SUMS, X, W)
    assert 1e-3 < np.abs(values - ideal).max() < 0.5


def test_an_empty_circuit_shows_the_readout_errors() -> None:
    device = load_device("lima")
    z = [PauliSum.from_dict({"ZI": 1.0}), PauliSum.from_dict({"IZ": 1.0}), PauliSum.from_dict({"ZZ": 1.0})]
    one, other = (1 - 2 * device.qubits[q].p1_given_0 for q in (4, 2))  # type: ignore[operator]
    values = DeviceBackend(device, qubits=(4, 2)).expectation(Circuit(2), z)
    assert np.allclose(values, [[one, other, one * other]], atol=1e-12)


def test_waiting_qubits_relax_only_where_asked() -> None:
    """An excited qubit that is done waits for two others, and loses some of its excitation."""
    circuit = Circuit(3).x(0).cx(0, 1).cx(1, 2).cx(1, 2).cx(1, 2).cx(1, 2)
    z = PauliSum.from_dict({"ZII": 1.0})
    options: dict[str, Any] = {"qubits": (0, 1, 2), "optimization_level": 0}
    waiting, not_waiting = (
        DeviceBackend("lima", **options, idle=idle).expectation(circuit, z)[0, 0] for idle in (True, False)
    )
    assert not_waiting < waiting < not_waiting + 0.1


def test_shots_scatter_around_exact_values() -> None:
    exact = DeviceBackend("lima").expectation(CIRCUIT, SUMS, X, W)
    found = DeviceBackend("lima", SHOTS, seed=3).expectation(CIRCUIT, SUMS, X, W)
    width = sum(abs(c) for s in SUMS for _, c in s.terms) / np.sqrt(SHOTS)
    assert 0 < np.abs(found - exact).max() < 3 * width


def test_single_precision() -> None:
    values = DeviceBackend("lima", precision="single").expectation(CIRCUIT, SUMS, X, W)
    assert values.dtype == np.float32
    assert np.allclose(values, DeviceBackend("lima").expectation(CIRCUIT, SUMS, X, W), atol=1e-5)


# ---------------------------------------------------------------------- gradients
def test_gradients_through_the_native_circuit() -> None:
    backend, cotangent = DeviceBackend("lima"), np.random.default_rng(0).normal(size=(3, 2))
    values, pull_back = value_and_pullback(backend, CIRCUIT, SUMS, X, W)
    assert np.allclose(values, backend.expectation(CIRCUIT, SUMS, X, W), atol=1e-12)
    gradient = pull_back(cotangent)

    def loss(inputs: np.ndarray, weights: np.ndarray) -> float:
        return float((cotangent * backend.expectation(CIRCUIT, SUMS, inputs, weights)).sum())

    step = 1e-5
    for k in range(2):
        shift = step * np.eye(2)[k]
        slope = (loss(X, W + shift) - loss(X, W - shift)) / (2 * step)
        assert gradient.w[k] == pytest.approx(slope, abs=1e-7)
        for row in range(3):
            there = np.zeros_like(X)
            there[row] = shift
            slope = (loss(X + there, W) - loss(X - there, W)) / (2 * step)
            assert gradient.x[row, k] == pytest.approx(slope, abs=1e-7)


def test_slots_without_effect_have_derivative_zero() -> None:
    """On a device that runs RZ, an angle that comes and goes is no longer there."""
    circuit = Circuit(1).rx(0, w[0]).rz(0, w[1]).rz(0, -1 * w[1])
    backend = DeviceBackend("lima", optimization_level=3)
    _, pull_back = backend.value_and_pullback(circuit, PauliSum.from_dict({"Z": 1.0}), None, [0.4, 0.9])
    gradient = pull_back(np.ones((1, 1)))
    assert gradient.w.shape == (2,) and gradient.w[1] == pytest.approx(0, abs=1e-12)
    assert gradient.w[0] == pytest.approx(-np.sin(0.4), abs=0.1)


def test_values_from_shots_take_the_shift_rule() -> None:
    backend = DeviceBackend("lima", SHOTS, seed=1)
    assert not backend.differentiable and DeviceBackend("lima").differentiable
    circuit, z = Circuit(1).ry(0, w[0]), PauliSum.from_dict({"Z": 1.0})
    _, pull_back = value_and_pullback(backend, circuit, z, None, [0.8])
    _, exact = value_and_pullback(DeviceBackend("lima"), circuit, z, None, [0.8])
    assert pull_back([[1.0]]).w[0] == pytest.approx(exact(np.ones((1, 1))).w[0], abs=5 / np.sqrt(SHOTS))


# ---------------------------------------------------------------------- samples
def test_samples_have_the_qubits_in_order() -> None:
    backend = DeviceBackend("lima", seed=2)
    bits = backend.sample(Circuit(3).x(0), shots=SHOTS)
    assert bits.shape == (1, SHOTS, 3)
    assert np.all(np.abs(bits[0].mean(axis=0) - [1, 0, 0]) < 0.15)
    bits = backend.sample(Circuit(3).x(0), shots=SHOTS, qubits=[2, 0])
    assert np.all(np.abs(bits[0].mean(axis=0) - [0, 1]) < 0.15)


def test_samples_follow_the_exact_values() -> None:
    backend = DeviceBackend("lima", seed=2)
    sums = [PauliSum.from_dict({"ZZI": 1.0}), PauliSum.from_dict({"IIZ": 1.0})]
    bits = backend.sample(CIRCUIT, X, W, SHOTS)
    tables = np.stack([np.bincount(row @ [4, 2, 1], minlength=8) / SHOTS for row in bits])
    found = values_from_probabilities(group_qubitwise(sums), [tables], 2)
    assert np.abs(found - backend.expectation(CIRCUIT, sums, X, W)).max() < 5 / np.sqrt(SHOTS)


def test_a_circuit_that_measures_gives_its_bits() -> None:
    circuit = Circuit(2).x(1).measure(1, 0).measure(0, 2)
    bits = DeviceBackend("lima", seed=2).sample(circuit, shots=SHOTS)
    assert bits.shape == (1, SHOTS, 3)
    assert np.all(np.abs(bits[0].mean(axis=0) - [1, 0, 0]) < 0.15) and not bits[0, :, 1].any()


# ---------------------------------------------------------------------- compiling
@pytest.mark.parametrize(("name", "gate"), [("lima", "cx"), ("sherbrooke", "ecr"), ("torino", "cz")])
def test_a_folded_circuit_stays_folded(name: str, gate: str) -> None:
    found = compiled(DeviceBackend(name, optimization_level=3), Circuit(2).h(0).cx(0, 1).ry(1, w[0]))
    folded = found.circuit + found.circuit.inverse() + found.circuit
    native = found.backend.native(folded)
    assert found.circuit.count()[gate] == 1 and native.circuit.count()[gate] == 3
    assert native.circuit.count()["sx"] >= 3 * found.circuit.count()["sx"]
    assert set(native.circuit.count()) <= {*load_device(name).basis, "global_phase"}
    assert native.layout == found.backend.qubits
    z = PauliSum.from_dict({"ZZ": 1.0}).placed(found.layout, folded.n_qubits)
    ideal = Simulator().expectation(folded, z, None, [0.4])[0, 0]
    once, thrice = (found.backend.expectation(c, z, None, [0.4])[0, 0] for c in (found.circuit, folded))
    assert abs(thrice - ideal) > abs(once - ideal)


def test_several_circuits() -> None:
    found = compiled(DeviceBackend("lima"), CIRCUIT)
    sums = [s.placed(found.layout, found.circuit.n_qubits) for s in SUMS]
    twirled = Circuit(found.circuit.n_qubits).y(0).y(0) + found.circuit
    values = each(found.backend, [found.circuit, twirled], sums, X, W)
    assert values.shape == (2, 3, 2) and np.abs(values[0] - values[1]).max() < 0.05


def test_a_circuit_is_transpiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Circuit] = []
    original = home.transpile
    monkeypatch.setattr(home, "transpile", lambda *args: (calls.append(args[0]), original(*args))[1])
    backend = DeviceBackend("lima")
    for weights in (W, 2 * W):
        backend.expectation(CIRCUIT, SUMS, X, weights)
        backend.sample(CIRCUIT, X, weights, 10)
    assert calls == [CIRCUIT]


def test_the_qubits_asked_for_are_used() -> None:
    native = DeviceBackend("lima", qubits=(3, 4)).native(Circuit(2).h(0).cx(0, 1))
    assert native.initial_layout == (3, 4) and set(native.qubits) == {3, 4}
    best = load_device("lima").best_qubits(2)
    assert set(DeviceBackend("lima").native(Circuit(2).h(0).cx(0, 1)).qubits) == set(best)


# ---------------------------------------------------------------------- cost
def test_cost() -> None:
    device = load_device("lima")
    circuit, z = Circuit(2).x(0).cx(0, 1), [PauliSum.from_dict({"ZZ": 1.0}), PauliSum.from_dict({"XX": 1.0})]
    assert cost(DeviceBackend(device), circuit, z, 7) == Cost(7, 0, None)
    found = cost(DeviceBackend(device, 100, qubits=(0, 1)), circuit, z, 7)
    gates = device.gate("x", (0,)).seconds + device.gate("cx", (0, 1)).seconds  # type: ignore[union-attr, operator]
    read = max(device.qubits[q].readout_seconds for q in (0, 1))  # type: ignore[type-var]
    assert found == Cost(14, 1400, pytest.approx(1400 * (gates + read + 250e-6), rel=1e-9))


# ---------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: DeviceBackend("lima").expectation(Circuit(6), PauliSum(6, (("ZIIIII", 1.0),))), "6 qubits, but .*5"),
        (lambda: DeviceBackend("lima").sample(Circuit(6), shots=3), "6 qubits, but .*5"),
        (lambda: DeviceBackend("lima").compile(Circuit(6)), "6 qubits, but .*5"),
        (lambda: DeviceBackend("limo"), "Did you mean 'lima'"),
        (lambda: DeviceBackend("lima", 0), "`shots` must be at least 1"),
        (lambda: DeviceBackend("lima", precision="half"), "`precision` must be one of"),
        (lambda: DeviceBackend("lima", optimization_level=9), "`optimization_level` must lie"),
        (lambda: DeviceBackend("lima", qubits=(0, 7)), "qubits 0 to 4, but 7"),
        (lambda: DeviceBackend("lima", qubits=(0, 0)), "none twice"),
        (lambda: DeviceBackend("lima", qubits=(0, 1)).native(CIRCUIT), "3 qubits, but argument `qubits` names 2"),
        (lambda: DeviceBackend("lima").expectation(CIRCUIT, SUMS), "`x` is missing"),
        (lambda: DeviceBackend("lima").expectation(CIRCUIT, [], X, W), "at least one observable"),
        (lambda: DeviceBackend("lima").expectation(CIRCUIT, PauliSum(2, (("ZZ", 1.0),)), X, W), "3 qubits"),
        (lambda: DeviceBackend("lima").sample(Circuit(1).reset(0).measure(0, 0)), "inside a noisy circuit"),
        (lambda: DeviceBackend("lima").sample(Circuit(1).measure(0, 0), qubits=[0]), "`qubits` must be None"),
        (lambda: DeviceBackend("lima").sample(CIRCUIT, X, W, shots=0), "`shots` must be at least 1"),
        (lambda: DeviceBackend("lima").sample(CIRCUIT, X, W, qubits=[3]), r"`qubits` must lie in \[0, 2\]"),
    ],
)
def test_bad_calls(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_other_things_than_devices_and_circuits() -> None:
    with pytest.raises(TypeError, match="must be a Device or its name, but is int"):
        DeviceBackend(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="`circuit` must be a Circuit"):
        DeviceBackend("lima").native("h 0")  # type: ignore[arg-type]


def test_copies_that_draw_other_shots_run_the_same_native_circuit() -> None:
    backend = DeviceBackend("lima", SHOTS, seed=5)
    native = backend.native(CIRCUIT)
    other = apart(backend, 3)
    assert other.seed != backend.seed
    assert other.native(CIRCUIT) is native
    assert len(backend._native) == 1
