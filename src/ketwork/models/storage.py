"""Models as plain data: a dictionary that JSON can hold and named arrays. Loading runs no code from the file."""

import json
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from ketwork.models.classifier import VariationalClassifier
from ketwork.models.kernel_methods import KernelClassifier
from ketwork.models.readout import z_observables
from ketwork.models.scaling import FeatureScale

Model = VariationalClassifier | KernelClassifier
Arrays = dict[str, NDArray[Any]]
_KINDS: dict[str, Any] = {"VariationalClassifier": VariationalClassifier, "KernelClassifier": KernelClassifier}
_LEFT_OUT = ("random_state", "callbacks", "verbose", "threads")


def to_arrays(model: Model) -> tuple[dict[str, Any], Arrays]:
    """A fitted model as (config, arrays)."""
    config = {
        "kind": type(model).__name__,
        "parameters": {k: v for k, v in model.get_params().items() if k not in _LEFT_OUT},
        "classes": [str(c) for c in model.classes_],
        "n_features": int(model.n_features_in_),
    }
    arrays = {"scale_mean": model.scale_.mean, "scale_deviation": model.scale_.deviation}
    if isinstance(model, VariationalClassifier):
        return config, {**arrays, "weights": model.weights_, "head": model.head_, "bias": model.bias_}
    labels = np.searchsorted(model.classes_, model.labels_)
    return config, {**arrays, "anchors": model.anchors_, "labels": labels}


def from_arrays(config: dict[str, Any], arrays: Arrays) -> Model:
    """A fitted model from what `to_arrays` gave. Raises: ValueError when something is missing or does not fit."""
    if config.get("kind") not in _KINDS:
        raise ValueError(f"A saved model must be one of {', '.join(_KINDS)}, but says {config.get('kind')!r}.")
    missing = {"parameters", "classes", "n_features"} - set(config)
    if missing:
        raise ValueError(f"The saved model does not say its {' and '.join(sorted(missing))}.")
    model: Any = _KINDS[config["kind"]]()
    unknown = set(config["parameters"]) - set(model.get_params())
    if unknown:
        raise ValueError(
            f"The saved model has parameters that this version does not know: {', '.join(sorted(unknown))}."
        )
    model.set_params(**config["parameters"])
    model.n_features_in_ = int(config["n_features"])
    model.classes_ = np.array(config["classes"])
    try:
        scale = FeatureScale(arrays["scale_mean"], arrays["scale_deviation"], 1.0)
        if isinstance(model, KernelClassifier):
            return model.restore(scale, arrays["anchors"], model.classes_[arrays["labels"]])
        model._build(np.zeros((1, model.n_features_in_)))
        model.scale_ = FeatureScale(scale.mean, scale.deviation, float(model.scale))
        model.observables_ = z_observables(model.circuit_.n_qubits)
        model.weights_, model.head_, model.bias_ = arrays["weights"], arrays["head"], arrays["bias"]
    except KeyError as error:
        raise ValueError(f"The saved model has no array {error}.") from None
    wanted = (model.circuit_.n_weights,), (len(model.observables_), len(model.classes_)), (len(model.classes_),)
    if (model.weights_.shape, model.head_.shape, model.bias_.shape) != wanted:
        raise ValueError("The saved model's arrays do not fit its circuit.")
    return model  # type: ignore[no-any-return]


def save(path: Path, config: dict[str, Any], arrays: Arrays) -> None:
    """Write config to `path`.json and arrays to `path`.npz."""
    path.with_suffix(".json").write_text(json.dumps(config, indent=1) + "\n")
    np.savez(path.with_suffix(".npz"), **arrays)  # type: ignore[arg-type]


def load(path: Path) -> tuple[dict[str, Any], Arrays]:
    """Read what `save` wrote. Raises: ValueError when a file is missing or is not of that form."""
    try:
        config = json.loads(path.with_suffix(".json").read_text())
        with np.load(path.with_suffix(".npz"), allow_pickle=False) as found:
            return config, {name: found[name] for name in found.files}
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise ValueError(f"There is no saved model at {path}: {error}") from None
