"""The report of ground energies from rows that are known: errors, verdicts, the tone, what is not claimed."""

import pytest

from ketwork.experiments.solving import Solved
from ketwork.experiments.solving_task import SolveTask
from ketwork.report.solving_energies import Scale, energy_parts

EXACT = {"method": "exact diagonalisation", "value": -2.0, "took": 0.004, "proven": True, "note": ""}
MEAN_FIELD = {"method": "Hartree-Fock", "value": -1.9, "took": None, "proven": False, "note": "stated"}


def row(method, seed, energy, noiseless=None):
    return {
        "method": method, "seed": seed, "energy": energy, "noiseless": energy if noiseless is None else noiseless,
        "history": [-1.5, energy], "took": 2.0, "evaluations": 5, "circuits": 50, "shots": 0, "weights": 3,
    }  # fmt: skip


def run(rows, references, tmp_path, problem="H2_0.7414", device=None):
    methods = tuple(dict.fromkeys(r["method"] for r in rows))
    task = SolveTask(problem, methods, device=device, seeds=len(rows) // len(methods))
    return Solved(task, task.posed(), task.place(), methods, rows, references, [], tmp_path, 1.0)


def test_a_molecule(tmp_path):
    rows = [row("vqe", 0, -1.999), row("vqe", 1, -1.997), row("adapt", 0, -1.9999), row("adapt", 1, -1.9999)]
    made = run(rows, [EXACT, MEAN_FIELD], tmp_path)
    scale = Scale(made)
    assert scale.errors(rows) == pytest.approx([1.0, 3.0, 0.1, 0.1]) and scale.solved(rows) == [True, False, True, True]
    parts = energy_parts(made)
    assert parts.best == "adapt" and parts.tone == "worse"
    assert "adapt on H2_0.7414 reaches -1.999900 ± 0.000000 hartree, 0.100 ± 0.000 mHa above exact" in parts.verdict
    assert "chemical accuracy (1.6 mHa) in 2 of 2 repetitions" in parts.verdict
    assert "takes 4 ms" in parts.verdict and parts.verdict.endswith("the classical solver is better.")
    cells = {cell[0]: cell for cell in parts.sections[0].table.rows}
    assert cells["vqe, mean"][4:] == ("1 of 2", "2.0 s", "13.3 s")  # 2 s ln 0.01 / ln 0.5
    assert parts.metrics["vqe"]["error_mHa"]["mean"] == pytest.approx(2.0) and parts.metrics["vqe"]["solved"] == 1
    assert "chemical accuracy" in parts.sections[1].figure and "Hartree-Fock" in parts.sections[1].figure
    assert any(line.startswith("adapt") and "error 0.100" in line for line in parts.lines)


def test_without_a_unit_errors_are_relative(tmp_path):
    parts = energy_parts(run([row("vqe", 0, -1.99)], [EXACT], tmp_path, "heisenberg:ring:4"))
    assert "vqe on heisenberg:ring:4 reaches -1.990000, 0.500 % above" in parts.verdict
    assert "0.1 % of the energy in 0 of 1 repetition." in parts.verdict


def test_nothing_is_claimed_without_an_exact_energy(tmp_path):
    known = energy_parts(run([row("vqe", 0, -1.95)], [MEAN_FIELD], tmp_path))
    assert known.tone == "open" and "50.0 mHa below Hartree-Fock" in known.verdict and "better" in known.verdict
    assert "no solver is called better" in known.verdict and "chemical accuracy" not in known.verdict
    assert "chemical accuracy" not in known.sections[1].figure
    assert known.sections[0].table.header[3] == "difference, mHa" and "solved" not in known.metrics["vqe"]
    assert known.metrics["vqe"]["difference_mHa"]["mean"] == pytest.approx(-50.0)
    unknown = energy_parts(run([row("vqe", 0, -1.95)], [], tmp_path, "heisenberg:ring:4"))
    assert "nothing can be said of the error" in unknown.verdict and unknown.metrics["vqe"].keys() >= {"energy"}


def test_a_device_shows_both_energies(tmp_path):
    parts = energy_parts(run([row("vqe", 0, -1.8, -1.999)], [EXACT], tmp_path, device="lima"))
    assert "vqe on H2_0.7414 on lima reaches" in parts.verdict
    assert "-1.999000" in parts.sections[0].table.rows[-1]
    assert parts.sections[0].table.header[4] == "without noise"
    assert any("ideal device" in text for text in parts.sections[0].text)


def test_a_contradicted_energy_is_said(tmp_path):
    row_ = EXACT | {"note": "contradicts the stated exact energy", "contradicts": True}
    parts = energy_parts(run([row("vqe", 0, -1.99)], [row_], tmp_path))
    assert any("contradicts the stated" in text for text in parts.sections[0].text)


def test_an_energy_below_the_exact_one_is_no_success(tmp_path):
    """Of other numbers of electrons, such as a cation's: the least error is the best, not the lowest energy."""
    rows = [row("vqe", 0, -2.1), row("adapt", 0, -1.9999)]
    parts = energy_parts(run(rows, [EXACT], tmp_path))
    assert parts.best == "adapt" and parts.metrics["vqe"]["solved"] == 0
    alone = energy_parts(run(rows[:1], [EXACT], tmp_path)).verdict
    assert "100 mHa below exact" in alone and "left the molecule's numbers of electrons" in alone


def test_errors_of_an_energy_of_zero_are_no_shares(tmp_path):
    zero = EXACT | {"value": 1e-16}
    made = run([row("vqe", 0, 0.0004), row("vqe", 1, 0.5)], [zero], tmp_path, "heisenberg:ring:4")
    parts = energy_parts(made)
    assert Scale(made).solved(made.rows) == [True, False]
    assert (
        "%" not in parts.verdict
        and "above exact diagonalisation: an error of at most 0.001 in 1 of 2 repetitions" in parts.verdict
    )
    assert parts.metrics["vqe"]["error"]["mean"] == pytest.approx(0.2502)
    assert parts.sections[0].table.header[3] == "error"


def test_errors_of_rounding_have_no_digits(tmp_path):
    parts = energy_parts(run([row("vqe", 0, -2.0 + 4.8e-11), row("vqe", 1, -2.0)], [EXACT], tmp_path))
    assert "as exact diagonalisation gives it up to 0.001 mHa: chemical accuracy" in parts.verdict
    assert any("error < 0.001 mHa" in line for line in parts.lines)


def test_large_errors_have_no_exponents(tmp_path):
    below = MEAN_FIELD | {"method": "coupled cluster", "value": -2.0 - 2e-10}
    parts = energy_parts(run([row("vqe", 0, -0.5), row("vqe", 1, -0.8)], [EXACT, below], tmp_path))
    cells = [cell[3] for cell in parts.sections[0].table.rows]
    assert cells[:4] == ["0", "0", "1,500", "1,200"]
    assert not any("e+" in word for card in parts.cards for word in card)
