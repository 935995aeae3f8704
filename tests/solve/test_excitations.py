"""Excitations: ladder operators as plain matrices, OpenFermion, matrix exponentials, and what they keep."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from scipy.linalg import expm

from ketwork import Circuit, PauliSum, Simulator
from ketwork.operators import load_molecule
from ketwork.solve import excitations as ex

CASES = (("LiH", "jordan_wigner"), ("LiH", "parity"), ("H2", "jordan_wigner"))
RNG = np.random.default_rng(5)


def bravyi_kitaev(molecule):
    """The molecule on as many qubits under the third encoding; its Hamiltonian here is not used."""
    here = replace(molecule, mapping="bravyi_kitaev")
    return replace(here, reference=here.encoding.encode(ex.occupied_modes(molecule)))


def molecules():
    found = [load_molecule(*case) for case in CASES]
    return [*found, bravyi_kitaev(found[0])]


def ladder_matrix(mode, n_modes):
    """a of a mode, from its definition: annihilates, with a sign for every occupied mode before it."""
    index = np.arange(1 << n_modes)
    place = n_modes - 1 - mode
    there = (index >> place) & 1 == 1
    signs = (-1.0) ** np.bitwise_count(index >> (place + 1))
    matrix = np.zeros((len(index),) * 2)
    matrix[index[there] ^ (1 << place), index[there]] = signs[there]
    return matrix


@pytest.mark.parametrize("molecule", molecules(), ids=lambda m: f"{m.name}-{m.mapping}")
def test_circuit_is_the_matrix_exponential(molecule):
    """On random states, for singles, doubles and those that share a mode; also where qubits are left out."""
    n, n_modes = molecule.n_qubits, molecule.encoding.n_modes
    moves = ex.general_single_moves(n_modes) + ex.general_double_moves(n_modes)
    for number in RNG.choice(len(moves), 8, replace=False):
        item = ex.excitation(molecule, *moves[number])
        theta = float(RNG.uniform(-3, 3))
        state = RNG.normal(size=1 << n) + 1j * RNG.normal(size=1 << n)
        state /= np.linalg.norm(state)
        operator = item.operator.matrix()
        assert np.allclose(operator, -operator.conj().T)
        made = Simulator().state(ex.excite(Circuit(n).prepare(range(n), state), item, theta))[0]
        assert np.allclose(made, expm(theta * operator) @ state, atol=1e-12)


def test_generators_are_those_of_the_definition():
    """Jordan-Wigner against T - T^dagger of ladder matrices, signs and all."""
    molecule = load_molecule("H2", "jordan_wigner")
    a = [ladder_matrix(p, 4) for p in range(4)]
    for new, old in [((2,), (0,)), ((3,), (1,)), ((2, 3), (0, 1)), ((0, 3), (1, 2)), ((1, 2), (2, 3))]:
        up = np.eye(16)
        for p in new:
            up = up @ a[p].T
        for p in reversed(old):
            up = up @ a[p]
        assert np.allclose(ex.excitation(molecule, new, old).operator.matrix(), up - up.T)


def test_openfermion_has_the_same_generators():
    openfermion = pytest.importorskip("openfermion")
    from ketwork.operators import from_openfermion

    molecule = load_molecule("LiH", "jordan_wigner")
    for new, old in ex.double_moves((0, 1), 6) + ex.single_moves((0, 1), 6):
        term = openfermion.FermionOperator(tuple((p, 1) for p in new) + tuple((p, 0) for p in reversed(old)))
        there = openfermion.jordan_wigner(term - openfermion.hermitian_conjugated(term))
        gap = ex.excitation(molecule, new, old).operator - from_openfermion(there, 6)
        assert not gap.chop(1e-12).terms


@pytest.mark.parametrize("molecule", molecules(), ids=lambda m: f"{m.name}-{m.mapping}")
def test_strings_of_an_excitation_commute(molecule):
    n_modes = molecule.encoding.n_modes
    for move in ex.general_single_moves(n_modes) + ex.general_double_moves(n_modes):
        (part,) = ex.excitation(molecule, *move).parts
        assert part.is_hermitian
        strings = [PauliSum(part.n_qubits, ((s, 1.0),)) for s, _ in part.terms]
        assert all(a.commutes_with(b) for a, b in combinations(strings, 2))


@pytest.mark.parametrize("molecule", molecules(), ids=lambda m: f"{m.name}-{m.mapping}")
def test_a_full_turn_moves_the_electrons(molecule):
    """theta = pi/2 takes the Hartree-Fock state to the state with the moved occupations."""
    modes = ex.occupied_modes(molecule)
    assert modes == (0, 1)
    assert molecule.encoding.encode(modes) == molecule.reference
    n_modes = molecule.encoding.n_modes
    for new, old in ex.double_moves(modes, n_modes) + ex.single_moves(modes, n_modes):
        item = ex.excitation(molecule, new, old)
        state = Simulator().state(ex.excite(ex.reference_circuit(molecule), item, np.pi / 2))[0]
        target = molecule.encoding.encode([*(set(modes) - set(old)), *new])
        assert abs(state[int(target, 2)]) == pytest.approx(1, abs=1e-12)


def test_counts_of_moves():
    """o (n/2 - o/2) singles of an o-electron closed shell; doubles by spins."""
    occupied, n_modes = (0, 1, 2, 3), 8  # two orbitals full, two empty
    assert len(ex.single_moves(occupied, n_modes)) == 2 * 2 * 2
    assert len(ex.double_moves(occupied, n_modes)) == 2 * 1 * 1 + (2 * 2) * (2 * 2)
    assert len(ex.general_single_moves(n_modes)) == 2 * 6
    assert len(ex.general_double_moves(n_modes)) == 2 * (6 * 5 // 2) + 16 * 15 // 2
    assert len(ex.pair_moves(4)) == 6
    assert ex.move_name(((2, 3), (0, 1))) == "0u 0d -> 1u 1d"


def test_doors():
    molecule = load_molecule("LiH")
    with pytest.raises(TypeError, match=r"must be a Molecule.*local_pool"):
        ex.excitation(molecule.hamiltonian, (2,), (0,))
    with pytest.raises(ValueError, match="odd number of electrons, 3, cannot have 0"):
        ex.check_molecule(replace(molecule, n_electrons=3))
    with pytest.raises(ValueError, match="do not fit 1 orbitals"):
        ex.check_molecule(replace(molecule, n_orbitals=1, n_electrons=4))
    with pytest.raises(ValueError, match="take 6 qubits under jordan_wigner"):
        ex.check_molecule(replace(molecule, mapping="jordan_wigner"))
    for new, old, message in (((1,), (0,), "keep the numbers"), ((2, 2), (0, 0), "name no mode twice"),
                              ((0,), (0,), "must move"), ((), (), "must move"), ((9,), (1,), "lie in")):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            ex.excitation(molecule, new, old)
    with pytest.raises(ValueError, match="is for 4 qubits, but the circuit has 2"):
        ex.excite(Circuit(2), ex.excitation(molecule, (2,), (0,)), 0.1)
