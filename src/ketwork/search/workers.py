"""Training many circuits on the processes of one machine; the answers are those of one process, in the same order."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any

from ketwork.checks import check_int
from ketwork.engine.simulator import Simulator
from ketwork.search.crew import Crew, Tell
from ketwork.search.fast_path import prepare
from ketwork.search.inner import Trained
from ketwork.search.tasks import Job, Task, measure_all

_CHUNKS = 4  # pieces of work a process gets of one question, so that none waits long for another


class Processes:
    """What `seek` takes as `at_once`: trains circuits on `workers` processes (None: one a core) that stay up.

    Use it in a `with` block. A process that dies is replaced, and what it was training is trained again.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.crew = Crew(check_int("workers", cores() if workers is None else workers, 1))
        self._known: tuple[Task, Task] | None = None

    def __enter__(self) -> "Processes":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the processes."""
        self.crew.close()

    def __call__(self, task: Task, jobs: Sequence[Job]) -> Iterator[Trained]:
        """The answers in order, as they come."""
        if self._known is None or self._known[0] is not task:
            prepare(task)
            self._known = task, with_threads(task, 1)
        pieces = chunks(jobs, self.crew.size)
        found: dict[int, list[Trained]] = {}
        coming = 0
        for number, answers in self.crew.do(train_chunk, self._known[1], pieces):
            found[number] = answers
            while coming in found:
                yield from found.pop(coming)
                coming += 1


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def chunks(jobs: Sequence[Job], workers: int) -> list[Sequence[Job]]:
    """The jobs in order, in pieces that keep so many workers busy."""
    size = max(1, -(-len(jobs) // (_CHUNKS * workers)))
    return [jobs[k : k + size] for k in range(0, len(jobs), size)]


def train_chunk(task: Task, jobs: Sequence[Job], tell: Tell | None = None) -> list[Trained]:
    """The answers of a few jobs."""
    return list(measure_all(task, jobs))


def with_threads(task: Task, threads: int) -> Task:
    """The task on a backend that uses so many threads, where it can be told."""
    backend: Any = Simulator("double") if task.backend is None else task.backend
    return replace(task, backend=replace(backend, threads=threads)) if hasattr(backend, "threads") else task
