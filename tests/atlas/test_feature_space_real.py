"""Data that nobody made for the map: which classes, the map of the models, and that a comparison goes through."""

import numpy as np
from sklearn.base import clone

from ketwork import Simulator
from ketwork.atlas import feature_space_real as entry
from ketwork.atlas.feature_space_real import DATA, KERNEL, VARIATIONAL, compared, models, two_classes
from ketwork.experiments.contest import _Memory
from ketwork.models.feature_maps import iqp_feature_map, zz_feature_map


def test_two_classes():
    sizes = {name: len(two_classes(name).classes) for name in DATA}
    assert set(sizes.values()) == {2}
    iris = two_classes("iris")
    assert len(iris.y) == 100 and iris.name == "iris, versicolor or virginica"


def test_the_papers_map_around_pi_is_iqp_around_zero():
    x = np.random.default_rng(0).normal(size=(6, 2))
    grams = []
    for circuit, shift in ((zz_feature_map(2), np.pi), (iqp_feature_map(2), 0.0)):
        states = Simulator("double").state(circuit, x + shift)
        grams.append(np.abs(states.conj() @ states.T))
    np.testing.assert_allclose(*grams, atol=1e-12)


def test_models():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 2))
    for model, space in models().values():
        assert set(space) <= set(model.get_params())
        fitted = clone(model).fit(X, X[:, 0] > 0)
        assert fitted.score(X, X[:, 0] > 0) > 0.7


def test_compared(monkeypatch):
    monkeypatch.setattr(entry, "compare", lambda *args, **options: (args, options))
    args, options = compared(None, 3, False)
    assert options["seeds"] == [3] and options["features"] == 2 and len(args[2]) == 4
    assert list(args[0]) == [VARIATIONAL, KERNEL] and args[1] is None
    assert len(compared(_Memory(), 0, True)[0][2]) == 1
