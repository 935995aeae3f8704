"""Kernel methods: a circuit's states as features that only their overlaps know."""

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.svm import SVC
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from ketwork.checks import check_choice, check_int, check_real
from ketwork.circuit import Circuit
from ketwork.engine.simulator import Simulator
from ketwork.models.encodings import angle_encoding, iqp_feature_map, zz_feature_map
from ketwork.models.scaling import FeatureScale

Floats = NDArray[np.floating[Any]]
KERNEL_ENCODINGS = ("angle", "iqp", "zz")


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
    random_state : seed, only used when probabilities are drawn.

    Attributes
    ----------
    classes_, circuit_, svc_, n_support_, fit_seconds_ ; n_circuit_evaluations_ : pairs that a device would have run.

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

    def fit(self, X: Any, y: Any) -> "KernelClassifier":
        """Train on features X (N, F) and labels y (N,). Raises: ValueError for bad data or parameters."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        check_real("C", self.C, 0)
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

    def _fit_anchors(self, anchors: Floats, y: Any) -> None:
        self.anchors_, self.labels_ = anchors, y
        self.svc_ = SVC(C=self.C, kernel="precomputed").fit(self._gram(anchors, None), y)
        self.n_support_ = self.svc_.n_support_
        self.n_parameters_ = int(self.svc_.dual_coef_.size + self.svc_.intercept_.size)
        self.n_circuit_evaluations_ = len(anchors) * (len(anchors) - 1) // 2
        self.n_iter_ = int(np.max(self.svc_.n_iter_))

    def restore(self, scale: FeatureScale, anchors: Floats, y: Any) -> "KernelClassifier":
        """Fit again on scaled training data: how a saved kernel model comes back."""
        self._build(FeatureScale(scale.mean, scale.deviation, self._factor()))
        self._fit_anchors(anchors, y)
        return self

    def _gram(self, a: Floats, b: Floats | None) -> Floats:
        simulator = Simulator(self.precision, self.threads)
        return np.asarray(simulator.overlap(self.circuit_, a, b), np.float64)

    def decision_function(self, X: Any) -> Floats:
        """The support vector machine's decision values, (N,) for two classes, else (N, K)."""
        check_is_fitted(self, "svc_")
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return np.asarray(self.svc_.decision_function(self._gram(self.scale_.apply(X), self.anchors_)))

    def predict(self, X: Any) -> NDArray[Any]:
        """The class of every sample, (N,)."""
        values = self.decision_function(X)
        picked = (values > 0).astype(int) if values.ndim == 1 else values.argmax(axis=1)
        return np.asarray(self.classes_[picked])
