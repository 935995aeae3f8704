"""Clusters by kernels: scikit-learn's checks, k-means where the kernel is linear, and rings that means cannot part."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs, make_circles
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from ketwork import Simulator
from ketwork.models.clusterer import QuantumClusterer, distances_to_means, kernel_kmeans

RNG = np.random.default_rng(0)


@parametrize_with_checks(
    [
        QuantumClusterer(n_clusters=3, encoding="angle", n_qubits=2, n_init=3),
        QuantumClusterer(n_clusters=3, encoding="angle", n_qubits=2, n_init=3, method="spectral"),
    ]
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_with_a_linear_kernel_it_is_k_means():
    points, _ = make_blobs(90, centers=4, cluster_std=1.5, random_state=0)
    peer = KMeans(4, n_init=20, random_state=0).fit(points)
    labels, inertia, _ = kernel_kmeans(points @ points.T, 4, 20, seed=0)
    assert adjusted_rand_score(peer.labels_, labels) == 1
    assert inertia == pytest.approx(peer.inertia_)


def test_distances_to_means():
    points, labels = RNG.normal(size=(10, 3)), np.array([0, 1] * 5)
    means = np.stack([points[labels == k].mean(axis=0) for k in (0, 1)])
    found = distances_to_means(points @ points.T, points @ points.T, labels, 2) + (points**2).sum(axis=1)[:, None]
    np.testing.assert_allclose(found, ((points[:, None] - means[None]) ** 2).sum(axis=2), atol=1e-12)


@pytest.mark.parametrize("kernel", ["fidelity", "projected"])
def test_blobs_are_found_and_new_samples_join_theirs(kernel):
    points, truth = make_blobs(120, centers=3, cluster_std=0.6, random_state=4)
    model = QuantumClusterer(3, encoding="angle", kernel=kernel, random_state=0).fit(points[:80])
    assert adjusted_rand_score(truth[:80], model.labels_) > 0.95
    assert adjusted_rand_score(truth[80:], model.predict(points[80:])) > 0.95
    np.testing.assert_array_equal(model.predict(points[:80]), model.labels_)


def test_spectral_parts_rings():
    points, truth = make_circles(150, factor=0.3, noise=0.04, random_state=0)
    assert adjusted_rand_score(truth, KMeans(2, n_init=5, random_state=0).fit_predict(points)) < 0.1
    model = QuantumClusterer(2, "spectral", encoding="angle", kernel="projected", gamma=8.0, scale=1.0, random_state=0)
    assert adjusted_rand_score(truth, model.fit_predict(points)) > 0.95
    with pytest.raises(AttributeError):
        model.predict(points)


def test_every_cluster_has_a_sample_even_when_samples_are_equal():
    points = np.repeat(RNG.normal(size=(3, 2)), 3, axis=0)
    labels = QuantumClusterer(5, encoding="angle", random_state=0).fit(points).labels_
    assert len(np.unique(labels)) == 5


def test_shots():
    points, truth = make_blobs(24, centers=2, cluster_std=0.4, random_state=4)
    model = QuantumClusterer(2, encoding="angle", backend=Simulator(shots=500), random_state=0).fit(points)
    assert adjusted_rand_score(truth, model.labels_) == 1
    assert model.n_circuit_evaluations_ == 24 * 23 // 2


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_clusters": 0}, "`n_clusters` must be at least 1"),
        ({"n_clusters": 21}, "at most the number of samples, 20, but is 21"),
        ({"method": "dbscan"}, "must be one of kernel-kmeans, spectral"),
        ({"n_init": 0}, "`n_init` must be at least 1"),
        ({"max_iter": 0}, "`max_iter` must be at least 1"),
        ({"scale": "auto"}, "`scale` must be a number or None, but is 'auto'"),
        ({"kernel": "rbf"}, "`kernel` must be one of"),
    ],
)
def test_doors(parameters, message):
    with pytest.raises(ValueError, match=message):
        QuantumClusterer(**{"n_clusters": 2, **parameters}).fit(RNG.normal(size=(20, 2)))
