"""Circuits as points: a pool of circuits of a space, embedded by an autoencoder that has learned from them."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_int
from ketwork.search.circuit_pool import draw_pool
from ketwork.search.seek import Search
from ketwork.search.space import Architecture, Space

Floats = NDArray[np.floating[Any]]


@dataclass(eq=False)
class LatentSpace:
    """A pool of C circuits and their points (C, d), each coordinate with mean 0 and spread 1 over the pool.

    seconds: that drawing, training and embedding took. open_ (C,): which circuits were not taken yet.
    """

    circuits: tuple[Architecture, ...]
    points: Floats
    seconds: float
    open_: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        self.open_ = np.ones(len(self.circuits), bool)

    def take(self, numbers: NDArray[np.integer[Any]]) -> list[Architecture]:
        """The circuits of these numbers, which are not open any more."""
        self.open_[numbers] = False
        return [self.circuits[k] for k in numbers]

    def nearest(self, point: Floats) -> int:
        """The number of the open circuit that is nearest to a point (d,); -1 where none is open."""
        numbers = np.flatnonzero(self.open_)
        if not len(numbers):
            return -1
        return int(numbers[((self.points[numbers] - point) ** 2).sum(axis=1).argmin()])


_KNOWN: dict[tuple[Any, ...], LatentSpace] = {}
_ROOM = 4


def latent_space(
    space: Space, pool: int = 2000, epochs: int = 8, n_gates: int | None = None, seed: int = 0, **options: Any
) -> LatentSpace:
    """Draw `pool` circuits of a space (of `n_gates` gates, None for any number), train an autoencoder on them without
    labels and embed them: a circuit's point is the mean of its nodes' codes. No circuit is run.

    seed: of circuits and training. options: of `train_autoencoder`. The last few are remembered in this process.
    Source: Sun et al., arXiv:2401.11576, section 3.
    """
    key = (space, pool, epochs, n_gates, seed, *sorted(options.items()))
    if key not in _KNOWN:
        began = time.perf_counter()
        circuits = draw_pool(space, check_int("pool", pool, 2), np.random.default_rng(seed), n_gates)
        points = embed(space, circuits, epochs, seed, **options)
        while len(_KNOWN) >= _ROOM:
            _KNOWN.pop(next(iter(_KNOWN)))
        _KNOWN[key] = LatentSpace(tuple(circuits), points, time.perf_counter() - began)
    known = _KNOWN[key]
    return LatentSpace(known.circuits, known.points, known.seconds)


def embed(space: Space, circuits: list[Architecture], epochs: int, seed: int, **options: Any) -> Floats:
    """The points (C, d) of circuits, by an autoencoder that is trained on them."""
    from ketwork.search.graph_autoencoder import train_autoencoder

    if len(circuits) < 2:  # one point, wherever it is
        return np.zeros((len(circuits), 1))
    options = {"batch": max(2, min(64, len(circuits)))} | options
    return points_of(train_autoencoder(space, circuits, epochs, seed=seed, **options), circuits)


def points_of(network: Any, circuits: Sequence[Architecture]) -> Floats:
    """The means (C, d) of the codes of the nodes of circuits, standardised over the circuits."""
    graphs = network.alphabet.graphs(circuits)
    filled = (graphs.kinds <= network.alphabet.end)[:, :, None]
    means = (network.codes(graphs) * filled).sum(axis=1) / filled.sum(axis=1)
    return np.asarray((means - means.mean(axis=0)) / np.maximum(means.std(axis=0), 1e-9), float)


def latent_spaces(
    search: Search, learned: LatentSpace | None, pool: int, epochs: int, n_gates: int | None, seed: int
) -> Iterator[LatentSpace]:
    """The latent spaces of a search, one after the other as they are used up: that which was learned before, if one
    was, then others, each of the next seed; none after one that holds all circuits of the space.

    Each that is learned is written down before it is used: an interrupted search goes on with the last one.
    """
    if learned is not None and search.kept is None:
        yield LatentSpace(learned.circuits, learned.points, learned.seconds)
    while True:
        if search.kept is None:
            search.say("training the autoencoder")
            found = latent_space(search.space, pool, epochs, n_gates, seed)
            search.notes["autoencoder seconds"] = found.seconds
            search.notes["pool"] = len(found.circuits)
            search.keep((seed, found.circuits, found.points, found.seconds))
        else:
            seed, *state = search.kept
            found = LatentSpace(*state)
        yield found
        if len(found.circuits) < pool:  # these were all that the space has
            return
        search.kept, seed = None, seed + 1
