"""Geometry of kernels: could a quantum kernel predict better than a classical one, and does it for these labels?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ketwork.checks import check_array, check_real
from ketwork.models.diagnostics.draws import Floats
from ketwork.models.diagnostics.kernel_concentration import check_kernel

_ROUND = 1e-12  # of an eigenvalue's share of the largest; below it is rounding
_ALIKE, _LITTLE, _MUCH = 1.5, 0.1, 0.5  # g, and shares of sqrt(N), below which a kernel offers little
LAMBDAS = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
"""Regularisations that are tried, of kernels with trace N."""


@dataclass(frozen=True, eq=False)
class Geometry:
    """A quantum kernel beside classical ones on the same N samples.

    names (K,): of the classical kernels. difference (K,): g(classical || quantum) at the largest regularisation
    with which the classical model still fits what suits the quantum one; infinite where none does. smallest: the least
    of them; compare it with sqrt(N).
    classical (K,), quantum: bounds on the prediction error of the labels, up to a constant (None without labels), each
    at its best regularisation.
    """

    n_samples: int
    names: tuple[str, ...]
    difference: Floats
    smallest: float
    classical: Floats | None
    quantum: float | None

    @property
    def verdict(self) -> str:
        """The flowchart of the paper's fig. 1b, in a sentence, and no more than the bounds say.

        A classical bound is at most g times the quantum one on any labels, and at most g / sqrt(N) on the labels that
        suit the quantum kernel best: both small or about 1 leave no room, a g of the order of sqrt(N) does.
        """
        root = np.sqrt(self.n_samples)
        said = f"g = {self.smallest:.3g}, sqrt(N) = {root:.3g}"
        if self.smallest <= max(_ALIKE, _LITTLE * root):
            return f"A classical kernel predicts about as well on any labels ({said})."
        if self.classical is None or self.quantum is None:
            if self.smallest < _MUCH * root:
                return f"The quantum kernel's advantage is small at best, on labels made for it ({said})."
            return f"There are labels on which the quantum kernel would predict better ({said})."
        best = float(self.classical.min())
        if best <= 1.1 * self.quantum:
            return f"On these labels a classical kernel has as good a bound ({best:.3g} against {self.quantum:.3g})."
        if self.quantum >= 1:
            return f"On these labels no kernel has a bound that says anything ({self.quantum:.3g} or more; {said})."
        return (
            f"On these labels the quantum kernel has the better bound ({self.quantum:.3g} against {best:.3g}), among "
            "the classical kernels named here; a bound is no test on held-out data."
        )


def geometric_difference(classical: Any, quantum: Any, regularisation: float = 0.0) -> float:
    """g(K_C || K_Q) = sqrt of the norm of sqrt(K_Q) sqrt(K_C) (K_C + lambda)^-2 sqrt(K_C) sqrt(K_Q).

    Kernels (N, N) are scaled to trace N first. Without regularisation it is the norm of sqrt(K_Q) K_C^-1 sqrt(K_Q),
    infinite where K_Q reaches out of K_C's range. 1 for equal kernels; at most about sqrt(N) where it says something.
    Source: Huang et al., Nat. Commun. 12 (2021) 2631, arXiv:2011.01938, eq. 5 and supplement, sec. F (regularised).
    """
    c, q = _pair(classical, quantum)
    shift = check_real("regularisation", regularisation, 0)
    values, vectors = _eigen(c)
    return _difference(values, vectors.T @ _root(q), shift)


def _difference(values: Floats, root: Floats, shift: float) -> float:
    """g from the classical kernel's eigenvalues (N,) and the root of the quantum one in its eigenvectors (N, N)."""
    if shift == 0:
        inside = values > _ROUND * values[-1]
        if float(np.abs(root[~inside]).max(initial=0.0)) > 1e-5:
            return float("inf")
        return _norm(root[inside] / np.sqrt(values[inside])[:, None])
    return _norm(root * (np.sqrt(values) / (values + shift))[:, None])


def _norm(matrix: Floats) -> float:
    """The largest singular value, by the smaller side's eigenvalues: faster than a singular value decomposition."""
    return float(np.sqrt(max(0.0, np.linalg.eigvalsh(matrix.T @ matrix)[-1])))


def training_difference(classical: Any, quantum: Any, regularisation: float) -> float:
    """g_tra: the largest training error of the regularised classical model on labels that suit the quantum one.

    lambda times the norm of (K_C + lambda)^-1 sqrt(K_Q), over sqrt(N): the root mean square error a sample of labels
    with y^T K_Q^-1 y = 1, the simplest for the quantum kernel.
    Source: Huang et al., arXiv:2011.01938, supplement, sec. F.
    """
    c, q = _pair(classical, quantum)
    shift = check_real("regularisation", regularisation, 0)
    values, vectors = _eigen(c)
    return _training(values, vectors.T @ _root(q), shift)


def _training(values: Floats, root: Floats, shift: float) -> float:
    if shift == 0:
        return 0.0
    return _norm(root * (shift / (values + shift))[:, None]) / float(np.sqrt(len(values)))


def model_complexity(kernel: Any, labels: Any, regularisation: float = 0.0) -> float:
    """s_K(N) = y^T sqrt(K) (K + lambda)^-2 sqrt(K) y, which is y^T K^-1 y at lambda 0, of labels y (N,).

    The kernel is scaled to trace N. Infinite at lambda 0 where the labels reach out of the kernel's range.
    Source: Huang et al., arXiv:2011.01938, eq. 3 and supplement, sec. D.
    """
    return _complexity(*_along(kernel, labels), check_real("regularisation", regularisation, 0))


def _complexity(values: Floats, along: Floats, shift: float) -> float:
    if shift == 0:
        inside = values > _ROUND * values[-1]
        if float((along[~inside] ** 2).sum()) > 1e-9 * float((along**2).sum()):
            return float("inf")
        return float((along[inside] ** 2 / values[inside]).sum())
    return float((values / (values + shift) ** 2 * along**2).sum())


def generalisation_bound(kernel: Any, labels: Any, regularisation: float = 0.0) -> float:
    """The bound sqrt(lambda^2 y^T (K + lambda)^-2 y / N) + sqrt(s_K(N) / N) on the mean prediction error.

    Up to a constant and a term sqrt(log(1/delta) / N) that all kernels share; labels within [-1, 1] predicted by 0 have
    an error of at most 1, so that a bound above 1 says nothing.
    Source: Huang et al., arXiv:2011.01938, supplement, theorem 2 with regularised kernel regression.
    """
    return _bound(*_along(kernel, labels), check_real("regularisation", regularisation, 0))


def _bound(values: Floats, along: Floats, shift: float) -> float:
    training = 0.0
    if shift:
        training = float(np.sqrt(((shift / (values + shift)) ** 2 * along**2).sum() / len(values)))
    return training + float(np.sqrt(_complexity(values, along, shift) / len(values)))


def compare_kernels(
    quantum: Any,
    classical: Mapping[str, Any],
    labels: Any = None,
    regularisations: Sequence[float] = LAMBDAS,
    tolerance: float = 0.05,
) -> Geometry:
    """The quantum kernel (N, N) beside classical ones by name, as the paper's flowchart asks.

    labels (N,): numbers within [-1, 1], such as -1 and 1 for two classes. regularisations: lambda for kernels with
    trace N; g is taken at the largest one whose g_tra stays within `tolerance`.
    Source: Huang et al., arXiv:2011.01938, fig. 1b and supplement, sec. F.
    """
    if not classical:
        raise ValueError("Argument `classical` must hold at least one kernel.")
    shifts = sorted(check_real("regularisations", value, 0) for value in regularisations)
    if not shifts:
        raise ValueError("Argument `regularisations` must hold at least one number.")
    ours, root = _best_bound(quantum, labels, shifts), _root(_scaled("quantum", quantum))
    found, theirs = [], []
    for kernel in classical.values():
        values, vectors = _eigen(_pair(kernel, quantum)[0])
        turned = vectors.T @ root
        fitting = next((s for s in reversed(shifts) if _training(values, turned, s) <= tolerance), None)
        found.append(float("inf") if fitting is None else _difference(values, turned, fitting))
        theirs.append(_best_bound(kernel, labels, shifts))
    bounds = None if labels is None else np.array(theirs)
    return Geometry(len(quantum), tuple(classical), np.array(found), min(found), bounds, ours)


def classical_kernels(inputs: Any) -> dict[str, Floats]:
    """Kernels (N, N) of inputs (N, F): linear, polynomial, and Gaussian of five widths around the usual one."""
    rows = check_array("inputs", inputs, 2)
    if len(rows) < 2 or not rows.shape[1]:
        raise ValueError(f"Argument `inputs` must hold at least 2 samples, but has shape {rows.shape}.")
    products = rows @ rows.T
    squares = np.diag(products)
    distance = np.maximum(squares[:, None] + squares[None, :] - 2 * products, 0)
    scale = 1 / (rows.shape[1] * max(float(rows.var()), 1e-12))
    kernels = {"linear": products, "polynomial": (1 + scale * products) ** 3}
    for factor in (0.0625, 0.25, 1.0, 4.0, 16.0):
        kernels[f"gaussian, gamma {factor * scale:.2g}"] = np.exp(-factor * scale * distance)
    return kernels


def _best_bound(kernel: Any, labels: Any, shifts: Sequence[float]) -> float | None:
    """The smallest bound over regularisations; None without labels."""
    if labels is None:
        return None
    spectral = _along(kernel, labels)
    return min(_bound(*spectral, shift) for shift in shifts)


def _pair(classical: Any, quantum: Any) -> tuple[Floats, Floats]:
    c, q = _scaled("classical", classical), _scaled("quantum", quantum)
    if c.shape != q.shape:
        raise ValueError(f"Both kernels must be of the same samples, but have shapes {c.shape} and {q.shape}.")
    return c, q


def _scaled(name: str, kernel: Any) -> Floats:
    matrix = check_kernel(name, kernel)
    trace = float(np.trace(matrix))
    if trace <= 0:
        raise ValueError(f"Argument `{name}` must have a trace above 0, but has {trace:g}.")
    return matrix * (len(matrix) / trace)


def _eigen(matrix: Floats) -> tuple[Floats, Floats]:
    values, vectors = np.linalg.eigh(matrix)
    return np.clip(values, 0, None), vectors


def _root(matrix: Floats) -> Floats:
    values, vectors = _eigen(matrix)
    return np.asarray((vectors * np.sqrt(values)) @ vectors.T)


def _along(kernel: Any, labels: Any) -> tuple[Floats, Floats]:
    """Eigenvalues (N,) of the scaled kernel, and the labels' components along its eigenvectors."""
    matrix = _scaled("kernel", kernel)
    y = check_array("labels", labels, 1)
    if len(y) != len(matrix):
        raise ValueError(f"Argument `labels` must hold {len(matrix)} numbers, as the kernel has, but holds {len(y)}.")
    values, vectors = _eigen(matrix)
    return values, vectors.T @ y
