"""Words and sections that the reports of `ketwork solve` share."""

import pytest

from ketwork import Circuit
from ketwork.experiments.compare import Interval
from ketwork.experiments.problem_names import pose
from ketwork.experiments.solving import Solved
from ketwork.experiments.solving_task import SolveTask
from ketwork.report.solving_sections import (
    circuit_section,
    cost_section,
    duration,
    many,
    pretty,
    problem_section,
    saved_section,
)

ROW = {
    "method": "vqe", "seed": 0, "qubits": 4, "gates": 300, "two_qubit": 9, "depth": 12, "weights": 5, "evaluations": 7,
    "circuits": 2_500_000, "shots": 0, "took": 1.5, "message": "CONVERGENCE: RELATIVE REDUCTION OF F <= FACTR*EPSMCH",
}  # fmt: skip


def made(problem, folder):
    task = SolveTask(problem, ("vqe",))
    return Solved(task, task.posed(), None, ("vqe",), [ROW, ROW | {"seed": 1, "took": 2.5}], [], [], folder, 4.0)


@pytest.mark.parametrize(
    ("mean", "half", "text"),
    [
        (0.01234, 0.002, "0.0123 ± 0.0020"), (123.4, float("nan"), "123"), (0.001, 5.0, "0.00 ± 5.00"),
        (0, 0, "0.000 ± 0.000"), (0.0999999, float("nan"), "0.100"),
    ],
)  # fmt: skip
def test_means(mean, half, text):
    assert pretty(Interval(mean, half)) == text


def test_durations_and_counts():
    assert [duration(s) for s in (None, 0.00123, 0.0123, 0.5, 3.44, 120.0)] == [
        "", "1.2 ms", "12 ms", "500 ms", "3.4 s", "2 min"
    ]  # fmt: skip
    assert [many(c) for c in (12, 1234.4, 2.5e6, 3e9)] == ["12", "1,234", "2.5 million", "3.0 billion"]


def test_sections(tmp_path):
    run = made("heisenberg:ring:4", tmp_path)
    assert circuit_section(run, "vqe") == ()
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "vqe.svg").write_text(Circuit(1).x(0)._repr_svg_())
    (tmp_path / "solutions" / "vqe-0.qasm").write_text("")
    (drawn,) = circuit_section(run, "vqe")
    assert "300 gates, 9 of them on two qubits, depth 12" in drawn.text[0] and "first 120" in drawn.text[0]
    (row,) = cost_section(run).table.rows
    assert row[0] == "vqe" and row[5] == "2.5 million" and row[6] == "none: exact values" and row[-1] == "converged"
    assert "4 qubits, 12 Pauli strings in 3 qubit-wise" in problem_section(run).text[0]
    saved = saved_section(run)
    assert "vqe-0.npz" in saved.code and saved.code.startswith("import numpy as np\n\nfrom ketwork import Circuit")
    compile(saved.code, "saved", "exec")


def test_problems_tell_their_penalties(tmp_path):
    assert "No constraints" in problem_section(made("maxcut:ring:4", tmp_path)).text[1]
    text = problem_section(made("mis:ring:5", tmp_path)).text
    penalty = pose("mis:ring:5").problem.penalty
    assert "5 constraints" in text[0] and f"costs {penalty:g} times" in text[1]
    assert "parity" in problem_section(made("H2_0.7414", tmp_path)).text[1]
