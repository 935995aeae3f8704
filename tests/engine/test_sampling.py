"""Shots: distributions by a test that can fail, mid-circuit measurement, seeds."""

import numpy as np
from scipy.stats import chisquare

from ketwork import Circuit, Simulator, x
from ketwork.engine.sampling import counts


def test_shots_follow_the_probabilities():
    circuit = Circuit(3).ry(0, x[0]).cx(0, 1).ry(2, 0.7)
    simulator = Simulator(seed=3)
    inputs = np.array([[0.9], [2.0]])
    bits = simulator.sample(circuit, inputs, shots=20_000)
    assert bits.shape == (2, 20_000, 3)
    numbers = bits @ np.array([4, 2, 1])
    for row, p in zip(numbers, simulator.probabilities(circuit, inputs), strict=True):
        keep = p > 1e-12
        seen = np.bincount(row, minlength=8)
        assert seen[~keep].sum() == 0
        assert chisquare(seen[keep], 20_000 * p[keep] / p[keep].sum()).pvalue > 1e-4
        wrong = np.roll(p[keep], 1)
        assert chisquare(seen[keep], 20_000 * wrong / wrong.sum()).pvalue < 1e-4


def test_same_seed_same_shots():
    circuit = Circuit(2).h(0).h(1)
    a, b = (Simulator(seed=5).sample(circuit, shots=50) for _ in range(2))
    assert (a == b).all()
    assert (Simulator().sample(circuit, shots=50, seed=6) != a).any()


def test_conditions_and_reset_follow_every_shot():
    copied = Circuit(2).h(0).measure(0, 0).x(1, condition=(0, 1)).measure(1, 1)
    assert set(counts(Simulator(seed=1).sample(copied, shots=500))[0]) == {"00", "11"}
    emptied = Circuit(2).h(0).cx(0, 1).reset(0).measure(0, 0).measure(1, 1)
    found = counts(Simulator(seed=1).sample(emptied, shots=500))[0]
    assert set(found) == {"00", "01"}
    assert 180 < found["01"] < 320


def test_teleportation_brings_the_state_over():
    angle = 1.1
    circuit = (
        Circuit(3).ry(0, angle).h(1).cx(1, 2).cx(0, 1).h(0).measure(0, 0).measure(1, 1)
        .x(2, condition=(1, 1)).z(2, condition=(0, 1)).ry(2, -angle).measure(2, 2)
    )  # fmt: skip
    bits = Simulator(seed=2).sample(circuit, shots=300)
    assert bits[0, :, 2].sum() == 0
    assert set(np.unique(bits[0, :, 0])) == {0, 1}
