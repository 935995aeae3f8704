"""What all estimators on a kernel share: their scaling, their seeds, and that a saved one says the same."""

import json

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris

from ketwork import Circuit, Simulator, x
from ketwork.models.anomaly import QuantumAnomalyDetector
from ketwork.models.clusterer import QuantumClusterer
from ketwork.models.encodings import Encoding
from ketwork.models.kernel_machine import scaled_gamma
from ketwork.models.kernel_methods import KernelClassifier, KernelRegressor
from ketwork.models.quantum_features import QuantumFeatures
from ketwork.models.storage import from_arrays, load, save, to_arrays

X, Y = load_iris(return_X_y=True)
X, Y = X[::4], Y[::4]
NAMES = np.array(["a", "b", "c"])[Y]
TRAINED = {
    "encoding": "reuploading",
    "n_qubits": 2,
    "depth": 1,
    "trainable": True,
    "alignment_steps": 3,
    "random_state": 0,
}
MODELS = [
    KernelClassifier(),
    KernelClassifier(kernel="projected", locality=2, **TRAINED),
    KernelClassifier(n_components=8, random_state=0, scale="auto", class_weight={"a": 2.0}),
    KernelClassifier(backend=Simulator(shots=50), random_state=0, regularisation="threshold"),
    KernelRegressor(**TRAINED),
    KernelRegressor(method="svr", n_components=8, kernel="projected-linear", random_state=0),
    KernelRegressor(encoding=Circuit(1).ry(0, x[0]), method="svr", standardise=False),
    QuantumClusterer(3, encoding="angle", random_state=0),
    QuantumAnomalyDetector(encoding="angle", kernel="projected"),
    QuantumFeatures(kind="kitchen-sinks", episodes=4, random_state=0),
    QuantumFeatures(encoding="reuploading", random_state=0, locality=2),
]


def taught(model):
    return model.fit(X, NAMES if isinstance(model, KernelClassifier) else X[:, 0] + 1.0)


def said(model):
    """All that a model says of samples."""
    return [getattr(model, name)(X) for name in ("predict", "predict_proba", "decision_function", "transform")
            if hasattr(model, name)]  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda m: type(m).__name__)
def test_a_saved_model_says_the_same(model, tmp_path):
    fitted = taught(clone(model))
    save(tmp_path / "model", *to_arrays(fitted))
    back = from_arrays(*load(tmp_path / "model"))
    assert back.backend is None
    for before, after in zip(said(fitted.on(None)), said(back), strict=True):
        if before.dtype.kind == "f":
            np.testing.assert_allclose(after, before, atol=2e-5)
        else:
            np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: type(m).__name__)
def test_what_a_damaged_file_lacks_is_named(model):
    config, arrays = to_arrays(taught(clone(model)))
    config = json.loads(json.dumps(config))
    for name in arrays:
        with pytest.raises(ValueError, match=f"has no array '{name}'"):
            from_arrays(config, {k: v for k, v in arrays.items() if k != name})
        short = arrays[name][:-1]
        with pytest.raises(ValueError, match=r"[Tt]he saved model"):
            from_arrays(config, {**arrays, name: short})


@pytest.mark.parametrize("model", MODELS[:8], ids=lambda m: type(m).__name__)
def test_the_same_seed_says_the_same(model):
    first, second = (said(taught(clone(model))) for _ in range(2))
    for before, after in zip(first, second, strict=True):
        np.testing.assert_array_equal(before, after)


def test_features_are_scaled_as_the_encoding_wants():
    circuit = Circuit(1).ry(0, x[0])
    seen = {}

    def looking(name, span):
        def prepare(scaled):
            seen[name] = scaled
            return scaled

        return Encoding(name, circuit, prepare, span)

    for span in ("angle", "unit", "raw"):
        KernelRegressor(encoding=looking(span, span)).fit(X, X[:, 0])
    z = np.clip((X - X.mean(axis=0)) / X.std(axis=0), -3, 3)
    np.testing.assert_allclose(seen["angle"], z / 2)
    low, high = X.min(axis=0), X.max(axis=0)
    np.testing.assert_allclose(seen["unit"], (2 * X - low - high) / (high - low), atol=1e-12)
    np.testing.assert_array_equal(seen["raw"], X)
    KernelRegressor(encoding=looking("plain", "angle"), standardise=False, scale=0.5).fit(X, X[:, 0])
    np.testing.assert_array_equal(seen["plain"], X / 2)


def test_the_kernel_is_a_value():
    model = taught(KernelClassifier(**TRAINED))
    inputs = model._inputs(X)
    np.testing.assert_allclose(model.kernel_.gram(inputs), model.gram_, atol=1e-7)
    assert model.kernel_.weights is model.weights_


def test_gamma_follows_the_spread():
    rows = np.random.default_rng(0).normal(size=(200, 4))
    assert scaled_gamma(rows) == pytest.approx(1 / rows.var(axis=0).sum())
    assert scaled_gamma(np.ones((5, 4))) == 1.0


def test_registers_that_are_too_large_are_refused():
    wide = np.random.default_rng(0).normal(size=(6, 21))
    with pytest.raises(ValueError, match="at most 20 qubits, but 21 features take 21"):
        KernelClassifier().fit(wide, [0, 1] * 3)
