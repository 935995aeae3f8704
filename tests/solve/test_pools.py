"""Pools: what their generators keep, that they are enough, and slopes against finite differences."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, Simulator
from ketwork.operators import load_molecule
from ketwork.operators.spins import chain
from ketwork.solve import pools
from ketwork.solve.excitations import excite, reference_circuit
from molecular import spin_operators

LITHIUM = load_molecule("LiH", "jordan_wigner")


@pytest.mark.parametrize("kind", pools.POOLS)
@pytest.mark.parametrize("generalized", [False, True])
def test_what_pools_keep(kind, generalized):
    """Electrons and z spin; the total spin where it is said; strings of a part commute; real states stay real."""
    number, z, square = spin_operators(LITHIUM.encoding)
    for item in pools.molecule_pool(LITHIUM, kind, generalized):
        operator = item.operator
        assert operator.adjoint() == -operator
        assert all(string.count("Y") % 2 == 1 for string, _ in operator.terms)
        if kind != "pauli":
            assert operator.commutes_with(number) and operator.commutes_with(z)
        if kind == "spin-adapted":
            assert operator.commutes_with(square)
        for part in item.parts:
            strings = [PauliSum(6, ((s, 1.0),)) for s, _ in part.terms]
            assert all(a.commutes_with(b) for a, b in combinations(strings, 2))


def test_excitations_of_qubits_leave_the_signs_out():
    """No Z between the modes; between neighbours they are the fermionic ones."""
    both = zip(pools.fermionic_pool(LITHIUM), pools.qubit_excitation_pool(LITHIUM), strict=True)
    for fermions, qubits in both:
        into, out_of = (
            [2 * int(m[:-1]) + "ud".index(m[-1]) for m in side.split()] for side in fermions.name.split(" -> ")
        )
        modes = {*into, *out_of}
        assert all(set(np.flatnonzero(np.array(list(s)) != "I")) == modes for s, _ in qubits.operator.terms)
        if len(modes) == 4 and max(modes) - min(modes) == 3:
            assert fermions.operator in (qubits.operator, -qubits.operator)


def test_pauli_pool_of_lithium():
    """Tang et al.: 8 strings for a double, 2 for a single; each is one rotation."""
    found = pools.pauli_pool(LITHIUM)
    assert len(found) == 4 * 2 + 4 * 8 == len({item.name for item in found})
    assert all(len(excite(Circuit(6), item, 0.1)) == 1 for item in found)


def test_spin_adapted_doubles_are_normalised():
    """Of coefficients of excitations; the singlet pool is the smaller."""
    assert len(pools.spin_adapted_pool(LITHIUM)) == 5 < len(pools.fermionic_pool(LITHIUM)) == 8
    for item in pools.spin_adapted_pool(load_molecule("H4chain")):
        # each excitation of p electrons has norm 2^n / 2^(2p - 1) in the Hilbert-Schmidt sense, up to left-out qubits
        assert 0.1 < np.linalg.norm(item.operator.coefficients) < 1


def closure(strings):
    """All Pauli strings that commutators of some reach."""
    found = {s: PauliSum(len(s), ((s, 1.0),)) for s in strings}
    fresh = list(found)
    while fresh:
        new = {}
        for a in fresh:
            for b in list(found):
                for s, _ in found[a].commutator(found[b]).terms:
                    if s not in found and s not in new:
                        new[s] = PauliSum(len(s), ((s, 1.0),))
        found |= new
        fresh = list(new)
    return set(found)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_minimal_pool_is_complete(n):
    """2n - 2 strings whose algebra, applied to any state, spans all that is orthogonal to it."""
    strings = [item.name for item in pools.minimal_pool(n)]
    assert len(strings) == 2 * n - 2
    algebra = closure(strings)
    state = np.random.default_rng(n).normal(size=1 << n)
    tangents = np.array([(PauliSum(n, ((s, 1j),)).matrix() @ state).real for s in algebra])
    assert np.linalg.matrix_rank(tangents, tol=1e-9) == 2**n - 1
    fewer = closure(strings[:-1])
    tangents = np.array([(PauliSum(n, ((s, 1j),)).matrix() @ state).real for s in fewer])
    assert np.linalg.matrix_rank(tangents, tol=1e-9) < 2**n - 1


def test_local_pools():
    assert len(pools.local_pool(4)) == 12 + 9 * 6
    assert len(pools.local_pool(4, chain(4))) == 12 + 9 * 3
    real = [item.name for item in pools.local_pool(4, [(0, 1)], real=True)]
    assert real == ["YIII", "IYII", "IIYI", "IIIY", "XYII", "YXII", "YZII", "ZYII"]
    assert [item.name for item in pools.minimal_pool(1)] == ["Y"]


def test_doors():
    with pytest.raises(ValueError, match="'jordan_wigner', but this molecule's is 'parity'"):
        pools.qubit_excitation_pool(load_molecule("LiH"))
    with pytest.raises(ValueError, match="2 unpaired electrons: take the pool 'fermionic'"):
        pools.spin_adapted_pool(replace(LITHIUM, spin=2))
    with pytest.raises(ValueError, match="must be one of fermionic"):
        pools.molecule_pool(LITHIUM, "fermion")
    with pytest.raises(TypeError, match="must be a Molecule"):
        pools.pauli_pool(LITHIUM.hamiltonian)
    with pytest.raises(ValueError, match="is empty"):
        pools.check_pool([], 2)
    with pytest.raises(TypeError, match="holds PauliSum"):
        pools.check_pool([LITHIUM.hamiltonian], 6)
    with pytest.raises(ValueError, match="must act on 3 qubits, but 'ZY' acts on 2"):
        pools.check_pool(pools.minimal_pool(2), 3)


def test_spin_adapted_circuits_keep_the_spin_to_first_order():
    """Products of parts: what they add to the squared spin of a singlet falls with the fourth power of the weight."""
    molecule = load_molecule("H4chain", "jordan_wigner")
    square = spin_operators(molecule.encoding)[2]
    item = max(pools.spin_adapted_pool(molecule), key=lambda e: len(e.parts))
    values = [
        Simulator().expectation(excite(reference_circuit(molecule), item, theta), square)[0, 0] for theta in (0.1, 0.2)
    ]
    assert 0 < values[0] < 1e-3
    assert np.log2(values[1] / values[0]) > 3.5
