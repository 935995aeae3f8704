"""One super-circuit that holds all circuits of a space, its angles shared; then evolution with these angles."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_int, check_real
from ketwork.search.canonical import Place, canonical
from ketwork.search.proxies import rank_correlation
from ketwork.search.seek import Search
from ketwork.search.slots import Ints, Slots, SparseAdam, allowance, layered, layers_for
from ketwork.search.space import Architecture
from ketwork.search.tasks import Score
from ketwork.search.warm_start import n_angles

Floats = NDArray[np.floating[Any]]
_RATE = 0.05  # of Adam
_IDLE = 0.05  # radians that a gate hardly turns by


class Plan(NamedTuple):
    """How a cycle goes; the options of `supernet` by their names."""

    training: float
    evolution: float
    population: int
    generations: int
    changes: int
    shrink: float
    noise_aware: bool


class SuperCircuit:
    """Tables of angles (nets, n_angles) for the circuits of slots, trained circuit by circuit; all runs are paid."""

    def __init__(self, search: Search, slots: Slots, nets: int, rate: float) -> None:
        self.search, self.slots = search, slots
        self.angles = search.rng.uniform(-0.5, 0.5, (nets, slots.n_angles))
        self._adam = [SparseAdam(slots.n_angles, rate) for _ in range(nets)]

    def train(self, choices: Ints) -> float:
        """One step on one circuit, in the net that suits it best; the value before the step."""
        architecture, where, _ = self.slots.build(choices)
        meter = self.search.meter(architecture)
        net = 0
        if len(self.angles) > 1:
            net = int(np.argmin([meter.value(angles[where]) for angles in self.angles]))
        value, gradient = meter.value_and_gradient(self.angles[net][where])
        self._adam[net].step(self.angles[net], where, gradient)
        return value

    def look(self, choices: Ints, noise_aware: bool = True) -> tuple[float, Floats]:
        """The lowest value of a circuit with the shared angles of any net, and these angles (P,).

        noise_aware: on the task's backend; else on the ideal simulator.
        """
        architecture, where, _ = self.slots.build(choices)
        if noise_aware:
            values = [self.search.meter(architecture).value(angles[where]) for angles in self.angles]
        else:
            meter = replace(self.search.task, backend=None).meter(architecture)
            self.search.pay(meter.price[0] * len(self.angles))
            values = [meter.value(angles[where]) for angles in self.angles]
        best = int(np.argmin(values))
        return values[best], self.angles[best][where]


def supernet(
    search: Search,
    sharing: str = "one-shot",
    nets: int = 1,
    layers: int | None = None,
    cycles: int = 2,
    training: float = 0.3,
    evolution: float = 0.3,
    population: int = 40,
    generations: int = 20,
    changes: int = 4,
    shrink: float = 0.5,
    noise_aware: bool = True,
) -> None:
    """Train one circuit of slots by its sub-circuits, find the best of these with the angles it has by evolution, and
    train those.

    sharing: "one-shot" or "entangled", see `Slots`. nets: tables of angles; a sub-circuit trains the one in which it
    is best. layers: of the super-circuit; None for twice as many slots as a circuit may have gates. cycles: in how
    many parts the budget is spent, each with a super-circuit of its own. training: the share of a cycle's budget for
    the super-circuit's angles; evolution: the most of it that the evolution may take. population, generations: of
    this. changes: by how many slots a sampled sub-circuit differs at most from the one before (restricted sampling).
    shrink: over which share of the training the smallest sub-circuits that are sampled shrink from the largest to one
    gate. noise_aware: whether evolution compares values on the task's backend; else on the ideal
    simulator, as an ablation. A circuit's places say which qubits of the device it uses, so that qubits and gates are
    searched together.
    Source: Wang et al., QuantumNAS, arXiv:2107.10845 (super-circuit, restricted sampling, noise-adaptive evolution);
    Du et al., arXiv:2010.10217 (several nets); Chen et al., arXiv:2107.00651 (entangled angles).
    """
    for name, value in (("nets", nets), ("cycles", cycles), ("generations", generations), ("changes", changes)):
        check_int(name, value, 1)
    check_int("population", population, 4)
    for name, share in (("training", training), ("evolution", evolution), ("shrink", shrink)):
        check_real(name, share, 0, 1)
    slots = layered(search.space, layers_for(search.space) if layers is None else layers, sharing)
    plan = Plan(training, evolution, population, generations, changes, shrink, noise_aware)
    done = 0
    while True:
        search.say(f"super-circuit {done + 1}: training")
        allowed = allowance(search) / max(1, cycles - done)
        _cycle(search, SuperCircuit(search, slots, nets, _RATE), plan, allowed)
        done += 1


def _cycle(search: Search, net: SuperCircuit, plan: Plan, allowed: float) -> None:
    """One super-circuit from its first step to the training of the best sub-circuits."""
    begun = search.budget.spent
    values = _train(search, net, plan, begun + plan.training * allowed)
    search.notes.setdefault("super-circuit values", []).append([float(v) for v in values])
    search.say("evolution of sub-circuits")
    ranked = _evolve(search, net, plan, begun + (plan.training + plan.evolution) * allowed)
    search.say("training of the best sub-circuits")
    trained: list[Score] = []
    for first in range(0, len(ranked), 16):
        part = ranked[first : first + 16]
        trained += search.scores([item.architecture for item in part], [item.angles for item in part])
        search.notes["rank correlation of shared and trained values"] = rank_correlation(
            [item.value for item in ranked[: len(trained)]], [score.error for score in trained]
        )
        if search.budget.spent - begun >= allowed:
            break
    _prune(search, trained)


def _train(search: Search, net: SuperCircuit, plan: Plan, until: float) -> list[float]:
    """Sample sub-circuits and train the shared angles; the values on the way."""
    slots, rng, most = net.slots, search.rng, search.space.max_places
    begun, values = search.budget.spent, []
    last = slots.draw(rng, most)
    while search.budget.spent < until:
        part = (search.budget.spent - begun) / (until - begun)
        least = max(1, round(most * (1 - part / plan.shrink))) if plan.shrink > 0 else 1
        last = _near(slots, last, int(rng.integers(least, most + 1)), plan.changes, rng)
        values.append(net.train(last))
    return values


def _near(slots: Slots, last: Ints, gates: int, changes: int, rng: np.random.Generator) -> Ints:
    """Random choices that differ from the last ones in `changes` slots at most, nearer to a number of gates."""
    new = last.copy()
    for _ in range(changes):
        full, empty = np.flatnonzero(new >= 0), np.flatnonzero(new < 0)
        if len(full) > gates:
            new[rng.choice(full)] = -1
        elif len(full) < gates and len(empty):
            fresh = np.flatnonzero(slots.draw(rng, slots.count) >= 0)
            k = int(rng.choice(np.intersect1d(fresh, empty)))
            new[k] = slots.option(rng, k)
        else:
            k = int(rng.choice(full))
            new[k] = slots.option(rng, k)
    return new


class Candidate(NamedTuple):
    """A sub-circuit with the value and angles that it has from its super-circuit."""

    value: float
    choices: Ints
    architecture: Architecture
    angles: Floats


def _evolve(search: Search, net: SuperCircuit, plan: Plan, until: float) -> list[Candidate]:
    """All sub-circuits that were looked at until so much was spent, the best first; at least one."""
    slots, rng, seen = net.slots, search.rng, dict[Any, Candidate]()

    def look(choices: Ints) -> None:
        architecture, _, kept = slots.build(choices)
        key = canonical(architecture)[0]
        if architecture and key not in seen and (search.budget.spent < until or not seen):
            value, angles = net.look(kept, plan.noise_aware)
            seen[key] = Candidate(value, kept, architecture, angles)

    for _ in range(plan.population):
        look(slots.draw(rng, int(rng.integers(1, search.space.max_places + 1))))
    for _ in range(plan.generations):
        parents = sorted(seen.values(), key=lambda item: item.value)[: max(2, plan.population // 4)]
        for _ in range(plan.population):
            a, b = (parents[k].choices for k in rng.integers(len(parents), size=2))
            child = np.where(rng.random(slots.count) < 0.5, a, b) if rng.random() < 0.5 else a
            look(_mutated(slots, child, rng))
    return sorted(seen.values(), key=lambda item: item.value)


def _mutated(slots: Slots, choices: Ints, rng: np.random.Generator) -> Ints:
    """Up to three slots emptied, filled or with another gate."""
    new = choices.copy()
    for k in rng.integers(slots.count, size=int(rng.integers(1, 4))):
        new[k] = -1 if new[k] >= 0 and rng.random() < 0.5 else slots.option(rng, int(k))
    return new


def _prune(search: Search, trained: list[Score]) -> None:
    """The best circuit again, without the rotations that hardly turn.

    Source: arXiv:2107.10845 (iterative pruning, once).
    """
    best = min(trained, key=lambda score: score.error)
    keep: list[Place] = []
    angles: list[Floats] = []
    first = 0
    for place in best.architecture:
        own = best.params[first : first + n_angles((place,))]
        first += len(own)
        if not len(own) or np.abs((own + np.pi) % (2 * np.pi) - np.pi).max() > _IDLE:
            keep.append(place)
            angles.append(own)
    if 0 < len(keep) < len(best.architecture):
        search.score(keep, np.concatenate(angles))
