"""Clusters by a quantum kernel: kernel k-means and spectral clustering."""

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClusterMixin
from sklearn.cluster import SpectralClustering
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import validate_data

from ketwork import seeds
from ketwork.checks import check_choice, check_int
from ketwork.models.gram import Floats
from ketwork.models.kernel_machine import KernelMachine

WAYS = ("kernel-kmeans", "spectral")


def _by_means(clusterer: Any) -> bool:
    """Whether clusters are means, to which new samples can be compared."""
    if clusterer.method == "spectral":
        raise AttributeError("Spectral clustering has no `predict`: its clusters are of the training samples alone.")
    return True


class QuantumClusterer(ClusterMixin, KernelMachine):  # type: ignore[misc]
    """Clusters of samples whose states are alike.

    Parameters
    ----------
    n_clusters : how many. method : "kernel-kmeans" (means in the space of the states; `predict` takes new samples to
        the nearest), or "spectral" (cuts of the graph whose edges are the kernel). n_init : kernel k-means starts so
        often, each from samples drawn far apart, and keeps the tightest. max_iter : its rounds at most.
    encoding, depth, entanglement, n_qubits, encoding_options, standardise, scale, kernel, gamma, locality, precision,
    threads, random_state, backend, shots, max_circuits, memory : as of `KernelClassifier`; there is nothing to align
    a kernel with, so weights of an encoding stay as they are drawn, and `scale` cannot be "auto".

    Attributes
    ----------
    labels_ (N,) : the cluster of every training sample. inertia_ : summed squared distances to the means (kernel
    k-means). gram_ (N, N), circuit_, kernel_, n_iter_, n_circuit_evaluations_, fit_seconds_.

    Source: Dhillon, Guan, Kulis, KDD 2004 (kernel k-means, and what it shares with spectral clustering); Ng, Jordan,
    Weiss, NIPS 2001; Belis et al., arXiv:2301.10780 (clusters of data by quantum kernels).
    """

    def __init__(
        self,
        n_clusters: int = 8,
        method: str = "kernel-kmeans",
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
        n_init: int = 10,
        max_iter: int = 300,
        precision: str = "single",
        threads: int | None = None,
        random_state: Any = None,
        backend: Any = None,
        shots: int = 1024,
        max_circuits: int | None = 20_000,
        memory: int | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.method = method
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
        self.n_init = n_init
        self.max_iter = max_iter
        self.precision = precision
        self.threads = threads
        self.random_state = random_state
        self.backend = backend
        self.shots = shots
        self.max_circuits = max_circuits
        self.memory = memory

    def fit(self, X: Any, y: Any = None) -> "QuantumClusterer":
        """Find the clusters of features X (N, F). Raises: ValueError for bad data or parameters."""
        X = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        check_choice("method", self.method, WAYS)
        for name in ("n_init", "max_iter"):
            check_int(name, getattr(self, name), 1)
        if check_int("n_clusters", self.n_clusters, 1) > len(X):
            raise ValueError(f"Argument `n_clusters` must be at most the number of samples, {len(X)}, but is "
                             f"{self.n_clusters}.")  # fmt: skip
        started = time.perf_counter()
        self.anchors_ = self._learn_kernel(X)
        self.gram_ = self._between(self.anchors_)
        self.n_circuit_evaluations_ = self.kernel_.circuits(len(X))
        rng = seeds.generator(self._seed()).spawn(6)[5]
        if self.method == "spectral":
            self.labels_, self.n_iter_ = self._cut(rng), 1
        else:
            self.labels_, self.inertia_, self.n_iter_ = kernel_kmeans(
                self.gram_, self.n_clusters, self.n_init, self.max_iter, rng
            )
        self.fit_seconds_ = time.perf_counter() - started
        return self

    def _cut(self, rng: np.random.Generator) -> NDArray[np.int64]:
        model = SpectralClustering(
            self.n_clusters, affinity="precomputed", n_init=self.n_init, random_state=int(rng.integers(2**31))
        )
        return np.asarray(model.fit_predict(np.maximum(self.gram_, 0)), np.int64)

    @available_if(_by_means)  # type: ignore[untyped-decorator]
    def predict(self, X: Any) -> NDArray[np.int64]:
        """The cluster with the nearest mean of every sample, (N,)."""
        crossed = self._between(self._rows(X), self.anchors_)
        return np.asarray(distances_to_means(crossed, self.gram_, self.labels_, self.n_clusters).argmin(axis=1))

    def _saved(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        facts, arrays = self._saved_kernel()
        return facts, {**arrays, "anchors": self.anchors_, "gram": self.gram_, "labels": self.labels_}

    def _restored(self, facts: dict[str, Any], arrays: dict[str, Any]) -> "QuantumClusterer":
        self._restored_kernel(facts, arrays, "anchors")
        self.anchors_, self.gram_, labels = arrays["anchors"], arrays["gram"], arrays["labels"]
        count = len(self.anchors_)
        if self.gram_.shape != (count, count) or labels.shape != (count,):
            raise ValueError("The saved model's labels do not fit its samples.")
        if labels.min() < 0 or labels.max() >= self.n_clusters:
            raise ValueError("The saved model's labels do not fit its clusters.")
        self.labels_ = labels.astype(np.int64)
        return self


def kernel_kmeans(
    gram: Floats, n_clusters: int, n_init: int = 10, max_iter: int = 300, seed: seeds.Seed = None
) -> tuple[NDArray[np.int64], float, int]:
    """Clusters of samples by their kernel (N, N): (labels (N,), summed squared distances to the means, rounds).

    A start draws samples as first means, each with a chance that grows with its squared distance to those before
    (k-means++); of `n_init` starts the tightest result is kept. A cluster that runs empty takes the farthest sample.
    """
    best: tuple[NDArray[np.int64], float, int] | None = None
    for rng in seeds.spawn(seed, n_init):
        labels = _first_labels(gram, n_clusters, rng)
        step = 0
        while step < max_iter:
            step += 1
            away = distances_to_means(gram, gram, labels, n_clusters) + np.diag(gram)[:, None]
            moved = _filled(away.argmin(axis=1), away, n_clusters)
            if (moved == labels).all():
                break
            labels = moved
        inertia = float(away[np.arange(len(gram)), labels].sum())
        if best is None or inertia < best[1] - 1e-9:
            best = labels, inertia, step
    assert best is not None
    return best


def distances_to_means(crossed: Floats, gram: Floats, labels: NDArray[np.int64], n_clusters: int) -> Floats:
    """Squared distances (A, K) of samples to the means of clusters, less each sample's kernel with itself.

    crossed (A, N): the kernel of the samples with those that have labels; gram (N, N): the kernel of these.
    """
    members = np.zeros((len(labels), n_clusters))
    members[np.arange(len(labels)), labels] = 1.0
    sizes = members.sum(axis=0)
    members /= np.maximum(sizes, 1)
    found = ((gram @ members) * members).sum(axis=0)[None, :] - 2 * crossed @ members
    return np.where(sizes[None, :] > 0, found, np.inf)


def _first_labels(gram: Floats, n_clusters: int, rng: np.random.Generator) -> NDArray[np.int64]:
    chosen = [int(rng.integers(len(gram)))]
    diagonal = np.diag(gram)
    away = np.full(len(gram), np.inf)
    for _ in range(n_clusters - 1):
        away = np.minimum(away, np.maximum(diagonal + gram[chosen[-1], chosen[-1]] - 2 * gram[:, chosen[-1]], 0))
        away[chosen] = 0
        total = away.sum()
        left = np.setdiff1d(np.arange(len(gram)), chosen)
        chosen.append(int(rng.choice(len(gram), p=away / total) if total > 0 else rng.choice(left)))
    found = diagonal[:, None] + diagonal[chosen][None, :] - 2 * gram[:, chosen]
    labels = found.argmin(axis=1)
    labels[chosen] = np.arange(n_clusters)
    return np.asarray(labels)


def _filled(labels: NDArray[np.int64], away: Floats, n_clusters: int) -> NDArray[np.int64]:
    """Labels without empty clusters: each empty one takes the sample that is farthest from its mean, where another
    stays behind."""
    labels = labels.copy()
    for cluster in np.setdiff1d(np.arange(n_clusters), labels):
        counts = np.bincount(labels, minlength=n_clusters)
        own = np.where(counts[labels] > 1, away[np.arange(len(labels)), labels], -np.inf)
        labels[int(own.argmax())] = cluster
    return labels
