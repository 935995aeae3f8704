"""Unitary coupled cluster as circuits: exp(T - T^dagger) on the Hartree-Fock state, by Suzuki-Trotter products."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_int
from ketwork.circuit.angle import Angle, w
from ketwork.circuit.circuit import Circuit
from ketwork.engine.simulator import Simulator
from ketwork.operators.molecules import Molecule
from ketwork.solve.excitations import (
    Excitation,
    Move,
    check_molecule,
    double_moves,
    excitation,
    excite,
    excited,
    general_double_moves,
    general_single_moves,
    occupied_modes,
    pair_moves,
    reference_circuit,
    single_moves,
)


def uccsd(molecule: Molecule, trotter_steps: int = 1, order: int = 1) -> Circuit:
    """Unitary coupled cluster with all single and double excitations that keep the spins, from the Hartree-Fock state.

    One weight an excitation, doubles first, as `uccsd_excitations` lists them; all zero is Hartree-Fock. trotter_steps:
    in how many equal steps the exponential of the sum is taken. order: 1, or 2 for steps that are symmetric in time.
    Raises: TypeError without a molecule; ValueError where its electrons do not fit, or nothing can be excited.
    Source: Peruzzo et al., arXiv:1304.3061; as products, Romero et al., arXiv:1701.02691, sec. 2.2.
    """
    return trotterised(molecule, uccsd_excitations(molecule), trotter_steps, order)


def uccsd_excitations(molecule: Molecule) -> tuple[Excitation, ...]:
    """Those of `uccsd`, in the order of its weights."""
    return tuple(excitation(molecule, *move) for move in _uccsd_moves(molecule))


def uccgsd(molecule: Molecule, trotter_steps: int = 1, order: int = 1) -> Circuit:
    """As `uccsd`, with excitations between all modes, whether occupied or not.

    Source: Lee, Huggins, Head-Gordon, Whaley, arXiv:1810.02327, sec. 2.3.
    """
    n_modes = check_molecule(molecule).encoding.n_modes
    moves = general_double_moves(n_modes) + general_single_moves(n_modes)
    return trotterised(molecule, [excitation(molecule, *move) for move in moves], trotter_steps, order)


def k_upccgsd(molecule: Molecule, k: int = 1) -> Circuit:
    """Products of k layers, each with its own weights: electron pairs between all orbitals, then all singles.

    Its pairs and singles act one after the other. From zero weights singles and pairs of empty orbitals have no
    gradient; start at small random ones. Source: Lee et al., arXiv:1810.02327, eq. 14.
    """
    code = check_molecule(molecule).encoding
    moves = pair_moves(molecule.n_orbitals) + general_single_moves(code.n_modes)
    ladder = [excitation(molecule, *move) for move in moves]
    steps = [(e, w[j]) for j, e in enumerate(ladder * check_int("k", k, 1))]
    return excited(reference_circuit(molecule), steps)


def trotterised(
    molecule: Molecule, excitations: Sequence[Excitation], trotter_steps: int = 1, order: int = 1
) -> Circuit:
    """exp(sum w[k] A_k) on the Hartree-Fock state by a Suzuki-Trotter product of `order` 1 or 2."""
    steps = check_int("trotter_steps", trotter_steps, 1)
    check_int("order", order, 1, 2)
    if not excitations:
        raise ValueError(f"{check_molecule(molecule).name}: its electrons and orbitals leave nothing to excite.")
    share = 1 / (steps * order)
    sweep: list[tuple[Excitation, Angle | float]] = [(e, w[k] * share) for k, e in enumerate(excitations)]
    if order == 2:
        sweep = sweep + sweep[::-1]
    return excited(reference_circuit(molecule), sweep * steps)


def separate_start(molecule: Molecule, excitations: Sequence[Excitation] | None = None) -> NDArray[np.float64]:
    """Weights (K,) to start from: each is the best one for its excitation alone on the Hartree-Fock state.

    excitations: default those of `uccsd`. With h = <HF|H|D> and the gap D = <D|H|D> - <HF|H|HF> that is
    atan2(-2 h, D) / 2, to first order the amplitude -h/D of Epstein-Nesbet perturbation theory; singles get 0 where
    Brillouin's theorem holds. Takes two energies an excitation.
    """
    start, simulator = reference_circuit(molecule), Simulator()
    hartree_fock = float(simulator.expectation(start, molecule.hamiltonian)[0, 0])
    found = []
    for item in uccsd_excitations(molecule) if excitations is None else excitations:
        circuit = excite(start, item, w[0])
        half, full = (
            float(simulator.expectation(circuit, molecule.hamiltonian, w=[angle])[0, 0])
            for angle in (np.pi / 4, np.pi / 2)
        )
        # E(theta) = (E_0 + E_D)/2 + (E_0 - E_D)/2 cos(2 theta) + h sin(2 theta)
        found.append(np.arctan2(-(half - (hartree_fock + full) / 2), (full - hartree_fock) / 2) / 2)
    return np.array(found)


def _uccsd_moves(molecule: Molecule) -> list[Move]:
    occupied = occupied_modes(molecule)
    n_modes = molecule.encoding.n_modes
    return double_moves(occupied, n_modes) + single_moves(occupied, n_modes)
