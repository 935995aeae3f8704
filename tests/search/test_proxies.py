"""Proxies against closed forms, brute force and Stim."""

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, Simulator, w, x
from ketwork.engine.stabilizer import is_clifford, to_stim
from ketwork.noise import NoiseModel, depolarizing
from ketwork.search.goals import Energy
from ketwork.search.proxies import (
    clifford_replicas,
    clifford_resilience,
    evenness,
    evolve_weights,
    path_count,
    rank_correlation,
    ranks,
    reach,
    representational_capacity,
)
from ketwork.search.setting import Setting
from ketwork.search.space import Space, draw


def counted(architecture, n_qubits):
    """Every path walked one by one."""

    def walk(gate, wire):
        for k in range(gate, len(architecture)):
            if wire in architecture[k].qubits:
                return sum(walk(k + 1, q) for q in architecture[k].qubits)
        return 1

    return sum(walk(0, q) for q in range(n_qubits))


def test_paths_are_those_that_can_be_walked():
    space, rng = Space(4, max_gates=12), np.random.default_rng(0)
    for _ in range(30):
        architecture = draw(space, rng)
        assert path_count(architecture, 4) == counted(architecture, 4)
    assert path_count((), 3) == 3


def test_paths_of_a_layer_are_those_of_its_gates():
    layered = Space(3, ("rx", "cx"), layers=("linear",))
    whole = next(place for place in layered.places if place.gate == "cx")
    assert path_count((whole,), 3) == 2 + 3 + 3  # the chain (0, 1), (1, 2)


def test_an_idle_circuit_is_as_uneven_as_can_be_and_a_deep_one_even():
    idle = Circuit(1).rz(0, w[0])
    assert evenness(idle, 20, 0) == pytest.approx(-np.log(75))  # all in one of 75 bins of equal share
    deep, k = Circuit(2), 0
    for _ in range(6):
        for q in (0, 1):
            deep, k = deep.ry(q, w[k]).rz(q, w[k + 1]), k + 2
        deep = deep.cx(0, 1)
    assert -0.06 < evenness(deep, 2000, 0) < 0


def mixed_circuit():
    circuit = Circuit(3).h(0).ry(0, w[0]).rx(1, x[0]).t(2).cx(0, 1).rzz(1, 2, w[1])
    return circuit.append("u3", (2,), (w[2], w[3], w[4])).crz(0, 2, w[5]).ry(1, 2 * w[6]).cx(2, 0)


def test_replicas_are_clifford_and_agree_with_stim():
    stim = pytest.importorskip("stim")
    opened, rows = clifford_replicas(mixed_circuit(), 12, 0)
    assert [gate.qubits for gate in opened] == [gate.qubits for gate in mixed_circuit()]
    ours = Simulator("double").probabilities(opened, rows)
    for row, known in zip(rows, ours, strict=True):
        bound = opened.bind(row)
        assert is_clifford(bound)
        simulator = stim.TableauSimulator()
        simulator.do(to_stim(bound))
        state = simulator.state_vector(endian="big")
        np.testing.assert_allclose(np.abs(state) ** 2, known, atol=1e-6)
    assert len(np.unique(rows, axis=0)) > 6


def test_resilience_is_one_without_noise():
    assert clifford_resilience(mixed_circuit(), None) == 1
    assert clifford_resilience(mixed_circuit(), Simulator()) == 1
    empty = Simulator(noise=NoiseModel().add(depolarizing(0.0), gates="ry"))
    assert clifford_resilience(mixed_circuit(), empty, seed=1) == pytest.approx(1, abs=1e-9)


def test_resilience_of_one_gate_in_closed_form():
    p, circuit = 0.2, Circuit(1).ry(0, w[0])
    noisy = Simulator("double", noise=NoiseModel().add(depolarizing(p), gates="ry"))
    rows = clifford_replicas(circuit, 30, 5)[1]
    sure = np.mean(np.abs(np.cos(rows)) > 0.5)  # outcomes that are certain without noise; the others stay even
    ideal, read = (s.expectation(circuit, PauliSum.from_dict({"Z": 1.0}), w=[0.0])[0, 0] for s in (Simulator(), noisy))
    assert clifford_resilience(circuit, noisy, 30, 5) == pytest.approx(1 - sure * (ideal - read) / 2, abs=1e-9)


def test_resilience_agrees_with_noisy_shots_of_stim():
    pytest.importorskip("stim")
    noise = NoiseModel().add(depolarizing(0.03, 2), gates=["cx"]).add(depolarizing(0.01), gates=["ry", "rz"])
    circuit = Circuit(3).ry(0, w[0]).cx(0, 1).ry(1, w[1]).cx(1, 2).rz(2, w[2]).cx(0, 1)
    opened, rows = clifford_replicas(circuit, 6, 3)
    gaps = []
    for row in rows:
        bound = opened.bind(row)
        ideal = Simulator("double").probabilities(bound)[0]
        bits = Simulator("double", noise=noise, method="stabilizer").sample(bound, shots=60_000, seed=1)[0]
        seen = np.bincount(bits.astype(int) @ [4, 2, 1], minlength=8) / 60_000
        gaps.append(np.abs(ideal - seen).sum() / 2)
    exact = clifford_resilience(circuit, Simulator("double", noise=noise), 6, 3)
    assert exact == pytest.approx(1 - np.mean(gaps), abs=0.004)
    assert exact < 0.99


def test_a_device_costs_resilience_with_every_gate_on_two_qubits():
    backend = Setting(device="lima", max_gates=4).backend(3)
    one = Circuit(3).ry(0, w[0]).cx(0, 1)
    many = one
    for _ in range(6):
        many = many.ry(1, w[many.n_weights]).cx(0, 1)
    assert clifford_resilience(many, backend, 16, 0) < clifford_resilience(one, backend, 16, 0) < 1


def test_gates_without_a_replica_are_refused():
    with pytest.raises(ValueError, match="no Clifford replica"):
        clifford_replicas(Circuit(3).append("ccx", (0, 1, 2)), 2)


def test_capacity_of_classes_that_are_far_apart_and_of_a_circuit_that_does_not_see_the_data():
    rows, labels = np.array([[0.0], [0.0], [np.pi], [np.pi]]), np.array([0, 0, 1, 1])
    seeing = Circuit(1).rx(0, x[0]).ry(0, w[0])
    assert representational_capacity(seeing, rows, labels, 4, seed=0) == pytest.approx(1)
    blind = Circuit(1).rz(0, x[0]).ry(0, w[0])
    # no pair is more alike than the mean: all 4 pairs of one class are missed, of 16
    assert representational_capacity(blind, rows, labels, 4, seed=0) == pytest.approx(0.75)
    # seen, but on a qubit that is not read
    aside = Circuit(2).rx(1, x[0]).ry(0, w[0])
    assert representational_capacity(aside, rows, labels, 2, (0,), 0) == pytest.approx(0.75)
    assert representational_capacity(aside, rows, labels, 2, (1,), 0) == pytest.approx(1)
    with pytest.raises(ValueError, match="at least two classes"):
        representational_capacity(seeing, rows, [0, 0, 0, 0])


def test_reach_and_gradients_of_a_cosine():
    meter = Energy(PauliSum.from_dict({"Z": 1.0}), -1.0).meter(Circuit(1).ry(0, w[0]), None)
    angles = np.random.default_rng(4).uniform(-np.pi, np.pi, 2000)
    far, steep = reach(meter, 2000, 4)
    assert far == pytest.approx(-np.cos(angles).min())
    assert steep == pytest.approx(0.5, abs=0.03)  # of sin^2
    assert meter.evaluations == 2000 * 3
    fixed = Energy(PauliSum.from_dict({"Z": 1.0}), -1.0).meter(Circuit(1).x(0), None)
    assert reach(fixed) == (pytest.approx(1.0), 0.0)


def test_ranks_and_their_correlation():
    assert rank_correlation([1, 2, 3], [10, 20, 30]) == 1
    assert rank_correlation([1, 2, 3], [3, 2, 1]) == -1
    assert rank_correlation([1, 2, 3], [1, 3, 2]) == pytest.approx(1 / 3)
    assert rank_correlation([1, 1, 1], [1, 2, 3]) == rank_correlation([1], [2]) == 0
    np.testing.assert_allclose(ranks([3.0, 1.0, 2.0, 2.0]), [0.75, -0.75, 0, 0])


def test_evolved_weights_find_the_proxy_that_knows():
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(5):
        truth = rng.normal(size=40)
        noise = rng.normal(size=(40, 3))
        table = np.stack([ranks(c) for c in (noise[:, 0], truth + 0.3 * noise[:, 1], noise[:, 2])], axis=1)
        weights = evolve_weights(table[:20], -truth[:20], rng)
        assert np.abs(weights).sum() == pytest.approx(1)
        even = rank_correlation(table[20:].sum(axis=1), truth[20:])
        hits += weights.argmax() == 1 and rank_correlation(table[20:] @ weights, truth[20:]) > even
    assert hits >= 4


def test_gates_without_angles_that_are_not_clifford_are_stood_for_by_others():
    circuit = Circuit(2).append("t", (1,)).append("ch", (0, 1)).append("h", (0,))
    found, rows = clifford_replicas(circuit, 2)
    assert [(gate.name, gate.qubits) for gate in found.gates] == [("s", (1,)), ("cx", (0, 1)), ("h", (0,))]
    assert rows.shape == (2, 0)
