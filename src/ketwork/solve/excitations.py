"""Fermionic excitations of a molecule on its own qubits: generators, and exact circuits for what they generate.

Mode 2k is orbital k with spin up, mode 2k + 1 with spin down, in every encoding (`operators.fermions`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

from ketwork.checks import check_int
from ketwork.circuit.angle import Angle, as_angle
from ketwork.circuit.circuit import Circuit
from ketwork.circuit.operation import Gate, make_gate
from ketwork.operators.molecules import Molecule
from ketwork.operators.pauli import PauliSum

Move = tuple[tuple[int, ...], tuple[int, ...]]
"""(modes that electrons come into, modes that they leave)."""


@dataclass(frozen=True)
class Excitation:
    """Something that a weight theta turns a state by: exp(theta A) with A = i (G_1 + G_2 + ...).

    parts: the G, Hermitian sums of Pauli strings that commute within one G. Where they do not commute with each other,
    `excite` applies exp(i theta G_1), then exp(i theta G_2) and so on, which is exp(theta A) to first order in theta.
    """

    name: str
    parts: tuple[PauliSum, ...]

    @property
    def n_qubits(self) -> int:
        """The number of qubits."""
        return self.parts[0].n_qubits

    @cached_property
    def operator(self) -> PauliSum:
        """The anti-Hermitian A."""
        return 1j * sum(self.parts[1:], self.parts[0])


def excite(circuit: Circuit, excitation: Excitation, angle: Angle | float) -> Circuit:
    """The circuit, then exp(angle A) as Pauli rotations, one a string, that share the angle.

    Raises: ValueError where the excitation has another number of qubits.
    """
    if excitation.n_qubits != circuit.n_qubits:
        raise ValueError(
            f"The excitation {excitation.name!r} is for {excitation.n_qubits} qubits, but the circuit has "
            f"{circuit.n_qubits}."
        )
    theta = as_angle(angle)
    return Circuit(circuit.n_qubits, (*circuit.gates, *_rotations(excitation, theta)), circuit.n_bits)


def excited(circuit: Circuit, steps: Iterable[tuple[Excitation, Angle | float]]) -> Circuit:
    """`excite` for many excitations with their angles, in order."""
    gates = [gate for excitation, angle in steps for gate in _rotations(excitation, as_angle(angle))]
    return Circuit(circuit.n_qubits, (*circuit.gates, *gates), circuit.n_bits)


def _rotations(excitation: Excitation, theta: Angle) -> list[Gate]:
    """exp(i theta c P) = the rotation of P by -2 c theta, for all strings."""
    gates = []
    for part in excitation.parts:
        for string, coefficient in part.terms:
            qubits = [q for q, letter in enumerate(string) if letter != "I"]
            if qubits:
                letters = "".join(string[q] for q in qubits)
                gates.append(make_gate("pauli_rotation", qubits, (theta * (-2 * coefficient.real),), letters))
    return gates


# ---------------------------------------------------------------------- of a molecule
def check_molecule(molecule: Any) -> Molecule:
    """The molecule. Raises: TypeError for anything else; ValueError where electrons, spin and orbitals do not fit."""
    if not isinstance(molecule, Molecule):
        raise TypeError(
            "Argument `molecule` must be a Molecule, since excitations need to know its electrons, orbitals and "
            f"encoding, but is {type(molecule).__name__}. `molecule(...)` and `load_molecule(...)` make one; for a "
            "bare Hamiltonian take `local_pool`, `minimal_pool` or `exchange_circuit`."
        )
    count, spin, room = molecule.n_electrons, molecule.spin, molecule.n_orbitals
    if (count - spin) % 2 or not 0 <= spin <= count:
        kind = "odd" if count % 2 else "even"
        raise ValueError(f"{molecule.name}: an {kind} number of electrons, {count}, cannot have {spin} unpaired ones.")
    if max(molecule.electrons) > room:
        raise ValueError(f"{molecule.name}: {molecule.electrons[0]} electrons of one spin do not fit {room} orbitals.")
    if molecule.encoding.n_qubits != molecule.n_qubits:
        raise ValueError(
            f"{molecule.name}: {room} orbitals take {molecule.encoding.n_qubits} qubits under {molecule.mapping}, but "
            f"the Hamiltonian has {molecule.n_qubits}. Excitations of tapered Hamiltonians are not known."
        )
    return molecule


def reference_circuit(molecule: Molecule) -> Circuit:
    """X on every qubit that is 1 in the Hartree-Fock state."""
    check_molecule(molecule)
    return Circuit(molecule.n_qubits, [make_gate("x", (q,)) for q, d in enumerate(molecule.reference) if d == "1"])


def occupied_modes(molecule: Molecule) -> tuple[int, ...]:
    """The modes that are occupied in the Hartree-Fock state, rising."""
    code = check_molecule(molecule).encoding
    full = dict(zip(code.kept, molecule.reference, strict=True)) | {q: str(value) for q, value in code.fixed}
    state = int("".join(full[q] for q in range(code.n_modes)), 2)
    return tuple(p for p, mask in enumerate(code.occupied) if (state & mask).bit_count() % 2)


def excitation(molecule: Molecule, into: Sequence[int], out_of: Sequence[int]) -> Excitation:
    """A = T - T^dagger with T = a^dag_into[0] a^dag_into[1] ... a_out[-1] ... a_out[0], on the molecule's qubits.

    into, out_of: modes, as many of either spin in both. Raises: ValueError for others, modes named twice, or moves that
    do nothing.
    """
    code = check_molecule(molecule).encoding
    new, old = (tuple(check_int("modes", p, 0, code.n_modes - 1) for p in modes) for modes in (into, out_of))
    if any(len(set(modes)) < len(modes) for modes in (new, old)) or sorted(p % 2 for p in new) != sorted(
        p % 2 for p in old
    ):
        raise ValueError(
            f"An excitation must keep the numbers of electrons with either spin, and name no mode twice, but goes from "
            f"{old} to {new}."
        )
    if not new or set(new) == set(old):
        raise ValueError(f"An excitation must move an electron, but goes from {old} to {new}.")
    up = code.ladder([*((p, True) for p in new), *((p, False) for p in reversed(old))])
    part = (-1j * (up - up.adjoint())).chop()
    return Excitation(move_name((new, old)), (part,))


def move_name(move: Move) -> str:
    """Such as "0u 0d -> 1u 1d": orbitals with their spins."""
    into, out_of = (" ".join(f"{p // 2}{'ud'[p % 2]}" for p in modes) for modes in move)
    return f"{out_of} -> {into}"


def single_moves(occupied: Sequence[int], n_modes: int) -> list[Move]:
    """Every electron into every empty mode of its spin."""
    empty = [p for p in range(n_modes) if p not in set(occupied)]
    return [((a,), (i,)) for i in occupied for a in empty if a % 2 == i % 2]


def double_moves(occupied: Sequence[int], n_modes: int) -> list[Move]:
    """Every pair of electrons into every pair of empty modes that keeps the spins."""
    empty = [p for p in range(n_modes) if p not in set(occupied)]
    return [
        (new, old)
        for old in combinations(sorted(occupied), 2)
        for new in combinations(empty, 2)
        if sum(p % 2 for p in new) == sum(p % 2 for p in old)
    ]


def general_single_moves(n_modes: int) -> list[Move]:
    """Between every two modes of one spin, occupied or not."""
    return [((b,), (a,)) for a, b in combinations(range(n_modes), 2) if a % 2 == b % 2]


def general_double_moves(n_modes: int) -> list[Move]:
    """Between every two pairs of modes that have the same spins, occupied or not, and may share a mode."""
    pairs = list(combinations(range(n_modes), 2))
    return [
        (new, old) for old, new in combinations(pairs, 2) if sum(p % 2 for p in new) == sum(p % 2 for p in old)
    ]  # fmt: skip


def pair_moves(n_orbitals: int) -> list[Move]:
    """A pair of electrons between every two orbitals."""
    return [((2 * b, 2 * b + 1), (2 * a, 2 * a + 1)) for a, b in combinations(range(n_orbitals), 2)]
