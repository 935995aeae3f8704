"""A pool of different circuits of a space, for methods that choose among circuits instead of building them."""

import numpy as np

from ketwork.checks import check_int
from ketwork.search.canonical import canonical
from ketwork.search.space import Architecture, Space, draw

_PATIENCE = 200  # draws in a row that were known before: then the space is taken to hold no more


def draw_pool(space: Space, count: int, rng: np.random.Generator, n_gates: int | None = None) -> list[Architecture]:
    """Up to `count` random circuits, no two of which are the same in canonical form; fewer where the space has fewer.

    n_gates: of each, None for any number up to the limit. Gates stand in order of time, by qubits within a moment, so
    that circuits that differ only in how they were written down look the same.
    """
    check_int("count", count, 1)
    found: dict[Architecture, Architecture] = {}
    idle = 0
    while len(found) < count and idle < _PATIENCE:
        drawn = draw(space, rng, n_gates)
        form = canonical(drawn)[0]
        idle = idle + 1 if form in found else 0
        found.setdefault(form, drawn if space.layers else by_time(drawn))
    return list(found.values())


def by_time(architecture: Architecture) -> Architecture:
    """The same circuit, its gates ordered by the moment that each has when it comes as early as it can, then qubits."""
    free: dict[int, int] = {}
    moments = []
    for place in architecture:
        moment = max(free.get(q, 0) for q in place.qubits)
        free |= dict.fromkeys(place.qubits, moment + 1)
        moments.append((moment, place.qubits))
    return tuple(architecture[k] for k in sorted(range(len(moments)), key=moments.__getitem__))
