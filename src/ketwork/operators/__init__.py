"""Operators on qubits, as values: Pauli sums and what makes them."""

from ketwork.operators.pauli import PauliSum, hermitian, pauli, pauli_z

__all__ = ["PauliSum", "hermitian", "pauli", "pauli_z"]
