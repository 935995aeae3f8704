"""Kernel spreads against closed forms of product encodings, and bootstrap intervals of what pairs share."""

import itertools

import numpy as np
import pytest

from ketwork import Circuit, x
from ketwork.models.diagnostics import effective_rank, fidelity_kernel, kernel_concentration, kernel_spread
from ketwork.models.encodings import iqp_feature_map


def product(n):
    circuit = Circuit(n)
    for q in range(n):
        circuit = circuit.ry(q, x[q])
    return circuit


def test_a_product_kernel_concentrates_as_it_must():
    """cos^2 of half a uniform angle a qubit: mean 2^-n, second moment (3/8)^n (arXiv:2208.11060, product encodings)."""
    for spread in kernel_concentration(product, [1, 2, 4], 400, seed=0):
        n = spread.n_qubits
        assert spread.mean == pytest.approx(0.5**n, rel=0.1)
        assert spread.low < (3 / 8) ** n - 0.25**n < spread.high
        assert spread.haar == 0.5**n
        assert spread.shots == pytest.approx(spread.mean * (1 - spread.mean) / spread.variance)


def test_the_variance_falls_exponentially_with_qubits():
    variances = [s.variance for s in kernel_concentration(lambda n: iqp_feature_map(n, 2), [2, 4, 6, 8], 100, seed=1)]
    assert all(later < earlier / 4 for earlier, later in itertools.pairwise(variances))


def test_the_kernel_is_that_of_states():
    rows = np.random.default_rng(0).normal(size=(6, 2))
    expected = np.prod(np.cos((rows[:, None] - rows[None]) / 2) ** 2, axis=2)
    np.testing.assert_allclose(fidelity_kernel(product(2), rows), expected, atol=1e-12)


def test_effective_ranks():
    assert effective_rank(np.eye(7)) == pytest.approx(7)
    assert effective_rank(np.ones((5, 5))) == pytest.approx(1)
    assert effective_rank(np.diag([1.0, 1.0, 0.0])) == pytest.approx(2)


def test_intervals_cover_although_pairs_share_samples():
    """Bootstrap over samples, not over pairs."""
    inside = 0
    for seed in range(60):
        found = kernel_concentration(product, [2], 60, seed=seed)[0]
        inside += found.low <= (3 / 8) ** 2 - 1 / 16 <= found.high
    assert inside >= 50  # 57 wanted


def test_data_are_taken_by_their_first_features():
    rows = np.random.default_rng(2).normal(size=(30, 4))
    found = kernel_concentration(product, [2], 30, rows, seed=0)[0]
    kernel = np.prod(np.cos((rows[:, None, :2] - rows[None, :, :2]) / 2) ** 2, axis=2)
    assert found.mean == pytest.approx(kernel[np.triu_indices(30, 1)].mean())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kernel_spread(np.ones((2, 3)), 1), "square matrix"),
        (lambda: kernel_spread(np.array([[1.0, 2.0], [0.0, 1.0]]), 1), "must be symmetric"),
        (lambda: kernel_spread(np.array([[1.0, 3.0], [3.0, 1.0]]), 1), "positive semidefinite"),
        (lambda: kernel_spread(np.eye(2), 1), "must be at least 3"),
        (lambda: kernel_concentration(product, [], 5), "at least one number of qubits"),
        (lambda: kernel_concentration(product, [3], 5, np.zeros((4, 2))), "at least 3 columns"),
    ],
)
def test_bad_input_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()
