"""Coupled cluster circuits: exact energies of small molecules, limits of the products, starts, and doors."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import expm

from ketwork import Simulator
from ketwork.operators import load_molecule
from ketwork.optimize import minimize
from ketwork.solve.coupled_cluster import (
    k_upccgsd,
    separate_start,
    trotterised,
    uccgsd,
    uccsd,
    uccsd_excitations,
)
from ketwork.solve.excitations import reference_circuit

MILLI = 1e-3  # hartree
CHEMICAL = 1.6 * MILLI


def energy(circuit, molecule, w):
    return float(Simulator().expectation(circuit, molecule.hamiltonian, w=w)[0, 0])


def lowest(circuit, molecule, start):
    def value_and_gradient(w):
        values, pull_back = Simulator().value_and_pullback(circuit, molecule.hamiltonian, w=w)
        return float(values[0, 0]), pull_back(np.ones((1, 1))).w

    return minimize(value_and_gradient, start, "l-bfgs", 300, tol=1e-13)


@pytest.mark.parametrize("name", ["H2", "H2_2.0", "LiH", "LiH_2.2", "LiH_3.4"])
@pytest.mark.parametrize("mapping", ["parity", "jordan_wigner"])
def test_two_electrons_are_exact(name, mapping):
    """With two electrons, singles and doubles are everything."""
    molecule = load_molecule(name, mapping)
    circuit = uccsd(molecule)
    zero = np.zeros(circuit.n_weights)
    assert energy(circuit, molecule, zero) == pytest.approx(molecule.hf_energy, abs=1e-9)
    assert lowest(circuit, molecule, zero).fun == pytest.approx(molecule.exact_energy(), abs=1e-8)


@pytest.mark.parametrize("name", ["H4chain", "H4chain_1.5", "BeH2"])
def test_four_electrons(name):
    """Not exact, since triples and quadruples are left out, but above the exact energy by little."""
    molecule = load_molecule(name)
    found = lowest(uccsd(molecule), molecule, np.zeros(26)).fun - molecule.exact_energy()
    assert 1e-6 < found < 2 * CHEMICAL
    if name != "H4chain_1.5":
        assert found < 0.1 * MILLI


def test_encodings_agree_weight_by_weight():
    """The same weights make the same energy under every encoding, since generators are the same operators."""
    here, there = (load_molecule("H4chain", mapping) for mapping in ("parity", "jordan_wigner"))
    w = np.random.default_rng(1).normal(size=26)
    assert energy(uccsd(here), here, w) == pytest.approx(energy(uccsd(there), there, w), abs=1e-11)


def test_many_steps_are_the_exponential_of_the_sum():
    """Against expm of the whole generator, from OpenFermion where it is there: errors fall as 1/steps, 1/steps^2."""
    openfermion = pytest.importorskip("openfermion")
    molecule = load_molecule("LiH", "jordan_wigner")
    items = uccsd_excitations(molecule)
    w = np.random.default_rng(2).normal(size=len(items)) * 0.7
    whole = openfermion.FermionOperator()
    for item, value in zip(items, w, strict=True):
        old, new = ([2 * int(m[:-1]) + "ud".index(m[-1]) for m in side.split()] for side in item.name.split(" -> "))
        term = openfermion.FermionOperator(tuple((p, 1) for p in new) + tuple((p, 0) for p in reversed(old)), value)
        whole += term - openfermion.hermitian_conjugated(term)
    matrix = openfermion.get_sparse_operator(openfermion.jordan_wigner(whole), 6).toarray()
    exact = expm(matrix) @ Simulator().state(reference_circuit(molecule))[0]
    for order in (1, 2):
        gaps = [
            np.linalg.norm(Simulator().state(uccsd(molecule, steps, order), w=w)[0] - exact) for steps in (8, 16, 32)
        ]
        slopes = np.log2(np.array(gaps[:-1]) / gaps[1:])
        assert np.allclose(slopes, order, atol=0.15)


def test_openfermion_agrees_on_hydrogen():
    """Its own UCCSD singlet generator, by matrix exponential; it sums over both orders of spins: twice t."""
    openfermion = pytest.importorskip("openfermion")
    molecule = load_molecule("H2", "jordan_wigner")
    amplitude = 0.23
    generator = openfermion.uccsd_singlet_generator([0.0, amplitude], 4, 2)
    matrix = openfermion.get_sparse_operator(openfermion.jordan_wigner(generator), 4).toarray()
    state = expm(matrix) @ Simulator().state(reference_circuit(molecule))[0]
    there = float((state.conj() @ molecule.hamiltonian.matrix() @ state).real)
    ours = uccsd(molecule)
    assert [item.name for item in uccsd_excitations(molecule)] == ["0u 0d -> 1u 1d", "0u -> 1u", "0d -> 1d"]
    assert energy(ours, molecule, [2 * amplitude, 0.0, 0.0]) == pytest.approx(there, abs=1e-10)


def test_gradients_against_differences():
    molecule = load_molecule("LiH")
    circuit = uccsd(molecule, 2, order=2)
    w = np.random.default_rng(3).normal(size=circuit.n_weights) * 0.3
    _, pull_back = Simulator().value_and_pullback(circuit, molecule.hamiltonian, w=w)
    steps = 1e-5 * np.eye(len(w))
    slopes = [
        (energy(circuit, molecule, w + d) - energy(circuit, molecule, w - d)) / 2e-5 for d in steps
    ]  # fmt: skip
    assert np.allclose(pull_back(np.ones((1, 1))).w, slopes, atol=1e-8)


def test_start_of_each_alone():
    """The best weight of each excitation alone: no other angle is better, and on hydrogen it is the answer."""
    molecule = load_molecule("LiH_3.4")
    items = uccsd_excitations(molecule)
    start = separate_start(molecule)
    for k, item in enumerate(items):
        circuit = trotterised(molecule, [item])
        best = energy(circuit, molecule, [start[k]])
        assert all(best <= energy(circuit, molecule, [angle]) + 1e-12 for angle in np.linspace(-2, 2, 41))
    hydrogen = load_molecule("H2")
    assert energy(uccsd(hydrogen), hydrogen, separate_start(hydrogen)) == pytest.approx(hydrogen.exact_energy())
    four = load_molecule("H4chain")
    assert energy(uccsd(four), four, separate_start(four)) < four.hf_energy - 0.02


def test_generalised_and_pairs():
    """Both contain the exact state of two electrons; from small random weights."""
    molecule = load_molecule("LiH")
    for circuit in (uccgsd(molecule), k_upccgsd(molecule, 2)):
        assert energy(circuit, molecule, np.zeros(circuit.n_weights)) == pytest.approx(molecule.hf_energy, abs=1e-9)
        start = np.random.default_rng(4).normal(size=circuit.n_weights) * 0.05
        assert lowest(circuit, molecule, start).fun - molecule.exact_energy() < 0.1 * MILLI
    assert k_upccgsd(molecule, 3).n_weights == 3 * (3 + 6)


def test_doors():
    molecule = load_molecule("H2")
    with pytest.raises(TypeError, match="must be a Molecule"):
        uccsd(molecule.hamiltonian)
    with pytest.raises(ValueError, match="odd number of electrons"):
        uccsd(replace(molecule, n_electrons=1))
    with pytest.raises(ValueError, match="at least 1"):
        uccsd(molecule, 0)
    with pytest.raises(ValueError, match=r"lie in \[1, 2\]"):
        uccsd(molecule, 1, 3)
    with pytest.raises(ValueError, match="leave nothing to excite"):
        trotterised(molecule, [])
