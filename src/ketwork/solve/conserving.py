"""Circuits that keep what the Hamiltonian keeps: the number of ones, of electrons with either spin, the total spin."""

from collections.abc import Sequence
from math import comb

import numpy as np

from ketwork.checks import check_int
from ketwork.circuit.angle import w
from ketwork.circuit.circuit import Circuit
from ketwork.operators.molecules import Molecule
from ketwork.operators.spins import Lattice
from ketwork.solve.excitations import check_molecule, excitation, excite, reference_circuit

Edges = Lattice | Sequence[tuple[int, int]]

_MOST_LAYERS = 200


def number_conserving(
    n_qubits: int, ones: int | Sequence[int], layers: int | None = None, real: bool = True
) -> Circuit:
    """A brick wall of gates A on neighbours, on a basis state: it keeps the number of ones. In the space of 01 and 10

    A(theta, phi) = [[cos theta, e^(i phi) sin theta], [e^(-i phi) sin theta, -cos theta]], and 1 elsewhere.

    ones: how many, which are then spread out evenly, or which qubits. layers: of gates on pairs (0, 1), (2, 3), ... and
    then (1, 2), (3, 4), ...; default two more than hold as many gates as there are states, C(n, ones), at most 200.
    real: one weight a gate, theta; else a second one, phi. All zero is the basis state.
    The sign of -cos theta matters: rotations without it make, along a Jordan-Wigner chain, single determinants alone.
    For Jordan-Wigner molecules (it mixes their spins: see `orbital_fabric`) and spin models that keep the total Z.
    Source: Gard et al., arXiv:1904.10910, eq. 2.
    """
    n = check_int("n_qubits", n_qubits, 2)
    chosen = _places(n, ones)
    if layers is None:  # a layer has (n - 1)/2 gates on average
        layers = min(-(-2 * comb(n, len(chosen)) // (n - 1)) + 2, _MOST_LAYERS)
    circuit = Circuit(n)
    for q in chosen:
        circuit = circuit.x(q)
    k = 0
    for layer in range(check_int("layers", layers, 0)):
        for q in range(layer % 2, n - 1, 2):
            phase = -np.pi / 2 if real else w[k + 1] - np.pi / 2
            circuit = circuit.z(q).cz(q, q + 1).xx_plus_yy(q, q + 1, 2 * w[k], phase)
            k += 1 if real else 2
    return circuit


def exchange_circuit(n_qubits: int, edges: Edges, layers: int = 1, start: str | None = None) -> Circuit:
    """For spin models that keep the total Z: exp(-i a (XX + YY)/2) and exp(-i b ZZ/2) on every edge, exp(-i c Z/2) on
    every site, a layer after the other, each gate with a weight of its own.

    start: digits of the basis state; default 0101... With a = b on an edge, it keeps the total spin as well.
    """
    n = check_int("n_qubits", n_qubits, 2)
    pairs = [(check_int("edges", a, 0, n - 1), check_int("edges", b, 0, n - 1)) for a, b in _edges(edges)]
    digits = "01" * (n // 2) + "0" * (n % 2) if start is None else start
    if len(digits) != n or set(digits) - {"0", "1"}:
        raise ValueError(f"Argument `start` must have a digit 0 or 1 for each of {n} qubits, but is {start!r}.")
    circuit = Circuit(n)
    for q, digit in enumerate(digits):
        circuit = circuit.x(q) if digit == "1" else circuit
    k = 0
    for _ in range(check_int("layers", layers, 0)):
        for a, b in pairs:
            circuit = circuit.xx_plus_yy(a, b, 2 * w[k]).rzz(a, b, w[k + 1])
            k += 2
        for q in range(n):
            circuit = circuit.rz(q, w[k])
            k += 1
    return circuit


def orbital_fabric(molecule: Molecule, layers: int = 1) -> Circuit:
    """A brick wall on neighbouring orbitals from the Hartree-Fock state: on each pair an exchange of electron pairs and
    a rotation of the orbitals, the same for both spins.

    Keeps the numbers of electrons of either spin and the total spin, under every encoding. Two weights a pair; all zero
    is Hartree-Fock. As orbitals are ordered by energy, rotations alone start without effect where both orbitals are
    empty or full; start at small random weights.
    Source: Anselmetti, Wierichs, Gogolin, Parrish, arXiv:2104.05695, gates Q_PX and Q_OR.
    """
    n = check_molecule(molecule).n_orbitals
    circuit = reference_circuit(molecule)
    k = 0
    for layer in range(check_int("layers", layers, 0) * 2):
        for p in range(layer % 2, n - 1, 2):
            up, down = (2 * p + 2, 2 * p + 3), (2 * p, 2 * p + 1)
            circuit = excite(circuit, excitation(molecule, up, down), w[k])
            for s in (0, 1):
                circuit = excite(circuit, excitation(molecule, (up[s],), (down[s],)), w[k + 1])
            k += 2
    return circuit


def _places(n: int, ones: int | Sequence[int]) -> list[int]:
    """The qubits that start as 1."""
    if isinstance(ones, (int, np.integer)):
        count = check_int("ones", ones, 0, n)
        return [int((2 * k + 1) * n / (2 * count)) for k in range(count)]
    chosen = [check_int("ones", q, 0, n - 1) for q in ones]
    if len(set(chosen)) < len(chosen):
        raise ValueError(f"Argument `ones` must name different qubits, but is {list(ones)}.")
    return chosen


def _edges(edges: Edges) -> Sequence[tuple[int, int]]:
    return edges.edges if isinstance(edges, Lattice) else edges
