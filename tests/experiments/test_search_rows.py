"""Rows of searches: plain data that hold the circuit, and pieces that leave their circuit when they are interrupted."""

import json

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, Simulator
from ketwork.experiments import search_rows
from ketwork.experiments.search_rows import (
    Common,
    Piece,
    circuit_row,
    found_row,
    plain,
    read_architecture,
    run_piece,
    thinned,
)
from ketwork.search import Energy, Inner, Space, Task, seek

GOAL = Energy(PauliSum.from_dict({"ZZ": 1.0, "XI": 0.6, "IX": 0.6}), -1.6)
TASK = Task("ising", GOAL, Space(2, max_gates=8), inner=Inner(steps=5))


def test_a_row_is_plain_data_and_holds_the_circuit():
    found = seek(TASK, "random", 1500, 2)
    row = json.loads(json.dumps(found_row(found)))
    best = row["best"]
    circuit = TASK.space.circuit(read_architecture(best))
    value = Simulator().expectation(circuit, GOAL.observable, None, best["params"])[0, 0]
    assert value == pytest.approx(best["value"]) and best["error"] == pytest.approx(value + 1.6)
    assert best["gates"] == len(circuit) and best["two_qubit"] == circuit.two_qubit_count()
    assert row["trace"][-1][1] == best["error"] and row["circuits"] == len(found.errors) == len(row["errors"])
    assert row["front"][0] == circuit_row(found.front[0])


def test_many_points_are_thinned():
    points = [(k, k / 7) for k in range(1, 5001)]
    found = thinned(points, 100)
    assert len(found) == 100 and found[0] == [1, 1 / 7] and found[-1] == [5000, 5000 / 7]
    assert thinned(points[:50], 100) == [list(point) for point in points[:50]]


def test_notes_become_plain():
    notes = {"a": np.float64(1.5), 2: np.arange(2), "c": (1, {3}), "d": TASK.space, "e": None}
    found = plain(notes)
    assert json.loads(json.dumps(found)) == found
    assert found["a"] == 1.5 and found["2"] == [0, 1] and found["c"] == [1, [3]] and "Space" in found["d"]


def test_an_interrupted_piece_leaves_its_best_circuit(tmp_path, monkeypatch):
    told = []

    def told_and_stopped(text):
        told.append(text)
        if len(told) == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(search_rows, "_EVERY", 0.0)
    common = Common(TASK, 5000, tmp_path, {"random": {"batch": 3}})
    with pytest.raises(KeyboardInterrupt):
        run_piece(common, Piece("random", 1), told_and_stopped)
    circuit = Circuit.from_qasm((tmp_path / "circuits" / "random-1.qasm").read_text())
    so_far = Simulator().expectation(circuit, GOAL.observable)[0, 0] + 1.6
    assert f"least error {so_far:.4g}" in told[-1] and "of 5,000 evaluations" in told[-1]
    rest = run_piece(common, Piece("random", 1), told.append)
    (tmp_path / "other").mkdir()
    whole = run_piece(Common(TASK, 5000, tmp_path / "other", {"random": {"batch": 3}}), Piece("random", 1), told.append)
    assert {**rest, "took": 0} == {**whole, "took": 0}
