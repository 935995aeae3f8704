"""Gradient variances against Cerezo's closed forms, parameter shift, and decays that are known."""

import numpy as np
import pytest

from ketwork import Circuit, Simulator, pauli, w, x
from ketwork.models.ansatz import strongly_entangling
from ketwork.models.diagnostics import fitted_decay, gradient_samples, gradient_variance, plateau_grid
from ketwork.models.diagnostics.plateaus import cost_sum


def product(n, layers=1):
    circuit = Circuit(n)
    for q in range(n):
        circuit = circuit.rx(q, w[q])
    return circuit


@pytest.mark.parametrize("n", [1, 3, 5])
def test_the_product_circuit_has_cerezos_variances(n):
    """arXiv:2001.00550, eq. 5 and 10: (1/8)(3/8)^(n-1) for the global cost, 1/(8 n^2) for the local one."""
    found = gradient_variance(product(n), "global", 4000, seed=0)
    assert found.low * 0.85 < (1 / 8) * (3 / 8) ** (n - 1) < found.high * 1.15
    local = gradient_variance(product(n), "local", 4000, seed=0)
    assert local.mean == pytest.approx(1 / (8 * n**2), rel=0.05)
    assert local.low < local.mean < local.high and len(local.variances) == n


def test_a_global_cost_is_barren_and_a_local_one_is_not():
    sizes = [2, 4, 6, 8]
    of_global, of_local = (
        fitted_decay(plateau_grid(product, sizes, [1], cost, 4000, seed=1)[0]) for cost in ("global", "local")
    )
    assert of_global.barren and of_global.low < 3 / 8 < of_global.high
    assert not of_local.barren and of_local.power == pytest.approx(2, abs=0.1)


def test_random_states_lose_half_the_variance_a_qubit():
    """McClean et al.: 2-designs have a variance of the order of 2^-n for a local observable."""
    found = plateau_grid(lambda n, k: strongly_entangling(n, k), [2, 3, 4, 5, 6], [12], "zz", 300, seed=2)[0]
    decay = fitted_decay(found)
    assert decay.factor == pytest.approx(0.5, abs=0.08) and decay.barren


@pytest.mark.parametrize("cost", ["local", "global", "zz"])
def test_gradients_are_those_of_the_cost(cost):
    circuit = Circuit(3).ry(0, x[0] * w[1]).rx(1, w[0]).cx(0, 1).ry(2, w[2]).cx(1, 2)
    rng = np.random.default_rng(3)
    found = gradient_samples(circuit, cost, 2, [[0.7]], rng)
    again = np.random.default_rng(3)
    again.integers(1, size=2)
    weights = again.uniform(0, 2 * np.pi, (2, 3))

    def value(point):
        if cost == "global":
            return 1 - Simulator().probabilities(circuit, [[0.7]], point)[0, 0]
        return Simulator().expectation(circuit, cost_sum(cost, 3), [[0.7]], point)[0, 0]

    for row, point in zip(found, weights, strict=True):
        steps = 1e-6 * np.eye(3)
        expected = [(value(point + s) - value(point - s)) / 2e-6 for s in steps]
        np.testing.assert_allclose(row, expected, atol=1e-8)


def test_a_local_cost_is_the_mean_chance_of_1():
    chances = Simulator().probabilities(product(3), None, [0.3, 1.0, 2.0])[0].reshape(2, 2, 2)
    ones = np.mean([chances[1].sum(), chances[:, 1].sum(), chances[:, :, 1].sum()])
    assert Simulator().expectation(product(3), cost_sum("local", 3), None, [0.3, 1.0, 2.0])[0, 0] == pytest.approx(ones)


def test_one_parameter_and_ones_own_observable():
    found = gradient_variance(product(2), pauli("Z", 1, 2), 2000, parameter=1, seed=0)
    assert found.parameters == (1,) and found.mean == pytest.approx(0.5, rel=0.1)  # of sin^2
    assert gradient_variance(product(2), lambda n: pauli("Z", 0, n), 500, 1, seed=0).mean == pytest.approx(0, abs=1e-20)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gradient_variance(Circuit(2).h(0)), "must have weights"),
        (lambda: gradient_variance(product(2), "globl"), "Did you mean 'global'"),
        (lambda: gradient_variance(product(2), parameter=2), "`parameter` must lie in \\[0, 1\\]"),
        (lambda: plateau_grid(product, [], [1]), "at least one size each"),
        (lambda: fitted_decay(plateau_grid(product, [2, 3], [1], samples=5, seed=0)[0]), "at least 3"),
        (
            lambda: fitted_decay(plateau_grid(lambda n, _: Circuit(n).rz(0, w[0]), [2, 3, 4], [1], samples=5)[0]),
            "variances above 0",
        ),
    ],
)
def test_bad_input_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()
