"""Data sets made by formula, whose difficulty can be dialled: two classes, -1 and 1, of equal or nearly equal size.

Source: Bowles, Ahmed and Schuld, "Better than classical? The subtle art of benchmarking quantum machine learning
models", arXiv:2403.07059, section V; the defaults are its sizes. "ad-hoc" is of `adhoc`.
"""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_choice, check_int, check_real
from ketwork.experiments.adhoc import ad_hoc
from ketwork.seeds import Seed, generator

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
_BLOCK = 4  # points drawn for every one that is wanted, at a time
_BLOCKS = 2000


def bars_and_stripes(
    height: int = 4, width: int = 4, noise: float = 0.5, samples: int = 300, seed: Seed = 0
) -> tuple[Floats, Labels]:
    """Images (samples, height x width) of full rows (1) or full columns (-1), each on by chance, with Gaussian noise.

    Pixels are -1 and 1 before noise of the given standard deviation. An image may have no or all lines on: then its
    class cannot be seen.
    """
    rows, columns = check_int("height", height, 2, 64), check_int("width", width, 2, 64)
    strength, count = check_real("noise", noise, 0), _samples(samples)
    rng = generator(seed)
    y = _halves(count, rng)
    across = np.broadcast_to(rng.integers(2, size=(count, rows, 1)), (count, rows, columns))
    down = np.broadcast_to(rng.integers(2, size=(count, 1, columns)), (count, rows, columns))
    images = 2.0 * np.where((y == 1)[:, None, None], across, down) - 1
    images += rng.normal(0, 1, images.shape) * strength
    return images.reshape(count, -1), y


def hidden_manifold(features: int = 10, manifold: int = 6, samples: int = 300, seed: Seed = 0) -> tuple[Floats, Labels]:
    """X = tanh(C F / sqrt m - b): Gaussian points C (samples, m) on a manifold of dimension m, labelled by a network.

    F (m, features) is Gaussian, b uniform in [-1, 1]; the label is the sign of v . tanh(W c) / sqrt m minus its median,
    with Gaussian W (m, m) and v (m,).
    Source: Goldt et al., Physical Review X 10 (2020) 041044, eqs. 1 and 4; biases and median as in Bowles et al.
    """
    wide, m = check_int("features", features, 1, 10_000), check_int("manifold", manifold, 1, 1000)
    rng, count = generator(seed), _samples(samples)
    points = rng.normal(size=(count, m))
    X = np.tanh(points @ rng.normal(size=(m, wide)) / np.sqrt(m) - rng.uniform(-1, 1, wide))
    height = np.tanh(points @ rng.normal(size=(m, m)).T) @ rng.normal(size=m) / np.sqrt(m)
    return X, np.where(height < np.median(height), -1, 1)


def linearly_separable(
    features: int = 10, margin: float | None = None, samples: int = 300, seed: Seed = 0
) -> tuple[Floats, Labels]:
    """Points of the cube [-1, 1]^features with |sum of x| > margin, labelled by the sign of the sum.

    margin None is 0.02 features. The distance of the points to the hyperplane is above margin / sqrt(features).
    Raises: ValueError for a margin that leaves hardly any points.
    """
    wide, count = check_int("features", features, 1, 10_000), _samples(samples)
    gap = 0.02 * wide if margin is None else check_real("margin", margin, 0, wide)
    rng = generator(seed)
    found = _until(count, "margin", gap, lambda: _apart(rng.uniform(-1, 1, (_BLOCK * count, wide)), gap))
    return found, np.where(found.sum(axis=1) > 0, 1, -1)


def hyperplanes(
    features: int = 10, planes: int = 5, dimension: int = 3, samples: int = 300, seed: Seed = 0
) -> tuple[Floats, Labels]:
    """Gaussian points in few dimensions, labelled by the parity of the hyperplanes that they lie above, then embedded.

    Planes have weights and biases uniform in [0, 1]; the label is 1 for an even number. As many points of either class
    are kept; a linear map, uniform in [0, 1], embeds them in `features` dimensions, where each is standardised.
    """
    wide, k = check_int("features", features, 1, 10_000), check_int("planes", planes, 1, 1000)
    low, count = check_int("dimension", dimension, 1, 1000), _samples(samples)
    rng = generator(seed)
    weights, biases = rng.uniform(size=(k, low)), rng.uniform(size=k)
    y = _halves(count, rng)
    kinds = {}
    for label in (-1, 1):

        def drawn(label: int = label) -> Floats:
            points = rng.normal(size=(_BLOCK * count, low))
            return points[parity(points, weights, biases) == label]

        kinds[label] = _until(int((y == label).sum()), "planes", k, drawn)
    points = np.empty((count, low))
    for label, some in kinds.items():
        points[y == label] = some
    return _standardised(points @ rng.uniform(size=(low, wide))), y


def parity(points: Floats, weights: Floats, biases: Floats) -> Labels:
    """1 for points (N, D) above an even number of hyperplanes w . x + b = 0, weights (K, D), biases (K,); else -1."""
    above = (points @ weights.T + biases > 0).sum(axis=1)
    return np.where(above % 2 == 0, 1, -1)


def two_curves(
    features: int = 10, degree: int = 5, offset: float = 0.1, noise: float = 0.01, samples: int = 300, seed: Seed = 0
) -> tuple[Floats, Labels]:
    """Points on a closed-form curve (-1) and on the same curve shifted by `offset` in every feature (1).

    Each feature is a Fourier series of the given degree, sum over k of a_k cos(pi k t) + b_k sin(pi k t), at t uniform
    in [0, 1]; coefficients are uniform in [0, 1], all together of norm 1; then Gaussian noise, then standardised.
    """
    wide, top = check_int("features", features, 1, 10_000), check_int("degree", degree, 1, 1000)
    gap, strength = check_real("offset", offset), check_real("noise", noise, 0)
    rng, count = generator(seed), _samples(samples)
    y = _halves(count, rng)
    coefficients = rng.uniform(size=(wide, top + 1, 2))
    coefficients /= np.linalg.norm(coefficients)
    angle = np.pi * rng.uniform(size=(count, 1)) * np.arange(top + 1)
    curve = np.cos(angle) @ coefficients[..., 0].T + np.sin(angle) @ coefficients[..., 1].T
    X = curve + gap * (y == 1)[:, None] + rng.normal(0, 1, curve.shape) * strength
    return _standardised(X), y


GENERATORS: dict[str, Callable[..., tuple[Floats, Labels]]] = {
    "bars-and-stripes": bars_and_stripes,
    "hidden-manifold": hidden_manifold,
    "linearly-separable": linearly_separable,
    "hyperplanes": hyperplanes,
    "two-curves": two_curves,
    "ad-hoc": ad_hoc,
}
"""Generators by name; `parse` reads a name with options."""


def parse(text: str) -> tuple[str, dict[str, Any]]:
    """A generator's name and options from text such as "hyperplanes:features=10,planes=5,seed=1".

    Raises: ValueError for an unknown name or option, and for a value that is no number.
    """
    name, _, rest = text.partition(":")
    check_choice("data", name, GENERATORS)
    known, options = list(inspect.signature(GENERATORS[name]).parameters), {}
    for word in filter(None, rest.split(",")):
        option, equals, value = (part.strip() for part in word.partition("="))
        check_choice("option", option, known)
        if not equals or option in options:
            raise ValueError(f"Option {word!r} must be given once, as {option}=VALUE.")
        try:
            options[option] = int(value) if value.lstrip("+-").isdigit() else float(value)
        except ValueError:
            raise ValueError(f"Option {option} must be a number, but is {value!r}.") from None
    return name, options


def _samples(samples: int) -> int:
    return check_int("samples", samples, 4, 10_000_000)


def _halves(count: int, rng: np.random.Generator) -> Labels:
    """Labels -1 and 1, as many of either (one more of 1 for an odd count), in random order."""
    return rng.permutation(np.where(np.arange(count) < count // 2, -1, 1))


def _apart(points: Floats, margin: float) -> Floats:
    return points[np.abs(points.sum(axis=1)) > margin]


def _until(count: int, name: str, value: Any, draw: Callable[[], Floats]) -> Floats:
    """So many points of a draw that keeps only some. Raises: ValueError where next to none are kept."""
    found: list[Floats] = []
    for _ in range(_BLOCKS):
        found.append(draw())
        if sum(map(len, found)) >= count:
            return np.concatenate(found)[:count]
        if not sum(map(len, found)) and len(found) > 20:
            break
    raise ValueError(f"Argument `{name}` is {value}, which leaves hardly any points of one class.")


def _standardised(X: Floats) -> Floats:
    return np.asarray((X - X.mean(axis=0)) / X.std(axis=0))
