"""ADAPT-VQE: a circuit that grows by the generator of the steepest slope, all its weights optimised after each."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.backends import protocol
from ketwork.checks import check_array, check_choice, check_int, check_real
from ketwork.circuit.angle import w
from ketwork.circuit.circuit import Circuit
from ketwork.engine.simulator import Simulator
from ketwork.operators.molecules import Molecule
from ketwork.operators.pauli import PauliSum
from ketwork.optimize import METHODS, methods_with, minimize
from ketwork.solve.excitations import Excitation, excited, reference_circuit
from ketwork.solve.objective import Objective, fingerprint
from ketwork.solve.pools import check_pool, molecule_pool
from ketwork.solve.solution import Solution
from ketwork.solve.vqe import reached

Floats = NDArray[np.floating[Any]]
ADAPT_METHODS = methods_with("value", "gradient")
"""The methods of `minimize` for the weights of a growing circuit."""


def adapt(
    hamiltonian: Molecule | PauliSum,
    pool: str | Sequence[Excitation] = "fermionic",
    *,
    start: Circuit | None = None,
    operators: int = 50,
    tolerance: float = 1e-4,
    method: str = "l-bfgs",
    steps: int = 200,
    backend: Any = None,
    seed: int | None = None,
    callback: Callable[[int, Floats, float], bool | None] | None = None,
    state: dict[str, Any] | None = None,
    **options: Any,
) -> Solution:
    """Grow a circuit for the ground state of a molecule or any Hamiltonian.

    pool: for a molecule a name out of `pools.POOLS`; or generators (`local_pool`, ...). start: a circuit without
    weights that makes the first state; default Hartree-Fock, without a molecule all qubits 0. operators: how many are
    added at most. tolerance: ends when the norm of the pool's gradient, hartree per radian, is no larger. method, steps
    (after each addition) and options: as of `optimize.minimize`, methods by values or gradients alone; each time all
    weights go on from where they are, the new one from 0. backend: any Backend; the slopes of the whole pool are one
    call, the commutators' values in one state. callback(operators so far, weights, energy) returns True to stop.
    state: of an earlier Solution, to go on.
    Solution.history: the energy after each addition, the start first; extra: "operators" (their names), "chosen" (their
    numbers in the pool), "gradient_norms" (before each addition, the last at the end).
    Raises: TypeError and ValueError for a pool that is named without a molecule, is empty or does not fit; a state of
    another pool or another Hamiltonian.
    Source: Grimsley, Economou, Barnes, Mayhall, arXiv:1812.11173.
    """
    began = time.perf_counter()
    operator, generators, first = _prepared(hamiltonian, pool, start)
    check_int("operators", operators, 0)
    check_real("tolerance", tolerance, 0)
    check_choice("method", method, ADAPT_METHODS)
    if method == "l-bfgs":
        options.setdefault("tol", 1e-12)
    grown = _Grown(operator, generators, first, backend, state)
    message = f"{operators} operators added"
    try:
        while True:
            slopes = grown.slopes()
            if grown.norms[-1] <= tolerance:
                message = _converged(grown, tolerance)
                break
            if len(grown.chosen) >= operators:
                break
            found = grown.add(int(np.argmax(np.abs(slopes))), method, steps, seed, options)
            if callback is not None and callback(len(grown.chosen), grown.params, grown.history[-1]):
                message = "stopped by the callback"
                break
            if found == "interrupted":
                message = found
                break
    except KeyboardInterrupt:
        message = "interrupted"
    return grown.solution(f"ADAPT ({method})", message, time.perf_counter() - began)


def pool_gradient(
    hamiltonian: PauliSum, pool: Sequence[Excitation], circuit: Circuit, weights: Any, backend: Any = None
) -> Floats:
    """(K,) the slopes of the energy by the weight of each generator, added to the circuit at weight 0: <[H, A_k]>."""
    listed = check_pool(pool, circuit.n_qubits)
    return _values(Simulator() if backend is None else backend, circuit, commutators(hamiltonian, listed), weights)


def commutators(hamiltonian: PauliSum, pool: Sequence[Excitation]) -> list[PauliSum]:
    """[H, A_k] of the generators of a pool: Hermitian sums."""
    found = []
    for item in pool:
        whole = hamiltonian.commutator(item.operator)
        # H and i A are Hermitian, so that imaginary parts are rounding
        found.append(PauliSum(whole.n_qubits, tuple((s, complex(c).real) for s, c in whole.chop().terms)))
    return found


def _values(backend: Any, circuit: Circuit, sums: Sequence[PauliSum], weights: Any) -> Floats:
    """(K,) expectation values by one call; a sum without terms is 0."""
    result = np.zeros(len(sums))
    full = [k for k, s in enumerate(sums) if s.terms]
    if full:
        result[full] = backend.expectation(circuit, [sums[k] for k in full], None, weights)[0]
    return result


def _prepared(hamiltonian: Any, pool: Any, start: Circuit | None) -> tuple[PauliSum, tuple[Excitation, ...], Circuit]:
    """The Hamiltonian, the pool and the first circuit, checked."""
    whole = hamiltonian.hamiltonian if isinstance(hamiltonian, Molecule) else hamiltonian
    if not isinstance(whole, PauliSum):
        raise TypeError(f"Argument `hamiltonian` must be a Molecule or a PauliSum, but is {type(whole).__name__}.")
    if isinstance(pool, str):
        if not isinstance(hamiltonian, Molecule):
            raise TypeError(
                f"Argument `pool` names {pool!r}, which is made from a Molecule's orbitals and electrons, but "
                "`hamiltonian` is a PauliSum: pass the Molecule, or a pool such as `local_pool(n_qubits)`."
            )
        pool = molecule_pool(hamiltonian, pool)
    if start is None:
        start = reference_circuit(hamiltonian) if isinstance(hamiltonian, Molecule) else Circuit(whole.n_qubits)
    if start.n_weights or start.n_inputs:
        raise ValueError("Argument `start` must have no weights and no inputs; bind them first.")
    if start.n_qubits != whole.n_qubits:
        raise ValueError(f"Argument `start` must have {whole.n_qubits} qubits, but has {start.n_qubits}.")
    return whole, check_pool(pool, whole.n_qubits), start


def _converged(grown: "_Grown", tolerance: float) -> str:
    if grown.chosen:
        return f"the norm of the pool's gradient, {grown.norms[-1]:.2g}, is at most {tolerance:g}"
    return (
        f"the norm of the pool's gradient at the start, {grown.norms[-1]:.2g}, is at most {tolerance:g}: no generator "
        "of the pool lowers the energy there. Take another start or another pool."
    )


class _Grown:
    """The circuit so far, and its bill."""

    def __init__(
        self,
        hamiltonian: PauliSum,
        pool: tuple[Excitation, ...],
        start: Circuit,
        backend: Any,
        state: dict[str, Any] | None,
    ) -> None:
        self.hamiltonian, self.pool, self.start = hamiltonian, pool, start
        self.backend: Any = Simulator("double") if backend is None else backend
        self.sums = commutators(hamiltonian, pool)
        self.n_evaluations = self.circuits = self.shots = 0
        self.names = [item.name for item in pool]
        self.goal = fingerprint(hamiltonian)
        if state is None:
            self.chosen: list[int] = []
            self.params: Floats = np.zeros(0)
            self.norms: list[float] = []
            self.turn = 0
            objective = self._objective()
            self.history = [objective.value(self.params)]
            self._count(objective)
        else:
            if state.get("pool") != self.names:
                raise ValueError("Argument `state` must come from a run with the same pool, but its pool is another.")
            if not np.allclose(state.get("hamiltonian", self.goal), self.goal, rtol=1e-6, atol=1e-9):
                raise ValueError(
                    "Argument `state` must come from a run with the same Hamiltonian: its energies are of another."
                )
            self.chosen = [check_int("state", k, 0, len(pool) - 1) for k in state["chosen"]]
            self.params = np.array(check_array("state", state["params"], 1))
            self.history, self.norms = list(state["history"]), list(state["gradient_norms"])[: len(self.chosen)]
            self.turn = int(state["turn"])
        self.resting = self.turn

    @property
    def circuit(self) -> Circuit:
        """The start, then the chosen generators, each with its weight."""
        return self._grown(self.chosen)

    def slopes(self) -> Floats:
        """(K,) of the pool in the present state; notes their norm. A run that goes on after them reads them again, with
        the same random numbers."""
        self.resting = self.turn
        backend = protocol.apart(self.backend, self.turn)
        self.turn += 1
        circuit, full = self.circuit, [s for s in self.sums if s.terms]
        found = _values(backend, circuit, self.sums, self.params)
        if full:
            bill = protocol.cost(self.backend, circuit, full)
            self.n_evaluations += 1
            self.circuits += bill.circuits
            self.shots += bill.shots
        self.norms.append(float(np.linalg.norm(found)))
        return found

    def add(self, number: int, method: str, steps: int, seed: int | None, options: dict[str, Any]) -> str:
        """Add a generator and optimise all weights, or nothing where Ctrl-C comes between; returns why that ended."""
        chosen = [*self.chosen, number]
        objective = self._objective(chosen)
        fun: Any = objective.value_and_gradient if "gradient" in METHODS[method].needs else objective.value
        begun = np.append(self.params, 0.0)
        own = None if seed is None else np.random.SeedSequence(seed, spawn_key=(len(chosen),))
        found = minimize(fun, begun, method, steps, seed=own, **options)
        params, energy = reached(objective, method, found)
        self.chosen, self.params = chosen, params
        self.history.append(energy)
        self._count(objective)
        self.resting = self.turn
        return found.message

    def solution(self, method: str, message: str, seconds: float) -> Solution:
        """Everything as a Solution."""
        state = {
            "pool": self.names,
            "chosen": list(self.chosen),
            "params": self.params.tolist(),
            "history": list(self.history),
            "gradient_norms": list(self.norms),
            "turn": self.resting,
            "hamiltonian": self.goal,
        }
        extra = {
            "operators": [self.names[k] for k in self.chosen],
            "chosen": list(self.chosen),
            "gradient_norms": list(self.norms),
        }
        return Solution(
            method, self.history[-1], self.params, self.circuit, list(self.history), self.n_evaluations, self.circuits,
            self.shots, seconds, message, state, None, extra,
        )  # fmt: skip

    def _grown(self, chosen: Sequence[int]) -> Circuit:
        return excited(self.start, [(self.pool[k], w[j]) for j, k in enumerate(chosen)])

    def _objective(self, chosen: Sequence[int] = ()) -> Objective:
        objective = Objective(self._grown(chosen), self.hamiltonian, self.backend)
        objective.turn = self.turn
        return objective

    def _count(self, objective: Objective) -> None:
        self.turn = objective.turn
        self.n_evaluations += objective.n_evaluations
        self.circuits += objective.circuits
        self.shots += objective.shots
