"""The report of optimisation problems from rows that are known: ratios, chance, classical answers, contradictions."""

import pytest

from ketwork.experiments.solving import Solved
from ketwork.experiments.solving_task import SolveTask
from ketwork.operators import MaxCut
from ketwork.report.solving_answers import RANDOM, Marks, answer_parts

HIGHS = {"method": "HiGHS", "value": 4.0, "took": 0.012, "proven": True, "note": "", "bound": 4.0, "feasible": True}
WEAK = {"method": "greedy", "value": 3.0, "took": 0.001, "proven": False, "note": "", "bound": None, "feasible": True}


def row(method, seed, objective, feasible=True, **more):
    return {
        "method": method, "seed": seed, "objective": objective, "feasible": feasible, "raw_objective": objective,
        "raw_feasible": feasible, "feasible_share": 0.5, "strings": 10, "took": 1.0, "history": [-2.0, -objective],
        "distribution": [[objective, 5]], "evaluations": 5, "circuits": 50, "shots": 0, "weights": 3, **more,
    }  # fmt: skip


def run(rows, tmp_path, references=(HIGHS,), randoms=(), problem="maxcut:ring:5"):
    methods = tuple(dict.fromkeys(r["method"] for r in rows))
    task = SolveTask(problem, methods, seeds=len(rows) // len(methods))
    return Solved(task, task.posed(), None, methods, rows, list(references), list(randoms), tmp_path, 1.0)


def test_ratios(tmp_path):
    rows = [row("qaoa", 0, 4.0), row("qaoa", 1, 2.0), row("pce", 0, 2.0), row("pce", 1, 4.0, feasible=False)]
    made = run(rows, tmp_path, (HIGHS, WEAK), [row(RANDOM, s, 3.0, drawn=10) for s in (0, 1)])
    assert Marks(made, made.posed.problem).scores("pce") == [0.5, 0.0]
    parts = answer_parts(made)
    assert parts.best == "qaoa" and parts.tone == "worse"
    assert "qaoa reached 0.75" in parts.verdict and "of the optimum of maxcut:ring:5, 4" in parts.verdict
    assert "HiGHS proved the optimum in 12 ms: the classical solver is better." in parts.verdict
    cells = {(cell[0], cell[1]): cell for cell in parts.sections[0].table.rows}
    assert cells["HiGHS", ""][3] == "1.000" and cells["greedy", ""][3] == "0.750"
    assert cells["pce", "1"][2] == "none" and cells["HiGHS", ""][6] == "proved"
    assert parts.metrics["qaoa"]["approximation_ratio"]["mean"] == pytest.approx(0.75)
    assert parts.metrics["best_known"] == {"value": 4.0, "by": "HiGHS", "proven": True}
    assert [s.title for s in parts.sections] == [
        "Answers",
        "Scores",
        "Convergence",
        "Convergence of pce",
        "What was read",
    ]


def test_all_repetitions_find_it(tmp_path):
    parts = answer_parts(run([row("qaoa", 0, 4.0), row("qaoa", 1, 4.0)], tmp_path))
    assert "found the optimum of maxcut:ring:5, 4, in all 2 repetitions" in parts.verdict
    one = answer_parts(run([row("qaoa", 0, 4.0)], tmp_path))
    assert "in its one repetition" in one.verdict and one.tone == "worse"


def test_chance_is_tested(tmp_path):
    ours = [row("qaoa", s, v) for s, v in enumerate((4.0, 4.0, 4.0, 3.0))]
    chance = [row(RANDOM, s, v, drawn=10) for s, v in enumerate((2.0, 1.0, 2.0, 1.0))]
    assert "qaoa is better than chance (p = " in answer_parts(run(ours, tmp_path, randoms=chance)).verdict
    same = [row(RANDOM, s, v, drawn=10) for s, v in enumerate((4.0, 3.0, 4.0, 4.0))]
    assert "no difference shown" in answer_parts(run(ours, tmp_path, randoms=same)).verdict


def test_a_quantum_method_that_no_classical_one_reached(tmp_path):
    parts = answer_parts(run([row("qaoa", 0, 4.0)], tmp_path, [WEAK]))
    assert parts.tone == "better" and "No classical solver reached 4" in parts.verdict
    assert "best known value" in parts.verdict


def test_nothing_feasible(tmp_path):
    none = HIGHS | {"value": None, "proven": False, "feasible": False, "note": "found no solution in 1 s"}
    parts = answer_parts(run([row("qaoa", 0, 4.0, feasible=False)], tmp_path, [none]))
    assert parts.verdict.startswith("No feasible string of maxcut:ring:5 was found")
    assert any("nothing found" in line for line in parts.lines)


def test_a_contradiction_is_in_the_verdict(tmp_path):
    from dataclasses import replace

    made = run([row("qaoa", 0, 4.0)], tmp_path)
    cut = MaxCut(5, made.posed.problem.edges, known_optimum=3.0, name="ring")
    parts = answer_parts(replace(made, posed=replace(made.posed, problem=cut)))
    assert "The stated optimum, 3, is contradicted" in parts.verdict


def test_a_classical_answer_that_is_better_is_said(tmp_path):
    """Nobody reaches the stated value, and annealing comes nearer than the quantum method."""
    from dataclasses import replace

    made = run([row("pce", 0, 2.0)], tmp_path, [WEAK])
    cut = MaxCut(5, made.posed.problem.edges, known_optimum=4.0, known_is_proved=False)
    parts = answer_parts(replace(made, posed=replace(made.posed, problem=cut)))
    assert "Greedy reached 3 in 1 ms: the classical solver is better." in parts.verdict and parts.tone == "worse"


def test_what_is_said_of_chance_and_of_time(tmp_path):
    """The number of random strings is theirs; a proof that took longer than the quantum method is no faster solver."""
    chance = [row(RANDOM, 0, 3.0, drawn=10) | {"strings": 100_000}]
    slow = HIGHS | {"took": 9.0}
    verdict = answer_parts(run([row("qaoa", 0, 4.0)], tmp_path, (slow,), chance)).verdict
    assert "one repetition, 1.0 s. 100,000 random strings" in verdict
    assert "proved the optimum in 9.0 s: the simulated quantum method took less time, but proves nothing." in verdict


def test_large_objectives_keep_their_digits(tmp_path):
    large = HIGHS | {"value": 1167256.0}
    parts = answer_parts(run([row("qaoa", 0, 1167256.0)], tmp_path, (large,)))
    assert "1167256" in parts.verdict and parts.sections[0].table.rows[0][2] == "1167256"


def test_the_colour_of_random_strings_is_explained(tmp_path):
    chance = [row(RANDOM, 0, 3.0, drawn=10)]
    table = answer_parts(run([row("qaoa", 0, 4.0)], tmp_path, randoms=chance)).sections[0].table
    assert table.ablation == "random strings" and "ablation" in table.kinds
