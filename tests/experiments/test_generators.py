"""Data sets by formula: what must be true of them, whatever the seed."""

import inspect

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from ketwork.experiments.data import load
from ketwork.experiments.generators import (
    GENERATORS,
    bars_and_stripes,
    hidden_manifold,
    hyperplanes,
    linearly_separable,
    parity,
    parse,
    two_curves,
)
from ketwork.experiments.task import UserError


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("samples", [60, 61])
def test_two_classes_that_follow_from_the_seed(name, samples):
    X, y = GENERATORS[name](samples=samples, seed=3)
    assert len(X) == len(y) == samples
    assert set(y) == {-1, 1}
    again, other = (GENERATORS[name](samples=samples, seed=seed)[0] for seed in (3, 4))
    np.testing.assert_array_equal(X, again)
    assert not np.array_equal(X, other)
    assert np.isfinite(X).all()
    if name != "linearly-separable":  # where the halves are only alike
        assert abs((y == 1).sum() - (y == -1).sum()) <= 1


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("features", "margin"), [(2, 0.3), (10, None), (10, 1.5)])
def test_a_line_separates_with_the_margin(seed, features, margin):
    """A hard support vector machine makes no error, and its margin is at least the one that was asked for."""
    X, y = linearly_separable(features, margin, 80, seed)
    assert np.abs(X).max() <= 1
    gap = 0.02 * features if margin is None else margin
    distance = y * X.sum(axis=1) / np.sqrt(features)
    assert distance.min() > gap / np.sqrt(features)
    machine = SVC(kernel="linear", C=1e8).fit(X, y)
    assert machine.score(X, y) == 1
    assert 1 / np.linalg.norm(machine.coef_) >= 0.999 * gap / np.sqrt(features)


def test_parity_counts_planes_one_by_one():
    rng = np.random.default_rng(0)
    points, weights, biases = rng.normal(size=(30, 3)), rng.normal(size=(5, 3)), rng.normal(size=5)
    for point, label in zip(points, parity(points, weights, biases), strict=True):
        above = sum(1 for w, b in zip(weights, biases, strict=True) if sum(w * point) + b > 0)
        assert label == (1 if above % 2 == 0 else -1)


@pytest.mark.parametrize("dimension", [2, 3])
def test_hyperplanes_lie_in_few_dimensions(dimension):
    X, _ = hyperplanes(8, 4, dimension, 100, 0)
    assert np.linalg.matrix_rank(X, tol=1e-8) == dimension
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(X.std(axis=0), 1)


def test_one_hyperplane_is_a_line_and_many_are_none():
    one, many = hyperplanes(4, 1, samples=200, seed=1), hyperplanes(4, 6, samples=200, seed=1)
    assert SVC(kernel="linear", C=1e6).fit(*one).score(*one) > 0.97
    assert LogisticRegression().fit(*many).score(*many) < 0.9


@pytest.mark.parametrize("manifold", [1, 2, 5])
def test_the_manifold_has_the_dimension_that_was_asked_for(manifold):
    """Behind the tanh the features are an affine image of the manifold: after centring, their rank is its dimension."""
    X, _ = hidden_manifold(9, manifold, 120, 2)
    flat = np.arctanh(X)
    assert np.linalg.matrix_rank(flat - flat.mean(axis=0), tol=1e-6) == manifold


def test_bars_and_stripes_without_noise_are_rows_or_columns():
    X, y = bars_and_stripes(3, 5, noise=0, samples=200, seed=0)
    images = X.reshape(-1, 3, 5)
    assert set(np.unique(X)) == {-1, 1}
    assert all((image == image[:, :1]).all() for image in images[y == 1])
    assert all((image == image[:1]).all() for image in images[y == -1])
    noisy, _ = bars_and_stripes(3, 5, noise=0.5, samples=4000, seed=0)
    clean, _ = bars_and_stripes(3, 5, noise=0, samples=4000, seed=0)
    assert np.std(noisy - clean) == pytest.approx(0.5, rel=0.02)


def test_two_curves_are_one_curve_and_its_shift():
    """Without noise, all points of both classes lie on one curve of sines and cosines: rank 2 degree + 1, and 1 more
    direction for the shift."""
    X, y = two_curves(20, 3, offset=0.4, noise=0, samples=300, seed=0)
    for label in (-1, 1):
        part = X[y == label]
        assert np.linalg.matrix_rank(part - part.mean(axis=0), tol=1e-6) == 6
    assert np.linalg.matrix_rank(X - X.mean(axis=0), tol=1e-6) == 7


def test_names_with_options_are_data_sets():
    found = load("hyperplanes:features=7,planes=2,samples=50,seed=5")
    X, y = hyperplanes(7, 2, samples=50, seed=5)
    np.testing.assert_array_equal(found.X, X)
    np.testing.assert_array_equal(found.y, y.astype(str))
    assert parse("two-curves") == ("two-curves", {})
    assert parse("bars-and-stripes:noise=0.25,height=3")[1] == {"noise": 0.25, "height": 3}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("hyperplane:planes=2", "Did you mean hyperplanes"),
        ("hyperplanes:plane=2", "Did you mean 'planes'"),
        ("hyperplanes:planes", "must be given once, as planes=VALUE"),
        ("hyperplanes:planes=2,planes=3", "must be given once"),
        ("hyperplanes:planes=many", "must be a number, but is 'many'"),
        ("hyperplanes:planes=2.5", "`planes` must be an integer"),
        ("hyperplanes:samples=2", "`samples` must lie in"),
        ("bars-and-stripes:noise=-1", "`noise` must be at least 0"),
        ("linearly-separable:features=3,margin=2.999", "leaves hardly any points"),
        ("hidden-manifold:manifold=0", "`manifold` must lie in"),
    ],
)
def test_the_door(name, message):
    with pytest.raises(UserError, match=message):
        load(name)


def test_every_option_has_a_default():
    for make in GENERATORS.values():
        assert {"samples", "seed"} < set(inspect.signature(make).parameters)
        make()
