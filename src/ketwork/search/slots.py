"""Slots that hold a gate or stay empty, and one table of angles for all circuits that they make."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_choice, check_int
from ketwork.circuit.gates import GATES
from ketwork.search.canonical import Place, flat
from ketwork.search.seek import Search
from ketwork.search.space import Architecture, Size, Space, draw, levels
from ketwork.search.warm_start import n_angles

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]
SHARINGS = ("one-shot", "entangled")


@dataclass(frozen=True)
class Slots:
    """Slots in order of time; each may hold one of its options or stay empty.

    options: the places that each slot (K,) has to choose from. sharing: "one-shot" for angles of its own for every
    option of every slot; "entangled" for options of one slot that share their angles where they act on the same
    qubits, such as RX, RY and RZ on qubit 0.
    Source: Chen et al., AutoFormer, arXiv:2107.00651 (weight entanglement).
    """

    space: Space
    options: tuple[tuple[Place, ...], ...]
    sharing: str = "one-shot"

    def __post_init__(self) -> None:
        check_choice("sharing", self.sharing, SHARINGS)

    @property
    def count(self) -> int:
        """K, the number of slots."""
        return len(self.options)

    @cached_property
    def addresses(self) -> tuple[tuple[Ints, ...], ...]:
        """Where the angles of every option of every slot are in the table."""
        known: dict[Any, int] = {}
        found = []
        for k, options in enumerate(self.options):
            row = []
            for c, place in enumerate(options):
                owner: Any = tuple(sorted(place.qubits)) if self.sharing == "entangled" else c
                keys = [(k, owner, j) for j in range(n_angles((place,)))]
                row.append(np.array([known.setdefault(key, len(known)) for key in keys], np.int64))
            found.append(tuple(row))
        return tuple(found)

    @cached_property
    def n_angles(self) -> int:
        """The length of the table of angles."""
        return 1 + max((int(a.max()) for row in self.addresses for a in row if len(a)), default=-1)

    @cached_property
    def chances(self) -> tuple[Floats, ...]:
        """How likely each option is in a random circuit: every gate name as likely as any other, wherever it goes."""
        total = {name: sum(p.gate == name for row in self.options for p in row) for name in self.space.gates}
        return tuple(np.array([1 / total[place.gate] for place in row]) for row in self.options)

    def build(self, choices: Ints) -> tuple[Architecture, Ints, Ints]:
        """The circuit of choices (K,), numbers of options, -1 for empty: (architecture, where its angles are in the
        table (P,), the choices that are in it). What the limits of the space do not allow is left out."""
        space, kept = self.space, np.full(self.count, -1)
        ends, gates, two = [0] * space.n_qubits, 0, 0
        places: list[Place] = []
        angles: list[Ints] = [np.zeros(0, np.int64)]
        for k in np.flatnonzero(np.asarray(choices) >= 0):
            place = self.options[k][choices[k]]
            parts = flat((place,))
            pairs = len(parts) if GATES[place.gate].n_qubits == 2 else 0
            after = levels(parts, space.n_qubits, ends)
            size = Size(gates + len(parts), max(after), two + pairs)
            if space.holds(size):
                ends, gates, two = after, size.gates, size.two_qubit
                kept[k] = choices[k]
                places.append(place)
                angles.append(self.addresses[k][choices[k]])
        return tuple(places), np.concatenate(angles), kept

    def draw(self, rng: np.random.Generator, gates: int) -> Ints:
        """Random choices (K,) that fill so many slots, fewer where there are not as many."""
        weights = np.array([row.sum() for row in self.chances])
        order = np.argsort(rng.exponential(size=self.count) / weights)[:gates]
        choices = np.full(self.count, -1)
        for k in order:
            choices[k] = self.option(rng, int(k))
        return choices

    def option(self, rng: np.random.Generator, k: int) -> int:
        """A random option of slot k."""
        return int(rng.choice(len(self.options[k]), p=self.chances[k] / self.chances[k].sum()))


def layered(space: Space, layers: int, sharing: str = "one-shot") -> Slots:
    """Layers of a slot on every qubit for gates on one, and a slot on every coupled pair for gates on two; in a layered
    space, of a slot for each of its kinds of layers.

    Source: the super-circuit of Wang et al., arXiv:2107.10845, with every gate of the space in the place of one.
    """
    owners: dict[tuple[int, tuple[int, ...]], list[Place]] = {}
    for place in space.places:
        owners.setdefault((GATES[place.gate].n_qubits, tuple(sorted(place.qubits))), []).append(place)
    layer = tuple(tuple(owners[key]) for key in sorted(owners))
    return Slots(space, layer * check_int("layers", layers, 1), sharing)


def layers_for(space: Space) -> int:
    """So many layers that there are twice as many slots as a circuit may have gates."""
    return -(-2 * space.max_places // layered(space, 1).count)


def allowance(search: Search) -> float:
    """What is left of the budget of a search once one of its largest circuits is paid, so that no method spends all
    before it trains one; without a limit what a hundred take."""
    price = search.task.price(draw(search.space, np.random.default_rng(0), search.space.max_places))
    return 100.0 * price if search.budget.limit is None else max(0.0, search.budget.left - price)


class SparseAdam:
    """Adam that moves only the entries of a table which a step says something about, each with its own count of steps.

    Source: Kingma and Ba, arXiv:1412.6980, algorithm 1.
    """

    def __init__(self, size: int, rate: float) -> None:
        self.rate = rate
        self._mean, self._square, self._count = np.zeros(size), np.zeros(size), np.zeros(size)

    def step(self, table: Floats, where: Ints, gradient: Sequence[float] | Floats) -> None:
        """Move entries `where` (P,) of a table (size,) down a gradient (P,); entries that come twice have the sum."""
        places, back = np.unique(where, return_inverse=True)
        total = np.zeros(len(places))
        np.add.at(total, back, gradient)
        self._count[places] += 1
        self._mean[places] += 0.1 * (total - self._mean[places])
        self._square[places] += 0.001 * (total**2 - self._square[places])
        mean = self._mean[places] / (1 - 0.9 ** self._count[places])
        square = self._square[places] / (1 - 0.999 ** self._count[places])
        table[places] -= self.rate * mean / (np.sqrt(square) + 1e-8)
