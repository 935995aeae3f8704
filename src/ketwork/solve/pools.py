"""Pools of generators that an adaptive circuit is grown from: fermionic, qubit and Pauli-string excitations."""

from collections.abc import Sequence
from itertools import combinations, product
from math import sqrt

from ketwork.checks import check_choice, check_int
from ketwork.operators.molecules import Molecule
from ketwork.operators.pauli import PauliSum, pauli
from ketwork.operators.spins import Lattice
from ketwork.solve.excitations import (
    Excitation,
    Move,
    check_molecule,
    double_moves,
    excitation,
    general_double_moves,
    general_single_moves,
    move_name,
    occupied_modes,
    single_moves,
)

POOLS = ("fermionic", "spin-adapted", "qubit-excitation", "pauli")
"""The pools of a molecule by name, for `molecule_pool`."""


def molecule_pool(molecule: Molecule, kind: str = "fermionic", generalized: bool = False) -> tuple[Excitation, ...]:
    """A pool by name, one of `POOLS`; generalized: excitations between all modes, whether occupied or not."""
    check_choice("kind", kind, POOLS)
    if kind == "spin-adapted":
        return spin_adapted_pool(molecule, generalized)
    if kind == "qubit-excitation":
        return qubit_excitation_pool(molecule, generalized)
    return pauli_pool(molecule, generalized) if kind == "pauli" else fermionic_pool(molecule, generalized)


def fermionic_pool(molecule: Molecule, generalized: bool = False) -> tuple[Excitation, ...]:
    """Single and double excitations that keep the spins, under any encoding.

    Source: Grimsley, Economou, Barnes, Mayhall, arXiv:1812.11173.
    """
    return tuple(excitation(molecule, *move) for move in _moves(molecule, generalized))


def spin_adapted_pool(molecule: Molecule, generalized: bool = False) -> tuple[Excitation, ...]:
    """Sums of excitations that are alike but for their spins, so that a singlet stays one as far as the parts of a sum
    commute; the generator is normalised to the length of its coefficients of excitations.

    Singles: both spins. Doubles: singlet and triplet couplings of two electrons. Their parts are applied one after the
    other. For closed shells. Source: Grimsley et al., arXiv:1812.11173, supplementary note 1.
    Raises: ValueError for a molecule with unpaired electrons.
    """
    if check_molecule(molecule).spin:
        raise ValueError(f"{molecule.name} has {molecule.spin} unpaired electrons: take the pool 'fermionic'.")
    moves = _moves(molecule, generalized)
    found: list[Excitation] = []
    for a, i in sorted({(new[0] // 2, old[0] // 2) for new, old in moves if len(new) == 1}):
        both: dict[Move, float] = {((2 * a + s,), (2 * i + s,)): 1.0 for s in (0, 1)}
        found.append(_combined(molecule, f"{i} -> {a}", both))
    pairs = {
        (tuple(sorted(p // 2 for p in new)), tuple(sorted(p // 2 for p in old))) for new, old in moves if len(new) == 2
    }
    for (a, b), (i, j) in sorted(pairs):
        for name, sign in (("singlet", 1.0), ("triplet", -1.0)):
            weights = _coupled((a, b), (i, j), sign)
            if weights:
                found.append(_combined(molecule, f"{i} {j} -> {a} {b} {name}", weights))
    return tuple(found)


def qubit_excitation_pool(molecule: Molecule, generalized: bool = False) -> tuple[Excitation, ...]:
    """Excitations of qubits, not fermions: those of `fermionic_pool` without the strings of Z between their modes.

    Circuits of fixed size whatever the distance. They keep the numbers of electrons. Only where a qubit is a mode.
    Raises: ValueError for other encodings than Jordan-Wigner.
    Source: Yordanov, Armaos, Barnes, Arvidsson-Shukur, arXiv:2011.10540, eqs. 10 and 11.
    """
    if check_molecule(molecule).mapping != "jordan_wigner":
        raise ValueError(
            "Qubit excitations need a qubit a mode, the mapping 'jordan_wigner', but this molecule's is "
            f"{molecule.mapping!r}."
        )
    n = molecule.n_qubits
    found = []
    for new, old in _moves(molecule, generalized):
        shared = set(new) & set(old)
        raising = PauliSum(n, (("I" * n, 1.0),))
        for p in (*new, *old):
            if p in shared:
                step = 0.5 * (PauliSum(n, (("I" * n, 1.0),)) - pauli("Z", p, n))  # the mode is occupied
                raising = raising @ step if p in new else raising
            else:
                raising = raising @ (0.5 * (pauli("X", p, n) + (-1j if p in new else 1j) * pauli("Y", p, n)))
        part = (-1j * (raising - raising.adjoint())).chop()
        found.append(Excitation(f"qubits {move_name((new, old))}", (part,)))
    return tuple(found)


def pauli_pool(molecule: Molecule, generalized: bool = False) -> tuple[Excitation, ...]:
    """Every Pauli string of the excitations as a generator of its own, one rotation each; under Jordan-Wigner without
    the strings of Z between modes.

    They keep a real state real, but not the number of electrons. Source: Tang et al., arXiv:1911.10205 (qubit-ADAPT).
    """
    simple = check_molecule(molecule).mapping == "jordan_wigner"
    source = (qubit_excitation_pool if simple else fermionic_pool)(molecule, generalized)
    strings = dict.fromkeys(s for item in source for part in item.parts for s, _ in part.terms)
    return tuple(_string(s) for s in strings)


# ---------------------------------------------------------------------- without a molecule
def local_pool(
    n_qubits: int, lattice: Lattice | Sequence[tuple[int, int]] | None = None, real: bool = False
) -> tuple[Excitation, ...]:
    """All Pauli strings on one qubit and on the pairs of a lattice (default: all pairs).

    real: only those with one Y, which keep real states real; enough where the Hamiltonian is real.
    """
    n = check_int("n_qubits", n_qubits, 1)
    given = lattice.edges if isinstance(lattice, Lattice) else lattice
    pairs = list(combinations(range(n), 2)) if given is None else [(int(a), int(b)) for a, b in given]
    strings = [pauli(letter, q, n) for q in range(n) for letter in "XYZ" if not real or letter == "Y"]
    for a, b in pairs:
        for letters in product("XYZ", repeat=2):
            if not real or letters.count("Y") == 1:
                strings.append(pauli("".join(letters), (a, b), n))
    return tuple(_string(s.terms[0][0]) for s in strings)


def minimal_pool(n_qubits: int) -> tuple[Excitation, ...]:
    """2n - 2 Pauli strings whose products reach every real state from every other (for n = 1: Y).

    As small as can be, but blind from a state with symmetries that the Hamiltonian keeps: from the Hartree-Fock state
    of a molecule all its gradients are 0. Source: Tang et al., arXiv:1911.10205, eq. 5 and appendix A.
    """
    n = check_int("n_qubits", n_qubits, 1)
    strings = ["Y"] if n == 1 else ["ZY", "YI"]
    for k in range(2, n):
        strings = ["Z" + s for s in strings] + ["Y" + "I" * k, "IY" + "I" * (k - 1)]
    return tuple(map(_string, strings))


def check_pool(pool: Sequence[Excitation], n_qubits: int) -> tuple[Excitation, ...]:
    """The pool as a tuple. Raises: TypeError, ValueError where it is empty, holds something else, or does not fit."""
    listed = tuple(pool)
    if not listed:
        raise ValueError("Argument `pool` must hold at least one excitation, but is empty.")
    for item in listed:
        if not isinstance(item, Excitation):
            raise TypeError(f"Argument `pool` must hold Excitations, but holds {type(item).__name__}.")
        if item.n_qubits != n_qubits:
            raise ValueError(
                f"Argument `pool` must act on {n_qubits} qubits, but {item.name!r} acts on {item.n_qubits}."
            )
    return listed


# ---------------------------------------------------------------------- on the way
def _moves(molecule: Molecule, generalized: bool) -> list[Move]:
    n_modes = check_molecule(molecule).encoding.n_modes
    if generalized:
        return general_single_moves(n_modes) + general_double_moves(n_modes)
    occupied = occupied_modes(molecule)
    return single_moves(occupied, n_modes) + double_moves(occupied, n_modes)


def _string(string: str) -> Excitation:
    return Excitation(string, (PauliSum(len(string), ((string, 1.0),)),))


def _coupled(new: tuple[int, ...], old: tuple[int, ...], sign: float) -> dict[Move, float]:
    """Weights of moves whose sum couples the electrons of both pairs of orbitals to a singlet (sign 1) or a triplet.

    With P_s(ab) = a^dag_au b^dag_bd + s a^dag_bu b^dag_ad, the singlet is P_1(ab) P_1(ij)^dagger; the triplet has
    P_-1 twice, and both pairs of like spins: P_uu P_uu^dagger + P_dd P_dd^dagger + P_-1 P_-1^dagger / 2.
    """
    (a, b), (i, j) = new, old
    if sign < 0 and (a == b or i == j):
        return {}
    weights: dict[Move, float] = {}
    scale = 1.0 if sign > 0 else 0.5
    for (p, q), left in (((a, b), 1.0), ((b, a), sign)):
        for (r, s), right in (((i, j), 1.0), ((j, i), sign)):
            move = ((2 * p, 2 * q + 1), (2 * r, 2 * s + 1))
            if set(move[0]) != set(move[1]):
                weights[move] = weights.get(move, 0.0) + scale * left * right
    if sign < 0:
        for spin in (0, 1):
            move = ((2 * a + spin, 2 * b + spin), (2 * i + spin, 2 * j + spin))
            if set(move[0]) != set(move[1]):
                weights[move] = 1.0
    return weights


def _combined(molecule: Molecule, name: str, weights: dict[Move, float]) -> Excitation:
    """The sum of excitations with weights of length 1; those that commute with each other stay one part."""
    norm = sqrt(sum(v * v for v in weights.values()))
    terms = [excitation(molecule, *move).parts[0] * (v / norm) for move, v in weights.items() if v]
    whole = sum(terms[1:], terms[0])
    strings = [PauliSum(whole.n_qubits, ((s, 1.0),)) for s, _ in whole.terms]
    if all(a.commutes_with(b) for a, b in combinations(strings, 2)):
        return Excitation(name, (whole,))
    return Excitation(name, tuple(terms))
