"""The natural gradient: the same path in all coordinates, and fewer steps where angles count differently."""

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, Simulator, w
from ketwork.backends import value_and_pullback
from ketwork.optimize import minimize, natural_gradient


def test_one_step_solves_the_metric():
    metric = np.array([[2.0, 0.5], [0.5, 1.0]])
    moved, state = natural_gradient.update(np.array([1.0, -1.0]), metric, {"step": 3}, np.zeros(2), 0.1, 0.0)
    np.testing.assert_allclose(metric @ moved, [-0.1, 0.1], atol=1e-14)
    assert state == {"step": 4}


def test_a_singular_metric_is_no_error():
    moved, _ = natural_gradient.update(np.array([1.0, 0.0]), np.diag([1.0, 0.0]), {"step": 0}, np.zeros(2), 1.0, 0.0)
    np.testing.assert_allclose(moved, [-1.0, 0.0], atol=1e-14)


def test_the_path_does_not_depend_on_the_coordinates():
    change = np.array([[1.0, 2.0], [0.0, -1.5]])
    slope = np.array([0.3, -0.8])
    fun = lambda p: (float(slope @ p + (p**2).sum()), slope + 2 * p)  # noqa: E731
    other = lambda q: (fun(change @ q)[0], change.T @ fun(change @ q)[1])  # noqa: E731
    start = np.array([1.0, 1.0])
    plain = minimize(fun, start, "natural-gradient", 15, metric=lambda p: np.eye(2), regularisation=0.0)
    turned = minimize(
        other,
        np.linalg.solve(change, start),
        "natural-gradient",
        15,
        metric=lambda p: change.T @ change,
        regularisation=0.0,
    )
    np.testing.assert_allclose(change @ turned.params, plain.params, atol=1e-10)


def test_fewer_steps_than_with_a_flat_metric():
    """Six starts of a small eigensolver; the flat metric is that of angles which turn a qubit each."""
    circuit = Circuit(2).ry(0, w[0]).ry(1, w[1]).cx(0, 1).rz(1, w[2]).ry(0, w[3]).ry(1, w[4])
    energy = PauliSum.from_dict({"XX": -1.0, "ZI": -0.3, "IZ": -0.3})
    ideal, ground = Simulator("double"), np.linalg.eigvalsh(energy.matrix())[0]

    def fun(p):
        values, pull_back = value_and_pullback(ideal, circuit, energy, None, p)
        return float(values[0, 0]), pull_back(np.ones((1, 1))).w

    def steps_to(metric, seed):
        start = np.random.default_rng(seed).uniform(-2, 2, 5)
        near = lambda step, p, value: value < ground + 1e-3  # noqa: E731
        found = minimize(fun, start, "natural-gradient", 1000, metric=metric, callback=near)
        assert found.message == "stopped by the callback"
        return len(found.history)

    natural = sum(steps_to(lambda p: ideal.metric(circuit, None, p), seed) for seed in range(6))
    flat = sum(steps_to(lambda p: np.eye(5) / 4, seed) for seed in range(6))
    assert natural < 0.75 * flat


def test_a_metric_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"metric must have shape \(2, 2\)"):
        natural_gradient.update(np.ones(2), np.eye(3), {"step": 0}, np.zeros(2))


def test_blocks_are_solved_one_by_one():
    """Two blocks, not next to each other: each is a step of its own, whatever the metric says between them."""
    rng = np.random.default_rng(0)
    root = rng.normal(size=(4, 4))
    metric, gradient, blocks = root @ root.T, rng.normal(size=4), np.array([0, 1, 0, 1])
    moved, _ = natural_gradient.update(gradient, metric, {"step": 0}, np.zeros(4), 0.3, 0.05, blocks)
    for number in (0, 1):
        own = np.flatnonzero(blocks == number)
        part = metric[np.ix_(own, own)] + 0.05 * np.eye(2)
        np.testing.assert_allclose(moved[own], -0.3 * np.linalg.solve(part, gradient[own]), atol=1e-12)
    full, _ = natural_gradient.update(gradient, metric, {"step": 0}, np.zeros(4), 0.3, 0.05, np.zeros(4))
    np.testing.assert_allclose(full, natural_gradient.update(gradient, metric, {"step": 0}, np.zeros(4), 0.3, 0.05)[0])
    assert np.abs(full - moved).max() > 1e-2
