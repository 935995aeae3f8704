"""Shots in many bases from one run: distributed as from a run a basis, with noise, readout errors and batches."""

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, Simulator, pauli_z, w, x
from ketwork.engine import bases
from ketwork.engine.bases import bases_of, of_paulis, of_state
from ketwork.engine.measure import in_basis
from ketwork.noise import NoiseModel, amplitude_damping, depolarizing
from random_circuits import random_circuit

SUMS = [
    PauliSum.from_dict({"XXI": 0.7, "YIZ": -0.4, "ZZZ": 0.9, "IIX": 0.3, "III": -2.0, "IYY": 0.5}),
    PauliSum.from_dict({"IZI": 1.0, "XIX": 0.25}),
    PauliSum(3, ()),
]
READOUT = NoiseModel().readout(0.04, 0.08).confusion(np.array([
    [0.93, 0.02, 0.03, 0.00],
    [0.03, 0.94, 0.00, 0.04],
    [0.04, 0.01, 0.95, 0.06],
    [0.00, 0.03, 0.02, 0.90],
]), (2, 0))  # fmt: skip
NOISE = READOUT.add(depolarizing(0.03, 2)).add(amplitude_damping(0.04), gates=("rx", "ry"))
CIRCUIT = Circuit(3).ry(0, w[0]).rx(1, x[0]).cx(0, 1).ry(2, w[1]).cz(1, 2).rx(0, w[2]).rz(2, 0.4).ry(1, w[3])
X, W = np.array([[0.3], [-1.1]]), np.array([0.9, -0.7, 1.9, 0.4])


@pytest.fixture
def again(monkeypatch):
    """Switches to the way that runs the circuit once a basis."""
    return lambda: monkeypatch.setattr(bases, "MOST_QUBITS", {})


@pytest.mark.parametrize("noise", [None, READOUT, NOISE])
def test_mean_and_covariance_are_those_of_a_run_a_basis(noise, again):
    """Over many seeds, for two samples: the exact values as read; spreads and correlations of the other way."""
    exact = Simulator(noise=noise).expectation(CIRCUIT, SUMS, X, W)

    def drawn():
        runs = [Simulator(noise=noise, shots=60, seed=s).expectation(CIRCUIT, SUMS, X, W) for s in range(600)]
        return np.array(runs)

    found = drawn()
    again()
    other = drawn()
    assert not np.array_equal(found, other)
    for values in (found, other):
        gap = np.abs(values.mean(axis=0) - exact)
        assert (gap <= 4.5 * values.std(axis=0) / np.sqrt(len(values))).all()
    assert (found[..., 2] == 0).all()
    one, two = (values[..., :2].reshape(len(values), -1) for values in (found, other))
    assert np.allclose(one.std(axis=0) / two.std(axis=0), 1, atol=4.5 / np.sqrt(len(found)))
    assert np.allclose(np.corrcoef(one.T), np.corrcoef(two.T), atol=4.5 * np.sqrt(2 / len(found)))


@pytest.mark.parametrize("noise", [None, NOISE])
def test_distributions_of_every_basis_are_exact(noise):
    """Chances by turned copies and by Pauli values, against the circuit with the basis' gates behind it."""
    groups = bases_of(SUMS)
    model = noise or NoiseModel()
    vector = Simulator(noise=noise).density_matrix(CIRCUIT, X[:1], W)[0]
    strings = np.array([
        np.trace(PauliSum.from_dict({s: 1.0}).matrix() @ vector).real
        for s in (a + b + c for a in "IXYZ" for b in "IXYZ" for c in "IXYZ")
    ])  # fmt: skip
    kinds = [of_paulis(strings, groups.letters)]
    if noise is None:
        kinds.append(of_state(Simulator().state(CIRCUIT, X[:1], W)[0], groups.letters))
    quiet = Simulator(noise=model.without_readout()).reader(CIRCUIT)
    for k, group in enumerate(groups.groups):
        expected = quiet.probabilities(in_basis(CIRCUIT, group.basis), X[:1], W)[0]
        for chances in kinds:
            assert np.allclose(chances[k] / chances[k].sum(), expected, atol=1e-12)


def test_outcomes_are_drawn_with_their_chances():
    """Chi-square over the eight outcomes of one basis, told apart by a sum with a value of its own for each."""
    codes = PauliSum.from_dict({"XII": 2.0, "IYI": 1.0, "IIZ": 0.5})  # 3.5, 2.5, .. -3.5 for 000, 001, .. 111
    seen = [Simulator(noise=NOISE, shots=1, seed=s).expectation(CIRCUIT, codes, X[:1], W)[0, 0] for s in range(4000)]
    found = np.bincount(np.round(3.5 - np.array(seen)).astype(int), minlength=8)
    reader = Simulator(noise=NOISE).reader(CIRCUIT)
    expected = 4000 * reader.probabilities(in_basis(CIRCUIT, "XYZ"), X[:1], W)[0]
    assert ((found - expected) ** 2 / expected).sum() < 30  # 7 degrees of freedom


def test_bases_and_samples_are_read_independently():
    """Strings of different bases, and the same string of equal samples, are uncorrelated; seeds repeat."""
    sums, circuit = [pauli_z(0, 1), PauliSum.from_dict({"X": 1.0})], Circuit(1).ry(0, x[0])
    inputs = np.full((2, 1), 0.8)
    values = np.array([Simulator(shots=20, seed=s).expectation(circuit, sums, inputs).ravel() for s in range(800)])
    assert np.abs(np.corrcoef(values.T) - np.eye(4)).max() < 4.5 / np.sqrt(800)
    fixed = Simulator(shots=20, seed=3)
    assert np.array_equal(fixed.expectation(circuit, sums, inputs), fixed.expectation(circuit, sums, inputs))
    assert Simulator(shots=20, seed=None).expectation(circuit, sums, inputs).shape == (2, 2)


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("seed", range(3))
def test_many_shots_are_the_exact_value(seed, precision):
    rng = np.random.default_rng(seed)
    circuit = random_circuit(rng, 3, 25)
    inputs, weights = rng.normal(size=(2, circuit.n_inputs)), rng.normal(size=circuit.n_weights)
    for noise in (None, NOISE):
        read = Simulator(precision, noise=noise, shots=10**7, seed=seed).expectation(circuit, SUMS, inputs, weights)
        assert read.dtype == (np.float32 if precision == "single" else np.float64)
        exact = Simulator(noise=noise).expectation(circuit, SUMS, inputs, weights)
        assert np.allclose(read, exact, atol=5e-3)


def test_parts_are_as_the_whole(monkeypatch):
    """Batches and bases in pieces that fit into memory give what they give at once."""
    whole = [Simulator(noise=noise, shots=50, seed=1).expectation(CIRCUIT, SUMS, X, W) for noise in (None, NOISE)]
    monkeypatch.setattr(bases, "_HELD", 1)
    monkeypatch.setattr(bases, "_AT_ONCE", 1 << 4)
    parts = [Simulator(noise=noise, shots=50, seed=1).expectation(CIRCUIT, SUMS, X, W) for noise in (None, NOISE)]
    for one, two in zip(whole, parts, strict=True):
        assert np.allclose(one, two, atol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 9, 14, 15])
def test_registers_of_all_sizes(n):
    """Cat states: parities of all Z, of all X, and none; larger registers are run once a basis."""
    circuit = Circuit(n).h(0)
    for q in range(n - 1):
        circuit = circuit.cx(q, q + 1)
    sums = [PauliSum.from_dict({"Z" + "I" * (n - 2) + "Z": 1.0}) if n > 1 else pauli_z(0, 1)]
    sums += [PauliSum.from_dict({"X" * n: 1.0}), PauliSum.from_dict({"Z" + "I" * (n - 1): 1.0, "I" * n: 0.5})]
    found = Simulator(shots=4000, seed=0).expectation(circuit, sums)[0]
    assert found[1] == pytest.approx(1)
    assert found[0] == pytest.approx(1 if n > 1 else 0, abs=0.08 if n == 1 else 1e-12)
    assert found[2] == pytest.approx(0.5, abs=0.08)


def test_methods_that_estimate_run_once_a_basis():
    """Trajectories and stabilizer states hold no Pauli values; their shots agree with the exact value."""
    clifford = Circuit(3).h(0).cx(0, 1).cx(1, 2)
    noise = NoiseModel().add(depolarizing(0.1, 2)).readout(0.05, 0.02)
    exact = Simulator(noise=noise).expectation(clifford, SUMS)
    for method in ("trajectories", "stabilizer", "paulitransfer"):
        found = Simulator(noise=noise, method=method, shots=20_000, seed=2).expectation(clifford, SUMS)
        assert np.abs(found - exact).max() < 0.05


def test_bases_are_remembered_and_forgotten():
    first = bases_of(SUMS)
    assert bases_of(list(SUMS)) is first
    for k in range(20):
        bases_of([PauliSum.from_dict({"ZZ": 1.0 + k})])
    assert bases_of(SUMS) is not first
