"""A variational circuit as a scikit-learn regressor."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from ketwork.checks import check_choice, check_real
from ketwork.circuit import Circuit
from ketwork.models.encoding import Encoding
from ketwork.models.heads import Affine, Head, Tempered
from ketwork.models.losses import REGRESSION, Loss, regression_loss
from ketwork.models.model_circuit import read_qubits
from ketwork.models.readout import class_observables, own_observables, z_observables
from ketwork.models.scaling import centre_and_spread
from ketwork.models.training import Samples
from ketwork.models.variational import (
    Floats,
    Variational,
    checked_weights,
    partial_fit_available,
    with_weight,
)
from ketwork.operators import PauliSum

READOUTS = ("affine", "observables")


class VariationalRegressor(RegressorMixin, Variational):  # type: ignore[misc]
    """A regressor that trains a parametrised circuit: numbers y (N,), or several outputs y (N, T).

    Targets are standardised with the mean and deviation of the training data, and predictions put back.

    Parameters
    ----------
    loss : "squared", "absolute" or "huber"; delta : where "huber" becomes straight, in standard deviations of y.
    readout : "affine", a map of <Z_q> and <Z_q Z_q+1>; or "observables": an output is the value of one observable over
        a trained temperature, the same for all.
    observables : PauliSums or (matrix, qubits) pairs instead of the Z strings; any number for "affine", one an output
        for "observables".
    encoding, encoding_options, ansatz, ansatz_options, layers, n_qubits, entangler, topology, scale, optimizer,
    optimizer_options, learning_rate, epochs, batch_size, l2, early_stopping, validation_fraction, n_iter_no_change,
    train_circuit, warm_start, precision, threads, random_state, verbose, callbacks, backend : as those of
        `VariationalClassifier`.

    Attributes
    ----------
    target_mean_, target_deviation_ (T,) : the scale of the targets. head_ (M, T) and bias_ (T,) of the affine map, or
    temperature_ (1,). All others as of `VariationalClassifier`.

    Ctrl-C during `fit` stops it and keeps the best weights so far, with a warning; `resume` goes on.
    """

    def __init__(
        self,
        encoding: str | Circuit | Encoding = "reuploading",
        ansatz: str | Circuit | None = "hardware_efficient",
        layers: int = 4,
        n_qubits: int | None = None,
        entangler: str = "cx",
        topology: Any = "ring",
        scale: float = 1.0,
        loss: str = "squared",
        delta: float = 1.0,
        readout: str = "affine",
        observables: Any = None,
        optimizer: str = "adam",
        learning_rate: float = 0.05,
        epochs: int = 60,
        batch_size: int = 32,
        l2: float = 1e-4,
        early_stopping: bool = True,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        train_circuit: bool = True,
        precision: str = "single",
        threads: int | None = None,
        random_state: Any = None,
        verbose: bool = False,
        callbacks: Any = None,
        backend: Any = None,
        encoding_options: dict[str, Any] | None = None,
        ansatz_options: dict[str, Any] | None = None,
        optimizer_options: dict[str, Any] | None = None,
        warm_start: bool = False,
    ) -> None:
        self.encoding, self.encoding_options = encoding, encoding_options
        self.ansatz, self.ansatz_options = ansatz, ansatz_options
        self.layers, self.n_qubits = layers, n_qubits
        self.entangler, self.topology = entangler, topology
        self.scale, self.l2 = scale, l2
        self.loss, self.delta = loss, delta
        self.readout, self.observables = readout, observables
        self.optimizer, self.optimizer_options = optimizer, optimizer_options
        self.learning_rate = learning_rate
        self.epochs, self.batch_size = epochs, batch_size
        self.early_stopping, self.validation_fraction, self.n_iter_no_change = (
            early_stopping,
            validation_fraction,
            n_iter_no_change,
        )
        self.train_circuit, self.warm_start = train_circuit, warm_start
        self.precision, self.threads = precision, threads
        self.random_state, self.backend = random_state, backend
        self.verbose, self.callbacks = verbose, callbacks

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.single_output = True
        tags.target_tags.multi_output = True
        return tags

    @partial_fit_available
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """One pass in mini-batches over some samples, as often as wanted; for optimisers with mini-batches.

        The first call learns the scales of features and targets from its samples. Nothing is held back.
        Raises: ValueError for bad data or parameters.
        """
        first = not hasattr(self, "weights_")
        X, y, weights = self._data(X, y, sample_weight, reset=first)
        if not first:
            self._check_targets(y)
        return self._partial_fit(X, y, weights)

    # ------------------------------------------------------------------ targets
    def _data(self, X: Any, y: Any, sample_weight: Any, reset: bool) -> tuple[Floats, NDArray[Any], Floats | None]:
        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True, reset=reset)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return with_weight(X, np.asarray(y, np.float64), checked_weights(sample_weight, X))

    def _learn_targets(self, y: NDArray[Any], weights: Floats | None) -> None:
        check_choice("readout", self.readout, READOUTS)
        check_choice("loss", self.loss, REGRESSION)
        if check_real("delta", self.delta, 0) == 0:
            raise ValueError("Argument `delta` must be above 0.")
        self._single = y.ndim == 1
        self.target_mean_, self.target_deviation_ = centre_and_spread(y.reshape(len(y), -1), weights)

    def _check_targets(self, y: NDArray[Any]) -> None:
        wanted = () if self._single else (len(self.target_mean_),)
        if y.shape[1:] != wanted:
            raise ValueError(f"Targets y of shape {y.shape} are not of the kind that this model was trained on.")

    def _samples(self, X: Floats, y: NDArray[Any], weights: Floats | None) -> Samples:
        targets = (y.reshape(len(y), -1) - self.target_mean_) / self.target_deviation_
        return Samples(self._inputs(X), targets, None if weights is None else weights / weights.mean())

    def _loss(self) -> Loss:
        return regression_loss(self.loss, float(self.delta))

    def _readout(self) -> tuple[list[PauliSum], Head]:
        n, count, own = self.circuit_.n_qubits, len(self.target_mean_), self.observables
        answer = read_qubits(self.ansatz, n)
        if self.readout == "observables":
            sums = class_observables(n, count, answer) if own is None else own_observables(own, n, count)
            return sums, Tempered(count)
        sums = z_observables(n, answer) if own is None else own_observables(own, n)
        return sums, Affine(len(sums), count, self.l2)

    # ------------------------------------------------------------------ using
    def predict(self, X: Any) -> Floats:
        """Numbers (N,), or (N, T) where the targets had two axes."""
        check_is_fitted(self, "weights_")
        found = self._outputs(X) * self.target_deviation_ + self.target_mean_
        return found[:, 0] if self._single else found

    # ------------------------------------------------------------------ for `storage`
    def _saved(self) -> tuple[dict[str, Any], dict[str, Floats]]:
        facts, arrays = super()._saved()
        scales = {"target_mean": self.target_mean_, "target_deviation": self.target_deviation_}
        return {**facts, "single_output": self._single}, {**arrays, **scales}

    def _restored(self, facts: dict[str, Any], arrays: dict[str, Floats]) -> Self:
        self._single = bool(facts["single_output"])
        mean, deviation = arrays["target_mean"], arrays["target_deviation"]
        if mean.ndim != 1 or mean.shape != deviation.shape or not (deviation > 0).all() or not len(mean):
            raise ValueError("The saved model's scales of the targets do not fit together.")
        self.target_mean_, self.target_deviation_ = mean, deviation
        return super()._restored(facts, arrays)
