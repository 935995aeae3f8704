"""`ketwork solve` end to end on small problems: right answers, resumed runs, and nothing left of what cannot be."""

import json

import numpy as np
import pytest

from ketwork import Circuit, Simulator
from ketwork.experiments import solving
from ketwork.experiments.ledger import open_ledger
from ketwork.experiments.problem_names import pose
from ketwork.experiments.solving import solve
from ketwork.experiments.solving_references import distribution
from ketwork.experiments.solving_task import SolveTask
from ketwork.experiments.task import UserError
from ketwork.operators import Knapsack, MaxCut
from ketwork.solve.solution import Solution

QUICK = {"seeds": 2, "reference_seconds": 2.0}


@pytest.fixture(scope="module")
def molecule(tmp_path_factory):
    return solve(SolveTask("H2_0.7414", ("vqe", "uccsd"), **QUICK), tmp_path_factory.mktemp("run") / "h2")


def test_energies(molecule):
    exact = next(row["value"] for row in molecule.references if row["proven"])
    assert [row["method"] for row in molecule.rows] == ["vqe", "vqe", "uccsd", "uccsd"]
    for row in molecule.rows:
        assert -1e-9 < row["energy"] - exact < 1.6e-3 and row["noiseless"] == row["energy"]
        assert row["evaluations"] > 0 and row["circuits"] > row["evaluations"] and row["shots"] == 0


def test_what_is_saved_is_what_was_found(molecule):
    row, place = molecule.of("vqe")[1], molecule.folder / "solutions"
    circuit = Circuit.from_qasm((place / "vqe-1.qasm").read_text())
    energy = Simulator().expectation(circuit, molecule.posed.hamiltonian)[0, 0]
    assert energy == pytest.approx(row["energy"], abs=1e-6)
    assert len(np.load(place / "vqe-1.npz")["weights"]) == row["weights"]


def test_an_answer(tmp_path):
    found = solve(SolveTask("maxcut:ring:5", ("qaoa", "pce"), **QUICK), tmp_path / "cut")
    for row in found.rows:
        assert row["objective"] == 4 and row["feasible"] and row["feasible_share"] == 1
        bits = np.load(found.folder / "solutions" / f"{row['method']}-{row['seed']}.npz")["bits"]
        assert "".join(map(str, bits)) == row["bits"]
        assert found.posed.problem.check(bits).objective == 4
    assert {row["value"] for row in found.references if not row.get("skipped")} == {4.0}
    assert [row["strings"] for row in found.randoms] == [1024, 1024]
    counted = sum(count for _, count in found.of("qaoa")[0]["distribution"])
    assert counted == 1024


def test_a_device_adds_its_noise(tmp_path):
    pytest.importorskip("qiskit")
    task = SolveTask("H2_0.7414", ("vqe",), "spsa", 1, 60, shots=20_000, device="lima", seeds=1)
    (row,) = solve(task, tmp_path / "run").rows
    assert row["shots"] > 0 and row["energy"] > row["noiseless"] > -1.13728


def test_it_resumes_to_the_same_rows(tmp_path, molecule):
    task = SolveTask("tfim:chain:3", ("vqe",), layers=1, **QUICK)
    whole = solve(task, tmp_path / "a").rows
    lines = (tmp_path / "a" / "rows.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "a" / "rows.jsonl").write_text("".join(lines[:-1]) + lines[-1][:20])
    again = solve(task, tmp_path / "a", resume=True).rows
    assert [row["energy"] for row in again] == [row["energy"] for row in whole]


def test_ctrl_c_keeps_where_the_solver_was(tmp_path, monkeypatch):
    """Stopped in the middle of SPSA and gone on with: the same weights as without the stop."""
    task = SolveTask("tfim:chain:3", ("vqe",), "spsa", 1, 12, seeds=1)
    whole = solve(task, tmp_path / "whole")
    real = solving.solve_hamiltonian

    def stopped(*given, **how):
        part = real(*given, **how | {"callback": lambda step, w, value: step == 5})
        return Solution(**vars(part) | {"message": "interrupted"})

    monkeypatch.setattr(solving, "solve_hamiltonian", stopped)
    with pytest.raises(KeyboardInterrupt):
        solve(task, tmp_path / "cut")
    assert (tmp_path / "cut" / "unfinished" / "vqe-0.json").is_file()
    monkeypatch.setattr(solving, "solve_hamiltonian", real)
    rest = solve(task, tmp_path / "cut", resume=True)
    np.testing.assert_allclose(rest.rows[0]["history"], whole.rows[0]["history"])
    assert rest.rows[0]["energy"] == pytest.approx(whole.rows[0]["energy"])
    assert rest.rows[0]["evaluations"] == whole.rows[0]["evaluations"] + 1  # the value where it was stopped
    assert not (tmp_path / "cut" / "unfinished").exists()


def test_nothing_is_left_of_what_cannot_be(tmp_path):
    (tmp_path / "none.txt").write_text("2 2 0\n1 1\n-5 1\n1 1\n1 1\n")
    with pytest.raises(UserError, match="line"):
        solve(SolveTask(str(tmp_path / "none.txt")), tmp_path / "out")
    with pytest.raises(UserError, match="has 5 qubits, but vqe needs 6"):
        solve(SolveTask("heisenberg:ring:6", device="lima"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_problem_without_a_solution_leaves_nothing(tmp_path, monkeypatch):
    def proved(*given):
        raise UserError("nothing has no feasible bit string (HiGHS proved it).")

    monkeypatch.setattr(solving, "problem_references", proved)
    with pytest.raises(UserError, match="proved it"):
        solve(SolveTask("maxcut:ring:4"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_changed_problem_is_another_run(tmp_path):
    graph = tmp_path / "graph.txt"
    graph.write_text("3 2\n1 2 1\n2 3 1\n")
    task = SolveTask(str(graph), seeds=1, reference_seconds=1.0)
    solve(task, tmp_path / "out")
    graph.write_text("3 2\n1 2 1\n2 3 5\n")
    with pytest.raises(UserError, match="another run"):
        solve(task, tmp_path / "out", resume=True)


def test_a_contradicted_optimum_does_not_stop_it(tmp_path, monkeypatch):
    from dataclasses import replace

    posed = pose("maxcut:ring:5")
    wrong = replace(posed, problem=replace(posed.problem, known_optimum=2.0))
    monkeypatch.setattr(SolveTask, "posed", lambda self: wrong)
    found = solve(SolveTask("maxcut:ring:5", seeds=1, reference_seconds=1.0), tmp_path / "out")
    assert found.rows[0]["contradicts"] and found.rows[0]["gap"] == -1


def test_distributions_count_the_feasible():
    items = Knapsack((5.0, 4.0), ((2.0, 3.0),), (4.0,))
    assert distribution(items, np.array([[1, 1], [1, 0], [1, 0], [0, 0]], np.uint8)) == [[0.0, 1], [5.0, 2]]
    wide = MaxCut(30, tuple((k, k + 1) for k in range(29)), tuple(1 + 0.1234 * k**1.5 for k in range(29)))
    rows = np.random.default_rng(0).integers(0, 2, (5000, 30), np.uint8)
    binned = distribution(wide, rows)
    assert len(binned) <= 200 and sum(count for _, count in binned) == 5000


def test_rows_are_plain_data(molecule):
    with open_ledger(
        molecule.folder, json.loads((molecule.folder / "config.json").read_text())["config"], True
    ) as book:
        assert len(book.rows) == len(molecule.rows) + len(molecule.references)


def test_ctrl_c_in_compiled_code_is_an_interruption(tmp_path, monkeypatch):
    """Numba turns it into a SystemError with the KeyboardInterrupt as its cause."""

    def pressed(*arguments, **options):
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise SystemError("returned a result with an exception set") from error

    monkeypatch.setattr(solving, "solve_hamiltonian", pressed)
    with pytest.raises(KeyboardInterrupt):
        solving.solve(SolveTask("H2_0.7414", seeds=1), tmp_path / "run")
    assert (tmp_path / "run" / "rows.jsonl").is_file()


def test_what_was_computed_before_an_error_is_kept(tmp_path, monkeypatch):
    """The second method fails: the rows of the first stay, and a resumed run goes on from them."""
    whole = solving.solve_hamiltonian

    def failing(subject, method, **options):
        if method == "adapt":
            raise ValueError("It cannot be done")  # as messages that end in a command
        return whole(subject, method, **options)

    monkeypatch.setattr(solving, "solve_hamiltonian", failing)
    task = SolveTask("tfim:chain:3", ("vqe", "adapt"), layers=1, **QUICK)
    with pytest.raises(UserError, match=r"cannot be done\. What was computed before is kept in"):
        solve(task, tmp_path / "run")
    monkeypatch.setattr(solving, "solve_hamiltonian", whole)
    found = solve(task, tmp_path / "run", resume=True)
    assert {row["method"] for row in found.rows} == {"vqe", "adapt"}
