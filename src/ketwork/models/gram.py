"""Kernel matrices: filled tile by tile within a limit of memory, and made positive semidefinite again after noise."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_array, check_choice, check_int
from ketwork.engine.batch import available_bytes

Floats = NDArray[np.floating[Any]]
Progress = Callable[[int, int], Any]
MEMORY = 1 << 30
"""The bytes that the work on a kernel matrix takes at most where no limit is given; the matrix itself comes on top."""
REGULARISATIONS = ("tikhonov", "threshold")


def check_memory(memory: Any) -> int:
    """A limit of memory in bytes; None for the usual one. Raises: ValueError, TypeError for anything else."""
    return MEMORY if memory is None else check_int("memory", memory, 1)


def tile_side(memory: int, row_bytes: int, entry_bytes: int) -> int:
    """How many rows a square tile may have when two blocks of such rows and the tile's entries share the memory."""
    if entry_bytes * memory < row_bytes**2:  # entries hardly count, and the root below would lose its digits
        return max(1, memory // (2 * row_bytes + entry_bytes))
    return max(1, int((np.sqrt(row_bytes**2 + entry_bytes * memory) - row_bytes) / entry_bytes))


def new_matrix(rows: int, columns: int, out: Any) -> Floats:
    """Where a kernel matrix is written: a new array, or `out`, such as a memory map.

    Raises: ValueError for an `out` of another shape or kind; MemoryError, naming the bytes, where a new one would not
    fit.
    """
    if out is not None:
        fits = isinstance(out, np.ndarray) and out.shape == (rows, columns) and out.dtype.kind == "f"
        if not fits or not out.flags.writeable:
            shape = getattr(out, "shape", None)
            raise ValueError(f"Argument `out` must be a writeable array of floats ({rows}, {columns}), but is {shape}.")
        return out
    needed = 8 * rows * columns
    if needed > MEMORY and needed > (free := available_bytes()):
        raise MemoryError(
            f"A kernel matrix of {rows:,} x {columns:,} needs {needed:,} bytes, but {free:,} are available. Take "
            "`n_components` landmarks (Nystroem), or give `out`, a numpy.memmap."
        )
    return np.empty((rows, columns))


def tiles(rows: int, columns: int, side: int, symmetric: bool) -> Iterator[tuple[slice, slice]]:
    """The tiles of a matrix, row by row of tiles; of a symmetric one those on the diagonal and right of it."""
    for first in range(0, rows, side):
        here = slice(first, min(first + side, rows))
        for second in range(first if symmetric else 0, columns, side):
            yield here, slice(second, min(second + side, columns))


def fill(
    matrix: Floats,
    side: int,
    symmetric: bool,
    tile: Callable[[slice, slice], Floats],
    progress: Progress | None = None,
) -> Floats:
    """Fill a matrix with what `tile(rows, columns)` gives; of a symmetric one every pair is computed once.

    progress: called with (entries done, entries in all) after every tile.
    """
    if progress is not None and not callable(progress):
        raise TypeError(f"Argument `progress` must be a function, but is {type(progress).__name__}.")
    done = 0
    for here, there in tiles(len(matrix), matrix.shape[1], side, symmetric):
        part = tile(here, there)
        matrix[here, there] = part
        done += part.size
        if symmetric and here != there:
            matrix[there, here] = part.T
            done += part.size
        if progress is not None:
            progress(done, matrix.size)
    return matrix


def regularised(gram: Any, how: str | None) -> Floats:
    """The nearest use of a kernel matrix (N, N) that shots or noise left with negative eigenvalues.

    how: "tikhonov" adds to the diagonal what lifts the lowest eigenvalue to 0: every off-diagonal entry stays.
    "threshold" sets negative eigenvalues to 0: the nearest positive semidefinite matrix in Frobenius norm. None leaves
    the matrix as it is. A matrix that has no negative eigenvalue is returned unchanged by each.
    Source: Hubregtsen et al., arXiv:2105.02276, sec. V; Wang et al., arXiv:2103.16774.
    """
    matrix = check_gram(gram)
    if how is None:
        return matrix
    check_choice("regularisation", how, REGULARISATIONS)
    if how == "tikhonov":
        lowest = float(np.linalg.eigvalsh(matrix)[0])
        return matrix if lowest >= 0 else matrix - lowest * np.eye(len(matrix))
    values, vectors = np.linalg.eigh(matrix)
    return matrix if values[0] >= 0 else (vectors * np.maximum(values, 0)) @ vectors.T


def check_gram(gram: Any, name: str = "gram") -> Floats:
    """A symmetric kernel matrix (N, N). Raises: ValueError, TypeError for anything else."""
    matrix = check_array(name, gram, 2)
    if matrix.shape[0] != matrix.shape[1] or not len(matrix):
        raise ValueError(f"Argument `{name}` must be square, a row a sample, but has shape {matrix.shape}.")
    if not np.allclose(matrix, matrix.T, rtol=0, atol=1e-5 * max(1.0, float(np.abs(matrix).max()))):
        raise ValueError(f"Argument `{name}` must be symmetric, but differs from its transpose.")
    return matrix


def centred(gram: Floats) -> Floats:
    """The kernel matrix (N, N) of the same samples around their mean in feature space.

    Source: Cortes, Mohri, Rostamizadeh, arXiv:1203.0550, lemma 1.
    """
    by_column = gram.mean(axis=0)
    return np.asarray(gram - by_column[None, :] - gram.mean(axis=1)[:, None] + by_column.mean())
