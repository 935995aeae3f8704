"""The leaderboard: every task with all methods at one budget, tests over the whole table, and a page that says so."""

import json

import numpy as np
import pytest
from scipy import stats

from ketwork.experiments import leaderboard as module
from ketwork.experiments.leaderboard import BoardTask, board_table, leaderboard, write_board
from ketwork.experiments.ranks import holm
from ketwork.experiments.search_names import STANDARD, StandardTask
from ketwork.experiments.task import UserError

SMALL = {
    "h2": StandardTask("H2 on two qubits", {"name": "H2_0.7414", "max_gates": 6, "steps": 6}),
    "ising": StandardTask("two spins", {"name": "tfim:chain:2", "max_gates": 6, "steps": 6}),
}
CONFIG = BoardTask(("h2", "ising"), ("annealing",), budget=700, seeds=3, workers=1)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "STANDARD", SMALL)
        return leaderboard(CONFIG, tmp_path_factory.mktemp("board") / "run")


def test_all_methods_on_all_tasks_at_one_budget(finished):
    assert list(finished.runs) == ["h2", "ising"] and finished.methods == ("random", "annealing")
    for run in finished.runs.values():
        assert run.budget == 700 and len(run.rows) == 6 and all(row["spent"] <= 700 for row in run.rows)


def test_tests_are_corrected_over_the_whole_table(finished):
    p = []
    for run in finished.runs.values():
        ours, others = ([row["final"]["ideal"] for row in run.of(name)] for name in ("annealing", "random"))
        p.append(stats.ttest_rel(ours, others).pvalue)
    assert [test.p for test in finished.tests.values()] == pytest.approx(p)
    assert [test.adjusted for test in finished.tests.values()] == pytest.approx(holm(p))
    means = [[finished.error(task, name).mean for name in ("random", "annealing")] for task in finished.runs]
    ranks = dict(zip(finished.ranks.names, finished.ranks.mean, strict=True))
    wanted = np.mean([stats.rankdata(np.round(row, 12)) for row in means], axis=0)
    assert [ranks["random"], ranks["annealing"]] == pytest.approx(wanted.tolist())


def test_the_table_says_what_made_it(finished, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "STANDARD", SMALL)
    file, beside = write_board(finished, tmp_path / "docs" / "leaderboard.md")
    text, facts = file.read_text(), json.loads(beside.read_text())
    assert CONFIG.command() in text and "3 seeds" in text and "h2 700, ising 700" in text and "2 tests" in text
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    assert lines[0] == "| method | h2 | ising | mean rank |" and "made by hand" in lines[4]
    assert len({line.count("|") for line in lines[:5]}) == 1
    assert facts["command"] == CONFIG.command() and len(facts["results"]) == 4 and len(facts["tests"]) == 2
    assert facts["results"][0]["errors"] == [row["final"]["ideal"] for row in finished.runs["h2"].of("random")]


def test_a_stopped_board_goes_on(finished, monkeypatch):
    monkeypatch.setattr(module, "STANDARD", SMALL)
    rows = finished.folder / "ising" / "rows.jsonl"
    before = rows.read_text()
    rows.write_text("".join(before.splitlines(keepends=True)[:2]))
    again = leaderboard(CONFIG, finished.folder, resume=True)
    assert [r["best"] for r in again.runs["ising"].rows] == [r["best"] for r in finished.runs["ising"].rows]
    with pytest.raises(UserError, match="add --resume"):
        leaderboard(CONFIG, finished.folder)


def test_the_command_repeats_it():
    assert (
        CONFIG.command() == "ketwork leaderboard --task h2,ising --method annealing --budget 700 --seeds 3 --workers 1"
    )
    assert BoardTask().command() == "ketwork leaderboard"
    assert BoardTask(quick=True).command() == "ketwork leaderboard --quick"


def test_the_standard_tasks_take_part():
    assert list(BoardTask().searches()) == list(STANDARD)
    quick = BoardTask(quick=True).searches()
    assert {task.circuits for task in BoardTask(circuits=30).searches().values()} == {30}
    assert len(quick) == 2 and all(task.seeds == 2 and task.budget for task in quick.values())


def test_what_is_refused():
    with pytest.raises(UserError, match=r"`tasks` must be one of h2.* but is 'h3'"):
        BoardTask(("h3",))
    with pytest.raises(UserError, match="`seeds` must lie in"):
        BoardTask(seeds=0)
    with pytest.raises(UserError, match="must be one of all, random"):
        BoardTask(methods=("nothing",))


def test_a_table_without_any_difference_claims_none(finished, monkeypatch):
    monkeypatch.setattr(module, "STANDARD", SMALL)
    claims = {test.claim for test in finished.tests.values()}
    text = board_table(finished)
    assert ("**" in text.split("| method")[1]) == ("better" in claims)
