"""One search: a method, a task, a budget and a seed; with a log on disk, and what was found.

A method is a function `method(search, **options)` that asks `search` for scores until the budget is spent.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from ketwork.circuit.gates import GATES
from ketwork.engine.interrupts import plain_interrupts
from ketwork.search import tasks
from ketwork.search.budget import Budget, BudgetSpent
from ketwork.search.canonical import Place
from ketwork.search.goals import Meter
from ketwork.search.inner import Trained
from ketwork.search.log import Log
from ketwork.search.method_table import find_search
from ketwork.search.tasks import Job, Score, Task
from ketwork.seeds import generator
from ketwork.solve.vqe import draws

Floats = NDArray[np.floating[Any]]
AtOnce = Callable[[Task, Sequence[Job]], Iterable[Trained]]
_PLAIN = (str, int, float, bool, tuple, list, dict, type(None))
_PATIENCE = 5_000  # answers in a row that were known before: then the space has no more to give


@dataclass(frozen=True, eq=False)
class Found:
    """What a search found.

    best: the circuit with the least error. front: circuits that no other beats in error, depth and two-qubit gates at
    once. trace: (circuit evaluations spent, error) whenever the error fell. errors: (spent, error) of every different
    circuit, in order. notes: of the method, by name. message: why it ended.
    """

    task: str
    method: str
    seed: int
    budget: int
    best: Score | None
    front: tuple[Score, ...]
    trace: tuple[tuple[int, float], ...]
    errors: tuple[tuple[int, float], ...]
    spent: int
    seconds: float
    notes: dict[str, Any]
    message: str


@dataclass
class Progress:
    """What a search has seen so far."""

    best: Score | None = None
    front: list[Score] = field(default_factory=list)
    trace: list[tuple[int, float]] = field(default_factory=list)
    errors: list[tuple[int, float]] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    idle: int = 0
    meters: int = 0


class Search:
    """What a method asks.

    task, seed, budget: as given. rng: the method's random numbers. kept: what the method last gave to `keep` where an
    interrupted search goes on, else None. notes: a dictionary for what the method wants to report (lists of numbers,
    numbers, text).
    """

    def __init__(
        self,
        task: Task,
        budget: Budget,
        seed: int,
        log: Log,
        at_once: AtOnce = tasks.measure_all,
        watch: Callable[["Search"], None] | None = None,
    ) -> None:
        self.task, self.space, self.budget, self.seed = task, task.space, budget, seed
        self.rng = generator(seed)
        self.progress = Progress()
        self.said = ""
        self._log, self._at_once, self._watch = log, at_once, watch
        self._began = time.perf_counter()
        self.kept: Any = None
        self._restore()

    # ------------------------------------------------------------------ what methods call
    def scores(
        self, architectures: Sequence[Sequence[Place]], starts: Sequence[Floats | None] | None = None
    ) -> list[Score]:
        """Train architectures, many at a time where there is somewhere to; starts: angles to begin with, one each.

        Raises: BudgetSpent where the budget does not hold all (what it holds is trained and counts), or when nothing
        new has been asked for a long time.
        """
        spent = self.budget.spent
        found = tasks.answers(self.task, architectures, self.budget, starts, self.seed, self._train)
        for score in found:
            spent += score.evaluations
            self._see(score, spent)
        self._look()
        if len(found) < len(architectures):
            raise self.budget.spent_error()
        return found

    def score(self, architecture: Sequence[Place], start: Floats | None = None) -> Score:
        """Train one architecture; see `scores`."""
        return self.scores([architecture], [start])[0]

    def meter(self, architecture: Sequence[Place]) -> Meter:
        """The function of an architecture's angles, for methods that train weights themselves: all is paid at once.

        Its values do not count as answers: ask `score` with the angles as start for those.
        """
        self.progress.meters += 1
        number = int(np.random.SeedSequence([self.seed, self.progress.meters]).generate_state(1)[0])
        meter = self.task.meter(architecture, number)
        batches = getattr(meter, "draw_batches", None)
        if batches is not None:  # else all meters would begin with the same samples
            batches(number)
        return _Paying(meter, self.budget)

    def pay(self, evaluations: int) -> None:
        """Pay for circuits that a method ran in another way. Raises: BudgetSpent."""
        self.budget.pay(evaluations)

    def keep(self, state: Any) -> None:
        """Write down all that the method needs to go on from here (anything that pickles; generators too).

        An interrupted search starts with it in `kept`. Methods that never call it are run again from the start, with
        the answers of the log for what they ask.
        """
        self.progress.seconds, self._began = self.seconds, time.perf_counter()
        self._log.checkpoint(
            {"state": state, "rng": self.rng, "spent": self.budget.spent, "known": self.budget.known,
             "progress": self.progress}
        )  # fmt: skip

    def say(self, text: str) -> None:
        """What the method is doing, for the display."""
        self.said = text
        self._look()

    # ------------------------------------------------------------------ what it has seen
    @property
    def notes(self) -> dict[str, Any]:
        """For what the method wants to report."""
        return self.progress.notes

    @property
    def best(self) -> Score | None:
        """The circuit with the least error so far."""
        return self.progress.best

    @property
    def seconds(self) -> float:
        """Since the search began, without the time between an interruption and going on."""
        return self.progress.seconds + time.perf_counter() - self._began

    # ------------------------------------------------------------------ inside
    def _restore(self) -> None:
        found = self._log.restore()
        if found is None:
            return
        self.kept, self.rng, self.progress = found["state"], found["rng"], found["progress"]
        self.budget.spent, self.budget.known = found["spent"], found["known"]

    def _train(self, task: Task, jobs: Sequence[Job]) -> Iterator[Trained]:
        """Answers of the log where it has them; the others are trained, and written down as they come."""
        asked = [job for job in jobs if job.key not in self._log.answers]
        for job, found in zip(asked, self._at_once(task, asked) if asked else [], strict=True):
            self._log.write(job.key, found)
        return (self._log.answers[job.key] for job in jobs)

    def _see(self, score: Score, spent: int) -> None:
        seen = self.progress
        if score.known:
            seen.idle += 1
            if seen.idle >= _PATIENCE:
                raise BudgetSpent(f"The last {_PATIENCE:,} answers were known: the space has no more to give.")
            return
        seen.idle = 0
        seen.errors.append((spent, score.error))
        if seen.best is None or score.error < seen.best.error:
            seen.best = score
            seen.trace.append((spent, score.error))
        mine = _marks(score)
        if not any(all(a <= b for a, b in zip(_marks(other), mine, strict=True)) for other in seen.front):
            seen.front = pareto([*seen.front, score])

    def _look(self) -> None:
        if self._watch is not None:
            self._watch(self)


class _Paying:
    """A meter whose evaluations are paid from a budget before they are made."""

    def __init__(self, meter: Meter, budget: Budget) -> None:
        self._meter, self._budget = meter, budget
        self.price, self.n_weights, self.exact = meter.price, meter.n_weights, meter.exact
        self.evaluations = 0

    def value(self, w: Floats) -> float:
        self._budget.pay(self.price[0])
        self.evaluations += self.price[0]
        return self._meter.value(w)

    def value_and_gradient(self, w: Floats) -> tuple[float, Floats]:
        self._budget.pay(self.price[1])
        self.evaluations += self.price[1]
        return self._meter.value_and_gradient(w)


def _marks(score: Score) -> tuple[float, int, int]:
    """What circuits are compared by, less is better."""
    return score.error, score.size.depth, score.size.two_qubit


def pareto(scores: Sequence[Score]) -> list[Score]:
    """Those that no other beats: no worse in error, depth and two-qubit gates, and better in one.

    Of equals the first is taken.
    """
    marks = [_marks(score) for score in scores]
    kept = []
    for k, mine in enumerate(marks):
        beaten = any(
            all(a <= b for a, b in zip(other, mine, strict=True)) and (other != mine or j < k)
            for j, other in enumerate(marks)
            if j != k
        )
        if not beaten:
            kept.append(scores[k])
    return sorted(kept, key=lambda s: s.error)


def seek(
    task: Task,
    method: str | Callable[..., None],
    budget: int,
    seed: int = 0,
    folder: Path | str | None = None,
    at_once: AtOnce = tasks.measure_all,
    watch: Callable[[Search], None] | None = None,
    **options: Any,
) -> Found:
    """Search a circuit for a task until the budget is spent.

    method: a name of `ketwork.search.METHODS`, or a function (search, **options). budget: circuit evaluations, those of
    the inner optimisation counted. folder: where the log is kept; a search that was interrupted goes on from it.
    at_once: trains many circuits, as `measure_all` does. watch(search) is called as it goes. options: of the method.
    Ctrl-C ends the search with what was found so far; the message then is "interrupted".
    Raises: ValueError for a budget that does not train one circuit, and for a folder with the log of another search.
    """
    name, run = find_search(method)
    paid = Budget(budget)
    check_affordable(task, budget)
    place = None if folder is None else Path(folder)
    log_of = {} if place is None else _whose(task, name, seed, options)
    # What methods compute themselves is small: threads of BLAS and torch would only wait for each other
    with threadpool_limits(1), Log(place, log_of) as log:
        search = Search(task, paid, seed, log, at_once, watch)
        try:
            with plain_interrupts():
                run(search, **options)
            message = "the method ended"
        except BudgetSpent as end:
            message = str(end)
        except KeyboardInterrupt:
            message = "interrupted"
    seen = search.progress
    return Found(
        task.name, name, seed, budget, seen.best, tuple(seen.front), tuple(seen.trace), tuple(seen.errors),
        paid.spent, search.seconds, seen.notes, message,
    )  # fmt: skip


def _whose(task: Task, method: str, seed: int, options: dict[str, Any]) -> dict[str, str]:
    """What a log belongs to: the answers in it are those of no other search."""
    plain = {name: one if _is_plain(one) else type(one).__name__ for name, one in sorted(options.items())}
    return {
        "task": task.name, "space": str(task.space), "inner": str(task.inner), "method": method, "seed": str(seed),
        "options": str(plain), "problem": fingerprint(task),
    }  # fmt: skip


def _is_plain(option: Any) -> bool:
    """Whether the text of an option says all of it: of data, and of dataclasses that are compared by their fields."""
    known = getattr(type(option), "__dataclass_params__", None)
    return isinstance(option, _PLAIN) or (known is not None and known.frozen and known.eq)


def fingerprint(task: Task) -> str:
    """The values of two fixed circuits: change when the problem does, such as its noise or a file that was edited.

    Every gate of the space is in them, on all its places. Nothing where the values would be others every time: of those
    that are drawn without a seed.
    """
    if draws(task.backend) and getattr(task.backend, "seed", 0) is None:
        return ""
    rng, values = np.random.default_rng(1), []
    for _ in range(2):
        meter = task.meter([task.space.places[k] for k in rng.permutation(len(task.space.places))])
        values.append(meter.value(rng.uniform(-3, 3, meter.n_weights)))
    # What is zero but for rounding is the same zero on any number of threads
    return " ".join(f"{round(float(value), 9) + 0.0:.6g}" for value in values)


def check_affordable(task: Task, budget: int) -> None:
    """Raises: ValueError where a budget does not train one circuit of one gate, that with the most angles."""
    whole = max((place for place in task.space.places), key=lambda place: GATES[place.gate].n_params)
    price = task.price([whole])
    if price > budget:
        raise ValueError(
            f"Argument `budget` must be at least {price:,} circuit evaluations, what training one circuit of one gate "
            f"takes on task {task.name!r}, but is {budget:,}."
        )
