"""Quantum optimisers on four problems beside random strings, greedy rules and HiGHS: the computation of the entry.

Source: "A Comparative Study of Quantum Optimization Techniques for Solving Combinatorial Optimization Benchmark
Problems", arXiv:2503.12121. Every row is plain data, so that a ledger can keep it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ketwork.atlas.quantum_optimization_instances import (
    Bits,
    Instance,
    gap,
    greedy_bits,
    judge,
    quality,
    relaxation,
)
from ketwork.models.ansatz import efficient_su2
from ketwork.operators.instances import load_instance
from ketwork.operators.problem import Problem
from ketwork.operators.qubo import Polynomial
from ketwork.seeds import spawn
from ketwork.solve.annealing import anneal
from ketwork.solve.heuristics import local_search
from ketwork.solve.highs import highs
from ketwork.solve.pauli_correlation import flip_search, pauli_correlation, qubits_for
from ketwork.solve.random_access import access_code, random_access
from ketwork.solve.references import best_of
from ketwork.solve.solution import Solution, decoded
from ketwork.solve.vqe import vqe

Row = dict[str, Any]

RISK = 0.25
"""The share of the best outcomes in CVaR."""

LAYERS = 3
"""Of QAOA, and repetitions of EfficientSU2."""

MOST_ROUNDS = 200
"""Of the local search that goes on until no move helps."""


@dataclass(frozen=True)
class Effort:
    """What every method gets. shots: strings that are read at the end, and random strings beside them. steps: L-BFGS
    iterations. restarts: runs of Pauli correlations. highs_seconds: the time of HiGHS. qubits: the most that are
    simulated. cut_steps: iterations on the large cut."""

    shots: int = 1000
    steps: int = 100
    restarts: int = 3
    highs_seconds: float = 8.0
    qubits: int = 16
    cut_steps: int = 400


def references(instance: Instance, effort: Effort, seed: int) -> Row:
    """Random strings, the greedy rule and HiGHS on one instance, each with what the local search makes of it."""
    problem = judge(instance.problem)
    started = time.perf_counter()
    exact = highs(problem, effort.highs_seconds)
    seconds = time.perf_counter() - started
    found, known = quality(problem, exact.bits), problem.known_optimum
    proven = exact.bound is not None and abs(exact.bound - found) <= 1e-6 * max(1.0, abs(found))
    best = found if known is None else (max(found, known) if problem.maximise else min(found, known))
    rule = time.perf_counter()
    greedily = greedy_bits(problem)
    rule = time.perf_counter() - rule
    rng = spawn(seed, 1)[0]
    drawn = time.perf_counter()
    rows = rng.integers(0, 2, (effort.shots, problem.n_variables), np.uint8)
    return {
        "best": best,
        "variables": problem.n_variables,
        "bits": instance.problem.n_qubits,
        "highs": {"gap": gap(problem, exact.bits, best), "seconds": seconds, "proven": proven},
        "greedy": {**_searched(problem, greedily, best), "seconds": rule},
        "random": {**_judged(problem, rows, best), "seconds": time.perf_counter() - drawn},
        "certain": proven or (known is not None and problem.known_is_proved),
    }


def attempt(instance: Instance, method: str, best: float, effort: Effort, seed: int) -> Row:
    """One quantum method on one instance. best: the quality that gaps are taken from."""
    problem = instance.problem
    solution = METHODS[method](problem, effort, seed)
    rows = decoded(problem, solution.samples) if solution.samples is not None else np.zeros((0, 0), np.uint8)
    judging = judge(problem)
    return {
        "method": method,
        "qubits": solution.n_qubits,
        "evaluations": solution.n_evaluations,
        "circuits": solution.circuits,
        "solver_seconds": solution.seconds,
        **_judged(judging, rows[:, : judging.n_variables], best),
    }


def _judged(problem: Problem, rows: Bits, best: float) -> Row:
    """The share of feasible strings, and the gap of the best one as it is and after the local search."""
    return {"feasible": float(problem.feasible(rows).mean()), **_searched(problem, best_of(problem, rows), best)}


def _searched(problem: Problem, bits: Bits, best: float) -> Row:
    once = local_search(problem, bits, 1)
    last = local_search(problem, once, MOST_ROUNDS)
    return {
        "raw": gap(problem, bits, best),
        "once": gap(problem, once, best),
        "last": gap(problem, last, best),
        "value": quality(problem, last),
    }


def _vqe(alpha: float) -> Callable[[Problem, Effort, int], Solution]:
    def run(problem: Problem, effort: Effort, seed: int) -> Solution:
        circuit = efficient_su2(problem.n_qubits, LAYERS, "circular")
        return vqe(problem.ising(), circuit, steps=effort.steps, alpha=alpha, seed=seed, samples=effort.shots)

    return run


def _pauli_correlation(problem: Problem, effort: Effort, seed: int) -> Solution:
    return pauli_correlation(problem, 2, steps=effort.steps, restarts=effort.restarts, seed=seed)


def _random_access(problem: Problem, effort: Effort, seed: int) -> Solution:
    return random_access(problem, steps=effort.steps, shots=effort.shots, seed=seed)


def _qaoa(**how: Any) -> Callable[[Problem, Effort, int], Solution]:
    def run(problem: Problem, effort: Effort, seed: int) -> Solution:
        from ketwork.solve.qaoa import qaoa

        given = {key: value(problem) if callable(value) else value for key, value in how.items()}
        return qaoa(problem, LAYERS, steps=effort.steps, shots=effort.shots, seed=seed, **given)

    return run


METHODS: dict[str, Callable[[Problem, Effort, int], Solution]] = {
    "VQE": _vqe(1.0),
    "CVaR-VQE": _vqe(RISK),
    "QAOA": _qaoa(),
    "MA-QAOA": _qaoa(angles="multi"),
    "WS-QAOA": _qaoa(warm_start=relaxation),
    "PCE": _pauli_correlation,
    "QRAO": _random_access,
}
"""The methods of the paper, by its letters: (problem, effort, seed) -> Solution with samples."""


def compressed_qubits(problem: Problem) -> tuple[int, int]:
    """Qubits of Pauli correlations (pairs) and of (3,1) random access on the problem's QUBO."""
    cost = problem.qubo()
    fields = any(len(indices) == 1 for indices, _ in cost.spins())
    return qubits_for(cost.n_variables + fields, 2), access_code(cost, 3).n_qubits


def large_cut(effort: Effort, seed: int, name: str = "gset/gset_14") -> Row:
    """Pauli correlations of three letters on a cut of 800 nodes, beside flips from random strings and annealing.

    alpha is six times the paper's and the circuit has 1.4 weights a node, which reach further here; the first row of
    `runs` has the paper's alpha.
    """
    problem = load_instance(name)
    cost: Polynomial = problem.qubo()
    qubits = qubits_for(cost.n_variables, 3)
    best = float(problem.known_optimum or 0.0)
    runs = []
    for scale in (1, 6):
        solution = pauli_correlation(
            problem, 3, layers=60, steps=effort.cut_steps, seed=seed, relaxation=(float(scale * qubits), 0.5)
        )
        runs.append(
            {
                "alpha": scale * qubits,
                "raw": -solution.extra["costs"][0],
                "flips": -solution.extra["searched_costs"][0],
                "evaluations": solution.n_evaluations,
                "weights": len(solution.params),
                "seconds": solution.seconds,
            }
        )
    rng = spawn(seed, 2)[1]
    started = time.perf_counter()
    strings = rng.integers(0, 2, (effort.shots, cost.n_variables), np.uint8)
    cuts = -cost.values(strings)
    flipped = max(-cost.value(flip_search(cost, row)) for row in strings[:100])
    seconds = time.perf_counter() - started
    cooled = anneal(problem, 200, 4, seed)
    greedily = greedy_bits(problem)
    return {
        "nodes": cost.n_variables,
        "qubits": qubits,
        "best": best,
        "runs": runs,
        "random": {"raw": float(cuts.max()), "flips": float(flipped), "seconds": seconds},
        "greedy": {
            "raw": quality(problem, greedily),
            "flips": -cost.value(flip_search(cost, greedily)),
        },
        "annealing": {"raw": cooled.objective, "seconds": cooled.seconds},
    }
