"""Estimators and their backend: clones share it, and a fitted model can be put on another."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from ketwork import Simulator
from ketwork.models import (
    KernelClassifier,
    QuantumFeatures,
    ReservoirRegressor,
    VariationalClassifier,
    VariationalRegressor,
)
from ketwork.models.on_backends import check_backend

X = np.random.default_rng(0).normal(size=(12, 2))
Y = np.tile([0, 1], 6)
MODELS = [
    VariationalClassifier(layers=1, epochs=1, random_state=0),
    VariationalRegressor(layers=1, epochs=1, random_state=0),
    KernelClassifier(random_state=0),
    QuantumFeatures(random_state=0),
    ReservoirRegressor("qrnn", hidden=1, random_state=0),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda m: type(m).__name__)
def test_clones_share_the_backend_and_fitted_models_move(model):
    backend, other = Simulator("double"), Simulator("double")
    placed = clone(model).set_params(backend=backend)
    assert clone(placed).backend is backend
    assert {k: v for k, v in clone(placed).get_params().items() if k != "backend"} == {
        k: v for k, v in model.get_params().items() if k != "backend"
    }
    with pytest.raises(NotFittedError):
        placed.on(other)
    fitted = placed.fit(X, Y)
    moved = fitted.on(other)
    assert (moved.backend, fitted.backend) == (other, backend)
    assert moved.backend is other
    with pytest.raises(TypeError, match="`backend` must be a Backend or None"):
        fitted.on(3)


@pytest.mark.parametrize("wrong", [3, "lima", Simulator])
def test_what_cannot_run_circuits_is_refused(wrong):
    with pytest.raises(TypeError, match="`backend` must be a Backend or None"):
        check_backend(wrong)
    assert check_backend(None) is None
