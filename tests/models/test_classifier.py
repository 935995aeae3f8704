"""The variational classifier: scikit-learn's own checks, and that it learns."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris, make_moons
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from ketwork import Circuit, PauliSum, x
from ketwork.engine.simulator import Simulator
from ketwork.models import VariationalClassifier
from ketwork.models.encoding import Encoding
from ketwork.noise import NoiseModel, depolarizing

NOISE = NoiseModel().add(depolarizing(0.05)).add(depolarizing(0.1, 2)).readout(0.03, 0.06)


class Bare:
    """A backend with expectation values and nothing else, which counts what is asked of it."""

    def __init__(self, inner):
        self.inner, self.rows = inner, 0

    def expectation(self, circuit, observables, x=None, w=None):
        self.rows += len(x)
        return self.inner.expectation(circuit, observables, x, w)

    def sample(self, *_, **__):
        raise AssertionError("nothing is sampled")

    def __deepcopy__(self, memo):
        raise AssertionError("a connection cannot be copied")


# With all samples in a batch and none held back, training is the same for a weight of 2 and a sample that occurs twice.
EXACT = {"layers": 2, "n_qubits": 2, "epochs": 30, "batch_size": 64, "early_stopping": False, "precision": "double"}


def draws_samples(estimator):
    """Where mini-batches are drawn or samples held back, weights and repetitions can only be alike on the average."""
    if estimator.early_stopping:
        return {"check_sample_weight_equivalence_on_dense_data": "what is drawn depends on the number of samples"}
    return {}


@parametrize_with_checks(
    [VariationalClassifier(layers=2, epochs=15, n_qubits=2), VariationalClassifier(**EXACT)],
    expected_failed_checks=draws_samples,
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks(
    [
        VariationalClassifier(**EXACT, readout="sigmoid"),
        VariationalClassifier(**{**EXACT, "n_qubits": 5}, readout="observables", learning_rate=0.1),
        VariationalClassifier(**{**EXACT, "n_qubits": 5, "epochs": 60}, readout="single_shot", learning_rate=0.1),
        VariationalClassifier(layers=2, epochs=25, n_qubits=2, backend=Simulator("single", noise=NOISE)),
    ],
    expected_failed_checks=draws_samples,
)
def test_scikit_learns_checks_of_other_kinds(estimator, check):
    check(estimator)


def test_learns_iris_and_moons():
    for X, y in (load_iris(return_X_y=True), make_moons(300, noise=0.15, random_state=1)):
        parts = train_test_split(X, y, stratify=y, random_state=0)
        model = VariationalClassifier(random_state=0).fit(parts[0], parts[2])
        assert model.score(parts[1], parts[3]) > 0.88
        assert model.history_[-1]["loss"] < model.history_[0]["loss"]


@pytest.mark.parametrize("optimizer", ["spsa", "l-bfgs", "cobyla"])
def test_other_optimisers_run(optimizer):
    X, y = make_moons(60, noise=0.1, random_state=0)
    model = VariationalClassifier(optimizer=optimizer, epochs=25, layers=1, random_state=0).fit(X, y)
    assert model.history_[-1]["loss"] <= model.history_[0]["loss"] + 0.1


def test_pipeline_search_pickle_and_seed():
    X, y = make_moons(80, noise=0.1, random_state=0)
    pipe = make_pipeline(StandardScaler(), VariationalClassifier(epochs=5, layers=1, random_state=3))
    search = GridSearchCV(pipe, {"variationalclassifier__learning_rate": [0.01, 0.1]}, cv=2, n_jobs=2).fit(X, y)
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    np.testing.assert_array_equal(again.predict_proba(X), search.best_estimator_.predict_proba(X))
    twice = [VariationalClassifier(epochs=5, layers=1, random_state=3).fit(X, y).weights_ for _ in range(2)]
    np.testing.assert_array_equal(*twice)


@pytest.mark.parametrize("optimizer", ["adam", "spsa", "l-bfgs", "cobyla"])
def test_interrupting_keeps_what_was_learned(optimizer):
    X, y = make_moons(80, noise=0.1, random_state=0)

    def interrupt(entry):
        if entry["epoch"] == 3:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="interrupted"):
        model = VariationalClassifier(random_state=0, optimizer=optimizer, callbacks=[interrupt]).fit(X, y)
    assert model.n_iter_ == 3
    assert model.predict(X).shape == (80,)


def test_frozen_circuit_stays_as_it_started():
    X, y = make_moons(80, noise=0.1, random_state=0)
    models = [VariationalClassifier(epochs=e, train_circuit=False, random_state=0).fit(X, y) for e in (1, 6)]
    np.testing.assert_array_equal(models[0].weights_, models[1].weights_)
    assert (models[0].head_ != models[1].head_).any()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"encoding": "reupload"}, "reuploading"),
        ({"optimizer": "adm"}, "adam"),
        ({"epochs": 0}, "at least 1"),
        ({"encoding": "zz", "n_qubits": 5}, "needs 2 qubits for 2 features"),
        ({"learning_rate": -1.0}, "at least 0"),
        ({"backend": "lima"}, "must be a Backend or None, but is 'lima'"),
        ({"backend": Simulator}, "must be a Backend or None"),
    ],
)
def test_doors(parameters, message):
    X, y = make_moons(40, random_state=0)
    with pytest.raises((ValueError, TypeError), match=message):
        VariationalClassifier(**parameters).fit(X, y)


# ---------------------------------------------------------------------- readouts and targets
IRIS = load_iris(return_X_y=True)


@pytest.mark.parametrize("readout", ["sigmoid", "observables", "single_shot"])
def test_every_readout_learns_iris(readout):
    model = VariationalClassifier(readout=readout, epochs=40, random_state=0).fit(*IRIS)
    assert model.score(*IRIS) > 0.9
    chances = model.predict_proba(IRIS[0])
    np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_array_equal(model.classes_[chances.argmax(axis=1)], model.predict(IRIS[0]))


def test_one_observable_a_class_over_a_temperature():
    z = [PauliSum.from_dict({s: 1}) for s in ("ZII", "IZI", "IIX")]
    model = VariationalClassifier(
        readout="observables", observables=z, n_qubits=3, epochs=5, precision="double", random_state=0
    ).fit(*IRIS)
    values = Simulator().expectation(model.circuit_, z, model.inputs(IRIS[0]), model.weights_)
    np.testing.assert_allclose(model.decision_function(IRIS[0]), values / model.temperature_, atol=1e-12)
    assert model.temperature_[0] != pytest.approx(0.5)
    assert model.n_parameters_ == model.circuit_.n_weights + 1


@pytest.mark.parametrize("read_as", ["value", "parity"])
def test_a_single_shot_reads_a_class_as_often_as_it_is_likely(read_as):
    X, y = make_moons(60, noise=0.1, random_state=0)
    model = VariationalClassifier(readout="single_shot", read_as=read_as, epochs=25, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.8
    drawn = np.stack([model.predict_single_shot(X, seed=k) for k in range(300)])
    share, chance = drawn.mean(axis=0), model.predict_proba(X)[:, 1]
    assert np.abs(share - chance).max() < 5 * 0.5 / np.sqrt(300)
    assert 0.02 < np.mean(drawn != model.predict(X)) < 0.5
    many = model.predict_single_shot(X, shots=2001, seed=0)
    sure = np.abs(chance - 0.5) > 0.06
    np.testing.assert_array_equal(many[sure], model.predict(X)[sure])


def test_a_single_shot_of_three_classes_is_trained_by_the_likelihood_of_what_is_read():
    model = VariationalClassifier(
        readout="single_shot", n_qubits=3, read_qubits=(2, 0), epochs=15, precision="double", random_state=0,
        early_stopping=False,
    ).fit(*IRIS)  # fmt: skip
    chances = Simulator().probabilities(model.circuit_, model.inputs(IRIS[0]), model.weights_, qubits=(2, 0))
    by_class = np.stack([chances[:, 0] + chances[:, 3], chances[:, 1], chances[:, 2]], axis=1)
    np.testing.assert_allclose(model.predict_proba(IRIS[0]), by_class, atol=1e-5)
    likelihood = -np.mean(np.log(by_class[np.arange(150), IRIS[1]]))
    assert likelihood == pytest.approx(model.progress_.best_loss, rel=0.1)
    assert likelihood < np.log(3) / 2
    assert set(model.predict_single_shot(IRIS[0], seed=0)) <= {0, 1, 2}


@pytest.mark.parametrize("readout", ["softmax", "observables", "single_shot"])
def test_several_labels(readout):
    X = np.random.default_rng(0).uniform(-2, 2, (200, 2))
    y = np.stack([X[:, 0] > 0, X[:, 0] * X[:, 1] > 0, X[:, 1] > 1], axis=1).astype(int)
    model = VariationalClassifier(readout=readout, n_qubits=3, epochs=60, random_state=0).fit(X, y)
    assert np.mean(model.predict(X) == y) > 0.85
    assert model.predict(X).shape == model.predict_proba(X).shape == (200, 3)
    np.testing.assert_array_equal(model.predict(X), model.predict_proba(X) > 0.5)
    if readout == "single_shot":
        drawn = np.mean([model.predict_single_shot(X, seed=k) for k in range(200)], axis=0)
        assert np.abs(drawn - model.predict_proba(X)).max() < 5 * 0.5 / np.sqrt(200)


@pytest.mark.parametrize("readout", ["softmax", "sigmoid", "observables", "single_shot"])
def test_the_weight_of_a_class_is_a_repetition_of_its_samples(readout):
    """Features as they are: their scale goes by samples, not by classes."""
    rng = np.random.default_rng(0)
    points, labels, times = rng.normal(size=(12, 2)), np.repeat([0, 1, 2], 4), np.repeat([2, 1, 3], 4)
    raw = Encoding("raw", Circuit(2).rx(0, x[0]).rx(1, x[1]), span="raw")
    whole = {"optimizer": "l-bfgs", "early_stopping": False, "precision": "double", "epochs": 4, "random_state": 0}
    model = VariationalClassifier(raw, layers=1, readout=readout, **whole)
    weighted = clone(model).set_params(class_weight={0: 2, 2: 3}).fit(points, labels)
    repeated = model.fit(np.repeat(points, times, axis=0), np.repeat(labels, times))
    np.testing.assert_allclose(weighted.weights_, repeated.weights_, atol=1e-9)


def test_balanced_weights_find_the_rare_class():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(0, 1, (190, 2)), rng.normal(1.5, 1, (10, 2))])
    y = np.repeat([0, 1], [190, 10])
    found = {}
    for given in (None, "balanced", {1: 19.0}):
        model = VariationalClassifier(layers=1, epochs=20, class_weight=given, random_state=0).fit(X, y)
        found[str(given)] = balanced_accuracy_score(y, model.predict(X))
    assert found["balanced"] > found["None"] + 0.2
    assert found["balanced"] == pytest.approx(found["{1: 19.0}"])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"readout": "softmx"}, "Did you mean 'softmax'"),
        ({"readout": "single_shot", "read_as": "odd"}, "value, parity"),
        ({"readout": "single_shot", "read_as": "parity"}, "tells 2 classes, but there are 3"),
        ({"readout": "single_shot", "n_qubits": 1}, "To read 3 classes takes 2 qubits, but there are 1"),
        ({"readout": "single_shot", "read_qubits": (0, 0)}, "different qubits"),
        ({"readout": "single_shot", "read_qubits": 3}, "`read_qubits` must be a list"),
        ({"readout": "single_shot", "read_qubits": (0, 9)}, r"\[0, 3\]"),
        ({"readout": "single_shot", "observables": [PauliSum.from_dict({"ZZZZ": 1})]}, "give `read_qubits` instead"),
        ({"readout": "observables", "n_qubits": 1}, "3 classes need 3 observables, but 1 qubits have 1"),
        ({"readout": "observables", "observables": [PauliSum.from_dict({"ZZZZ": 1})]}, "must hold 3 observables"),
        ({"observables": [PauliSum.from_dict({"ZZ": 1})]}, "act on the circuit's 4 qubits, but item 0 acts on 2"),
        ({"observables": ["ZZZZ"]}, "must hold PauliSums"),
        ({"class_weight": {0: 1, 7: 2}}, "names 7, but the classes are 0, 1, 2"),
        ({"class_weight": "even"}, "'balanced'"),
    ],
)
def test_doors_of_readouts(parameters, message):
    with pytest.raises((ValueError, TypeError), match=message):
        VariationalClassifier(**parameters).fit(*IRIS)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.linspace(0, 1, 150), "continuous"),
        (np.where(np.arange(150) == 3, np.nan, 1.0), "NaN"),
        (np.zeros(150), "1 class"),
        (np.stack([np.arange(150) % 3, np.arange(150) % 2], axis=1), "must be 0 and 1, a column a label"),
        (np.zeros(3), "inconsistent"),
    ],
)
def test_targets_that_are_no_classes(y, message):
    with pytest.raises(ValueError, match=message):
        VariationalClassifier().fit(IRIS[0], y)


def test_parts_and_their_classes():
    model = VariationalClassifier(random_state=0)
    with pytest.raises(ValueError, match="needs `classes`"):
        model.partial_fit(*IRIS)
    model.partial_fit(IRIS[0][:50], IRIS[1][:50], classes=[0, 1, 2])  # only class 0 has come
    assert len(model.classes_) == 3
    with pytest.raises(ValueError, match="classes that this model does not know: 9"):
        model.partial_fit(IRIS[0], np.where(IRIS[1] == 2, 9, IRIS[1]))
    with pytest.raises(ValueError, match="must stay"):
        model.partial_fit(*IRIS, classes=[0, 1])
    with pytest.raises(ValueError, match="needs all data at once"):
        VariationalClassifier(class_weight="balanced").partial_fit(*IRIS, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="not 'softmax'"):
        model.predict_single_shot(IRIS[0])


def test_training_in_parts_learns():
    model, rows = VariationalClassifier(random_state=0), np.random.default_rng(0).permutation(150)
    for _ in range(40):
        for part in np.array_split(rows, 3):
            model.partial_fit(IRIS[0][part], IRIS[1][part], classes=[0, 1, 2])
    assert model.score(*IRIS) > 0.93


# ---------------------------------------------------------------------- backends
MOONS = make_moons(40, noise=0.1, random_state=0)
SMALL = {"layers": 1, "n_qubits": 2, "epochs": 3, "precision": "double", "early_stopping": False, "random_state": 0}


def test_the_ideal_simulator_as_a_backend_changes_nothing():
    models = [VariationalClassifier(**SMALL, backend=b).fit(*MOONS) for b in (None, Simulator())]
    np.testing.assert_array_equal(models[0].weights_, models[1].weights_)
    assert models[0].n_circuit_evaluations_ == models[1].n_circuit_evaluations_


def test_noise_damps_what_is_predicted_and_training_sees_it():
    noisy = Simulator(noise=NOISE)
    ideal = VariationalClassifier(**SMALL).fit(*MOONS)
    values = [m.decision_function(MOONS[0]) - (m.bias_[1] - m.bias_[0]) for m in (ideal, ideal.on(noisy))]
    assert np.abs(values[1]).mean() < 0.95 * np.abs(values[0]).mean()
    aware = VariationalClassifier(**SMALL, backend=noisy).fit(*MOONS)
    expected = noisy.expectation(aware.circuit_, aware.observables_, aware.scale_.apply(MOONS[0]), aware.weights_)
    logits = expected @ aware.head_ + aware.bias_
    np.testing.assert_allclose(aware.decision_function(MOONS[0]), logits[:, 1] - logits[:, 0], atol=1e-12)
    assert np.abs(aware.weights_ - ideal.weights_).max() > 1e-4


@pytest.mark.parametrize("noise", [None, NOISE])
def test_parameter_shift_trains_to_the_same_weights_and_counts_what_it_ran(noise):
    """A backend with expectation values alone: the same training as by the exact pullback, and an honest bill."""
    own = VariationalClassifier(**SMALL, backend=Simulator(noise=noise)).fit(*MOONS)
    bare = Bare(Simulator(noise=noise))
    shifted = VariationalClassifier(**SMALL, backend=bare).fit(*MOONS)
    np.testing.assert_allclose(shifted.weights_, own.weights_, atol=1e-8)
    assert shifted.n_circuit_evaluations_ == own.n_circuit_evaluations_ == bare.rows


def test_spsa_and_a_frozen_circuit_need_values_alone():
    for changes in ({"optimizer": "spsa"}, {"train_circuit": False}):
        bare = Bare(Simulator())
        model = VariationalClassifier(**SMALL, **changes, backend=bare).fit(*MOONS)
        assert model.n_circuit_evaluations_ == bare.rows
        assert bare.rows <= 40 * 2 * (SMALL["epochs"] + 2)


def test_a_backend_is_shared_and_never_copied():
    bare = Bare(Simulator())
    model = VariationalClassifier(**SMALL, backend=bare)
    assert clone(model).backend is bare
    assert clone(model).get_params() == model.get_params()
    fitted = model.fit(*MOONS)
    there = fitted.on(None)
    assert fitted.backend is bare
    assert there.backend is None
    np.testing.assert_allclose(there.predict_proba(MOONS[0]), fitted.predict_proba(MOONS[0]), atol=1e-12)
    with pytest.raises(TypeError, match="must be a Backend"):
        fitted.on(3)


def test_shots_scatter_around_the_exact_values():
    model = VariationalClassifier(**SMALL).fit(*MOONS)
    exact = model.decision_function(MOONS[0])
    seen = np.stack([model.on(Simulator(shots=400, seed=k)).decision_function(MOONS[0]) for k in range(30)])
    error = seen.std(axis=0, ddof=1) / np.sqrt(30)
    assert np.abs((seen.mean(axis=0) - exact) / error).max() < 5
    assert error.min() > 0


@pytest.mark.parametrize("optimizer", ["adam", "l-bfgs", "spsa"])
def test_a_frozen_circuit_that_answers_itself_has_nothing_to_train(optimizer):
    X, y = make_moons(40, noise=0.1, random_state=0)
    options = {"readout": "single_shot", "train_circuit": False, "layers": 1, "random_state": 0}
    model = VariationalClassifier(optimizer=optimizer, **options).fit(X, y)
    assert model.n_parameters_ == 0 and model.n_iter_ == 1
    assert np.isfinite(model.history_[0]["loss"])
    np.testing.assert_array_equal(model.weights_, VariationalClassifier(**options).fit(X, y).weights_)


@pytest.mark.parametrize("readout", ["softmax", "sigmoid", "observables", "single_shot"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_more_probable_the_higher_the_decision(readout, seed):
    model = VariationalClassifier(readout=readout, epochs=3, layers=1, n_qubits=2, random_state=seed).fit(*MOONS)
    order = np.argsort(model.decision_function(MOONS[0]))
    assert np.all(np.diff(model.predict_proba(MOONS[0])[order, 1]) >= -1e-9)
    np.testing.assert_array_equal(model.predict(MOONS[0]), model.predict_proba(MOONS[0]).argmax(axis=1))
