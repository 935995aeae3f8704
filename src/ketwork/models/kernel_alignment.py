"""Kernel-target alignment: how well a kernel agrees with what is to be learned, its gradient, and training by it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork import seeds
from ketwork.checks import check_array, check_choice, check_int
from ketwork.models.gram import Floats, centred, check_gram
from ketwork.models.kernels import Kernel, with_weights
from ketwork.optimize import METHODS, methods_with, minimize

OPTIMIZERS = methods_with("value", "gradient")
"""The methods that need nothing but the alignment, or it and its gradient."""
MOST_SAMPLES = 1000  # a bandwidth is chosen on so many samples at most


def class_target(y: Any) -> Floats:
    """The kernel matrix (N, N) that knows the classes y (N,): 1 within a class, -1 / (K - 1) between two of K.

    For two classes that is y y^T with labels of 1 and -1. The rows of K classes point to the corners of a simplex.
    """
    labels, count = np.unique(np.asarray(y), return_inverse=True)[1], len(np.unique(np.asarray(y)))
    if count < 2:
        raise ValueError(f"Argument `y` must hold at least 2 classes, but holds {count}.")
    return np.where(labels[:, None] == labels[None, :], 1.0, -1.0 / (count - 1))


def value_target(y: Any) -> Floats:
    """The kernel matrix (N, N) that knows the values y (N,) or (N, T): products of differences from the mean."""
    values = np.asarray(y, np.float64).reshape(len(y), -1)
    values = values - values.mean(axis=0)
    return np.asarray(values @ values.T)


def alignment(gram: Any, target: Any, centre: bool = True) -> float:
    """The cosine of the angle between two kernel matrices (N, N), in [-1, 1].

    centre: around the means in both feature spaces; without it a kernel that is nearly constant may look aligned, and
    unequal classes count unequally.
    Source: Cristianini et al., NIPS 2001 (not centred); Cortes, Mohri, Rostamizadeh, arXiv:1203.0550, def. 4 (centred).
    """
    return alignment_and_gradient(check_gram(gram), check_gram(target, "target"), centre)[0]


def alignment_and_gradient(gram: Floats, target: Floats, centre: bool = True) -> tuple[float, Floats]:
    """The alignment and its derivative (N, N) by the entries of the kernel matrix; both 0 where a matrix vanishes."""
    if gram.shape != target.shape:
        raise ValueError(f"Argument `target` must have shape {gram.shape}, as the kernel, but has {target.shape}.")
    a, b = (centred(gram), centred(target)) if centre else (gram, target)
    size = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    if size[0] < 1e-12 * len(a) or size[1] < 1e-12 * len(a):
        return 0.0, np.zeros_like(a)
    value = float((a * b).sum()) / (size[0] * size[1])
    slope = b / (size[0] * size[1]) - value * a / size[0] ** 2
    return value, centred(slope) if centre else slope


@dataclass(frozen=True)
class Trained:
    """A trained kernel. kernel: with its new weights. history: the alignment of every step's samples. start, end: that
    of all samples before and after, where they were few enough to look (else of the first `MOST_SAMPLES`)."""

    kernel: Any
    history: list[float]
    start: float
    end: float


def align(
    kernel: Kernel,
    X: Any,
    target: Callable[[NDArray[Any]], Floats],
    steps: int = 100,
    batch_size: int = 32,
    optimizer: str = "adam",
    **options: Any,
) -> Trained:
    """Train a kernel's weights for the highest centred alignment with a target.

    X (N, n_inputs): inputs of the circuit. target: from the numbers (B,) of samples to their target matrix (B, B).
    steps: of the optimiser, each on `batch_size` samples drawn anew (N or fewer: all of them). optimizer: one of
    `OPTIMIZERS`; those that need gradients take the kernel's own. options: `seed`, `callback(step, weights, loss)`, and
    those of `minimize`. The weights that are kept are the last ones, or the first where all samples say that these were
    better.
    Raises: ValueError for a kernel without weights or for samples that do not fit.
    Source: Hubregtsen et al., arXiv:2105.02276, sec. IV (alignment of subsets as the loss).
    """
    check_choice("optimizer", optimizer, OPTIMIZERS)
    check_int("batch_size", batch_size, 2)
    check_int("steps", steps, 0)
    inputs = check_array("X", X, 2)
    if not kernel.circuit.n_weights:
        raise ValueError("The kernel has no weights to train. Take an encoding with weights, such as 'reuploading'.")
    if len(inputs) < 2:
        raise ValueError("Alignment needs at least 2 samples, but `X` holds 1.")
    rng = seeds.generator(options.pop("seed", None))
    drawing, stepping = rng.spawn(2)
    graded = "gradient" in METHODS[optimizer].needs
    fixed = optimizer in ("l-bfgs", "cobyla", "nelder-mead") or batch_size >= len(inputs)
    first = drawing.permutation(len(inputs))[:batch_size]

    def loss(weights: Floats) -> Any:
        chosen = first if fixed else drawing.choice(len(inputs), batch_size, replace=False)
        here = with_weights(kernel, weights)
        if not graded:
            return 1 - alignment_and_gradient(here.gram(inputs[chosen]), target(chosen))[0]
        gram, pull_back = here.value_and_pullback(inputs[chosen])
        value, slope = alignment_and_gradient(gram, target(chosen))
        return 1 - value, -pull_back(slope).w

    looked = drawing.permutation(len(inputs))[:MOST_SAMPLES]

    def whole(weights: Floats) -> float:
        return alignment_and_gradient(with_weights(kernel, weights).gram(inputs[looked]), target(looked))[0]

    start = np.asarray(kernel.weights, np.float64)
    found = minimize(loss, start, optimizer, steps, seed=stepping, **options)
    before, after = whole(start), whole(found.params)
    best = found.params if after >= before else start
    return Trained(with_weights(kernel, best), [1 - value for value in found.history], before, max(before, after))


def best_scale(
    kernel_of: Callable[[float], tuple[Any, Floats]],
    target: Callable[[NDArray[Any]], Floats],
    scales: Sequence[float],
    seed: seeds.Seed = None,
) -> tuple[float, dict[float, float]]:
    """The bandwidth with the highest centred alignment, and the alignment of each.

    kernel_of: from a scale to (kernel, inputs (N, n_inputs)). target: from the numbers (B,) of samples to their target
    matrix. scales: what the features are multiplied by, each above 0. At most `MOST_SAMPLES` samples are looked at.
    Large scales make all samples orthogonal, small ones all alike, and both have nothing to tell.
    Source: Shaydulin and Wild, arXiv:2111.05451; Canatar et al., arXiv:2206.06686 (the role of the bandwidth).
    """
    listed = check_array("scales", list(scales), 1)
    if not len(listed) or (listed <= 0).any():
        raise ValueError(f"Argument `scales` must hold numbers above 0, at least one, but is {listed.tolist()}.")
    found: dict[float, float] = {}
    looked: Any = None
    for scale in map(float, listed):
        kernel, inputs = kernel_of(scale)
        if looked is None:
            looked = np.sort(seeds.generator(seed).permutation(len(inputs))[:MOST_SAMPLES])
        found[scale] = alignment_and_gradient(kernel.gram(inputs[looked]), target(looked))[0]
    return max(found, key=lambda scale: found[scale]), found
