"""What quantum solvers are held against: exact and classical answers to the same problem, each with its time."""

import importlib.util
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ketwork.checks import need_extra
from ketwork.experiments.ledger import Ledger, Row
from ketwork.experiments.problem_names import Posed
from ketwork.experiments.task import UserError
from ketwork.operators import MaxCut, Molecule, Problem, ground_energy
from ketwork.solve import anneal, cp_sat, exhaustive, goemans_williamson, greedy, highs
from ketwork.solve.heuristics import local_search
from ketwork.solve.pauli_correlation import flip_search
from ketwork.solve.references import Reference, best_of

EXACT_QUBITS = 20
"""Hamiltonians up to here are diagonalised."""

EXHAUSTIVE_BITS = 20
"""Problems up to here have every bit string tried."""

MOST_RANDOM = 100_000
"""Random strings at most."""

_PIECE = 2000  # of them at a time: with 800 bits each they would else fill the memory
_DISTINCT = 200  # values of a distribution; more are put into bins


def energy_references(posed: Posed, ledger: Ledger) -> list[Row]:
    """Known and exact energies of a Hamiltonian, the exact one first where there is one. Rows: method, value, took
    (seconds, None where it was stated beforehand), proven, note."""
    rows, molecule = [], posed.molecule
    if posed.n_qubits <= EXACT_QUBITS:
        rows.append(ledger.row("exact diagonalisation", partial(_exact, posed)))
    elif molecule is not None and molecule.fci_energy is not None:
        rows.append(ledger.row("full configuration interaction", partial(_stated, "FCI", molecule.fci_energy, True)))
    if molecule is not None:
        if molecule.hf_energy is not None:
            rows.append(ledger.row("Hartree-Fock", partial(_stated, "Hartree-Fock", molecule.hf_energy)))
        if importlib.util.find_spec("pyscf") is not None:
            rows.append(ledger.row("coupled cluster", partial(_coupled_cluster, molecule)))
    return [row for row in rows if row["value"] is not None]


def _exact(posed: Posed) -> Row:
    hamiltonian, molecule = posed.hamiltonian, posed.molecule
    if hamiltonian is None:
        raise TypeError("Argument `posed` must have a Hamiltonian.")
    started = time.perf_counter()
    if molecule is None:
        value, note = ground_energy(hamiltonian), "Lanczos (dense up to 128 states)"
    else:
        up, down = molecule.electrons
        value = ground_energy(hamiltonian, molecule.sector)
        note = f"the lowest energy with {up} and {down} electrons of spin up and down"
    row = _row("exact diagonalisation", value, time.perf_counter() - started, True, note)
    stated = None if molecule is None else molecule.fci_energy
    if stated is not None and abs(stated - value) > 1e-6:
        row["note"] += f"; contradicts the stated exact energy, {stated:.8f}, which is not used"
        row["contradicts"] = True
    return row


def _stated(method: str, value: float, proven: bool = False) -> Row:
    return _row(method, value, None, proven, "stated with the molecule")


def _coupled_cluster(molecule: Molecule) -> Row:
    """CCSD by PySCF in the molecule's active space; no value for open shells, or where Hartree-Fock does not agree."""
    name = "coupled cluster (CCSD)"
    if molecule.spin or not molecule.geometry:
        return _row(name, None, None, False, "only closed shells are computed")
    gto, scf, cc = (need_extra(f"pyscf.{part}", "chemistry") for part in ("gto", "scf", "cc"))
    started = time.perf_counter()
    there = gto.M(atom=list(molecule.geometry), basis=molecule.basis, charge=molecule.charge, symmetry=True, verbose=0)
    solved = scf.RHF(there)
    solved.conv_tol = 1e-11
    solved.run()
    if molecule.hf_energy is None or abs(float(solved.e_tot) - molecule.hf_energy) > 1e-5:
        return _row(name, None, None, False, "its Hartree-Fock energy is not the stated one")
    frozen = [k for k in range(len(solved.mo_occ)) if molecule.orbitals and k not in molecule.orbitals]
    try:
        found = cc.CCSD(solved, frozen=frozen or None)
        found.verbose = 0
        found.run()
    except Exception as error:  # PySCF raises what its arrays raise, such as for spaces without a double excitation
        return _row(name, None, None, False, f"PySCF could not: {error}")
    value = float(found.e_tot) if found.converged else None
    return _row(name, value, time.perf_counter() - started, False, "PySCF, Hartree-Fock included")


def _row(method: str, value: float | None, took: float | None, proven: bool, note: str = "", **more: Any) -> Row:
    return {"kind": "reference", "method": method, "value": value, "took": took, "proven": proven, "note": note, **more}


# ---------------------------------------------------------------------- optimisation problems
def problem_references(problem: Problem, ledger: Ledger, seconds: float, seed: int) -> list[Row]:
    """Classical answers to a problem; HiGHS and CP-SAT get `seconds` each. Rows as of `energy_references`, with bits,
    feasible and bound; value None where nothing feasible was found.

    Raises: UserError when the problem is proved to have no solution.
    """
    table = _contenders(problem, seconds, seed)
    return [ledger.row(name, partial(_answered, name, solve)) for name, solve in table.items()]


def _contenders(problem: Problem, seconds: float, seed: int) -> dict[str, Callable[[], Reference]]:
    table: dict[str, Callable[[], Reference]] = {"HiGHS": lambda: highs(problem, seconds)}
    if importlib.util.find_spec("ortools") is not None:
        table["CP-SAT"] = lambda: cp_sat(problem, seconds, seed=seed)
    if problem.n_variables <= EXHAUSTIVE_BITS:
        table["exhaustive search"] = lambda: exhaustive(problem)
    table["simulated annealing"] = lambda: anneal(problem, seed=seed)
    if isinstance(problem, MaxCut) and min(problem.weights or (0.0,), default=0.0) >= 0 and problem.edges:
        table["Goemans-Williamson"] = lambda: goemans_williamson(problem, seed=seed)
    table["greedy"] = lambda: greedy(problem)
    return table


def _answered(name: str, solve: Callable[[], Reference]) -> Row:
    started = time.perf_counter()
    try:
        found = solve()
    except TypeError:  # there is no such rule for this kind of problem
        return _row(name, None, None, False, "not for this kind of problem", bound=None, feasible=False, skipped=True)
    except ValueError as error:
        if "no feasible bit string" in str(error) or "cannot hold" in str(error):
            raise UserError(str(error)) from None
        took = time.perf_counter() - started
        return _row(name, None, took, False, str(error), bound=None, feasible=False)
    value = found.objective if found.feasible else None
    note = "; ".join(word for word in (found.note, "" if found.feasible else "nothing feasible found") if word)
    bits = "".join(map(str, found.bits.tolist()))
    return _row(
        found.method, value, found.seconds, found.proven, note,
        bound=found.bound, feasible=found.feasible, bits=bits, contradicts=found.note != "",
    )  # fmt: skip


def random_row(problem: Problem, strings: int, rounds: int, seed: int, flips: bool = False) -> Row:
    """The best of so many random strings (at most 100,000), with the local search that the quantum methods get.

    flips: the flips of single bits with which Pauli correlation encoding ends come first.
    """
    started = time.perf_counter()
    rng, left = np.random.default_rng([seed, 77]), min(max(strings, 1), MOST_RANDOM)
    rows = rng.integers(0, 2, (min(left, _PIECE), problem.n_variables), np.uint8)
    best, seen, drawn = best_of(problem, rows), distribution(problem, rows), len(rows)
    for first in range(drawn, left, _PIECE):
        more = rng.integers(0, 2, (min(left - first, _PIECE), problem.n_variables), np.uint8)
        best = best_of(problem, np.vstack([best[None], more]))
    raw = problem.check(best)
    if flips:
        best = problem.decode(flip_search(problem.qubo(), problem.complete(best)))
    found = problem.check(local_search(problem, best, rounds) if rounds else best)
    return {
        "kind": "random",
        "method": "random strings",
        "seed": seed,
        "strings": min(strings, MOST_RANDOM),
        "objective": found.objective,
        "feasible": found.feasible,
        "raw_objective": raw.objective,
        "raw_feasible": raw.feasible,
        "distribution": seen,  # of the first strings
        "drawn": drawn,
        "took": time.perf_counter() - started,
    }


def distribution(problem: Problem, strings: Any) -> list[list[float]]:
    """[objective, how often] of the feasible among bit strings (S, n_variables), in at most 200 bins."""
    values = problem.objective.values(strings)[problem.feasible(strings)]
    if not len(values):
        return []
    different, counts = np.unique(np.round(values, 9), return_counts=True)
    if len(different) > _DISTINCT:
        counts, edges = np.histogram(values, _DISTINCT)
        different = (edges[1:] + edges[:-1]) / 2
    return [[float(v), int(c)] for v, c in zip(different, counts, strict=True) if c]
