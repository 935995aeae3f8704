"""What a search is given: a goal, a space, where circuits run, and how their angles are found."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ketwork.backends.protocol import apart
from ketwork.circuit import Circuit
from ketwork.search.budget import Budget
from ketwork.search.canonical import Place, canonical, first_angles, flat
from ketwork.search.fast_path import fast_path
from ketwork.search.goals import Goal, Meter
from ketwork.search.inner import Inner, Trained, train
from ketwork.search.space import Architecture, Size, Space, size_of

Floats = NDArray[np.floating[Any]]


class Job(NamedTuple):
    """A circuit to be trained. key: tells jobs apart. architecture: in canonical form. start: angles, None for random
    ones."""

    key: str
    architecture: Architecture
    start: Floats | None

    @property
    def seed(self) -> int:
        """Of the training: made from the key, so that it does not matter when or where it is done."""
        return int(self.key[:15], 16)


@dataclass(frozen=True, eq=False)
class Score:
    """What a task says of a circuit.

    error: how far it is from the best (goal.error). value: of the function that was minimised. params: the angles, of
    the architecture's gates in order (those of a layer one after the other). evaluations: circuit evaluations that were
    paid; 0 where the answer was known.
    """

    architecture: Architecture
    error: float
    value: float
    params: Floats
    evaluations: int
    known: bool = False

    @cached_property
    def size(self) -> Size:
        """Gates, depth and two-qubit gates."""
        return size_of(self.architecture)


@dataclass(frozen=True, eq=False)
class Task:
    """A problem that a circuit is searched for.

    goal: what is minimised. space: what may be built. backend: where circuits run; None for the ideal simulator with
    exact values. inner: how angles are found.
    Raises: ValueError for a space and a goal of different numbers of qubits.
    """

    name: str
    goal: Goal
    space: Space
    backend: Any = None
    inner: Inner = field(default_factory=Inner)

    def __post_init__(self) -> None:
        if self.space.n_qubits != self.goal.n_qubits:
            raise ValueError(
                f"The space of task {self.name!r} must have the {self.goal.n_qubits} qubits of its goal, but has "
                f"{self.space.n_qubits}."
            )

    def meter(self, architecture: Sequence[Place], number: int = 0) -> Meter:
        """The function of the angles of an architecture; number: of the random numbers that shots are drawn with."""
        return self.goal.meter(self.space.circuit(architecture), apart(self.backend, number))

    def price(self, architecture: Sequence[Place]) -> int:
        """The most circuit evaluations that training an architecture takes."""
        path = fast_path(self)
        return self.inner.price(self.meter(architecture) if path is None else path.charged(flat(architecture)))

    def evaluate(
        self,
        circuit: Circuit | Sequence[Place],
        budget: Budget | int | None = None,
        start: Floats | None = None,
        seed: int = 0,
    ) -> Score:
        """Train a circuit of the space, or an architecture, and say how good it is.

        budget: counts what is spent and remembers what was answered; a number for a budget of this call alone, None for
        no limit. start: angles to begin with, in the order of the gates.
        Raises: BudgetSpent where the budget does not hold what training it takes; ValueError for circuits that the
        space does not have, and for a budget that another task has used.
        """
        if isinstance(circuit, Circuit):
            architecture = self.space.architecture(circuit)
        else:
            architecture = tuple(Place(gate, tuple(qubits)) for gate, qubits in circuit)
        paid = budget if isinstance(budget, Budget) else Budget(budget)
        found = answers(self, [architecture], paid, [start], seed)
        if not found:
            raise paid.spent_error()
        return found[0]


# ---------------------------------------------------------------------- one or many circuits
def measure(task: Task, job: Job) -> Trained:
    """Train one circuit, as the job says. Depends on nothing else: the same job gives the same answer anywhere."""
    return measure_all(task, [job])[0]


def measure_all(task: Task, jobs: Sequence[Job]) -> list[Trained]:
    """Train circuits: all at once where the engine has kernels for the task (`fast_path`), else one after the other.

    What stands in for this must give the same answers in the same order.
    """
    path = fast_path(task)
    if path is None:
        return [measure_alone(task, job) for job in jobs]
    return path.train_all([(job.architecture, job.seed, job.start) for job in jobs])


def measure_alone(task: Task, job: Job) -> Trained:
    """Train one circuit on the task's own backend, whatever that is."""
    return train(task.meter(job.architecture, job.seed), task.inner, np.random.default_rng(job.seed), job.start)


def answers(
    task: Task,
    architectures: Sequence[Sequence[Place]],
    budget: Budget,
    starts: Sequence[Floats | None] | None = None,
    seed: int = 0,
    at_once: Any = measure_all,
) -> list[Score]:
    """The scores of architectures, each from the budget's memory where it is known there, else trained and paid.

    Equal circuits are trained once: every architecture is brought into its canonical form. at_once: what trains jobs.
    Where the budget does not hold all of them, the scores of those before the first that it does not pay for: as many
    are trained at a time as would be paid for if all took the most they can, and then what is left is looked at again.
    """
    budget.claim(task)
    begins = list(starts or [None] * len(architectures))
    scores: list[Score] = []
    while len(scores) < len(architectures):
        rest = list(zip(architectures, begins, strict=True))[len(scores) :]
        found = _affordable(task, rest, budget, seed, at_once)
        if not found:
            break
        scores += found
    return scores


def _affordable(
    task: Task, asked: Sequence[tuple[Sequence[Place], Floats | None]], budget: Budget, seed: int, at_once: Any
) -> list[Score]:
    """The scores of the first of what is asked, as far as the budget holds the most that they can take."""
    taken, new, left = [], dict[str, Job](), budget.left
    for architecture, start in asked:
        job, goes = _job(task, architecture, start, seed)
        if job.key not in budget.known and job.key not in new:
            left -= task.price(job.architecture)
            if left < 0:
                break
            new[job.key] = job
        taken.append((architecture, job, goes))
    for job, found in zip(new.values(), at_once(task, list(new.values())) if new else [], strict=True):
        budget.pay(found.evaluations)
        budget.remember(job.key, found)
    scores = []
    for architecture, job, goes in taken:
        found = budget.known[job.key]
        paid = new.pop(job.key, None) is not None
        params = _back(flat(architecture), job.architecture, goes, found.params)
        error = task.goal.error(found.value)
        scores.append(Score(tuple(architecture), error, found.value, params, found.evaluations * paid, not paid))
    return scores


def _job(task: Task, architecture: Sequence[Place], start: Floats | None, seed: int) -> tuple[Job, list[int | None]]:
    """A job, and where each gate of the architecture is in it."""
    if not task.space.fits(architecture):
        raise ValueError(f"The space of task {task.name!r} does not have this architecture: {architecture}.")
    form, goes = canonical(architecture)
    begin = None if start is None else _forth(flat(architecture), form, goes, np.asarray(start, float))
    text = hashlib.sha256(f"{seed} {task.inner} {form}".encode())
    if begin is not None:
        text.update(begin.tobytes())
    return Job(text.hexdigest()[:32], form, begin), goes


def _forth(before: Sequence[Place], after: Architecture, goes: list[int | None], weights: Floats) -> Floats:
    """The weights of an architecture as those of its canonical form; what follows the gates' own stays behind them."""
    old, new = first_angles(before), first_angles(after)
    if weights.ndim != 1 or len(weights) < old[-1]:
        raise ValueError(f"Angles must be {old[-1]}, one for each of the gates', but have the shape {weights.shape}.")
    moved = np.zeros(new[-1])
    for k, there in enumerate(goes):
        if there is not None:
            moved[new[there] : new[there + 1]] += weights[old[k] : old[k + 1]]
    return np.concatenate([moved, weights[old[-1] :]])


def _back(before: Sequence[Place], after: Architecture, goes: list[int | None], weights: Floats) -> Floats:
    """The weights of a canonical form as those of the architecture; of gates that became one, the first has the sum."""
    old, new = first_angles(before), first_angles(after)
    moved = np.zeros(old[-1])
    done: set[int] = set()
    for k, there in enumerate(goes):
        if there is not None and there not in done:
            done.add(there)
            moved[old[k] : old[k + 1]] = weights[new[there] : new[there + 1]]
    return np.concatenate([moved, weights[new[-1] :]])


def as_trained(architecture: Sequence[Place], params: Floats) -> tuple[Architecture, Floats]:
    """An architecture with its angles as it was trained: in its canonical form, without gates that cancel."""
    form, goes = canonical(architecture)
    return form, _forth(flat(architecture), form, goes, np.asarray(params, float))
