"""Readout: observables, softmax, and the gradient of the cross-entropy."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

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
