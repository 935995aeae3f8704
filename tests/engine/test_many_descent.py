"""Parts of the training kernels: directions of L-BFGS and the cubic of the line search."""

import numpy as np
import pytest

from ketwork.engine.many_descent import cubic, direct, dot, remember


def test_directions_are_those_of_the_inverse_hessian_that_the_pairs_make():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(5, 5))
    hessian = root @ root.T + np.eye(5)
    pairs, held, theta = (np.empty((10, 5)), np.empty((10, 5)), np.empty(10)), 0, 1.0
    inverse = None
    moves = rng.normal(size=(4, 5))
    for move in moves:
        change = hessian @ move
        held = remember(pairs, held, move, change, dot(move, change))
        theta = dot(change, change) / dot(move, change)
    inverse = np.eye(5) / theta
    for move in moves:  # the update of Broyden, Fletcher, Goldfarb and Shanno, as a matrix
        change = hessian @ move
        rho = 1 / (move @ change)
        left = np.eye(5) - rho * np.outer(move, change)
        inverse = left @ inverse @ left.T + rho * np.outer(move, move)
    g, d = rng.normal(size=5), np.empty(5)
    direct(g, pairs, held, theta, d)
    np.testing.assert_allclose(d, -inverse @ g, atol=1e-12)


def test_the_oldest_pair_is_forgotten():
    pairs, held = (np.empty((10, 1)), np.empty((10, 1)), np.empty(10)), 0
    for k in range(12):
        held = remember(pairs, held, np.array([float(k)]), np.array([1.0]), 1.0)
    assert held == 10 and pairs[0][0, 0] == 2.0 and pairs[0][9, 0] == 11.0


def test_the_cubic_through_two_points():
    # x^3 - 3 x from 0.5 to 2: its minimum is at 1
    theta, gamma = cubic(0.5, 2.0, 0.125 - 1.5, 8 - 6.0, 0.75 - 3, 12 - 3.0, False)
    ratio = ((gamma - -2.25) + theta) / (((gamma - -2.25) + gamma) + 9.0)
    assert 0.5 + ratio * 1.5 == pytest.approx(1.0)
