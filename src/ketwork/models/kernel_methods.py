"""Kernel methods: a circuit's states as features that only their overlaps know."""

import copy
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.svm import SVC
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from ketwork import seeds
from ketwork.checks import check_choice, check_int, check_real
from ketwork.circuit import Circuit
from ketwork.engine.simulator import Simulator
from ketwork.models.classifier import check_backend
from ketwork.models.encodings import angle_encoding, iqp_feature_map, zz_feature_map
from ketwork.models.scaling import FeatureScale

Floats = NDArray[np.floating[Any]]
KERNEL_ENCODINGS = ("angle", "iqp", "zz")
_BITS = 1 << 26  # so many are read from a backend at once


def kernel_circuit(n_features: int, n_qubits: int | None, encoding: str, depth: int, entanglement: str) -> Circuit:
    """The feature map of a kernel; "iqp" and "zz" take one qubit a feature, "angle" any number."""
    check_choice("encoding", encoding, KERNEL_ENCODINGS)
    if encoding == "angle":
        n = n_qubits if n_qubits is not None else max(1, min(n_features, 10))
        return angle_encoding(check_int("n_qubits", n, 1, 20), n_features)
    if n_qubits is not None and n_qubits != n_features:
        raise ValueError(f"Encoding {encoding!r} needs {n_features} qubits, one a feature, but n_qubits is {n_qubits}.")
    check_int("n_features", n_features, 1, 20)
    return (iqp_feature_map if encoding == "iqp" else zz_feature_map)(n_features, depth, entanglement)


class KernelClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A support vector machine on the fidelity kernel |<psi(a)|psi(b)>|^2 of an encoding.

    Parameters
    ----------
    encoding : "iqp", "zz" (one qubit a feature) or "angle" (rounds of rotations). depth : rounds of "iqp" and "zz".
    entanglement : "linear", "full", "ring" or "none". n_qubits : of "angle"; None for one a feature, at most 10.
    scale : standardised features, clipped at 3 standard deviations, times `scale` are the angles: the kernel's
        bandwidth (Shaydulin and Wild, arXiv:2111.05451). None for 1/sqrt(F).
    C : the penalty of the support vector machine. precision : "single" or "double". threads : None for all cores.
    random_state : seed of the shots.
    backend : None for an ideal `Simulator`, which makes every state once. A noisy Simulator's kernel is
        Tr(rho_a rho_b), that of a perfect swap test. Any other Backend, a Simulator with shots too, runs U(a) and then
        U(b) undone, one circuit a pair, and the kernel is the share of the shots that read all qubits as 0; a sample
        with itself counts as 1. Clones share the backend.
    shots : of each such circuit, where the backend has no number of its own. max_circuits : refuse to run more for
        one kernel matrix; None for no limit.

    Attributes
    ----------
    classes_, circuit_, svc_, n_support_, fit_seconds_ ; gram_ (N, N) : the kernel of the training samples.
    n_circuit_evaluations_ : pairs that a device would have run.

    Source: Havlicek et al., arXiv:1804.11326; Schuld and Killoran, arXiv:1803.07128.
    """

    def __init__(
        self,
        encoding: str = "iqp",
        depth: int = 2,
        entanglement: str = "linear",
        n_qubits: int | None = None,
        scale: float | None = None,
        C: float = 1.0,
        precision: str = "single",
        threads: int | None = None,
        random_state: Any = None,
        backend: Any = None,
        shots: int = 1024,
        max_circuits: int | None = 20_000,
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

    def __sklearn_clone__(self) -> "KernelClassifier":
        """An unfitted copy with the same backend: what runs circuits cannot always be copied."""
        params = {k: clone(v, safe=False) for k, v in self.get_params(deep=False).items() if k != "backend"}
        return type(self)(**params, backend=self.backend)

    def on(self, backend: Any) -> "KernelClassifier":
        """The same fitted model, its kernel with the training samples from another backend; None for the ideal
        simulator."""
        check_is_fitted(self, "svc_")
        return copy.copy(self).set_params(backend=check_backend(backend))

    def fit(self, X: Any, y: Any) -> "KernelClassifier":
        """Train on features X (N, F) and labels y (N,). Raises: ValueError for bad data or parameters."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        check_real("C", self.C, 0)
        check_int("shots", self.shots, 1)
        if self.max_circuits is not None:
            check_int("max_circuits", self.max_circuits, 1)
        check_backend(self.backend)
        self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            raise ValueError("Classification needs at least 2 classes, but y holds 1 class.")
        started = time.perf_counter()
        self._build(FeatureScale.of(X, self._factor()))
        self._fit_anchors(self.scale_.apply(X), y)
        self.fit_seconds_ = time.perf_counter() - started
        return self

    def _factor(self) -> float:
        """What standardised features are multiplied by."""
        return float(1 / np.sqrt(self.n_features_in_) if self.scale is None else check_real("scale", self.scale, 0))

    def _build(self, scale: FeatureScale) -> None:
        self.circuit_ = kernel_circuit(self.n_features_in_, self.n_qubits, self.encoding, self.depth, self.entanglement)
        self.scale_ = scale

    def _fit_anchors(self, anchors: Floats, y: Any, gram: Floats | None = None) -> None:
        self.anchors_, self.labels_ = anchors, y
        self.gram_ = self._gram(anchors, None) if gram is None else gram
        self.svc_ = SVC(C=self.C, kernel="precomputed").fit(self.gram_, y)
        self.n_support_ = self.svc_.n_support_
        self.n_parameters_ = int(self.svc_.dual_coef_.size + self.svc_.intercept_.size)
        self.n_circuit_evaluations_ = len(anchors) * (len(anchors) - 1) // 2
        self.n_iter_ = int(np.max(self.svc_.n_iter_))

    def _saved(self) -> tuple[dict[str, Any], dict[str, Floats]]:
        """What was learned, for `storage`: the classes, the training samples and, from a backend, their kernel."""
        labels = np.searchsorted(self.classes_, self.labels_)
        arrays = {"scale_mean": self.scale_.mean, "scale_deviation": self.scale_.deviation, "anchors": self.anchors_}
        gram = {} if self.backend is None else {"gram": self.gram_}
        return {"classes": self.classes_}, {**arrays, "labels": labels, **gram}

    def _restored(self, facts: dict[str, Any], arrays: dict[str, Floats]) -> "KernelClassifier":
        """Fit again on scaled training data: how a saved kernel model comes back."""
        self.classes_ = np.asarray(facts["classes"])
        self._build(FeatureScale.restored(arrays, self.n_features_in_, self._factor()))
        labels = arrays["labels"]
        if labels.min(initial=0) < 0 or labels.max(initial=0) >= len(self.classes_):
            raise ValueError("The saved model's labels do not fit its classes.")
        gram = arrays["gram"] if "trained_on" in facts else None
        self._fit_anchors(arrays["anchors"], self.classes_[labels], gram)
        return self

    def _gram(self, a: Floats, b: Floats | None) -> Floats:
        """The kernel (A, B) of scaled samples; b None for a itself."""
        backend = Simulator(self.precision, self.threads) if self.backend is None else self.backend
        if isinstance(backend, Simulator) and backend.shots is None:
            return np.asarray(backend.overlap(self.circuit_, a, b), np.float64)
        if b is None:
            kernel = np.eye(len(a))
            rows, columns = np.triu_indices(len(a), 1)
            kernel[rows, columns] = kernel[columns, rows] = self._all_zeros(a[rows], a[columns])
            return kernel
        rows, columns = (place.ravel() for place in np.indices((len(a), len(b))))
        return self._all_zeros(a[rows], b[columns]).reshape(len(a), len(b))

    def _all_zeros(self, a: Floats, b: Floats) -> Floats:
        """How often (N,) all qubits are read as 0 after U(a) and then U(b) undone, one circuit a pair."""
        if self.max_circuits is not None and len(a) > self.max_circuits:
            raise ValueError(
                f"This kernel takes {len(a):,} circuits, one a pair of samples, but `max_circuits` is "
                f"{self.max_circuits:,}. Take fewer samples, or raise it (None: no limit)."
            )
        features = self.circuit_.n_inputs
        pair = self.circuit_ + self.circuit_.inverse().shift(inputs=features)
        inputs = np.hstack([a[:, :features], b[:, :features]])
        shots = getattr(self.backend, "shots", None) or self.shots
        rng = seeds.generator(self.random_state)
        step = max(1, _BITS // (shots * pair.n_qubits))
        found = []
        for first in range(0, len(inputs), step):
            seed = int(rng.integers(2**63))
            bits = self.backend.sample(pair, inputs[first : first + step], shots=shots, seed=seed)
            found.append(1.0 - bits.any(axis=2).mean(axis=1))
        return np.concatenate(found) if found else np.zeros(0)

    def decision_function(self, X: Any) -> Floats:
        """The support vector machine's decision values, (N,) for two classes, else (N, K)."""
        check_is_fitted(self, "svc_")
        X = self.scale_.apply(validate_data(self, X, dtype=np.float64, reset=False))
        kernel = np.zeros((len(X), len(self.anchors_)))
        support = self.svc_.support_  # the others have no part in the decision
        kernel[:, support] = self._gram(X, self.anchors_[support])
        return np.asarray(self.svc_.decision_function(kernel))

    def predict(self, X: Any) -> NDArray[Any]:
        """The class of every sample, (N,)."""
        values = self.decision_function(X)
        picked = (values > 0).astype(int) if values.ndim == 1 else values.argmax(axis=1)
        return np.asarray(self.classes_[picked])
