"""The feature-space classifiers: the paper's risk, circuits by hand, SPSA and gradients on data made for them."""

import numpy as np
import pytest
from scipy.stats import binom, norm

from ketwork.atlas.feature_space import (
    Split,
    Trained,
    accuracy,
    best_of,
    by_gradient,
    by_kernel,
    classical,
    classifier_circuit,
    counted,
    draw,
    empirical_risk,
    ideal_reader,
    learn,
    more_points,
    spsa_runs,
)
from ketwork.experiments.adhoc import hidden_observable, values
from ketwork.models.feature_maps import z_feature_map, zz_feature_map


def test_a_split_is_of_one_hidden_observable():
    split = draw(2, 3, training=5, testing=10)
    assert np.bincount(split.y + 1).tolist() == [5, 0, 5]
    assert np.bincount(split.y_test + 1).tolist() == [10, 0, 10]
    hidden = hidden_observable(2, np.random.default_rng(3))
    assert (np.sign(values(split.X, hidden)) == split.y).all()
    assert (np.sign(values(split.X_test, hidden)) == split.y_test).all()
    assert not {tuple(x) for x in split.X} & {tuple(x) for x in split.X_test}


def test_the_circuit_is_the_papers():
    """H, phases, H, phases, then Z and Y turns around CZ, by matrices."""
    rng = np.random.default_rng(0)
    circuit, x = classifier_circuit(2, 2), rng.uniform(0, 6, 2)
    weights = rng.normal(size=circuit.n_weights)
    assert circuit.n_weights == 2 * 2 * 3 and circuit.count()["cz"] == 2
    hadamard = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
    signs = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
    phase = np.exp(1j * (signs @ x + (np.pi - x[0]) * (np.pi - x[1]) * signs.prod(axis=1)))
    state = np.array([1, 0, 0, 0], complex)
    for _ in range(2):
        state = phase * (np.kron(hadamard, hadamard) @ state)

    def turn(y, z):
        real = np.array([[np.cos(y / 2), -np.sin(y / 2)], [np.sin(y / 2), np.cos(y / 2)]])
        return np.exp(-0.5j * z * np.array([1, -1]))[:, None] * real

    for layer, (y0, z0, y1, z1) in enumerate(weights.reshape(3, 4)):
        if layer:
            state = state * [1, 1, 1, -1]
        state = np.kron(turn(y0, z0), turn(y1, z1)) @ state
    expected = np.abs(state) ** 2 @ signs.prod(axis=1)
    assert np.isclose(ideal_reader(circuit)(x[None], weights)[0], expected)


def test_counts_are_binomial():
    rng, exact = np.random.default_rng(0), np.array([0.4])
    drawn = np.concatenate([counted(exact, 50, rng) for _ in range(4000)])
    assert set(np.round((drawn + 1) * 25).astype(int)) <= set(range(51))
    assert abs(drawn.mean() - 0.4) < 4 * drawn.std() / np.sqrt(4000)
    assert np.isclose(drawn.std(), 2 * binom.std(50, 0.7) / 50, rtol=0.05)
    assert counted(np.array([1 + 1e-9, -1 - 1e-9]), 50, rng).tolist() == [1, -1]


def test_the_risk_is_about_the_chance_of_a_wrong_majority():
    """The paper's sigmoid is within 0.2 of the normal distribution; signs, bias and ends are exact."""
    for share in (0.3, 0.45, 0.5, 0.55, 0.7):
        exact = norm.cdf(np.sqrt(200) * (0.5 - share) / np.sqrt(share * (1 - share)))
        assert abs(empirical_risk(np.array([2 * share - 1]), np.array([1]), 0.0, 200) - exact) < 0.2
    assert empirical_risk(np.array([0.0]), np.array([1]), 0.0, 200) == 0.5
    assert empirical_risk(np.array([1.0, -1.0]), np.array([1, -1]), 0.0, 200) < 1e-6
    assert empirical_risk(np.array([-1.0, 1.0]), np.array([1, -1]), 0.0, 200) > 1 - 1e-6
    pushed = [empirical_risk(np.array([-0.2]), np.array([1]), bias, 200) for bias in (0.0, 0.2, 0.4)]
    assert pushed[0] > pushed[1] == pytest.approx(0.5) and pushed[1] > pushed[2]
    assert Trained(np.zeros(1), 0.3, 0.0, []).labels(np.array([-0.2, -0.4])).tolist() == [1, -1]


def test_layers_learn_what_none_cannot():
    """SPSA from shots, a fifth of the entry's training."""
    split = draw(2, 0)
    scores = {}
    for layers in (0, 3):
        runs = spsa_runs(2, layers, split, 7, steps=100, starts=2)
        best = best_of(runs)
        assert best.risk == min(run.risk for run in runs) and len(best.history) == 100
        means = ideal_reader(classifier_circuit(2, layers))(split.X_test, best.weights)
        scores[layers] = accuracy(best.labels(means), split.y_test)
    assert scores[3] > 0.9


def test_gradients_and_kernel():
    """The CHECK of the entry, on three of its V; without entangling gates the kernel fails."""
    found = {"kernel": [], "gradient": [], "flat": []}
    for seed in range(3):
        split = draw(2, seed, testing=60)
        kernel = by_kernel(zz_feature_map(2), split)
        assert kernel["train"] == 1 and 2 <= kernel["support"] <= 40
        found["kernel"].append(kernel["test"])
        found["flat"].append(by_kernel(z_feature_map(2), split)["test"])
        found["gradient"].append(by_gradient(2, 4, split, seed)[1])
    assert np.mean(found["kernel"]) > 0.98 and np.mean(found["gradient"]) > 0.97
    assert np.mean(found["flat"]) < 0.9


def test_a_row_is_the_same_again():
    first = learn(2, 1, depths=(1,), starts=2)
    assert first == learn(2, 1, depths=(1,), starts=2)
    assert first["1"]["parameters"] == 9 and len(first["1"]["curve"]) == 25
    assert first["1"]["best"] >= 0.5


def test_more_points_help_three_qubits():
    found = more_points(3, 0, (10, 60), 2)
    assert found["60"]["test"] > found["10"]["test"]


def test_classical_models_are_not_told_the_map(monkeypatch):
    monkeypatch.setattr("ketwork.atlas.feature_space.draw", lambda n, seed: draw(n, seed, testing=40))
    found = classical(2, 0, budget=3)
    assert len(found) == 4 and max(found.values()) < 0.95
    assert isinstance(draw(2, 0, 4, 4), Split)
