"""Circuits trained by processes: the answers of one process, in order, even where a process is killed."""

import os
import signal

import numpy as np
import pytest

from ketwork import PauliSum, Simulator
from ketwork.noise import NoiseModel, depolarizing
from ketwork.search import Budget, Energy, Inner, Space, Task, draw, seek
from ketwork.search.tasks import answers, measure_all
from ketwork.search.workers import Processes, chunks, cores, with_threads

GOAL = Energy(PauliSum.from_dict({"ZZI": 1.0, "IZZ": 1.0, "XII": 0.5, "IXI": 0.5, "IIX": 0.5}), -2.5)
SPACE = Space(3, max_gates=10)
NOISE = NoiseModel().add(depolarizing(0.02, 2), ["cx"])
TASKS = {
    "ideal": Task("ideal", GOAL, SPACE, inner=Inner(steps=5)),
    "noisy": Task("noisy", GOAL, SPACE, Simulator("double", noise=NOISE), Inner("adam", 3)),
    "shots": Task("shots", GOAL, SPACE, Simulator("double", shots=30, seed=4), Inner("spsa", 3)),
}


def jobs_of(task, count=11):
    jobs = []

    def caught(_, asked):
        jobs.extend(asked)
        return measure_all(task, asked)

    rng = np.random.default_rng(8)
    answers(task, [draw(SPACE, rng) for _ in range(count)], Budget(), at_once=caught)
    return jobs


def same(found, wanted):
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert one.value == other.value and one.evaluations == other.evaluations
        assert np.array_equal(one.params, other.params)


@pytest.fixture(scope="module")
def two():
    with Processes(2) as processes:
        yield processes


@pytest.mark.parametrize("name", TASKS)
def test_the_answers_are_those_of_one_process(two, name):
    task = TASKS[name]
    jobs = jobs_of(task)
    same(list(two(task, jobs)), measure_all(task, jobs))


def test_a_killed_process_loses_nothing(two):
    task = TASKS["shots"]  # one that is trained circuit by circuit
    jobs, found = jobs_of(task, 20), []
    for number, answer in enumerate(two(task, jobs)):
        found.append(answer)
        if number == 4:
            os.kill(two.crew.processes[0], signal.SIGKILL)
    same(found, measure_all(task, jobs))
    same(list(two(task, jobs[::-1])), measure_all(task, jobs[::-1]))


def test_a_search_is_the_same_search(two):
    alone, shared = (seek(TASKS["ideal"], "random", 900, 3, at_once=way) for way in (measure_all, two))
    assert shared.errors == alone.errors and shared.spent == alone.spent


def test_what_is_given_up_does_not_come_back_later(two):
    jobs = jobs_of(TASKS["ideal"])
    for answer in two(TASKS["ideal"], jobs):
        assert answer.evaluations > 0
        break
    same(list(two(TASKS["noisy"], jobs[:4])), measure_all(TASKS["noisy"], jobs[:4]))


def test_errors_come_back(two):
    task = TASKS["ideal"]
    job = jobs_of(task, 1)[0]._replace(start=np.zeros(50))
    with pytest.raises(ValueError, match=r"must hold .* angles, but holds 50"):
        list(two(task, [job]))


@pytest.mark.parametrize(("count", "workers"), [(0, 2), (1, 3), (7, 2), (100, 3)])
def test_chunks_are_the_jobs_in_order(count, workers):
    jobs = jobs_of(TASKS["ideal"], 2)[:1] * count
    parts = chunks(jobs, workers)
    assert [job for part in parts for job in part] == jobs
    assert len(parts) <= 4 * workers and all(parts)


def test_threads_are_given_to_the_backend():
    assert with_threads(TASKS["ideal"], 1).backend == Simulator("double", threads=1)
    shots = with_threads(TASKS["shots"], 2).backend
    assert (shots.threads, shots.shots, shots.seed) == (2, 30, 4)
    assert cores() >= 1


def test_what_is_refused():
    with pytest.raises(ValueError, match="`workers` must be at least 1"):
        Processes(0)
