"""Features read of circuits: reduced states, random kitchen sinks, and scikit-learn's own checks."""

import numpy as np
import pytest
from sklearn.datasets import make_circles
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

import twin
from ketwork import Circuit, PauliSum, Simulator, x
from ketwork.models.quantum_features import QuantumFeatures

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 3))


@parametrize_with_checks(
    [
        QuantumFeatures(encoding="angle", n_qubits=2),
        QuantumFeatures(kind="kitchen-sinks", episodes=3),
    ]
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_projected_features_are_the_coordinates_of_the_reduced_states():
    made = QuantumFeatures(precision="double", locality=2).fit(X)
    found = dict(zip(made.get_feature_names_out(), made.transform(X).T, strict=True))
    assert len(found) == 3 * 3 + 3 * 9
    psi = twin.state(made.circuit_, made._inputs(X), np.zeros(0)).reshape(-1, 2, 2, 2)
    rho = np.einsum("aijk,almk->aijlm", psi, psi.conj())  # qubits 0 and 1, qubit 2 traced out
    y, z = np.array([[0, -1j], [1j, 0]]), np.diag([1, -1])
    np.testing.assert_allclose(found["Y0Z1"], np.einsum("aijlm,li,mj->a", rho, y, z).real, atol=1e-12)
    np.testing.assert_allclose(found["Y0"], np.einsum("aijlj,li->a", rho, y).real, atol=1e-12)


def test_kitchen_sinks_are_cosines_of_random_maps():
    """RX on two qubits and a CX: Z0 is cos of the first angle, Z1 the product of the cosines."""
    made = QuantumFeatures(kind="kitchen-sinks", episodes=4, random_state=1, precision="double").fit(X)
    z = np.clip((X - X.mean(axis=0)) / X.std(axis=0), -3, 3)
    angles = np.einsum("eqf,nf->neq", made.matrix_, z) + made.offsets_
    expected = np.stack([np.cos(angles[..., 0]), np.cos(angles).prod(axis=-1)], axis=-1)
    np.testing.assert_allclose(made.transform(X), expected.reshape(12, 8), atol=1e-12)
    assert (np.count_nonzero(made.matrix_, axis=2) == 2).all()
    assert list(made.get_feature_names_out()[:3]) == ["e0Z0", "e0Z1", "e1Z0"]


def test_shots_of_kitchen_sinks_scatter_around_the_expectation_values():
    exact = QuantumFeatures(kind="kitchen-sinks", episodes=50, random_state=1).fit(X)
    drawn = QuantumFeatures(kind="kitchen-sinks", episodes=50, random_state=1, shots=400).fit(X)
    values = exact.transform(X)
    z = (drawn.transform(X) - values) / np.sqrt(np.maximum(1 - values**2, 1e-2) / 400)
    assert abs(z[np.abs(values) < 0.9].std() - 1) < 0.1
    single = QuantumFeatures(kind="kitchen-sinks", episodes=5, random_state=1, shots=1).fit_transform(X)
    assert set(np.unique(single)) == {-1.0, 1.0}


def test_a_line_through_the_features_parts_circles():
    points, labels = make_circles(300, factor=0.4, noise=0.08, random_state=0)
    assert LogisticRegression().fit(points[:200], labels[:200]).score(points[200:], labels[200:]) < 0.7
    for features in (QuantumFeatures(encoding="angle", scale=0.8, locality=2),
                     QuantumFeatures(kind="kitchen-sinks", random_state=0)):  # fmt: skip
        model = make_pipeline(features, LogisticRegression(C=100, max_iter=2000)).fit(points[:200], labels[:200])
        assert model.score(points[200:], labels[200:]) > 0.95


def test_a_circuit_and_observables_of_ones_own():
    made = QuantumFeatures(encoding=Circuit(1).ry(0, x[0]), observables=[PauliSum(1, (("Z", 2.0),))], standardise=False)
    np.testing.assert_allclose(made.fit_transform(X)[:, 0], 2 * np.cos(X[:, 0]), atol=1e-6)
    assert list(made.get_feature_names_out()) == ["observable0"]
    noisy = made.on(Simulator(shots=50, seed=0)).transform(X)
    assert 0 < np.abs(noisy[:, 0] - 2 * np.cos(X[:, 0])).max() < 1.5


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"kind": "sinks"}, "must be one of projected, kitchen-sinks"),
        ({"kind": "kitchen-sinks", "episodes": 0}, "`episodes` must be at least 1"),
        ({"kind": "kitchen-sinks", "sparsity": 4}, r"`sparsity` must lie in \[1, 3\]"),
        ({"kind": "kitchen-sinks", "spread": -1.0}, "`spread` must be at least 0"),
        ({"kind": "kitchen-sinks", "observables": []}, "belongs to kind='projected'"),
        ({"shots": 10}, "belongs to kind='kitchen-sinks'"),
        ({"locality": 4}, r"`locality` must lie in \[1, 3\]"),
        ({"scale": -0.5}, "`scale` must be at least 0"),
        ({"backend": "qiskit"}, "a Backend"),
        ({"encoding": 3}, "`encoding` must be a name, a Circuit or an Encoding"),
        ({"encoding_options": [1]}, "`encoding_options` must be a dictionary"),
        ({"encoding": Circuit(1).h(0)}, "has no inputs"),
        ({"observables": 3}, "`observables` must be a list of PauliSums"),
    ],
)
def test_doors(parameters, message):
    with pytest.raises((ValueError, TypeError), match=message):
        QuantumFeatures(**parameters).fit(X)
