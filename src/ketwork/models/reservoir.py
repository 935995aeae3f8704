"""Recurrent cells as a scikit-learn regressor on windows: a reservoir, or trained through and through."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from ketwork import seeds
from ketwork.checks import check_array, check_choice, check_int, check_real
from ketwork.engine.simulator import Simulator
from ketwork.models.on_backends import OnBackends, check_backend
from ketwork.models.recurrent import Cell, CircuitGate, build_cell
from ketwork.models.scaling import FeatureScale
from ketwork.optimize import GRADIENT_STEPS, methods_with, minimize

Floats = NDArray[np.floating[Any]]
OPTIMIZERS = methods_with("gradient")
ALPHAS = tuple(float(10.0**k) for k in range(-8, 3))
_START = (1.0,)  # the penalty that a training starts from
_OPTIONS = {"adam": {"learning_rate": 0.1, "schedule": "cosine"}}


class ReservoirRegressor(OnBackends, RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """A regressor of windows of a sequence, y (N,) or (N, T), by a recurrent cell and a linear map of what it reads.

    As it comes it is a reservoir: the cell's weights stay random and the linear map is a ridge regression, solved
    exactly. With `train_cell` the cell is trained too, by gradients back through time, from a reservoir of the same
    random weights onwards, whose ridge regression has a penalty of 1: a start with large weights is a stiff one. At the
    end its linear map is solved as that of a reservoir.

    Parameters
    ----------
    cell : "qrnn", "qlstm", "qgru" (gates are circuits) or "rnn", "lstm", "gru" (linear gates).
    hidden : numbers that go from step to step. A circuit has hidden + channels qubits. depth : layers of a circuit.
    channels : values a step. X (N, F) holds F / channels steps, the oldest first, each with its channels.
    scale : every channel is standardised over all steps, clipped at 3 standard deviations and multiplied by this; 0.4
        fills about [-1, 1], where arctan is nearly straight.
    spread : random weights are uniform in [-spread, spread]; None for pi (angles) or 1/sqrt(hidden) (linear gates).
    alphas : penalties of the ridge regression to choose from, by leave-one-out errors on the training data.
    train_cell : train all weights by mean squared error, instead of the linear map alone. The rest is for that:
    optimizer : one of `ketwork.optimize.METHODS` that needs a gradient and no more, or a torch optimiser, for so many
        steps; optimizer_options : what else it takes; None is for Adam with a rate that falls from 0.1 by a cosine.
    batch_size : of random mini-batches, one a step, for optimisers that bear them ("adam", "adamw", "sgd", "rmsprop",
        torch's); None for all windows at every step.
    l2 : penalty of the squared weights of the linear map, in training.
    refit : solve the linear map by ridge regression after training; without it stays as it was trained.
    precision : "double" (the default: a linear map of a few features can need large weights, which would bring out
        rounding) or "single". threads : None for all cores. random_state : seed of the random weights.
    callbacks : functions of {"step", "loss"} after every step; one that returns True stops the training.
    backend : runs the circuits; None for an ideal `Simulator`. Clones share it.

    Attributes
    ----------
    cell_ : the `Cell`; circuit_ : its widest circuit, None for linear gates. weights_ (P,) : of the cell.
    coef_ (n_features, T), intercept_ (T,) : of the linear map, in standard deviations of y. alpha_ : the penalty.
    history_ : the loss at every step of the training, in squared standard deviations of y; empty for a reservoir.
    n_parameters_ : numbers that were trained. n_circuit_evaluations_ : circuits that a device would have run, with two
    shifts an angle for gradients. fit_seconds_.

    Source: Chen et al., arXiv:2211.02612 (reservoirs of quantum recurrent cells).
    """

    def __init__(
        self,
        cell: str = "qrnn",
        hidden: int = 5,
        depth: int = 2,
        channels: int = 1,
        scale: float = 0.4,
        spread: float | None = None,
        alphas: Any = ALPHAS,
        train_cell: bool = False,
        optimizer: Any = "adam",
        optimizer_options: dict[str, Any] | None = None,
        steps: int = 150,
        batch_size: int | None = None,
        l2: float = 1e-8,
        refit: bool = True,
        precision: str = "double",
        threads: int | None = None,
        random_state: Any = None,
        callbacks: Any = None,
        backend: Any = None,
    ) -> None:
        self.cell = cell
        self.hidden = hidden
        self.depth = depth
        self.channels = channels
        self.scale = scale
        self.spread = spread
        self.alphas = alphas
        self.train_cell = train_cell
        self.optimizer = optimizer
        self.optimizer_options = optimizer_options
        self.steps = steps
        self.batch_size = batch_size
        self.l2 = l2
        self.refit = refit
        self.precision = precision
        self.threads = threads
        self.random_state = random_state
        self.callbacks = callbacks
        self.backend = backend

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.single_output = True
        tags.target_tags.multi_output = True
        tags.regressor_tags.poor_score = True  # on features that are no sequence
        return tags

    _fitted_by = "weights_"

    # ------------------------------------------------------------------ fitting
    def fit(self, X: Any, y: Any) -> Self:
        """Learn from windows X (N, steps x channels) and what follows, y (N,) or (N, T); at least two of them.

        Raises: ValueError, TypeError for bad data or parameters.
        """
        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True, ensure_min_samples=2)
        self._check_parameters()
        started = time.perf_counter()
        rng = seeds.generator(self.random_state)
        self._build()
        self._single = y.ndim == 1
        targets = self._learn_scales(X, np.asarray(y, np.float64).reshape(len(y), -1))
        windows = self._windows(X)
        self.weights_ = self.cell_.start(rng)
        self._fit_readout(windows, targets, _START if self.train_cell else self.alphas)
        per_value, per_gradient = self.cell_.circuits(windows.shape[1])
        self.history_: list[float] = []
        self.n_parameters_ = self.coef_.size + self.intercept_.size
        self.n_circuit_evaluations_ = len(X) * per_value
        if self.train_cell:
            self.n_circuit_evaluations_ += per_gradient * self._train(windows, targets, rng)
            self.n_parameters_ += len(self.weights_)
            if self.refit:
                self._fit_readout(windows, targets, self.alphas)
                self.n_circuit_evaluations_ += len(X) * per_value
        self.fit_seconds_ = time.perf_counter() - started
        return self

    def _check_parameters(self) -> None:
        check_array("alphas", self.alphas, 1)
        if not len(self.alphas) or min(self.alphas) <= 0:
            raise ValueError("Argument `alphas` must hold numbers above 0.")
        check_real("scale", self.scale, 0)
        if self.spread is not None:
            check_real("spread", self.spread, 0)
        check_int("steps", self.steps, 1)
        check_real("l2", self.l2, 0)
        if self.batch_size is not None:
            check_int("batch_size", self.batch_size, 1)
        if not callable(self.optimizer):
            check_choice("optimizer", self.optimizer, OPTIMIZERS)
            if self.batch_size is not None and self.optimizer not in GRADIENT_STEPS:
                raise ValueError(f"Argument `batch_size` must be None for {self.optimizer!r}, which needs all windows.")
        if self.optimizer_options is not None and not isinstance(self.optimizer_options, dict):
            raise TypeError(
                f"Argument `optimizer_options` must be a dictionary or None, but is {self.optimizer_options!r:.60}."
            )
        if self.callbacks is not None and not (
            isinstance(self.callbacks, list | tuple) and all(map(callable, self.callbacks))
        ):
            raise TypeError(f"Argument `callbacks` must be a list of functions or None, but is {self.callbacks!r:.60}.")
        check_backend(self.backend)

    def _build(self) -> None:
        channels = check_int("channels", self.channels, 1)
        if self.n_features_in_ % channels:
            raise ValueError(
                f"Argument `channels` must divide the number of features, but is {channels} of {self.n_features_in_}."
            )
        self.cell_ = build_cell(self.cell, self.hidden, channels, self.depth, self.spread)
        last = self.cell_.gates[-1]
        self.circuit_ = last.circuit if isinstance(last, CircuitGate) else None

    def _runs(self) -> Any:
        return Simulator(self.precision, self.threads) if self.backend is None else self.backend

    def _learn_scales(self, X: Floats, targets: Floats) -> Floats:
        """Learn the scales of channels and targets; returns the standardised targets."""
        self.scale_ = FeatureScale.of(X.reshape(-1, self.channels), float(self.scale))
        by_target = FeatureScale.of(targets, 1.0)
        self.target_mean_, self.target_deviation_ = by_target.mean, by_target.deviation
        return (targets - self.target_mean_) / self.target_deviation_

    def _windows(self, X: Floats) -> Floats:
        """(N, steps, channels), scaled."""
        return self.scale_.apply(X.reshape(-1, self.channels)).reshape(len(X), -1, self.channels)

    def _fit_readout(self, windows: Floats, targets: Floats, alphas: Any) -> None:
        from sklearn.linear_model import RidgeCV

        features = self.cell_.features(self.weights_, windows, self._runs())
        ridge = RidgeCV(np.asarray(alphas, float)).fit(features, targets)
        self.coef_: Floats = np.asarray(ridge.coef_, float).reshape(targets.shape[1], -1).T
        self.intercept_ = np.atleast_1d(np.asarray(ridge.intercept_, float))
        self.alpha_ = float(ridge.alpha_)

    def _train(self, windows: Floats, targets: Floats, rng: np.random.Generator) -> int:
        """Train all weights; returns of how many windows a gradient was made."""
        task = _Training(self.cell_, windows, targets, float(self.l2), self._runs())
        seen = 0

        def loss(params: Floats) -> tuple[float, Floats]:
            nonlocal seen
            rows: Any = slice(None)
            if self.batch_size is not None and self.batch_size < len(windows):
                rows = rng.choice(len(windows), self.batch_size, replace=False)
            seen += len(windows[rows])
            return task(params, rows)

        def after(step: int, params: Floats, value: float) -> bool:
            return any(tuple(bool(listen({"step": step, "loss": value})) for listen in self.callbacks or []))

        start = np.concatenate([self.weights_, self.coef_.ravel(), self.intercept_])
        options: dict[str, Any] = self.optimizer_options or {}
        if self.optimizer_options is None and not callable(self.optimizer):
            options = _OPTIONS.get(self.optimizer, {})
        found = minimize(loss, start, self.optimizer, self.steps, callback=after, seed=rng, **options)
        self.weights_, self.coef_, self.intercept_ = task.split(np.asarray(found.params, float))
        self.history_ = [float(value) for value in found.history]
        return seen

    # ------------------------------------------------------------------ using
    def features(self, X: Any) -> Floats:
        """What the cell reads (N, n_features) after windows X (N, steps x channels)."""
        check_is_fitted(self, "weights_")
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return np.asarray(self.cell_.features(self.weights_, self._windows(X), self._runs()), float)

    def predict(self, X: Any) -> Floats:
        """What follows windows X: numbers (N,), or (N, T) where the targets had two axes."""
        outputs = self.features(X) @ self.coef_ + self.intercept_
        found = outputs * self.target_deviation_ + self.target_mean_
        return np.asarray(found[:, 0] if self._single else found)

    # ------------------------------------------------------------------ for `storage`
    def _saved(self) -> tuple[dict[str, Any], dict[str, Floats]]:
        arrays = {"weights": self.weights_, "coef": self.coef_, "intercept": self.intercept_}
        scales = {"target_mean": self.target_mean_, "target_deviation": self.target_deviation_}
        return {"single_output": self._single}, {**arrays, **self.scale_.arrays, **scales}

    def _restored(self, facts: dict[str, Any], arrays: dict[str, Floats]) -> Self:
        self._single = bool(facts["single_output"])
        self._build()
        self.scale_ = FeatureScale.restored(arrays, self.channels, float(self.scale))
        self.weights_, self.coef_, self.intercept_ = arrays["weights"], arrays["coef"], arrays["intercept"]
        self.target_mean_, self.target_deviation_ = arrays["target_mean"], arrays["target_deviation"]
        outputs = (self.coef_.shape[-1],)
        fits = self.weights_.shape == (self.cell_.n_params,) and self.coef_.shape == (self.cell_.n_features, *outputs)
        shapes = {part.shape for part in (self.intercept_, self.target_mean_, self.target_deviation_)}
        if not fits or shapes != {outputs} or not (self.target_deviation_ > 0).all():
            raise ValueError("The saved model's weights and scales do not fit its cell.")
        return self


@dataclass(frozen=True)
class _Training:
    """The loss of all weights: those of the cell, then the linear map, then its constants."""

    cell: Cell
    windows: Floats
    targets: Floats
    l2: float
    backend: Any

    def split(self, params: Floats) -> tuple[Floats, Floats, Floats]:
        """Weights of the cell (P,), linear map (n_features, T), constants (T,)."""
        outputs, first = self.targets.shape[1], self.cell.n_params
        last = len(params) - outputs
        return params[:first], params[first:last].reshape(-1, outputs), params[last:]

    def __call__(self, params: Floats, rows: Any) -> tuple[float, Floats]:
        """The loss on some of the windows and its gradient."""
        weights, coef, intercept = self.split(params)
        run: Callable[..., Any] = self.cell.features_and_pullback
        features, pull_back = run(weights, self.windows[rows], self.backend)
        off = features @ coef + intercept - self.targets[rows]
        by = 2 * off / len(off)
        slopes = [pull_back(by @ coef.T), (features.T @ by + 2 * self.l2 * coef).ravel(), by.sum(axis=0)]
        value = (off**2).sum() / len(off) + self.l2 * (coef**2).sum()
        return float(value), np.concatenate(slopes)
