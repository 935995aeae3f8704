"""Overlaps in blocks, and the metric of a circuit whose geometry is known."""

import numpy as np
import pytest

from ketwork import Circuit, Simulator, w, x
from ketwork.engine import geometry
from random_circuits import random_circuit


@pytest.mark.parametrize("precision", ["single", "double"])
def test_overlaps_in_blocks(monkeypatch, precision):
    rng = np.random.default_rng(1)
    circuit = random_circuit(rng, 4, 30)
    a, b, weights = rng.normal(size=(11, 3)), rng.normal(size=(7, 3)), rng.normal(size=circuit.n_weights)
    simulator = Simulator(precision)
    psi, phi = (Simulator().state(circuit, rows, weights) for rows in (a, b))
    monkeypatch.setattr(geometry, "_BLOCK_BYTES", 3 * 16 * 16)
    tolerance = 1e-6 if precision == "single" else 1e-13
    np.testing.assert_allclose(
        simulator.overlap(circuit, a, b, weights), np.abs(psi.conj() @ phi.T) ** 2, atol=tolerance
    )
    gram = simulator.overlap(circuit, a, w=weights)
    np.testing.assert_allclose(gram, np.abs(psi.conj() @ psi.T) ** 2, atol=tolerance)
    np.testing.assert_array_equal(gram, gram.T)


def test_metric_of_the_bloch_sphere():
    """RY(theta) then RZ(phi): ds^2 = (d theta^2 + sin^2 theta d phi^2) / 4."""
    theta = 0.7
    metric = Simulator().metric(Circuit(1).ry(0, w[0]).rz(0, w[1]), w=[theta, 1.3])
    np.testing.assert_allclose(metric, np.diag([0.25, np.sin(theta) ** 2 / 4]), atol=1e-14)


def test_metric_of_a_weight_in_two_gates_and_with_an_input():
    inputs = np.array([[0.5], [2.0]])
    metric = Simulator().metric(Circuit(1).ry(0, w[0] * x[0]).ry(0, w[0]), inputs, [0.2])
    assert metric[0, 0] == pytest.approx(((1.5**2 + 3.0**2) / 2) / 4)
