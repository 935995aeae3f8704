"""Greedy rules, mending of infeasible strings, and local search: what a quantum method must at least beat."""

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork.checks import check_int
from ketwork.operators.graph_problems import IndependentSet, MaxCut
from ketwork.operators.number_problems import Knapsack
from ketwork.operators.problem import Problem
from ketwork.operators.qubo import check_bits
from ketwork.solve.best_move import MoveTable
from ketwork.solve.references import Reference, reference

Bits = NDArray[np.uint8]


def greedy(problem: Problem) -> Reference:
    """The usual greedy rule of a problem; no randomness.

    Knapsack: items by density, profit / (sum over knapsacks of weight / capacity), each taken when it still fits
    (Toyoda 1975). IndependentSet: the node with the most weight for each neighbour left (and itself) is taken and its
    neighbours leave. MaxCut: nodes by decreasing weight of their edges, each to the side that cuts more (Sahni and
    Gonzalez 1976).
    Raises: TypeError for problems without a rule here.
    """
    started = time.perf_counter()
    if isinstance(problem, Knapsack):
        return reference(problem, mender(problem)(np.zeros(problem.n_variables, np.uint8)), started, "greedy density")
    if isinstance(problem, IndependentSet):
        return reference(problem, mender(problem)(np.zeros(problem.n_variables, np.uint8)), started, "greedy degree")
    if isinstance(problem, MaxCut):
        return reference(problem, _greedy_cut(problem), started, "greedy cut")
    raise TypeError(
        f"There is no greedy rule for {type(problem).__name__}, only for Knapsack, IndependentSet and MaxCut."
    )


def mender(problem: Problem) -> Callable[[Bits], Bits]:
    """A function that makes a string feasible and then adds what greedily fits.

    Knapsack: the items of least density leave until all fits, then others come in by density. IndependentSet: of each
    edge inside, in order, the end with more neighbours inside leaves; then nodes come in as in `greedy`.
    Raises: TypeError for other problems.
    """
    if isinstance(problem, Knapsack):
        return _knapsack_mender(problem)
    if isinstance(problem, IndependentSet):
        return _set_mender(problem)
    raise TypeError(f"Argument `problem` must be a Knapsack or IndependentSet, but is {type(problem).__name__}.")


def _knapsack_mender(problem: Knapsack) -> Callable[[Bits], Bits]:
    weights, capacities = np.array(problem.weights), np.array(problem.capacities)
    share = (weights / np.maximum(capacities, 1e-12)[:, None]).sum(axis=0)
    densest = np.argsort(-np.array(problem.profits) / np.maximum(share, 1e-12), kind="stable")

    def mend(bits: Bits) -> Bits:
        result = bits.copy()
        load = weights @ result
        for j in densest[::-1]:
            if (load <= capacities + 1e-9).all():
                break
            if result[j]:
                result[j], load = 0, load - weights[:, j]
        for j in densest:
            if not result[j] and (load + weights[:, j] <= capacities + 1e-9).all():
                result[j], load = 1, load + weights[:, j]
        return result

    return mend


def _set_mender(problem: IndependentSet) -> Callable[[Bits], Bits]:
    n, weights = problem.n_nodes, np.array(problem.weights)
    joined = np.zeros((n, n), np.bool_)
    for u, v in problem.edges:
        joined[u, v] = joined[v, u] = True

    def mend(bits: Bits) -> Bits:
        inside = bits.astype(np.bool_)
        while (clashes := (joined[inside][:, inside]).sum(axis=1)).any():
            inside[np.flatnonzero(inside)[int(clashes.argmax())]] = False
        free = ~inside & ~joined[inside].any(axis=0) & (weights > 0)
        while free.any():
            open_nodes = np.flatnonzero(free)
            degrees = joined[open_nodes][:, open_nodes].sum(axis=1)
            chosen = open_nodes[int((weights[open_nodes] / (degrees + 1)).argmax())]
            inside[chosen] = True
            free &= ~joined[chosen]
            free[chosen] = False
        return inside.astype(np.uint8)

    return mend


def _greedy_cut(problem: MaxCut) -> Bits:
    adjacent: list[list[tuple[int, float]]] = [[] for _ in range(problem.n_nodes)]
    for (u, v), weight in zip(problem.edges, problem.weights or (), strict=True):
        adjacent[u].append((v, weight))
        adjacent[v].append((u, weight))
    sides = np.full(problem.n_nodes, -1, np.int64)
    for node in sorted(range(problem.n_nodes), key=lambda k: -sum(abs(w) for _, w in adjacent[k])):
        at = [sum(w for other, w in adjacent[node] if sides[other] == side) for side in (0, 1)]
        sides[node] = 0 if at[1] >= at[0] else 1
    return sides.astype(np.uint8)


def local_search(problem: Problem, bits: ArrayLike | str, rounds: int = 1) -> Bits:
    """The string after at most `rounds` moves, each the best of flipping one bit or exchanging a 1 with a 0.

    Less violation is better first, then a better objective, and of equal moves the first: flips by place, then
    exchanges by the 1 and by the 0. It ends early where no move helps. One round is the post-processing of arXiv
    2503.12121, as far as its text tells. Objectives of a degree above 2 have every neighbour's value computed.
    """
    check_int("rounds", rounds, 0)
    current = problem.decode(bits)
    if problem.objective.degree > 2:
        return _search_all(problem, current, rounds)
    table = MoveTable(problem)
    for _ in range(rounds):
        moved = table.better(current)
        if moved is None:
            break
        current = moved
    return current


def _search_all(problem: Problem, current: Bits, rounds: int) -> Bits:
    best = _rank(problem, current[None])[0]
    for _ in range(rounds):
        moves = _neighbours(current)
        ranks = _rank(problem, moves)
        at = int(np.lexsort((ranks[:, 1], ranks[:, 0]))[0])
        if tuple(ranks[at]) >= tuple(best):
            break
        current, best = moves[at], ranks[at]
    return current


def _neighbours(bits: Bits) -> Bits:
    flips = bits ^ np.eye(len(bits), dtype=np.uint8)
    ones, zeros = np.flatnonzero(bits), np.flatnonzero(bits == 0)
    exchanges = np.tile(bits, (len(ones) * len(zeros), 1))
    row = np.arange(len(exchanges))
    exchanges[row, np.repeat(ones, len(zeros))] = 0
    exchanges[row, np.tile(zeros, len(ones))] = 1
    return np.concatenate([flips, exchanges])


def _rank(problem: Problem, rows: Bits) -> NDArray[np.float64]:
    """(violation, cost) of strings (B, n): (B, 2), the smaller the better."""
    flags = check_bits(rows, problem.n_variables, 2)
    broken = np.zeros(len(rows))
    for constraint in problem.constraints:
        broken += constraint.excess(flags)
    return np.stack([broken, problem.objective.values(flags) * (-1 if problem.maximise else 1)], axis=1)
