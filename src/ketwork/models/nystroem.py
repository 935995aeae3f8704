"""Nystroem's approximation: a kernel by what samples have in common with a few landmarks."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ketwork import seeds
from ketwork.checks import check_int
from ketwork.models.gram import Floats, regularised


@dataclass(frozen=True)
class Landmarks:
    """Samples that stand for all others.

    points (m, R): their rows, as the kernel's `rows` gives them.
    whitening (m, r): what makes of a sample's kernel with the landmarks the features whose products are the approximate
    kernel, r <= m.
    """

    points: Floats
    whitening: Floats

    def features(self, kernel: Any, rows: Floats, **options: Any) -> Floats:
        """Features (A, r) of samples by their rows (A, R): their products are the approximate kernel. Each sample costs
        its kernel values with the landmarks, however many samples there were in training. options: of the kernel."""
        return np.asarray(kernel.between(rows, self.points, **options) @ self.whitening)


def choose_landmarks(
    kernel: Any, rows: Floats, n_components: int, seed: seeds.Seed = None, tolerance: float = 1e-6, **options: Any
) -> Landmarks:
    """Draw `n_components` of the samples without replacement as landmarks.

    rows (N, R): as the kernel's `rows` gives them. n_components in [1, N]. options: of the kernel.
    Directions in which the landmarks' kernel has less than `tolerance` times its largest eigenvalue are left out: their
    share is noise, and would be blown up.
    With all samples as landmarks the approximation is exact, but for what the tolerance leaves out.
    Raises: ValueError for more landmarks than samples.
    Source: Williams and Seeger, NIPS 2000, eq. 11; for quantum kernels Coelho, Kruse, Rosskopf, ICAART 2025.
    """
    check_int("n_components", n_components, 1)
    if n_components > len(rows):
        raise ValueError(
            f"Argument `n_components` must be at most the number of samples, {len(rows)}, but is {n_components}."
        )
    points = rows[np.sort(seeds.generator(seed).permutation(len(rows))[:n_components])]
    return landmarks_at(points, kernel.between(points, **options), tolerance)


def landmarks_at(points: Floats, gram: Floats, tolerance: float = 1e-6) -> Landmarks:
    """The landmarks at given points (m, R), from their kernel (m, m)."""
    values, vectors = np.linalg.eigh(regularised(gram, "threshold"))
    kept = values > tolerance * max(float(values[-1]), np.finfo(float).tiny)
    if not kept.any():
        raise ValueError("The kernel of the landmarks vanishes.")
    return Landmarks(points, vectors[:, kept] / np.sqrt(values[kept]))
