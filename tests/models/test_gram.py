"""Kernel matrices: tiles that cover everything once, limits of memory, and what makes them positive again."""

import numpy as np
import pytest

from ketwork.models import gram as module
from ketwork.models.gram import centred, check_gram, fill, new_matrix, regularised, tile_side, tiles

RNG = np.random.default_rng(0)
A = RNG.normal(size=(7, 3))


@pytest.mark.parametrize("side", [1, 2, 3, 7, 50])
@pytest.mark.parametrize("symmetric", [True, False])
def test_tiles_cover_every_entry_once(side, symmetric):
    seen = np.zeros((7, 7), int)
    for here, there in tiles(7, 7, side, symmetric):
        seen[here, there] += 1
        if symmetric and here != there:
            seen[there, here] += 1
    assert (seen == 1).all()


@pytest.mark.parametrize("side", [1, 2, 4, 100])
def test_a_matrix_filled_in_tiles_is_the_whole(side):
    calls, steps = [], []
    matrix = fill(np.empty((7, 7)), side, True, lambda i, j: (calls.append((i, j)), A[i] @ A[j].T)[1],
                  lambda done, total: steps.append((done, total)))  # fmt: skip
    np.testing.assert_allclose(matrix, A @ A.T, atol=1e-14)
    count = -(-7 // side)
    assert len(calls) == count * (count + 1) // 2
    assert steps[-1] == (49, 49)
    assert [done for done, _ in steps] == sorted({done for done, _ in steps})


@pytest.mark.parametrize("memory", [1, 100, 10_000, 10**9, 10**13])
@pytest.mark.parametrize(("row", "entry"), [(40 * 2**10, 32), (8, 24), (24 * 4**8, 16)])
def test_the_side_of_a_tile_uses_the_memory_and_no_more(memory, row, entry):
    side = tile_side(memory, row, entry)
    assert side == 1 or 2 * side * row + side**2 * entry <= memory * (1 + 1e-9)
    assert 2 * (side + 2) * row + (side + 2) ** 2 * entry > memory


def test_where_a_matrix_is_written(tmp_path):
    kept = np.memmap(tmp_path / "kernel", np.float64, "w+", shape=(7, 7))
    assert new_matrix(7, 7, kept) is kept
    for wrong in (np.zeros((7, 6)), np.zeros((7, 7), int), [[0.0]]):
        with pytest.raises(ValueError, match=r"`out` must be a writeable array of floats \(7, 7\)"):
            new_matrix(7, 7, wrong)


def test_a_matrix_that_does_not_fit_is_refused_with_its_bytes(monkeypatch):
    monkeypatch.setattr(module, "available_bytes", lambda: 10**9)
    with pytest.raises(
        MemoryError, match=r"20,000 x 20,000 needs 3,200,000,000 bytes, but 1,000,000,000 are available"
    ):
        new_matrix(20_000, 20_000, None)


def test_progress_must_be_a_function():
    with pytest.raises(TypeError, match="`progress` must be a function"):
        fill(np.empty((2, 2)), 1, False, lambda i, j: np.zeros((1, 1)), 5)


def broken():
    """A kernel matrix with noise, and negative eigenvalues."""
    noise = RNG.normal(0, 0.3, (7, 7))
    return A @ A.T + noise + noise.T


def test_tikhonov_lifts_the_spectrum_and_leaves_the_rest():
    matrix = broken()
    lowest = np.linalg.eigvalsh(matrix)[0]
    assert lowest < 0
    found = regularised(matrix, "tikhonov")
    np.testing.assert_allclose(np.linalg.eigvalsh(found), np.linalg.eigvalsh(matrix) - lowest, atol=1e-12)
    np.testing.assert_array_equal(found[~np.eye(7, dtype=bool)], matrix[~np.eye(7, dtype=bool)])


def test_threshold_gives_the_nearest_positive_matrix():
    matrix = broken()
    found = regularised(matrix, "threshold")
    assert np.linalg.eigvalsh(found)[0] > -1e-12
    off = np.linalg.norm(found - matrix)
    assert off == pytest.approx(np.linalg.norm(np.minimum(np.linalg.eigvalsh(matrix), 0)))
    for _ in range(50):  # no positive matrix near it is nearer
        step = RNG.normal(0, 0.01, (7, 7))
        root = np.linalg.cholesky(found + 1e-9 * np.eye(7)) + step
        assert np.linalg.norm(root @ root.T - matrix) > off - 1e-6


def test_positive_matrices_stay():
    whole = A @ A.T + np.eye(7)
    for how in (None, "tikhonov", "threshold"):
        np.testing.assert_array_equal(regularised(whole, how), whole)


def test_centring_is_that_of_the_features():
    middle = A - A.mean(axis=0)
    np.testing.assert_allclose(centred(A @ A.T), middle @ middle.T, atol=1e-13)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.zeros((2, 3)), r"square, a row a sample, but has shape \(2, 3\)"),
        (np.zeros((0, 0)), "square"),
        ([[1.0, 0.5], [0.2, 1.0]], "must be symmetric"),
        ([[1.0, np.nan], [np.nan, 1.0]], "must be finite"),
    ],
)
def test_what_is_no_kernel_matrix(matrix, message):
    with pytest.raises(ValueError, match=message):
        check_gram(matrix)
    with pytest.raises(ValueError, match="must be one of tikhonov, threshold"):
        regularised(np.eye(2), "sdp")
