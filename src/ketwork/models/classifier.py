"""A variational circuit as a scikit-learn classifier."""

import copy
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.model_selection import train_test_split
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from ketwork import seeds
from ketwork.backends import protocol
from ketwork.backends.shift import rule
from ketwork.checks import check_choice, check_int, check_real
from ketwork.circuit import Circuit
from ketwork.engine.simulator import Simulator
from ketwork.models import ansatz as ansaetze
from ketwork.models.encodings import angle_encoding, data_reuploading, iqp_feature_map, zz_feature_map
from ketwork.models.readout import cross_entropy, softmax, z_observables
from ketwork.models.scaling import FeatureScale
from ketwork.optimize import METHODS, adam, minimize

Floats = NDArray[np.floating[Any]]
ENCODINGS = ("reuploading", "angle", "iqp", "zz")
ANSAETZE = ("hardware_efficient", "strongly_entangling")
OPTIMIZERS = tuple(name for name, row in METHODS.items() if {*row.needs} <= {"value", "gradient"})


def model_circuit(
    n_features: int, n_qubits: int | None, encoding: str, ansatz: str, layers: int, entangler: str, topology: str
) -> Circuit:
    """The classifier's circuit: an encoding, then an ansatz (re-uploading has its own layers).

    n_qubits None takes one qubit a feature, at least 2 and at most 8; "iqp" and "zz" need one a feature.
    """
    check_choice("encoding", encoding, ENCODINGS)
    check_choice("ansatz", ansatz, ANSAETZE)
    check_int("layers", layers, 1)
    one_each = encoding in ("iqp", "zz")
    n = n_qubits if n_qubits is not None else max(2, n_features if one_each else min(n_features, 8))
    check_int("n_qubits", n, 1, 26)
    if one_each and n != max(2, n_features):
        raise ValueError(
            f"Encoding {encoding!r} needs one qubit for each of {n_features} features, but n_qubits is {n}."
        )
    if encoding == "reuploading":
        first = data_reuploading(n, n_features, layers, entangler, topology)
        closing = ansaetze.hardware_efficient(n, 0)
        return first + closing.shift(weights=first.n_weights)
    pairs = "none" if entangler == "none" else "linear"
    maps = {"angle": lambda: angle_encoding(n, n_features), "iqp": lambda: iqp_feature_map(n, 2, pairs)}
    first = maps.get(encoding, lambda: zz_feature_map(n, 2, pairs))()
    if ansatz == "strongly_entangling":
        return first + ansaetze.strongly_entangling(n, layers, entangler)
    return first + ansaetze.hardware_efficient(n, layers, ("Y", "Z"), entangler, topology)


def check_backend(backend: Any) -> Any:
    """Return what can run circuits, or None. Raises: TypeError for anything else."""
    if backend is None or (not isinstance(backend, type) and callable(getattr(backend, "expectation", None))):
        return backend
    raise TypeError(f"Argument `backend` must be a Backend or None, but is {backend!r} ({type(backend).__name__}).")


class VariationalClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier that trains a parametrised circuit: softmax of an affine map of <Z_q> and <Z_q Z_q+1>.

    Parameters
    ----------
    encoding : "reuploading" (features enter every layer with trainable scale), "angle", "iqp" or "zz".
    ansatz : "hardware_efficient" or "strongly_entangling": what follows the encoding (re-uploading has its own).
    layers : layers of the circuit. n_qubits : None for one a feature, at least 2, at most 8.
    entangler : "cx", "cz", "iswap", "ecr" or "none". topology : "ring", "linear", "full", "star" or "none".
    scale : standardised features, clipped at 3 standard deviations, are multiplied by it to become angles (radians).
    optimizer : "adam" (mini-batches), or with the whole training set at every step "spsa", "adam-spsa", "l-bfgs",
        "cobyla".
    learning_rate, epochs, batch_size : of the training; `epochs` are steps for the optimisers without batches.
    l2 : weight decay of the affine map, added to the loss as l2/2 times its squared norm.
    early_stopping : hold back `validation_fraction` of the data and stop when its loss has not fallen for
        `n_iter_no_change` epochs; the best weights are kept.
    train_circuit : False leaves the circuit at its random start and trains the affine map alone (an ablation).
    precision : "single" or "double". threads : None for all cores. random_state : seed, generator or None.
    verbose : True shows progress. callbacks : functions called with a dict (epoch, loss, validation_loss, seconds)
        after every epoch; returning True stops.
    backend : what runs the circuits, in training and in prediction; None for an ideal `Simulator`. Any `Backend` will
        do: a noisy simulator, a device, a mitigated one. Gradients are the backend's own where it has them, else the
        parameter-shift rule's; "spsa" and "cobyla" need expectation values alone. Clones share it.

    Attributes
    ----------
    classes_, n_features_in_, circuit_ : what was seen and built. weights_ (P,) of the circuit, head_ (M, K) and
    bias_ (K,) of the affine map. history_ : one dict an epoch. n_iter_ : epochs done. n_parameters_ : all trained.
    n_circuit_evaluations_ : circuits that a device would have run: what the backend runs for a sample (`cost`), and as
    many again for every shift of every angle in a sample's gradient. fit_seconds_ : wall time.

    Ctrl-C during `fit` stops it and keeps the best weights so far, with a warning.
    """

    def __init__(
        self,
        encoding: str = "reuploading",
        ansatz: str = "hardware_efficient",
        layers: int = 4,
        n_qubits: int | None = None,
        entangler: str = "cx",
        topology: str = "ring",
        scale: float = 1.0,
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
    ) -> None:
        self.encoding = encoding
        self.ansatz = ansatz
        self.layers = layers
        self.n_qubits = n_qubits
        self.entangler = entangler
        self.topology = topology
        self.scale = scale
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.l2 = l2
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.train_circuit = train_circuit
        self.precision = precision
        self.threads = threads
        self.random_state = random_state
        self.verbose = verbose
        self.callbacks = callbacks
        self.backend = backend

    def __sklearn_clone__(self) -> "VariationalClassifier":
        """An unfitted copy with the same backend: what runs circuits cannot always be copied."""
        params = {k: clone(v, safe=False) for k, v in self.get_params(deep=False).items() if k != "backend"}
        return type(self)(**params, backend=self.backend)

    def on(self, backend: Any) -> "VariationalClassifier":
        """The same fitted model, predicting on another backend; None for the ideal simulator."""
        check_is_fitted(self, "weights_")
        return copy.copy(self).set_params(backend=check_backend(backend))

    # ------------------------------------------------------------------ fitting
    def fit(self, X: Any, y: Any) -> "VariationalClassifier":
        """Train on features X (N, F) and labels y (N,). Raises: ValueError for bad data or parameters."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self._check_parameters()
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError("Classification needs at least 2 classes, but y holds 1 class.")
        self._build(FeatureScale.of(X, float(self.scale)))
        rng = seeds.generator(self.random_state)
        started = time.perf_counter()
        params = self._start(rng)
        train, held = self._split(X, labels, rng)
        self.history_: list[dict[str, float]] = []
        self.n_circuit_evaluations_ = 0
        best = {"params": params.copy(), "loss": np.inf, "epoch": 0}
        try:
            if self.optimizer == "adam":
                self._train_batches(params, train, held, best, rng)
            else:
                self._train_whole(params, train, held, best, rng)
        except KeyboardInterrupt:
            warnings.warn("Training was interrupted; the best weights so far are kept.", stacklevel=2)
        self.weights_, self.head_, self.bias_ = self._unpack(best["params"])  # type: ignore[arg-type]
        self.n_iter_ = max(1, len(self.history_))
        self.n_parameters_ = len(params) if self.train_circuit else len(params) - self.circuit_.n_weights
        self.fit_seconds_ = time.perf_counter() - started
        return self

    def _check_parameters(self) -> None:
        check_choice("optimizer", self.optimizer, OPTIMIZERS)
        for name, low in (("epochs", 1), ("batch_size", 1), ("n_iter_no_change", 1)):
            check_int(name, getattr(self, name), low)
        for name in ("learning_rate", "l2", "scale"):
            check_real(name, getattr(self, name), 0)
        check_real("validation_fraction", self.validation_fraction, 0.0, 0.9)
        check_backend(self.backend)

    def _build(self, scale: FeatureScale) -> None:
        self.scale_ = scale
        self.circuit_ = model_circuit(
            self.n_features_in_, self.n_qubits, self.encoding, self.ansatz, self.layers, self.entangler, self.topology
        )
        self.observables_ = z_observables(self.circuit_.n_qubits)
        angles = [(g.name, k) for g in self.circuit_ for k, p in enumerate(g.params) if not isinstance(p, float)]
        self._shifts = sum(len(rule(*angle)) for angle in angles)

    def _saved(self) -> tuple[dict[str, Any], dict[str, Floats]]:
        arrays = {"scale_mean": self.scale_.mean, "scale_deviation": self.scale_.deviation}
        return {"classes": self.classes_}, {**arrays, "weights": self.weights_, "head": self.head_, "bias": self.bias_}

    def _restored(self, facts: dict[str, Any], arrays: dict[str, Floats]) -> "VariationalClassifier":
        """Take in what another fit has learned: how a saved model comes back. Raises: ValueError for other shapes."""
        self.classes_ = np.asarray(facts["classes"])
        self._build(FeatureScale.restored(arrays, self.n_features_in_, float(self.scale)))
        weights, head, bias = (arrays[name] for name in ("weights", "head", "bias"))
        wanted = (self.circuit_.n_weights,), (len(self.observables_), len(self.classes_)), (len(self.classes_),)
        if (weights.shape, head.shape, bias.shape) != wanted:
            raise ValueError("The saved model's arrays do not fit its circuit.")
        self.weights_, self.head_, self.bias_ = weights, head, bias
        return self

    def _start(self, rng: np.random.Generator) -> Floats:
        """Random circuit weights around zero, scales of a feature around their share, the affine map at zero."""
        n_weights, outputs, classes = self.circuit_.n_weights, len(self.observables_), len(self.classes_)
        weights = rng.normal(0, 0.3 if self.train_circuit else np.pi / 2, n_weights)
        products = {
            slot.index
            for gate in self.circuit_
            for param in gate.params
            for _, slots in getattr(param, "terms", ())
            if len(slots) > 1
            for slot in slots
            if slot.kind == "w"
        }
        for k in sorted(products):
            weights[k] = rng.normal(0, 0.5)
        head = rng.normal(0, 0.5 / np.sqrt(outputs), (outputs, classes))
        return np.concatenate([weights, head.ravel(), np.zeros(classes)])

    def _unpack(self, params: Floats) -> tuple[Floats, Floats, Floats]:
        n_weights, outputs, classes = self.circuit_.n_weights, len(self.observables_), len(self.classes_)
        head = params[n_weights : n_weights + outputs * classes].reshape(outputs, classes)
        return params[:n_weights], head, params[n_weights + outputs * classes :]

    def _split(self, X: Floats, labels: NDArray[np.int64], rng: np.random.Generator) -> tuple[Any, Any]:
        """(training data, held-back data or None); none is held back when a class has too few samples for it."""
        whole = (self.scale_.apply(X), labels)
        held = int(np.ceil(self.validation_fraction * len(X)))
        counts = np.bincount(labels)
        if not self.early_stopping or held < len(counts) or counts.min() < 2 or len(X) - held < len(counts):
            return whole, None
        parts = train_test_split(*whole, test_size=held, stratify=labels, random_state=int(rng.integers(0, 2**31 - 1)))
        return (parts[0], parts[2]), (parts[1], parts[3])

    def _loss(self, params: Floats, X: Floats, labels: Any, gradient: bool = True) -> tuple[float, Floats]:
        """Mean loss on a batch and its gradient by all parameters."""
        weights, head, bias = self._unpack(params)
        needed = gradient and self.train_circuit
        asked = self._backend(), self.circuit_, self.observables_, X, weights
        if needed:
            values, pull_back = protocol.value_and_pullback(*asked)
        else:
            values = asked[0].expectation(*asked[1:])
        loss, by_logits = cross_entropy(values @ head + bias, labels)
        loss += 0.5 * self.l2 * float((head**2).sum())
        self.n_circuit_evaluations_ += len(X) * self._circuits_a_sample(needed)
        if not gradient:
            return loss, np.zeros(0)
        by_weights = pull_back(by_logits @ head.T).w if needed else np.zeros_like(weights)
        by_head = values.T @ by_logits + self.l2 * head
        return loss, np.concatenate([by_weights, by_head.ravel(), by_logits.sum(axis=0)])

    def _backend(self) -> Any:
        return Simulator(self.precision, self.threads) if self.backend is None else self.backend

    def _circuits_a_sample(self, gradient: bool) -> int:
        """Circuits for the values of a sample, or for values and gradient by the parameter-shift rule."""
        values = protocol.cost(self._backend(), self.circuit_, self.observables_, 1).circuits
        return values * (1 + (self._shifts if gradient else 0))

    def _train_batches(self, params: Floats, train: Any, held: Any, best: dict[str, Any], rng: Any) -> None:
        X, labels = train
        state = adam.init(params)
        for epoch in range(self.epochs):
            order, total = rng.permutation(len(X)), 0.0
            for first in range(0, len(X), self.batch_size):
                batch = order[first : first + self.batch_size]
                loss, gradient = self._loss(params, X[batch], labels[batch])
                rate = self.learning_rate * 0.5 * (1 + np.cos(np.pi * epoch / self.epochs))
                params, state = adam.update(gradient, state, params, rate)
                total += loss * len(batch)
            if self._after_epoch(epoch + 1, params, total / len(X), held, best):
                return

    def _train_whole(self, params: Floats, train: Any, held: Any, best: dict[str, Any], rng: Any) -> None:
        X, labels = train
        fixed = params.copy()
        free = slice(0 if self.train_circuit else self.circuit_.n_weights, None)

        def full(point: Floats) -> Floats:
            fixed[free] = point
            return fixed.copy()

        def value(point: Floats) -> float:
            return self._loss(full(point), X, labels, gradient=False)[0]

        def value_and_gradient(point: Floats) -> tuple[float, Floats]:
            loss, gradient = self._loss(full(point), X, labels)
            return loss, gradient[free]

        options: dict[str, Any] = {"a": 0.1, "c": 0.1} if self.optimizer == "spsa" else {}
        result = minimize(
            value_and_gradient if "gradient" in METHODS[self.optimizer].needs else value,
            params[free],
            self.optimizer,
            self.epochs,
            callback=lambda step, point, loss: self._after_epoch(step, full(point), loss, held, best),
            seed=rng,
            **options,
        )
        if result.message == "interrupted":
            raise KeyboardInterrupt

    def _after_epoch(self, epoch: int, params: Floats, loss: float, held: Any, best: dict[str, Any]) -> bool:
        """Note an epoch, keep the best weights, and say whether to stop."""
        watched = loss if held is None else self._loss(params, held[0], held[1], gradient=False)[0]
        entry = {"epoch": epoch, "loss": loss, "validation_loss": watched if held is not None else float("nan")}
        self.history_.append(entry)
        if watched < best["loss"]:
            best.update(loss=watched, params=params.copy(), epoch=epoch)
        if self.verbose:
            print(f"epoch {epoch:4d}  loss {loss:.4f}" + (f"  held back {watched:.4f}" if held is not None else ""))
        listeners: list[Callable[[dict[str, float]], Any]] = self.callbacks or []
        stop = any(tuple(bool(listener(dict(entry))) for listener in listeners))
        patient = held is None or epoch - best["epoch"] < self.n_iter_no_change
        return stop or not patient

    # ------------------------------------------------------------------ using
    def decision_function(self, X: Any) -> Floats:
        """Logits (N, K), or (N,) the difference of the two for two classes."""
        check_is_fitted(self, "weights_")
        X = validate_data(self, X, dtype=np.float64, reset=False)
        values = self._backend().expectation(self.circuit_, self.observables_, self.scale_.apply(X), self.weights_)
        logits = np.asarray(values @ self.head_ + self.bias_, np.float64)
        return logits[:, 1] - logits[:, 0] if len(self.classes_) == 2 else logits

    def predict_proba(self, X: Any) -> Floats:
        """Class probabilities (N, K)."""
        logits = self.decision_function(X)
        if logits.ndim == 1:
            logits = np.stack([np.zeros_like(logits), logits], axis=1)
        return softmax(logits)

    def predict(self, X: Any) -> NDArray[Any]:
        """The most probable class of every sample, (N,)."""
        chances = self.predict_proba(X)
        return np.asarray(self.classes_[chances.argmax(axis=1)])
