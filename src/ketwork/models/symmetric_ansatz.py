"""Ansaetze that keep the number of ones: for electrons, for spin models, for data that have such a number."""

from collections.abc import Sequence
from itertools import combinations
from math import comb

import numpy as np

from ketwork.checks import check_int
from ketwork.circuit.angle import Angle, w
from ketwork.circuit.circuit import Circuit
from ketwork.models.evolution import evolve
from ketwork.operators.pauli import PauliSum
from ketwork.operators.spins import Lattice

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
    if not isinstance(digits, str) or len(digits) != n or set(digits) - {"0", "1"}:
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


def excitation_circuit(
    n_qubits: int, ones: int | Sequence[int], layers: int = 1, singles: bool = True, doubles: bool = True
) -> Circuit:
    """All excitations from a basis state as Givens rotations: of a one, and of a pair of ones, to where it is zero.

    ones: how many, then the first qubits, or which qubits. A single moves a one from i to a by the exponential of
    w/2 (|a><i| - |i><a|), a double two ones from i, j to a, b. Doubles come before singles, each with a weight; all
    zero is the basis state. Keeps the number of ones; unlike fermions it knows no signs.
    Source: Arrazola et al., Quantum 6 (2022) 742, arXiv:2106.13839 (their single and double excitation gates).
    """
    n = check_int("n_qubits", n_qubits, 2)
    given = range(check_int("ones", ones, 0, n)) if isinstance(ones, int | np.integer) else ones
    full = sorted(_places(n, list(given)))
    empty = [q for q in range(n) if q not in full]
    circuit = Circuit(n)
    for q in full:
        circuit = circuit.x(q)
    for _ in range(check_int("layers", layers, 0)):
        for old in combinations(full, 2) if doubles else ():
            for new in combinations(empty, 2):
                circuit = double_excitation(circuit, old, new, w[circuit.n_weights])
        for i in full if singles else ():
            for a in empty:
                circuit = single_excitation(circuit, i, a, w[circuit.n_weights])
    return circuit


def single_excitation(circuit: Circuit, old: int, new: int, angle: Angle | float) -> Circuit:
    """The circuit, then cos(angle/2) and sin(angle/2) between a one at `old` and a one at `new`: a Givens rotation.

    |1 0> becomes cos(angle/2)|1 0> + sin(angle/2)|0 1>, qubits in the order old, new; 00 and 11 stay.
    """
    return circuit.xx_plus_yy(new, old, angle, -np.pi / 2)


def double_excitation(circuit: Circuit, old: tuple[int, int], new: tuple[int, int], angle: Angle | float) -> Circuit:
    """The circuit, then cos(angle/2) and sin(angle/2) between ones at the two `old` qubits and at the two `new` ones.

    |11 00> becomes cos(angle/2)|11 00> + sin(angle/2)|00 11>; all other basis states stay. Eight Pauli rotations that
    commute.
    """
    return evolve(circuit, _DOUBLE.placed((*old, *new), circuit.n_qubits), angle)


def _pair_move() -> PauliSum:
    """(i/2)(|0011><1100| - |1100><0011|): exp(-i angle times this) is the double excitation."""
    up = np.zeros((16, 16), complex)
    up[0b0011, 0b1100] = 0.5j
    return PauliSum.from_matrix(up + up.conj().T)


_DOUBLE = _pair_move()


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
