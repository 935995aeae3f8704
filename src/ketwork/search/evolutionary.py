"""NSGA-II: a population of circuits that are good at once in error, depth and two-qubit gates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork.checks import check_array, check_choice, check_int, check_real
from ketwork.search.canonical import canonical
from ketwork.search.seek import Search
from ketwork.search.space import Architecture, cross, draw, mutate
from ketwork.search.tasks import Score
from ketwork.search.warm_start import carried, n_angles

Floats = NDArray[np.floating[Any]]
OBJECTIVES = ("error", "depth", "two-qubit", "gates")
"""What `evolutionary` can minimise at once."""

_TRIES = 50  # for a circuit that is new
_SAME = 5  # tries that come to one circuit: then there are few others


def evolutionary(
    search: Search,
    population: int = 16,
    crossover: float = 0.5,
    changes: int = 3,
    warm: bool = True,
    objectives: Sequence[str] = ("error", "depth", "two-qubit"),
    n_gates: int | None = None,
) -> None:
    """Let circuits have children, and keep those that the fewest others beat, spread along the front.

    population: how many circuits live, and children a generation. crossover: the share of children of two parents;
    every child is then changed by one to `changes` single changes. warm: angles go on from those of the parents; new
    gates begin at random. objectives: of `OBJECTIVES`. n_gates: of the first circuits, None for the space's limit:
    what is not needed goes with the generations.
    No circuit lives twice: circuits are told apart by their canonical form. Errors below a hundredth of the goal's
    `good` count as equal, so that digits without meaning do not keep large circuits alive.
    Notes: "generations", "front" (how many circuits no other beats, by generation).
    Source: Deb, Pratap, Agarwal and Meyarivan, IEEE Trans. Evol. Comput. 6 (2002) 182.
    """
    check_int("population", population, 2)
    check_int("changes", changes, 1)
    check_real("crossover", crossover, 0, 1)
    if not objectives:
        raise ValueError(f"Argument `objectives` must name at least one of {', '.join(OBJECTIVES)}, but is empty.")
    for name in objectives:
        check_choice("objectives", name, OBJECTIVES)
    least = (search.task.goal.good or 0.0) / 100
    length = search.space.max_places if n_gates is None else check_int("n_gates", n_gates, 1)
    search.notes.update(generations=0, front=[])
    met = _Met()
    first = [_unmet(met, lambda: draw(search.space, search.rng, length)) for _ in range(population)]
    living = search.scores(first)
    ranks, crowding = _standing([_marks(score, objectives, least) for score in living])
    while True:
        children, starts = [], list[Floats | None]()
        for _ in range(population):
            parents = [living[_tournament(ranks, crowding, search.rng)] for _ in range(2)]
            child = _unmet(met, partial(_child, search, parents, crossover, changes))
            children.append(child)
            starts.append(_angles(search, parents, child) if warm else None)
        everyone = [*living, *search.scores(children, starts)]
        marks = [_marks(score, objectives, least) for score in everyone]
        kept = survivors(marks, population)
        living = [everyone[k] for k in kept]
        ranks, crowding = _standing([marks[k] for k in kept])
        search.notes["generations"] += 1
        search.notes["front"].append(int(np.sum(ranks == 0)))
        search.say(f"generation {search.notes['generations']}")


def fronts(marks: ArrayLike) -> list[list[int]]:
    """The numbers of the rows of marks (K, M), less is better, by front: those that none beats, those that only these
    beat, and so on. One row beats another when it is nowhere worse and somewhere better.

    Source: Deb et al. (2002), section III.A (fast non-dominated sorting).
    """
    table = check_array("marks", marks, 2)
    no_worse = np.all(table[:, None] <= table[None], axis=2)
    beats = no_worse & np.logical_not(no_worse.T)
    left = beats.sum(axis=0)  # how many of those that are not yet in a front beat each
    found: list[list[int]] = []
    done = np.zeros(len(table), bool)
    while not done.all():
        front = np.flatnonzero((left == 0) & ~done)
        done[front] = True
        left = left - beats[front].sum(axis=0)
        found.append(front.tolist())
    return found


def crowding_distances(marks: ArrayLike) -> Floats:
    """(K,) for every row of one front's marks (K, M): the sides of the box between its neighbours, each over the
    front's range, added up; infinite at the ends. Source: Deb et al. (2002), section III.B.
    """
    table = check_array("marks", marks, 2)
    found = np.zeros(len(table))
    for column in table.T:
        order = np.argsort(column, kind="stable")
        found[order[[0, -1]]] = np.inf
        width = column[order[-1]] - column[order[0]]
        if width > 0:
            found[order[1:-1]] += (column[order[2:]] - column[order[:-2]]) / width
    return found


def survivors(marks: ArrayLike, count: int) -> list[int]:
    """The numbers of the `count` rows that live on: front by front, of the last the least crowded."""
    table = check_array("marks", marks, 2)
    kept: list[int] = []
    for front in fronts(table):
        room = count - len(kept)
        if len(front) > room:
            crowding = crowding_distances(table[front])
            front = [front[k] for k in np.argsort(-crowding, kind="stable")[:room]]
        kept += front
        if len(kept) == count:
            break
    return kept


def _standing(marks: list[list[float]]) -> tuple[NDArray[np.int_], Floats]:
    """(K,) the number of the front of everyone, and the crowding distance in it."""
    table = np.array(marks)
    ranks, crowding = np.zeros(len(table), int), np.zeros(len(table))
    for number, front in enumerate(fronts(table)):
        ranks[front] = number
        crowding[front] = crowding_distances(table[front])
    return ranks, crowding


def _tournament(ranks: NDArray[np.int_], crowding: Floats, rng: np.random.Generator) -> int:
    """The better of two that are drawn: of the lower front, or of one front the less crowded."""
    a, b = (int(k) for k in rng.choice(len(ranks), 2, replace=False))
    return a if (ranks[a], -crowding[a]) <= (ranks[b], -crowding[b]) else b


def _marks(score: Score, objectives: Sequence[str], least: float) -> list[float]:
    """What is minimised, of one circuit; errors as logarithms, since they differ by orders."""
    size = score.size
    # Logarithms change no front; they keep the crowding from looking at the largest errors alone
    error = float(np.log10(max(score.error, least, 1e-12)))
    every = {"error": error, "depth": size.depth, "two-qubit": size.two_qubit, "gates": size.gates}
    return [every[name] for name in objectives]


@dataclass
class _Met:
    """The circuits that were there, and how often to try for another: less and less where nothing new comes of it."""

    forms: set[Architecture] = field(default_factory=set)
    tries: int = _TRIES


def _unmet(met: _Met, make: Callable[[], Architecture]) -> Architecture:
    """A circuit that was not there before, or after some tries one that was, sooner where all are the same."""
    tried: list[Architecture] = []
    for _ in range(met.tries):
        found = make()
        form = canonical(found)[0]
        tried.append(form)
        if form not in met.forms or tried.count(form) > _SAME:
            break
    new = form not in met.forms
    met.tries = _TRIES if new else max(1, met.tries // 2)
    met.forms.add(form)
    return found


def _child(search: Search, parents: list[Score], crossover: float, changes: int) -> Architecture:
    """Of both parents or the first alone, and changed."""
    rng = search.rng
    child = tuple(parents[0].architecture)
    if rng.random() < crossover:
        child = cross(search.space, child, tuple(parents[1].architecture), rng)
    for _ in range(int(rng.integers(1, changes + 1))):
        child = mutate(search.space, child, rng)
    return child


def _angles(search: Search, parents: list[Score], child: Architecture) -> Floats:
    """To begin with: those of the first parent's gates, then those of the second's, random ones for the others."""
    spread = search.task.inner.spread
    found: Floats = search.rng.uniform(-spread, spread, n_angles(child))
    for parent in reversed(parents):
        found = carried(parent.architecture, parent.params, child, found)
    return found
