"""A run: every contender on every repetition, a row each, appended as it is done; running again goes on."""

import json
import platform
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ketwork import __version__
from ketwork.experiments import on_device
from ketwork.experiments.baselines import contenders
from ketwork.experiments.contenders import Contender, parameter_count
from ketwork.experiments.data import Dataset, draw_rows
from ketwork.experiments.folds import Parts, Rows, outer_folds, parts
from ketwork.experiments.ledger import open_rows
from ketwork.experiments.measures import measures
from ketwork.experiments.task import FitTask, UserError
from ketwork.experiments.tuning import Plan, choose, train

Row = dict[str, Any]


def features_taken(task: FitTask, n_features: int) -> int:
    """How many features the task's circuit takes: two a qubit when data is uploaded anew, else one a qubit."""
    qubits = on_device.most_qubits(task)
    per_qubit = 2 if task.model == "variational" and task.encoding in (None, "reuploading", "angle") else 1
    return min(n_features, task.features or qubits * per_qubit)


def drawn(task: FitTask, data: Dataset) -> Dataset:
    """The data set, or a stratified draw of `task.samples` of its rows. Raises: UserError for targets that are
    numbers, and when too few rows are left.
    """
    if data.continuous:
        raise UserError(f"{data.name} has numbers as targets, and fit is for classes; see `ketwork compare --help`.")
    found = draw_rows(data, task.samples, task.seed)
    if found is not data:
        names, counts = np.unique(found.y, return_counts=True)
        if len(names) < len(data.classes) or counts.min() < 2:
            raise UserError(f"--samples {task.samples} is too few: it leaves a class fewer than the 2 rows of folds.")
    return found


def folds(task: FitTask, data: Dataset) -> int:
    """Into how many folds the data is cut: as many as the task asks for, fewer where classes are too small for that."""
    _, counts = np.unique(data.y, return_counts=True)
    return max(2, min(task.folds, int(counts.min() if task.turned else counts.max())))


def test_size(task: FitTask, data: Dataset) -> int:
    """How many rows are held out for the test, up to one or two more where folds are not all of a size."""
    size, count = len(data.y), folds(task, data)
    return size - -(-size // count) if task.turned else size // count


def fold_rows(task: FitTask, data: Dataset, repetition: int) -> tuple[Rows, Rows]:
    """(training rows, test rows) of a repetition: fold by fold of a stratified cross-validation, then of the next."""
    count = folds(task, data)
    train, test = outer_folds(data.y, count, task.seed + repetition // count)[repetition % count]
    return (test, train) if task.turned else (train, test)


def split(task: FitTask, data: Dataset, repetition: int) -> Parts:
    """The data of one repetition, reduced with what the training rows alone teach."""
    taken = features_taken(task, data.X.shape[1])
    return parts(data.X, data.y, fold_rows(task, data, repetition), taken, task.seed + repetition)


def open_folder(out: Path, task: FitTask, data: Dataset, resume: bool) -> list[Row]:
    """Make or reopen the run's folder; returns the rows that are there. Raises: UserError."""
    facts = {"id": task.digest, "data": data.sha256, "task": asdict(task)}
    device = on_device.device_of(task)
    if device is not None:
        facts["device"] = on_device.device_hash(device)
    return open_rows(out, facts, resume, {"data": task.data, "device": task.device})


def execute(
    task: FitTask, data: Dataset, out: Path, done: list[Row], progress: Callable[[str, dict[str, Any]], None]
) -> list[Row]:
    """Run what is not done yet; every row is on disk before the next begins.

    progress(event, details) is told "start" (contender, repetition), "fit" (which of how many), "epoch" and "row".
    """
    rows = list(done)
    finished = {(row["contender"], row["repetition"]) for row in rows}
    for repetition in range(task.seeds):
        parameters = 100
        for contender in contenders(task):
            if (contender.name, repetition) not in finished:
                progress("start", {"contender": contender.name, "repetition": repetition})
                row, model = _one(task, data, contender, repetition, parameters, progress)
                if contender.kind == "quantum" and repetition == 0:
                    _save_model(out, task, data, split(task, data, repetition), model)
                with (out / "rows.jsonl").open("a") as file:
                    file.write(json.dumps(row) + "\n")
                rows.append(row)
                progress("row", row)
            if contender.kind == "quantum":
                found = next(r for r in rows if r["contender"] == contender.name and r["repetition"] == repetition)
                parameters = found["parameters"] or 100
    order = {c.name: k for k, c in enumerate(contenders(task))}
    return sorted(rows, key=lambda row: (order[row["contender"]], row["repetition"]))


def _one(
    task: FitTask,
    data: Dataset,
    contender: Contender,
    repetition: int,
    parameters: int,
    progress: Callable[[str, dict[str, Any]], None],
) -> tuple[Row, Any]:
    """Tune and fit one contender on one repetition: the tuning of `compare`, then the fit and what a device adds."""
    seed, (rows, _) = task.seed + repetition, fold_rows(task, data, repetition)
    plan = Plan(task.fits, features=features_taken(task, data.X.shape[1]))
    started = time.perf_counter()
    choice = choose(contender, data.X[rows], data.y[rows], seed, plan, parameters, progress)
    progress("fit", {"number": choice.fits + 1, "of": choice.fits + 1})
    fold = split(task, data, repetition)
    sizes = fold.X_train.shape[1], len(np.unique(fold.y_train)), parameters
    place = None if contender.kind == "baseline" else on_device.place_of(task, sizes[0])
    training = None if place is None else place.training(seed)

    def fitted(backend: Any) -> Any:
        """The chosen setting, trained on a backend (None: as the contender is)."""
        new = contender.build(choice.setting, seed, sizes)
        if backend is not None:
            new.set_params(backend=backend)
        if hasattr(new, "callbacks"):
            new.set_params(callbacks=[lambda entry: progress("epoch", entry)])
        return train(new, fold.X_train, fold.y_train).model

    fit_started = time.perf_counter()
    model = fitted(training)
    fit_seconds, seconds = time.perf_counter() - fit_started, time.perf_counter() - started
    judged, used = {}, model
    if place is not None:
        used = model.on(place.reading(seed))
        if contender.kind == "quantum":
            models = {"ideal": model} if training is None else {"ideal": fitted(None), "device": model}
            progress("judge", {"device": task.device or "shots"})
            judged = {"on_device": on_device.judge(place, models, fold.X_test, fold.y_test, seed)}
    return {
        "contender": contender.name,
        "kind": contender.kind,
        "repetition": repetition,
        "setting": choice.setting,
        "validation_scores": choice.scores,
        **measures(fold.y_test, used.predict(fold.X_test)),
        "train_accuracy": float(np.mean(used.predict(fold.X_train) == fold.y_train)),
        "parameters": parameter_count(model),
        "seconds": seconds,
        "fit_seconds": fit_seconds,
        "circuit_evaluations": choice.evaluations + getattr(model, "n_circuit_evaluations_", 0),
        "history": getattr(model, "history_", []),
        **judged,
    }, model


def _save_model(out: Path, task: FitTask, data: Dataset, fold: Parts, model: Any) -> None:
    from ketwork.models.storage import save, to_arrays

    config, arrays = to_arrays(model)
    config |= {"columns": list(data.feature_names), "data": data.name, "task": task.digest}
    save(out / "model", config, {**arrays, **{f"reduction_{k}": v for k, v in fold.reduction.items()}})
    (out / "circuit.svg").write_text(model.circuit_._repr_svg_())


def machine() -> dict[str, str]:
    """What the run ran on."""
    import numba
    import sklearn

    return {
        "ketwork": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
        "scikit-learn": sklearn.__version__,
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
    }


def processor() -> str:
    """The processor's name as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"
