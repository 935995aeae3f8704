"""Features for any classical model: what is read of a circuit that takes in the samples."""

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from ketwork import seeds
from ketwork.backends import protocol
from ketwork.checks import check_choice, check_int, check_real
from ketwork.circuit import Circuit, x
from ketwork.engine.simulator import Simulator
from ketwork.models.couplings import entangle
from ketwork.models.gram import Floats
from ketwork.models.kernel_machine import encoded, encoding_of, usual_factor
from ketwork.models.on_backends import OnBackends, check_backend
from ketwork.models.projected_kernel import paulis_up_to
from ketwork.models.readout import own_observables
from ketwork.models.scaling import FeatureScale
from ketwork.operators import PauliSum

KINDS = ("projected", "kitchen-sinks")
_CHUNK = 1 << 16  # so many runs of a circuit at a time


class QuantumFeatures(OnBackends, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn features (N, F) into expectation values of a quantum circuit (N, M).

    Parameters
    ----------
    kind : "projected": X, Y, Z of every qubit of an encoding, and their products on up to `locality` qubits, the
        coordinates of the reduced states of Huang et al.; or "kitchen-sinks": `episodes` small circuits whose angles
        are random affine maps of the features, as random Fourier features are.
    observables : for "projected", Pauli sums over the circuit's qubits to read instead; None for those above.
    encoding, depth, entanglement, n_qubits, encoding_options, standardise, scale : as of `KernelClassifier`, for
        "projected"; weights of an encoding are drawn from a normal distribution.
    episodes : kitchen sinks. n_qubits : of each, 2 unless given. spread : the deviation of the random matrix's entries,
        for standardised features. sparsity : features that a qubit takes in; None for F / n_qubits, rounded up.
    shots : None for exact expectation values; else the mean of so many readings of Z, 1 for the bits of the paper
        (kitchen sinks only; for "projected" give a backend with shots).
    precision, threads, backend : as of `KernelClassifier`. random_state : seed of whatever is drawn.

    Attributes
    ----------
    circuit_, observables_ : what is run and read. weights_ (P,). matrix_ (episodes, n_qubits, F), offsets_ (episodes,
    n_qubits) : of kitchen sinks. n_circuit_evaluations_ : circuits a sample.

    Source: Huang et al., arXiv:2011.01938 (projected); Wilson et al., arXiv:1806.08321, sec. II: angles Omega u + beta
    on RX gates, then CX on a chain, then Z.
    """

    def __init__(
        self,
        kind: str = "projected",
        encoding: Any = "iqp",
        depth: int = 2,
        entanglement: Any = "linear",
        n_qubits: int | None = None,
        encoding_options: dict[str, Any] | None = None,
        observables: Any = None,
        locality: int = 1,
        standardise: bool = True,
        scale: float | None = None,
        episodes: int = 100,
        spread: float = 1.0,
        sparsity: int | None = None,
        shots: int | None = None,
        precision: str = "single",
        threads: int | None = None,
        random_state: Any = None,
        backend: Any = None,
    ) -> None:
        self.kind = kind
        self.encoding = encoding
        self.depth = depth
        self.entanglement = entanglement
        self.n_qubits = n_qubits
        self.encoding_options = encoding_options
        self.observables = observables
        self.locality = locality
        self.standardise = standardise
        self.scale = scale
        self.episodes = episodes
        self.spread = spread
        self.sparsity = sparsity
        self.shots = shots
        self.precision = precision
        self.threads = threads
        self.random_state = random_state
        self.backend = backend

    _fitted_by = "circuit_"

    # ------------------------------------------------------------------ fitting
    def fit(self, X: Any, y: Any = None) -> "QuantumFeatures":
        """Learn the scale of features X (N, F) and draw what is random. Raises: ValueError for bad parameters."""
        X = validate_data(self, X, dtype=np.float64)
        self._check_parameters()
        self._build()
        self.scale_ = FeatureScale.of(X, 1.0, span=self._span)
        drawing = seeds.generator(copy.deepcopy(self.random_state)).spawn(3)
        self.weights_ = drawing[0].normal(0, 1, self.circuit_.n_weights)
        if self.kind == "kitchen-sinks":
            self.matrix_, self.offsets_ = self._draw(drawing[1])
        return self

    def _check_parameters(self) -> None:
        check_choice("kind", self.kind, KINDS)
        check_backend(self.backend)
        for name in ("episodes", "locality"):
            check_int(name, getattr(self, name), 1)
        check_real("spread", self.spread, 0)
        for name in ("shots", "n_qubits"):
            if getattr(self, name) is not None:
                check_int(name, getattr(self, name), 1)
        if self.scale is not None:
            check_real("scale", self.scale, 0)
        if self.shots is not None and self.kind == "projected":
            raise ValueError(
                "Argument `shots` belongs to kind='kitchen-sinks'; here give `backend=Simulator(shots=...)`."
            )
        if self.observables is not None and self.kind != "projected":
            raise ValueError("Argument `observables` belongs to kind='projected'; kitchen sinks read Z of every qubit.")
        if self.sparsity is not None:
            check_int("sparsity", self.sparsity, 1, self.n_features_in_)

    def _build(self) -> None:
        if self.kind == "kitchen-sinks":
            n = self.n_qubits or 2
            circuit = Circuit(n)
            for q in range(n):
                circuit = circuit.rx(q, x[q])
            self.circuit_: Circuit = entangle(circuit, "cx", "linear")
            strings = ["I" * q + "Z" + "I" * (n - q - 1) for q in range(n)]
        else:
            self.encoding_ = encoding_of(self)
            self.circuit_ = self.encoding_.circuit
            check_int("locality", self.locality, 1, self.circuit_.n_qubits)
            strings = list(paulis_up_to(self.circuit_.n_qubits, self.locality))
        if self.observables is not None:
            self.observables_ = own_observables(self.observables, self.circuit_.n_qubits)
            self._names = [f"observable{k}" for k in range(len(self.observables_))]
        else:
            self.observables_ = [PauliSum(self.circuit_.n_qubits, ((string, 1.0),)) for string in strings]
            self._names = ["".join(f"{p}{q}" for q, p in enumerate(s) if p != "I") for s in strings]
        backend = self._runner()
        runs = protocol.cost(backend, self.circuit_, self.observables_, 1).circuits
        self.n_circuit_evaluations_ = runs * (self.episodes if self.kind == "kitchen-sinks" else 1)

    def _draw(self, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """The random affine maps: each qubit takes in `sparsity` features, with normal coefficients."""
        n, features = self.circuit_.n_qubits, self.n_features_in_
        taken = self.sparsity or -(-features // n)
        matrix = np.zeros((self.episodes, n, features))
        for episode in range(self.episodes):
            for q in range(n):
                matrix[episode, q, rng.permutation(features)[:taken]] = rng.normal(0, self.spread, taken)
        return matrix, rng.uniform(0, 2 * np.pi, (self.episodes, n))

    def _runner(self) -> Any:
        return Simulator(self.precision, self.threads) if self.backend is None else self.backend

    # ------------------------------------------------------------------ using
    def transform(self, X: Any) -> Floats:
        """The new features (N, M), in [-1, 1] but for observables of one's own."""
        check_is_fitted(self, "circuit_")
        X = validate_data(self, X, dtype=np.float64, reset=False)
        if self.kind == "projected":
            return self._read(self._inputs(X))
        angles = np.einsum("eqf,nf->neq", self.matrix_, self.scale_.apply(X)) + self.offsets_
        return self._read(angles.reshape(-1, self.circuit_.n_qubits)).reshape(len(X), -1)

    def _inputs(self, X: Floats) -> Floats:
        factor = usual_factor(self._span, self.n_features_in_) if self.scale is None else float(self.scale)
        return encoded(self.encoding_, self.scale_, self._span, factor, X)

    @property
    def _span(self) -> str:
        """How features are scaled."""
        if not self.standardise:
            return "raw"
        return "angle" if self.kind == "kitchen-sinks" else self.encoding_.span

    def _read(self, inputs: Floats) -> Floats:
        """Expectation values (B, M) for inputs (B, n_inputs)."""
        backend, weights = self._runner(), self.weights_ if self.circuit_.n_weights else None
        rng = seeds.generator(copy.deepcopy(self.random_state)).spawn(3)[2]
        found = []
        for first in range(0, len(inputs), _CHUNK):
            part = inputs[first : first + _CHUNK]
            if self.shots is None:
                found.append(backend.expectation(self.circuit_, self.observables_, part, weights))
            else:
                seed = int(rng.integers(2**63))
                bits = backend.sample(self.circuit_, part, weights, shots=self.shots, seed=seed)
                found.append(1 - 2 * bits.mean(axis=1))
        return np.asarray(np.concatenate(found), np.float64)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Names of the new features, such as "X0Z1", or "e3Z0" of the third episode, (M,)."""
        check_is_fitted(self, "circuit_")
        if self.kind == "kitchen-sinks":
            return np.array([f"e{k}{name}" for k in range(self.episodes) for name in self._names], dtype=object)
        return np.array(self._names, dtype=object)

    # ------------------------------------------------------------------ saving
    def _saved(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        arrays = {"scale_mean": self.scale_.mean, "scale_deviation": self.scale_.deviation}
        if len(self.weights_):
            arrays["weights"] = self.weights_
        if self.kind == "kitchen-sinks":
            arrays |= {"matrix": self.matrix_, "offsets": self.offsets_}
        return {}, arrays

    def _restored(self, facts: dict[str, Any], arrays: dict[str, Any]) -> "QuantumFeatures":
        self._check_parameters()
        self._build()
        self.scale_ = FeatureScale.restored(arrays, self.n_features_in_, 1.0, self._span)
        self.weights_ = arrays["weights"] if self.circuit_.n_weights else np.zeros(0)
        fits = self.weights_.shape == (self.circuit_.n_weights,)
        if self.kind == "kitchen-sinks":
            self.matrix_, self.offsets_ = arrays["matrix"], arrays["offsets"]
            sinks = self.episodes, self.circuit_.n_qubits
            fits = fits and self.offsets_.shape == sinks and self.matrix_.shape == (*sinks, self.n_features_in_)
        if not fits:
            raise ValueError("The saved model's arrays do not fit its circuit.")
        return self
