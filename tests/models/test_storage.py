"""Saved models: the same predictions, no code, and errors that say what is wrong."""

import importlib
import json
import pickle
import warnings
from zipfile import ZipFile

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from ketwork import Circuit, PauliSum, w, x
from ketwork.backends.device import DeviceBackend
from ketwork.engine.simulator import Simulator
from ketwork.mitigate.sampled import readout
from ketwork.mitigate.zne import zne
from ketwork.models import KernelClassifier, VariationalClassifier
from ketwork.models.encoding import Encoding
from ketwork.models.encodings import encode
from ketwork.models.regressor import VariationalRegressor
from ketwork.models.storage import KINDS, backend_name, from_arrays, load, save, to_arrays
from ketwork.noise import NoiseModel, depolarizing

X, Y = load_iris(return_X_y=True)


@pytest.fixture(scope="module", params=["variational", "kernel"])
def model(request):
    if request.param == "kernel":
        return KernelClassifier().fit(X[::3], Y[::3])
    return VariationalClassifier(epochs=3, random_state=0).fit(X, Y)


def test_a_model_comes_back(model, tmp_path):
    save(tmp_path / "model", *to_arrays(model))
    back = from_arrays(*load(tmp_path / "model"))
    np.testing.assert_array_equal(back.predict(X), model.predict(X), strict=True)
    scores = "predict_proba" if hasattr(model, "predict_proba") else "decision_function"
    np.testing.assert_allclose(getattr(back, scores)(X), getattr(model, scores)(X), atol=1e-6)


OWN = Circuit(2).rx(0, 0.5 * x[0]).cx(0, 1).ry(1, w[0] * x[1] + w[1])
LABELS2 = np.stack([Y == 0, X[:, 0] > 6], axis=1).astype(int)
VARIANTS = {
    "sigmoid": (VariationalClassifier(readout="sigmoid"), Y),
    "observables": (VariationalClassifier(readout="observables", class_weight={0: 1.0, 2: 0.5}), Y),
    "own circuit": (
        VariationalClassifier(OWN, Circuit(2).ry(0, w[0]), observables=[PauliSum.from_dict({"XZ": 0.5, "YI": 1})]), Y
    ),
    "own encoding": (VariationalClassifier(encode("chebyshev", 4), None, observables=[(np.eye(2), [0])]), Y),
    "options": (
        VariationalClassifier("zz", topology=[(0, 1), (1, 2)], encoding_options={"depth": 1}, optimizer="sgd",
                              optimizer_options={"momentum": 0.9}), Y
    ),
    "single shot": (VariationalClassifier(readout="single_shot", read_qubits=(1, 0)), Y),
    "parity": (VariationalClassifier(readout="single_shot", read_as="parity"), Y == 1),
    "labels": (VariationalClassifier(), LABELS2),
    "single-shot labels": (VariationalClassifier(readout="single_shot"), LABELS2),
    "text": (VariationalClassifier(), np.array(["a", "bb", "c"], dtype=object)[Y]),
    "regressor": (VariationalRegressor(loss="huber"), X[:, 2]),
    "outputs": (VariationalRegressor(readout="observables"), X[:, :2]),
}  # fmt: skip


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_comes_back(name, tmp_path):
    model, y = clone(VARIANTS[name][0]).set_params(epochs=2, random_state=0), VARIANTS[name][1]
    model.fit(X, y)
    save(tmp_path / "model", *to_arrays(model))
    back = from_arrays(*load(tmp_path / "model"))
    for method in ("predict", "predict_proba", "decision_function"):
        if hasattr(model, method):
            np.testing.assert_array_equal(getattr(back, method)(X), getattr(model, method)(X), strict=True)
    if model.get_params().get("readout") == "single_shot":
        drawn = [m.predict_single_shot(X, seed=3) for m in (model, back)]
        np.testing.assert_array_equal(*drawn, strict=True)
    config, arrays = load(tmp_path / "model")
    for array in arrays:
        with pytest.raises(ValueError, match=rf"has no array '{array}'"):
            from_arrays(config, {k: v for k, v in arrays.items() if k != array})
        with pytest.raises(ValueError, match=r"fit|shape"):
            from_arrays(config, {**arrays, array: np.ones((3, 3, 3))})


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_comes_back(kind, tmp_path):
    model = getattr(importlib.import_module(KINDS[kind]), kind)()
    quick = {"epochs": 2, "random_state": 0, "n_clusters": 3}
    model.set_params(**{k: v for k, v in quick.items() if k in model.get_params()})
    model.fit(X[::3], X[::3, 2] if kind.endswith("Regressor") else Y[::3])
    save(tmp_path / "model", *to_arrays(model))
    back = from_arrays(*load(tmp_path / "model"))
    assert {k: str(v) for k, v in back.get_params().items() if k != "random_state"} == {
        k: str(v) for k, v in model.get_params().items() if k != "random_state"
    }
    used = [m for m in ("predict", "predict_proba", "decision_function", "transform") if hasattr(model, m)]
    assert used
    for method in used:
        np.testing.assert_allclose(getattr(back, method)(X), getattr(model, method)(X), atol=1e-6)


def test_code_of_the_users_is_not_saved():
    mine = Encoding("mine", Circuit(1).rx(0, x[0]), prepare=lambda X: X[:, :1])
    model = VariationalClassifier(mine, None, epochs=1, random_state=0).fit(X, Y)
    with pytest.raises(TypeError, match="cannot be saved: a file holds no code"):
        to_arrays(model)


@pytest.mark.parametrize("labels", [np.array(["no", "yes", "maybe"]), np.array([0.0, 1.0, 2.0]), np.array([7, -1, 3])])
def test_labels_keep_their_type(labels, tmp_path):
    model = KernelClassifier().fit(X[::5], labels[Y[::5]])
    save(tmp_path / "model", *to_arrays(model))
    back = from_arrays(*load(tmp_path / "model"))
    np.testing.assert_array_equal(back.classes_, model.classes_, strict=True)
    np.testing.assert_array_equal(back.predict(X), model.predict(X), strict=True)


def test_a_file_of_ketwork_0_1_still_loads(model):
    """There labels were text, and parameters stood as they are."""
    config, arrays = to_arrays(model)
    old = {**config, "classes": ["0", "1", "2"]}
    np.testing.assert_array_equal(from_arrays(old, arrays).predict(X), model.predict(X).astype(str))


@pytest.mark.parametrize("wrong", [np.nan, np.inf, "text", 1j])
def test_arrays_must_hold_numbers(model, wrong):
    config, arrays = to_arrays(model)
    scales = np.array([wrong] * len(arrays["scale_mean"]))
    with pytest.raises(ValueError, match="'scale_mean' must hold finite real numbers"):
        from_arrays(config, {**arrays, "scale_mean": scales})


def test_every_kind_is_at_home_where_the_table_says():
    for kind, place in KINDS.items():
        found = getattr(importlib.import_module(place), kind)
        assert found.__module__ == place
        assert callable(found._saved)
        assert callable(found._restored)
    with pytest.raises(TypeError, match="but is LogisticRegression"):
        to_arrays(LogisticRegression().fit(X, Y))


class Trap:
    opened = False

    def __reduce__(self):
        return setattr, (Trap, "opened", True)


def test_pickles_in_the_file_are_refused(model, tmp_path):
    config, arrays = to_arrays(model)
    np.savez(tmp_path / "model.npz", **arrays, trap=np.array([Trap()], dtype=object))
    (tmp_path / "model.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="no saved model"):
        load(tmp_path / "model")
    assert not Trap.opened


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "no json"])
def test_damaged_files(model, tmp_path, damage):
    save(tmp_path / "model", *to_arrays(model))
    arrays, config = tmp_path / "model.npz", tmp_path / "model.json"
    if damage == "missing":
        arrays.unlink()
    elif damage == "empty":
        arrays.write_bytes(b"")
    elif damage == "cut":
        arrays.write_bytes(arrays.read_bytes()[:200])
    else:
        config.write_text("{")
    with pytest.raises(ValueError, match="There is no saved model at"):
        load(tmp_path / "model")


def test_what_does_not_fit_together(model):
    config, arrays = to_arrays(model)
    with pytest.raises(
        ValueError, match=r"must be one of VariationalClassifier, .*KernelClassifier, .*but says 'os\.system'"
    ):
        from_arrays({**config, "kind": "os.system"}, arrays)
    with pytest.raises(ValueError, match="does not know: telepathy"):
        from_arrays({**config, "parameters": {**config["parameters"], "telepathy": 1}}, arrays)
    with pytest.raises(ValueError, match="does not say its classes"):
        from_arrays({k: v for k, v in config.items() if k != "classes"}, arrays)
    with pytest.raises(ValueError, match="has no array"):
        from_arrays(config, {"scale_mean": arrays["scale_mean"]})
    if "weights" in arrays:
        with pytest.raises(ValueError, match="do not fit its circuit"):
            from_arrays(config, {**arrays, "weights": arrays["weights"][:-1]})


@pytest.mark.parametrize("key", ["parameters", "classes", "n_features"])
def test_every_missing_word_is_named(model, key):
    config, arrays = to_arrays(model)
    with pytest.raises(ValueError, match=f"does not say its {key}"):
        from_arrays({k: v for k, v in config.items() if k != key}, arrays)


def test_every_missing_array_is_named(model):
    config, arrays = to_arrays(model)
    for name in arrays:
        with pytest.raises(ValueError, match=f"has no array '{name}'"):
            from_arrays(config, {k: v for k, v in arrays.items() if k != name})


def test_the_files_hold_what_was_saved(model, tmp_path):
    config, arrays = to_arrays(model)
    save(tmp_path / "model", config, arrays)
    found, back = load(tmp_path / "model")
    assert found == config
    assert set(back) == set(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array, strict=True)
    assert not {"random_state", "callbacks", "verbose", "threads"} & set(found["parameters"])


def test_one_wrong_bit_is_seen(model, tmp_path):
    config, arrays = to_arrays(model)
    save(tmp_path / "model", config, arrays)
    file = tmp_path / "model.npz"
    data = bytearray(file.read_bytes())
    value = arrays["scale_mean"].tobytes()
    data[data.index(value)] ^= 1
    file.write_bytes(data)
    with pytest.raises(ValueError, match=r"Bad CRC-32 for file 'scale_mean\.npy'"):
        load(tmp_path / "model")


@pytest.mark.parametrize("packed", [False, True])
def test_a_bare_pickle_is_refused(model, tmp_path, packed):
    save(tmp_path / "model", *to_arrays(model))
    file = tmp_path / "model.npz"
    if packed:
        np.save(tmp_path / "trap.npy", np.array(Trap(), dtype=object), allow_pickle=True)
        with ZipFile(file, "a") as archive:
            archive.write(tmp_path / "trap.npy", "trap.npy")
    else:
        file.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ValueError, match="allow_pickle="):
        load(tmp_path / "model")
    assert not Trap.opened


def test_the_trap_would_have_opened(monkeypatch):
    """The tests above can fail: the same bytes run code where pickles are read."""
    monkeypatch.setattr(Trap, "opened", False)
    pickle.loads(pickle.dumps(Trap()))
    assert Trap.opened


def test_numpy_parameters_and_dots_in_names(tmp_path):
    fitted = VariationalClassifier(layers=np.int64(1), epochs=1, random_state=0).fit(X, Y)
    for name in ("m.v1", "m.v2"):
        save(tmp_path / name, *to_arrays(fitted))
    assert {path.name for path in tmp_path.iterdir()} == {"m.v1.json", "m.v1.npz", "m.v2.json", "m.v2.npz"}
    assert from_arrays(*load(tmp_path / "m.v1")).layers == 1


@pytest.mark.parametrize(
    "change",
    [
        {"kind": ["x"]},
        {"parameters": 5},
        {"parameters": {"layers": "x", "n_qubits": "y", "encoding": 3}},
        {"n_features": 2},
    ],
)
def test_damaged_configs(model, change):
    config, arrays = to_arrays(model)
    with pytest.raises(ValueError, match=r"saved model|must be one of|does not know|do not fit"):
        from_arrays({**config, **change}, arrays)
    with pytest.raises(ValueError, match="must say its kind"):
        from_arrays([], arrays)
    if "labels" in arrays:
        with pytest.raises(ValueError, match="labels do not fit"):
            from_arrays(config, {**arrays, "labels": arrays["labels"] - 2})


# ---------------------------------------------------------------------- backends
NOISY = Simulator(noise=NoiseModel().add(depolarizing(0.1)))


def test_a_model_comes_back_on_the_ideal_simulator_unless_told_otherwise(tmp_path):
    model = VariationalClassifier(epochs=2, random_state=0, backend=NOISY, precision="double").fit(X, Y)
    save(tmp_path / "model", *to_arrays(model))
    config, arrays = load(tmp_path / "model")
    assert config["trained_on"] == "Simulator with noise"
    assert "backend" not in config["parameters"]
    back = from_arrays(config, arrays)
    assert back.backend is None
    np.testing.assert_allclose(back.predict_proba(X), model.on(None).predict_proba(X), atol=1e-12)
    again = from_arrays(config, arrays, NOISY)
    np.testing.assert_allclose(again.predict_proba(X), model.predict_proba(X), atol=1e-12)
    assert np.abs(back.predict_proba(X) - again.predict_proba(X)).max() > 1e-3


def test_a_kernel_keeps_the_matrix_it_was_trained_with(tmp_path):
    model = KernelClassifier(backend=NOISY).fit(X[::4], Y[::4])
    save(tmp_path / "model", *to_arrays(model))
    config, arrays = load(tmp_path / "model")
    back = from_arrays(config, arrays)
    np.testing.assert_array_equal(back.svc_.dual_coef_, model.svc_.dual_coef_)
    np.testing.assert_allclose(back.decision_function(X), model.on(None).decision_function(X), atol=1e-6)
    with pytest.raises(ValueError, match="has no array 'gram'"):
        from_arrays(config, {k: v for k, v in arrays.items() if k != "gram"})


def test_backends_in_a_few_words():
    device = DeviceBackend("lima", 100)
    assert backend_name(Simulator()) == "Simulator"
    assert backend_name(device) == "DeviceBackend lima of 2021-03-15T00:36:03-04:00, 100 shots"
    assert backend_name(zne(readout(device))) == backend_name(device) + ", ReadoutUnfolding, ZeroNoise"


def test_names_of_features_come_back(model, tmp_path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abcd"[: X.shape[1]]))
    named = clone(model).fit(frame, Y)
    save(tmp_path / "model", *to_arrays(named))
    config, arrays = load(tmp_path / "model")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(from_arrays(config, arrays).predict(frame), named.predict(frame))
    with pytest.raises(ValueError, match="feature names should match"):
        from_arrays(config, arrays).predict(frame[frame.columns[::-1]])
    for names in (["a"], [1] * X.shape[1], 3):
        with pytest.raises(ValueError, match=r"names do not fit|damaged"):
            from_arrays({**config, "feature_names": names}, arrays)
