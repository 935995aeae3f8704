"""What a solver returns: where it ended and what that cost; and for optimisation problems, the answer it gives."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork.checks import check_int
from ketwork.circuit.circuit import Circuit
from ketwork.operators.problem import Checked, Problem
from ketwork.operators.qubo import check_bits
from ketwork.solve.heuristics import local_search
from ketwork.solve.references import best_of

Floats = NDArray[np.floating[Any]]
Bits = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Solution:
    """Where a variational solver ended.

    value: the objective at `params`: an energy, a cost, or their CVaR. params (P,): the weights of `circuit`. history:
    the objective at every step. n_evaluations: points of parameters at which the objective, or it and its gradient,
    was asked for. circuits: circuits that a device would run for that (with shots: one a basis and a shifted point;
    exact: one an energy). shots: measurements in total, 0 for exact values. seconds: wall time. message: why it
    stopped. state: what the solver goes on from. samples (S, n): bit strings read at the end, of problems; else None.
    extra: what only some methods have to tell.
    """

    method: str
    value: float
    params: Floats
    circuit: Circuit | None
    history: list[float] = field(default_factory=list)
    n_evaluations: int = 0
    circuits: int = 0
    shots: int = 0
    seconds: float = 0.0
    message: str = ""
    state: dict[str, Any] = field(default_factory=dict)
    samples: Bits | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def n_qubits(self) -> int:
        """Of the circuit; 0 where there is none."""
        return 0 if self.circuit is None else self.circuit.n_qubits


@dataclass(frozen=True, eq=False)
class Answer:
    """A solver's answer to an optimisation problem.

    bits (n_variables,): the best that was read, after the local search. checked: what is true of it. raw_bits, raw:
    the same before the local search. feasible_share: the part of all samples that is feasible. solution: the run.
    """

    problem: Problem
    bits: Bits
    checked: Checked
    raw_bits: Bits
    raw: Checked
    feasible_share: float
    solution: Solution

    @property
    def objective(self) -> float:
        """The value of `bits`, feasible or not."""
        return self.checked.objective


def answer(problem: Problem, solution: Solution, rounds: int = 1) -> Answer:
    """The best of a solution's samples (S, n_variables or more), bettered by `rounds` rounds of local search.

    Raises: ValueError for a solution without samples.
    """
    check_int("rounds", rounds, 0)
    if solution.samples is None or not len(solution.samples):
        raise ValueError("Argument `solution` must hold samples, but has none.")
    rows = decoded(problem, solution.samples)
    raw = best_of(problem, rows)
    bits = local_search(problem, raw, rounds) if rounds else raw
    share = float(problem.feasible(rows).mean())
    return Answer(problem, bits, problem.check(bits), raw, problem.check(raw), share, solution)


def decoded(problem: Problem, samples: ArrayLike) -> Bits:
    """The problem's own bits of samples (S, n_variables) or (S, n_qubits) with slack bits behind."""
    rows = np.asarray(samples)
    if rows.ndim != 2 or rows.shape[1] not in (problem.n_variables, problem.n_qubits):
        raise ValueError(
            f"Argument `samples` must have shape (S, {problem.n_variables}) or (S, {problem.n_qubits}), "
            f"but has {rows.shape}."
        )
    return check_bits(rows, rows.shape[1], 2)[:, : problem.n_variables].astype(np.uint8)
