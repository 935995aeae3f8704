"""Pauli Correlation Encoding: many bits as signs of the Pauli correlations of few qubits."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, islice
from math import comb
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork.backends.protocol import Backend, Cost, value_and_pullback
from ketwork.backends.protocol import cost as cost_of_run
from ketwork.checks import check_array, check_int, check_real
from ketwork.circuit import Circuit, w
from ketwork.engine.simulator import Simulator
from ketwork.operators.pauli import PauliSum
from ketwork.operators.problem import Problem
from ketwork.operators.qubo import Polynomial, check_bits
from ketwork.optimize import Result, find_method, methods_with, minimize
from ketwork.seeds import Seed, spawn
from ketwork.solve.objective import Derived, Objective
from ketwork.solve.solution import Bits, Floats, Solution

BETA = 0.5
"""The weight of the regularisation in the loss."""

FEW_QUBITS = 16
"""What `order_for` keeps to."""

LOSS_METHODS = methods_with("value", "gradient", "metric", "fidelity")
"""The methods of `minimize` for the loss, which is no expectation value, as rotosolve or rosalin would need."""


def pauli_correlation(
    cost: Problem | Polynomial,
    order: int | None = None,
    *,
    layers: int | None = None,
    method: str = "l-bfgs",
    steps: int = 200,
    backend: Backend | None = None,
    start: ArrayLike | None = None,
    seed: Seed = None,
    restarts: int = 1,
    callback: Callable[[int, Floats, float], bool | None] | None = None,
    state: dict[str, Any] | None = None,
    relaxation: tuple[float | None, float] = (None, BETA),
    **options: Any,
) -> Solution:
    """Minimise a quadratic cost of m bits on n qubits with 3 * C(n, order) >= m: bit i is the sign of <P_i>.

    The cost becomes a cut of weighted nodes, one a variable and, where it has linear terms, one more that all bits are
    read against; node i belongs to the i-th string of `order` equal letters (all X, then all Y, then all Z). `Loss` is
    minimised over the weights of `brick_wall`, all correlations and their pullback in one call of the backend.

    order: None for pairs, or where those take more than 16 qubits for the next that does not (`order_for`).
    layers: None for as many as give two weights a node. method, steps, options: as for `ketwork.optimize.minimize`,
    all but rotosolve, since the loss is no trigonometric sum.
    start: (P,) weights of the first run, else random angles. restarts: runs from different starts. relaxation: (alpha,
    beta) of the loss; alpha None for n^max(1, order // 2). state: that of an earlier solution, for one run.
    The solution's samples are the strings (restarts, m) as read, the best first; `extra["searched"]` are the same after
    single flips (`flip_search`), `extra["costs"]` and `extra["searched_costs"]` their costs.
    Raises: ValueError for a cost of a degree above 2, and an order below 1.
    Source: Sciorilli, Borges, Patti, Garcia-Martin, Camilo, Anandkumar, Aolita, arXiv:2401.09421, eqs. 1-4 (loss,
    regularisation); the extra node: arXiv 2503.12121.
    """
    started = time.perf_counter()
    graph = cut_of(cost)
    code = Encoding(graph.n_nodes, 0 if order is None else check_int("order", order, 1))
    runs = check_int("restarts", restarts, 1)
    if state is not None and runs > 1:
        raise ValueError("Argument `state` goes on with one run; leave `restarts` at 1.")
    needs = find_method(method, LOSS_METHODS)[1].needs
    circuit = brick_wall(code.n_qubits, _layers(code) if layers is None else layers)
    alpha = relaxation[0] if relaxation[0] is not None else float(code.n_qubits) ** max(1, code.order // 2)
    trained = _Trained(circuit, code, Loss(graph, alpha, relaxation[1]), backend or Simulator("double"))
    fun: Callable[[Floats], Any] = trained.value_and_gradient if "gradient" in needs else trained.value
    options = {name: getattr(trained, name) for name in ("metric", "fidelity") if name in needs} | options
    found = []
    for k, rng in enumerate(spawn(seed, runs)):
        first = _start(None if k else start, circuit, rng)
        found.append(minimize(fun, first, method, steps, callback=callback, state=state, seed=rng, **options))
    return _solution(trained, found, started)


def _start(given: ArrayLike | None, circuit: Circuit, rng: np.random.Generator) -> Floats:
    if given is None:
        return rng.uniform(-np.pi, np.pi, circuit.n_weights)
    first = check_array("start", given, 1)
    if len(first) != circuit.n_weights:
        raise ValueError(f"Argument `start` must have {circuit.n_weights} weights, but has {len(first)}.")
    return first


def _solution(trained: "_Trained", found: list[Result], started: float) -> Solution:
    """What the runs came to, the one with the best string first."""
    loss = trained.loss
    rows = np.stack([loss.cut.bits(trained.correlations(run.params)) for run in found])
    costs = loss.cut.cost.values(rows)
    ranked = np.argsort(costs, kind="stable")
    best, rows = found[int(ranked[0])], rows[ranked]
    searched = np.stack([flip_search(loss.cut.cost, row) for row in rows])
    return Solution(
        "Pauli correlation encoding",
        best.fun,
        best.params,
        trained.circuit,
        best.history,
        trained.n_evaluations,
        trained.circuits,
        trained.shots,
        time.perf_counter() - started,
        best.message,
        best.state,
        rows,
        {
            "nodes": loss.cut.n_nodes,
            "alpha": loss.alpha,
            "costs": costs[ranked].tolist(),
            "searched": searched,
            "searched_costs": loss.cut.cost.values(searched).tolist(),
        },
    )


def qubits_for(nodes: int, order: int) -> int:
    """The fewest qubits n with 3 * C(n, order) strings for so many nodes."""
    check_int("nodes", nodes, 1)
    n = check_int("order", order, 1)
    while 3 * comb(n, order) < nodes:
        n += 1
    return n


def order_for(nodes: int) -> int:
    """The least order, from pairs, with strings for so many nodes on at most 16 qubits: 2 to 360 nodes, 3 to 1,680."""
    order = 2
    while order < FEW_QUBITS // 2 and 3 * comb(FEW_QUBITS, order) < nodes:
        order += 1
    return order


@dataclass(frozen=True)
class Encoding:
    """Which Pauli string stands for which node: `order` equal letters, all X, then all Y, then all Z.

    order: 0 for `order_for`.
    """

    nodes: int
    order: int = 0

    def __post_init__(self) -> None:
        if check_int("order", self.order, 0) == 0:
            object.__setattr__(self, "order", order_for(self.nodes))

    @property
    def n_qubits(self) -> int:
        return qubits_for(self.nodes, self.order)

    @cached_property
    def strings(self) -> tuple[str, ...]:
        """A string a node."""
        n = self.n_qubits
        every = (
            "".join(letter if q in chosen else "I" for q in range(n))
            for letter in "XYZ"
            for chosen in map(set, combinations(range(n), self.order))
        )
        return tuple(islice(every, self.nodes))

    @cached_property
    def observables(self) -> tuple[PauliSum, ...]:
        return tuple(PauliSum.from_dict({string: 1.0}) for string in self.strings)


@dataclass(frozen=True, eq=False)
class Cut:
    """A quadratic cost as the sum of weights * s_u * s_v over edges, and a constant.

    edges (E, 2), weights (E,). anchored: whether the last node is the one that bits are read against.
    """

    cost: Polynomial
    n_nodes: int
    edges: NDArray[np.int64]
    weights: NDArray[np.float64]
    anchored: bool

    @cached_property
    def matrix(self) -> Any:
        """Weights (n_nodes, n_nodes), symmetric, sparse."""
        from scipy.sparse import csr_array

        u, v = self.edges.T
        both = np.concatenate([self.weights, self.weights])
        rows, columns = np.concatenate([u, v]), np.concatenate([v, u])
        return csr_array((both, (rows, columns)), shape=(self.n_nodes,) * 2)

    @cached_property
    def regulariser(self) -> float:
        """nu = W / 2 + W_tree / 4 of the absolute weights: their sum, and that of a minimum spanning tree (forest).

        For weights that are not negative it is a lower bound of the largest cut (Poljak and Turzik 1986).
        """
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import minimum_spanning_tree

        if not len(self.weights):
            return 0.0
        sizes = csr_array((np.abs(self.weights), tuple(self.edges.T)), shape=(self.n_nodes,) * 2)
        return float(np.abs(self.weights).sum() / 2 + minimum_spanning_tree(sizes).sum() / 4)

    def bits(self, values: ArrayLike) -> Bits:
        """The bits (n,) of the variables by the signs of node values (n_nodes,): 1 where negative, as spin -1."""
        signs = np.asarray(values) < 0
        if self.anchored:
            signs = signs[:-1] ^ signs[-1]
        return signs.astype(np.uint8)


def cut_of(cost: Problem | Polynomial) -> Cut:
    """The cut that a quadratic cost is. Raises: ValueError above degree 2 or where the cost is constant."""
    polynomial = cost.qubo() if isinstance(cost, Problem) else cost
    if not isinstance(polynomial, Polynomial):
        raise TypeError(f"Argument `cost` must be a Problem or a Polynomial, but is {type(cost).__name__}.")
    if not 1 <= polynomial.degree <= 2:
        raise ValueError(f"Argument `cost` must have degree 1 or 2, but has {polynomial.degree}.")
    n = polynomial.n_variables
    listed = [(indices, c) for indices, c in polynomial.spins() if indices]
    anchored = any(len(indices) == 1 for indices, _ in listed)
    edges = np.array([(*indices, n)[:2] for indices, _ in listed], np.int64).reshape(-1, 2)
    return Cut(polynomial, n + anchored, edges, np.array([c for _, c in listed]), anchored)


@dataclass(frozen=True, eq=False)
class Loss:
    """sum of w_uv t_u t_v + beta nu (mean of t^2)^2 with t = tanh(alpha <P>): a relaxed cut that favours small values.

    Source: arXiv:2401.09421, eqs. 3 and 4.
    """

    cut: Cut
    alpha: float
    beta: float = BETA

    def __post_init__(self) -> None:
        check_real("beta", self.beta, 0.0)
        if check_real("alpha", self.alpha, 0.0) == 0:
            raise ValueError("Argument `alpha` must be above 0: all values would vanish.")

    def value_and_gradient(self, correlations: Floats) -> tuple[float, Floats]:
        """The loss and its gradient (m,) by the correlations (m,)."""
        t = np.tanh(self.alpha * correlations)
        pulled = self.cut.matrix @ t
        mean = float((t * t).mean())
        weight = self.beta * self.cut.regulariser
        value = 0.5 * float(t @ pulled) + weight * mean * mean
        return value, self.alpha * (1 - t * t) * (pulled + 4 * weight * mean / len(t) * t)


class _Trained(Derived):
    """The loss over a circuit's weights on a backend, and what a device would run for it."""

    def __init__(self, circuit: Circuit, code: Encoding, loss: Loss, backend: Backend) -> None:
        super().__init__(Objective(circuit, code.observables[0], backend))
        self.loss = loss
        self.observables = list(code.observables)

    def correlations(self, weights: ArrayLike) -> Floats:
        """<P_i>, (m,)."""
        self.base.pay(self._once)
        return np.asarray(self.base.next_backend().expectation(self.circuit, self.observables, None, weights)[0], float)

    def value(self, weights: ArrayLike) -> float:
        """The loss."""
        self.base.n_evaluations += 1
        return self.loss.value_and_gradient(self.correlations(weights))[0]

    def value_and_gradient(self, weights: ArrayLike) -> tuple[float, Floats]:
        """The loss and its gradient (P,)."""
        self.base.n_evaluations += 1
        self.base.pay(self._once, 1 + self.base.n_shifts)
        values, pull_back = value_and_pullback(self.base.next_backend(), self.circuit, self.observables, None, weights)
        value, cotangent = self.loss.value_and_gradient(np.asarray(values[0], float))
        return value, np.asarray(pull_back(cotangent[None]).w, float)

    @cached_property
    def _once(self) -> Cost:
        return cost_of_run(self.backend, self.circuit, self.observables)


def brick_wall(n_qubits: int, layers: int) -> Circuit:
    """Layers of a rotation a qubit (X, Y, Z in turn) and RXX, RYY, RZZ in turn on neighbours, every other bond a layer.

    Weights: one a gate. Source: arXiv:2401.09421, fig. 1 (brickwork of rotations and parametrised two-qubit gates).
    """
    circuit = Circuit(check_int("n_qubits", n_qubits, 1))
    k = 0
    for layer in range(check_int("layers", layers, 1)):
        letter = "xyz"[layer % 3]
        for q in range(n_qubits):
            circuit = circuit.append(f"r{letter}", (q,), (w[k],))
            k += 1
        for q in range(layer % 2, n_qubits - 1, 2):
            circuit = circuit.append(f"r{letter}{letter}", (q, q + 1), (w[k],))
            k += 1
    return circuit


def _layers(code: Encoding) -> int:
    """As many as give two weights a node, at least three, so that all axes occur."""
    n = code.n_qubits
    return max(3, -(-2 * code.nodes // (n + (n - 1) // 2)))


def flip_search(cost: Polynomial, bits: ArrayLike | str) -> Bits:
    """The string after flips of single bits, each the one that lowers a quadratic cost most, until none does."""
    cut = cut_of(cost)
    current = check_bits(bits, cost.n_variables, 1)
    spins = np.ones(cut.n_nodes)
    spins[: cost.n_variables] -= 2 * current
    matrix = cut.matrix
    gain = spins * (matrix @ spins)  # twice this is saved by turning a spin
    if cut.anchored:
        gain[-1] = -np.inf
    smallest = 1e-9 * max(1.0, float(np.abs(cut.weights).max(initial=0.0)))
    while gain[at := int(gain.argmax())] > smallest:
        row = slice(matrix.indptr[at], matrix.indptr[at + 1])
        gain[matrix.indices[row]] -= 2 * spins[at] * matrix.data[row] * spins[matrix.indices[row]]
        spins[at], gain[at] = -spins[at], -gain[at]
    return (spins[: cost.n_variables] < 0).astype(np.uint8)
