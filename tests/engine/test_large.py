"""One large state in sweeps equals the same state in tiles, whatever the layout."""

import numpy as np
import pytest

from ketwork import PauliSum, Simulator
from ketwork.engine import batch
from random_circuits import random_circuit


@pytest.mark.parametrize("n", [8, 10, 12, 14])
@pytest.mark.parametrize("precision", ["single", "double"])
def test_sweeps_equal_tiles(n, precision, monkeypatch):
    rng = np.random.default_rng(n)
    circuit = random_circuit(rng, n, 60)
    inputs, weights = rng.normal(size=(1, circuit.n_inputs)), rng.normal(size=circuit.n_weights)
    strings = {"".join(rng.choice(list("IXYZ"), n)): float(v) for v in rng.normal(size=12) / 12}
    results = []
    for few, most in ((2, 13), (0, 20)):
        monkeypatch.setattr(batch, "_FEW_SAMPLES", few)
        monkeypatch.setattr(batch, "TILE_BITS", most)
        simulator = Simulator(precision)
        values, pull_back = simulator.value_and_pullback(circuit, PauliSum.from_dict(strings), inputs, weights)
        gradient = pull_back(np.ones_like(values))
        chances = simulator.probabilities(circuit, inputs, weights, [0, n - 1, 3])
        results.append(np.concatenate([values.ravel(), gradient.w, gradient.x.ravel(), chances.ravel()]))
    np.testing.assert_allclose(results[0], results[1], rtol=0, atol=1e-12 if precision == "double" else 5e-6)
