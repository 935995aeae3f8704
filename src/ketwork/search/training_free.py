"""Screening without training: proxies rank many circuits, an evolved combination of them says which to train."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_choice, check_int, check_real
from ketwork.search.canonical import canonical
from ketwork.search.learning_goal import Classification
from ketwork.search.proxies import (
    clifford_resilience,
    evenness,
    evolve_weights,
    path_count,
    rank_correlation,
    ranks,
    reach,
    representational_capacity,
)
from ketwork.search.seek import Search
from ketwork.search.slots import allowance
from ketwork.search.space import Architecture, draw

Floats = NDArray[np.floating[Any]]
_BARREN = 5  # rounds in a row in which nothing was paid
_ROWS = 4  # of each class, for representational capacity
PROXIES = ("paths", "expressibility", "resilience", "capacity", "gradient")


@dataclass
class Pool:
    """Circuits that were looked at and not trained yet, and those whose error is known, with their proxies."""

    seen: set[Any] = field(default_factory=set)
    waiting: list[tuple[Architecture, Floats]] = field(default_factory=list)
    known: list[tuple[Floats, float]] = field(default_factory=list)


@dataclass(frozen=True)
class Screen:
    """What it takes to look at a circuit; the options of `training_free` by their names."""

    proxies: tuple[str, ...]
    pairs: int
    replicas: int
    draws: int
    weights: Floats | None


def training_free(
    search: Search,
    proxies: Sequence[str] = PROXIES,
    weights: Sequence[float] | None = None,
    rounds: int = 4,
    screening: float = 0.3,
    candidates: int = 2000,
    batch: int = 16,
    pairs: int = 25,
    replicas: int = 8,
    draws: int = 2,
) -> None:
    """Draw circuits, keep those with the most paths, rank these by proxies, and train the first of them.

    proxies: out of `PROXIES`: the logarithm of the number of paths; expressibility from `pairs` of states; the
    resilience of `replicas` Clifford replicas to the task's noise; representational capacity, for tasks with data, or
    the lowest value that the task's function has at random angles; the variance of its gradient. The last two come
    from the same `draws`. weights: of the proxies' ranks, higher sums being trained first; None to evolve them by rank
    correlation with the errors of what has been trained, anew every round, beginning from equal ones. rounds: in how
    many parts the budget is spent. screening: the share of a round's budget for proxies, which are paid by the
    circuits they run. candidates: drawn a round for the paths, which cost nothing; a tenth of the circuits looked at
    closer are drawn from all of them, so that the weights learn what few paths mean. batch: trained at a time.
    Source: He et al., AAAI 38 (2024) 12430 (paths, then expressibility); Anagolum et al., arXiv:2401.09393 (resilience
    and capacity).
    """
    for name, value in (("rounds", rounds), ("candidates", candidates), ("batch", batch), ("pairs", pairs)):
        check_int(name, value, 1)
    for name, value in (("replicas", replicas), ("draws", draws)):
        check_int(name, value, 1)
    if not len(proxies):
        raise ValueError(f"Argument `proxies` must name at least one of {', '.join(PROXIES)}, but is empty.")
    check_real("screening", screening, 0, 1)
    chosen = tuple(check_choice("proxies", name, PROXIES) for name in proxies)
    if weights is not None and len(weights) != len(chosen):
        raise ValueError(f"Argument `weights` must hold {len(chosen)} numbers, one a proxy, but holds {len(weights)}.")
    screen = Screen(chosen, max(10, pairs), replicas, draws, None if weights is None else np.asarray(weights, float))
    pool, done, barren = Pool(), 0, 0
    while barren < _BARREN:  # with no circuit left to look at or to train, nothing is left to do
        before = search.budget.spent
        _round(search, screen, pool, allowance(search) / max(1, rounds - done), (screening, candidates, batch))
        done += 1
        barren = 0 if search.budget.spent > before else barren + 1


def _round(search: Search, screen: Screen, pool: Pool, allowed: float, sizes: tuple[float, int, int]) -> None:
    """Look at new circuits, then train the best of all that wait, until the round's budget is spent."""
    screening, candidates, batch = sizes
    begun = search.budget.spent
    if not allowed:  # proxies would cost what is left
        search.score(draw(search.space, search.rng, 1))
        return
    drawn = _many_paths(search, pool, candidates)
    search.say(f"{len(drawn)} circuits drawn; proxies")
    for architecture in drawn:
        if search.budget.spent - begun >= screening * allowed and pool.waiting:
            break
        pool.seen.add(canonical(architecture)[0])
        pool.waiting.append((architecture, measured(search, architecture, screen)))
    while pool.waiting:
        order = _order(search, screen, pool)
        first = [pool.waiting[k] for k in order[:batch]]
        search.say("training of the first circuits")
        scores = search.scores([architecture for architecture, _ in first])
        chosen = set(order[:batch])
        pool.waiting = [item for k, item in enumerate(pool.waiting) if k not in chosen]
        pool.known += [(found, score.error) for (_, found), score in zip(first, scores, strict=True)]
        _report(search, screen, pool)
        if search.budget.spent - begun >= allowed:
            return


def _many_paths(search: Search, pool: Pool, candidates: int) -> list[Architecture]:
    """New circuits, those with the most paths first; every tenth is one of all."""
    fresh: dict[Any, Architecture] = {}
    for _ in range(candidates):
        architecture = draw(search.space, search.rng)
        key = canonical(architecture)[0]
        if key and key not in pool.seen:
            fresh.setdefault(key, architecture)
    rest = list(fresh.values())
    paths = [path_count(architecture, search.space.n_qubits) for architecture in rest]
    order = list(np.argsort([-p for p in map(float, paths)], kind="stable"))
    mixed: list[Architecture] = []
    while order:
        mixed.append(rest[order.pop(int(search.rng.integers(len(order))) if len(mixed) % 10 == 9 else 0)])
    return mixed


def measured(search: Search, architecture: Architecture, screen: Screen) -> Floats:
    """The proxies (F,) of a circuit, higher for what should be better; all that runs is paid."""
    circuit, task, rng = search.space.circuit(architecture), search.task, search.rng
    found: dict[str, float] = {}
    if "paths" in screen.proxies:
        found["paths"] = float(np.log2(float(path_count(architecture, search.space.n_qubits))))
    if "expressibility" in screen.proxies:
        search.pay(2 * screen.pairs)
        found["expressibility"] = evenness(circuit, screen.pairs, rng)
    if "resilience" in screen.proxies:
        noisy = getattr(task.backend, "noise", None) is not None or hasattr(task.backend, "device")
        search.pay(screen.replicas if noisy else 0)
        found["resilience"] = clifford_resilience(circuit, task.backend if noisy else None, screen.replicas, rng)
    if "capacity" in screen.proxies or "gradient" in screen.proxies:
        found["capacity"], found["gradient"] = reach(search.meter(architecture), screen.draws, rng)
    if "capacity" in screen.proxies and isinstance(task.goal, Classification):
        found["capacity"] = _capacity(search, architecture, screen)
    return np.array([found[name] for name in screen.proxies])


def _capacity(search: Search, architecture: Architecture, screen: Screen) -> float:
    """Representational capacity on a few rows of each class of the task's data."""
    goal: Any = search.task.goal
    circuit, labels = goal.whole(search.space.circuit(architecture)), np.asarray(goal.train.targets)
    rows = np.concatenate([search.rng.permutation(np.flatnonzero(labels == k))[:_ROWS] for k in np.unique(labels)])
    search.pay(len(rows) * screen.draws)
    inputs = np.asarray(goal.train.inputs)[rows]
    return representational_capacity(circuit, inputs, labels[rows], screen.draws, None, search.rng)


def _order(search: Search, screen: Screen, pool: Pool) -> list[int]:
    """Numbers of the waiting circuits, the most promising first."""
    table, errors = _table(pool), [error for _, error in pool.known]
    weights = screen.weights
    if weights is None:
        known = len(errors) > 3
        weights = evolve_weights(table[: len(errors)], errors, search.rng) if known else np.ones(table.shape[1])
    search.notes["weights of proxies"] = {n: float(w) for n, w in zip(screen.proxies, weights, strict=True)}
    return [int(k) for k in np.argsort(-(table[len(errors) :] @ weights), kind="stable")]


def _table(pool: Pool) -> Floats:
    """The ranks of proxies (known + waiting, F) among all circuits that were looked at."""
    rows = np.array([found for found, _ in pool.known] + [found for _, found in pool.waiting])
    return np.stack([ranks(column) for column in rows.T], axis=1)


def _report(search: Search, screen: Screen, pool: Pool) -> None:
    """How well proxies, and their combination as it was, rank the circuits that were trained."""
    errors = np.array([error for _, error in pool.known])
    columns = np.array([found for found, _ in pool.known]).T
    search.notes["circuits screened"] = len(pool.known) + len(pool.waiting)
    search.notes["rank correlation with -error"] = {
        name: rank_correlation(column, -errors) for name, column in zip(screen.proxies, columns, strict=True)
    }
