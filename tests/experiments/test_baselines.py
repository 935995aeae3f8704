"""Who takes part, with what budget."""

import numpy as np
import pytest

from ketwork.experiments.baselines import contenders, house
from ketwork.experiments.contenders import parameter_count
from ketwork.experiments.task import FitTask


@pytest.mark.parametrize("model", ["variational", "kernel"])
@pytest.mark.parametrize("fits", [1, 5])
def test_everyone_tries_as_many_settings_the_defaults_first(model, fits):
    for contender in contenders(FitTask("iris", model=model)):
        tried = contender.tried(fits, seed=3)
        assert len(tried) == fits
        assert tried[0] == {}
        assert tried == contender.tried(fits, seed=3)
        assert fits == 1 or tried != contender.tried(fits, seed=4)


def test_the_cast():
    kinds = [(c.name, c.kind) for c in contenders(FitTask("iris"))]
    assert kinds[0] == ("variational circuit", "quantum")
    assert [kind for _, kind in kinds] == ["quantum", "ablation", "ablation"] + ["baseline"] * 4


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("parameters", [60, 300])
def test_the_neural_network_is_of_like_size(classes, parameters):
    rng, features = np.random.default_rng(0), 8
    network = contenders(FitTask("iris"))[-1].build({}, 0, (features, classes, parameters))
    network.set_params(max_iter=1).fit(rng.normal(size=(60, features)), np.arange(60) % classes)
    one_neuron = features + 1 + (1 if classes == 2 else classes)
    assert abs(parameter_count(network) - parameters) <= one_neuron


def test_ablations_are_the_quantum_model_with_one_thing_taken_away():
    quantum, frozen, apart = contenders(FitTask("iris", layers=2))[:3]
    models = [c.build({}, 0, (4, 3, 10)).get_params() for c in (quantum, frozen, apart)]
    differ = [{k for k in models[0] if models[0][k] != other[k]} for other in models[1:]]
    assert differ == [{"train_circuit"}, {"entangler"}]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("model", ["variational", "kernel"])
def test_every_random_setting_builds_a_model_that_fits(model):
    """No setting that tuning may draw is refused by the model it is for."""
    X, y = np.random.default_rng(1).normal(size=(12, 2)), np.arange(12) % 2
    for contender in contenders(FitTask("iris", model=model, epochs=1, layers=1, qubits=2)):
        _, setting = contender.tried(2, seed=5)
        assert setting
        built = contender.build(setting, 0, (2, 2, 20))
        parameters = built.get_params()
        assert all(parameters[name] == value for name, value in setting.items() if name in parameters)
        assert set(built.fit(X, y).predict(X)) <= {0, 1}


def test_the_machine_has_scikit_learns_width_for_standardised_features():
    machine = contenders(FitTask("iris"))[4].build({"gamma_scale": 2.0}, 0, (8, 3, 100))
    assert (machine.C, machine.gamma) == (1.0, 0.25)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_house_predicts_numbers_too():
    """A line with little noise: every regressor of the house, at any setting, explains most of it."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(150, 2))
    y = X @ [0.8, -0.6] + 0.05 * rng.normal(size=150)
    for contender in house(regression=True):
        for setting in contender.tried(3, seed=1):
            model = contender.build(setting, 0, (2, 150, 40)).fit(X[:100], y[:100])
            assert model.score(X[100:], y[100:]) > 0.7, (contender.name, setting)


def test_ridge_has_the_strength_that_its_setting_says():
    ridge = house(regression=True)[0].build({"C": 4.0}, 0, (2, 9, 9))
    assert ridge.alpha == 0.25
