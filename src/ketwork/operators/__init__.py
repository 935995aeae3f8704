"""Operators on qubits, as values: Pauli sums and what makes them."""

from ketwork.operators.assignment_problems import QuadraticAssignment, TravellingSalesman
from ketwork.operators.fermions import Encoding, encoding
from ketwork.operators.graph_problems import GraphColouring, IndependentSet, MaxCut
from ketwork.operators.grouping import BasisGroup, CliffordGroup, group_commuting, group_qubitwise
from ketwork.operators.instances import load_instance, load_solution
from ketwork.operators.interchange import from_openfermion, from_qiskit, to_openfermion, to_qiskit
from ketwork.operators.lanczos import basis_states, ground_energy, ground_state, linear_operator, sparse_matrix
from ketwork.operators.molecule_files import load_hamiltonian, load_molecule, molecule_names, save_molecule
from ketwork.operators.molecules import Molecule, molecule
from ketwork.operators.number_problems import Knapsack, LowAutocorrelation, MarketShare, MarketSplit, NumberPartition
from ketwork.operators.pauli import PauliSum, hermitian, pauli, pauli_z
from ketwork.operators.problem import Checked, Constraint, Problem
from ketwork.operators.qubo import Polynomial
from ketwork.operators.tapering import Tapering, find_symmetries, tapering

__all__ = [
    "BasisGroup",
    "Checked",
    "CliffordGroup",
    "Constraint",
    "Encoding",
    "GraphColouring",
    "IndependentSet",
    "Knapsack",
    "LowAutocorrelation",
    "MarketShare",
    "MarketSplit",
    "MaxCut",
    "Molecule",
    "NumberPartition",
    "PauliSum",
    "Polynomial",
    "Problem",
    "QuadraticAssignment",
    "Tapering",
    "TravellingSalesman",
    "basis_states",
    "encoding",
    "find_symmetries",
    "from_openfermion",
    "from_qiskit",
    "ground_energy",
    "ground_state",
    "group_commuting",
    "group_qubitwise",
    "hermitian",
    "linear_operator",
    "load_hamiltonian",
    "load_instance",
    "load_molecule",
    "load_solution",
    "molecule",
    "molecule_names",
    "pauli",
    "pauli_z",
    "save_molecule",
    "sparse_matrix",
    "tapering",
    "to_openfermion",
    "to_qiskit",
]
