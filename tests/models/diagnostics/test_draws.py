"""Weights as inputs: the same states; doors; intervals that cover."""

import numpy as np
import pytest

from ketwork import Circuit, Simulator, w, x
from ketwork.models.diagnostics.draws import (
    check_inputs,
    check_unitary,
    check_weights,
    input_rows,
    mean_interval,
    random_weights,
    state_blocks,
    variance_interval,
    weights_as_inputs,
)

MIXED = Circuit(3).ry(0, w[0] * x[1] + 0.2).cx(0, 1).rz(1, w[2] ** 2).rxx(1, 2, x[0] - 2 * w[1]).h(2)


def test_each_sample_has_weights_of_its_own():
    rng = np.random.default_rng(0)
    rows, weights = rng.normal(size=(5, 2)), rng.normal(size=(5, 3))
    together = np.concatenate(list(state_blocks(weights_as_inputs(MIXED), np.hstack([rows, weights]))))
    for row, weight, state in zip(rows, weights, together, strict=True):
        np.testing.assert_allclose(state, Simulator().state(MIXED, row[None, :], weight)[0], atol=1e-12)


def test_weights_are_one_turn_and_rows_are_drawn_from_the_inputs():
    rng = np.random.default_rng(1)
    weights = random_weights(MIXED, 4000, rng)
    assert weights.shape == (4000, 3) and weights.min() >= 0 and weights.max() < 2 * np.pi
    assert abs(weights.mean() - np.pi) < 0.1
    rows = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert {tuple(row) for row in input_rows(MIXED, 50, rows, rng)} == {(1.0, 2.0), (3.0, 4.0)}
    assert np.abs(input_rows(MIXED, 50, None, rng)).max() <= np.pi


@pytest.mark.parametrize("interval", ["mean", "variance"])
def test_95_percent_intervals_cover(interval):
    rng, inside = np.random.default_rng(2), 0
    for _ in range(200):
        values = rng.normal(1.0, 2.0, 150)
        _, low, high = mean_interval(values) if interval == "mean" else variance_interval(values, rng)
        inside += low <= (1.0 if interval == "mean" else 4.0) <= high
    assert 178 <= inside <= 199  # 190 wanted, bootstrap intervals of a variance are a little narrow


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: check_inputs(MIXED, np.zeros((3, 1))), "rows of 2 inputs"),
        (lambda: check_weights(MIXED, None), "`weights` is missing: the circuit has 3 weights"),
        (lambda: check_weights(MIXED, np.zeros(2)), "3 weights a row"),
        (lambda: check_unitary(MIXED, 2), "at most 2 qubits here, but has 3"),
        (lambda: check_unitary(Circuit(1).measure(0, 0), 2), "holds 'measure'"),
        (lambda: weights_as_inputs("rx"), "must be a Circuit"),
    ],
)
def test_bad_input_is_said(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()
