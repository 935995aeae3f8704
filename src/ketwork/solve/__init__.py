"""Solvers: variational ones, and the classical references they are held against."""

from ketwork.models.symmetric_ansatz import exchange_circuit, number_conserving
from ketwork.solve.adapt import adapt
from ketwork.solve.annealing import anneal
from ketwork.solve.conserving import orbital_fabric
from ketwork.solve.coupled_cluster import k_upccgsd, uccgsd, uccsd
from ketwork.solve.deflation import deflate
from ketwork.solve.doors import solve_hamiltonian, solve_problem
from ketwork.solve.goemans_williamson import goemans_williamson
from ketwork.solve.heuristics import greedy, local_search, mender
from ketwork.solve.highs import highs
from ketwork.solve.objective import Objective
from ketwork.solve.pauli_correlation import pauli_correlation
from ketwork.solve.pools import local_pool, molecule_pool
from ketwork.solve.qaoa import qaoa, transfer
from ketwork.solve.random_access import random_access
from ketwork.solve.recursive_qaoa import recursive_qaoa
from ketwork.solve.references import Reference, best_of, cp_sat, exhaustive, random_search
from ketwork.solve.solution import Answer, Solution, answer
from ketwork.solve.tensor_initialisation import tensor_start, tensor_vqe
from ketwork.solve.vqe import vqe

__all__ = [
    "Answer",
    "Objective",
    "Reference",
    "Solution",
    "adapt",
    "anneal",
    "answer",
    "best_of",
    "cp_sat",
    "deflate",
    "exchange_circuit",
    "exhaustive",
    "goemans_williamson",
    "greedy",
    "highs",
    "k_upccgsd",
    "local_pool",
    "local_search",
    "mender",
    "molecule_pool",
    "number_conserving",
    "orbital_fabric",
    "pauli_correlation",
    "qaoa",
    "random_access",
    "random_search",
    "recursive_qaoa",
    "solve_hamiltonian",
    "solve_problem",
    "tensor_start",
    "tensor_vqe",
    "transfer",
    "uccgsd",
    "uccsd",
    "vqe",
]
