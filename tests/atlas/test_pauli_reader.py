"""The reader of many bases: what it gives is what the simulator gives, by statistics, with noise and readout errors."""

import numpy as np
import pytest

from ketwork import PauliSum, Simulator
from ketwork.atlas.pauli_reader import PauliReader
from ketwork.backends import protocol
from ketwork.models.ansatz import kandala
from ketwork.noise import NoiseModel, amplitude_damping, depolarizing
from random_circuits import random_circuit

SUMS = [
    PauliSum.from_dict({"XXI": 0.7, "YIZ": -0.4, "ZZZ": 0.9, "IIX": 0.3, "III": -2.0, "IYY": 0.5}),
    PauliSum.from_dict({"IZI": 1.0, "XIX": 0.25}),
]
NOISE = NoiseModel().add(depolarizing(0.03, 2), gates="cx").add(amplitude_damping(0.04), gates="rx").readout(0.04, 0.08)
W = np.random.default_rng(0).normal(size=24)


@pytest.mark.parametrize("noise", [None, NOISE])
def test_mean_and_spread_are_those_of_the_simulator(noise):
    """Over many seeds: the exact value as read, and the same variance from 200 shots a basis."""
    circuit = kandala(3, 2, entangler="cx")
    exact = Simulator(noise=noise).expectation(circuit, SUMS, w=W)[0]
    values = np.array([PauliReader(noise, 200, seed).expectation(circuit, SUMS, w=W)[0] for seed in range(400)])
    error = values.std(axis=0) / np.sqrt(len(values))
    assert (np.abs(values.mean(axis=0) - exact) < 4.5 * error).all()
    there = np.array([
        Simulator(noise=noise, shots=200, seed=seed).expectation(circuit, SUMS, w=W)[0] for seed in range(100)
    ])  # fmt: skip
    assert np.allclose(values.std(axis=0) / there.std(axis=0), 1, atol=0.3)


def test_many_shots_are_the_exact_value():
    for seed in range(3):
        rng = np.random.default_rng(seed)
        circuit = random_circuit(rng, 3, 25)
        x, w = rng.normal(size=(2, circuit.n_inputs)), rng.normal(size=circuit.n_weights)
        found = PauliReader(None, 10**7, seed).expectation(circuit, SUMS, x, w)
        assert np.allclose(found, Simulator().expectation(circuit, SUMS, x, w), atol=5e-3)


def test_is_a_backend():
    """Seeds repeat; other turns are other shots; bills count bases; samples are the simulator's."""
    circuit, reader = kandala(3, 1), PauliReader(NOISE, 100, seed=4)
    one, two = (reader.expectation(circuit, SUMS, w=W[:15]) for _ in range(2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, protocol.apart(reader, 1).expectation(circuit, SUMS, w=W[:15]))
    bill = protocol.cost(reader, circuit, SUMS)
    assert bill.shots == 100 * bill.circuits and bill.circuits > 1
    assert reader.sample(circuit, w=W[:15], shots=7).shape == (1, 7, 3)


def test_doors():
    with pytest.raises(ValueError, match="at least 1"):
        PauliReader(None, 0)
    with pytest.raises(ValueError, match="lie in"):
        PauliReader().expectation(kandala(9, 0), PauliSum.from_dict({"Z" * 9: 1.0}), w=np.zeros(18))
