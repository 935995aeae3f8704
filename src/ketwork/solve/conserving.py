"""A circuit that keeps what a molecule's Hamiltonian keeps: the number of electrons with either spin, the total spin.

What keeps the number of ones alone, whatever they stand for, is in `models.symmetric_ansatz`.
"""

from ketwork.checks import check_int
from ketwork.circuit.angle import w
from ketwork.circuit.circuit import Circuit
from ketwork.operators.molecules import Molecule
from ketwork.solve.excitations import check_molecule, excitation, excite, reference_circuit


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
