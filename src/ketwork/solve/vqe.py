"""The variational quantum eigensolver: the lowest energy that a circuit reaches, with any optimiser on any backend."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork import seeds
from ketwork.checks import check_array, check_int
from ketwork.circuit.circuit import Circuit
from ketwork.operators.pauli import PauliSum
from ketwork.optimize import METHODS, Result, find_method, minimize
from ketwork.solve.axis_selection import with_axes
from ketwork.solve.method_needs import function_and_options
from ketwork.solve.objective import Objective, check_hamiltonian, fingerprint, is_diagonal
from ketwork.solve.solution import Solution

Floats = NDArray[np.floating[Any]]
Callback = Callable[[int, Floats, float], bool | None]
SPREAD = np.pi / 10
"""Random starts are drawn evenly from [-SPREAD, SPREAD] in every weight, around the identity; see `random_start`."""


class Trained(Protocol):
    """What `train` minimises: an `Objective`, or one with something added to it."""

    circuit: Circuit
    backend: Any
    alpha: float
    turn: int

    @property
    def n_evaluations(self) -> int: ...
    @property
    def circuits(self) -> int: ...
    @property
    def shots(self) -> int: ...
    def value(self, w: ArrayLike) -> float: ...
    def value_and_gradient(self, w: ArrayLike) -> tuple[float, Floats]: ...
    def metric(self, w: ArrayLike, blocks: Any = None) -> Floats: ...
    def fidelity(self, a: ArrayLike, b: ArrayLike) -> float: ...


def vqe(
    hamiltonian: PauliSum,
    ansatz: Circuit,
    *,
    method: str | Callable[..., Any] = "l-bfgs",
    steps: int = 1000,
    backend: Any = None,
    start: ArrayLike | None = None,
    alpha: float = 1.0,
    seed: seeds.Seed = None,
    callback: Callback | None = None,
    state: dict[str, Any] | None = None,
    samples: int = 0,
    starts: int = 1,
    **options: Any,
) -> Solution:
    """Minimise the energy of a Hamiltonian in the states of a circuit.

    method, steps, options: of `ketwork.optimize.minimize`; the metric, fidelities, frequencies and layers that some
    methods need are those of the circuit, and blocks="layers" makes any metric block-diagonal; rotoselect starts with
    the circuit's own axes, and the solution has the circuit that it chose; icans and rosalin read the backend as often
    as they ask, rosalin bases at random. backend: any; None for an exact ideal simulator. start: weights (P,); None for
    random ones (`random_start`). alpha: below 1, the CVaR of a diagonal Hamiltonian. seed: of the start and the
    method; shots have the backend's. callback(step, params, value) stops by returning True. state: of an earlier
    `Solution`, to go on. samples: bit strings to read at the end, for diagonal Hamiltonians. starts: how many random
    starts are tried, each with all steps; the bill is for all, history and state are of the best.
    On backends that give exact values the best parameters seen are returned; where values are drawn, the lowest may
    have been luck, and the last ones are (of L-BFGS, COBYLA and Nelder-Mead their best). The value is that at the
    parameters, drawn anew where it is drawn.
    Raises: ValueError for what does not fit together, and for Rotosolve where it does not apply.
    Source: Peruzzo et al., arXiv:1304.3061.
    """
    check_hamiltonian(hamiltonian, ansatz)
    objective = Objective(ansatz, hamiltonian, backend, alpha)
    if check_int("samples", samples, 0) and not is_diagonal(objective.observable):
        raise ValueError("Argument `samples` must be 0: only a diagonal Hamiltonian has bit strings for an answer.")
    rng = seeds.generator(seed)
    if check_int("starts", starts, 1) > 1 and (start is not None or state is not None):
        raise ValueError("Argument `starts` must be 1 where `start` or `state` says where to begin.")
    found = best_of_starts(objective, starts, rng, method, steps, start, callback, state, **options)
    if samples:
        objective.circuit = found.circuit or ansatz  # rotoselect chooses it
        bits = objective.sample(found.params, samples)
        found = replace(found, samples=bits, circuits=objective.circuits, shots=objective.shots)
    return replace(found, method="vqe")


def best_of_starts(
    objective: Trained,
    starts: int,
    rng: np.random.Generator,
    method: str | Callable[..., Any],
    steps: int,
    *rest: Any,
    **options: Any,
) -> Solution:
    """The best of several runs of `train`, with the bill of all; `rest`: start, callback and state."""
    start, callback, state = rest
    runs: list[Solution] = []
    for one in [rng] if starts == 1 else rng.spawn(starts):
        runs.append(train(objective, method, steps, start, one, callback, state, **options))
        if runs[-1].message in ("interrupted", "stopped by the callback"):
            break
    last, best = runs[-1], min(runs, key=lambda run: run.value)
    seconds = sum(run.seconds for run in runs)
    bill: dict[str, Any] = {
        "n_evaluations": last.n_evaluations,
        "circuits": last.circuits,
        "shots": last.shots,
        "seconds": seconds,
    }
    return replace(best, **bill, message=last.message)


def train(
    objective: Trained,
    method: str | Callable[..., Any] = "l-bfgs",
    steps: int = 1000,
    start: ArrayLike | None = None,
    rng: np.random.Generator | None = None,
    callback: Callback | None = None,
    state: dict[str, Any] | None = None,
    **options: Any,
) -> Solution:
    """Minimise an objective by its weights; as `vqe`, which calls it. The bill is the objective's."""
    began = time.perf_counter()
    name, row = find_method(method)
    count = objective.circuit.n_weights
    rng = seeds.generator(None) if rng is None else rng
    first = random_start(count, rng) if start is None else check_array("start", start, 1)
    if len(first) != count:
        raise ValueError(f"Argument `start` must hold {count} weights, as the circuit has, but has {len(first)}.")
    if count == 0:
        return _solution(objective, name, np.zeros(0), objective.value(np.zeros(0)), began)
    inner, goal = None, _goal(objective)
    if state is not None:
        first = _checked_state(state, count, goal)
        inner, objective.turn = state["optimiser"], int(state["turn"])
    fun, given = function_and_options(objective, name, row.needs, options)
    found = minimize(fun, first, method, steps, callback=callback, state=inner, seed=rng, **given)
    kept = {"optimiser": found.state, "params": found.params, "turn": objective.turn, "goal": goal}
    before = objective.circuit
    if found.axes:
        objective.circuit = with_axes(before, found.axes)
    params, value = reached(objective, name, found)
    done = _solution(objective, name, params, value, began)
    objective.circuit = before
    return replace(done, history=found.history, message=found.message, state=kept)


def reached(objective: Trained, method: str, found: Result) -> tuple[Floats, float]:
    """The weights (P,) that a minimisation ended with and the objective there, asked again where it is not known: the
    best ones where values are exact, the last ones where they are drawn."""
    exact = not draws(objective.backend)
    params = np.asarray(found.best_params if exact else found.params, float)
    beside = "spsa" in method or (method in METHODS and METHODS[method].needs[0] == "estimate")
    known = exact and np.isfinite(found.best_fun) and not beside
    return params, found.best_fun if known else objective.value(params)


def _goal(objective: Trained) -> list[float]:
    """What tells objectives apart, so that a state goes on with its own only; empty where that is not known."""
    observable = getattr(objective, "observable", None)
    return [*fingerprint(observable), objective.alpha] if isinstance(observable, PauliSum) else []


def _checked_state(state: Any, n_weights: int, goal: list[float]) -> Floats:
    """The weights (P,) of a state. Raises: ValueError for the state of something else."""
    if not isinstance(state, dict) or not {"optimiser", "params", "turn"} <= set(state):
        raise ValueError("Argument `state` must be that of a Solution, but has no optimiser in it.")
    params = check_array("state", state["params"], 1)
    if len(params) != n_weights:
        raise ValueError(f"Argument `state` must hold {n_weights} weights, as the circuit has, but has {len(params)}.")
    before = state.get("goal", goal)
    if len(before) != len(goal) or not np.allclose(before, goal, rtol=1e-6, atol=1e-9):
        raise ValueError(
            "Argument `state` must come from a run with the same Hamiltonian and `alpha`, but is of another. To begin "
            "with its weights, pass them as `start`."
        )
    return params


def _solution(objective: Trained, method: str, params: Floats, value: float, began: float) -> Solution:
    return Solution(
        method,
        float(value),
        params,
        objective.circuit,
        n_evaluations=objective.n_evaluations,
        circuits=objective.circuits,
        shots=objective.shots,
        seconds=time.perf_counter() - began,
        message="nothing to train",
    )


def random_start(n_weights: int, rng: np.random.Generator) -> Floats:
    """(P,) weights drawn evenly from [-SPREAD, SPREAD].

    Near the identity the gradients of deep circuits have not vanished yet, and no symmetry holds them at zero.
    """
    return rng.uniform(-SPREAD, SPREAD, n_weights)


def draws(backend: Any) -> bool:
    """Whether a backend's values are drawn: from shots or from trajectories, itself or what it wraps."""
    while backend is not None:
        if getattr(backend, "shots", None) is not None or getattr(backend, "method", None) == "trajectories":
            return True
        backend = getattr(backend, "backend", None)
    return False
