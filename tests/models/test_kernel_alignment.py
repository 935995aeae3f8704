"""Alignment: its closed forms, its gradient, and that training and choosing by it go where they should."""

import numpy as np
import pytest

from ketwork import Circuit, Simulator, w, x
from ketwork.models.kernel_alignment import (
    align,
    alignment,
    alignment_and_gradient,
    best_scale,
    class_target,
    value_target,
)
from ketwork.models.kernels import FidelityKernel
from ketwork.models.projected_kernel import ProjectedKernel

RNG = np.random.default_rng(0)


def test_targets():
    np.testing.assert_array_equal(class_target([0, 1, 1]), [[1, -1, -1], [-1, 1, 1], [-1, 1, 1]])
    three = class_target(["a", "b", "c"])
    np.testing.assert_allclose(three, [[1, -0.5, -0.5], [-0.5, 1, -0.5], [-0.5, -0.5, 1]])
    assert np.linalg.eigvalsh(three)[0] > -1e-12
    np.testing.assert_allclose(value_target([1.0, 2.0, 6.0]), np.outer([-2, -1, 3], [-2, -1, 3]))
    with pytest.raises(ValueError, match="at least 2 classes, but holds 1"):
        class_target([1, 1])


def test_alignment_of_labels_themselves_is_one_and_of_constants_nothing():
    y = np.array([1.0, 1, -1, -1, -1])
    target = np.outer(y, y)
    for centre in (True, False):
        assert alignment(3 * target, target, centre) == pytest.approx(1)
        assert -1 <= alignment(np.eye(5), target, centre) <= 1
    assert alignment(np.ones((5, 5)), target) == 0
    assert alignment(np.eye(5), target, centre=False) == pytest.approx(5 / (np.sqrt(5) * 5))


@pytest.mark.parametrize("centre", [True, False])
def test_gradient_by_finite_differences(centre):
    rows = RNG.normal(size=(6, 3))
    gram, target = rows @ rows.T, class_target([0, 0, 1, 1, 2, 2])
    value, slope = alignment_and_gradient(gram, target, centre)
    assert value == pytest.approx(alignment(gram, target, centre))
    for at in [(0, 0), (1, 4), (5, 2)]:
        step = np.zeros_like(gram)
        step[at] = 1e-6
        up, down = (alignment_and_gradient(gram + s * step, target, centre)[0] for s in (1, -1))
        assert slope[at] == pytest.approx((up - down) / 2e-6, abs=1e-8)


CIRCUIT = Circuit(2).ry(0, w[0] * x[0]).ry(1, w[1] * x[1]).cx(0, 1).rz(1, w[2] * x[0])
POINTS = RNG.normal(size=(60, 2))
LABELS = (np.abs(POINTS[:, 0]) > 0.7).astype(int)


def target(chosen):
    return class_target(LABELS[chosen])


@pytest.mark.parametrize("kernel", [FidelityKernel, ProjectedKernel])
@pytest.mark.parametrize("optimizer", ["adam", "l-bfgs", "spsa"])
def test_training_raises_the_alignment(kernel, optimizer):
    start = kernel(CIRCUIT, np.array([0.3, 1.0, 0.2]))
    found = align(start, POINTS, target, 60, 60, optimizer, seed=0)
    assert found.end > found.start + 0.1
    assert found.end == pytest.approx(alignment(found.kernel.gram(POINTS), target(np.arange(60))), abs=1e-9)
    assert type(found.kernel) is kernel


def test_small_batches_train_too_and_the_same_seed_gives_the_same_weights():
    start = FidelityKernel(CIRCUIT, np.array([0.3, 1.0, 0.2]))
    first, second = (align(start, POINTS, target, 80, 12, seed=3, learning_rate=0.05) for _ in range(2))
    assert first.end > first.start + 0.1
    assert len(first.history) == 80
    np.testing.assert_array_equal(first.kernel.weights, second.kernel.weights)


def test_weights_that_make_it_worse_are_not_kept():
    good = align(FidelityKernel(CIRCUIT, np.array([0.3, 1.0, 0.2])), POINTS, target, 80, 60, seed=0).kernel
    found = align(good, POINTS, target, 2, 6, learning_rate=3.0, seed=0)
    assert found.end >= found.start
    assert found.start == pytest.approx(alignment(good.gram(POINTS), target(np.arange(60))))


def test_the_best_bandwidth_is_neither_the_smallest_nor_the_largest():
    def kernel_of(scale):
        return FidelityKernel(Circuit(2).ry(0, x[0]).ry(1, x[1])), scale * POINTS

    best, found = best_scale(kernel_of, target, [0.001, 0.1, 1.0, 30.0])
    assert best in (0.1, 1.0)
    assert found[best] == max(found.values())
    for wrong in ([], [0.0, 1.0], [-1.0]):
        with pytest.raises(ValueError, match="`scales` must hold numbers above 0"):
            best_scale(kernel_of, target, wrong)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda k: align(k, POINTS, target, optimizer="sgdd"), "`optimizer` must be one of"),
        (lambda k: align(k, POINTS, target, batch_size=1), "`batch_size` must be at least 2"),
        (lambda k: align(k, POINTS, target, steps=-1), "`steps` must be at least 0"),
        (lambda k: align(k, POINTS[:1], target), "at least 2 samples"),
        (lambda k: align(k, POINTS, target, steps=1, rate=1), "no option `rate`"),
        (lambda k: align(FidelityKernel(Circuit(1).ry(0, x[0])), POINTS, target), "has no weights to train"),
        (lambda k: align(FidelityKernel(CIRCUIT, np.ones(3), Simulator(shots=9)), POINTS, target), "optimizer='spsa'"),
        (lambda k: alignment(np.eye(3), np.eye(2)), r"`target` must have shape \(3, 3\)"),
        (lambda k: alignment(np.eye(3)[:2], np.eye(3)), "square"),
    ],
)
def test_doors(call, message):
    with pytest.raises(ValueError, match=message):
        call(FidelityKernel(CIRCUIT, np.ones(3)))
