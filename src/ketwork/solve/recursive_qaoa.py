"""Recursive QAOA: the strongest correlation of an optimised state fixes one variable, until few are left."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.backends.protocol import cost as cost_of_run
from ketwork.checks import check_int
from ketwork.engine.diagonal import Alternation, spin_terms
from ketwork.operators.pauli import PauliSum
from ketwork.operators.problem import Problem
from ketwork.operators.qubo import Polynomial
from ketwork.seeds import Seed, spawn
from ketwork.solve.alternating_circuit import polynomial_of, qaoa_circuit
from ketwork.solve.qaoa import qaoa, split, transfer
from ketwork.solve.solution import Floats, Solution

Key = tuple[int, ...]
Spins = dict[Key, float]
_NOT_HERE = {"angles", "mixer", "shots", "start", "state", "warm_start"}


@dataclass(frozen=True)
class Elimination:
    """One step: spin `gone` is sign times spin `by`, or sign itself where `by` is None; what spoke for it."""

    gone: int
    by: int | None
    sign: int
    correlation: float


def recursive_qaoa(
    cost: Problem | Polynomial | PauliSum,
    layers: int = 1,
    *,
    cutoff: int = 8,
    method: str = "l-bfgs",
    steps: int = 100,
    backend: Any = None,
    seed: Seed = None,
    **options: Any,
) -> Solution:
    """Minimise a cost by QAOA, one variable less each time, down to `cutoff` variables, of which all strings are tried.

    Each round optimises the angles (from those of the round before), and takes the largest |<Z_i>| and |<Z_i Z_j>|
    among the variables and pairs that are together in a product of the cost: Z_i becomes its sign, or the sign times
    Z_j. cutoff: at least 1. method, steps, backend, options: as for `qaoa` and `minimize`, alpha and callback among
    them; every round runs the plain circuit from its own start.
    The solution's samples are the one string (1, n) that is found, value its cost; circuit, params and history are
    those of the first round, the counts those of all; extra["eliminations"] are the steps, in order.
    Raises: ValueError for bad arguments; MemoryError with the bytes that are needed.
    Source: Bravyi, Kliesch, Koenig, Tang, arXiv 1910.08980, section "Recursive QAOA".
    """
    started = time.perf_counter()
    polynomial = polynomial_of(cost)
    check_int("cutoff", cutoff, 1, 24)
    _check_options(options)
    spins: Spins = dict(spin_terms(polynomial))
    run_rng, read_rng = spawn(seed, 2)
    steps_done: list[Elimination] = []
    found: list[Solution] = []
    bill = np.zeros(2, np.int64)  # circuits and shots of reading correlations
    before: Polynomial | None = None
    while len(left := _met(spins)) > cutoff:
        small = _renumbered(spins, left)
        start = None if before is None else transfer(found[-1].params, before, small)
        one = qaoa(
            small, layers, start=start, method=method, steps=steps, backend=backend, shots=0,
            seed=run_rng.spawn(1)[0], **options,
        )  # fmt: skip
        if one.message == "interrupted":  # what was eliminated by then is no answer
            raise KeyboardInterrupt
        products = _candidates(small)
        values, cost_of_reading = _correlations(small, one, layers, products, backend)
        bill += cost_of_reading
        step = _strongest(products, values, left, read_rng)
        steps_done.append(step)
        found.append(one)
        spins, before = _without(spins, step), small
    bits = _bits(polynomial.n_variables, spins, left, steps_done)
    first = found[0] if found else None
    return Solution(
        "recursive-qaoa", polynomial.value(bits), first.params if first else np.zeros(0),
        first.circuit if first else None, first.history if first else [], sum(one.n_evaluations for one in found),
        sum(one.circuits for one in found) + int(bill[0]), sum(one.shots for one in found) + int(bill[1]),
        time.perf_counter() - started, f"{len(steps_done)} variables eliminated, {len(left)} tried out",
        samples=bits[None], extra={"eliminations": steps_done},
    )  # fmt: skip


def _check_options(options: dict[str, Any]) -> None:
    for name in _NOT_HERE & set(options):
        raise ValueError(
            f"Argument `{name}` is not for recursive QAOA, whose rounds have circuits of their own: shared angles and "
            "mixers of X, from the angles of the round before."
        )


def _met(spins: Spins) -> list[int]:
    """The variables that the cost still depends on."""
    return sorted({q for key in spins for q in key})


def _renumbered(spins: Spins, left: list[int]) -> Polynomial:
    place = {q: k for k, q in enumerate(left)}
    terms = [(tuple(place[q] for q in key), c) for key, c in spins.items()]
    return Polynomial.from_spins([f"s{q}" for q in left], terms)


def _candidates(cost: Polynomial) -> list[Key]:
    """The single variables, where odd products tell them apart, and the pairs that are in a product together."""
    keys = [key for key, _ in spin_terms(cost) if key]
    pairs = {(a, b) for key in keys for k, a in enumerate(key) for b in key[k + 1 :]}
    odd = any(len(key) % 2 for key in keys)
    return [(q,) for q in range(cost.n_variables) if odd] + sorted(pairs)


def _correlations(
    cost: Polynomial, solution: Solution, layers: int, products: list[Key], backend: Any
) -> tuple[Floats, NDArray[np.int64]]:
    """The expectations of products of Z in the optimised state, and (circuits, shots) of reading them."""
    if backend is None:
        gammas, betas = split(solution.params, layers)
        values = Alternation(cost).expectations(gammas[:, 0], betas[:, 0], products)
        return values, np.array([1, 0])
    n, circuit = cost.n_variables, qaoa_circuit(cost, layers)
    sums = [PauliSum.from_masks(n, [0], [sum(1 << (n - 1 - q) for q in key)], [1.0]) for key in products]
    bill = cost_of_run(backend, circuit, sums)
    read = backend.expectation(circuit, sums, None, solution.params)
    return np.asarray(read, float)[0], np.array([bill.circuits, bill.shots])


def _strongest(products: list[Key], values: Floats, left: list[int], rng: np.random.Generator) -> Elimination:
    """The step that the largest magnitude asks for; one of them at random where several are as large."""
    size = np.abs(values)
    at = int(rng.choice(np.flatnonzero(size >= size.max() - 1e-9)))
    key = tuple(left[q] for q in products[at])
    sign = 1 if values[at] >= 0 else -1
    return Elimination(key[-1], key[0] if len(key) == 2 else None, sign, float(values[at]))


def _without(spins: Spins, step: Elimination) -> Spins:
    """The cost with one spin replaced."""
    result: Spins = {}
    for key, c in spins.items():
        if step.gone in key:
            rest = set(key) - {step.gone}
            rest ^= set() if step.by is None else {step.by}
            key, c = tuple(sorted(rest)), c * step.sign
        result[key] = result.get(key, 0.0) + c
    least = 1e-12 * max((abs(c) for c in spins.values()), default=0.0)
    return {key: c for key, c in result.items() if abs(c) > least}


def _bits(n: int, spins: Spins, left: list[int], steps: list[Elimination]) -> NDArray[np.uint8]:
    """The best string of what is left, and from it, backwards, all others; 0 where the cost does not care."""
    bits = np.zeros(n, np.uint8)
    if left:
        best = int(_renumbered(spins, left).diagonal().argmin())
        bits[left] = [(best >> k) & 1 for k in range(len(left) - 1, -1, -1)]
    for step in reversed(steps):
        bits[step.gone] = (0 if step.by is None else bits[step.by]) ^ (step.sign < 0)
    return bits
