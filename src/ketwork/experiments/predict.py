"""`ketwork predict`: a saved model on new data."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.experiments.data import BUILT_IN, from_table, load
from ketwork.experiments.folds import reduce
from ketwork.experiments.task import UserError
from ketwork.models.storage import from_arrays
from ketwork.models.storage import load as load_model


def predict_rows(run: Path, data: str, device: str | None = None, shots: int | None = None) -> list[str]:
    """CSV lines: a header, then the predicted class (and, where known, its probability) of every row; the number that
    a regressor predicts; or for several labels or outputs a column each.

    device, shots: where the circuits run and how often each is read; by default exact values of an ideal simulator.
    Raises: UserError when the run has no model, or the data lacks a feature or holds values not finite.
    """
    if not (run / "model.json").is_file():
        raise UserError(f"{run} holds no finished run that can predict: there is no trained model in it.")
    try:
        config, arrays = load_model(run / "model")
        names = columns_of(config)
        model = from_arrays(config, arrays)
    except ValueError as error:
        raise UserError(f"{run} holds no finished run that can predict: {error}") from None
    if device is not None or shots is not None:
        from ketwork.experiments.on_device import place_for

        model = model.on(place_for(device, shots, model.circuit_.n_qubits).reading(seed=0))
    if not isinstance(names, list):
        raise UserError(f"{run} holds a model that does not know the names of its features: `ketwork fit` saves them.")
    X = _features(data, names)
    bad = np.argwhere(~np.isfinite(X))
    if len(bad):
        raise UserError(f"{data}: column {names[bad[0][1]]!r} holds {X[tuple(bad[0])]} in data row {bad[0][0] + 1}.")
    reduction = {k.removeprefix("reduction_"): v for k, v in arrays.items() if k.startswith("reduction_")}
    inputs = reduce(X, reduction) if reduction else X
    chances = model.predict_proba(inputs) if hasattr(model, "predict_proba") else None
    if chances is not None and not getattr(model, "multilabel_", False):
        rows = [[model.classes_[row.argmax()], f"{row.max():.4f}"] for row in chances]
        return _csv([["prediction", "probability"], *rows])
    if not hasattr(model, "predict"):
        raise UserError(f"{run} holds a {config['kind']}, which predicts nothing.")
    try:
        found = np.asarray(model.predict(inputs))
    except ValueError as error:  # a kernel from pairs has a limit of how many
        raise UserError(str(error)) from None
    if found.ndim == 1:
        return _csv([["prediction"], *([value] for value in found)])
    return _csv([[f"prediction {k}" for k in range(found.shape[1])], *found])


def columns_of(config: dict[str, Any]) -> Any:
    """Which columns of the data a run's model takes, before they are reduced; taken out of its config.

    "columns"; runs of before had "feature_names" for it, which by now names the features of the model itself.
    """
    return config.pop("columns") if "columns" in config else config.pop("feature_names", None)


def _csv(rows: list[list[Any]]) -> list[str]:
    """Rows as lines of CSV, quoted where they must be."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\0").writerows(rows)
    return text.getvalue().split("\0")[:-1]


def _features(data: str, names: list[str]) -> NDArray[np.float64]:
    if data not in BUILT_IN:
        return from_table(Path(data), None, needed=names).X
    found = load(data)
    if list(found.feature_names) != names:
        raise UserError(f"{data} does not have the features that the model was trained on.")
    return found.X
