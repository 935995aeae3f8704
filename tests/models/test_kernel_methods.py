"""Kernel machines with a teacher: scikit-learn's own checks, the problems that kernels are known for, and that
landmarks, backends, tiles and weights change what they should and nothing else."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris, make_circles
from sklearn.kernel_ridge import KernelRidge
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC, SVR
from sklearn.utils.estimator_checks import parametrize_with_checks

import twin
from ketwork import Circuit, x
from ketwork.engine.simulator import Simulator
from ketwork.models.kernel_alignment import alignment, class_target
from ketwork.models.kernel_methods import KernelClassifier, KernelRegressor
from ketwork.noise import NoiseModel, depolarizing

NOISE = NoiseModel().add(depolarizing(0.02)).add(depolarizing(0.05, 2))
WHOLE_X, WHOLE_Y = load_iris(return_X_y=True)
X, Y = WHOLE_X[::8, :2], WHOLE_Y[::8]


class Sampled:
    """A backend that is nothing but shots; it counts circuits."""

    def __init__(self, inner):
        self.inner, self.circuits = inner, 0

    def expectation(self, *_, **__):
        raise AssertionError("a kernel is read from shots")

    def sample(self, circuit, x=None, w=None, shots=1024, qubits=None, seed=None):
        self.circuits += len(x)
        return self.inner.sample(circuit, x, w, shots, qubits, seed)


@parametrize_with_checks(
    [
        KernelClassifier(),
        KernelClassifier(encoding="angle", n_qubits=2, backend=Simulator(noise=NOISE)),
        KernelClassifier(encoding="angle", n_qubits=2, kernel="projected", n_components=4),
        KernelRegressor(encoding="angle"),
        KernelRegressor(encoding="angle", kernel="projected", method="svr"),
    ]
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_learns_iris():
    parts = train_test_split(WHOLE_X, WHOLE_Y, stratify=WHOLE_Y, random_state=0)
    for kernel in ("fidelity", "projected", "projected-linear"):
        model = KernelClassifier(C=10, scale=0.3, kernel=kernel).fit(parts[0], parts[2])
        assert model.score(parts[1], parts[3]) > 0.9, kernel


def test_kernel_is_the_overlap_of_states():
    model = KernelClassifier(precision="double").fit(WHOLE_X[::10], WHOLE_Y[::10])
    psi = twin.state(model.circuit_, model.anchors_, np.zeros(0))
    np.testing.assert_allclose(model.gram_, np.abs(psi.conj() @ psi.T) ** 2, atol=1e-12)
    again = SVC(C=10, kernel="precomputed").fit(model.gram_, WHOLE_Y[::10])
    np.testing.assert_allclose(model.decision_function(WHOLE_X[::10]), again.decision_function(model.gram_), atol=1e-9)


def ad_hoc(count, seed):
    """Havlicek's data: labels by the sign of <x| V^dagger ZZ V |x> on the states of the feature map, a gap of 0.3."""
    from scipy.stats import unitary_group

    from ketwork.models import zz_feature_map

    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 2 * np.pi, (count, 2))
    states = Simulator().state(zz_feature_map(2, 2, "full"), points)
    v = unitary_group.rvs(4, random_state=seed)
    values = np.einsum("bi,ij,bj->b", states.conj(), v.conj().T @ np.diag([1, -1, -1, 1]) @ v, states).real
    kept = np.abs(values) > 0.3
    return points[kept], (values[kept] > 0).astype(int)


def test_the_ad_hoc_data_are_solved_by_their_own_kernel_and_not_by_features_alone():
    """arXiv:1804.11326: 20 samples a label do for the kernel that the labels were made with."""
    own, other = [], []
    for seed in range(4):
        points, labels = ad_hoc(400, seed)
        settings = {"encoding": "zz", "entanglement": "full", "standardise": False, "C": 1000}
        own.append(KernelClassifier(**settings).fit(points[:60], labels[:60]).score(points[60:], labels[60:]))
        other.append(SVC(C=1000).fit(points[:60], labels[:60]).score(points[60:], labels[60:]))
    assert np.mean(own) > 0.97
    assert np.mean(other) < 0.8


# ---------------------------------------------------------------------- probabilities
def test_probabilities_agree_with_predictions_and_are_calibrated():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(900, 2))
    labels = (rng.random(900) < 1 / (1 + np.exp(-2 * points[:, 0]))).astype(int)  # the best there is: 2 x
    model = KernelClassifier(encoding="angle", C=0.5).fit(points[:300], labels[:300])
    chances = model.predict_proba(points)
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    np.testing.assert_array_equal(model.classes_[chances.argmax(axis=1)], model.predict(points))

    def loss(chances):
        return -np.log(chances[np.arange(300, 900), labels[300:]]).mean()

    best = np.stack([1 / (1 + np.exp(2 * points[:, 0])), 1 / (1 + np.exp(-2 * points[:, 0]))], axis=1)
    assert loss(chances) < loss(best) + 0.05
    raw = KernelClassifier(encoding="angle", C=0.5, calibrate=False).fit(points[:300], labels[:300])
    np.testing.assert_array_equal(raw.decision_function(points), model.decision_function(points))
    assert loss(raw.predict_proba(points)) > loss(chances)


def test_class_weights_move_the_border():
    points, labels = WHOLE_X[50:, :2], WHOLE_Y[50:]
    shares = []
    for weight in ({1: 10.0, 2: 1.0}, None, {1: 1.0, 2: 10.0}):
        shares.append((KernelClassifier(class_weight=weight).fit(points, labels).predict(points) == 2).mean())
    assert shares[0] < shares[1] < shares[2]
    with pytest.raises(ValueError, match="names 7, but the classes are 1, 2"):
        KernelClassifier(class_weight={7: 1.0}).fit(points, labels)


# ---------------------------------------------------------------------- Nystroem
@pytest.mark.parametrize("kernel", ["fidelity", "projected"])
def test_all_samples_as_landmarks_give_the_exact_ridge(kernel):
    rng = np.random.default_rng(0)
    points = rng.uniform(-1, 1, (60, 2))
    values = np.sin(1.7 * points[:, 0]) * np.cos(points[:, 1])
    settings = {"encoding": "angle", "scale": 1.0, "kernel": kernel, "precision": "double", "random_state": 0}
    exact = KernelRegressor(**settings).fit(points[:40], values[:40])
    errors = []
    for count in (5, 15, 40):
        few = KernelRegressor(n_components=count, **settings).fit(points[:40], values[:40])
        errors.append(np.abs(few.predict(points) - exact.predict(points)).max())
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 1e-3
    assert exact.score(points[40:], values[40:]) > 0.9


def test_with_landmarks_predicting_costs_as_many_circuits_as_there_are_landmarks():
    backend = Sampled(Simulator())
    model = KernelClassifier(backend=backend, shots=300, n_components=6, random_state=0).fit(X, Y)
    assert backend.circuits == 6 * 5 // 2 + len(X) * 6
    before = backend.circuits
    model.predict(X[:4])
    assert backend.circuits == before + 4 * 6


def test_landmarks_learn_what_the_exact_kernel_learns():
    points, labels = make_circles(400, factor=0.4, noise=0.08, random_state=0)
    few = KernelClassifier(n_components=30, random_state=0, C=10, scale="auto").fit(points[:200], labels[:200])
    assert few.score(points[200:], labels[200:]) > 0.95
    assert few.landmarks_.points.shape == (30, 2)


# ---------------------------------------------------------------------- training
@pytest.mark.parametrize("kernel", ["fidelity", "projected"])
def test_training_raises_the_alignment_of_all_samples(kernel):
    points, labels = make_circles(80, factor=0.4, noise=0.08, random_state=0)
    settings = {"encoding": "reuploading", "n_qubits": 2, "depth": 2, "kernel": kernel, "random_state": 1}
    drawn = KernelClassifier(**settings).fit(points, labels)
    trained = KernelClassifier(trainable=True, alignment_steps=40, learning_rate=0.1, **settings).fit(points, labels)
    assert trained.alignment_.end > trained.alignment_.start + 0.1
    assert alignment(trained.gram_, class_target(labels)) > alignment(drawn.gram_, class_target(labels)) + 0.1
    assert trained.weights_.shape == drawn.weights_.shape
    assert trained.n_circuit_evaluations_ > drawn.n_circuit_evaluations_


def test_a_sampled_kernel_is_trained_without_gradients():
    points, labels = make_circles(30, factor=0.4, noise=0.05, random_state=0)
    settings = {
        "encoding": "reuploading",
        "n_qubits": 1,
        "depth": 1,
        "batch_size": 6,
        "alignment_steps": 3,
        "random_state": 0,
    }
    backend = Sampled(Simulator())
    model = KernelClassifier(backend=backend, trainable=True, optimizer="spsa", shots=100, **settings)
    assert model.fit(points, labels).score(points, labels) > 0.5
    with pytest.raises(ValueError, match="train with optimizer='spsa' here"):
        model.set_params(optimizer="adam").fit(points, labels)


def test_the_bandwidth_is_chosen_by_alignment():
    points, labels = make_circles(100, factor=0.4, noise=0.08, random_state=0)
    model = KernelClassifier(scale="auto").fit(points, labels)
    assert len(model.alignments_) == 7
    assert model.factor_ == max(model.alignments_, key=model.alignments_.get)
    again = KernelClassifier(scale=model.factor_).fit(points, labels)
    np.testing.assert_array_equal(again.gram_, model.gram_)
    assert alignment(model.gram_, class_target(labels)) == pytest.approx(model.alignments_[model.factor_])


# ---------------------------------------------------------------------- regression
def test_ridge_and_support_vectors_are_scikit_learns():
    rng = np.random.default_rng(1)
    points = rng.uniform(-1, 1, (50, 2))
    values = 3 + np.cos(2 * points[:, 0]) + 0.1 * rng.normal(size=50)
    ridge = KernelRegressor(precision="double", alpha=0.1).fit(points, values)
    peer = KernelRidge(alpha=0.1, kernel="precomputed").fit(ridge.gram_, values - values.mean())
    np.testing.assert_allclose(ridge.predict(points), peer.predict(ridge.gram_) + values.mean(), atol=1e-9)
    support = KernelRegressor(precision="double", method="svr", C=2, epsilon=0.1).fit(points, values)
    scaled = (values - values.mean()) / values.std()
    other = SVR(C=2, epsilon=0.1, kernel="precomputed").fit(support.gram_, scaled)
    expected = other.predict(support.gram_) * values.std() + values.mean()
    np.testing.assert_allclose(support.predict(points), expected, atol=1e-9)
    few = KernelRegressor(method="svr", n_components=30, random_state=0).fit(points, values)
    assert few.score(points, values) > 0.8


# ---------------------------------------------------------------------- backends
def test_a_noisy_simulators_kernel_is_the_overlap_of_density_matrices():
    simulator = Simulator(noise=NOISE)
    model = KernelClassifier(backend=simulator).fit(X, Y)
    states = simulator.density_matrix(model.circuit_, model.anchors_)
    expected = np.einsum("aij,bji->ab", states, states).real
    np.testing.assert_allclose(model.gram_, expected, atol=1e-12)
    assert (np.diag(expected) < 0.999).all()


def test_circuits_and_their_inverses_give_the_overlap_within_the_shots():
    """Every entry of the sampled kernel is binomial around the exact one: the chi-squared of all is as large as their
    number, within 5 standard deviations."""
    shots = 2000
    exact = KernelClassifier(precision="double").fit(X, Y).gram_
    model = KernelClassifier(backend=Sampled(Simulator()), shots=shots, random_state=1).fit(X, Y)
    upper = np.triu_indices(len(X), 1)
    p, seen = exact[upper], model.gram_[upper]
    kept = p * (1 - p) * shots > 5
    z = (seen - p)[kept] / np.sqrt((p * (1 - p))[kept] / shots)
    assert abs((z**2).sum() - kept.sum()) < 5 * np.sqrt(2 * kept.sum())
    np.testing.assert_array_equal(model.gram_, model.gram_.T)
    assert model.score(X, Y) > 0.6


def test_a_sampled_kernel_can_be_made_positive_again():
    backend = Simulator(shots=20)
    raw = KernelClassifier(backend=backend, random_state=0).fit(X, Y)
    assert np.linalg.eigvalsh(raw.gram_)[0] < -0.1
    for how in ("tikhonov", "threshold"):
        model = KernelClassifier(backend=backend, random_state=0, regularisation=how).fit(X, Y)
        assert np.linalg.eigvalsh(model.gram_)[0] > -1e-9


def test_a_pair_is_a_circuit_and_only_support_vectors_are_asked_for():
    backend = Sampled(Simulator())
    model = KernelClassifier(backend=backend, shots=300, random_state=0, C=10).fit(X, Y)
    n = len(X)
    assert backend.circuits == model.n_circuit_evaluations_ == n * (n - 1) // 2
    model.predict(X[:4])
    assert backend.circuits == n * (n - 1) // 2 + 4 * len(model.svc_.support_)


def test_too_many_circuits_are_refused_with_their_number():
    with pytest.raises(ValueError, match=r"takes 171 circuits, one a pair of samples, but `max_circuits` is 100"):
        KernelClassifier(backend=Sampled(Simulator()), max_circuits=100).fit(X, Y)
    KernelClassifier(max_circuits=100).fit(X, Y)  # states, not pairs
    KernelClassifier(backend=Simulator(noise=NOISE), max_circuits=100).fit(X, Y)
    with pytest.raises(ValueError, match="171 circuits"):
        KernelClassifier(backend=Simulator(shots=10), max_circuits=100).fit(X, Y)
    KernelClassifier(backend=Simulator(shots=10), max_circuits=None).fit(X, Y)
    with pytest.raises(ValueError, match="takes 57 circuits, but `max_circuits` is 50"):  # a sample, X, Y and Z
        KernelClassifier(backend=Simulator(shots=10), kernel="projected", max_circuits=50).fit(X, Y)


def test_a_backend_is_shared():
    backend = Sampled(Simulator())
    model = KernelClassifier(backend=backend, shots=200, random_state=0)
    assert clone(model).backend is backend
    ideal = KernelClassifier().fit(X, Y)
    assert ideal.on(backend).backend is backend
    assert ideal.backend is None
    near = ideal.on(Sampled(Simulator())).set_params(shots=4000).decision_function(X)
    np.testing.assert_allclose(near, ideal.decision_function(X), atol=0.4)


# ---------------------------------------------------------------------- circuits of one's own, bad input
def test_a_circuit_of_ones_own_may_leave_features_out():
    circuit = Circuit(1).ry(0, 2 * x[1])
    model = KernelClassifier(encoding=circuit, scale=1.0, precision="double").fit(X, Y)
    scaled = np.clip((X - X.mean(axis=0)) / X.std(axis=0), -3, 3)[:, 1]
    np.testing.assert_allclose(model.gram_, np.cos(scaled[:, None] - scaled[None, :]) ** 2, atol=1e-12)


def test_tiny_memory_changes_nothing():
    whole = KernelClassifier(precision="double").fit(X, Y)
    tiled = KernelClassifier(precision="double", memory=2000).fit(X, Y)
    np.testing.assert_allclose(tiled.gram_, whole.gram_, atol=1e-14)
    np.testing.assert_allclose(tiled.decision_function(X), whole.decision_function(X), atol=1e-9)


def test_another_kernel_needs_another_fit():
    model = KernelClassifier().fit(X, Y).set_params(kernel="projected")
    with pytest.raises(ValueError, match="changed since it was fitted: fit the model again"):
        model.predict(X)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"shots": 0}, "`shots` must be at least 1"),
        ({"max_circuits": 0}, "at least 1"),
        ({"backend": 1}, "a Backend"),
        ({"scale": -1.0}, "`scale` must be at least 0"),
        ({"scale": "wide"}, "must be a number, 'auto' or None"),
        ({"gamma": -0.1, "kernel": "projected"}, "`gamma` must be at least 0"),
        ({"kernel": "rbf"}, "`kernel` must be one of fidelity, projected"),
        ({"locality": 3, "kernel": "projected"}, r"`locality` must lie in \[1, 2\]"),
        ({"n_components": 20}, "at most the number of samples, 19, but is 20"),
        ({"n_components": 0}, "`n_components` must be at least 1"),
        ({"regularisation": "magic"}, "must be one of tikhonov, threshold"),
        ({"trainable": True}, "has no weights to train"),
        ({"trainable": True, "encoding": "reuploading", "optimizer": "sdg"}, "Did you mean"),
        ({"trainable": True, "encoding": "reuploading", "batch_size": 1}, "`batch_size` must be at least 2"),
        ({"memory": 0}, "`memory` must be at least 1"),
        ({"C": -1.0}, "`C` must be at least 0"),
        ({"C": 0}, "`C` must be above 0"),
        ({"encoding": 3}, "`encoding` must be a name, a Circuit or an Encoding"),
        ({"encoding_options": [1]}, "`encoding_options` must be a dictionary"),
        ({"class_weight": "equal"}, "`class_weight` must be None, 'balanced' or a dict"),
        ({"class_weight": {9: 2.0}}, "`class_weight` names 9, but the classes are"),
        ({"class_weight": {0: -1.0}}, "`class_weight` must be at least 0"),
        ({"class_weight": {0: 0.0}, "n_components": 5}, "`class_weight` must be above 0 for every class"),
        ({"encoding": Circuit(1).h(0)}, "has no inputs"),
        ({"encoding": "iqp", "n_qubits": 3}, "2 qubits"),
    ],
)
def test_doors(parameters, message):
    with pytest.raises((ValueError, TypeError), match=message):
        KernelClassifier(**parameters).fit(X, Y)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"method": "lasso"}, "`method` must be one of ridge, svr"),
        ({"alpha": -1.0}, "`alpha` must be at least 0"),
        ({"epsilon": -1.0}, "`epsilon` must be at least 0"),
        ({"n_components": 100}, "at most the number of samples"),
        ({"C": 0, "method": "svr"}, "`C` must be above 0"),
    ],
)
def test_doors_of_regression(parameters, message):
    with pytest.raises(ValueError, match=message):
        KernelRegressor(**parameters).fit(X, X[:, 0])


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("size", [1e-300, 1e200, 1e307])
@pytest.mark.parametrize("parameters", [{}, {"method": "svr"}, {"scale": "auto"}])
def test_targets_of_any_size_are_learned_alike(parameters, size):
    plain = KernelRegressor(**parameters).fit(X, X[:, 0]).predict(X)
    found = KernelRegressor(**parameters).fit(X, X[:, 0] * size).predict(X)
    np.testing.assert_allclose(found / size, plain, rtol=1e-6, atol=1e-8)


def test_what_is_not_a_number_is_refused():
    bad = X.copy()
    bad[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        KernelClassifier().fit(bad, Y)
    with pytest.raises(ValueError, match="NaN"):
        KernelClassifier().fit(X, Y).predict(bad)
