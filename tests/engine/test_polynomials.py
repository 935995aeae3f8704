"""Angles as polynomials: values by hand, cotangents by the definition of the derivative."""

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, Simulator, x
from ketwork.engine.polynomials import AngleTable


@pytest.fixture
def table():
    """Angles 0.5 + 2 w0 x1 and 3 x0^2 - w1; slots are 1, w0, w1, x0, x1."""
    return AngleTable(2, 2, np.array([0.5, 0.0, 1.0]), np.array([0, 1, 1]), np.array([2.0, 3.0, -1.0]), SLOTS)


SLOTS = np.array([[1, 4], [3, 3], [2, 0]])
X, W = np.array([[0.3, -0.7], [1.1, 0.2], [0.0, 2.0]]), np.array([0.9, -0.4])


def by_hand(x, w):
    return np.stack([0.5 + 2 * w[0] * x[:, 1], 3 * x[:, 0] ** 2 - w[1], np.ones(len(x))], axis=1)


def test_values(table):
    np.testing.assert_allclose(table.evaluate(X, W), by_hand(X, W), atol=1e-15)


@pytest.mark.parametrize("far", (1e14, 1e18, 1e300))
@pytest.mark.parametrize("copies", (1, 20))
@pytest.mark.parametrize("precision", ("single", "double"))
def test_expectations_at_angles_that_are_all_rounding_stay_in_their_range(far, copies, precision):
    circuit = Circuit(2).ry(0, x[0]).rz(0, x[0]).cx(0, 1).rx(1, x[0])
    sums = [PauliSum.from_dict({string: 1.0}) for string in ("ZI", "XX", "IY")]
    values = Simulator(precision).expectation(circuit, sums, np.full((copies, 1), far))
    assert (np.abs(values) <= 1 + 1e-6).all()


def test_cotangents(table):
    cotangent, h = np.random.default_rng(0).normal(size=(3, 3)), 1e-6
    by_x, by_w = table.pull_back(X, W, cotangent)
    for k in range(2):
        step = h * np.eye(2)[k]
        slope = (by_hand(X, W + step) - by_hand(X, W - step)) / (2 * h)
        assert by_w[k] == pytest.approx((slope * cotangent).sum(), abs=1e-8)
        slope = (by_hand(X + step, W) - by_hand(X - step, W)) / (2 * h)
        np.testing.assert_allclose(by_x[:, k], (slope * cotangent).sum(axis=1), atol=1e-8)


def test_depends(table):
    assert table.depends(on_inputs=True).tolist() == [True, True, False]
    assert table.depends(on_inputs=False).tolist() == [True, True, False]


def test_parts_of_a_table(table):
    values = by_hand(X, W)
    np.testing.assert_allclose(table.select(np.array([2, 0])).evaluate(X, W), values[:, [2, 0]], atol=1e-15)
    np.testing.assert_allclose(
        table.without(np.array([True, False, True])).evaluate(X, W), values * [0, 1, 0], atol=1e-15
    )
    np.testing.assert_allclose(table.times(np.array([1.0, -1.0, 4.0])).evaluate(X, W), values * [1, -1, 4], atol=1e-15)
