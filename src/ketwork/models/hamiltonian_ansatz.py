"""The Hamiltonian-variational ansatz: evolutions under parts of a Hamiltonian, in turn."""

from collections.abc import Sequence

from ketwork.checks import check_int
from ketwork.circuit import Circuit, w
from ketwork.models.evolution import evolve
from ketwork.operators.pauli import PauliSum


def hamiltonian_variational(
    groups: PauliSum | Sequence[PauliSum], layers: int, start: Circuit | None = None
) -> Circuit:
    """`layers` times exp(-i w H_g) for every group g of terms, each with its own weight; `start` comes first.

    groups: Hermitian sums on one register, or one sum, which is split into groups of commuting terms (the fewest that a
    greedy search finds). Terms of a group are applied one after the other: exact where they commute. Weights: layers *
    groups.
    Raises: ValueError for groups of different registers, that are not Hermitian, or hold no string but the identity.
    Source: Wecker, Hastings, Troyer, Phys. Rev. A 92 (2015) 042303, arXiv:1507.08969.
    """
    if not isinstance(groups, PauliSum | list | tuple):
        raise TypeError(f"Argument `groups` must be a PauliSum or a list of them, but is {type(groups).__name__}.")
    listed = commuting_groups(groups) if isinstance(groups, PauliSum) else list(groups)
    if not listed or not all(isinstance(group, PauliSum) for group in listed):
        raise TypeError("Argument `groups` must be a PauliSum or hold at least one, and nothing else.")
    n = listed[0].n_qubits
    for group in listed:
        if group.n_qubits != n:
            raise ValueError(f"Argument `groups` must act on one register, but on {n} and {group.n_qubits} qubits.")
        if not group.is_hermitian:
            raise ValueError("Argument `groups` must hold Hermitian sums, with real coefficients.")
        if not group.support:
            raise ValueError("Argument `groups` must hold sums with a string besides the identity, but one has none.")
    if start is not None and (not isinstance(start, Circuit) or start.n_qubits != n):
        raise ValueError(f"Argument `start` must be a Circuit of {n} qubits, but is {start!r:.60}.")
    circuit = Circuit(n) if start is None else start
    for _ in range(check_int("layers", layers, 0)):
        for group in listed:
            circuit = evolve(circuit, group, w[circuit.n_weights])
    return circuit


def commuting_groups(hamiltonian: PauliSum) -> list[PauliSum]:
    """The terms but the identity in groups that commute: each joins the first that it fits, the largest terms first."""
    groups: list[PauliSum] = []
    for string, coefficient in sorted(hamiltonian.terms, key=lambda term: -abs(term[1])):
        if set(string) == {"I"}:
            continue
        term = PauliSum(hamiltonian.n_qubits, ((string, coefficient),))
        for k, group in enumerate(groups):
            if all(commute(string, other) for other, _ in group.terms):
                groups[k] = group + term
                break
        else:
            groups.append(term)
    return groups


def commute(a: str, b: str) -> bool:
    """Whether two Pauli strings commute: they differ, neither of them I, in an even number of places."""
    return sum(p != q and "I" not in (p, q) for p, q in zip(a, b, strict=True)) % 2 == 0
