"""The vector intrinsics, lane by lane, against NumPy."""

import numpy as np
import pytest
from numba import njit

from ketwork.engine import lanes
from ketwork.engine.lanes import (
    OPTIONS,
    WIDTH,
    cosine_and_sine,
    exchanged,
    flip,
    flip_lanes,
    gather_square,
    load,
    ones,
    scatter_square,
    splat,
    store,
    total,
)

BOTH = pytest.mark.parametrize("dtype", [np.float32, np.float64])
PLAIN = {**OPTIONS, "cache": False}


@njit(**PLAIN)
def turned(angles, cosines, sines):
    width = 64 // angles.itemsize
    for k in range(0, len(angles), width):
        c, s = cosine_and_sine(load(angles, k))
        store(cosines, k, c)
        store(sines, k, s)


@njit(**PLAIN)
def arithmetic(a, b, out, sign):
    store(out, 0, flip(load(a, 0) * load(b, 0) + splat(b[0]) - load(a, 0), sign))
    return total(load(a, 0)), ones(sign)


@njit(**PLAIN)
def across(a, mask, moved, signed):
    store(moved, 0, exchanged(load(a, 0), mask))
    store(signed, 0, flip_lanes(load(a, 0), mask))


@njit(**PLAIN)
def squared(far, places, start, near, back):
    gather_square(far, places, start, near, 0)
    scatter_square(back, places, start, near, 0)


@BOTH
def test_cosine_and_sine_to_the_last_digits(dtype):
    scale = 50.0 if dtype is np.float64 else 7.0
    angles = np.linspace(-scale, scale, 64_000).astype(dtype)
    cosines, sines = np.empty_like(angles), np.empty_like(angles)
    turned(angles, cosines, sines)
    exact = angles.astype(np.float64)
    tolerance = 2 * np.finfo(dtype).eps
    np.testing.assert_allclose(cosines, np.cos(exact), rtol=0, atol=tolerance)
    np.testing.assert_allclose(sines, np.sin(exact), rtol=0, atol=tolerance)


@BOTH
@pytest.mark.parametrize("sign", [0, 1, 2, 3])
def test_arithmetic_and_the_sign_of_the_lowest_bit(dtype, sign):
    rng = np.random.default_rng(1)
    a, b = (rng.normal(size=WIDTH[np.dtype(dtype)]).astype(dtype) for _ in range(2))
    out = np.empty_like(a)
    summed, bits = arithmetic(a, b, out, sign)
    np.testing.assert_allclose(out, (-1) ** sign * (a * b + b[0] - a), rtol=1e-5)
    assert summed == pytest.approx(a.sum(), rel=1e-5)
    assert bits == sign.bit_count()


@BOTH
def test_squares_are_transposed_and_come_back(dtype):
    width = WIDTH[np.dtype(dtype)]
    far = np.arange(4 * width * width).astype(dtype)
    places = np.arange(width, dtype=np.int64)[::-1] * 4 * width
    near, back = np.zeros(width * width, dtype), np.zeros_like(far)
    squared(far, places, 0, near, back)
    rows = np.stack([far[p : p + width] for p in places])
    np.testing.assert_array_equal(near.reshape(width, width), rows.T)
    for p in places:
        np.testing.assert_array_equal(back[p : p + width], far[p : p + width])


@BOTH
@pytest.mark.parametrize("way", ["one instruction", "many"])
def test_lanes_are_exchanged_and_signed_by_a_mask(dtype, way, monkeypatch):
    if way == "many":  # as on processors without such an instruction
        monkeypatch.setattr(lanes, "_one_instruction", lambda: False)
    run = njit(**PLAIN)(across.py_func)
    width = WIDTH[np.dtype(dtype)]
    a, places = np.random.default_rng(0).normal(size=width).astype(dtype), np.arange(width)
    for mask in range(width):
        moved, signed = np.empty_like(a), np.empty_like(a)
        run(a, mask, moved, signed)
        np.testing.assert_array_equal(moved, a[places ^ mask])
        np.testing.assert_array_equal(signed, a * (-1.0) ** np.bitwise_count(places & mask))
