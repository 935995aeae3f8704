"""The variational regressor: scikit-learn's own checks, that it learns, and what its losses mean."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import cross_val_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from ketwork import Circuit, PauliSum, Simulator, x
from ketwork.models.regressor import VariationalRegressor

EXACT = {"layers": 2, "n_qubits": 2, "epochs": 40, "batch_size": 64, "early_stopping": False, "precision": "double"}
RNG = np.random.default_rng(0)
X = RNG.uniform(-2, 2, (200, 2))
Y = 40 + 10 * np.sin(X[:, 0]) * X[:, 1]


def draws_samples(estimator):
    if estimator.early_stopping:
        return {"check_sample_weight_equivalence_on_dense_data": "what is drawn depends on the number of samples"}
    return {}


@parametrize_with_checks(
    [VariationalRegressor(layers=2, epochs=15, n_qubits=2), VariationalRegressor(**EXACT)],
    expected_failed_checks=draws_samples,
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("loss", ["squared", "absolute", "huber"])
def test_learns_a_product_that_no_line_can(loss):
    model = VariationalRegressor(loss=loss, layers=3, epochs=40, random_state=0)
    assert cross_val_score(model, X, Y, cv=3).mean() > 0.9
    assert cross_val_score(LinearRegression(), X, Y, cv=3).mean() < 0.3


def test_several_outputs_are_learned_together():
    both = np.stack([Y, 1e-3 * X[:, 0]], axis=1)
    model = VariationalRegressor(layers=3, epochs=40, random_state=0).fit(X, both)
    assert model.predict(X).shape == (200, 2)
    assert model.score(X, both) > 0.9
    assert model.head_.shape == (3, 2)


def test_predictions_follow_the_units_of_the_targets():
    models = [VariationalRegressor(epochs=3, random_state=0).fit(X, y) for y in (Y, 1000 * Y - 7)]
    np.testing.assert_allclose(models[1].predict(X), 1000 * models[0].predict(X) - 7, rtol=1e-4)


def test_absolute_loss_does_not_mind_an_outlier():
    """Against a constant circuit only the bias can move: it goes to the median, or for squares to the mean."""
    y = np.array([0.0, 1.0, 2.0, 3.0, 1000.0])
    found = {}
    for loss in ("absolute", "squared"):
        model = VariationalRegressor(
            encoding=Circuit(1).rx(0, 0.0 * x[0] + 0.5), ansatz=None, loss=loss, epochs=1500, l2=0.0,
            learning_rate=0.02, early_stopping=False, precision="double", random_state=0,
        )  # fmt: skip
        found[loss] = model.fit(np.arange(5.0)[:, None], y).predict(np.zeros((1, 1)))[0]
    assert found["absolute"] == pytest.approx(2, abs=1)
    assert found["squared"] == pytest.approx(y.mean(), abs=1)


def test_one_observable_an_output():
    """cos(scale x) read from one qubit is the model; the temperature is all that is left to learn."""
    inputs = np.linspace(-1, 1, 30)[:, None]
    y = 3 * np.cos(inputs[:, 0] / inputs.std())
    model = VariationalRegressor(
        encoding=Circuit(1).rx(0, x[0]), ansatz=None, readout="observables", observables=[PauliSum.from_dict({"Z": 1})],
        epochs=300, early_stopping=False, precision="double", random_state=0,
    ).fit(inputs, y - y.mean())  # fmt: skip
    assert model.n_parameters_ == 1
    values = Simulator().expectation(model.circuit_, model.observables_, model.inputs(inputs))[:, 0]
    slope = (values @ (y - y.mean())) / (values @ values) / y.std()
    assert 1 / model.temperature_[0] == pytest.approx(slope, rel=1e-3)


def test_diabetes_as_well_as_a_line():
    data, y = load_diabetes(return_X_y=True)
    model = VariationalRegressor(n_qubits=5, layers=1, epochs=30, random_state=0)
    assert cross_val_score(model, data, y, cv=3).mean() > 0.35


def test_training_in_parts_learns():
    model = VariationalRegressor(layers=3, random_state=0)
    for _ in range(40):
        for part in np.array_split(np.arange(200), 4):
            model.partial_fit(X[part], Y[part])
    assert model.score(X, Y) > 0.8
    with pytest.raises(ValueError, match="not of the kind"):
        model.partial_fit(X, np.stack([Y, Y], axis=1))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"loss": "sqared"}, "Did you mean 'squared'"),
        ({"delta": 0.0}, "above 0"),
        ({"readout": "softmax"}, "must be one of affine, observables"),
        ({"observables": [PauliSum.from_dict({"ZZZ": 1})]}, "act on the circuit's 2 qubits"),
        ({"readout": "observables", "observables": [PauliSum.from_dict({"ZZ": 1})] * 2}, "must hold 1 observables"),
        ({"n_qubits": 1, "readout": "observables", "observables": []}, "at least one"),
        ({"encoding": Circuit(1).rx(0, x[5])}, "asks for 6 inputs"),
    ],
)
def test_doors(parameters, message):
    with pytest.raises((ValueError, TypeError), match=message):
        VariationalRegressor(**parameters).fit(X, Y)


@pytest.mark.parametrize("size", [1e-300, 1e200, 1e307])
def test_targets_of_any_size_are_learned_alike(size):
    plain = VariationalRegressor(layers=1, epochs=3, random_state=0).fit(X, X[:, 0]).predict(X)
    found = VariationalRegressor(layers=1, epochs=3, random_state=0).fit(X, X[:, 0] * size).predict(X)
    np.testing.assert_allclose(found / size, plain, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_targets_must_be_finite(bad):
    with pytest.raises(ValueError, match="y contains"):
        VariationalRegressor().fit(X, np.where(np.arange(200) == 3, bad, Y))
