"""Found circuits elsewhere: equal energies, states, predictions and gradients in every form; files and back."""

import numpy as np
import pytest
from sklearn.datasets import load_iris

from ketwork import Circuit, Simulator
from ketwork.operators import MaxCut, load_molecule
from ketwork.search import Place, Setting, classify, combinatorial, ground_state, prepare_unitary
from ketwork.search.export import found_circuit, load_found, read_found, write_found
from ketwork.search.inner import Inner

BELL = (Place("ry", (0,)), Place("cx", (0, 1)), Place("rz", (1,)), Place("cx", (0, 1)), Place("rx", (1,)))
SIX = Setting(inner=Inner(steps=6), max_gates=12)


@pytest.fixture(scope="module")
def energy():
    task = ground_state(load_molecule("H2"), SIX, prefix=Circuit(2).x(1), name="hydrogen")
    return task, task.evaluate(BELL)


@pytest.fixture(scope="module", params=[("observables", 1), ("observables", 2), ("single_shot", 1)])
def flowers(request):
    readout, uploads = request.param
    X, y = load_iris(return_X_y=True)
    task = classify(X, y, SIX, readout=readout, uploads=uploads, sharpness=3.0)
    gates = [Place("ry", (q,)) for q in range(4)] + [Place("cx", (q, q + 1)) for q in range(3)] + [Place("rx", (0,))]
    return task, task.evaluate(gates)


def test_the_energy_of_every_form(energy):
    task, score = energy
    found = found_circuit(task, score)
    hamiltonian = [task.goal.observable]
    simulator = Simulator("double")
    assert found.values()[0] == pytest.approx(score.value, abs=1e-10)
    assert simulator.expectation(found.bound, hamiltonian)[0, 0] == pytest.approx(score.value, abs=1e-10)
    pytest.importorskip("qiskit_qasm3_import")
    again = Circuit.from_qasm(found.bound.to_qasm3())
    assert simulator.expectation(again, hamiltonian)[0, 0] == pytest.approx(score.value, abs=1e-10)


def test_qiskit_has_the_same_state(energy):
    info = pytest.importorskip("qiskit.quantum_info")
    found = found_circuit(*energy)
    state = info.Statevector(found.to_qiskit()).data.reshape(2, 2).T.ravel()  # its qubit 0 comes last
    mine = Simulator("double").state(found.bound)[0]
    assert abs(np.vdot(state, mine)) == pytest.approx(1.0, abs=1e-10)
    matrix = energy[0].goal.observable.matrix()
    assert (state.conj() @ matrix @ state).real == pytest.approx(energy[1].value, abs=1e-10)


def test_torch_has_the_same_value_and_gradient(energy):
    torch = pytest.importorskip("torch")
    task, score = energy
    found = found_circuit(task, score)
    layer = found.layer()
    value = layer()
    assert value.item() == pytest.approx(score.value, abs=1e-10)
    value.sum().backward()
    meter = task.goal.meter(found.searched, None)
    np.testing.assert_allclose(layer.weights.grad.numpy(), meter.value_and_gradient(found.params)[1], atol=1e-9)
    assert isinstance(layer.weights, torch.nn.Parameter)
    assert not list(found.layer(trainable=False).parameters())


def test_gates_that_cancel_are_left_out(energy):
    task, _ = energy
    double = (*BELL, Place("cx", (0, 1)), Place("cx", (0, 1)))
    score = task.evaluate(double)
    found = found_circuit(task, score)
    assert found.searched.two_qubit_count() == 2
    assert found.values()[0] == pytest.approx(score.value, abs=1e-10)


def test_the_classifier_answers_as_the_task(flowers):
    task, score = flowers
    goal = task.goal
    found = found_circuit(task, score)
    model = found.classifier()
    outputs = goal.outputs(found.searched, None, found.params, goal.test.inputs)
    np.testing.assert_array_equal(model.predict(goal.test.inputs), outputs.argmax(axis=1))
    chances = model.predict_proba(goal.test.inputs)
    wanted = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    np.testing.assert_allclose(chances, wanted / wanted.sum(axis=1, keepdims=True), atol=1e-9)
    assert model.score(goal.test.inputs, goal.test.targets) == pytest.approx(
        1 - goal.judge(found.searched, None, found.params, goal.test)[1]
    )


def test_fitting_goes_on_from_the_found_angles(flowers):
    task, score = flowers
    goal = task.goal
    found = found_circuit(task, score)
    model = found.classifier(optimizer="l-bfgs", epochs=5, early_stopping=False, random_state=0)
    before = -np.mean(np.log(model.predict_proba(goal.train.inputs)[np.arange(len(goal.train)), goal.train.targets]))
    model.fit(goal.train.inputs, goal.train.targets)
    after = -np.mean(np.log(model.predict_proba(goal.train.inputs)[np.arange(len(goal.train)), goal.train.targets]))
    assert after < before + 1e-6
    assert np.abs(model.weights_ - found.params).max() < 2.0  # it began there, not anywhere


def test_a_layer_of_data(flowers):
    torch = pytest.importorskip("torch")
    task, score = flowers
    found = found_circuit(task, score)
    x = task.goal.test.inputs[:5]
    read = found.layer()(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(read, found.values(x), atol=1e-10)


def test_files_and_back(energy, flowers, tmp_path):
    for number, (task, score) in enumerate((energy, flowers)):
        found = found_circuit(task, score)
        write_found(found, tmp_path / str(number), "random-0")
        again = read_found(tmp_path / str(number), "random-0")
        assert (again.circuit, again.error, again.readout) == (found.circuit, found.error, found.readout)
        x = task.goal.test.inputs[:4] if number else None
        np.testing.assert_array_equal(again.values(x), found.values(x))


def test_the_best_of_a_folder(energy, tmp_path):
    task, score = energy
    worse = task.evaluate(BELL[:1])
    for name, one in (("arch2vec-bo-0", worse), ("arch2vec-bo-11", score), ("random-0", worse)):
        write_found(found_circuit(task, one), tmp_path / "circuits", name)
    assert load_found(tmp_path).error == score.error
    assert load_found(tmp_path, "arch2vec-bo").error == score.error
    assert load_found(tmp_path, "arch2vec-bo", 0).error == worse.error
    assert load_found(tmp_path, seed=0).error == worse.error
    write_found(found_circuit(task, worse), tmp_path / "circuits", "arch2vec-bo")  # the best on what was held out
    assert load_found(tmp_path, "arch2vec-bo").error == worse.error


def test_a_unitary_is_the_searched_circuit():
    target = Circuit(2).h(0).cx(0, 1)
    task = prepare_unitary(target, Setting(inner=Inner(steps=20), gates=("h", "cx")))
    found = found_circuit(task, task.evaluate([Place("h", (0,)), Place("cx", (0, 1))]))
    assert found.circuit.n_qubits == 2 and found.error == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(found.bound.matrix(), target.matrix(), atol=1e-12)
    with pytest.raises(ValueError, match="nothing is read"):
        found.values()


def test_what_is_not_there(energy, tmp_path):
    with pytest.raises(ValueError, match="there are: none"):
        load_found(tmp_path)
    found = found_circuit(*energy)
    write_found(found, tmp_path / "circuits", "random-0")
    with pytest.raises(ValueError, match="there are: random-0"):
        load_found(tmp_path, "annealing")
    (tmp_path / "circuits" / "random-0.json").write_text('{"task": 1}')
    with pytest.raises(ValueError, match="no found circuit 'random-0'"):
        load_found(tmp_path)
    with pytest.raises(ValueError, match="no data to classify"):
        found.classifier()


def test_a_problem(tmp_path):
    task = combinatorial(MaxCut(3, [(0, 1), (1, 2)]), SIX)
    score = task.evaluate([Place("ry", (q,)) for q in range(3)])
    found = found_circuit(task, score)
    assert task.goal.error(found.values()[0]) == pytest.approx(score.error, abs=1e-10)
