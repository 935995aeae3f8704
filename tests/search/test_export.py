"""Found circuits elsewhere: equal energies, states, predictions and gradients in every form; files and back."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_iris, load_wine
from sklearn.metrics import log_loss

from ketwork import Circuit, Simulator
from ketwork.operators import MaxCut, load_molecule
from ketwork.search import Place, Setting, classify, combinatorial, ground_state, prepare_unitary
from ketwork.search.export import found_circuit, load_found, read_found, write_found
from ketwork.search.inner import Inner

BELL = (Place("ry", (0,)), Place("cx", (0, 1)), Place("rz", (1,)), Place("cx", (0, 1)), Place("rx", (1,)))
NAMES = np.array(["setosa", "versicolor", "virginica"])
SIX = Setting(inner=Inner(steps=6), max_gates=12)


@pytest.fixture(scope="module")
def energy():
    task = ground_state(load_molecule("H2"), SIX, prefix=Circuit(2).x(1), name="hydrogen")
    return task, task.evaluate(BELL)


@pytest.fixture(scope="module", params=[("observables", 1), ("observables", 2), ("single_shot", 1)])
def flowers(request):
    readout, uploads = request.param
    X, y = load_iris(return_X_y=True)
    task = classify(X, NAMES[y], SIX, readout=readout, uploads=uploads, sharpness=3.0)
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
    X, _ = load_iris(return_X_y=True)
    found = found_circuit(task, score)
    model = found.classifier()
    outputs = goal.outputs(found.searched, None, found.params, goal.prepared.inputs(X))
    np.testing.assert_array_equal(model.predict(X), NAMES[outputs.argmax(axis=1)])
    wanted = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    np.testing.assert_allclose(model.predict_proba(X), wanted / wanted.sum(axis=1, keepdims=True), atol=1e-9)


def test_the_classifier_is_as_good_as_the_task_says(flowers):
    task, score = flowers
    goal = task.goal
    X, y = load_iris(return_X_y=True)
    found = found_circuit(task, score)
    inputs = goal.prepared.inputs(X)
    rows = [np.flatnonzero((inputs == row).all(axis=1) & (y == label))[0] for row, label in
            zip(goal.test.inputs, goal.test.targets, strict=True)]  # fmt: skip
    right = found.classifier().score(X[rows], NAMES[y[rows]])
    assert right == pytest.approx(1 - goal.judge(found.searched, None, found.params, goal.test)[1])


def test_fitting_goes_on_from_the_found_angles(flowers):
    task, score = flowers
    X, y = load_iris(return_X_y=True)
    found = found_circuit(task, score)
    model = found.classifier(optimizer="l-bfgs", epochs=5, early_stopping=False, random_state=0)
    before = log_loss(y, model.predict_proba(X))
    scale = model.scale_
    model.fit(X, NAMES[y])
    assert log_loss(y, model.predict_proba(X)) < before + 1e-6
    assert np.abs(model.weights_ - found.params).max() < 2.0  # it began there, not anywhere
    assert model.scale_ is scale


@pytest.mark.parametrize(("encoding", "uploads", "qubits"), [("angle", 1, 4), ("amplitude", 1, 2), ("iqp", 2, 4)])
def test_principal_components_come_along(encoding, uploads, qubits, tmp_path):
    X, y = load_wine(return_X_y=True)
    labels = np.array([-1, 5, 7])
    task = classify(X, labels[y], SIX, n_features=4, n_qubits=qubits, encoding=encoding, uploads=uploads)
    gates = [Place("ry", (q,)) for q in range(task.space.n_qubits)]
    found = found_circuit(task, task.evaluate(gates))
    outputs = task.goal.outputs(found.searched, None, found.params, task.goal.prepared.inputs(X))
    write_found(found, tmp_path / "circuits", "random-0")
    model = load_found(tmp_path).classifier(epochs=1, random_state=0)
    assert model.n_features_in_ == 13
    np.testing.assert_array_equal(model.classes_, labels)
    np.testing.assert_array_equal(model.predict(X), labels[outputs.argmax(axis=1)])
    with pytest.raises(ValueError, match="13 features"):
        model.predict(X[:, :4])
    reduced = model[0].transform(X)
    model.fit(X[::2], labels[y[::2]])
    np.testing.assert_array_equal(model[0].transform(X), reduced)  # other data do not change what the circuit sees


def test_a_goal_without_raw_features():
    X, y = load_iris(return_X_y=True)
    task = classify(X, y, SIX)
    task = replace(task, goal=replace(task.goal, prepared=None))
    found = found_circuit(task, task.evaluate([Place("ry", (0,))]))
    inputs = task.goal.test.inputs
    outputs = task.goal.outputs(found.searched, None, found.params, inputs)
    np.testing.assert_array_equal(found.classifier().predict(inputs), outputs.argmax(axis=1))


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
