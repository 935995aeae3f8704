"""How good what a solver found is: energy errors, approximation ratios, time to solution, the best that is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ketwork.experiments.ledger import Row
from ketwork.operators import Problem

CHEMICAL_ACCURACY = 1.6e-3
"""Hartree: 1 kcal/mol."""

RELATIVE_ACCURACY = 1e-3
"""Of the exact energy: what counts as solved where energies have no unit."""

NOTHING = 1e-9
"""Exact energies up to here are zero, of which no error is a share."""

_SURE = 0.99


@dataclass(frozen=True)
class Best:
    """The best that is known of a problem. by: who found or proved it. proven: nothing is better."""

    value: float
    by: str
    proven: bool


def exact_energy(references: Sequence[Row]) -> Row | None:
    """The reference that is exact, None where there is none."""
    return next((row for row in references if row["proven"] and row["value"] is not None), None)


def target_energy(references: Sequence[Row]) -> Row | None:
    """What errors are taken against: the exact energy, else the lowest of a classical method; None without any."""
    known = [row for row in references if row["value"] is not None]
    return exact_energy(known) or min(known, key=lambda row: row["value"], default=None)


def accuracy(exact: float, molecule: bool) -> float:
    """The error of an energy that counts as solved: chemical accuracy; where there is no unit a thousandth of it, or
    0.001 where it is zero."""
    return CHEMICAL_ACCURACY if molecule else RELATIVE_ACCURACY * (abs(exact) if abs(exact) > NOTHING else 1.0)


def best_known(problem: Problem, references: Sequence[Row], others: Sequence[Row] = ()) -> Best:
    """The best feasible value of classical solvers, quantum methods and what was stated; a proof counts before a claim.

    A stated optimum that a feasible string or a proof contradicts is left out.
    Raises: ValueError when nothing feasible is known.
    """
    found = [Best(row["value"], row["method"], row["proven"]) for row in references if row["value"] is not None]
    found += [Best(row["objective"], row["method"], False) for row in others if row["feasible"]]
    stated, pick = problem.known_optimum, (max if problem.maximise else min)
    wrong = stated is None or any(_better(problem, one.value, stated) for one in found)
    if stated is not None and not wrong and _beyond_proof(problem, references) is None:
        found.append(Best(stated, "the instance's file", problem.known_is_proved))
    if not found:
        raise ValueError(f"{problem.name or 'The problem'}: no feasible string is known.")
    value = pick(one.value for one in found)
    same = [one for one in found if abs(one.value - value) <= 1e-9 * max(1.0, abs(value))]
    return next((one for one in same if one.proven and one.by != "the instance's file"), None) or max(
        same, key=lambda one: one.proven
    )


def _better(problem: Problem, value: float, than: float) -> bool:
    margin = 1e-9 * max(1.0, abs(than))
    return value > than + margin if problem.maximise else value < than - margin


def _beyond_proof(problem: Problem, references: Sequence[Row]) -> Row | None:
    """The classical solver that proved the stated optimum out of reach, None where none did."""
    stated = problem.known_optimum
    if stated is None:
        return None
    margin = 1e-6 * max(1.0, abs(stated))  # that of the solvers' proofs
    sign = 1.0 if problem.maximise else -1.0
    beaten = (r for r in references if r["proven"] and r["value"] is not None and sign * (stated - r["value"]) > margin)
    return next(beaten, None)


def exactly(value: float) -> str:
    """An objective with all its digits, up to twelve."""
    return f"{value:.12g}"


def measure(problem: Problem, best: float) -> str:
    """The name of what `quality` gives."""
    if best > 0:
        return "approximation ratio"
    return "share of the way from a random string to the best known"


def quality(problem: Problem, row: Row, best: float) -> float:
    """How good a row's answer is: 1 for the best known value, 0 where it is not feasible.

    value / best when maximising, best / value when minimising; where the best is not above zero, and ratios mean
    nothing, (mean of all strings - value) / (mean - best), at least 0; where even that mean is as good as the best,
    since infeasible strings are in it, 1 for the best and 0 for all else.
    """
    value = row["objective"]
    if not row["feasible"]:
        return 0.0
    if best > 0:
        if problem.maximise:
            return max(float(value / best), 0.0)
        return float(best / value) if value > 0 else 1.0
    middle = sum(c / 2 ** len(indices) for indices, c in problem.objective.terms)
    if (best - middle if problem.maximise else middle - best) < 1e-12:
        return 1.0 if abs(value - best) < 1e-9 else 0.0
    return max(float((middle - value) / (middle - best)), 0.0)


def time_to_solution(seconds: Sequence[float], solved: Sequence[bool]) -> float | None:
    """Seconds until the solution is found with a chance of 99 %, by repetitions that take and succeed as these did:
    mean * ln 0.01 / ln(1 - share solved), one run where all did; None where none did.

    Source: Ronnow et al., Science 345 (2014) 420, eq. 3.
    """
    share, mean = float(np.mean(solved)), float(np.mean(seconds))
    if share == 0:
        return None
    return mean if share >= _SURE else mean * max(1.0, float(np.log(1 - _SURE) / np.log(1 - share)))


def contradictions(problem: Problem, rows: Sequence[Row]) -> list[str]:
    """What is wrong with the stated optimum: the best string that is better, or a proof that nothing is as good."""
    found: list[tuple[float, Any]] = []
    for row in rows:
        value = row.get("objective", row.get("value"))
        if problem.known_optimum is None or value is None or not row.get("feasible", False):
            continue
        if _better(problem, value, problem.known_optimum):
            found.append((value, row["method"]))
    proof = _beyond_proof(problem, [row for row in rows if "proven" in row])
    if not found and proof is not None and problem.known_optimum is not None:
        return [
            f"The stated optimum, {exactly(problem.known_optimum)}, is contradicted: {proof['method']} proved that "
            f"nothing is better than {exactly(proof['value'])}, against which ratios are taken."
        ]
    if not found or problem.known_optimum is None:
        return []
    value, method = max(found) if problem.maximise else min(found)
    return [
        f"The stated optimum, {exactly(problem.known_optimum)}, is contradicted: {method} found a feasible string of "
        f"{exactly(value)}. Ratios are taken against the best that is known."
    ]
