"""What variational estimators share: parameters, building, training, going on with it, placing on backends."""

import time
import zlib
from dataclasses import fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from ketwork import seeds
from ketwork.checks import check_choice, check_int, check_real
from ketwork.circuit import Circuit
from ketwork.engine.simulator import Simulator
from ketwork.models.encoding import Encoding
from ketwork.models.heads import Head
from ketwork.models.losses import Loss
from ketwork.models.model_circuit import Design, model_circuit
from ketwork.models.on_backends import OnBackends, check_backend
from ketwork.models.scaling import FeatureScale
from ketwork.models.training import OPTIMIZERS, Plan, Progress, Samples, Trainee, one_epoch, train
from ketwork.operators import PauliSum
from ketwork.optimize import GRADIENT_STEPS

Floats = NDArray[np.floating[Any]]
Rows = NDArray[np.int64]


class Variational(OnBackends, BaseEstimator):  # type: ignore[misc]
    """A circuit and a head that are trained together; what is read and what the targets are, estimators say.

    An estimator has `_data` (features, targets and weights that passed the door), `_learn_targets`, `_check_targets`
    (when training goes on), `_samples`, `_readout` and `_loss`.
    """

    encoding: str | Circuit | Encoding
    ansatz: str | Circuit | None
    layers: int
    n_qubits: int | None
    entangler: str
    topology: Any
    encoding_options: dict[str, Any] | None
    ansatz_options: dict[str, Any] | None
    readout: str
    observables: Any
    scale: float
    optimizer: str
    optimizer_options: dict[str, Any] | None
    learning_rate: float
    epochs: int
    batch_size: int
    l2: float
    early_stopping: bool
    validation_fraction: float
    n_iter_no_change: int
    train_circuit: bool
    warm_start: bool
    precision: str
    threads: int | None
    random_state: Any
    verbose: bool
    callbacks: Any
    backend: Any
    n_features_in_: int
    _fitted_by = "weights_"

    # ------------------------------------------------------------------ what estimators say
    def _data(self, X: Any, y: Any, sample_weight: Any, reset: bool) -> tuple[Floats, NDArray[Any], Floats | None]:
        raise NotImplementedError

    def _learn_targets(self, y: NDArray[Any], weights: Floats | None) -> None:
        raise NotImplementedError

    def _check_targets(self, y: NDArray[Any]) -> None:
        raise NotImplementedError

    def _samples(self, X: Floats, y: NDArray[Any], weights: Floats | None) -> Samples:
        raise NotImplementedError

    def _strata(self, samples: Samples) -> NDArray[np.int64] | None:
        """Classes (N,) of which each needs its share in the part that is held back; None for no such classes."""
        return None

    def _readout(self) -> tuple[list[PauliSum], Head]:
        raise NotImplementedError

    def _loss(self) -> Loss:
        raise NotImplementedError

    # ------------------------------------------------------------------ fitting
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on features X (N, F), targets y, and weights of the samples (N,), None for 1.

        Raises: ValueError, TypeError for bad data or parameters.
        """
        goes_on = self.warm_start and hasattr(self, "weights_")
        X, y, weights = self._data(X, y, sample_weight, reset=not goes_on)
        self._check_parameters()
        started = time.perf_counter()
        rng = seeds.generator(self.random_state)
        if goes_on:
            self._check_same()
            self._check_targets(y)
            params = self._params()
        else:
            self._learn(X, y, weights)
            params = self._trainee().start(rng)
        samples = self._samples(X, y, weights)
        self.progress_ = Progress.begin(params, rng)
        self.progress_.parts = self._held_back(samples, rng)
        self._seen: int | None = _mark(samples)
        self.fit_seconds_ = 0.0
        return self._train(samples, started)

    def resume(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Go on with a training that Ctrl-C or a callback stopped, on the same data, as if it had not been; with more
        `epochs` than before, also with one that had ended.

        Raises: NotFittedError before `fit`, ValueError for other data.
        """
        check_is_fitted(self, "progress_")
        X, y, weights = self._data(X, y, sample_weight, reset=False)
        self._check_parameters()
        self._check_same()
        self._check_targets(y)
        samples = self._samples(X, y, weights)
        if getattr(self, "_seen", None) != _mark(samples):
            raise ValueError("A training can only be resumed with the data that it began with; these are others.")
        return self._train(samples, time.perf_counter())

    def _train(self, samples: Samples, started: float) -> Self:
        trainee = self._trainee()
        train(trainee, self._plan(), samples, self.progress_)
        self._take(trainee)
        self.fit_seconds_ += time.perf_counter() - started
        return self

    def _in_batches(self) -> bool:
        if self.optimizer in GRADIENT_STEPS:
            return True
        raise AttributeError(f"partial_fit needs an optimizer with mini-batches: {', '.join(GRADIENT_STEPS)}.")

    def _partial_fit(self, X: Floats, y: NDArray[Any], weights: Floats | None) -> Self:
        """One pass over some data, at the whole learning rate. The first call learns the scale of the features."""
        self._check_parameters()
        if not hasattr(self, "weights_"):
            self._learn(X, y, weights)
            rng = seeds.generator(self.random_state)
            self.progress_ = Progress.begin(self._trainee().start(rng), rng)
            self.fit_seconds_ = 0.0
        self._check_same()
        trainee, progress, started = self._trainee(), self.progress_, time.perf_counter()
        progress.take_up(self.optimizer)
        progress.params, progress.parts = progress.best_params.copy(), None
        samples, self._seen = self._samples(X, y, weights), None
        loss = one_epoch(trainee, self._plan(), samples, progress, self.learning_rate)
        progress.epoch += 1
        progress.best_params, progress.best_loss, progress.best_epoch = progress.params, loss, progress.epoch
        progress.history.append({"epoch": progress.epoch, "loss": loss, "validation_loss": float("nan")})
        self._take(trainee)
        self.fit_seconds_ += time.perf_counter() - started
        return self

    def _check_parameters(self) -> None:
        check_choice("optimizer", self.optimizer, OPTIMIZERS)
        for name, low in (("epochs", 1), ("batch_size", 1), ("n_iter_no_change", 1)):
            check_int(name, getattr(self, name), low)
        for name in ("learning_rate", "l2", "scale"):
            check_real(name, getattr(self, name), 0)
        check_real("validation_fraction", self.validation_fraction, 0.0, 0.9)
        check_backend(self.backend)
        options = self.optimizer_options
        if options is not None and not isinstance(options, dict):
            raise TypeError(f"Argument `optimizer_options` must be a dictionary or None, but is {options!r}.")
        if self.callbacks is not None and not (
            isinstance(self.callbacks, list | tuple) and all(map(callable, self.callbacks))
        ):
            raise TypeError(f"Argument `callbacks` must be a list of functions or None, but is {self.callbacks!r:.60}.")
        if self.optimizer in GRADIENT_STEPS:
            for name, value in (options or {}).items():
                check_real(f"{name}` in `optimizer_options", value)
                known = [n for n in GRADIENT_STEPS[self.optimizer].options if n != "learning_rate"]
                check_choice(f"optimizer_options of {self.optimizer}", name, known)

    def _plan(self) -> Plan:
        return Plan(
            self.optimizer,
            self.learning_rate,
            self.epochs,
            self.batch_size,
            self.n_iter_no_change,
            self.optimizer_options or {},
            verbose=self.verbose,
            callbacks=self.callbacks,
        )

    def _held_back(self, samples: Samples, rng: np.random.Generator) -> tuple[Rows, Rows] | None:
        """Rows to train on and rows that are held back; None when they or a class are too few for it."""
        count, strata = len(samples), self._strata(samples)
        held = int(np.ceil(self.validation_fraction * count))
        if not self.early_stopping or held < 1 or count - held < 2:
            return None
        if strata is not None:
            counts = np.bincount(strata)
            if held < len(counts) or counts.min() < 2 or count - held < len(counts):
                return None
        seed = int(rng.integers(0, 2**31 - 1))
        rest, rows = train_test_split(np.arange(count), test_size=held, stratify=strata, random_state=seed)
        return np.asarray(rest), np.asarray(rows)

    # ------------------------------------------------------------------ what is built and learned
    def _learn(self, X: Floats, y: NDArray[Any], weights: Floats | None) -> None:
        """Learn what the targets are and the scale of the features, and build the circuit."""
        self._learn_targets(y, weights)
        self._build()
        self.scale_ = FeatureScale.of(X, float(self.scale), weights, self.encoding_.span)

    def _built_from(self) -> dict[str, Any]:
        """The parameters that circuit and readout are built from."""
        names = [field.name for field in fields(Design)] + ["readout", "observables", "read_qubits", "read_as"]
        return {name: getattr(self, name) for name in names if hasattr(self, name)}

    def _check_same(self) -> None:
        """Raises: ValueError where a training is to go on, but with parameters of another circuit or readout."""
        now = self._built_from()
        changed = [name for name, was in self._made_of.items() if not _same(was, now[name])]
        if changed:
            raise ValueError(
                f"A training goes on with the model that it began with, but {', '.join(changed)} changed since. Fit a "
                "new one with warm_start=False."
            )

    def _build(self) -> None:
        design = Design(**{field.name: getattr(self, field.name) for field in fields(Design)})
        self.encoding_ = model_circuit(design, self.n_features_in_)
        self.circuit_ = self.encoding_.circuit
        self.observables_, self._head = self._readout()
        self._made_of = self._built_from()

    def _backend(self) -> Any:
        return Simulator(self.precision, self.threads) if self.backend is None else self.backend

    def _trainee(self) -> Trainee:
        return Trainee(
            self.circuit_, self.observables_, self._head, self._loss(), self._backend(), not self.train_circuit
        )

    def _take(self, trainee: Trainee) -> None:
        """Keep the best of a training under the names that users know."""
        progress = self.progress_
        self.weights_, own = trainee.split(progress.best_params)
        for name, value in self._head.named(own).items():
            setattr(self, f"{name}_", value)
        self.history_, self.n_iter_ = progress.history, max(1, len(progress.history))
        self.n_parameters_, self.n_circuit_evaluations_ = trainee.n_free, progress.evaluations

    def _params(self) -> Floats:
        """Weights and the head's numbers as one array."""
        names = self._head.named(np.zeros(self._head.n_params))
        own = self._head.flat({name: getattr(self, f"{name}_") for name in names})
        return np.concatenate([self.weights_, own])

    def inputs(self, X: Any) -> Floats:
        """What the circuit takes in for features X (N, F): (N, circuit_.n_inputs)."""
        check_is_fitted(self, "weights_")
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return self._inputs(X)

    def _inputs(self, X: Floats) -> Floats:
        return self.encoding_.prepare(self.scale_.apply(X))

    def _outputs(self, X: Any) -> Floats:
        """The head's outputs (N, K) for features X (N, F)."""
        return np.asarray(self._trainee().outputs(self._params(), self.inputs(X)), np.float64)

    # ------------------------------------------------------------------ for `storage`
    def _saved(self) -> tuple[dict[str, Any], dict[str, Floats]]:
        """What was learned as (facts, arrays); estimators add to it."""
        check_is_fitted(self, "weights_")
        own = self._head.named(self._params()[self.circuit_.n_weights :])
        return {}, {**self.scale_.arrays, "weights": self.weights_, **own}

    def _restored(self, facts: dict[str, Any], arrays: dict[str, Floats]) -> Self:
        """Take in what another fit has learned: how a saved model comes back. Raises: ValueError for other shapes."""
        self._build()
        self.scale_ = FeatureScale.restored(arrays, self.n_features_in_, float(self.scale), self.encoding_.span)
        weights = arrays["weights"]
        if weights.shape != (self.circuit_.n_weights,):
            raise ValueError("The saved model's arrays do not fit its circuit.")
        names = self._head.named(np.zeros(self._head.n_params))
        own = self._head.flat({name: arrays[name] for name in names})
        self.weights_ = weights
        for name, value in self._head.named(own).items():
            setattr(self, f"{name}_", value)
        return self


def checked_weights(sample_weight: Any, X: Floats) -> Floats | None:
    """Weights of samples X (N, F) as (N,), None where all are 1. Raises: ValueError for negative ones or all zero."""
    if sample_weight is None:
        return None
    weights = np.asarray(_check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True))
    if not weights.any():
        raise ValueError("Argument `sample_weight` must hold a number above 0, but all are 0.")
    return weights


def with_weight(X: Floats, y: NDArray[Any], weights: Floats | None) -> tuple[Floats, NDArray[Any], Floats | None]:
    """Samples without those of weight 0, which count as not being there."""
    if weights is None or weights.all():
        return X, y, weights
    rows = np.flatnonzero(weights)
    return X[rows], y[rows], weights[rows]


def _same(one: Any, other: Any) -> bool:
    """Whether a parameter is what it was; of those that hold arrays, the very same object."""
    if one is other:
        return True
    try:
        return type(one) is type(other) and bool(one == other)
    except ValueError:  # arrays have no answer
        return False


def _mark(samples: Samples) -> int:
    """A number that tells one data set from another."""
    parts = (samples.inputs, samples.targets, samples.weights)
    return zlib.crc32(b"".join(np.ascontiguousarray(p).tobytes() for p in parts if p is not None))


def partial_fit_available(method: Any) -> Any:
    """A method that is there for optimisers with mini-batches only."""
    return available_if(Variational._in_batches)(method)
