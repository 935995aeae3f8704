"""The loop that every method runs in: the same search whether it was interrupted or not, and never over its budget."""

import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketwork import PauliSum, Simulator
from ketwork.noise import NoiseModel, depolarizing
from ketwork.search import Energy, Inner, Space, Task, draw, mutate, pareto, seek
from ketwork.search.seek import fingerprint
from ketwork.search.tasks import Score, measure_all

GOAL = Energy(PauliSum.from_dict({"ZZ": 1.0, "XI": 0.6, "IX": 0.6}), -1.6)
TASK = Task("ising", GOAL, Space(2, ("ry", "rz", "cx", "h"), max_gates=8), inner=Inner(steps=3))
NOISY = Task("drawn", GOAL, TASK.space, Simulator("double", shots=20, seed=3), Inner("spsa", 4))
BUDGET = 400


class Cut(Exception):
    """What interrupts a search in these tests."""


def light(search, batch=4):
    """Asks in batches, with starts, and raw values; depends on all that it has heard."""
    known = list(search.scores([draw(search.space, search.rng) for _ in range(batch)]))
    search.notes["rounds"] = 0
    while True:
        best = min(known, key=lambda score: score.error)
        children = [mutate(search.space, best.architecture, search.rng) for _ in range(batch)]
        known += search.scores(children)
        known.append(search.score(best.architecture, best.params + 0.01))
        meter = search.meter(best.architecture)
        if meter.n_weights:
            known[0] = known[int(meter.value(best.params) < 0)]
        search.pay(3)
        search.notes["rounds"] += 1


def heavy(search):
    """Keeps its state, a generator of its own among it, and goes on from there."""
    state = search.kept or {"own": np.random.default_rng(7), "parent": draw(search.space, search.rng), "rounds": 0}
    while True:
        search.keep(state)
        child = mutate(search.space, state["parent"], state["own"] if state["rounds"] % 2 else search.rng)
        old, new = search.scores([state["parent"], child])
        state["parent"] = child if new.error <= old.error + 0.1 else state["parent"]
        state["rounds"] += 1


def facts(found):
    best = found.best
    return (
        found.trace, found.errors, found.spent, best.architecture, best.params.tolist(), best.value,
        [score.architecture for score in found.front], found.message,
    )  # fmt: skip


def cut_after(count, error):
    """Trains like `measure_all`, and raises after so many circuits, in the middle of a batch too."""
    left = [count]

    def at_once(task, jobs):
        for job in jobs:
            if not left[0]:
                raise error
            left[0] -= 1
            yield from measure_all(task, [job])

    return at_once


@pytest.mark.parametrize("task", [TASK, NOISY], ids=["exact", "drawn"])
@pytest.mark.parametrize("method", [light, heavy])
def test_an_interrupted_search_goes_on_as_if_nothing_had_been(tmp_path, method, task):
    whole = seek(task, method, BUDGET, 5)
    count = len(whole.errors)
    assert count > 10
    for trial, where in enumerate(np.random.default_rng(1).choice(count, 2, replace=False)):
        folder = tmp_path / str(trial)
        with pytest.raises(Cut):
            seek(task, method, BUDGET, 5, folder, cut_after(int(where), Cut()))
        assert facts(seek(task, method, BUDGET, 5, folder)) == facts(whole)


def test_time_is_counted_once(tmp_path):
    def slow(search):
        for _ in range(5):
            time.sleep(0.02)
            search.keep({})
        search.pay(BUDGET + 1)

    began = time.perf_counter()
    found = seek(TASK, slow, BUDGET, 0, tmp_path)
    assert 0.1 <= found.seconds <= time.perf_counter() - began
    began = time.perf_counter()
    again = seek(TASK, slow, BUDGET, 0, tmp_path)  # goes on after the last checkpoint
    assert found.seconds + 0.05 <= again.seconds <= found.seconds + time.perf_counter() - began


def test_an_answer_is_trained_once_however_often_a_search_is_cut(tmp_path):
    whole, trained = seek(TASK, light, BUDGET, 2), []

    def counted(task, jobs):
        found = measure_all(task, jobs[:1]) if len(trained) % 3 else measure_all(task, jobs)
        trained.extend(jobs[: len(found)])
        yield from found
        if len(found) < len(jobs):
            raise Cut

    for _ in range(100):
        try:
            found = seek(TASK, light, BUDGET, 2, tmp_path, counted)
            break
        except Cut:
            continue
    assert facts(found) == facts(whole)
    keys = [job.key for job in trained]
    assert len(keys) == len(set(keys)) == len(whole.errors)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemError("of Numba")])
def test_ctrl_c_keeps_the_best(tmp_path, error):
    if isinstance(error, SystemError):
        error.__cause__ = KeyboardInterrupt()
    found = seek(TASK, light, BUDGET, 5, tmp_path, cut_after(9, error))
    assert found.message == "interrupted"
    assert found.best.error == min(e for _, e in found.errors) == found.trace[-1][1]
    assert facts(seek(TASK, light, BUDGET, 5, tmp_path)) == facts(seek(TASK, light, BUDGET, 5))


def test_other_system_errors_are_errors():
    with pytest.raises(SystemError, match="mine"):
        seek(TASK, light, BUDGET, at_once=cut_after(3, SystemError("mine")))


@given(st.integers(0, 1000), st.integers(60, 400), st.integers(1, 20), st.sampled_from([TASK, NOISY]))
@settings(max_examples=15, deadline=None)
def test_no_search_spends_more_than_its_budget(seed, budget, batch, task):
    seen = []
    found = seek(task, light, budget, seed, watch=lambda search: seen.append(search.budget.spent), batch=batch)
    assert found.spent <= budget and seen == sorted(seen) and seen[-1] <= budget
    spent = [point for point, _ in found.errors]
    assert spent == sorted(spent) and spent[-1] <= found.spent
    lowest = np.minimum.accumulate([error for _, error in found.errors])
    falls = [(s, e) for (s, e), low, before in zip(found.errors, lowest, [np.inf, *lowest[:-1]], strict=True)
             if low < before]  # fmt: skip
    assert list(found.trace) == falls


def test_the_trace_says_what_was_spent_when_the_error_fell():
    bills = []

    def told(task, jobs):
        for job in jobs:
            (found,) = measure_all(task, [job])
            bills.append((found.evaluations, task.goal.error(found.value)))
            yield found

    found = seek(TASK, "random", BUDGET, 1, at_once=told)
    sums = np.cumsum([paid for paid, _ in bills]).tolist()
    assert list(found.errors) == [(s, e) for s, (_, e) in zip(sums, bills, strict=True)]
    assert found.spent == sums[-1] and BUDGET - found.spent < 3 * (1 + 2 * 8)  # the most that 8 rotations take


def test_the_front_is_what_no_other_circuit_beats():
    scores = [Score((), error, error, np.zeros(0), 1) for error in (3.0, 1.0, 2.0, 1.0)]
    assert pareto(scores) == [scores[1]]  # all of one size: the first of the best
    found = seek(TASK, "random", 4000, 3)
    marks = [(s.error, s.size.depth, s.size.two_qubit) for s in found.front]
    assert marks == sorted(marks) and found.best.error == marks[0][0]
    for one in marks:
        assert not any(all(a <= b for a, b in zip(other, one, strict=True)) for other in marks if other != one)


def test_a_search_that_has_nothing_left_to_find_ends(monkeypatch):
    monkeypatch.setattr(sys.modules["ketwork.search.seek"], "_PATIENCE", 300)
    tiny = Task("tiny", GOAL, Space(2, ("h",), max_gates=1), inner=Inner(steps=3))
    found = seek(tiny, "random", 10**6)
    assert len(found.errors) == 2 and "no more to give" in found.message


def test_what_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"`budget` must be at least 9 circuit evaluations, .* but is 8"):
        seek(TASK, "random", 8)
    with pytest.raises(ValueError, match=r"must be one of random, annealing.* Did you mean 'evolutionary'"):
        seek(TASK, "evolution", BUDGET)
    seek(TASK, "random", 100, 1, tmp_path)
    with pytest.raises(ValueError, match="log of another search"):
        seek(TASK, "random", 100, 2, tmp_path)
    with pytest.raises(ValueError, match="log of another search"):
        seek(NOISY, "random", 100, 1, tmp_path)


def test_the_log_of_the_same_search_under_other_noise_is_refused(tmp_path):
    seek(TASK, "random", 100, 1, str(tmp_path))  # a folder's name will do
    noise = NoiseModel().add(depolarizing(0.1), "ry")
    noisy = Task(TASK.name, TASK.goal, TASK.space, Simulator("double", noise=noise), TASK.inner)
    with pytest.raises(ValueError, match=r"log of another search .its problem."):
        seek(noisy, "random", 100, 1, tmp_path)


def test_values_drawn_without_a_seed_have_no_fingerprint():
    unseeded = Task(TASK.name, TASK.goal, TASK.space, Simulator(shots=10), TASK.inner)
    assert fingerprint(unseeded) == "" and fingerprint(TASK) == fingerprint(TASK)
