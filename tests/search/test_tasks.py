"""Tasks: equal circuits are one and paid once, and angles go with their gates from one form to the other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketwork import Circuit, PauliSum, Simulator
from ketwork.search import Budget, BudgetSpent, Energy, Inner, Place, Space, Task, canonical, draw
from ketwork.search.tasks import _back, _forth, answers, measure, measure_all

ENERGY = Energy(PauliSum.from_dict({"ZZI": 1.0, "IXX": 0.7, "YIY": -0.4, "ZII": 0.3}), -2.0)
GATES = ("rx", "ry", "rz", "u3", "cx", "cz", "crx", "rzz", "h", "s")
SPACE = Space(3, GATES, max_gates=14)
TASK = Task("three", ENERGY, SPACE, inner=Inner(steps=4))


def states(architecture, params):
    return Simulator().state(SPACE.circuit(architecture), None, params)[0]


def value(architecture, params):
    return float(Simulator().expectation(SPACE.circuit(architecture), ENERGY.observable, None, params)[0, 0])


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_angles_go_along_to_the_canonical_form_and_back(seed):
    rng = np.random.default_rng(seed)
    architecture = draw(SPACE, rng, int(rng.integers(1, 15)))
    # repetitions make gates merge and cancel
    architecture = tuple(place for place in architecture for _ in range(int(rng.integers(1, 3))))
    params = rng.uniform(-3, 3, SPACE.circuit(architecture).n_weights)
    form, goes = canonical(architecture)
    there = _forth(architecture, form, goes, params)
    assert abs(np.vdot(states(architecture, params), states(form, there))) == pytest.approx(1, abs=1e-9)
    back = _back(architecture, form, goes, there)
    assert abs(np.vdot(states(form, there), states(architecture, back))) == pytest.approx(1, abs=1e-9)


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_what_is_said_of_a_circuit_is_its_value_at_the_angles_given(seed):
    rng = np.random.default_rng(seed)
    architecture = draw(SPACE, rng)
    score = TASK.evaluate(architecture, seed=seed)
    assert value(architecture, score.params) == pytest.approx(score.value, abs=1e-9)
    assert score.error == pytest.approx(score.value + 2.0)
    # a start is never lost: one step from there is no worse
    again = TASK.evaluate(architecture, start=score.params)
    assert again.value <= score.value + 1e-9


def test_equal_circuits_are_paid_once():
    a = (Place("rx", (0,)), Place("ry", (1,)), Place("cx", (1, 2)))
    b = (Place("ry", (1,)), Place("cx", (1, 2)), Place("rx", (0,)), Place("rx", (0,)))  # commutes, merges
    budget = Budget(10_000)
    first, second, third = answers(TASK, [a, b, a], budget)
    assert budget.spent == first.evaluations > 0 and not first.known
    assert second.known and third.known and second.evaluations == third.evaluations == 0
    assert first.value == second.value and value(b, second.params) == pytest.approx(second.value)
    later = TASK.evaluate(SPACE.circuit(b), budget)
    assert later.known and budget.spent == first.evaluations


def test_other_seeds_and_starts_are_other_questions():
    a, budget = (Place("rx", (0,)), Place("cx", (0, 1)), Place("ry", (1,))), Budget()
    answers(TASK, [a], budget, seed=0)
    assert not answers(TASK, [a], budget, seed=1)[0].known
    assert not answers(TASK, [a], budget, [np.array([0.1, 0.2])])[0].known
    assert answers(TASK, [a], budget, [np.array([0.1, 0.2])])[0].known


def test_the_same_job_has_the_same_answer_whatever_else_is_asked():
    rng = np.random.default_rng(3)
    several = [draw(SPACE, rng) for _ in range(6)]
    alone = [TASK.evaluate(a) for a in several]
    for one, other in zip(alone, answers(TASK, several[::-1], Budget())[::-1], strict=True):
        assert one.value == other.value and np.array_equal(one.params, other.params)


@given(st.integers(0, 10_000), st.integers(1, 500), st.integers(1, 12), st.sampled_from(["l-bfgs", "spsa", "cobyla"]))
@settings(max_examples=20, deadline=None)
def test_no_budget_is_overspent_and_little_is_left(seed, limit, batch, method):
    task = Task("three", ENERGY, SPACE, inner=Inner(method, steps=3))
    rng, budget = np.random.default_rng(seed), Budget(limit)
    while True:
        asked = [draw(SPACE, rng) for _ in range(batch)]
        found = answers(task, asked, budget)
        assert budget.spent <= limit
        if len(found) < batch:
            break
    # what was refused would not have been safe to begin
    assert task.price(canonical(asked[len(found)])[0]) > budget.left


def test_what_is_refused():
    budget = Budget(5)
    with pytest.raises(BudgetSpent, match="budget of 5 circuit evaluations is spent"):
        TASK.evaluate((Place("rx", (0,)),) * 3, budget)
    assert budget.spent == 0
    with pytest.raises(ValueError, match="does not have this architecture"):
        TASK.evaluate((Place("rx", (5,)),))
    with pytest.raises(ValueError, match="has no gate 'swap'"):
        TASK.evaluate(Circuit(3).swap(0, 1))
    with pytest.raises(ValueError, match="must have the 3 qubits of its goal, but has 2"):
        Task("other", ENERGY, Space(2))


def test_what_is_refused_of_angles_and_names():
    for start in (np.zeros(0), np.zeros(2), np.zeros((3, 1))):  # two would be taken for all three by NumPy's rules
        with pytest.raises(ValueError, match="Angles must be 3"):
            TASK.evaluate([Place("u3", (0,))], start=start)
    for name in ("cnot", "foo"):
        with pytest.raises(ValueError, match="does not have this architecture"):
            TASK.evaluate([Place(name, (0, 1))])
    with pytest.raises(ValueError, match=r"has no gate 'rx' on qubits .* under a condition"):
        TASK.evaluate(Circuit(3).measure(0, 0).rx(1, 0.3, condition=(0, 1))[1:])
    plain = TASK.evaluate([["rx", [0]], ("cx", (0, 1))])
    assert plain.architecture == (Place("rx", (0,)), Place("cx", (0, 1)))


def test_a_budget_is_of_one_task():
    budget, other = Budget(10_000), Task("three", Energy(ENERGY.observable * 2, -4.0), SPACE, inner=Inner(steps=4))
    TASK.evaluate([Place("rx", (0,))], budget)
    assert TASK.evaluate([Place("rx", (0,))], budget).known
    with pytest.raises(ValueError, match="answers of another task"):
        other.evaluate([Place("rx", (0,))], budget)


def test_measure_all_is_measure_for_each():
    rng = np.random.default_rng(5)
    jobs = []
    answers(TASK, [draw(SPACE, rng) for _ in range(5)], Budget(), at_once=lambda task, all_: jobs.extend(all_) or
            measure_all(task, all_))  # fmt: skip
    for job, found in zip(jobs, measure_all(TASK, jobs), strict=True):
        alone = measure(TASK, job)
        assert alone.value == found.value and alone.evaluations == found.evaluations
        assert np.array_equal(alone.params, found.params)


def test_shots_of_different_circuits_and_searches_have_random_numbers_of_their_own():
    sums = PauliSum.from_dict({"ZI": 1.0})
    space = Space(2, ("x", "h", "rz"))
    task = Task("coin", Energy(sums, -1.0), space, Simulator("double", shots=50, seed=3))
    # Circuits in which qubit 0 is a fair coin: what is read must not be the same coin for all
    circuits = [(Place("h", (0,)), *[Place("x", (1,))] * (k % 2), *[Place("h", (1,))] * (k // 2)) for k in range(4)]
    read = {task.evaluate(circuit, seed=seed).value for circuit in circuits for seed in range(4)}
    again = {task.evaluate(circuit, seed=seed).value for circuit in circuits for seed in range(4)}
    assert len(read) > 5
    assert read == again
