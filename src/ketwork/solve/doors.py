"""The solvers by name: what fits a Hamiltonian or an optimisation problem, what it needs, and a call to each."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_choice, check_int
from ketwork.circuit.circuit import Circuit
from ketwork.models.ansatz import efficient_su2, kandala
from ketwork.models.symmetric_ansatz import exchange_circuit
from ketwork.operators.lanczos import LANCZOS_QUBITS
from ketwork.operators.molecules import Molecule
from ketwork.operators.pauli import PauliSum, pauli_z
from ketwork.operators.problem import Problem
from ketwork.operators.qubo import Polynomial
from ketwork.optimize import METHODS, methods_with
from ketwork.seeds import Seed, generator
from ketwork.solve.adapt import ADAPT_METHODS, adapt
from ketwork.solve.alternating_circuit import ExchangeMixer
from ketwork.solve.conserving import orbital_fabric
from ketwork.solve.coupled_cluster import uccsd
from ketwork.solve.excitations import check_molecule
from ketwork.solve.objective import diagonal_values
from ketwork.solve.pauli_correlation import LOSS_METHODS, Encoding, cut_of, pauli_correlation, qubits_for
from ketwork.solve.pools import local_pool
from ketwork.solve.qaoa import qaoa
from ketwork.solve.random_access import access_code, random_access
from ketwork.solve.recursive_qaoa import recursive_qaoa
from ketwork.solve.solution import Answer, Solution, answer
from ketwork.solve.tensor_initialisation import tensor_vqe
from ketwork.solve.vqe import vqe

Subject = Molecule | PauliSum | Problem

HAMILTONIAN_METHODS = {
    "vqe": "layers of Euler rotations and CZ on a chain (Kandala), from random angles",
    "uccsd": "unitary coupled cluster with singles and doubles on Hartree-Fock; molecules",
    "adapt": "a circuit that grows by the generator of the steepest slope",
    "symmetry": "a circuit that keeps the numbers of electrons and the spin, or the total Z of a spin model",
    "tensor": "a circuit that starts from a matrix product state",
}
"""Methods for ground energies."""

PROBLEM_METHODS = {
    "qaoa": "quantum approximate optimisation, two angles a layer",
    "ma-qaoa": "QAOA with an angle a term",
    "ws-qaoa": "QAOA that starts from a relaxed solution",
    "rqaoa": "QAOA that fixes one variable after the other by its strongest correlation",
    "xy-qaoa": "QAOA that stays among strings with a single 1 in each group; one-hot problems",
    "cvar-qaoa": "QAOA trained on the best quarter of what is read",
    "vqe": "rotations and CX in layers (EfficientSU2), trained on the mean cost",
    "cvar-vqe": "the same, trained on the best quarter of what is read",
    "pce": "Pauli correlation encoding: many bits as signs of the correlations of few qubits",
    "qrao": "quantum random access optimisation: three bits a qubit",
}
"""Methods for optimisation problems."""

LOSSES = {"pce": "relaxed loss", "qrao": "relaxed energy"}
"""Methods whose history is not the cost of what is read, and what it is."""

RESUMABLE = ("vqe", "uccsd", "symmetry", "adapt", "cvar-vqe")
"""Methods that can go on from the state of an interrupted run."""

OPTIMIZERS = tuple(METHODS)
"""Names of optimisers."""

_WITHOUT_RULES = methods_with("value", "gradient", "metric", "fidelity")
FITTING = {"adapt": ADAPT_METHODS, "pce": LOSS_METHODS, "cvar-vqe": (*_WITHOUT_RULES, "block-natural-gradient")}
FITTING |= dict.fromkeys(("uccsd", "symmetry", "tensor"), tuple(name for name in METHODS if name != "rotoselect"))
FITTING |= dict.fromkeys([name for name in PROBLEM_METHODS if "qaoa" in name], _WITHOUT_RULES)
"""Optimisers of the methods that do not take all."""

STEPS = {
    **dict.fromkeys(("adam", "adamw", "sgd", "rmsprop", "aqgd", "adam-spsa"), 300), "cobyla": 1000, "nelder-mead": 1000,
    "l-bfgs": 500, "natural-gradient": 150, "block-natural-gradient": 150, "qn-spsa": 250, "spsa": 250, "cma-es": 200,
    "rotosolve": 30, "rotoselect": 30, "icans": 150, "rosalin": 150,
}  # fmt: skip
"""Steps that an optimiser is given."""

QAOA_QUBITS = 20
"""Up to here a problem is given to QAOA by default, above to Pauli correlation encoding."""

ALPHA = 0.25
"""The share of what is read that the CVaR methods count."""

SHOTS = 1024
"""Bit strings that are read at the end, where nothing else is said."""

WARM = 0.25
"""How far from 0 and 1 a warm start stays."""

_VECTORS = 4  # state vectors that a gradient keeps at a time
_SPREAD, _TILT = 0.05, 0.1  # of random starts near the reference state; of the start of ADAPT without a molecule
_PAIRS_UP_TO, _ENCODED_STEPS = 12, 300  # of Pauli correlation encoding
_OPERATORS, _ALL_PAIRS = 40, 10  # of ADAPT: operators at most; qubits up to which strings on all pairs are tried


@dataclass(frozen=True)
class Run:
    """How a method is run. optimizer None: SPSA where values are read from shots, else L-BFGS. done: steps that were
    made before `state`."""

    layers: int | None = None
    optimizer: str | None = None
    steps: int | None = None
    backend: Any = None
    seed: Seed = None
    callback: Callable[[int, Any, float], bool | None] | None = None
    state: dict[str, Any] | None = None
    done: int = 0

    @property
    def method(self) -> str:
        sampled = getattr(self.backend, "shots", None) is not None
        return self.optimizer or ("spsa" if sampled else "l-bfgs")

    @property
    def noisy(self) -> bool:
        """Whether it runs on a device, on which long circuits lose more than they gain."""
        return getattr(self.backend, "device", None) is not None

    def options(self, steps: int | None = None) -> dict[str, Any]:
        """Keywords of solvers that are one minimisation."""
        most = self.steps or steps or STEPS[self.method]
        left = most if self.method in ("l-bfgs", "cobyla") else max(most - self.done, 0)
        return {
            "method": self.method, "steps": left, "backend": self.backend, "seed": self.seed,
            "callback": self.callback, "state": self.state,
        }  # fmt: skip


# ---------------------------------------------------------------------- what fits
def methods_for(subject: Subject) -> dict[str, str]:
    """Names of methods and a sentence about each."""
    return PROBLEM_METHODS if isinstance(subject, Problem) else HAMILTONIAN_METHODS


def default_method(subject: Subject) -> str:
    """vqe for Hamiltonians; for problems qaoa up to `QAOA_QUBITS` qubits, else pce."""
    if not isinstance(subject, Problem):
        return "vqe"
    return "qaoa" if subject.n_qubits <= QAOA_QUBITS or subject.qubo().degree > 2 else "pce"


def qubits_needed(subject: Subject, method: str) -> int:
    """Qubits of the method's circuit."""
    if not isinstance(subject, Problem):
        return subject.n_qubits
    if method == "pce":
        nodes = cut_of(subject).n_nodes
        return Encoding(nodes, correlation_order(nodes)).n_qubits
    return access_code(subject.qubo()).n_qubits if method == "qrao" else subject.n_qubits


def correlation_order(nodes: int) -> int:
    """Of Pauli correlation encoding: 2, or 3 where that takes more than 12 qubits."""
    return 2 if qubits_for(nodes, 2) <= _PAIRS_UP_TO else 3


def check_method(
    subject: Subject, method: str, *, layers: int | None = None, optimizer: str | None = None, noisy: bool = False
) -> None:
    """Whether a method is there and fits.

    Raises: ValueError, with the nearest name, the methods that would do, or why not; MemoryError with the bytes.
    """
    here = methods_for(subject)
    kind = "an optimisation problem" if isinstance(subject, Problem) else "a Hamiltonian"
    if method not in here and method in {**HAMILTONIAN_METHODS, **PROBLEM_METHODS}:
        raise ValueError(f"Method {method!r} is not for {kind}; take one of {', '.join(here)}.")
    check_choice("method", method, (*here, "all"))
    if layers is not None:
        check_int("layers", layers, 1)
    if optimizer is not None:
        check_choice("optimizer", optimizer, OPTIMIZERS)
        if optimizer not in FITTING.get(method, OPTIMIZERS):
            raise ValueError(f"Method {method!r} takes the optimisers {', '.join(FITTING[method])}, not {optimizer!r}.")
    if isinstance(subject, Problem):
        _check_problem(subject, method)
    else:
        _check_hamiltonian(subject, method, noisy)
    check_memory(qubits_needed(subject, method), method, isinstance(subject, Problem) and subject.qubo().degree <= 2)


def _check_hamiltonian(subject: Molecule | PauliSum, method: str, noisy: bool) -> None:
    if method == "uccsd":
        if not isinstance(subject, Molecule):
            raise ValueError("Method 'uccsd' is for molecules, and this is a Hamiltonian without electrons.")
        check_molecule(subject)
    if isinstance(subject, PauliSum) and not subject.is_hermitian:
        raise ValueError("The Hamiltonian must be Hermitian, but has complex coefficients.")
    if method == "symmetry" and isinstance(subject, PauliSum) and not keeps_total_z(subject):
        raise ValueError("Method 'symmetry' is for molecules and sums that keep the total Z, and this one does not.")
    if method == "tensor" and not 2 <= subject.n_qubits <= 22:
        raise ValueError(f"Method 'tensor' is for 2 to 22 qubits, but there are {subject.n_qubits}.")


def _check_problem(problem: Problem, method: str) -> None:
    if method in ("pce", "qrao") and problem.qubo().degree > 2:
        raise ValueError(f"Method {method!r} is for quadratic costs, but this has degree {problem.qubo().degree}.")
    if method == "xy-qaoa" and not one_hot_groups(problem):
        raise ValueError(
            "Method 'xy-qaoa' is for problems with groups of which exactly one variable is 1, such as graph colouring "
            f"or quadratic assignment, and {type(problem).__name__} has none."
        )


def check_memory(n_qubits: int, method: str, encodable: bool = False) -> None:
    """Raises: MemoryError that names the bytes, where state vectors of so many qubits do not fit the machine.

    encodable: whether Pauli correlation encoding would do as well.
    """
    needed = _VECTORS * 16 << n_qubits
    if not hasattr(os, "sysconf"):
        return
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > there:
        remedy = " Method pce takes far fewer qubits." if encodable and method not in ("pce", "qrao") else ""
        bytes_ = f"{needed:,}" if n_qubits < 60 else f"{float(_VECTORS * 16 * 2.0 ** min(n_qubits, 1000)):.1e}"
        raise MemoryError(
            f"Simulating {method} on {n_qubits} qubits needs {bytes_} bytes, but the machine has {there:,}.{remedy}"
        )


def keeps_total_z(hamiltonian: PauliSum) -> bool:
    """Whether a sum commutes with the sum of all Z."""
    n = hamiltonian.n_qubits
    total = PauliSum(n, tuple(pauli_z(q, n).terms[0] for q in range(n)))
    return not hamiltonian.commutator(total).chop().terms


def one_hot_groups(problem: Problem) -> tuple[tuple[int, ...], ...]:
    """Disjoint groups of variables of which exactly one is 1, the first that the constraints name."""
    taken: set[int] = set()
    groups = []
    for c in problem.constraints:
        if c.sense == "==" and c.right == 1 and set(c.coefficients) == {1} and not taken & set(c.indices):
            taken |= set(c.indices)
            groups.append(c.indices)
    return tuple(g for g in groups if len(g) > 1)


# ---------------------------------------------------------------------- Hamiltonians
def solve_hamiltonian(subject: Molecule | PauliSum, method: str = "vqe", **how: Any) -> Solution:
    """The ground energy by a method of `HAMILTONIAN_METHODS`. how: fields of `Run`.

    layers: of the circuit; default as many as qubits, at most 8, on a noisy device 1 (tensor: 2). steps: of the
    optimiser; of adapt, how many operators are added at most.
    Raises: ValueError for methods that do not fit, MemoryError for too many qubits.
    """
    run = Run(**how)
    check_method(subject, method, layers=run.layers, optimizer=run.optimizer)
    hamiltonian = subject.hamiltonian if isinstance(subject, Molecule) else subject
    n = hamiltonian.n_qubits
    if method == "adapt":
        return _adapt(subject, run)
    if method == "tensor":
        options = run.options()
        del options["state"]
        return tensor_vqe(hamiltonian, layers=run.layers or 2, **options)
    rng = generator(run.seed)
    if method == "vqe":
        circuit = kandala(n, run.layers or (1 if run.noisy else min(n, 8)))
        start = rng.uniform(-np.pi, np.pi, circuit.n_weights)
    elif method == "uccsd" and isinstance(subject, Molecule):
        circuit = uccsd(subject, run.layers or 1)
        start = _SPREAD * rng.normal(size=circuit.n_weights)
    else:
        circuit = _symmetric(subject, run.layers)
        start = _SPREAD * rng.normal(size=circuit.n_weights)
        if isinstance(subject, PauliSum):
            start = rng.uniform(-np.pi, np.pi, circuit.n_weights)
    return replace(vqe(hamiltonian, circuit, start=start, **run.options()), method=method)


def _symmetric(subject: Molecule | PauliSum, layers: int | None) -> Circuit:
    if isinstance(subject, Molecule):
        return orbital_fabric(subject, layers or max(2, subject.n_orbitals))
    return exchange_circuit(subject.n_qubits, bonds(subject), layers or min(subject.n_qubits, 8))


def bonds(hamiltonian: PauliSum) -> tuple[tuple[int, int], ...]:
    """The pairs of qubits that strings on two qubits join, in order; neighbours where there are none."""
    found: dict[tuple[int, ...], None] = {}
    for string, _ in hamiltonian.terms:
        places = tuple(q for q, letter in enumerate(string) if letter != "I")
        if len(places) == 2:
            found[places] = None
    return tuple((a, b) for a, b in sorted(found)) or tuple((q, q + 1) for q in range(hamiltonian.n_qubits - 1))


def _adapt(subject: Molecule | PauliSum, run: Run) -> Solution:
    """Fermionic excitations of a molecule; else strings on one and two qubits, from the best basis state, a little
    tilted, since many strings have no slope exactly there."""
    method = run.method if run.optimizer is not None else "l-bfgs"
    options: dict[str, Any] = {"method": method, "backend": run.backend, "callback": run.callback}
    rng = generator(run.seed)
    options |= {"operators": run.steps or _OPERATORS, "seed": int(rng.integers(2**31)), "state": run.state}
    if isinstance(subject, Molecule):
        return adapt(subject, **options)
    real = all(string.count("Y") % 2 == 0 for string, _ in subject.terms)
    n = subject.n_qubits
    pool = local_pool(n, None if n <= _ALL_PAIRS else bonds(subject), real=real)
    start = basis_state(subject)
    for q, angle in enumerate(_TILT * rng.normal(size=n)):
        start = start.ry(q, float(angle))
    return adapt(subject, pool, start=start, **options)


def basis_state(hamiltonian: PauliSum) -> Circuit:
    """X where the basis state of the lowest energy is 1: the best by the strings of I and Z."""
    n = hamiltonian.n_qubits
    check_int("n_qubits", n, 1, LANCZOS_QUBITS)
    diagonal = PauliSum(n, tuple(t for t in hamiltonian.terms if not set(t[0]) & set("XY")))
    best = int(np.argmin(diagonal_values(diagonal)))
    circuit = Circuit(n)
    for q in range(n):
        if best >> (n - 1 - q) & 1:
            circuit = circuit.x(q)
    return circuit


# ---------------------------------------------------------------------- optimisation problems
def solve_problem(
    problem: Problem, method: str | None = None, *, shots: int | None = None, rounds: int = 1, **how: Any
) -> Answer:
    """An answer by a method of `PROBLEM_METHODS`; None: `default_method`. how: fields of `Run`.

    shots: bit strings that are read at the end, default 1024. rounds: of local search on the best of them. layers:
    default 3 for QAOA (1 with an angle a term and for rqaoa), 2 for vqe, as many as give a weight a variable for pce.
    Raises: ValueError for methods that do not fit, MemoryError for too many qubits.
    """
    chosen, run = method or default_method(problem), Run(**how)
    check_method(problem, chosen, layers=run.layers, optimizer=run.optimizer)
    count = SHOTS if shots is None else check_int("shots", shots, 1)
    solution = _solved(problem, chosen, run, count)
    if chosen == "pce":  # its bit-flip search is part of the method
        solution = replace(solution, samples=solution.extra["searched"])
    return answer(problem, replace(solution, method=chosen), rounds)


def _solved(problem: Problem, method: str, run: Run, shots: int) -> Solution:
    """The solution with strings of the problem's QUBO or variables as samples."""
    if method in ("vqe", "cvar-vqe"):
        circuit = efficient_su2(problem.n_qubits, run.layers or 2)
        start = generator(run.seed).uniform(-np.pi, np.pi, circuit.n_weights)
        alpha = ALPHA if method == "cvar-vqe" else 1.0
        return vqe(problem.ising(), circuit, start=start, alpha=alpha, samples=shots, **run.options())
    if method == "pce":
        order = correlation_order(cut_of(problem).n_nodes)
        return pauli_correlation(problem, order, layers=run.layers, **run.options(_ENCODED_STEPS))
    if method == "qrao":
        circuit = efficient_su2(qubits_needed(problem, "qrao"), run.layers or 3)
        return random_access(problem, ansatz=circuit, shots=shots, **run.options())
    return _alternating(problem, method, run, shots)


def _alternating(problem: Problem, method: str, run: Run, shots: int) -> Solution:
    """QAOA and its variants."""
    variant: dict[str, Any] = {"alpha": ALPHA} if method == "cvar-qaoa" else {}
    if method == "ma-qaoa":
        variant["angles"] = "multi"
    if method == "xy-qaoa":
        variant["mixer"] = ExchangeMixer("ring", one_hot_groups(problem))
    if method == "ws-qaoa":
        variant["warm_start"] = relaxation(problem.qubo(), generator(run.seed))
    options = run.options()
    del options["state"]
    if method == "rqaoa":
        return recursive_qaoa(problem, run.layers or 1, **options)
    layers = run.layers or (1 if method == "ma-qaoa" else 3)
    return qaoa(problem, layers, shots=shots, **options, **variant)


def relaxation(cost: Polynomial, rng: np.random.Generator) -> NDArray[np.float64]:
    """(n,) values in [0.25, 0.75] near a local minimum of a cost over [0, 1]^n: a warm start that rules nothing out.

    Source: Egger, Marecek, Woerner, Quantum 5 (2021) 479, arXiv:2009.10095, with its epsilon of 0.25 and a local search
    in the box in place of a convex relaxation, which penalties do not have.
    """
    from scipy.optimize import minimize as descend

    terms = [(list(indices), c) for indices, c in cost.terms if indices]

    def value_and_gradient(x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value, gradient = cost.constant, np.zeros_like(x)
        for indices, c in terms:
            part = x[indices]
            value += c * float(part.prod())
            for k, place in enumerate(indices):
                gradient[place] += c * float(np.delete(part, k).prod())
        return value, gradient

    start = rng.uniform(0.4, 0.6, cost.n_variables)
    found = descend(value_and_gradient, start, jac=True, method="L-BFGS-B", bounds=[(0, 1)] * cost.n_variables)
    return np.clip(found.x, WARM, 1 - WARM)
