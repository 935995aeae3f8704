"""Quantum recurrent cells as reservoirs and trained, their classical twins, and autoregression: the computation of the
atlas entry.

Source: Chen et al., "Reservoir Computing via Quantum Recurrent Neural Networks", arXiv:2211.02612. Its abstract could
be read; what is said of its circuits and tasks is from Chen, Yoo and Fang, arXiv:2009.01783, and recalled.
"""

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_choice
from ketwork.experiments.sequences import SEQUENCES, Windows, sequence
from ketwork.models.reservoir import ALPHAS, ReservoirRegressor
from ketwork.optimize.gradient_steps import init_rmsprop, rmsprop
from ketwork.seeds import generator

Floats = NDArray[np.floating[Any]]
TWINS = {"qrnn": "rnn", "qgru": "gru", "qlstm": "lstm"}
"""The quantum cells, and the classical cell beside each."""
KINDS = (*TWINS, *TWINS.values())
HIDDEN = {"lstm": 6}
"""Hidden numbers where they are not 5: so an LSTM has 192 weights beside a QLSTM's 216, and reads 6 numbers as it."""
TASKS = tuple(SEQUENCES)
AUTOREGRESSION, QUADRATIC, LAST = "linear autoregression", "quadratic autoregression", "last value"
BASELINES = (AUTOREGRESSION, QUADRATIC, LAST)
RECIPE = {"optimizer": "rmsprop", "optimizer_options": {"learning_rate": 0.01}, "batch_size": 10, "refit": False}
"""How a published code of such a QLSTM trains it; 16 such steps are a pass over the training windows."""


def mean_square(model: Any, part: tuple[Floats, Floats]) -> float:
    """The mean squared error of a fitted model on (X, y)."""
    return float(np.mean((model.predict(part[0]) - part[1]) ** 2))


def _made(kind: str, seed: int, **options: Any) -> ReservoirRegressor:
    check_choice("kind", kind, KINDS)
    return ReservoirRegressor(kind, HIDDEN.get(kind, 5), random_state=seed, **options)


def _judged(model: ReservoirRegressor, task: Windows) -> dict[str, Any]:
    """Fit a model and say what came of it. seconds_to_fit: wall time; of a second fit where the first was quick."""
    started = time.perf_counter()
    model.fit(*task.training)
    seconds = time.perf_counter() - started
    if seconds < 1:  # what is made once, such as a lowered circuit, is no part of it
        seconds = min(seconds, model.fit(*task.training).fit_seconds_)
    return {
        "test": mean_square(model, task.testing),
        "train": mean_square(model, task.training),
        "seconds_to_fit": seconds,
        "parameters": model.n_parameters_,
        "circuits": model.n_circuit_evaluations_,
        "predicted": model.predict(task.testing[0]).tolist(),
        "history": model.history_,
    }


def learn(name: str, kind: str, seed: int, steps: int) -> dict[str, Any]:
    """A cell on a task from the same random weights twice: as a reservoir, and trained for so many steps of Adam.

    The training runs in single precision, which is faster; the reservoir's ridge regression is exact and brings out
    rounding, so its circuits run in double.
    """
    task = sequence(name)
    trained = _made(kind, seed, train_cell=True, steps=steps, precision="single")
    return {
        "task": name,
        "kind": kind,
        "reservoir": _judged(_made(kind, seed), task),
        "trained": _judged(trained, task),
    }


def by_recipe(name: str, kind: str, seed: int, steps: int) -> dict[str, Any]:
    """A cell trained on a task by the published recipe."""
    model = _made(kind, seed, train_cell=True, steps=steps, precision="single", **RECIPE)
    return {"task": name, "kind": kind, "steps": steps, **_judged(model, sequence(name))}


def readout_by_steps(name: str, kind: str, seed: int, passes: int = 100) -> dict[str, Any]:
    """A reservoir whose linear read-out is learned by the published recipe instead of solved: RMSprop in batches of 10.

    history: the training loss after every pass, as a share of the variance of the targets.
    """
    task = sequence(name)
    model = _made(kind, seed).fit(*task.training)
    rng = generator(seed)
    both = np.column_stack([model.features(task.X), np.ones(len(task.X))])
    features, tested = both[: task.learn], both[task.learn :]
    mean, deviation = float(model.target_mean_[0]), float(model.target_deviation_[0])
    targets = (task.training[1] - mean) / deviation
    weights = rng.uniform(-1, 1, features.shape[1]) / np.sqrt(features.shape[1] - 1)
    state, history = init_rmsprop(weights), []
    for _ in range(passes):
        for first in range(0, len(targets), 10):
            rows = slice(first, first + 10)
            off = features[rows] @ weights - targets[rows]
            weights, state = rmsprop(2 * features[rows].T @ off / len(off), state, weights, learning_rate=0.01)
        history.append(float(np.mean((features @ weights - targets) ** 2)))
    off = tested @ weights * deviation + mean - task.testing[1]
    return {"task": name, "kind": kind, "history": history, "test": float(np.mean(off**2))}


def baselines(name: str) -> dict[str, Any]:
    """Test errors without any network: ridge regression of the window's values, of those and their products, and the
    last value; and the series to draw.

    Source of the second: Gauthier et al., Nat. Commun. 12 (2021) 5564 (a reservoir without one).
    """
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures

    task = sequence(name)
    X, y = task.testing
    models = {
        AUTOREGRESSION: RidgeCV(np.array(ALPHAS)),
        QUADRATIC: make_pipeline(PolynomialFeatures(2, include_bias=False), RidgeCV(np.array(ALPHAS))),
    }
    found = {key: mean_square(model.fit(*task.training), task.testing) for key, model in models.items()}
    return {
        "task": name,
        "windows": [task.learn, len(y)],
        "test": {**found, LAST: float(np.mean((X[:, -1] - y) ** 2))},
        "variance": float(y.var()),
        "series": y.tolist(),
    }


def by_option(name: str, kind: str, what: str, values: tuple[float, ...], seed: int) -> dict[str, Any]:
    """Test errors of reservoirs over "qubits" or the "scale" of their input."""
    check_choice("what", what, ("qubits", "scale"))
    task = sequence(name)
    found = []
    for value in values:
        option: dict[str, Any] = {"hidden": int(value) - 1} if what == "qubits" else {"scale": value}
        model = ReservoirRegressor(kind, random_state=seed, **option).fit(*task.training)
        found.append(mean_square(model, task.testing))
    return {"task": name, "kind": kind, "values": list(values), "test": found}
