"""One contender on one training part: settings tried within it, the best one fitted on all of it."""

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.experiments.contenders import Contender, Setting
from ketwork.experiments.folds import inner_folds, parts
from ketwork.experiments.measures import REGRESSION, scorer

Tell = Callable[[str, dict[str, Any]], None]


@dataclass(frozen=True)
class Plan:
    """How contenders are tuned. budget: fits for tuning one contender. inner: folds within the training part (1: a
    split). features: of the data after reduction, None for all. scoring: of `measures.SCORINGS`."""

    budget: int
    inner: int = 1
    features: int | None = None
    scoring: str = "accuracy"

    @property
    def regression(self) -> bool:
        return self.scoring in REGRESSION


@dataclass(frozen=True)
class Choice:
    """What tuning found: the setting, the mean score of each that was tried, fits and circuits spent, time in s."""

    setting: Setting
    tried: int
    scores: list[float] = field(default_factory=list)
    fits: int = 0
    evaluations: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Trained:
    """A fitted model; a regressor's targets were standardised for it, and its predictions are scaled back."""

    model: Any
    centre: float = 0.0
    spread: float | None = None

    def predict(self, X: NDArray[np.float64]) -> NDArray[Any]:
        found = np.asarray(self.model.predict(X))
        return found if self.spread is None else np.ravel(found) * self.spread + self.centre


def train(model: Any, X: NDArray[np.float64], y: NDArray[Any], regression: bool = False) -> Trained:
    """Fit quietly; Ctrl-C inside a model that keeps what it learned still stops the run."""
    from sklearn.exceptions import ConvergenceWarning

    found = Trained(model, float(np.mean(y)), float(np.std(y)) or 1.0) if regression else Trained(model)
    target = y if found.spread is None else (y - found.centre) / found.spread
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("error", message="Training (was )?interrupted")  # ours and scikit-learn's networks
        try:
            model.fit(X, target)
        except UserWarning as interrupted:
            raise KeyboardInterrupt from interrupted
    return found


def choose(
    contender: Contender, X: NDArray[np.float64], y: NDArray[Any], seed: int, plan: Plan, parameters: int, tell: Tell
) -> Choice:
    """Try settings on inner folds of a training part, X (N, F) as it came and y (N,); the first of the best is taken.

    The defaults come first, then random settings, as many as the budget of fits allows with a fit an inner fold; what
    scales and reduces the features is learned in each inner fold anew. parameters: of the first model, for models of
    like size. Nothing is fitted where there is nothing to choose from.
    """
    started = time.perf_counter()
    folds = inner_folds(y, plan.inner, seed + 10_000, plan.regression)
    settings = contender.tried(max(1, plan.budget // len(folds)), seed)
    if len(settings) == 1:
        return Choice(settings[0], 1)
    score, evaluations = scorer(plan.scoring), 0
    inner = [parts(X, y, rows, plan.features, seed) for rows in folds]
    scores: list[float] = []
    for number, setting in enumerate(settings):
        tell("fit", {"number": number + 1, "of": len(settings) + 1})
        found = []
        for part in inner:
            sizes = part.X_train.shape[1], len(np.unique(part.y_train)), parameters
            trained = train(contender.build(setting, seed, sizes), part.X_train, part.y_train, plan.regression)
            found.append(score(part.y_test, trained.predict(part.X_test)))
            evaluations += int(getattr(trained.model, "n_circuit_evaluations_", 0))
        scores.append(float(np.mean(found)))
    best = settings[int(np.nanargmax(scores)) if np.isfinite(scores).any() else 0]
    spent = time.perf_counter() - started
    return Choice(best, len(settings), scores, len(settings) * len(inner), evaluations, spent)
