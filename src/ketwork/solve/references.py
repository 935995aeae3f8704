"""Classical answers to optimisation problems: what every quantum result stands beside."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork.checks import check_int, check_real, need_extra
from ketwork.operators.number_problems import MarketSplit
from ketwork.operators.problem import Problem
from ketwork.operators.qubo import Polynomial
from ketwork.seeds import Seed, generator

MOST_BITS = 24
"""The largest number of variables that `exhaustive` tries."""


@dataclass(frozen=True, eq=False)
class Reference:
    """What a classical method found.

    bits: (n_variables,). objective: their value. bound: what no solution can beat (from below when minimising, from
    above when maximising), None when the method gives none. seconds: all it took. proven: nothing is better.
    method: its name. feasible: False when the method found nothing feasible; the bits are then its best attempt.
    """

    bits: NDArray[np.uint8]
    objective: float
    bound: float | None
    seconds: float
    proven: bool
    method: str
    feasible: bool = True
    note: str = field(default="")


def reference(problem: Problem, bits: ArrayLike, started: float, method: str, bound: float | None = None) -> Reference:
    """A Reference of a bit string, checked; proven when it meets the bound. started: a time.perf_counter()."""
    checked = problem.check(bits)
    value = checked.objective
    met = bound is not None and abs(bound - value) <= 1e-6 * max(1.0, abs(value))
    return Reference(
        bits=problem.decode(bits),
        objective=value,
        bound=bound,
        seconds=time.perf_counter() - started,
        proven=checked.feasible and met,
        method=method,
        feasible=checked.feasible,
        note="better than the stated optimum" if checked.contradicts else "",
    )


def best_of(problem: Problem, rows: ArrayLike) -> NDArray[np.uint8]:
    """The best of bit strings (B, n_variables): the best objective among the feasible; among all where none is."""
    bits = np.asarray(rows, np.uint8)
    values = problem.objective.values(bits) * (-1 if problem.maximise else 1)
    good = problem.feasible(bits)
    return bits[int(np.argmin(np.where(good, values, np.inf) if good.any() else values))]


def exhaustive(problem: Problem) -> Reference:
    """Every bit string tried: the optimum, for up to 24 variables (128 MiB for each constraint in turn).

    Raises: ValueError for more variables, or when no string is feasible.
    """
    check_int("n_variables", problem.n_variables, 1, MOST_BITS)
    started = time.perf_counter()
    values = problem.objective.diagonal() * (-1 if problem.maximise else 1)
    for constraint in problem.constraints:
        linear = [((k,), c) for k, c in zip(constraint.indices, constraint.coefficients, strict=True)]
        off = Polynomial(problem.variables, (*linear, ((), -constraint.right))).diagonal()
        if constraint.sense == "==":
            np.abs(off, out=off)
        values[off > 1e-9 * max(1.0, abs(constraint.right))] = np.inf
    at = int(values.argmin())
    if not np.isfinite(values[at]):
        raise ValueError(f"{problem.name or 'The problem'} has no feasible bit string (all were tried).")
    bits = (at >> np.arange(problem.n_variables - 1, -1, -1)) & 1
    return reference(problem, bits, started, "exhaustive search", problem.check(bits).objective)


def random_search(
    problem: Problem,
    samples: int = 2000,
    mend: Callable[[NDArray[np.uint8]], NDArray[np.uint8]] | None = None,
    seed: Seed = None,
) -> Reference:
    """The best feasible of uniformly random bit strings, each passed through `mend` when there is one.

    What a quantum sampler must beat with the same number of shots and the same mending.
    """
    check_int("samples", samples, 1)
    started = time.perf_counter()
    bits = generator(seed).integers(0, 2, (samples, problem.n_variables), np.uint8)
    if mend is not None:
        bits = np.stack([mend(row) for row in bits])
    name = f"best of {samples} random strings" + (", mended" if mend is not None else "")
    return reference(problem, best_of(problem, bits), started, name)


def cp_sat(problem: Problem, seconds: float = 60.0, workers: int = 1, seed: int = 0) -> Reference:
    """OR-tools CP-SAT (extra `ortools`): the optimum, or the best solution and bound after `seconds`.

    Products of variables become new ones; a market split of integers is solved with absolute deviations, whose sum is
    never above the squared one. Coefficients of the objective are rounded to six decimals where they are not integers.
    workers: threads.
    Raises: ImportError without OR-tools; ValueError when the problem is proved infeasible or nothing is found in time.
    """
    limit = check_real("seconds", seconds, 0)
    cp_model = need_extra("ortools.sat.python.cp_model", "ortools")
    started = time.perf_counter()
    model = cp_model.CpModel()
    x = [model.new_bool_var(name) for name in problem.variables]
    for constraint in problem.constraints:
        numbers, right = constraint.whole
        left = cp_model.LinearExpr.weighted_sum([x[k] for k in constraint.indices], list(numbers))
        model.add(left == right if constraint.sense == "==" else left <= right)
    scale, constant = 1, 0.0
    if isinstance(problem, MarketSplit) and all(v.is_integer() for row in problem.rows for v in row):
        total = _deviations(cp_model, model, x, problem)
    else:
        terms = [(indices, c) for indices, c in problem.objective.terms if indices]
        scale = 1 if all(float(c).is_integer() for _, c in terms) else 1_000_000
        constant = problem.objective.constant
        products = [_product(model, x, indices) for indices, _ in terms]
        total = cp_model.LinearExpr.weighted_sum(products, [round(c * scale) for _, c in terms])
    (model.maximize if problem.maximise else model.minimize)(total)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = limit
    solver.parameters.num_workers = check_int("workers", workers, 1)
    solver.parameters.random_seed = check_int("seed", seed, 0)
    solver.parameters.catch_sigint_signal = False  # its handler leaves none behind: Ctrl-C would then end the process
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise nothing_found(problem, status == cp_model.INFEASIBLE, "CP-SAT", limit)
    bits = [int(solver.value(variable)) for variable in x]
    bound = solver.best_objective_bound / scale + constant
    return reference(problem, bits, started, "OR-tools CP-SAT", bound)


def _deviations(cp_model: Any, model: Any, x: list[Any], problem: MarketSplit) -> Any:
    """The sum of |A x - b|: of variables that are at least each deviation and its negative."""
    parts = []
    for k, row in enumerate(problem.rows):
        off = cp_model.LinearExpr.weighted_sum(x, [int(v) for v in row[:-1]]) - int(row[-1])
        part = model.new_int_var(0, int(sum(map(abs, row))), f"deviation {k}")
        model.add(part >= off)
        model.add(part >= -off)
        parts.append(part)
    return cp_model.LinearExpr.sum(parts)


def _product(model: Any, x: list[Any], indices: tuple[int, ...]) -> Any:
    """A variable that is 1 when all of some are."""
    if len(indices) == 1:
        return x[indices[0]]
    both = model.new_bool_var("*".join(map(str, indices)))
    for k in indices:
        model.add_implication(both, x[k])
    model.add_bool_or([x[k].negated() for k in indices] + [both])
    return both


def nothing_found(problem: Problem, proved: bool, method: str, seconds: float) -> ValueError:
    """The error of a solver that ends without a solution."""
    name = problem.name or "The problem"
    if proved:
        return ValueError(f"{name} has no feasible bit string ({method} proved it).")
    return ValueError(f"{name}: {method} found no solution in {seconds:g} s; give it more.")
