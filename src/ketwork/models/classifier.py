"""A variational circuit as a scikit-learn classifier."""

from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from ketwork.checks import check_choice, check_int
from ketwork.circuit import Circuit
from ketwork.models import losses
from ketwork.models.class_weights import class_weights, label_weights
from ketwork.models.encoding import Encoding
from ketwork.models.heads import Affine, Chances, Head, Tempered
from ketwork.models.losses import Loss, sigmoid, softmax
from ketwork.models.model_circuit import read_qubits
from ketwork.models.readout import (
    class_observables,
    class_projectors,
    classes_of_bits,
    own_observables,
    parity_projectors,
    qubits_to_tell,
    z_observables,
)
from ketwork.models.training import Samples
from ketwork.models.variational import (
    Floats,
    Variational,
    checked_weights,
    partial_fit_available,
    with_weight,
)
from ketwork.operators import PauliSum

READOUTS = ("softmax", "sigmoid", "observables", "single_shot")
READ_AS = ("value", "parity")


class VariationalClassifier(ClassifierMixin, Variational):  # type: ignore[misc]
    """A classifier that trains a parametrised circuit: binary, multi-class, or multi-label (y (N, L) of 0 and 1).

    Parameters
    ----------
    encoding : a name of `models.encodings.ENCODINGS`, a circuit over inputs, or an `Encoding`; "reuploading" lets
        features enter every layer with a trainable scale. ansatz : a name of `models.ansatz.ANSAETZE`, a circuit of
        weights, or None: what follows the encoding ("reuploading" is closed by rotations alone with the default).
    encoding_options, ansatz_options : what else `encode` and `build_ansatz` take, such as {"depth": 3}.
    layers : layers of the circuit. n_qubits : None for one a feature, at least 2, at most 8.
    entangler : a two-qubit gate of the table or "none". topology : a name of `models.couplings.TOPOLOGIES` or pairs.
    scale : standardised features, clipped at 3 standard deviations, are multiplied by it to become angles (radians).
    readout : "softmax" of an affine map of <Z_q> and <Z_q Z_q+1>; "sigmoid" of the same, a yes or no for each class by
        itself; "observables": one observable a class over a trained temperature, no affine map; "single_shot": the
        label is what a single measurement reads, trained by the likelihood of what is read. Multi-label takes a
        sigmoid a label whatever the readout.
    observables : PauliSums or (matrix, qubits) pairs instead of the Z strings of "softmax", "sigmoid" (any number) and
        "observables" (one a class or label; a single one will do for two classes).
    read_qubits : that "single_shot" reads, first one most significant; None for the first ceil(log2 K), or one a label.
    read_as : the class is the "value" of these qubits, modulo the number of classes, or for two the "parity" of all.
    optimizer : "adam", "adamw", "sgd" or "rmsprop" (mini-batches), or with the whole training set at every step any of
        `training.OPTIMIZERS`: l-bfgs, cobyla, spsa and others; natural gradients and qn-spsa need an ideal simulator.
    optimizer_options : what else it takes, such as {"momentum": 0.9}.
    learning_rate, epochs, batch_size : of the training; `epochs` are steps for the optimisers without batches.
    l2 : weight decay of the affine map, added to the loss as l2/2 times its squared norm.
    class_weight : None, "balanced" (classes count alike), or {class: weight}; multi-label: for 0 and 1 of every label,
        or a list of dictionaries, one a label.
    early_stopping : hold back `validation_fraction` of the data and stop when its loss has not fallen for
        `n_iter_no_change` epochs; the best weights are kept.
    train_circuit : False leaves the circuit at its random start and trains the head alone (an ablation).
    warm_start : True begins the next `fit` at the weights of the last, with its scale of the features.
    precision : "single" or "double". threads : None for all cores. random_state : seed, generator or None.
    verbose : True shows progress. callbacks : functions called with a dict (epoch, loss, validation_loss) after every
        epoch; returning True stops.
    backend : what runs the circuits, in training and in prediction; None for an ideal `Simulator`. Any `Backend` will
        do: a noisy simulator, a device, a mitigated one. Gradients are the backend's own where it has them, else the
        parameter-shift rule's; optimisers without gradients need expectation values alone. Clones share it.

    Attributes
    ----------
    classes_, n_features_in_, encoding_, circuit_, observables_ : what was seen and built; for multi-label `classes_`
    numbers the labels, and multilabel_ is True. weights_ (P,) of the circuit; head_ (M, K) and bias_ (K,) of the affine
    map, or temperature_ (1,). history_ : one dict an epoch. n_iter_ : epochs done. n_parameters_ : all trained.
    n_circuit_evaluations_ : circuits that a device would have run: what the backend runs for a sample (`cost`), and as
    many again for every shift of every angle with a weight in a sample's gradient. fit_seconds_ : wall time.

    Ctrl-C during `fit` stops it and keeps the best weights so far, with a warning; `resume` goes on.
    Source of "single_shot": Farhi and Neven, arXiv:1802.06002, sec. 2; Havlicek et al., arXiv:1804.11326 (parity).
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
        readout: str = "softmax",
        observables: Any = None,
        read_qubits: Sequence[int] | None = None,
        read_as: str = "value",
        class_weight: Any = None,
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
        self.readout, self.observables = readout, observables
        self.read_qubits, self.read_as = read_qubits, read_as
        self.class_weight = class_weight
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
        tags.classifier_tags.multi_label = True
        return tags

    @partial_fit_available
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """One pass in mini-batches over some samples, as often as wanted; for optimisers with mini-batches.

        The first call needs all classes that will ever come (multi-label: none), and learns the scale of the features
        from its samples. Nothing is held back. Raises: ValueError for bad data or parameters, or "balanced" weights,
        which would need all data.
        """
        first = not hasattr(self, "weights_")
        if isinstance(self.class_weight, str):
            raise ValueError("class_weight='balanced' needs all data at once; give partial_fit a dictionary instead.")
        X, y, weights = self._data(X, y, sample_weight, reset=first)
        if first:
            if classes is None and y.ndim == 1:
                raise ValueError("The first call of partial_fit needs `classes`, all that will ever come.")
            self._all_classes = None if classes is None or y.ndim == 2 else np.unique(np.asarray(classes))
        elif classes is not None and y.ndim == 1 and not np.array_equal(np.unique(np.asarray(classes)), self.classes_):
            raise ValueError(f"Argument `classes` must stay {self.classes_}, but is {np.asarray(classes)}.")
        if not first:
            self._check_targets(y)
        try:
            return self._partial_fit(X, y, weights)
        finally:
            self._all_classes = None

    # ------------------------------------------------------------------ targets
    def _data(self, X: Any, y: Any, sample_weight: Any, reset: bool) -> tuple[Floats, NDArray[Any], Floats | None]:
        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True, reset=reset)
        check_classification_targets(y)
        if hasattr(y, "toarray"):
            y = y.toarray()
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if y.ndim == 2 and type_of_target(y) != "multilabel-indicator":
            raise ValueError(f"Targets y (N, L) must be 0 and 1, a column a label, but are {type_of_target(y)}.")
        return with_weight(X, y, checked_weights(sample_weight, X))

    def _learn_targets(self, y: NDArray[Any], weights: Floats | None) -> None:
        check_choice("readout", self.readout, READOUTS)
        check_choice("read_as", self.read_as, READ_AS)
        self.multilabel_ = y.ndim == 2
        if self.multilabel_:
            self.classes_ = np.arange(y.shape[1])
        else:
            given = getattr(self, "_all_classes", None)
            self.classes_ = np.unique(y) if given is None else given
            self._check_targets(y)
            if len(self.classes_) < 2:
                raise ValueError("Classification needs at least 2 classes, but y holds 1 class.")

    def _check_targets(self, y: NDArray[Any]) -> None:
        if self.multilabel_ != (y.ndim == 2) or (y.ndim == 2 and y.shape[1] != len(self.classes_)):
            raise ValueError(f"Targets y of shape {y.shape} are not of the kind that this model was trained on.")
        if y.ndim == 1:
            new = np.setdiff1d(y, self.classes_)
            if len(new):
                raise ValueError(f"Targets y hold classes that this model does not know: {', '.join(map(str, new))}.")

    def _samples(self, X: Floats, y: NDArray[Any], weights: Floats | None) -> Samples:
        if self.multilabel_:
            by_label = label_weights(self.class_weight, y, weights)
            return Samples(self._inputs(X), y.astype(np.float64), by_label)
        labels = np.searchsorted(self.classes_, y)
        by_class = class_weights(self.class_weight, self.classes_, labels, weights)
        targets: NDArray[Any] = np.eye(len(self.classes_))[labels] if self.readout == "sigmoid" else labels
        return Samples(self._inputs(X), targets, by_class)

    def _strata(self, samples: Samples) -> NDArray[np.int64] | None:
        if self.multilabel_:
            return None
        return samples.targets.argmax(axis=1) if samples.targets.ndim == 2 else samples.targets

    def _loss(self) -> Loss:
        return losses.logistic if self.multilabel_ or self.readout == "sigmoid" else losses.cross_entropy

    # ------------------------------------------------------------------ readout
    def _readout(self) -> tuple[list[PauliSum], Head]:
        n, count, own = self.circuit_.n_qubits, len(self.classes_), self.observables
        answer = read_qubits(self.ansatz, n)
        if self.readout == "single_shot":
            return self._single_shot(answer)
        if self.readout == "observables":
            if own is None and count == 2 and not self.multilabel_ and len(answer) == 1:
                sums = class_observables(n, 1, answer)
            else:
                sums = class_observables(n, count, answer) if own is None else own_observables(own, n)
            both_ways = len(sums) == 1 and count == 2 and not self.multilabel_
            return (sums if both_ways else own_observables(sums, n, count)), Tempered(len(sums), both_ways)
        sums = z_observables(n, answer) if own is None else own_observables(own, n)
        return sums, Affine(len(sums), count, self.l2)

    def _single_shot(self, answer: Sequence[int]) -> tuple[list[PauliSum], Head]:
        n, count = self.circuit_.n_qubits, len(self.classes_)
        if self.observables is not None:
            raise ValueError("Readout 'single_shot' reads qubits: give `read_qubits` instead of `observables`.")
        parity = self.read_as == "parity"
        if parity and (self.multilabel_ or count != 2):
            raise ValueError(f"A parity tells 2 classes, but there are {count}{' labels' * self.multilabel_}.")
        wanted = count if self.multilabel_ else qubits_to_tell(count)
        if self.read_qubits is None:
            chosen = tuple(answer) if parity else tuple(answer)[:wanted]
        else:
            if not isinstance(self.read_qubits, Iterable):
                raise TypeError(f"Argument `read_qubits` must be a list of qubits, but is {self.read_qubits!r}.")
            chosen = tuple(check_int("read_qubits", q, 0, n - 1) for q in self.read_qubits)
        if len(set(chosen)) < len(chosen) or (self.multilabel_ and len(chosen) > wanted):
            raise ValueError(f"Argument `read_qubits` must name {wanted} different qubits, but is {chosen}.")
        if not chosen or (len(chosen) < wanted and not parity):
            raise ValueError(
                f"To read {count} {'labels' if self.multilabel_ else 'classes'} takes {wanted} qubits, but there are "
                f"{len(chosen)}."
            )
        self._read = chosen
        if self.multilabel_:
            return [parity_projectors(n, (q,))[1] for q in chosen], Chances(each=True)
        return (parity_projectors(n, chosen) if parity else class_projectors(n, chosen, count)), Chances()

    # ------------------------------------------------------------------ using
    def decision_function(self, X: Any) -> Floats:
        """Logits (N, K) of classes or labels, or (N,) the difference of the two for two classes."""
        check_is_fitted(self, "weights_")
        logits = self._outputs(X)
        return logits[:, 1] - logits[:, 0] if len(self.classes_) == 2 and not self.multilabel_ else logits

    def predict_proba(self, X: Any) -> Floats:
        """Class probabilities (N, K), or the probability of every label by itself (N, L)."""
        check_is_fitted(self, "weights_")
        logits = self._outputs(X)
        if self.multilabel_:
            return sigmoid(logits)
        if self.readout != "sigmoid" or len(self.classes_) == 2:  # of two, the odds of both answers together
            return softmax(logits)
        chances = sigmoid(logits) + np.finfo(float).tiny
        return np.asarray(chances / chances.sum(axis=1, keepdims=True))

    def predict(self, X: Any) -> NDArray[Any]:
        """The most probable class of every sample, (N,), or the labels that are more probable than not, (N, L)."""
        check_is_fitted(self, "weights_")
        logits = self._outputs(X)
        return (logits > 0).astype(np.int64) if self.multilabel_ else np.asarray(self.classes_[logits.argmax(axis=1)])

    def predict_single_shot(self, X: Any, shots: int = 1, seed: Any = None) -> NDArray[Any]:
        """The class that is read from a single measurement of every sample, drawn anew at every call; with more `shots`
        the one that is read most often. Shapes as of `predict`.

        Raises: ValueError unless the readout is "single_shot".
        """
        check_is_fitted(self, "weights_")
        if self.readout != "single_shot":
            raise ValueError(f"A class is read from a single shot with readout 'single_shot', not {self.readout!r}.")
        check_int("shots", shots, 1)
        inputs = self.inputs(X)
        bits = self._backend().sample(self.circuit_, inputs, self.weights_, shots=shots, qubits=self._read, seed=seed)
        if self.multilabel_:
            return (2 * bits.sum(axis=1, dtype=np.int64) > shots).astype(np.int64)
        read = classes_of_bits(bits, len(self.classes_), self.read_as == "parity")
        votes = (read[:, :, None] == np.arange(len(self.classes_))).sum(axis=1)
        return np.asarray(self.classes_[votes.argmax(axis=1)])

    # ------------------------------------------------------------------ for `storage`
    def _saved(self) -> tuple[dict[str, Any], dict[str, Floats]]:
        facts, arrays = super()._saved()
        return {**facts, "classes": self.classes_, "multilabel": self.multilabel_}, arrays

    def _restored(self, facts: dict[str, Any], arrays: dict[str, Floats]) -> Self:
        self.classes_ = np.asarray(facts["classes"])
        self.multilabel_ = bool(facts["multilabel"]) if "multilabel" in facts else False  # 0.1 had no such models
        return super()._restored(facts, arrays)
