"""Kernel methods with a teacher: support vector machines and ridge regression on a circuit's states."""

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from ketwork import seeds
from ketwork.checks import check_choice, check_real
from ketwork.models.class_weights import weights_of_classes
from ketwork.models.gram import Floats
from ketwork.models.kernel_alignment import class_target, value_target
from ketwork.models.kernel_machine import KernelMachine
from ketwork.models.scaling import centre_and_spread
from ketwork.models.temperature import fitted_temperature, held_out_scores, probabilities

METHODS_OF_REGRESSION = ("ridge", "svr")


class KernelClassifier(ClassifierMixin, KernelMachine):  # type: ignore[misc]
    """A support vector machine on a quantum kernel.

    Parameters
    ----------
    encoding : the name of an encoding in `ENCODINGS` ("iqp", "zz": one qubit a feature; "angle", "reuploading": any
        number), a Circuit over inputs, or an `Encoding`. depth, entanglement, n_qubits, encoding_options : of the named
        encodings. n_qubits None : one a feature, at most 10 where the encoding leaves it open. Weights of an encoding
        are drawn from a normal distribution, or trained.
    standardise : standardise features and clip them at 3 standard deviations; False takes them as they are.
    scale : the kernel's bandwidth: what these are multiplied by to become angles (Shaydulin and Wild,
        arXiv:2111.05451). None for 1/sqrt(F), or 1 for features as they are; "auto" for the best aligned of seven.
    kernel : "fidelity" |<psi(a)|psi(b)>|^2, "projected" exp(-gamma times the squared distances of the reduced states of
        `locality` qubits), or "projected-linear". gamma : "scale" for one over their summed variance.
    trainable : train the weights of the encoding by kernel-target alignment: `alignment_steps` of `optimizer` with
        `learning_rate`, on `batch_size` samples each.
    C : the penalty of the support vector machine, above 0. class_weight : None, "balanced" or {class: weight}, above 0.
    n_components : None for the exact kernel; else so many random training samples are landmarks (Nystroem), the machine
        is a linear one on features (squared hinge, one against the rest), and training and predicting cost kernel
        values with the landmarks alone.
    regularisation : "tikhonov" or "threshold" for a kernel that shots or noise left with negative eigenvalues.
    calibrate : fit the temperature of `predict_proba` on decision values of held-out training samples.
    precision : "single" or "double". threads : None for all cores. random_state : seed of shots, weights, landmarks.
    backend : None for an ideal `Simulator`, which makes every state once; see `FidelityKernel` and `ProjectedKernel`
        for what others do. Clones share the backend.
    shots : of each circuit of a fidelity kernel, where the backend has no number of its own. max_circuits : refuse to
        run more for one kernel matrix; None for no limit. memory : bytes that the work on a kernel matrix may take
        besides it, more is done in tiles; None for 1 GiB.

    Attributes
    ----------
    classes_, circuit_, kernel_, weights_, svc_, n_support_, fit_seconds_ ; gram_ (N, N) : the kernel of the training
    samples. landmarks_ : of Nystroem. alignment_, alignments_ : of the training, of the bandwidths.
    n_circuit_evaluations_ : circuits that a device would have run.

    `predict_proba` is the softmax of the decision values over one temperature, so that the most probable class is the
    predicted one.

    Source: Havlicek et al., arXiv:1804.11326; Schuld and Killoran, arXiv:1803.07128; Huang et al., arXiv:2011.01938;
    Hubregtsen et al., arXiv:2105.02276.
    """

    def __init__(
        self,
        encoding: Any = "iqp",
        depth: int = 2,
        entanglement: Any = "linear",
        n_qubits: int | None = None,
        scale: float | str | None = None,
        C: float = 10.0,
        precision: str = "single",
        threads: int | None = None,
        random_state: Any = None,
        backend: Any = None,
        shots: int = 1024,
        max_circuits: int | None = 20_000,
        kernel: str = "fidelity",
        gamma: float | str = "scale",
        locality: int = 1,
        encoding_options: dict[str, Any] | None = None,
        standardise: bool = True,
        trainable: bool = False,
        optimizer: str = "adam",
        alignment_steps: int = 100,
        learning_rate: float = 0.05,
        batch_size: int = 32,
        class_weight: Any = None,
        n_components: int | None = None,
        regularisation: str | None = None,
        calibrate: bool = True,
        memory: int | None = None,
    ) -> None:
        self.encoding = encoding
        self.depth = depth
        self.entanglement = entanglement
        self.n_qubits = n_qubits
        self.scale = scale
        self.C = C
        self.precision = precision
        self.threads = threads
        self.random_state = random_state
        self.backend = backend
        self.shots = shots
        self.max_circuits = max_circuits
        self.kernel = kernel
        self.gamma = gamma
        self.locality = locality
        self.encoding_options = encoding_options
        self.standardise = standardise
        self.trainable = trainable
        self.optimizer = optimizer
        self.alignment_steps = alignment_steps
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.class_weight = class_weight
        self.n_components = n_components
        self.regularisation = regularisation
        self.calibrate = calibrate
        self.memory = memory

    # ------------------------------------------------------------------ fitting
    def fit(self, X: Any, y: Any) -> "KernelClassifier":
        """Train on features X (N, F) and labels y (N,). Raises: ValueError for bad data or parameters."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        check_penalty(self.C)
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError("Classification needs at least 2 classes, but y holds 1 class.")
        started = time.perf_counter()
        looks = self._learn_samples(X, lambda chosen: _target_of_known(labels[chosen]))
        self._fit_machine(looks, labels)
        self.fit_seconds_ = time.perf_counter() - started
        return self

    def _machine(self) -> Any:
        weight = self.class_weight
        if weight is not None and not (isinstance(weight, str) and weight == "balanced"):
            each = weights_of_classes(weight, self.classes_)  # the machine knows classes by their numbers
            if not each.all():
                raise ValueError("Argument `class_weight` must be above 0 for every class of a kernel machine.")
            weight = dict(enumerate(each.tolist()))
        if self.landmarks_ is None:
            return SVC(C=self.C, kernel="precomputed", class_weight=weight)
        return LinearSVC(C=self.C, class_weight=weight, dual=False, max_iter=10_000, tol=1e-5)

    def _fit_machine(self, looks: Floats, labels: NDArray[np.int64]) -> None:
        self.labels_ = labels
        self.svc_ = self._machine().fit(looks, labels)
        self._count()
        self.inverse_temperature_ = 1.0
        if self.calibrate:
            self.inverse_temperature_ = fitted_temperature(*held_out_scores(labels, self._held_out(looks, labels)))

    def _held_out(self, looks: Floats, labels: NDArray[np.int64]) -> Any:
        def scores(train: NDArray[Any], held: NDArray[Any]) -> Floats:
            seen: Any = train if self.landmarks_ is None else slice(None)
            model = self._machine().fit(looks[train][:, seen], labels[train])
            return np.asarray(model.decision_function(looks[held][:, seen]))

        return scores

    def _count(self) -> None:
        self.n_iter_ = int(np.max(self.svc_.n_iter_))
        if self.landmarks_ is None:
            self.n_support_ = self.svc_.n_support_
            self.n_parameters_ = int(self.svc_.dual_coef_.size + self.svc_.intercept_.size)
        else:
            self.n_support_ = np.zeros(len(self.classes_), int)
            self.n_parameters_ = int(self.svc_.coef_.size + self.svc_.intercept_.size)
        self.n_parameters_ += self.circuit_.n_weights if self.trainable else 0

    # ------------------------------------------------------------------ using
    def decision_function(self, X: Any) -> Floats:
        """The support vector machine's decision values, (N,) for two classes, else (N, K)."""
        check_is_fitted(self, "svc_")
        needed = None if self.landmarks_ is not None else self.svc_.support_  # the others have no part in the decision
        return np.asarray(self.svc_.decision_function(self._look_at(X, needed)))

    def predict_proba(self, X: Any) -> Floats:
        """Class probabilities (N, K): the softmax of the decision values over the temperature."""
        return probabilities(self.decision_function(X), self.inverse_temperature_)

    def predict(self, X: Any) -> NDArray[Any]:
        """The class of every sample, (N,)."""
        values = self.decision_function(X)
        picked = (values > 0).astype(int) if values.ndim == 1 else values.argmax(axis=1)
        return np.asarray(self.classes_[picked])

    # ------------------------------------------------------------------ saving
    def _saved(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """What was learned, for `storage`: classes, training samples and, from a backend, their kernel; or the linear
        machine on the landmarks."""
        facts, arrays = self._saved_samples()
        facts |= {"classes": self.classes_, "inverse_temperature": self.inverse_temperature_}
        if self.landmarks_ is not None:
            return facts, {**arrays, "coefficients": self.svc_.coef_, "intercepts": self.svc_.intercept_}
        gram = {} if self.backend is None and self.regularisation is None else {"gram": self.gram_}
        return facts, {**arrays, "labels": self.labels_, **gram}

    def _restored(self, facts: dict[str, Any], arrays: dict[str, Any]) -> "KernelClassifier":
        """Take in what another fit has learned; the exact machine is fitted again on its training samples."""
        self.classes_ = np.asarray(facts["classes"])
        self._restored_samples(facts, arrays)
        self.inverse_temperature_ = check_real("inverse_temperature", facts["inverse_temperature"], 0)
        if self.landmarks_ is not None:
            self.svc_ = _linear(LinearSVC(), arrays["coefficients"], arrays["intercepts"], len(self.classes_))
            self.svc_.n_iter_ = 0
        else:
            labels = arrays["labels"]
            if labels.min(initial=0) < 0 or labels.max(initial=0) >= len(self.classes_):
                raise ValueError("The saved model's labels do not fit its classes.")
            kept = "trained_on" in facts or self.regularisation is not None
            self.gram_ = arrays["gram"] if kept else self._between(self.anchors_)
            if len(labels) != len(self.anchors_) or self.gram_.shape != (len(labels), len(labels)):
                raise ValueError("The saved model's labels do not fit its samples.")
            self.labels_ = labels.astype(np.int64)
            self.svc_ = self._machine().fit(self.gram_, self.labels_)
        self._count()
        return self


class KernelRegressor(RegressorMixin, KernelMachine):  # type: ignore[misc]
    """Ridge regression or a support vector regression on a quantum kernel.

    Parameters
    ----------
    method : "ridge" (kernel ridge regression, the mean of y taken off) or "svr". alpha : the ridge's penalty.
    C, epsilon : the support vector regression's penalty and tolerance, in units of the deviation of y.
    n_components : None for the exact kernel; else so many random training samples are landmarks (Nystroem); the ridge's
        predictions with all samples as landmarks are those of the exact kernel.
    encoding, depth, entanglement, n_qubits, encoding_options, standardise, scale, kernel, gamma, locality, trainable,
    optimizer, alignment_steps, learning_rate, batch_size, regularisation, precision, threads, random_state, backend,
    shots, max_circuits, memory : as of `KernelClassifier`; kernels are aligned with the products of the values of y.

    Attributes
    ----------
    circuit_, kernel_, weights_, landmarks_, alignment_, alignments_, n_circuit_evaluations_, fit_seconds_ as of
    `KernelClassifier`. dual_ (N,) or (r,) : what looks at samples are multiplied by. mean_, deviation_ : of y.

    Source: Saunders, Gammerman, Vovk, ICML 1998 (kernel ridge); Smola and Schoelkopf 2004 (support vectors).
    """

    def __init__(
        self,
        encoding: Any = "iqp",
        depth: int = 2,
        entanglement: Any = "linear",
        n_qubits: int | None = None,
        scale: float | str | None = None,
        method: str = "ridge",
        alpha: float = 0.01,
        C: float = 10.0,
        epsilon: float = 0.05,
        kernel: str = "fidelity",
        gamma: float | str = "scale",
        locality: int = 1,
        encoding_options: dict[str, Any] | None = None,
        standardise: bool = True,
        trainable: bool = False,
        optimizer: str = "adam",
        alignment_steps: int = 100,
        learning_rate: float = 0.05,
        batch_size: int = 32,
        n_components: int | None = None,
        regularisation: str | None = None,
        precision: str = "single",
        threads: int | None = None,
        random_state: Any = None,
        backend: Any = None,
        shots: int = 1024,
        max_circuits: int | None = 20_000,
        memory: int | None = None,
    ) -> None:
        self.encoding = encoding
        self.depth = depth
        self.entanglement = entanglement
        self.n_qubits = n_qubits
        self.scale = scale
        self.method = method
        self.alpha = alpha
        self.C = C
        self.epsilon = epsilon
        self.kernel = kernel
        self.gamma = gamma
        self.locality = locality
        self.encoding_options = encoding_options
        self.standardise = standardise
        self.trainable = trainable
        self.optimizer = optimizer
        self.alignment_steps = alignment_steps
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.n_components = n_components
        self.regularisation = regularisation
        self.precision = precision
        self.threads = threads
        self.random_state = random_state
        self.backend = backend
        self.shots = shots
        self.max_circuits = max_circuits
        self.memory = memory

    def fit(self, X: Any, y: Any) -> "KernelRegressor":
        """Train on features X (N, F) and values y (N,). Raises: ValueError for bad data or parameters."""
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        check_choice("method", self.method, METHODS_OF_REGRESSION)
        for name in ("alpha", "epsilon"):
            check_real(name, getattr(self, name), 0)
        check_penalty(self.C)
        started = time.perf_counter()
        y = np.asarray(y, np.float64)
        mean, deviation = centre_and_spread(y[:, None])
        self.mean_, self.deviation_ = float(mean[0]), float(deviation[0])
        y = (y - self.mean_) / self.deviation_
        looks = self._learn_samples(X, lambda chosen: value_target(y[chosen]))
        fit = self._fit_ridge if self.method == "ridge" else self._fit_support
        self.dual_, self.offset_ = fit(looks, y)
        self.n_parameters_ = len(self.dual_) + 1 + (self.circuit_.n_weights if self.trainable else 0)
        self.fit_seconds_ = time.perf_counter() - started
        return self

    def _fit_ridge(self, looks: Floats, y: Floats) -> tuple[Floats, float]:
        """What looks are multiplied by: (K + alpha)^-1 y, or the same regression on features."""
        if self.landmarks_ is None:
            square, right = looks, y
        else:
            square, right = looks.T @ looks, looks.T @ y
        floor = 1e-10 * max(1.0, float(np.trace(square)) / len(square))  # alpha may be 0
        return np.linalg.solve(square + max(self.alpha, floor) * np.eye(len(square)), right), 0.0

    def _fit_support(self, looks: Floats, y: Floats) -> tuple[Floats, float]:
        if self.landmarks_ is not None:
            seed = int(seeds.generator(self._seed()).integers(2**31))
            linear = LinearSVR(C=self.C, epsilon=self.epsilon, max_iter=100_000, random_state=seed).fit(looks, y)
            return linear.coef_, float(np.ravel(linear.intercept_)[0])
        machine = SVR(C=self.C, epsilon=self.epsilon, kernel="precomputed").fit(looks, y)
        dual = np.zeros(len(y))
        dual[machine.support_] = machine.dual_coef_[0]
        return dual, float(machine.intercept_[0])

    def predict(self, X: Any) -> Floats:
        """Values (N,)."""
        check_is_fitted(self, "dual_")
        needed = None if self.landmarks_ is not None else np.flatnonzero(self.dual_)
        looks = self._look_at(X, needed)
        return np.asarray((looks @ self.dual_ + self.offset_) * self.deviation_ + self.mean_)

    def _saved(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        facts, arrays = self._saved_samples()
        facts |= {"mean": self.mean_, "deviation": self.deviation_, "offset": self.offset_}
        return facts, {**arrays, "dual": self.dual_}

    def _restored(self, facts: dict[str, Any], arrays: dict[str, Any]) -> "KernelRegressor":
        self._restored_samples(facts, arrays)
        self.mean_, self.deviation_ = check_real("mean", facts["mean"]), check_real("deviation", facts["deviation"], 0)
        self.offset_, self.dual_ = check_real("offset", facts["offset"]), arrays["dual"]
        looks = len(self.anchors_) if self.landmarks_ is None else self.landmarks_.whitening.shape[1]
        if self.dual_.shape != (looks,):
            raise ValueError("The saved model's coefficients do not fit its samples.")
        self.n_parameters_ = len(self.dual_) + 1 + (self.circuit_.n_weights if self.trainable else 0)
        return self


def check_penalty(C: Any) -> None:
    """Raises: ValueError, TypeError unless a support vector machine's penalty is a number above 0."""
    if check_real("C", C, 0) == 0:
        raise ValueError("Argument `C` must be above 0, but is 0.")


def _target_of_known(labels: NDArray[np.int64]) -> Floats:
    """The target of a subset that may hold a single class, which tells nothing."""
    if len(np.unique(labels)) < 2:
        return np.zeros((len(labels), len(labels)))
    return class_target(labels)


def _linear(machine: LinearSVC, coefficients: Floats, intercepts: Floats, count: int) -> LinearSVC:
    """A linear machine from its coefficients."""
    rows = 1 if count == 2 else count
    if coefficients.ndim != 2 or len(coefficients) != rows or intercepts.shape != (rows,):
        raise ValueError("The saved model's coefficients do not fit its classes.")
    machine.coef_, machine.intercept_, machine.classes_ = coefficients, intercepts, np.arange(count)
    machine.n_features_in_ = coefficients.shape[1]
    return machine
