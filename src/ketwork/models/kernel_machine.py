"""What all estimators on a quantum kernel share: from features to the kernel, on any backend, saved and restored."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from ketwork import seeds
from ketwork.backends.shift import count_shifts
from ketwork.checks import check_choice, check_int, check_real
from ketwork.engine.simulator import Simulator
from ketwork.models.encoding import Encoding
from ketwork.models.encodings import encode, encoding_qubits
from ketwork.models.gram import REGULARISATIONS, Floats, check_memory, regularised
from ketwork.models.kernel_alignment import OPTIMIZERS, Trained, align, best_scale
from ketwork.models.kernels import FidelityKernel, Kernel
from ketwork.models.model_circuit import options_of
from ketwork.models.nystroem import Landmarks, choose_landmarks
from ketwork.models.on_backends import OnBackends, check_backend
from ketwork.models.projected_kernel import ProjectedKernel
from ketwork.models.scaling import FeatureScale
from ketwork.optimize import METHODS

KERNELS = ("fidelity", "projected", "projected-linear")
Target = Callable[[NDArray[Any]], Floats]
_MOST_QUBITS = 20
_BANDWIDTHS = 2.0 ** np.arange(-4, 3)
"""What "auto" tries as bandwidths, in units of 1/sqrt(F)."""


class KernelMachine(OnBackends, BaseEstimator):  # type: ignore[misc]
    """An estimator that knows its samples by a quantum kernel alone; the kinds of machines say what they do with it.

    It reads the parameters that the kinds share: encoding, depth, entanglement, n_qubits, encoding_options,
    standardise, scale, kernel, gamma, locality, precision, threads, random_state, backend, shots, max_circuits, memory;
    of those that can be trained: trainable, optimizer, alignment_steps, learning_rate, batch_size; of those with a
    teacher: n_components, regularisation.
    """

    # ------------------------------------------------------------------ the kernel
    @property
    def kernel_(self) -> Kernel:
        """The kernel as a value, between inputs of `circuit_`."""
        return self._kernel_with(self.weights_, self.gamma_)

    def _kernel_with(self, weights: Floats, gamma: float) -> Kernel:
        backend = Simulator(self.precision, self.threads) if self.backend is None else self.backend
        if self.kernel == "fidelity":
            circuit, limit = self.circuit_, self.max_circuits
            return FidelityKernel(circuit, weights, backend, self.shots, limit, self.random_state)
        linear = self.kernel == "projected-linear"
        return ProjectedKernel(self.circuit_, weights, gamma, self.locality, linear, backend, self.max_circuits)

    def _learn_kernel(self, X: Floats, target: Target | None = None) -> Floats:
        """Learn scale, weights and gamma from features (N, F), and return the rows (N, R) of the kernel.

        target: what the kernel is to agree with, where something is trained or chosen by it.
        """
        self._check_kernel_parameters(target)
        self._encode()
        scaling, weighing, training = seeds.generator(self._seed()).spawn(3)
        self.weights_ = weighing.normal(0, 1, self.circuit_.n_weights)
        self.gamma_ = 1.0 if isinstance(self.gamma, str) else float(self.gamma)
        self.scale_ = FeatureScale.of(X, 1.0, span=self._span)
        factor = self._factor()
        if factor is None:
            assert target is not None
            factor, self.alignments_ = self._best_factor(X, target, scaling)
        self.factor_ = factor
        inputs = self._inputs(X)
        self.n_circuit_evaluations_ = 0
        if getattr(self, "trainable", False):
            assert target is not None
            found = self._train(inputs, target, training)
            self.weights_, self.alignment_ = np.asarray(found.kernel.weights), found
        rows = self.kernel_.rows(inputs)
        if self.gamma == "scale" and self.kernel == "projected":
            self.gamma_ = scaled_gamma(rows)
        return rows

    def _seed(self) -> Any:
        """The seed as it was given; a generator is copied, so that what is drawn here leaves it as it was."""
        return copy.deepcopy(self.random_state)

    def _encode(self) -> None:
        """Build the circuit for the number of features that was seen."""
        self.encoding_ = encoding_of(self)
        self.circuit_ = self.encoding_.circuit
        if self.circuit_.n_qubits > _MOST_QUBITS:
            raise ValueError(
                f"A kernel's circuit has at most {_MOST_QUBITS} qubits, but {self.n_features_in_} features take "
                f"{self.circuit_.n_qubits} here. Take fewer features or another encoding."
            )

    def _inputs(self, X: Floats) -> Floats:
        """Inputs (N, n_inputs) of the circuit for features (N, F)."""
        return encoded(self.encoding_, self.scale_, self._span, self.factor_, X)

    @property
    def _span(self) -> str:
        """How features are scaled."""
        return self.encoding_.span if self.standardise else "raw"

    def _rows(self, X: Any) -> Floats:
        """Rows (N, R) of the kernel for new samples' features (N, F)."""
        check_is_fitted(self)
        rows = self.kernel_.rows(self._inputs(validate_data(self, X, dtype=np.float64, reset=False)))
        if rows.shape[1] != self.anchors_.shape[1]:
            raise ValueError("The parameters of the kernel changed since it was fitted: fit the model again.")
        return rows

    def _between(self, a: Floats, b: Floats | None = None) -> Floats:
        return self.kernel_.between(a, b, memory=self.memory)

    # ------------------------------------------------------------------ samples
    def _learn_samples(self, X: Floats, target: Any) -> Floats:
        """Learn the kernel; returns what the machine is trained on: the kernel (N, N), or features (N, r)."""
        if self.regularisation is not None:
            check_choice("regularisation", self.regularisation, REGULARISATIONS)
        count = getattr(self, "n_components", None)
        if count is not None:
            check_int("n_components", count, 1)
        rows = self._learn_kernel(X, target)
        self.landmarks_: Landmarks | None = None
        if count is None:
            self.anchors_ = rows
            self.gram_ = regularised(self._between(rows), self.regularisation)
            self.n_circuit_evaluations_ += self.kernel_.circuits(len(rows))
            return self.gram_
        rng = seeds.generator(self._seed()).spawn(5)[4]
        self.landmarks_ = choose_landmarks(self.kernel_, rows, count, rng, memory=self.memory)
        self.anchors_ = self.landmarks_.points
        self.n_circuit_evaluations_ += self.kernel_.circuits(len(rows), count)
        return self.landmarks_.features(self.kernel_, rows, memory=self.memory)

    def _look_at(self, X: Any, needed: NDArray[Any] | None = None) -> Floats:
        """Features (N, r) of new samples at the landmarks, or their kernel (N, A) with the training samples, of which
        only the `needed` ones are asked for and the others are 0."""
        rows = self._rows(X)
        if self.landmarks_ is not None:
            return self.landmarks_.features(self.kernel_, rows, memory=self.memory)
        if needed is None:
            return self._between(rows, self.anchors_)
        kernel = np.zeros((len(rows), len(self.anchors_)))
        if len(needed):
            kernel[:, needed] = self._between(rows, self.anchors_[needed])
        return kernel

    # ------------------------------------------------------------------ what is learned of it
    def _factor(self) -> float | None:
        """What scaled features are multiplied by; None where it has to be chosen."""
        if self.scale == "auto":
            return None
        if self.scale is not None:
            return check_real("scale", self.scale, 0)
        return usual_factor(self._span, self.n_features_in_)

    def _best_factor(self, X: Floats, target: Target, rng: np.random.Generator) -> tuple[float, dict[float, float]]:
        """The bandwidth with the highest alignment, and the alignment of each that was tried."""

        def kernel_of(factor: float) -> tuple[Kernel, Floats]:
            self.factor_ = factor
            inputs, kernel = self._inputs(X), self._kernel_with(self.weights_, self.gamma_)
            if self.gamma == "scale" and isinstance(kernel, ProjectedKernel):
                kernel = replace(kernel, gamma=scaled_gamma(kernel.rows(inputs)))
            return kernel, inputs

        return best_scale(kernel_of, target, _BANDWIDTHS / np.sqrt(self.n_features_in_), rng)  # type: ignore[arg-type]

    def _train(self, inputs: Floats, target: Target, rng: np.random.Generator) -> Trained:
        known = METHODS[self.optimizer].options or {}
        options = {"learning_rate": self.learning_rate} if "learning_rate" in known else {}
        kernel = self._kernel_with(self.weights_, self.gamma_)
        if self.gamma == "scale" and isinstance(kernel, ProjectedKernel):
            kernel = replace(kernel, gamma=scaled_gamma(kernel.rows(inputs)))
        found = align(
            kernel, inputs, target, self.alignment_steps, self.batch_size, self.optimizer, seed=rng, **options
        )
        graded = "gradient" in METHODS[self.optimizer].needs
        a_step = kernel.circuits(min(self.batch_size, len(inputs)))
        self.n_circuit_evaluations_ += len(found.history) * a_step * (1 + (self._shifts() if graded else 0))
        return found

    def _shifts(self) -> int:
        """Circuits more that the parameter-shift rule takes for the gradient of one value by all weights."""
        return count_shifts(self.circuit_, inputs=False) * (2 if self.kernel == "fidelity" else 1)

    def _check_kernel_parameters(self, target: Target | None) -> None:
        check_choice("kernel", self.kernel, KERNELS)
        if self.gamma != "scale" or not isinstance(self.gamma, str):
            check_real("gamma", self.gamma, 0)
        check_int("locality", self.locality, 1)
        check_int("shots", self.shots, 1)
        if self.max_circuits is not None:
            check_int("max_circuits", self.max_circuits, 1)
        check_memory(self.memory)
        check_backend(self.backend)
        if isinstance(self.scale, str) and (self.scale != "auto" or target is None):
            wanted = "a number or None" if target is None else "a number, 'auto' or None"
            raise ValueError(f"Argument `scale` must be {wanted}, but is {self.scale!r}.")
        if getattr(self, "trainable", False):
            check_choice("optimizer", self.optimizer, OPTIMIZERS)
            check_int("alignment_steps", self.alignment_steps, 1)
            check_int("batch_size", self.batch_size, 2)
            check_real("learning_rate", self.learning_rate, 0)

    # ------------------------------------------------------------------ saving
    def _saved_kernel(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """What was learned of the kernel, for `storage`."""
        arrays = {"scale_mean": self.scale_.mean, "scale_deviation": self.scale_.deviation}
        if len(self.weights_):
            arrays["weights"] = self.weights_
        return {"factor": self.factor_, "gamma": self.gamma_}, arrays

    def _restored_kernel(self, facts: dict[str, Any], arrays: dict[str, Any], *rows: str) -> None:
        """Take in what another fit has learned. rows: names of arrays that hold rows of the kernel.

        Raises: ValueError for shapes that do not fit the circuit.
        """
        self._check_kernel_parameters(lambda chosen: np.zeros((len(chosen), len(chosen))))
        self._encode()
        self.scale_ = FeatureScale.restored(arrays, self.n_features_in_, 1.0, self._span)
        self.factor_, self.gamma_ = check_real("factor", facts["factor"], 0), check_real("gamma", facts["gamma"], 0)
        self.n_circuit_evaluations_ = 0
        self.weights_ = arrays["weights"] if self.circuit_.n_weights else np.zeros(0)
        if self.weights_.shape != (self.circuit_.n_weights,):
            raise ValueError("The saved model's arrays do not fit its circuit.")
        for name in rows:
            if arrays[name].ndim != 2 or arrays[name].shape[1] != self.kernel_.width or not len(arrays[name]):
                raise ValueError(f"The saved model's array {name!r} does not fit its kernel.")

    def _saved_samples(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """The training samples or landmarks that predictions need, and the kernel's own part."""
        facts, arrays = self._saved_kernel()
        found = {**arrays, "anchors": self.anchors_}
        return facts, found if self.landmarks_ is None else {**found, "whitening": self.landmarks_.whitening}

    def _restored_samples(self, facts: dict[str, Any], arrays: dict[str, Any]) -> None:
        self._restored_kernel(facts, arrays, "anchors")
        self.anchors_, self.landmarks_ = arrays["anchors"], None
        if getattr(self, "n_components", None) is not None:
            whitening = arrays["whitening"]
            if whitening.ndim != 2 or len(whitening) != len(self.anchors_):
                raise ValueError("The saved model's landmarks do not fit its whitening.")
            self.landmarks_ = Landmarks(self.anchors_, whitening)


def encoding_of(estimator: Any) -> Encoding:
    """The encoding that an estimator's parameters describe, for the features that it was fitted on.

    Raises: ValueError, TypeError for what `encode` refuses, and for a circuit without inputs.
    """
    given, features, n = estimator.encoding, estimator.n_features_in_, estimator.n_qubits
    if n is None and isinstance(given, str):
        n = encoding_qubits(given, features, 1, 10)
    options = options_of("encoding_options", estimator.encoding_options)
    found = encode(given, features, n, estimator.depth, estimator.entanglement, **options)
    if not found.circuit.n_inputs:
        raise ValueError("Argument `encoding` must take in features, but its circuit has no inputs.")
    return found


def encoded(encoding: Encoding, scale: FeatureScale, span: str, factor: float, X: Floats) -> Floats:
    """Inputs (N, n_inputs) of an encoding's circuit for features (N, F), scaled as the span says and times a factor."""
    held = min(factor, 1.0) if span == "unit" else factor  # larger ones would leave [-1, 1]
    return np.asarray(encoding.prepare(replace(scale, factor=held).apply(X))[:, : encoding.circuit.n_inputs])


def usual_factor(span: str, n_features: int) -> float:
    """What scaled features are multiplied by when nobody says."""
    return float(1 / np.sqrt(n_features)) if span == "angle" else 1.0


def scaled_gamma(rows: Floats) -> float:
    """One over the summed variance of the rows' columns, so that exponents are around 2; 1 for equal rows."""
    spread = float(rows.var(axis=0).sum())
    return 1 / spread if spread > 1e-12 else 1.0
