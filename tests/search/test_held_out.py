"""Final scores: exact values of the circuit as it was trained, of other noise and other data than the search saw."""

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, Simulator, w
from ketwork.noise import NoiseModel, amplitude_damping, depolarizing, load_device
from ketwork.operators import load_molecule
from ketwork.search.canonical import Place
from ketwork.search.held_out import CONDITIONS, circuit_scores, drifted, final_scores, scores_of
from ketwork.search.inner import Inner
from ketwork.search.setting import Setting, gate_noise
from ketwork.search.task_makers import classify, ground_state, prepare_state

BELL = (Place("h", (0,)), Place("cx", (0, 1)))


def test_without_noise_there_is_one_number():
    task = prepare_state(Circuit(2).h(0).cx(0, 1), Setting(gates=("h", "cx", "ry")))
    found = final_scores(task, task.evaluate(BELL))
    assert found == {"ideal": pytest.approx(0, abs=1e-12), "noisy": None, "held_out": None, "mitigated": None}


def test_ideal_and_noisy_errors_of_a_bell_state():
    two = 0.08
    task = prepare_state(Circuit(2).h(0).cx(0, 1), Setting(gates=("h", "cx", "ry"), noise=gate_noise(0, two)))
    score = task.evaluate(BELL)
    found = final_scores(task, score)
    assert found["ideal"] == pytest.approx(0, abs=1e-12)
    assert found["noisy"] == pytest.approx(0.75 * two) == pytest.approx(score.error)
    assert 0 < found["held_out"] < 0.5
    assert found["held_out"] != pytest.approx(found["noisy"])
    # Folded circuits have 1, 3 and 5 such gates: the least-squares line through their errors at 0
    errors = [0.75 * (1 - (1 - two) ** k) for k in (1, 3, 5)]
    assert found["mitigated"] == pytest.approx(np.polynomial.Polynomial.fit((1, 3, 5), errors, 1)(0.0))


def test_gates_that_cancel_are_not_run():
    task = prepare_state(Circuit(2).h(0).cx(0, 1), Setting(gates=("h", "cx", "ry"), noise=gate_noise(0.1, 0.1)))
    longer = (Place("cx", (0, 1)), Place("cx", (0, 1)), *BELL)
    assert scores_of(task, longer, np.zeros(0)) == scores_of(task, BELL, np.zeros(0))


def test_shots_are_not_drawn_in_the_end():
    task = ground_state(load_molecule("H2"), Setting(device="lima", shots=50, steps=5))
    score = task.evaluate(Circuit(2).ry(0, w[0]).cx(0, 1).rz(1, w[1]))
    assert final_scores(task, score, seed=3) == final_scores(task, score, seed=3)
    exact = ground_state(load_molecule("H2"), Setting(device="lima"))
    expected = exact.goal.error(exact.meter(score.architecture).value(score.params))
    assert final_scores(task, score)["noisy"] == pytest.approx(expected)
    assert set(final_scores(task, score)) == set(CONDITIONS)


def test_mitigation_of_a_device_comes_closer():
    task = ground_state(load_molecule("H2"), Setting(device="lima", inner=Inner("l-bfgs", 40, starts=2)))
    found = final_scores(task, task.evaluate(Circuit(2).ry(0, w[0]).ry(1, w[1]).cx(0, 1).ry(0, w[2]).ry(1, w[3])))
    assert abs(found["mitigated"] - found["ideal"]) < 0.5 * abs(found["noisy"] - found["ideal"])


def test_test_data_tell_the_accuracy():
    rng = np.random.default_rng(0)
    y = np.arange(60) % 2
    X = rng.normal(size=(60, 2)) + 2.5 * y[:, None]
    task = classify(X, y, Setting(noise=gate_noise(0.01, 0.05), steps=30), n_qubits=2, batch=None)
    circuit = Circuit(2).ry(0, w[0]).ry(1, w[1]).cx(0, 1)
    score = task.evaluate(circuit)
    found = final_scores(task, score)
    goal = task.goal
    outputs = goal.outputs(circuit, None, score.params, goal.test.inputs)
    assert found["accuracy_ideal"] == pytest.approx(np.mean(outputs.argmax(1) == goal.test.targets))
    assert found["noisy"] == pytest.approx(score.error)
    assert all(found[f"accuracy_{name}"] is not None for name in CONDITIONS)


def test_hand_made_circuits_of_other_gates():
    task = prepare_state(Circuit(2).h(0).cx(0, 1), Setting(gates=("ry",)))
    assert circuit_scores(task, Circuit(2).h(0).crx(0, 1, w[0]).s(0), np.array([np.pi]))["ideal"] < 1e-12


# ---------------------------------------------------------------------- drift
def test_a_drift_of_no_size_changes_nothing():
    noise = load_device("lima").noise_model((0, 1))
    circuit, zz = Circuit(2).sx(0).cx(0, 1), PauliSum.from_dict({"ZZ": 1.0, "ZI": 0.3})
    same, other = (Simulator(noise=drifted(noise, 1, spread)).expectation(circuit, zz) for spread in (0.0, 0.3))
    assert same == pytest.approx(Simulator(noise=noise).expectation(circuit, zz))
    assert other != pytest.approx(same, abs=1e-6)


def test_factors_are_lognormal():
    noise = NoiseModel()
    for q in range(400):
        noise = noise.add(amplitude_damping(0.01), "x", qubits=q).readout(0.02, 0.05, q)
    after = drifted(noise, 7)
    channels = [np.log(np.log1p(-r.channel.params[0]) / np.log(0.99)) for r in after.rules]  # damping: 1 - exp(-rate)
    readouts = [np.log(c.matrix[1, 0] / 0.02) for c in after.readouts]
    for logs in (channels, readouts):
        assert np.mean(logs) == pytest.approx(0, abs=0.06)
        assert np.std(logs) == pytest.approx(0.3, abs=0.04)
    assert all(c.matrix[0, 1] == pytest.approx(2.5 * c.matrix[1, 0]) for c in after.readouts)


def test_misreading_stays_below_one_half():
    after = drifted(NoiseModel().readout(0.3, 0.45).add(depolarizing(0.2, 1), "x"), 0, spread=3.0)
    assert after.every_readout.matrix[0, 1] <= 0.5 + 1e-12
    assert drifted(NoiseModel().readout(0.0, 0.0)).every_readout.matrix == pytest.approx(np.eye(2))
    with pytest.raises(ValueError, match="spread"):
        drifted(after, spread=-1)
