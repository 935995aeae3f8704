"""Simulated annealing: circuits changed gate by gate, worse ones taken too while the temperature is high."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_int, check_real
from ketwork.search.seek import Search
from ketwork.search.space import draw, mutate
from ketwork.search.tasks import Score
from ketwork.search.warm_start import carried, n_angles

Floats = NDArray[np.floating[Any]]


def simulated_annealing(
    search: Search,
    chains: int = 8,
    cycles: int = 1,
    accept: float = 0.2,
    cold: float = 1e-3,
    changes: int = 3,
    warm: bool = True,
    n_gates: int | None = None,
) -> None:
    """Anneal several circuits at once, each by single changes, again from new ones in every cycle.

    chains: how many circuits, one change of each trained at a time. cycles: into how many annealings the budget is
    divided. accept: the share of changes for the worse that is taken at first; the temperature for it is measured from
    the first changes of every cycle. It falls geometrically, with the budget spent, to `cold` times that. changes: a
    proposal is one to so many changes. warm: angles of gates that stay go on from where they are, those of new gates
    begin at random. n_gates: of the first circuits, None for the space's limit: circuits that are too long are soon
    good, and too short ones stay bad for long.
    Notes: "temperature" (of every cycle at its start), "accepted" (share of the proposals).
    Source: Kirkpatrick, Gelatt and Vecchi, Science 220 (1983) 671; the first temperature after Johnson, Aragon,
    McGeoch and Schevon, Operations Research 37 (1989) 865.
    """
    for name, value in (("chains", chains), ("cycles", cycles), ("changes", changes)):
        check_int(name, value, 1)
    check_real("accept", accept, 1e-6, 1 - 1e-6)
    check_real("cold", cold, 1e-12, 1.0)
    length = search.space.max_places if n_gates is None else check_int("n_gates", n_gates, 1)
    search.notes.update(temperature=[], accepted=0.0)
    proposed = taken = 0
    share = search.budget.left / cycles
    while True:
        begun = search.budget.spent
        now = search.scores([draw(search.space, search.rng, length) for _ in range(chains)])
        first: float | None = None
        while search.budget.spent < begun + share:
            new = _changed(search, now, changes, warm)
            if first is None:
                first = _temperature([b.error - a.error for a, b in zip(now, new, strict=True)], accept)
                search.notes["temperature"].append(first)
            passed = min(1.0, (search.budget.spent - begun) / share)
            heat = first * cold**passed
            for k, (a, b) in enumerate(zip(now, new, strict=True)):
                if _takes(b.error - a.error, heat, search.rng):
                    now[k] = b
                    taken += 1
            proposed += chains
            search.notes["accepted"] = taken / proposed
            search.say(f"temperature {heat:.2g}")


def _changed(search: Search, now: list[Score], changes: int, warm: bool) -> list[Score]:
    """A neighbour of every circuit, trained."""
    architectures, starts = [], list[Floats | None]()
    for score in now:
        architecture = tuple(score.architecture)
        for _ in range(int(search.rng.integers(1, changes + 1))):
            architecture = mutate(search.space, architecture, search.rng)
        spread = search.task.inner.spread
        fresh = search.rng.uniform(-spread, spread, n_angles(architecture))
        architectures.append(architecture)
        starts.append(carried(score.architecture, score.params, architecture, fresh) if warm else None)
    return search.scores(architectures, starts)


def _temperature(steps: list[float], accept: float) -> float:
    """At which a typical change for the worse is taken with probability `accept`."""
    worse = [step for step in steps if step > 0] or [abs(step) for step in steps if step] or [1.0]
    return float(np.median(worse)) / -float(np.log(accept))


def _takes(step: float, heat: float, rng: np.random.Generator) -> bool:
    """Metropolis' rule: whether a change of the error by `step` is taken."""
    return bool(rng.random() < np.exp(min(0.0, -step / heat)))
