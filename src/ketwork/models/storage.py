"""Models as plain data: a dictionary that JSON can hold and named arrays. Loading runs no code from the file."""

import importlib
import json
import zlib
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_int
from ketwork.models.plain import as_plain, from_plain

Arrays = dict[str, NDArray[Any]]
KINDS = {
    "VariationalClassifier": "ketwork.models.classifier",
    "VariationalRegressor": "ketwork.models.regressor",
    "KernelClassifier": "ketwork.models.kernel_methods",
    "KernelRegressor": "ketwork.models.kernel_methods",
    "QuantumFeatures": "ketwork.models.quantum_features",
    "QuantumClusterer": "ketwork.models.clusterer",
    "QuantumAnomalyDetector": "ketwork.models.anomaly",
    "ReservoirRegressor": "ketwork.models.reservoir",
}
"""The estimators that can be saved, and where they are at home.

Each has two hooks. `_saved()` gives what it has learned beyond its parameters as (facts, arrays): facts are values that
`plain.as_plain` knows, arrays hold numbers. `_restored(facts, arrays)` takes them in, on an estimator that has its
parameters and `n_features_in_`, and returns it; what is missing raises by itself, other shapes are the hook's to refuse
(ValueError).
"""
_LEFT_OUT = ("random_state", "callbacks", "verbose", "threads", "backend")


def to_arrays(model: Any) -> tuple[dict[str, Any], Arrays]:
    """A fitted model as (config, arrays); of the backend it was trained on the name alone.

    Raises: TypeError for a parameter that cannot be said in plain data, such as a function.
    """
    kind = type(model).__name__
    if kind not in KINDS:
        raise TypeError(f"A saved model must be one of {', '.join(KINDS)}, but is {kind}.")
    facts, arrays = model._saved()
    config: dict[str, Any] = {
        "kind": kind,
        "parameters": {k: as_plain(v) for k, v in model.get_params(deep=False).items() if k not in _LEFT_OUT},
        "n_features": int(model.n_features_in_),
        **{name: as_plain(value) for name, value in facts.items()},
    }
    if hasattr(model, "feature_names_in_"):
        config["feature_names"] = [str(name) for name in model.feature_names_in_]
    if getattr(model, "backend", None) is not None:
        config["trained_on"] = backend_name(model.backend)
    return config, arrays


def backend_name(backend: Any) -> str:
    """A backend in a few words: what runs circuits, what is around it, how often it reads."""
    inner = getattr(backend, "backend", None)
    if inner is not None:
        method = getattr(backend, "method", None) or getattr(backend, "function", None)
        return f"{backend_name(inner)}, {type(method or backend).__name__}"
    device, noise = getattr(backend, "device", None), getattr(backend, "noise", None)
    words = [type(backend).__name__]
    if device is not None:
        words.append(f"{getattr(device, 'name', device)} of {getattr(device, 'date', 'no date')}")
    elif noise is not None and not noise.is_empty:
        words.append("with noise")
    shots = getattr(backend, "shots", None)
    return " ".join(words) + (f", {shots} shots" if shots else "")


def from_arrays(config: dict[str, Any], arrays: Arrays, backend: Any = None) -> Any:
    """A fitted model from what `to_arrays` gave, predicting on a backend (None: the ideal simulator).

    Raises: ValueError when something is missing or does not fit.
    """
    if not isinstance(config, dict) or not isinstance(config.get("kind"), str):
        raise ValueError("A saved model must say its kind, but does not.")
    kind = config["kind"]
    if kind not in KINDS:
        raise ValueError(f"A saved model must be one of {', '.join(KINDS)}, but says {kind!r}.")
    missing = {"parameters", "n_features"} - set(config)
    if missing:
        raise ValueError(f"The saved model does not say its {' and '.join(sorted(missing))}.")
    try:
        model = getattr(importlib.import_module(KINDS[kind]), kind)()
        return _with_parameters(model, config)._restored(_Facts(config), _Arrays(arrays)).on(backend)
    except (TypeError, AttributeError, IndexError, KeyError, OverflowError) as error:
        raise ValueError(f"The saved model is damaged: {error}") from None


def _with_parameters(model: Any, config: dict[str, Any]) -> Any:
    parameters = {name: from_plain(value) for name, value in config["parameters"].items()}
    unknown = set(parameters) - set(model.get_params(deep=False))
    if unknown:
        raise ValueError(
            f"The saved model has parameters that this version does not know: {', '.join(sorted(unknown))}."
        )
    model.set_params(**parameters)
    model.n_features_in_ = check_int("n_features", config["n_features"], 1)
    names = config.get("feature_names")
    if names is not None:
        if len(names) != model.n_features_in_ or not all(isinstance(name, str) for name in names):
            raise ValueError(f"The saved model's names do not fit its {model.n_features_in_} features.")
        model.feature_names_in_ = np.array(names, dtype=object)
    return model


class _Facts(dict[str, Any]):
    """What a saved model says, as the values that were written."""

    def __getitem__(self, name: str) -> Any:
        if name not in self:
            raise ValueError(f"The saved model does not say its {name}.")
        return from_plain(super().__getitem__(name))


class _Arrays(dict[str, Any]):
    """The arrays of a saved model, each looked at before it is used."""

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self:
            raise ValueError(f"The saved model has no array {name!r}.")
        found = np.asarray(super().__getitem__(name))
        if found.dtype.kind not in "biuf" or not np.isfinite(found).all():
            raise ValueError(f"The saved model's array {name!r} must hold finite real numbers, but does not.")
        return found


def save(path: Path, config: dict[str, Any], arrays: Arrays) -> None:
    """Write config to `path`.json and arrays to `path`.npz."""
    text = json.dumps(config, indent=1)
    path.with_name(path.name + ".json").write_text(text + "\n")
    np.savez(path.with_name(path.name + ".npz"), **arrays)  # type: ignore[arg-type]


def load(path: Path) -> tuple[dict[str, Any], Arrays]:
    """Read what `save` wrote. Raises: ValueError when a file is missing or is not of that form."""
    try:
        config = json.loads(path.with_name(path.name + ".json").read_text())
        with np.load(path.with_name(path.name + ".npz"), allow_pickle=False) as found:
            return config, {name: found[name] for name in found.files}
    except (OSError, ValueError, TypeError, EOFError, RuntimeError, BadZipFile, zlib.error) as error:
        raise ValueError(f"There is no saved model at {path}: {error}") from None
