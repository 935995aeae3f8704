"""Reservoirs and trained recurrent cells: scikit-learn's checks, what is learned, gradients, saving."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from ketwork import NoiseModel, Simulator
from ketwork.experiments.sequences import sequence
from ketwork.models.recurrent import CELLS
from ketwork.models.reservoir import ReservoirRegressor, _Training
from ketwork.models.storage import from_arrays, load, save, to_arrays
from ketwork.noise import depolarizing

TASK = sequence("damped oscillator", 80)
X, Y = TASK.training


@parametrize_with_checks(
    [
        ReservoirRegressor(hidden=2, depth=1),
        ReservoirRegressor("gru", hidden=2, train_cell=True, steps=3),
        ReservoirRegressor("qlstm", hidden=1, depth=1, train_cell=True, steps=2),
    ]
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_a_reservoir_is_a_ridge_regression_of_what_it_reads():
    model = ReservoirRegressor(alphas=[0.1], random_state=0).fit(X, Y)
    features = model.features(X)
    ridge = Ridge(0.1 * 1.0).fit(features, (Y - Y.mean()) / Y.std())
    np.testing.assert_allclose(model.coef_[:, 0], ridge.coef_, rtol=1e-6)
    np.testing.assert_allclose(model.predict(X), ridge.predict(features) * Y.std() + Y.mean(), atol=1e-9)
    assert model.n_parameters_ == 6 and model.history_ == [] and model.circuit_.n_qubits == 6
    assert model.n_circuit_evaluations_ == len(X) * 4


@pytest.mark.parametrize("cell", ["qrnn", "qlstm"])
def test_training_improves_on_the_reservoir(cell):
    reservoir = ReservoirRegressor(cell, hidden=3, random_state=1).fit(X, Y)
    trained = clone(reservoir).set_params(train_cell=True, steps=60).fit(X, Y)
    assert len(trained.history_) == 60 and trained.history_[-1] < 0.5 * trained.history_[0]
    assert np.mean((trained.predict(X) - Y) ** 2) < np.mean((reservoir.predict(X) - Y) ** 2)
    assert trained.n_parameters_ == reservoir.n_parameters_ + len(trained.weights_)
    assert not np.allclose(trained.weights_, reservoir.weights_)


@pytest.mark.parametrize("cell", ["qgru", "lstm"])
def test_loss_against_finite_differences(cell):
    model = ReservoirRegressor(cell, hidden=2, depth=1, random_state=0).fit(X, Y)
    rng = np.random.default_rng(0)
    targets = rng.normal(size=(len(X), 2))
    task = _Training(model.cell_, model._windows(X), targets, 0.1, Simulator("double"))
    params = rng.normal(size=model.cell_.n_params + 3 * 2)
    value, slope = task(params, slice(None))
    assert value == task(params, np.arange(len(X)))[0]
    for k in range(len(params)):
        ends = [task(params + sign * 1e-5 * (np.arange(len(params)) == k), slice(None))[0] for sign in (1, -1)]
        assert slope[k] == pytest.approx((ends[0] - ends[1]) / 2e-5, abs=1e-7)


def test_several_targets_and_channels():
    wide = np.repeat(X, 2, axis=1)
    wide[:, 1::2] **= 2
    both = np.stack([Y, 5 * X[:, 0] + 3], axis=1)
    model = ReservoirRegressor("gru", channels=2, random_state=0).fit(wide, both)
    assert model.predict(wide).shape == both.shape and model.score(wide, both) > 0.8
    assert model.cell_.gates[0].n_in == 7
    once = ReservoirRegressor("gru", channels=2, random_state=0).fit(wide, both[:, 1])
    np.testing.assert_array_equal(once.features(wide), model.features(wide))  # the cell knows nothing of targets
    assert once.predict(wide).shape == Y.shape


def test_mini_batches_and_other_optimisers():
    options = {"cell": "rnn", "hidden": 2, "train_cell": True, "random_state": 0}
    small = ReservoirRegressor(**options, optimizer="rmsprop", optimizer_options={"learning_rate": 0.01},
                               batch_size=5, steps=40).fit(X, Y)  # fmt: skip
    again = clone(small).fit(X, Y)
    np.testing.assert_array_equal(small.predict(X), again.predict(X))
    assert len(small.history_) == 40
    exact = ReservoirRegressor(**options, optimizer="l-bfgs", steps=40).fit(X, Y)
    assert exact.history_[-1] < exact.history_[0]


def test_callbacks_stop():
    seen = []
    model = ReservoirRegressor("rnn", train_cell=True, callbacks=[seen.append, lambda now: now["step"] == 3])
    assert len(model.fit(X, Y).history_) == 3
    assert [now["step"] for now in seen] == [1, 2, 3]


def test_noise_shrinks_what_is_read():
    noisy = Simulator(noise=NoiseModel().add(depolarizing(0.2), gates="ry"))
    model = ReservoirRegressor(hidden=2, depth=1, random_state=0).fit(X, Y)
    assert np.abs(model.on(noisy).features(X)).mean() < 0.8 * np.abs(model.features(X)).mean()
    trained = ReservoirRegressor(hidden=2, depth=1, train_cell=True, steps=2, backend=noisy, random_state=0).fit(X, Y)
    assert clone(trained).backend is noisy


@pytest.mark.parametrize("cell", ["qlstm", "gru"])
def test_a_model_comes_back(cell, tmp_path):
    for y in (Y, np.stack([Y, -Y], axis=1)):
        model = ReservoirRegressor(cell, hidden=2, depth=1, random_state=0).fit(X, y)
        save(tmp_path / "model", *to_arrays(model))
        config, arrays = load(tmp_path / "model")
        np.testing.assert_array_equal(from_arrays(config, arrays).predict(X), model.predict(X), strict=True)
        for name in arrays:
            with pytest.raises(ValueError, match=rf"has no array '{name}'"):
                from_arrays(config, {k: v for k, v in arrays.items() if k != name})
            with pytest.raises(ValueError, match="fit"):
                from_arrays(config, {**arrays, name: np.ones((3, 3, 3))})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cell": "cnn"}, "`cell` must be one of"),
        ({"channels": 3}, "`channels` must divide the number of features, but is 3 of 4"),
        ({"alphas": []}, "`alphas` must hold numbers above 0"),
        ({"alphas": [0.0]}, "`alphas` must hold numbers above 0"),
        ({"optimizer": "spsa"}, "`optimizer` must be one of"),
        ({"steps": 0}, "`steps` must be at least 1"),
        ({"batch_size": 0}, "`batch_size` must be at least 1"),
        ({"l2": -1.0}, "`l2` must be at least 0"),
        ({"spread": -1.0}, "`spread` must be at least 0"),
        ({"hidden": 20}, "needs 21 qubits"),
        ({"optimizer": "l-bfgs", "batch_size": 5}, "`batch_size` must be None for 'l-bfgs'"),
    ],
)
def test_doors(options, message):
    with pytest.raises(ValueError, match=message):
        ReservoirRegressor(**options).fit(X, Y)
    with pytest.raises(TypeError, match="`backend` must be a Backend"):
        ReservoirRegressor(backend="gpu").fit(X, Y)


@pytest.mark.parametrize(
    "wrong", [{"optimizer_options": 3}, {"callbacks": 3}, {"callbacks": [3]}, {"callbacks": print}]
)
def test_what_is_no_dictionary_and_no_list_of_functions(wrong):
    with pytest.raises(TypeError, match=f"`{next(iter(wrong))}` must be a"):
        ReservoirRegressor("rnn", **wrong).fit(X, Y)


def test_in_a_pipeline_and_a_search():
    """Scaled, searched, copied and pickled like any regressor."""
    line = make_pipeline(StandardScaler(), ReservoirRegressor("qgru", hidden=2, depth=1, random_state=0))
    search = GridSearchCV(line, {"reservoirregressor__scale": [0.1, 0.4]}, cv=2).fit(X, Y)
    again = pickle.loads(pickle.dumps(search))
    np.testing.assert_array_equal(again.predict(X), search.predict(X))
    assert not hasattr(line[-1], "weights_")  # what was searched are copies


@pytest.mark.parametrize("cell", CELLS)
def test_windows_of_one_step(cell):
    """Nothing is remembered: equal last values are equal predictions, trained or not."""
    for train in (False, True):
        model = ReservoirRegressor(cell, hidden=2, depth=1, train_cell=train, steps=2, random_state=0)
        model.fit(X[:, -1:], Y)
        assert np.ptp(model.predict(np.full((3, 1), 0.2))) == 0
        assert np.ptp(model.predict(np.array([[-0.5], [0.5]]))) > 0
