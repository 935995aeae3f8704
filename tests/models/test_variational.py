"""What variational estimators share: weights of samples, going on with a training, in parts or from where it was."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_moons
from sklearn.exceptions import NotFittedError

from ketwork import Circuit, pauli_z, w, x
from ketwork.models import VariationalClassifier
from ketwork.models.encoding import Encoding
from ketwork.models.regressor import VariationalRegressor

X, Y = make_moons(80, noise=0.1, random_state=0)
SMALL = {"layers": 1, "n_qubits": 2, "epochs": 6, "precision": "double", "random_state": 0}
KINDS = [VariationalClassifier, VariationalRegressor]


def interrupt(entry):
    if entry["epoch"] == 3:
        raise KeyboardInterrupt


@pytest.mark.parametrize("kind", KINDS)
def test_an_interrupted_fit_goes_on(kind):
    whole = kind(**SMALL).fit(X, Y)
    with pytest.warns(UserWarning, match="interrupted"):
        parted = kind(**SMALL, callbacks=[interrupt]).fit(X, Y)
    assert parted.n_iter_ == 3
    parted = pickle.loads(pickle.dumps(parted.set_params(callbacks=None)))
    parted.resume(X, Y)
    np.testing.assert_array_equal(parted.weights_, whole.weights_)
    assert parted.history_ == whole.history_
    assert parted.n_circuit_evaluations_ == whole.n_circuit_evaluations_
    again = parted.weights_.copy()
    np.testing.assert_array_equal(parted.resume(X, Y).weights_, again)  # all epochs are done
    assert parted.set_params(epochs=9).resume(X, Y).n_iter_ == 9


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_same_data_can_be_resumed(kind):
    with pytest.raises(NotFittedError):
        kind(**SMALL).resume(X, Y)
    model = kind(**SMALL).fit(X, Y)
    for data in ((X[:-1], Y[:-1]), (X + 1e-9, Y), (X, Y, np.arange(1.0, 81))):
        with pytest.raises(ValueError, match="only be resumed with the data that it began with"):
            model.resume(*data)
    with pytest.raises(ValueError, match="features"):
        model.resume(X[:, :1], Y)


@pytest.mark.parametrize("kind", KINDS)
def test_a_warm_start_begins_where_the_last_fit_ended(kind):
    model = kind(**SMALL, warm_start=True).fit(X, Y)
    first, scale = model.weights_, model.scale_
    model.set_params(learning_rate=0.0).fit(X[:40], Y[:40])
    np.testing.assert_array_equal(model.weights_, first)
    assert model.scale_ is scale
    cold = clone(model).set_params(warm_start=False).fit(X[:40], Y[:40])
    assert np.abs(cold.weights_ - first).max() > 1e-3
    with pytest.raises(ValueError, match="not of the kind that this model was trained on"):
        model.fit(X, np.stack([Y, 1 - Y], axis=1))


@pytest.mark.parametrize("kind", KINDS)
def test_a_training_goes_on_with_the_model_that_it_began_with_alone(kind):
    own = {"observables": [pauli_z(0, 2)], "topology": [(0, 1)]}
    model = kind(**SMALL, warm_start=True, **own).fit(X, Y)
    model = pickle.loads(pickle.dumps(model)).set_params(topology=[(0, 1)])
    model.fit(X, Y).resume(X, Y).partial_fit(X, Y)  # what is equal has not changed
    with pytest.raises(ValueError, match="X has 1 features, but"):
        model.fit(X[:, :1], Y)
    for change in ({"layers": 2}, {"readout": "observables"}, {"encoding": "angle"}, {"observables": None}):
        changed = pickle.loads(pickle.dumps(model)).set_params(**change)
        for method in (changed.fit, changed.resume, changed.partial_fit):
            with pytest.raises(ValueError, match=rf"but {next(iter(change))} changed since|data that it began with"):
                method(X, Y)
    assert model.set_params(warm_start=False, layers=2).fit(X, Y).circuit_.n_weights > 0


@pytest.mark.parametrize("kind", KINDS)
def test_one_pass_in_parts_is_an_epoch_of_the_plan(kind):
    """The same steps as a fit of one epoch, whose learning rate has not begun to fall."""
    fitted = kind(**{**SMALL, "epochs": 1}, early_stopping=False).fit(X, Y)
    more = {"classes": [0, 1]} if kind is VariationalClassifier else {}
    parts = kind(**SMALL).partial_fit(X, Y, **more)
    np.testing.assert_array_equal(parts.weights_, fitted.weights_)
    assert parts.n_iter_ == 1
    assert parts.partial_fit(X, Y).n_iter_ == 2
    assert np.abs(parts.weights_ - fitted.weights_).max() > 1e-4


@pytest.mark.parametrize("kind", KINDS)
def test_parts_need_an_optimiser_with_batches(kind):
    assert hasattr(kind(), "partial_fit")
    assert not hasattr(kind(optimizer="l-bfgs"), "partial_fit")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("optimizer", ["adam", "l-bfgs"])
def test_weights_and_repetitions_are_alike_on_the_whole_set(kind, optimizer):
    weights = np.random.default_rng(0).integers(0, 3, len(X))
    options = {**SMALL, "early_stopping": False, "batch_size": 1000, "optimizer": optimizer, "epochs": 12}
    weighed = kind(**options).fit(X, Y, sample_weight=weights)
    repeated = kind(**options).fit(np.repeat(X, weights, axis=0), np.repeat(Y, weights))
    np.testing.assert_allclose(weighed.weights_, repeated.weights_, atol=1e-7)
    np.testing.assert_allclose(weighed.head_, repeated.head_, atol=1e-7)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (-np.ones(80), "[Nn]egative"),
        (np.zeros(80), "non-zero|all are 0"),
        (np.ones(3), "sample_weight"),
        ([np.nan] * 80, "NaN"),
    ],
)
def test_weights_of_samples_are_checked(kind, weights, message):
    with pytest.raises(ValueError, match=message):
        kind(**SMALL).fit(X, Y, sample_weight=weights)


@pytest.mark.parametrize("kind", KINDS)
def test_an_encoding_prepares_and_says_its_span(kind):
    mine = Encoding("squares", Circuit(1).rx(0, x[0]).ry(0, w[0] * x[1]), prepare=np.square, span="unit")
    model = kind(encoding=mine, ansatz=None, epochs=2, random_state=0).fit(X, Y)
    inputs = model.inputs(X)
    low, high = X.min(axis=0), X.max(axis=0)
    np.testing.assert_allclose(inputs, (2 * (X - low) / (high - low) - 1) ** 2, atol=1e-12)
    assert model.predict(X).shape == (80,)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"optimizer": "adm"}, "adam"),
        ({"optimizer": "rotosolve"}, "optimizer"),
        ({"optimizer_options": 3}, "must be a dictionary"),
        ({"optimizer_options": {"mometum": 0.9}, "optimizer": "sgd"}, "momentum"),
        ({"optimizer_options": {"learning_rate": 0.9}, "optimizer": "sgd"}, "learning_rate"),
        ({"epochs": 0}, "at least 1"),
        ({"batch_size": 2.5}, "integer"),
        ({"l2": -1}, "at least 0"),
        ({"validation_fraction": 1.0}, r"\[0.0, 0.9\]"),
        ({"precision": "half"}, "single"),
        ({"backend": 3}, "must be a Backend"),
        ({"scale": np.nan}, "finite"),
        ({"callbacks": print}, "`callbacks` must be a list of functions"),
        ({"callbacks": [3]}, "`callbacks` must be a list of functions"),
        (
            {"optimizer": "sgd", "optimizer_options": {"momentum": "a"}},
            "`momentum` in `optimizer_options` must be",
        ),
        ({"topology": "rin"}, "`topology` must be one of ring"),
        ({"observables": 3}, "`observables` must be a list of PauliSums"),
    ],
)
def test_doors(kind, parameters, message):
    with pytest.raises((ValueError, TypeError), match=message):
        kind(**parameters).fit(X, Y)
