"""Classifiers on a device: where observables go, what folding and mitigation do, kernels pair by pair."""

import numpy as np
import pytest

from ketwork import Simulator
from ketwork.atlas import feature_space_device as entry
from ketwork.atlas.feature_space import classifier_circuit, draw, ideal_reader, parity
from ketwork.atlas.feature_space_device import all_zeros, kernel_on_device, pair_circuit, placed, variational_on_device
from ketwork.models.feature_maps import zz_feature_map

pytest.importorskip("qiskit")


@pytest.fixture
def asked():
    rng = np.random.default_rng(0)
    circuit = classifier_circuit(2, 4)
    return circuit, rng.uniform(0, 6, (20, 2)), rng.uniform(-3, 3, circuit.n_weights)


def test_pairs_read_the_fidelity():
    rng = np.random.default_rng(1)
    a, b = rng.uniform(0, 6, (2, 5, 2))
    states = [Simulator("double").state(zz_feature_map(2), x) for x in (a, b)]
    exact = np.abs((states[0].conj() * states[1]).sum(axis=1)) ** 2
    found = Simulator("double").expectation(pair_circuit(2), all_zeros(2), np.hstack([a, b]))[:, 0]
    np.testing.assert_allclose(found, exact, atol=1e-12)
    assert len(all_zeros(3).terms) == 8


def test_noise_grows_with_folding(asked):
    circuit, X, weights = asked
    exact = ideal_reader(circuit)(X, weights)
    slopes = [np.polyfit(exact, placed(circuit, parity(2), times).exact(X, weights), 1)[0] for times in (1, 5, 15)]
    assert 0.95 > slopes[0] > slopes[1] > slopes[2] > 0
    gates = [len(placed(circuit, parity(2), times).circuit) for times in (1, 5)]
    assert 4 * gates[0] < gates[1] < 7 * gates[0]  # some gates take two to be undone


def test_mitigation_brings_values_nearer(asked):
    circuit, X, weights = asked
    exact, machine = ideal_reader(circuit)(X, weights), placed(circuit, parity(2))
    off = [np.std(machine.mitigated(method, X, weights, 10_000, 1) - exact) for method in entry.METHODS]
    assert off[0] > off[1] > off[2]


def test_shots_are_those_of_the_device(asked):
    """Counts of exact noisy values are spread as the device's own shots are."""
    circuit, X, weights = asked
    machine = placed(circuit, parity(2))
    drawn = np.stack([machine.mitigated("raw", X, weights, 100, seed) for seed in range(300)])
    exact = machine.exact(X, weights)
    np.testing.assert_allclose(drawn.mean(axis=0), exact, atol=5 * 0.1 / np.sqrt(300))
    np.testing.assert_allclose(drawn.std(axis=0), np.sqrt((1 - exact**2) / 100), rtol=0.25, atol=1e-3)
    pairs, zeros = placed(pair_circuit(2), all_zeros(2)), np.hstack([X, X])
    chance = pairs.mitigated("raw", zeros, None, 1000, 0)
    assert (chance > 0.7).all() and (chance <= 1).all()


def test_a_row_of_the_classifier():
    row = variational_on_device(0, folds=(1,), starts=1)
    assert set(row) == {"trained: ideal", "trained: device"}
    part = row["trained: ideal"]
    assert part["raw x1"][0] > 0.85 and part["readout and zne x1"][1] < part["raw x1"][1]
    assert part["raw, 100 shots"][1] > part["raw x1"][1]


def test_a_row_of_the_kernel(monkeypatch):
    small = draw(2, 0, training=8, testing=20)
    monkeypatch.setattr(entry, "draw", lambda n, seed: small)
    monkeypatch.setattr(entry, "SHOTS", 2000)
    row = kernel_on_device(0, folds=(1,))
    assert row["ideal"] > 0.8 and abs(row["raw x1"][0] - row["ideal"]) < 0.15
    assert row["readout and zne x1"][1] < row["raw x1"][1] < 0.1
    assert row == kernel_on_device(0, folds=(1,))
