"""Quantum Random Access Optimisation: up to three bits a qubit, a relaxed Hamiltonian, and rounding back to bits."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ketwork.backends.protocol import Backend
from ketwork.backends.protocol import cost as cost_of_run
from ketwork.checks import check_choice, check_int
from ketwork.circuit import Circuit
from ketwork.engine.simulator import Simulator
from ketwork.models.ansatz import efficient_su2
from ketwork.operators.lanczos import expectation, ground_state
from ketwork.operators.pauli import PauliSum
from ketwork.operators.problem import Problem
from ketwork.operators.qubo import Polynomial
from ketwork.seeds import Seed, generator
from ketwork.solve.magic_rounding import AccessCode, magic_rounding, magic_rounding_on, pauli_rounding
from ketwork.solve.objective import Objective
from ketwork.solve.solution import Bits, Floats, Solution
from ketwork.solve.vqe import train

ROUNDINGS = ("magic", "semideterministic")
"""Shots along random axes of the code, or the signs of expectation values."""


def random_access(
    problem: Problem | Polynomial,
    *,
    code: int = 3,
    rounding: str = "magic",
    ansatz: Circuit | str | None = None,
    method: str = "l-bfgs",
    steps: int = 200,
    backend: Backend | None = None,
    shots: int = 1000,
    start: ArrayLike | None = None,
    seed: Seed = None,
    callback: Callable[[int, Floats, float], bool | None] | None = None,
    state: dict[str, Any] | None = None,
    **options: Any,
) -> Solution:
    """Minimise a cost of bits with `code` (1, 2, 3) bits a qubit: the least energy of `relaxed`, rounded to bits.

    rounding: "magic" for `shots` strings, or "semideterministic" for one. ansatz: a circuit of weights, None for
    `efficient_su2` with three circular layers, or "exact" for the ground state itself by Lanczos. method,
    steps, options, start, state: as for `vqe`.
    The solution's value is the relaxed energy, its samples (S, n_variables) are as rounded; `extra["code"]` is the
    `AccessCode`. Bits of one qubit share no term; with code 1 nothing is relaxed.
    Raises: ValueError for another code, ansatz with other qubits, costs without variables, more than 62 qubits.
    Source: Fuller et al., arXiv:2111.03167.
    """
    started = time.perf_counter()
    check_choice("rounding", rounding, ROUNDINGS)
    polynomial = problem.qubo() if isinstance(problem, Problem) else problem
    if not isinstance(polynomial, Polynomial):
        raise TypeError(f"Argument `problem` must be a Problem or a Polynomial, but is {type(problem).__name__}.")
    check_int("shots", shots, 1)
    placed = access_code(polynomial, code)
    hamiltonian = relaxed(polynomial, placed)
    rng = generator(seed)
    if isinstance(ansatz, str):
        check_choice("ansatz", ansatz, ("exact",))
        return _exact(hamiltonian, placed, rounding, shots, rng, started)
    circuit = _circuit(ansatz, placed.n_qubits)
    objective = Objective(circuit, hamiltonian, backend)
    run = train(objective, method, steps, start, rng, callback, state, **options)
    rows = _read(objective, run.params, placed, rounding, shots, rng)
    return replace(
        run,
        method="QRAO",
        circuits=objective.circuits,
        shots=objective.shots,
        seconds=time.perf_counter() - started,
        samples=rows,
        extra={"code": placed, "relaxed": hamiltonian},
    )


def _exact(
    hamiltonian: PauliSum, placed: AccessCode, rounding: str, shots: int, rng: np.random.Generator, started: float
) -> Solution:
    """The ground state of the relaxed Hamiltonian, rounded: what a perfect ansatz would give."""
    energies, states = ground_state(hamiltonian, seed=int(rng.integers(2**31)))
    rows = _rounded(states[:, 0], placed, rounding, shots, rng)
    return Solution(
        "QRAO, exact",
        float(energies[0]),
        np.zeros(0),
        None,
        seconds=time.perf_counter() - started,
        samples=rows,
        extra={"code": placed, "relaxed": hamiltonian},
    )


def access_code(cost: Polynomial, code: int = 3) -> AccessCode:
    """Bits to qubits, at most `code` in one, none together that share a term: greedily, most neighbours first.

    A colouring of the graph of terms (largest degree first) whose classes are cut into qubits; no term is lost.
    """
    check_int("code", code, 1, 3)
    n = cost.n_variables
    joined: list[set[int]] = [set() for _ in range(n)]
    for indices, _ in cost.terms:
        for i in indices:
            joined[i].update(indices)
    classes: list[list[int]] = []
    for bit in sorted(range(n), key=lambda k: -len(joined[k])):
        free = next((members for members in classes if not joined[bit].intersection(members)), None)
        if free is None:
            classes.append([bit])
        else:
            free.append(bit)
    cut = [tuple(members[k : k + code]) for members in classes for k in range(0, len(members), code)]
    return AccessCode(code, tuple(cut))


def relaxed(cost: Polynomial, placed: AccessCode) -> PauliSum:
    """The Hamiltonian that has each string's cost as its value in the state that holds the string.

    A product of d spins becomes k^(d/2) times the product of their letters. Source: arXiv:2111.03167, eq. 6, for
    products of any number of spins.
    """
    terms = []
    for indices, coefficient in cost.spins():
        letters = ["I"] * placed.n_qubits
        for bit in indices:
            qubit, letter = placed.places[bit]
            letters[qubit] = letter
        terms.append(("".join(letters), coefficient * placed.code ** (len(indices) / 2)))
    return PauliSum(placed.n_qubits, tuple(terms))


def _circuit(ansatz: Circuit | None, n_qubits: int) -> Circuit:
    if ansatz is None:
        return efficient_su2(n_qubits, 3, "circular")
    if not isinstance(ansatz, Circuit) or ansatz.n_qubits != n_qubits:
        raise ValueError(f"Argument `ansatz` must be a Circuit of {n_qubits} qubits, but is {ansatz!r:.60}.")
    return ansatz


def _rounded(psi: Any, placed: AccessCode, rounding: str, shots: int, rng: np.random.Generator) -> Bits:
    """Bits of a state that is known."""
    if rounding == "magic":
        return magic_rounding(psi, placed, shots, rng)
    return pauli_rounding([float(expectation(letter, psi)) for letter in placed.observables], rng)


def _read(
    objective: Objective, params: Floats, placed: AccessCode, rounding: str, shots: int, rng: np.random.Generator
) -> Bits:
    """Bits of the circuit on the backend; what that takes is added to the objective's bill."""
    backend, circuit = objective.backend, objective.circuit
    if rounding == "semideterministic":
        once = cost_of_run(backend, circuit, placed.observables)
        objective.circuits, objective.shots = objective.circuits + once.circuits, objective.shots + once.shots
        return pauli_rounding(backend.expectation(circuit, placed.observables, None, params)[0], rng)
    objective.shots += shots
    if isinstance(backend, Simulator) and backend.noise is None:
        objective.circuits += min(shots, len(placed.axes) ** placed.n_qubits)
        return magic_rounding(backend.state(circuit, None, params)[0], placed, shots, rng)
    rows, circuits = magic_rounding_on(backend, circuit, params, placed, shots, rng)
    objective.circuits += circuits
    return rows
