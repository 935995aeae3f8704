"""The pieces that the alternating circuit is made of: transforms, phases of terms, quantiles."""

import numpy as np
import pytest
from numba import njit

from ketwork.engine import diagonal_kernels as kernels
from ketwork.engine.lanes import OPTIONS, load, store


def hadamard(bits: int) -> np.ndarray:
    matrix = np.ones((1, 1))
    for _ in range(bits):
        matrix = np.kron(matrix, [[1, 1], [1, -1]])
    return matrix


@njit(**{**OPTIONS, "cache": False})
def one_row(values):
    store(values, 0, kernels.lane_walsh(load(values, 0)))


@pytest.mark.parametrize(("dtype", "width"), ((np.float32, 16), (np.float64, 8)))
def test_a_row_is_transformed_over_its_lanes(dtype, width):
    values = np.random.default_rng(0).normal(size=width).astype(dtype)
    expected = hadamard(width.bit_length() - 1) @ values
    one_row(values)
    np.testing.assert_allclose(values, expected, rtol=1e-5)


@pytest.mark.parametrize("bits", range(8))
def test_transforms_over_the_bits_above_a_row(bits):
    values = np.random.default_rng(bits).normal(size=8 << bits)
    expected = hadamard(bits) @ values.reshape(-1, 8)
    kernels.transform(values, 0, len(values), 8)
    np.testing.assert_allclose(values.reshape(-1, 8), expected, atol=1e-12)


def test_the_order_of_strides_does_not_matter():
    values = np.random.default_rng(0).normal(size=8 << 10)
    other = values.copy()
    kernels.transform(values, 0, len(values), 8)
    kernels.transform_near_first(other, 0, len(other), 8)
    np.testing.assert_allclose(values, other, atol=1e-11)


def test_costs_are_the_sums_of_signed_terms():
    rng = np.random.default_rng(0)
    masks, coefficients = rng.integers(0, 128, 9), rng.normal(size=9)
    costs = np.zeros(128)
    kernels.fill_costs(costs, (0, 8), 4, coefficients, masks)
    signs = [[1 - 2 * ((i & int(m)).bit_count() % 2) for m in masks] for i in range(128)]
    np.testing.assert_allclose(costs, np.array(signs) @ coefficients, atol=1e-13)
    weights, out = rng.normal(size=16), np.zeros(9)
    kernels.add_terms(weights.copy(), 16, masks, 4, out)
    np.testing.assert_allclose(out, weights @ np.array(signs)[16:32], atol=1e-13)


def test_histograms_count_all_probability_once():
    state, costs = np.random.default_rng(0).normal(size=64), np.arange(32.0)
    out = np.zeros(6)
    kernels.histogram(state, (0, 4), 3, costs, 4.0, 2.0, out)
    chances = (state.reshape(-1, 2, 8) ** 2).sum(axis=1).ravel()
    np.testing.assert_allclose(out, [part.sum() for part in np.split(chances, [4, 6, 8, 10, 12])])
