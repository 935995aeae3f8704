"""Circuits that keep the number of ones: under random weights, and that they reach the ground state."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketwork import Circuit, PauliSum, Simulator
from ketwork.models.symmetric_ansatz import (
    double_excitation,
    exchange_circuit,
    excitation_circuit,
    number_conserving,
    single_excitation,
)
from ketwork.operators import ground_energy, load_molecule
from ketwork.operators.spins import chain, heisenberg, ring, xxz
from ketwork.optimize import minimize


def counts(n):
    """(2^n,) the number of ones of each basis state."""
    return np.bitwise_count(np.arange(1 << n))


def total_z(n):
    return PauliSum(n, tuple(("I" * q + "Z" + "I" * (n - 1 - q), 1.0) for q in range(n)))


def total_spin(n):
    """The square of the sum of spins 1/2: 3n/4 + sum over pairs of sigma . sigma / 2."""
    pairs = [(a, b) for a in range(n) for b in range(a + 1, n)]
    return 0.5 * heisenberg(pairs, 1.0) + PauliSum(n, (("I" * n, 0.75 * n),))


def lowest(circuit, hamiltonian, start):
    def value_and_gradient(w):
        values, pull_back = Simulator().value_and_pullback(circuit, hamiltonian, w=w)
        return float(values[0, 0]), pull_back(np.ones((1, 1))).w

    return minimize(value_and_gradient, start, "l-bfgs", 500, tol=1e-13).fun


@settings(max_examples=15, deadline=None)
@given(n=st.integers(2, 6), data=st.data(), real=st.booleans(), seed=st.integers(0, 999))
def test_number_of_ones_is_kept(n, data, real, seed):
    """Every outcome of the circuit has just as many ones, whatever the weights."""
    ones = data.draw(st.integers(0, n))
    circuit = number_conserving(n, ones, layers=3, real=real)
    w = np.random.default_rng(seed).normal(size=circuit.n_weights) * 3
    chances = Simulator().probabilities(circuit, w=w)[0]
    assert chances[counts(n) != ones].sum() < 1e-12
    state = Simulator().state(circuit, w=w)[0]
    if real:
        assert np.abs((state * np.exp(-1j * np.angle(state[np.abs(state).argmax()]))).imag).max() < 1e-12
    still = Simulator().probabilities(circuit, w=np.zeros(circuit.n_weights))[0]
    assert still.max() == pytest.approx(1)


@pytest.mark.parametrize(("theta", "phi"), [(0.0, 0.0), (0.4, 0.0), (1.1, -0.7)])
def test_gate_is_that_of_the_paper(theta, phi):
    """A(theta, phi) of eq. 2, from a circuit of one gate on any state of two qubits."""
    c, s = np.cos(theta), np.sin(theta)
    wanted = np.array([[1, 0, 0, 0], [0, c, np.exp(1j * phi) * s, 0], [0, np.exp(-1j * phi) * s, -c, 0], [0, 0, 0, 1]])
    assert np.allclose(number_conserving(2, 0, 1, real=False).bind(w=[theta, phi]).matrix(), wanted)
    real = number_conserving(2, 0, 1).bind(w=[theta]).matrix()
    assert np.allclose(real, [[1, 0, 0, 0], [0, c, s, 0], [0, s, -c, 0], [0, 0, 0, 1]])


def test_without_its_sign_the_gate_makes_determinants_alone():
    """Rotations of neighbours without the sign never go below Hartree-Fock: the sign is what entangles."""
    molecule = load_molecule("H2", "jordan_wigner")
    whole = number_conserving(4, 2, 10)
    bare = Circuit(4, [gate for gate in whole if gate.name in ("x", "xx_plus_yy")])
    start = np.random.default_rng(1).normal(size=whole.n_weights)
    assert lowest(bare, molecule.hamiltonian, start) == pytest.approx(molecule.hf_energy, abs=1e-8)
    assert lowest(whole, molecule.hamiltonian, start) == pytest.approx(molecule.exact_energy(), abs=1e-8)


def test_default_depth_reaches_a_molecules_ground_state():
    """Gard et al.: enough gates reach every state of so many electrons: exact for H2 and LiH."""
    for name in ("H2", "LiH"):
        molecule = load_molecule(name, "jordan_wigner")
        circuit = number_conserving(molecule.n_qubits, 2)
        assert circuit.n_weights >= len(counts(molecule.n_qubits)[counts(molecule.n_qubits) == 2]) - 1
        start = np.random.default_rng(0).normal(size=circuit.n_weights)
        found = lowest(circuit, molecule.hamiltonian, start)
        exact = ground_energy(molecule.hamiltonian, counts(molecule.n_qubits) == 2)
        assert found == pytest.approx(exact, abs=1e-6)


@settings(max_examples=10, deadline=None)
@given(n=st.integers(3, 6), layers=st.integers(1, 2), seed=st.integers(0, 999))
def test_exchange_keeps_the_total_z(n, layers, seed):
    circuit = exchange_circuit(n, ring(n), layers)
    w = np.random.default_rng(seed).normal(size=circuit.n_weights) * 3
    z = total_z(n)
    values = Simulator().expectation(circuit, [z, z @ z], w=w)[0]
    wanted = n % 2
    assert np.allclose(values, (wanted, wanted**2), atol=1e-10)


def test_equal_exchange_keeps_the_total_spin():
    """a = b on every edge and no site angles: the squared total spin stays; with a != b it does not."""
    n, edges = 4, chain(4)
    circuit = exchange_circuit(n, edges, 1, "0111")
    square = total_spin(n)
    w = np.zeros(circuit.n_weights)
    before = Simulator().expectation(circuit, square, w=w)[0, 0]
    w[:6] = np.repeat([0.7, -1.1, 0.4], 2)
    assert Simulator().expectation(circuit, square, w=w)[0, 0] == pytest.approx(before, abs=1e-12)
    w[3] += 1.0
    assert abs(Simulator().expectation(circuit, square, w=w)[0, 0] - before) > 1e-3


def test_exchange_reaches_the_ground_state_of_a_chain():
    hamiltonian = xxz(chain(4), 1.0, 0.6)
    circuit = exchange_circuit(4, chain(4), 2)
    start = np.random.default_rng(2).normal(size=circuit.n_weights) * 0.5
    assert lowest(circuit, hamiltonian, start) == pytest.approx(ground_energy(hamiltonian), abs=1e-6)


def test_gates_are_those_that_are_listed():
    circuit = number_conserving(5, [0, 3], layers=2)
    assert circuit.count() == {"z": 4, "cz": 4, "xx_plus_yy": 4, "x": 2} and circuit.n_weights == 4
    assert {gate.qubits[0] for gate in number_conserving(6, 3, 0)} == {1, 3, 5}
    assert exchange_circuit(3, [(0, 2)], 2).count() == {"rz": 6, "xx_plus_yy": 2, "rzz": 2, "x": 1}


def test_doors():
    with pytest.raises(ValueError, match="different qubits"):
        number_conserving(4, [1, 1])
    with pytest.raises(ValueError, match=r"lie in \[0, 4\]"):
        number_conserving(4, 5)
    with pytest.raises(ValueError, match="a digit 0 or 1 for each of 3 qubits"):
        exchange_circuit(3, chain(3), 1, "01")


def test_a_single_excitation_is_a_givens_rotation():
    """|10> becomes cos |10> + sin |01>, in the order old, new; the rest stays."""
    c, s = np.cos(0.35), np.sin(0.35)
    wanted = np.eye(4)
    wanted[1:3, 1:3] = [[c, s], [-s, c]]
    np.testing.assert_allclose(single_excitation(Circuit(2), 0, 1, 0.7).matrix(), wanted, atol=1e-15)
    np.testing.assert_allclose(single_excitation(Circuit(2), 1, 0, -0.7).matrix(), wanted, atol=1e-15)


def test_a_double_excitation_rotates_two_states_alone():
    c, s = np.cos(0.35), np.sin(0.35)
    wanted = np.eye(16)
    a, b = 0b1100, 0b0011
    wanted[[a, a, b, b], [a, b, a, b]] = [c, -s, s, c]
    np.testing.assert_allclose(double_excitation(Circuit(4), (0, 1), (2, 3), 0.7).matrix(), wanted, atol=1e-14)


@settings(max_examples=10, deadline=None)
@given(n=st.integers(2, 6), data=st.data(), seed=st.integers(0, 999))
def test_excitations_keep_the_number_of_ones(n, data, seed):
    ones = data.draw(st.integers(0, n))
    circuit = excitation_circuit(n, ones, 2)
    w = np.random.default_rng(seed).normal(size=circuit.n_weights) * 3
    chances = Simulator("double").probabilities(circuit, w=w)[0]
    assert chances[counts(n) != ones].sum() < 1e-12
    assert np.abs(Simulator("double").state(circuit, w=w)[0].imag).max() < 1e-12
    still = Simulator("double").probabilities(circuit, w=np.zeros(circuit.n_weights))[0]
    assert still[int("1" * ones + "0" * (n - ones), 2)] == pytest.approx(1)


def test_excitations_reach_the_ground_state_of_a_molecule():
    """H2 from Hartree-Fock: one double would do."""
    molecule = load_molecule("H2", "jordan_wigner")
    circuit = excitation_circuit(4, [0, 1])
    assert (circuit.n_weights, circuit.count()["x"]) == (1 + 4, 2)
    found = lowest(circuit, molecule.hamiltonian, np.full(circuit.n_weights, 0.01))
    assert found == pytest.approx(molecule.exact_energy(), abs=1e-8)
    assert excitation_circuit(4, 2, doubles=False).n_weights == 4
    assert excitation_circuit(4, 2, singles=False).n_weights == 1


def test_digits_that_are_a_number():
    with pytest.raises(ValueError, match="`start` must have a digit 0 or 1 for each of 4 qubits, but is 5"):
        exchange_circuit(4, [(0, 1)], start=5)
