"""Ground states as chains of tensors, against exact diagonalisation and known states."""

import sys

import numpy as np
import pytest

from ketwork import PauliSum
from ketwork.operators import lanczos, load_molecule, spins
from ketwork.solve.dmrg import ground_mps
from ketwork.solve.mps_state import energy_of


@pytest.mark.parametrize(
    "hamiltonian",
    [
        spins.heisenberg(spins.chain(10)),
        spins.heisenberg(spins.ladder(5)),
        spins.transverse_ising(spins.ring(9), 1.0, 0.7),
        spins.heisenberg(spins.chain(6), dm=(0.3, 0.2, 0.4), field=(0.1, 0.2, 0.3)),
        load_molecule("LiH").hamiltonian,
        PauliSum.from_dict({"ZI": 1.0, "XX": 0.5, "YI": 0.25}),
    ],
    ids=["chain", "ladder", "ring", "complex", "molecule", "two qubits"],
)
def test_large_bonds_give_the_exact_energy(hamiltonian):
    exact = lanczos.ground_energy(hamiltonian)
    found = ground_mps(hamiltonian, 32)
    assert found.energy == pytest.approx(exact, abs=1e-7)
    assert found.variance < 1e-5
    assert float(lanczos.expectation(hamiltonian, found.vector())) == pytest.approx(found.energy, abs=1e-9)


def test_small_bonds_give_bounds_that_fall():
    h = spins.heisenberg(spins.chain(12))
    exact = lanczos.ground_energy(h)
    found = [ground_mps(h, chi) for chi in (1, 2, 4, 8)]
    energies = [f.energy for f in found]
    assert energies == sorted(energies, reverse=True)
    assert energies[-1] > exact
    assert [f.bond_dimension for f in found] == [1, 2, 4, 8]
    assert energies[0] == pytest.approx(-11)  # the Neel state, the best product state of the chain
    assert all(f.variance >= f.energy - exact - 1e-9 for f in found[2:])  # a gap of more than 1 lies above
    for f in found:
        assert energy_of(f, h) == pytest.approx(f.energy)
        for t in f.tensors[:-1]:  # left-canonical
            flat = t.reshape(-1, t.shape[2])
            assert np.abs(flat.T @ flat - np.eye(t.shape[2])).max() < 1e-10


def test_a_chain_of_pairs_needs_two():
    """Dimers: chi = 2 is exact, and the energy is known."""
    h = spins.heisenberg([(0, 1), (2, 3), (4, 5)])
    found = ground_mps(h, 2)
    assert found.energy == pytest.approx(-9)
    assert found.variance == pytest.approx(0, abs=1e-9)


def test_against_quimb():
    tensor = pytest.importorskip("quimb.tensor")
    operator = tensor.MPO_ham_heis(8, j=1.0)  # in spins of 1/2
    peer = tensor.DMRG2(operator, bond_dims=[4, 4], cutoffs=1e-12)
    peer.solve(tol=1e-8, verbosity=0, max_sweeps=10)
    found = ground_mps(spins.heisenberg(spins.chain(8)) * 0.25, 4)
    assert found.energy <= float(np.real(peer.energy)) + 1e-7
    assert found.energy == pytest.approx(float(np.real(peer.energy)), abs=5e-3)


def test_the_same_seed_gives_the_same_state():
    h = spins.heisenberg(spins.ladder(4))
    a, b = ground_mps(h, 3, seed=5), ground_mps(h, 3, seed=5)
    assert all((x == y).all() for x, y in zip(a.tensors, b.tensors, strict=True))


def test_bad_input():
    h = spins.heisenberg(spins.chain(4))
    with pytest.raises(ValueError, match="`bond_dimension` must be at least 1"):
        ground_mps(h, 0)
    with pytest.raises(ValueError, match="`hamiltonian` must be Hermitian"):
        ground_mps(h * 1j, 2)
    with pytest.raises(ValueError, match=r"`hamiltonian\.n_qubits` must be at least 2"):
        ground_mps(PauliSum.from_dict({"Z": 1.0}), 2)
    with pytest.raises(TypeError, match="must be a PauliSum"):
        ground_mps(np.eye(4), 2)


def test_without_quimb(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "quimb", None)
    monkeypatch.setitem(sys.modules, "quimb.tensor", None)
    with pytest.raises(ImportError, match=r"ketwork\[tensor\]"):
        ground_mps(spins.heisenberg(spins.chain(4)), 2)
