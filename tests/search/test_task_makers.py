"""Tasks: errors by their formulas, on random circuits and on those that solve the task, and what is refused."""

import numpy as np
import pytest
from scipy.stats import unitary_group

from ketwork import Circuit, PauliSum, Simulator, w
from ketwork.noise import NoiseModel, depolarizing
from ketwork.operators import MaxCut, Polynomial, load_molecule, spins
from ketwork.search.canonical import Place
from ketwork.search.setting import Setting, gate_noise
from ketwork.search.space import draw
from ketwork.search.task_makers import classify, combinatorial, ground_state, prepare_state, prepare_unitary


def drawn(task, seed: int):
    """A random circuit of a task, angles and the error there."""
    rng = np.random.default_rng(seed)
    circuit = task.space.circuit(draw(task.space, rng, 12))
    angles = rng.uniform(-3, 3, circuit.n_weights)
    return circuit.bind(w=angles), task.goal.error(task.goal.meter(circuit, task.backend).value(angles))


# ---------------------------------------------------------------------- Hamiltonians
def test_ground_states_know_their_energy():
    task = ground_state(load_molecule("H2"))
    energies = np.linalg.eigvalsh(load_molecule("H2").hamiltonian.matrix())
    assert task.goal.lowest == pytest.approx(energies[0])
    assert (task.goal.unit, task.goal.good) == ("hartree", 1.6e-3)
    circuit, error = drawn(task, 0)
    state = circuit.matrix()[:, 0]
    assert error == pytest.approx(np.vdot(state, load_molecule("H2").hamiltonian.matrix() @ state).real - energies[0])


def test_a_target_below_the_true_minimum_is_refused_and_one_above_taken():
    model = spins.transverse_ising(spins.ring(4))
    lowest = np.linalg.eigvalsh(model.matrix())[0]
    assert ground_state(model, lowest=lowest + 0.5).goal.lowest == lowest + 0.5
    assert ground_state(model, lowest=lowest - 1e-9).goal.lowest == lowest - 1e-9  # rounding of what was written down
    with pytest.raises(ValueError, match="below the true minimum"):
        ground_state(model, lowest=lowest - 0.01)
    with pytest.raises(ValueError, match="Hermitian"):
        ground_state(PauliSum.from_dict({"Z": 1j}))
    with pytest.raises(TypeError, match="subject"):
        ground_state("H2")


# ---------------------------------------------------------------------- states
def test_error_of_a_state_is_its_infidelity():
    rng = np.random.default_rng(1)
    target = rng.normal(size=8) + 1j * rng.normal(size=8)
    target /= np.linalg.norm(target)
    task = prepare_state(target)
    for seed in range(5):
        circuit, error = drawn(task, seed)
        assert error == pytest.approx(1 - abs(np.vdot(target, circuit.matrix()[:, 0])) ** 2)


def test_the_circuit_that_is_asked_for_has_no_error():
    ghz = Circuit(3).h(0).cx(0, 1).cx(1, 2)
    task = prepare_state(ghz, Setting(gates=("ry", "h", "cx")))
    assert task.evaluate(ghz).error == pytest.approx(0, abs=1e-12)
    assert task.evaluate(Circuit(3).h(0).cx(0, 1)).error == pytest.approx(0.75)
    # Every gate is followed by the mixed state with a chance of 4 %
    noisy = prepare_state(ghz, Setting(gates=("ry", "h", "cx"), noise=gate_noise(0.04, 0.04)))
    model = gate_noise(0.04, 0.04)
    rho = Simulator(noise=model).density_matrix(ghz)[0]
    state = ghz.matrix()[:, 0]
    assert noisy.evaluate(ghz).error == pytest.approx(1 - np.vdot(state, rho @ state).real)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (np.ones(4), "norm 1, but has 2"),
        (np.ones(3), "2\\^n"),
        ([np.nan, 1.0], "target"),
        (Circuit(2).ry(0, w[0]), "bind"),
        (np.eye(1)[0], "2\\^n"),
        (Circuit(9).h(0), "qubits"),
    ],
)
def test_what_is_no_state(target, message):
    with pytest.raises(ValueError, match=message):
        prepare_state(target)


# ---------------------------------------------------------------------- unitaries
def test_error_of_a_unitary_is_one_less_the_process_fidelity():
    target = unitary_group.rvs(4, random_state=2)
    task = prepare_unitary(target)
    assert task.space.n_qubits == task.goal.n_qubits == 2
    for seed in range(5):
        circuit, error = drawn(task, seed)
        assert error == pytest.approx(1 - abs(np.trace(target.conj().T @ circuit.matrix())) ** 2 / 16)


def test_a_global_phase_is_no_error():
    circuit = Circuit(2).h(0).cx(0, 1).t(1)
    task = prepare_unitary(np.exp(0.7j) * circuit.matrix(), Setting(gates=("h", "cx", "t")))
    assert task.evaluate(circuit).error == pytest.approx(0, abs=1e-12)
    assert prepare_unitary(circuit, Setting(gates=("h", "cx", "t"))).evaluate(circuit).error < 1e-12


def test_with_noise_it_is_the_fidelity_of_the_choi_state():
    one, two = 0.02, 0.1
    task = prepare_unitary(Circuit(2).h(0).cx(0, 1), Setting(gates=("h", "cx"), noise=gate_noise(one, two)))
    # A replaced qubit is right with 1/4, a pair with 1/16; twice replaced is replaced
    expected = (1 - two) * (1 - one + one / 4) + two / 16
    assert task.evaluate(Circuit(2).h(0).cx(0, 1)).error == pytest.approx(1 - expected)


def test_the_reference_of_a_unitary_has_no_noise():
    gates = ("rz",)
    read = prepare_unitary(np.eye(2), Setting(gates=gates, noise=NoiseModel().readout(0.05, 0.05)))
    # XX, YY and ZZ are read through one noisy qubit, each a factor of 1 - 2 p
    assert read.meter([Place("rz", (0,))]).value(np.zeros(1)) == pytest.approx(3 / 4 * 0.1)
    made = prepare_unitary(np.eye(2), Setting(gates=gates, noise=NoiseModel().prepare(depolarizing(0.2))))
    assert made.meter([Place("rz", (0,))]).value(np.zeros(1)) == pytest.approx(3 / 4 * 0.2)
    idle = NoiseModel().idle(1.0, 1.0, {"rz": 3.0, "prepare": 0.0})
    waits = prepare_unitary(np.eye(2), Setting(gates=gates, noise=idle))
    assert waits.meter([Place("rz", (0,))]).value(np.zeros(1)) == pytest.approx(0)


def test_a_device_is_no_larger_than_the_circuit():
    task = prepare_unitary(np.eye(4), Setting(device="lima"))
    assert task.backend.device.n_qubits == 2
    error = task.evaluate(Circuit(2).rx(0, w[0]).cx(0, 1), start=np.zeros(1)).error
    assert 0.7 < error < 0.8  # CX and the identity: 3/4, and a little noise


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (np.ones((2, 2)), "unitary"),
        (np.eye(3), "2\\^n"),
        (np.eye(4)[:2], "2\\^n"),
        (np.eye(32), "qubits"),
        (Circuit(1).rx(0, w[0]), "bind"),
    ],
)
def test_what_is_no_unitary(target, message):
    with pytest.raises(ValueError, match=message):
        prepare_unitary(target)


# ---------------------------------------------------------------------- problems
def test_error_of_maxcut_is_one_less_the_ratio():
    edges = [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)]
    task = combinatorial(MaxCut(4, edges))
    for seed in range(4):
        circuit, error = drawn(task, seed)
        chances = np.abs(circuit.matrix()[:, 0]) ** 2
        bits = (np.arange(16)[:, None] >> np.arange(3, -1, -1)) & 1
        cut = chances @ sum(bits[:, a] != bits[:, b] for a, b in edges)
        assert error == pytest.approx(1 - cut / 4)  # the best cut has four of the five edges


def test_any_quadratic_form():
    matrix = np.array([[1.0, -3.0], [0.0, 2.0]])
    values = [0.0, 2.0, 1.0, 0.0]  # of 00, 01, 10, 11
    task = combinatorial(Polynomial.from_matrix(matrix), Setting(gates=("x", "h")))
    for bits, value in zip(("", "1", "0", "01"), values, strict=True):
        circuit = Circuit(2)
        for q in bits:
            circuit = circuit.x(int(q))
        assert task.goal.error(task.goal.meter(circuit, None).value(np.zeros(0))) == pytest.approx(value / 2)


def test_what_is_no_problem():
    with pytest.raises(ValueError, match="strings of I and Z"):
        combinatorial(PauliSum.from_dict({"XX": 1.0}))
    with pytest.raises(ValueError, match="nothing to find"):
        combinatorial(PauliSum.from_dict({"II": 1.0}))
    with pytest.raises(TypeError, match="problem"):
        combinatorial("maxcut")


# ---------------------------------------------------------------------- data
def blobs(classes: int = 3, count: int = 60, seed: int = 0):
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    return rng.normal(size=(count, 4)) + 3 * np.eye(4)[labels], np.array(["a", "b", "c", "d"])[labels]


def test_parts_share_nothing_and_all_classes():
    X, y = blobs()
    goal = classify(X, y, shares=(0.2, 0.3), encoding="angle", scale=0.5).goal
    parts = (goal.train, goal.validation, goal.test)
    assert [len(part) for part in parts] == [30, 12, 18]
    assert all(np.bincount(part.targets).tolist() == [len(part) // 3] * 3 for part in parts)
    rows = np.concatenate([part.inputs for part in parts])
    assert len(np.unique(rows, axis=0)) == 60
    # The scale is learned from training data alone
    assert goal.train.inputs.mean(axis=0) == pytest.approx(0, abs=0.02)
    assert np.abs(goal.test.inputs.mean(axis=0)).max() > 1e-3
    # Two features a qubit are turned by half of what one is
    wide, narrow = (classify(X, y, n_qubits=n).goal.train.inputs.std(axis=0) for n in (4, 2))
    assert wide == pytest.approx(2 * narrow)
    assert wide == pytest.approx(1)


def test_circuits_learn_blobs():
    X, y = blobs()
    task = classify(X, y, Setting(steps=40), n_qubits=4, measure="error", batch=None)
    circuit = Circuit(4)
    for q in range(4):
        circuit = circuit.ry(q, w[q])
    found = task.evaluate(circuit)
    assert found.error < 0.35  # guessing: 0.67
    assert task.inner.method == "l-bfgs"
    assert classify(X, y).inner.method == "adam"
    assert classify(X, y, Setting(shots=10)).inner.method == "adam-spsa"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": np.full((60, 4), np.nan)}, "X"),
        ({"y": np.zeros(60)}, "two classes"),
        ({"y": np.zeros(59)}, "label for each"),
        ({"y": np.arange(60) == 0}, "least populated|too few"),
        ({"encoding": "reuploading"}, "inputs only"),
        ({"encoding": "angel"}, "angle"),
        ({"shares": (0.0, 0.2)}, "shares"),
        ({"batch": 0}, "batch"),
        ({"n_qubits": 1}, "3 classes need"),
    ],
)
def test_bad_data(change, message):
    X, y = blobs()
    options = {"X": X, "y": y, **change}
    with pytest.raises(ValueError, match=message):
        classify(**options)
