"""The instances of the comparison of quantum optimisers: complete ones, and parts that fit on 16 qubits."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ketwork.operators.assignment_problems import QuadraticAssignment
from ketwork.operators.graph_problems import IndependentSet, MaxCut
from ketwork.operators.instances import load_instance
from ketwork.operators.number_problems import Knapsack, MarketShare, MarketSplit
from ketwork.operators.problem import Problem
from ketwork.solve.heuristics import greedy

Bits = NDArray[np.uint8]
KINDS = {"MIS": "independent set", "MDKP": "knapsack", "QAP": "quadratic assignment", "MSP": "market share"}
"""The problems by the paper's letters."""

MOST_QUBITS = 16
"""The qubits of the parts, slack bits and all."""

KNAPSACKS = ("hp1", "hp2", "pb1", "pb2", "pb4", "pb5", "pet2", "pet3", "pet4", "pet5", "pet6", "pet7")
"""The knapsack problems of the paper."""


@dataclass(frozen=True)
class Instance:
    """A problem of the comparison. kind: of `KINDS`. name: of the table. cut: what was left out, "" for all of it."""

    kind: str
    name: str
    cut: str = ""

    @property
    def problem(self) -> Problem:
        return _built(self)


PARTS = (
    Instance("MIS", "1tc_8"),
    Instance("MIS", "1tc_16"),
    Instance("MIS", "sloane_1dc_64", "the first 16 nodes"),
    Instance("MIS", "ibm32", "the first 16 nodes"),
    Instance("MIS", "karate", "the first 16 nodes"),
    *(Instance("MDKP", name, "the first knapsack and first items") for name in ("hp1", "pb4", "pb5", "pet3", "pet6")),
    *(Instance("QAP", name, "the first 4") for name in ("chr12a", "nug12", "had12", "rou12", "scr12")),
    Instance("MSP", "ms_seed0_prod2", "squared deviations"),
    Instance("MSP", "ms_seed1_prod2", "squared deviations"),
    Instance("MSP", "ms_seed0_prod3", "the first 14 retailers, squared deviations"),
    Instance("MSP", "ms_seed1_prod3", "the first 14 retailers, squared deviations"),
    Instance("MSP", "ms_03_050_002", "the first 14 columns"),
)
"""At most `MOST_QUBITS` qubits without compression."""

WHOLE = (
    *(Instance("MDKP", name) for name in KNAPSACKS),
    *(Instance("MIS", name) for name in ("1tc_32", "1tc_64", "1et_64", "sloane_1dc_64")),
    *(Instance("QAP", name) for name in ("chr12a", "nug12", "had12", "rou12", "scr12", "tai10a")),
    *(Instance("MSP", f"ms_seed{seed}_prod{m}") for m in (2, 3, 4) for seed in (0, 1)),
)
"""Complete, for the methods that compress."""

COUNTED = (Instance("MSP", "ms_seed0_prod5"), Instance("MSP", "ms_seed1_prod5"))
"""Complete, of which only the qubits are counted."""


@cache
def _built(instance: Instance) -> Problem:
    market = instance.name.startswith("ms_seed")
    if market:
        seed, products = (int(word) for word in instance.name.removeprefix("ms_seed").split("_prod"))
        whole: Problem = MarketShare.generated(products, seed)
    else:
        whole = load_instance(instance.name)
    if not instance.cut:
        return whole
    return replace(_PARTS[instance.kind](whole), name=f"{whole.name}*")


def part_of_graph(whole: Problem, nodes: int = MOST_QUBITS) -> IndependentSet:
    """The first nodes, and the edges among them."""
    assert isinstance(whole, IndependentSet)
    kept = tuple(edge for edge in whole.edges if max(edge) < nodes)
    return IndependentSet(nodes, kept, (whole.weights or ())[:nodes])


def part_of_knapsack(whole: Problem, qubits: int = MOST_QUBITS) -> Knapsack:
    """The first knapsack and as many of the first items as fit on the qubits with slack bits; the capacity is the same
    part of the items' weight as in the whole problem, rounded down."""
    assert isinstance(whole, Knapsack)
    row = np.array(whole.weights[0])
    share = whole.capacities[0] / row.sum()
    parts = [
        Knapsack(whole.profits[:n], (tuple(row[:n]),), (float(np.floor(share * row[:n].sum())),))
        for n in range(2, len(row) + 1)
    ]
    return [part for part in parts if part.n_qubits <= qubits][-1]


def part_of_assignment(whole: Problem, size: int = 4) -> QuadraticAssignment:
    """The first facilities and places."""
    assert isinstance(whole, QuadraticAssignment)
    flow, distance = (tuple(tuple(row[:size]) for row in matrix[:size]) for matrix in (whole.flow, whole.distance))
    return QuadraticAssignment(flow, distance)


def part_of_market(whole: Problem, columns: int = 14) -> MarketSplit:
    """The first retailers, and half of what they ask for as targets, rounded down; squared deviations need no slack."""
    rows = whole.demands if isinstance(whole, MarketShare) else whole.matrix if isinstance(whole, MarketSplit) else ()
    kept = tuple(tuple(row[:columns]) for row in rows)
    return MarketSplit(kept, tuple(float(sum(row) // 2) for row in kept))


_PARTS: dict[str, Callable[[Problem], Problem]] = {
    "MIS": part_of_graph,
    "MDKP": part_of_knapsack,
    "QAP": part_of_assignment,
    "MSP": part_of_market,
}


def judge(problem: Problem) -> Problem:
    """The problem that strings are searched and judged in: itself; of a market share, the choice of retailers alone,
    by squared deviations, whatever the bits of the deviations say."""
    if isinstance(problem, MarketShare):
        return MarketSplit(problem.demands, problem.targets, name=problem.name)
    return problem


def quality(problem: Problem, bits: Bits) -> float:
    """What gaps are taken of: the objective; of a market split the sum of absolute deviations."""
    if isinstance(problem, MarketSplit):
        return float(np.abs(problem.deviations(bits)).sum())
    return problem.check(bits).objective


def gap(problem: Problem, bits: Bits, best: float) -> float | None:
    """Percent worse than the best quality known; None for an infeasible string. Of a market split in percent of the sum
    of all targets, since the best is often 0."""
    value = quality(problem, bits)
    if isinstance(problem, MarketSplit):
        return 100 * (value - best) / sum(problem.targets)
    if not problem.feasible(np.asarray(bits)[None])[0]:
        return None
    return 100 * (best - value if problem.maximise else value - best) / max(1.0, abs(best))


def greedy_bits(problem: Problem) -> Bits:
    """A greedy rule for every problem here.

    Knapsack, independent set and cut: `ketwork.solve.heuristics.greedy`. Quadratic assignment: the facility with the
    most flow to the place with the least distance, and so on. Market: retailers by demand, the largest first, each
    taken where that lowers the sum of absolute deviations.
    """
    if isinstance(problem, Knapsack | IndependentSet | MaxCut):
        return greedy(problem).bits
    if isinstance(problem, QuadraticAssignment):
        flow, distance = np.array(problem.flow), np.array(problem.distance)
        places = np.empty(problem.size, np.int64)
        most, nearest = np.argsort(-(flow + flow.T).sum(axis=0)), np.argsort((distance + distance.T).sum(axis=0))
        places[most] = nearest
        return problem.encode(places.tolist())
    if not isinstance(problem, MarketSplit):
        raise TypeError(f"There is no greedy rule for {type(problem).__name__}.")
    rows = np.array(problem.matrix)
    rest = np.array(problem.targets)
    chosen = np.zeros(rows.shape[1], np.uint8)
    for k in np.argsort(-rows.sum(axis=0), kind="stable"):
        if np.abs(rest - rows[:, k]).sum() < np.abs(rest).sum():
            chosen[k], rest = 1, rest - rows[:, k]
    return chosen


def relaxation(problem: Problem) -> NDArray[np.float64]:
    """A point (n_qubits,) in [0, 1] for warm starts, slack bits behind.

    A linear objective: the optimum of the linear programme; a slack is spread over its bits evenly. Quadratic
    assignment: every place alike. Market split: one half, which meets the targets but for rounding.
    """
    if isinstance(problem, QuadraticAssignment):
        return np.full(problem.n_variables, 1.0 / problem.size)
    if isinstance(problem, MarketSplit):
        return np.full(problem.n_variables, 0.5)
    from scipy.optimize import linprog

    n = problem.n_variables
    costs = np.zeros(n)
    for indices, coefficient in problem.objective.terms:
        if indices:
            costs[indices[0]] = -coefficient if problem.maximise else coefficient
    rows = np.zeros((len(problem.constraints), n))
    for row, constraint in zip(rows, problem.constraints, strict=True):
        row[list(constraint.indices)] = constraint.coefficients
    right = np.array([constraint.right for constraint in problem.constraints])
    x = np.clip(linprog(costs, A_ub=rows, b_ub=right, bounds=(0, 1)).x, 0, 1)
    parts = [x]
    for row, constraint in zip(rows, problem.constraints, strict=True):
        weights = constraint.slacks
        if weights:
            room = (constraint.right - row @ x) / sum(weights)
            parts.append(np.full(len(weights), np.clip(room, 0, 1)))
    return np.concatenate(parts)
