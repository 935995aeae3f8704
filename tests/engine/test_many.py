"""Many circuits at once give what the simulator gives for each, whatever the batch they come in."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketwork import Circuit, NoiseModel, PauliSum, Simulator, w
from ketwork.circuit.gates import GATES
from ketwork.engine.many import MOST_NOISY_QUBITS, MOST_QUBITS, Bound, Many, descent
from ketwork.engine.many_rows import NotPacked
from ketwork.noise import amplitude_damping, depolarizing, thermal_relaxation
from ketwork.optimize import minimize

UNIFORM = NoiseModel().add(depolarizing(0.01)).add(depolarizing(0.05, 2)).readout(0.02, 0.05)
UNEVEN = (
    NoiseModel()
    .add(depolarizing(0.1), qubits=0)
    .add(amplitude_damping(0.05), "cx")
    .add(thermal_relaxation(1.0, 1.5, 0.1), before=True)
    .add(depolarizing(0.2, 2), "cx", pairs=[(0, 1)], ordered=True)
    .prepare(amplitude_damping(0.3))
    .readout(0.02, 0.05, 0)
)
WAITING = UNIFORM.prepare(amplitude_damping(0.1), 0).idle(
    3.0, 2.0, {"rx": 0.1, "ry": 0.2, "cx": 0.5, "crx": 0.7, "u3": 0.2, "h": 0.0, ("cx", (1, 0)): 0.9}
)
SOME_WAIT = NoiseModel().idle(
    [2.0, 5.0], [3.0, 0.4], {"rx": 0.1, "ry": 0.0, "cx": 0.5, "crx": 0.7, "u3": 0.2, "h": 0.3}, (2, 0)
)
READOUT = NoiseModel().readout(0.1, 0.05)


def gate_rows(n_qubits, most=2, names=None):
    """Every gate of the table on all qubits that it can act on, a row each."""
    rows = [
        row for row in GATES.values() if row.n_qubits <= min(n_qubits, most) and (names is None or row.name in names)
    ]
    return [
        Circuit(n_qubits).append(row.name, q, tuple(w[j] for j in range(row.n_params))).gates
        for row in rows
        for q in permutations(range(n_qubits), row.n_qubits)
    ]


def circuit_of(n_qubits, rows, places):
    """The circuit of some rows."""
    circuit, k = Circuit(n_qubits), 0
    for place in places:
        for gate in rows[place]:
            count = len(gate.params)
            circuit = circuit.append(gate.name, gate.qubits, tuple(w[k + j] for j in range(count)))
            k += count
    return circuit


def random_sum(rng, n_qubits, terms=12):
    return PauliSum.from_list([("".join(rng.choice(list("IXYZ"), n_qubits)), rng.normal()) for _ in range(terms)])


def check_against_simulator(n_qubits, rows, circuits, noise, rng):
    observable = random_sum(rng, n_qubits)
    many = Many(n_qubits, rows, observable, noise)
    packed = many.pack(circuits)
    weights = rng.normal(size=packed.weights[-1])
    values, slopes = many.values_and_gradients(packed, weights)
    simulator = Simulator(noise=noise, threads=1)
    for c, places in enumerate(circuits):
        own = slice(packed.weights[c], packed.weights[c + 1])
        circuit = circuit_of(n_qubits, rows, places)
        expected, pull_back = simulator.value_and_pullback(circuit, observable, None, weights[own])
        assert values[c] == pytest.approx(expected[0, 0], abs=1e-12)
        np.testing.assert_allclose(slopes[own], pull_back(np.ones((1, 1))).w, atol=1e-11)


@given(st.integers(1, 6), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_ideal_values_and_gradients_are_the_simulators(n_qubits, seed):
    rng = np.random.default_rng(seed)
    rows = gate_rows(n_qubits, most=3)
    circuits = [rng.integers(len(rows), size=rng.integers(0, 20)).tolist() for _ in range(4)]
    check_against_simulator(n_qubits, rows, [*circuits, []], rng.choice([None, READOUT]), rng)


@given(st.integers(1, 4), st.integers(0, 2**32 - 1), st.sampled_from([UNIFORM, UNEVEN]))
@settings(max_examples=25, deadline=None)
def test_noisy_values_and_gradients_are_the_simulators(n_qubits, seed, noise):
    rng = np.random.default_rng(seed)
    n_qubits = max(n_qubits, 2) if noise is UNEVEN else n_qubits
    names = rng.choice([name for name, row in GATES.items() if row.n_qubits <= 2], 5)
    rows = gate_rows(n_qubits, names={*names, "ry", "cx"})
    circuits = [rng.integers(len(rows), size=rng.integers(0, 20)).tolist() for _ in range(4)]
    check_against_simulator(n_qubits, rows, [*circuits, []], noise, rng)


@given(st.integers(0, 2**32 - 1), st.sampled_from([WAITING, SOME_WAIT, WAITING.scaled(2.5)]))
@settings(max_examples=15, deadline=None)
def test_waiting_qubits_relax_as_in_the_simulator(seed, noise):
    rng = np.random.default_rng(seed)
    rows = gate_rows(4, names={"rx", "ry", "cx", "crx", "u3", "h"})
    circuits = [rng.integers(len(rows), size=rng.integers(0, 20)).tolist() for _ in range(4)]
    check_against_simulator(4, rows, [*circuits, []], noise, rng)


@pytest.mark.parametrize("noise", [UNIFORM, WAITING])
def test_rows_that_share_weights(noise):
    rng = np.random.default_rng(6)
    rows = gate_rows(3, names={"rx", "ry", "cx", "crx"})
    observable = random_sum(rng, 3)
    many = Many(3, rows, observable, noise)
    numbers = rng.integers(len(rows), size=14).tolist()
    slots = [int(k) if many.counts[row] else -1 for row, k in zip(numbers, rng.integers(-1, 3, 14), strict=True)]
    scales, constants = rng.normal(size=(2, 14)).tolist()
    bound = Bound(numbers, slots, scales, constants, 4)  # nothing takes the fourth weight
    packed, weights = many.pack_bound([bound, bound]), rng.normal(size=8)
    values, slopes = many.values_and_gradients(packed, weights)
    circuit = Circuit(3)
    for row, slot, scale, constant in zip(numbers, slots, scales, constants, strict=True):
        (gate,) = rows[row]
        angle = constant if slot < 0 else scale * w[slot] + constant
        circuit = circuit.append(gate.name, gate.qubits, (angle,) * len(gate.params))
    for own in (slice(0, 4), slice(4, 8)):
        used = weights[own][: circuit.n_weights]
        expected, pull_back = Simulator(noise=noise).value_and_pullback(circuit, observable, None, used)
        assert values[own.start // 4] == pytest.approx(expected[0, 0], abs=1e-12)
        np.testing.assert_allclose(slopes[own][: len(used)], pull_back(np.ones((1, 1))).w, atol=1e-11)
        assert not slopes[own][len(used) :].any()


def test_quiet_rows_turn_without_noise_and_take_no_time():
    rows = [Circuit(2).rx(0, w[0]).gates, Circuit(2).rx(0, w[0]).gates, Circuit(2).cx(0, 1).gates]
    z = PauliSum.from_list([("ZZ", 1.0), ("XI", 0.5)])
    noise = NoiseModel().add(depolarizing(0.1)).idle(2.0, 1.0, {"rx": 0.3, "cx": 0.2})
    many = Many(2, rows, z, noise, quiet={1})
    values, slopes = many.values_and_gradients(many.pack([[2, 1, 0]]), np.array([0.3, 0.4]))
    expected, pull_back = Simulator(noise=noise).value_and_pullback(Circuit(2).cx(0, 1).rx(0, w[0]), z, None, [0.7])
    assert values[0] == pytest.approx(expected[0, 0], abs=1e-13)
    np.testing.assert_allclose(slopes, np.repeat(pull_back(np.ones((1, 1))).w, 2), atol=1e-13)


def test_correlated_readout_and_six_qubits_with_noise():
    rng = np.random.default_rng(3)
    rows = gate_rows(6, names={"rx", "rz", "cx", "rzz"})
    noise = UNIFORM.confusion([[0.9, 0, 0, 0.1], [0.05, 1, 0, 0], [0.05, 0, 1, 0], [0, 0, 0, 0.9]], [1, 4])
    check_against_simulator(6, rows, [rng.integers(len(rows), size=30).tolist()], noise, rng)


@pytest.mark.parametrize("noise", [None, UNIFORM])
def test_gradients_are_those_of_finite_differences(noise):
    rng = np.random.default_rng(1)
    rows = gate_rows(3, names={"ry", "rz", "cx", "crx"})
    many = Many(3, rows, random_sum(rng, 3), noise)
    packed = many.pack([rng.integers(len(rows), size=15).tolist()])
    weights = rng.normal(size=packed.weights[-1])
    _, slopes = many.values_and_gradients(packed, weights)
    for k in range(len(weights)):
        moved = np.array([weights + sign * 1e-5 * np.eye(len(weights))[k] for sign in (1, -1)])
        up, down = (many.values_and_gradients(packed, row)[0][0] for row in moved)
        assert slopes[k] == pytest.approx((up - down) / 2e-5, abs=1e-8)


@pytest.mark.parametrize("noise", [None, UNIFORM])
@pytest.mark.parametrize("method", ["adam", "l-bfgs"])
def test_a_circuit_is_trained_the_same_in_every_batch_and_with_every_number_of_threads(noise, method):
    rng = np.random.default_rng(2)
    rows = gate_rows(3, names={"rx", "ry", "cx"})
    observable = random_sum(rng, 3)
    circuits = [[0, 4, *rng.integers(len(rows), size=8).tolist()] for _ in range(6)]
    alone = []
    for circuit in circuits:
        many = Many(3, rows, observable, noise, threads=1)
        packed = many.pack([circuit])
        alone.append(many.trained(packed, np.full(packed.weights[-1], 0.3), descent(method, {}), 12))
    many = Many(3, rows, observable, noise, threads=2)
    packed = many.pack(circuits)
    values, best, asked = many.trained(packed, np.full(packed.weights[-1], 0.3), descent(method, {}), 12)
    for c, (value, place, count) in enumerate(alone):
        assert values[c] == value[0] and asked[c] == count[0]
        assert np.array_equal(best[packed.weights[c] : packed.weights[c + 1]], place)


@pytest.mark.parametrize(
    ("method", "options"),
    [("adam", {"learning_rate": 0.1, "weight_decay": 0.01}), ("l-bfgs", {}), ("l-bfgs", {"tol": 1e-3})],
)
def test_training_takes_the_steps_of_minimize(method, options):
    rng = np.random.default_rng(4)
    rows = gate_rows(4, names={"rx", "ry", "rz", "cx"})
    observable = random_sum(rng, 4)
    many = Many(4, rows, observable)
    same = 0
    for _ in range(10):
        places = [0, *rng.integers(len(rows), size=14).tolist()]
        packed, circuit = many.pack([places]), circuit_of(4, rows, places)
        start = rng.uniform(-np.pi, np.pi, packed.weights[-1])
        seen = []

        def asked(weights, circuit=circuit, seen=seen):
            values, pull_back = Simulator(threads=1).value_and_pullback(circuit, observable, None, weights)
            seen.append((values[0, 0], weights.copy()))
            if len(seen) > 9:
                raise StopIteration
            return values[0, 0], pull_back(np.ones((1, 1))).w[:]

        try:
            minimize(asked, start, method, 9, **options)
        except StopIteration:
            seen.pop()
        value, best, count = many.trained(packed, start, descent(method, options), 9)
        expected = min(seen, key=lambda pair: pair[0])
        close = abs(value[0] - expected[0]) < 1e-6 and np.allclose(best, expected[1], atol=1e-4)
        same += count[0] == len(seen) and close
    assert same >= 9  # rounding may turn a line search round


def test_what_has_no_kernel_is_refused():
    z = PauliSum.from_list([("Z" * 2, 1.0)])
    waiting = NoiseModel().idle(1.0, 1.0, {"rx": 1.0})
    for gates, noise in (
        (Circuit(2).rx(0, w[0]).rx(1, 0.2).gates, waiting),
        (Circuit(2).rx(0, w[0]).gates, waiting.add(depolarizing(0.1), before=True)),
        (Circuit(2).rx(0, w[0]).gates, waiting.idle(1.0, 1.0, {"rx": 2.0})),
    ):
        with pytest.raises(NotPacked):
            Many(2, [gates], z, noise)
    with pytest.raises(NotPacked):
        Many(2, [Circuit(2).rx(0, w[0] + w[1]).gates], z)
    with pytest.raises(NotPacked):
        Many(2, [Circuit(2).prepare((0,), [0, 1]).gates], z)
    for n_qubits, noise in ((MOST_QUBITS + 1, None), (MOST_NOISY_QUBITS + 1, UNIFORM)):
        with pytest.raises(NotPacked):
            Many(n_qubits, [], PauliSum.from_list([("Z" * n_qubits, 1.0)]), noise)
    assert descent("adam", {"schedule": "cosine"}) is None and descent("spsa", {}) is None
