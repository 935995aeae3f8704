"""Anomalies by a quantum kernel: samples that the states of the others do not surround."""

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import OutlierMixin
from sklearn.svm import OneClassSVM
from sklearn.utils.validation import check_is_fitted, validate_data

from ketwork.checks import check_real
from ketwork.models.gram import Floats
from ketwork.models.kernel_machine import KernelMachine


class QuantumAnomalyDetector(OutlierMixin, KernelMachine):  # type: ignore[misc]
    """A one-class support vector machine on a quantum kernel.

    Parameters
    ----------
    nu : in (0, 1): an upper bound on the share of training samples that are called anomalies, and a lower bound on that
        of support vectors.
    encoding, depth, entanglement, n_qubits, encoding_options, standardise, scale, kernel, gamma, locality,
    regularisation, precision, threads, random_state, backend, shots, max_circuits, memory : as of `KernelClassifier`;
    weights of an encoding stay as they are drawn, and `scale` cannot be "auto".

    Attributes
    ----------
    offset_ : what is taken off `score_samples` to make `decision_function`: the machine's border, less the error that
    its solver allows, so that samples on it are usual. svc_, gram_ (N, N), circuit_, kernel_, n_support_,
    n_circuit_evaluations_, fit_seconds_.

    As in scikit-learn: `predict` says 1 for the usual and -1 for anomalies, `decision_function` is negative for
    anomalies, `score_samples` the higher the more usual. It learns from usual samples and judges new ones, or, by
    `fit_predict`, those that it was trained on.

    Source: Schoelkopf et al., Neural Computation 13 (2001) 1443; with quantum kernels Belis et al., arXiv:2301.10780.
    """

    def __init__(
        self,
        nu: float = 0.1,
        encoding: Any = "iqp",
        depth: int = 2,
        entanglement: Any = "linear",
        n_qubits: int | None = None,
        scale: float | None = None,
        kernel: str = "fidelity",
        gamma: float | str = "scale",
        locality: int = 1,
        encoding_options: dict[str, Any] | None = None,
        standardise: bool = True,
        regularisation: str | None = None,
        precision: str = "single",
        threads: int | None = None,
        random_state: Any = None,
        backend: Any = None,
        shots: int = 1024,
        max_circuits: int | None = 20_000,
        memory: int | None = None,
    ) -> None:
        self.nu = nu
        self.encoding = encoding
        self.depth = depth
        self.entanglement = entanglement
        self.n_qubits = n_qubits
        self.scale = scale
        self.kernel = kernel
        self.gamma = gamma
        self.locality = locality
        self.encoding_options = encoding_options
        self.standardise = standardise
        self.regularisation = regularisation
        self.precision = precision
        self.threads = threads
        self.random_state = random_state
        self.backend = backend
        self.shots = shots
        self.max_circuits = max_circuits
        self.memory = memory

    def fit(self, X: Any, y: Any = None) -> "QuantumAnomalyDetector":
        """Learn what is usual from features X (N, F). Raises: ValueError for bad data or parameters."""
        X = validate_data(self, X, dtype=np.float64)
        if check_real("nu", self.nu, 0, 1) in (0, 1):
            raise ValueError(f"Argument `nu` must lie between 0 and 1, both left out, but is {float(self.nu)}.")
        started = time.perf_counter()
        self._fit_machine(self._learn_samples(X, None))
        self.fit_seconds_ = time.perf_counter() - started
        return self

    def _fit_machine(self, gram: Floats) -> None:
        tolerance = 1e-3 * min(1.0, self.nu * len(gram))  # scores are no larger than the coefficients' sum, nu N
        self.svc_ = OneClassSVM(kernel="precomputed", nu=self.nu, tol=tolerance).fit(gram)
        self.offset_ = float(self.svc_.offset_[0]) - tolerance  # on the border but for the solver's error is usual
        self.n_support_ = self.svc_.n_support_
        self.n_iter_ = int(np.max(self.svc_.n_iter_))

    def score_samples(self, X: Any) -> Floats:
        """How usual samples are, (N,): their weighted kernel with the support vectors."""
        check_is_fitted(self, "svc_")
        return np.asarray(self.svc_.score_samples(self._look_at(X, self.svc_.support_)))

    def decision_function(self, X: Any) -> Floats:
        """`score_samples` less `offset_`, (N,): negative for anomalies."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> NDArray[np.int64]:
        """1 for usual samples and -1 for anomalies, (N,)."""
        return np.where(self.decision_function(X) >= 0, 1, -1)

    def _saved(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        facts, arrays = self._saved_samples()
        return facts, {**arrays, "gram": self.gram_}

    def _restored(self, facts: dict[str, Any], arrays: dict[str, Any]) -> "QuantumAnomalyDetector":
        """Take in what another fit has learned; the machine is fitted again on its training samples."""
        self._restored_samples(facts, arrays)
        self.gram_ = arrays["gram"]
        if self.gram_.shape != (len(self.anchors_),) * 2:
            raise ValueError("The saved model's kernel does not fit its samples.")
        self._fit_machine(self.gram_)
        return self
