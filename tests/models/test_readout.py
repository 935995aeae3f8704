"""Readout: observables, softmax, and the gradient of the cross-entropy."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

from ketwork import Circuit, Simulator
from ketwork.models.readout import cross_entropy, softmax, z_observables


def test_observables_are_z_and_neighbouring_zz():
    assert [next(iter(o.terms))[0] for o in z_observables(3)] == ["ZII", "IZI", "IIZ", "ZZI", "IZZ", "ZIZ"]
    assert [next(iter(o.terms))[0] for o in z_observables(2)] == ["ZI", "IZ", "ZZ"]
    assert len(z_observables(1)) == 1


def test_softmax_of_large_numbers():
    found = softmax(np.array([[1000.0, 1000.0, -1000.0], [0.0, np.log(3), 0.0]]))
    np.testing.assert_allclose(found, [[0.5, 0.5, 0], [0.2, 0.6, 0.2]])


def test_cross_entropy_and_its_gradient():
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(7, 4)) * 3, rng.integers(0, 4, 7)
    loss, gradient = cross_entropy(logits, labels)
    assert loss == pytest.approx(log_loss(labels, softmax(logits), labels=range(4)))
    for row, column in np.ndindex(7, 4):
        step = np.zeros_like(logits)
        step[row, column] = 1e-6
        slope = (cross_entropy(logits + step, labels)[0] - cross_entropy(logits - step, labels)[0]) / 2e-6
        assert gradient[row, column] == pytest.approx(slope, abs=1e-9)


@pytest.mark.parametrize("bits", [(0, 0, 0, 0), (1, 0, 0, 1), (0, 1, 1, 1)])
def test_observables_read_signs_and_their_products(bits):
    circuit = Circuit(4)
    for qubit in np.flatnonzero(bits):
        circuit = circuit.x(int(qubit))
    signs = 1 - 2 * np.array(bits)
    found = Simulator().expectation(circuit, z_observables(4))[0]
    np.testing.assert_allclose(found, np.concatenate([signs, signs * np.roll(signs, -1)]), atol=1e-15)


def test_softmax_does_not_see_a_shift():
    logits = np.random.default_rng(1).normal(size=(6, 3))
    np.testing.assert_allclose(softmax(logits + 300), softmax(logits), rtol=1e-12)
    np.testing.assert_allclose(softmax(logits).sum(axis=1), 1, rtol=1e-15)


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_equal_logits_cost_the_logarithm_of_the_classes(classes):
    loss, gradient = cross_entropy(np.full((4, classes), 7.0), np.zeros(4, np.int64))
    assert loss == pytest.approx(np.log(classes), rel=1e-14)
    np.testing.assert_allclose(gradient, np.tile(np.full(classes, 1 / classes) - np.eye(classes)[0], (4, 1)) / 4)


def test_being_wrong_and_sure_costs_the_gap():
    logits = np.array([[5000.0, 0.0], [0.0, 5000.0]])
    loss, gradient = cross_entropy(logits, np.array([1, 1]))
    assert loss == 2500
    np.testing.assert_array_equal(gradient, [[0.5, -0.5], [0, 0]])
