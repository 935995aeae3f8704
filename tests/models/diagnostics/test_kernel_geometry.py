"""The geometry of kernels against its definitions by inverses, closed forms and kernel ridge regression itself."""

import numpy as np
import pytest
from scipy.linalg import sqrtm
from sklearn.kernel_ridge import KernelRidge

from ketwork.models.diagnostics import (
    classical_kernels,
    compare_kernels,
    generalisation_bound,
    geometric_difference,
    model_complexity,
    training_difference,
)
from ketwork.models.diagnostics.kernel_geometry import Geometry


def random_kernel(seed, n=12, rank=20):
    rows = np.random.default_rng(seed).normal(size=(n, rank))
    kernel = rows @ rows.T
    return kernel * n / np.trace(kernel)


def test_equal_kernels_differ_by_1_and_scales_do_not_matter():
    kernel = random_kernel(0)
    assert geometric_difference(kernel, kernel) == pytest.approx(1)
    assert geometric_difference(3 * kernel, 0.1 * kernel) == pytest.approx(1)
    low_rank = random_kernel(1, rank=3)
    assert geometric_difference(low_rank, low_rank) == pytest.approx(1)


def test_the_definitions_with_inverses():
    """arXiv:2011.01938, eq. 5 and its regularised forms."""
    c, q, shift = random_kernel(2), random_kernel(3), 0.02
    root_c, root_q, inverse = sqrtm(c).real, sqrtm(q).real, np.linalg.inv(c + shift * np.eye(12))
    plain = np.linalg.norm(root_q @ np.linalg.inv(c) @ root_q, 2)
    assert geometric_difference(c, q) == pytest.approx(np.sqrt(plain), rel=1e-6)
    regular = np.linalg.norm(root_q @ root_c @ inverse @ inverse @ root_c @ root_q, 2)
    assert geometric_difference(c, q, shift) == pytest.approx(np.sqrt(regular), rel=1e-6)
    training = shift * np.sqrt(np.linalg.norm(root_q @ inverse @ inverse @ root_q, 2) / 12)
    assert training_difference(c, q, shift) == pytest.approx(training, rel=1e-6)
    assert training_difference(c, q, 0) == 0


def test_an_identity_quantum_kernel_is_as_far_as_the_smallest_eigenvalue_says():
    c = np.diag([2.0, 1.5, 0.4, 0.1])
    assert geometric_difference(c, np.eye(4)) == pytest.approx(np.sqrt(1 / 0.1))
    assert geometric_difference(np.diag([2.0, 2.0, 0, 0]), np.eye(4)) == float("inf")


def test_complexity_is_the_norm_of_the_fit():
    """s_K is the squared norm of the kernel ridge model's weights in feature space."""
    kernel, labels = random_kernel(4), np.random.default_rng(5).choice([-1.0, 1.0], 12)
    assert model_complexity(kernel, labels) == pytest.approx(labels @ np.linalg.solve(kernel, labels))
    for shift in (0.01, 1.0):
        ridge = KernelRidge(alpha=shift, kernel="precomputed").fit(kernel, labels)
        squared = ridge.dual_coef_ @ kernel @ ridge.dual_coef_
        assert model_complexity(kernel, labels, shift) == pytest.approx(squared)
        error = np.sqrt(np.mean((ridge.predict(kernel) - labels) ** 2))
        assert generalisation_bound(kernel, labels, shift) == pytest.approx(error + np.sqrt(squared / 12))
    assert model_complexity(np.ones((12, 12)), labels) == float("inf")


def test_the_inequality_that_makes_g_useful():
    """s_C <= g^2 s_Q for all labels (arXiv:2011.01938, eq. 6), and some labels reach it."""
    c, q = random_kernel(6), random_kernel(7)
    bound = geometric_difference(c, q) ** 2
    for seed in range(20):
        labels = np.random.default_rng(seed).normal(size=12)
        assert model_complexity(c, labels) <= bound * model_complexity(q, labels) * (1 + 1e-9)
    root = sqrtm(q).real
    worst = root @ np.linalg.eigh(root @ np.linalg.inv(c) @ root)[1][:, -1]
    assert model_complexity(c, worst) == pytest.approx(bound * model_complexity(q, worst), rel=1e-6)


def test_the_comparison_says_what_the_flowchart_says():
    rows = np.random.default_rng(8).normal(size=(40, 2))
    kernels = classical_kernels(rows)
    same = compare_kernels(
        kernels["gaussian, gamma 0.5"] if "gaussian, gamma 0.5" in kernels else [*kernels.values()][4], kernels
    )
    assert same.smallest <= 1.01 and "about as well on any labels" in same.verdict
    far = compare_kernels(np.eye(40), {"linear": kernels["linear"]})
    assert far.smallest == float("inf") and "would predict better" in far.verdict
    labels = np.sign(rows[:, 0])
    judged = compare_kernels(np.eye(40), {"linear": kernels["linear"]}, labels)
    assert judged.classical[0] < judged.quantum and "as good a bound" in judged.verdict
    hidden = np.random.default_rng(9).choice([-1.0, 1.0], 40)
    better = compare_kernels(0.9 * np.outer(hidden, hidden) + 0.1 * np.eye(40), {"linear": kernels["linear"]}, hidden)
    assert "quantum kernel has the better bound" in better.verdict


def test_a_difference_between_little_and_much_claims_nothing_on_any_labels():
    """g of a third of sqrt(N) bounds the classical error by a third on the worst labels: small, but not alike."""
    judged = Geometry(100, ("linear",), np.array([3.3]), 3.3, None, None)
    assert "any labels" not in judged.verdict and "small at best" in judged.verdict
    assert "any labels" in Geometry(100, ("linear",), np.array([1.2]), 1.2, None, None).verdict
    empty = Geometry(100, ("linear",), np.array([9.0]), 9.0, np.array([1.5]), 1.1)
    assert "says anything" in empty.verdict and "better" not in empty.verdict


def test_classical_kernels_are_scikit_learns():
    from sklearn.metrics.pairwise import rbf_kernel

    rows = np.random.default_rng(10).normal(size=(9, 3))
    gamma = 1 / (3 * rows.var())
    np.testing.assert_allclose(classical_kernels(rows)[f"gaussian, gamma {gamma:.2g}"], rbf_kernel(rows, gamma=gamma))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: geometric_difference(np.eye(2), np.eye(3)), "of the same samples"),
        (lambda: geometric_difference(np.zeros((2, 2)), np.eye(2)), "trace above 0"),
        (lambda: geometric_difference(np.eye(2), np.eye(2), -1), "`regularisation` must be at least 0"),
        (lambda: model_complexity(np.eye(3), [1, 2]), "`labels` must hold 3 numbers"),
        (lambda: compare_kernels(np.eye(3), {}), "at least one kernel"),
        (lambda: compare_kernels(np.eye(3), {"a": np.eye(3)}, regularisations=[]), "at least one number"),
        (lambda: classical_kernels(np.zeros((1, 2))), "at least 2 samples"),
    ],
)
def test_bad_input_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()
