"""A circuit that keeps electrons and spin: expectation values under random weights, and the ground state it reaches."""

import numpy as np
import pytest

from ketwork import Simulator
from ketwork.operators import load_molecule
from ketwork.operators.spins import chain, heisenberg
from ketwork.optimize import minimize
from ketwork.solve.conserving import orbital_fabric
from molecular import spin_operators


def lowest(circuit, hamiltonian, start):
    def value_and_gradient(w):
        values, pull_back = Simulator().value_and_pullback(circuit, hamiltonian, w=w)
        return float(values[0, 0]), pull_back(np.ones((1, 1))).w

    return minimize(value_and_gradient, start, "l-bfgs", 500, tol=1e-13).fun


@pytest.mark.parametrize("mapping", ["jordan_wigner", "parity"])
def test_fabric_keeps_electrons_and_spin(mapping):
    """Both numbers of electrons and the singlet, for random weights, under encodings with and without all qubits."""
    molecule = load_molecule("H4chain", mapping)
    circuit = orbital_fabric(molecule, 2)
    number, z, square = spin_operators(molecule.encoding)
    for seed in range(3):
        w = np.random.default_rng(seed).normal(size=circuit.n_weights) * 2
        values = Simulator().expectation(circuit, [number, number @ number, z @ z, square], w=w)[0]
        assert np.allclose(values, (4, 16, 0, 0), atol=1e-9)
        chances = Simulator().probabilities(circuit, w=w)[0]
        assert chances[~molecule.sector].sum() < 1e-12
    zero = Simulator().expectation(circuit, molecule.hamiltonian, w=np.zeros(circuit.n_weights))[0, 0]
    assert zero == pytest.approx(molecule.hf_energy, abs=1e-9)


def test_fabric_reaches_the_ground_state():
    molecule = load_molecule("LiH")
    circuit = orbital_fabric(molecule, 3)
    start = np.random.default_rng(1).normal(size=circuit.n_weights) * 0.2
    assert lowest(circuit, molecule.hamiltonian, start) - molecule.exact_energy() < 1e-4


def test_the_door():
    with pytest.raises(TypeError, match="must be a Molecule"):
        orbital_fabric(heisenberg(chain(4)))
