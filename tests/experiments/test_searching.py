"""`ketwork search` end to end on small tasks: fair, the same however it runs, and going on after an interruption."""

import json
import os
import signal
import sys
import threading
import time

import numpy as np
import pytest

from ketwork import Circuit, Simulator
from ketwork.experiments import searching
from ketwork.experiments.search_rows import run_piece
from ketwork.experiments.search_verdict import final_error
from ketwork.experiments.searching import budget_for, fingerprint, posed_task, search
from ketwork.experiments.searching_task import SearchTask
from ketwork.experiments.task import UserError
from ketwork.search.space import draw

QUICK = {"budget": 1500, "seeds": 2, "max_gates": 8, "steps": 8}
H2 = SearchTask("H2_0.7414", ("annealing",), workers=1, **QUICK)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return search(H2, tmp_path_factory.mktemp("run") / "h2")


def bare(rows):
    """Rows without times."""
    return [{key: value for key, value in row.items() if key not in ("took", "seconds")} for row in rows]


def test_every_method_has_the_same_budget_and_random_search_is_there(finished):
    assert finished.methods == ("random", "annealing")
    assert [(row["method"], row["seed"]) for row in finished.rows] == [
        ("random", 0), ("random", 1), ("annealing", 0), ("annealing", 1),
    ]  # fmt: skip
    most = max(finished.task.price(draw(finished.task.space, np.random.default_rng(k))) for k in range(9))
    for row in (*finished.rows, *finished.references):
        assert 1500 - 2 * most < row["spent"] <= 1500 == finished.budget
        assert final_error(row) == pytest.approx(row["best"]["error"] if "best" in row else row["error"], abs=1e-9)
    assert {row["name"] for row in finished.references} >= {"uccsd", "hardware_efficient"}
    assert "2 seeds, random search reaches an error of" in finished.verdict and "annealing" in finished.verdict


def test_the_circuits_are_there_and_worth_what_is_said(finished):
    hamiltonian, lowest = finished.task.goal.observable, finished.task.goal.lowest
    for row in finished.rows:
        text = (finished.folder / "circuits" / f"{row['method']}-{row['seed']}.qasm").read_text()
        energy = Simulator().expectation(Circuit.from_qasm(text), hamiltonian)[0, 0]
        assert energy - lowest == pytest.approx(row["best"]["error"], abs=1e-6)
    best = min(finished.of("annealing"), key=final_error)["seed"]
    place = finished.folder / "circuits"
    assert (place / "annealing.qasm").read_text() == (place / f"annealing-{best}.qasm").read_text()


def test_processes_find_the_same(finished, tmp_path):
    shared = search(SearchTask("H2_0.7414", ("annealing",), workers=2, **QUICK), tmp_path / "shared")
    assert bare(shared.rows) == bare(finished.rows) and bare(shared.references) == bare(finished.references)


def test_an_interrupted_run_goes_on_to_the_same_rows(finished, tmp_path, monkeypatch, capsys):
    made = []

    def stopped(common, piece, tell):
        def heard(text):
            if len(made) == 2:
                raise KeyboardInterrupt
            tell(text)

        found = run_piece(common, piece, heard)
        made.append(piece)
        return found

    monkeypatch.setattr(searching, "run_piece", stopped)
    monkeypatch.setattr("ketwork.experiments.search_rows._EVERY", 0.0)
    with pytest.raises(KeyboardInterrupt):
        search(H2, tmp_path / "cut")
    told = capsys.readouterr().out
    assert "the best circuits so far (3)" in told and "--resume" in told and H2.command() in told
    assert len((tmp_path / "cut" / "rows.jsonl").read_text().splitlines()) == 2
    monkeypatch.setattr(searching, "run_piece", run_piece)
    rest = search(H2, tmp_path / "cut", resume=True)
    assert bare(rest.rows) == bare(finished.rows)
    again = search(H2, tmp_path / "cut", resume=True)  # nothing is left to do
    assert again.rows == rest.rows and again.seconds < 5


def test_ctrl_c_stops_the_processes_and_nothing_is_lost(tmp_path):
    task = SearchTask("H2_0.7414", ("random",), workers=2, **QUICK | {"budget": 150_000})

    def press():
        logs = [tmp_path / "run" / "searches" / f"random-{k}" / "answers.jsonl" for k in (0, 1)]
        while not all(log.exists() and log.stat().st_size for log in logs):
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        search(task, tmp_path / "run")
    written = [(tmp_path / "run" / "searches" / f"random-{k}" / "answers.jsonl").read_text() for k in (0, 1)]
    rows = search(task, tmp_path / "run", resume=True).rows
    assert sum(text.count("\n") for text in written) < sum(row["circuits"] for row in rows)
    for row, text in zip(rows, written, strict=True):
        answers = [json.loads(line) for line in text.splitlines()]
        assert 0 < len(answers) <= row["circuits"]  # the one that began first may have been through
        after = (tmp_path / "run" / "searches" / f"random-{row['seed']}" / "answers.jsonl").read_text()
        assert after.startswith(text)  # what was there was not trained again


@pytest.mark.parametrize("circuits", [50, 200])
def test_a_budget_trains_about_so_many_circuits(circuits):
    task = posed_task(SearchTask("tfim:ring:3", steps=5))
    budget = budget_for(task, circuits)
    rng, left, count = np.random.default_rng(5), budget, 0
    while left > 0:
        left -= task.price(draw(task.space, rng))
        count += 1
    assert 0.75 * circuits < count < 1.25 * circuits


def test_a_missing_extra_is_told_before_anything_is_searched(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "sb3_contrib", None)
    with pytest.raises(UserError, match=r"sb3_contrib is not installed.*pip install 'ketwork\[search\]'"):
        search(SearchTask("H2_0.7414", ("annealing", "ppo"), **QUICK), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_noise_adds_scores_that_the_search_did_not_see(tmp_path):
    task = SearchTask("H2_0.7414", ("random",), noise="depolarizing:0.01,0.05", workers=1, **QUICK | {"seeds": 1})
    found = search(task, tmp_path / "run")
    final = found.rows[0]["final"]
    assert final["noisy"] == pytest.approx(found.rows[0]["best"]["error"], abs=1e-9)
    assert final_error(found.rows[0]) == final["held_out"] != final["noisy"] > final["ideal"]
    assert "One seed" in found.verdict or "only random search" in found.verdict


def test_what_is_refused_leaves_nothing(tmp_path):
    for task, message in (
        (SearchTask("H2_0.7414", budget=3), "`budget` must be at least"),
        (SearchTask("H3_1.0"), "There is no"),
        (SearchTask("tfim:ring:6", device="lima"), "5 qubits"),
        (SearchTask("H2_0.7414", gates=("rx", "nonsense")), "'nonsense'"),
        (SearchTask("H2_0.7414", gates=("ccx",)), "'ccx'"),
    ):
        with pytest.raises(UserError, match=message):
            search(task, tmp_path / "out")
        assert not (tmp_path / "out").exists()


def test_an_unreachable_cluster_is_one_line(tmp_path):
    pytest.importorskip("ray")
    with pytest.raises(UserError, match=r"There is no Ray cluster at 127\.0\.0\.1:9"):
        search(SearchTask("H2_0.7414", ("random",), ray="127.0.0.1:9", workers=1, **QUICK), tmp_path / "out")


def test_another_problem_is_another_run():
    assert fingerprint(posed_task(SearchTask("tfim:ring:3"))) != fingerprint(posed_task(SearchTask("tfim:chain:3")))
    assert fingerprint(posed_task(SearchTask("tfim:ring:3"))) == fingerprint(posed_task(SearchTask("tfim:ring:3")))


def test_shared_out():
    task = posed_task(SearchTask("tfim:ring:3"))

    def shared(pieces, **options):
        common, size = searching._shared_out(SearchTask("tfim:ring:3", **options), task, 10, None, pieces)
        return size, common.workers, common.threads

    assert shared(10, workers=4) == (4, 1, 1)  # different searches side by side
    assert shared(2, workers=8) == (2, 4, 1)  # what is left over trains for them
    assert shared(10, workers=1) == (1, 1, None)  # this process, all its threads
    assert shared(3, workers=2, ray="h:1") == (2, 1, 1)
    assert shared(0, workers=4)[0] == 1
