"""Gradients that are read: unbiased, with true variances, and a bill that is what was asked for."""

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, Simulator, w
from ketwork.models.ansatz import kandala
from ketwork.noise import NoiseModel, depolarizing
from ketwork.operators import load_molecule
from ketwork.operators.grouping import group_qubitwise
from ketwork.solve.objective import Objective
from ketwork.solve.sampled_gradient import SampledGradient
from ketwork.solve.vqe import vqe

ENERGY = PauliSum.from_dict({"XX": 0.18, "ZZ": -0.01, "ZI": -0.4, "IZ": 0.4, "II": -1.05, "YI": 0.3})
CIRCUIT = Circuit(2).ry(0, w[0]).rx(1, 0.5 * w[1] + 0.2).cx(0, 1).ry(0, 2 * w[2]).crx(0, 1, w[0]).rz(1, w[4])
POINT = np.array([0.3, -1.2, 0.8, 0.0, 2.0])


def estimates(weighted, readings, times, backend=None):
    objective = Objective(CIRCUIT, ENERGY, backend or Simulator("double", seed=3))
    estimate, rng = SampledGradient(objective, weighted), np.random.default_rng(0)
    found = [estimate(POINT, np.full(5, readings), rng) for _ in range(times)]
    return [np.array(column) for column in zip(*found, strict=True)], objective


@pytest.mark.parametrize("weighted", [False, True])
def test_means_and_variances_are_true(weighted):
    """400 estimates of 25 readings: their mean is the gradient, and their spread what each of them says it is."""
    (values, gradients, variances), _ = estimates(weighted, 25, 400)
    value, gradient = Objective(CIRCUIT, ENERGY).value_and_gradient(POINT)
    errors = gradients.std(axis=0, ddof=1) / np.sqrt(400)
    assert np.all(np.abs(gradients.mean(axis=0) - gradient) < 4.5 * errors + 1e-12)
    assert abs(values.mean() - value) < 4.5 * values.std() / 20
    np.testing.assert_allclose(
        gradients.var(axis=0, ddof=1)[[0, 1, 2, 4]], variances.mean(axis=0)[[0, 1, 2, 4]] / 25, rtol=0.35
    )
    assert gradients[:, 3].tolist() == [0.0] * 400 == variances[:, 3].tolist()  # a weight that is in no gate


def test_noise_is_read_as_a_backend_has_it():
    noise = NoiseModel().add(depolarizing(0.1, 2), gates="cx")
    backend = Simulator("double", seed=1, noise=noise)
    (_, gradients, _), _ = estimates(False, 200, 60, backend)
    expected = Objective(CIRCUIT, ENERGY, Simulator("double", noise=noise)).value_and_gradient(POINT)[1]
    ideal = Objective(CIRCUIT, ENERGY).value_and_gradient(POINT)[1]
    errors = gradients.std(axis=0, ddof=1) / np.sqrt(60) + 1e-9
    assert np.all(np.abs(gradients.mean(axis=0) - expected) < 4.5 * errors)
    assert np.abs(gradients.mean(axis=0) - ideal).max() > 0.01


def test_the_bill_is_what_was_asked_for():
    circuit = kandala(2, 1)
    count, bases = circuit.n_weights, len(group_qubitwise([ENERGY]))
    readings = np.arange(2, 2 + count)
    objective = Objective(circuit, ENERGY, Simulator(seed=0))
    SampledGradient(objective)(np.zeros(count), readings, np.random.default_rng(0))
    own = int(np.ceil(readings.mean()))
    assert objective.shots == bases * (2 * readings.sum() + own)
    assert (objective.circuits, objective.n_evaluations) == (bases * (2 * count + 1), 1)
    drawn = Objective(circuit, ENERGY, Simulator(seed=0))
    SampledGradient(drawn, weighted=True)(np.zeros(count), readings, np.random.default_rng(0))
    assert drawn.shots == 2 * readings.sum() + own


def test_components_are_read_with_numbers_of_their_own():
    """Two weights that do the same are not read alike, nor are two calls."""
    twins = Circuit(2).ry(0, w[0]).ry(1, w[1])
    estimate = SampledGradient(Objective(twins, PauliSum.from_dict({"ZI": 1.0, "IZ": 1.0}), Simulator(seed=5)))
    first = estimate(np.ones(2), np.array([400, 400]), np.random.default_rng(0))[1]
    second = estimate(np.ones(2), np.array([400, 400]), np.random.default_rng(0))[1]
    assert first[0] != first[1] and first.tolist() != second.tolist()


def test_weighted_readings_vary_less_the_fewer_strings_matter():
    """One string has nearly all the weight: a reading of it is as good as a reading of every basis, at a third."""
    skew = PauliSum.from_dict({"ZZ": 1.0, "XX": 0.001, "YX": 0.001})
    circuit, point = kandala(2, 1), np.linspace(0.1, 1.0, kandala(2, 1).n_weights)
    variances = []
    for weighted in (False, True):
        estimate = SampledGradient(Objective(circuit, skew, Simulator(seed=2)), weighted)
        variances.append(estimate(point, np.full(len(point), 4000), np.random.default_rng(1))[2])
    np.testing.assert_allclose(variances[1], variances[0], rtol=0.1, atol=0.02)


@pytest.mark.parametrize("method", ["icans", "rosalin"])
def test_hydrogen_is_found_frugally(method):
    molecule, ends = load_molecule("H2"), []
    for seed in range(3):
        backend = Simulator("double", seed=seed, shots=100)
        found = vqe(
            molecule.hamiltonian, kandala(2, 1), method=method, steps=500, budget=40_000, backend=backend, seed=seed
        )
        assert found.message == "budget spent" and found.shots > 40_000
        ends.append(Objective(kandala(2, 1), molecule.hamiltonian).value(found.params) - molecule.exact_energy())
    assert np.median(ends) < 0.02


def test_a_constant_and_a_backend_without_samples():
    class Bare:
        def expectation(self, circuit, observables, x=None, w=None):
            return np.zeros((1, 1))

    with pytest.raises(TypeError, match="`backend` must draw samples, but Bare does not"):
        SampledGradient(Objective(CIRCUIT, ENERGY, Bare()))
    flat = SampledGradient(Objective(CIRCUIT, PauliSum.from_dict({"II": 2.0})))
    value, gradient, variance = flat(POINT, np.full(5, 4), np.random.default_rng(0))
    assert value == 2.0 and not gradient.any() and not variance.any()
