"""Objectives: energies, their gradients, CVaR against brute force, and a bill that is true."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketwork import Circuit, PauliSum, Simulator, w, x
from ketwork.noise import NoiseModel, depolarizing
from ketwork.operators.grouping import group_qubitwise
from ketwork.solve.objective import (
    Objective,
    diagonal_values,
    fingerprint,
    is_diagonal,
    sampled_risk,
    values_of_bits,
)

ENERGY = PauliSum.from_dict({"XX": 0.18, "ZZ": -0.01, "ZI": -0.4, "IZ": 0.4, "II": -1.05})
COST = PauliSum.from_dict({"ZZI": 1.0, "IZZ": 0.7, "ZII": -0.3, "III": 0.2, "ZZZ": 0.11})


def layered(n):
    circuit = Circuit(n)
    for q in range(n):
        circuit = circuit.ry(q, w[q])
    for q in range(n - 1):
        circuit = circuit.cx(q, q + 1)
    for q in range(n):
        circuit = circuit.rx(q, w[n + q])
    return circuit


def numeric(fun, point, step=1e-6):
    return np.array([(fun(point + s) - fun(point - s)) / (2 * step) for s in step * np.eye(len(point))])


def brute_force_risk(chances, values, alpha):
    """The mean value of the lowest share alpha, poured out of the outcomes one after the other."""
    left, total = alpha, 0.0
    for value, chance in sorted(zip(values, chances, strict=True)):
        part = min(left, chance)
        total, left = total + part * value, left - part
    return total / alpha


def test_value_and_gradient_of_an_energy():
    objective, point = Objective(layered(2), ENERGY), np.array([0.3, -1.2, 0.8, 2.0])
    state = Simulator("double").state(layered(2), None, point)[0]
    value, gradient = objective.value_and_gradient(point)
    assert value == pytest.approx((state.conj() @ ENERGY.matrix() @ state).real, abs=1e-12)
    assert objective.value(point) == pytest.approx(value, abs=1e-12)
    np.testing.assert_allclose(gradient, numeric(objective.value, point), atol=1e-8)


@settings(max_examples=30, deadline=None)
@given(alpha=st.floats(0.01, 0.999), seed=st.integers(0, 99))
def test_risk_against_brute_force(alpha, seed):
    point = np.random.default_rng(seed).uniform(-3, 3, 6)
    chances = Simulator("double").probabilities(layered(3), None, point)[0]
    found = Objective(layered(3), COST, alpha=alpha).value(point)
    assert found == pytest.approx(brute_force_risk(chances, diagonal_values(COST), alpha), abs=1e-9)


def test_risk_is_between_the_least_value_and_the_mean_and_tends_to_both():
    point = np.array([0.4, 1.0, -0.7, 0.2, 2.2, 1.0])
    risks = [Objective(layered(3), COST, alpha=a).value(point) for a in (1e-6, 0.1, 0.5, 0.999999)]
    assert np.all(np.diff(risks) >= -1e-12)
    assert risks[0] == pytest.approx(diagonal_values(COST).min(), abs=1e-6)
    assert risks[-1] == pytest.approx(Objective(layered(3), COST).value(point), abs=1e-5)


@pytest.mark.parametrize("alpha", [0.1, 0.25, 0.7])
def test_gradient_of_risk(alpha):
    objective = Objective(layered(3), COST, alpha=alpha)
    point = np.random.default_rng(5).uniform(-3, 3, 6)
    value, gradient = objective.value_and_gradient(point)
    assert value == pytest.approx(objective.value(point), abs=1e-12)
    np.testing.assert_allclose(gradient, numeric(objective.value, point), atol=1e-7)


def test_values_of_basis_states_and_of_bits():
    np.testing.assert_allclose(diagonal_values(COST), np.diag(COST.matrix()).real, atol=1e-14)
    bits = np.random.default_rng(0).integers(0, 2, (50, 3)).astype(np.uint8)
    np.testing.assert_allclose(values_of_bits(COST, bits), diagonal_values(COST)[bits @ [4, 2, 1]], atol=1e-14)
    assert is_diagonal(COST) and not is_diagonal(ENERGY)


def test_sampled_risk_counts_the_lowest_share():
    assert sampled_risk(np.array([3.0, 1.0, 2.0, 10.0]), 0.5) == 1.5
    assert sampled_risk(np.array([3.0, 1.0, 2.0, 10.0]), 0.51) == 2.0
    assert sampled_risk(np.array([3.0, 1.0, 2.0, 10.0]), 1e-9) == 1.0


def test_risk_from_shots_tends_to_the_exact_one():
    point = np.random.default_rng(3).uniform(-3, 3, 6)
    exact = Objective(layered(3), COST, alpha=0.3).value(point)
    read = Objective(layered(3), COST, Simulator("double", seed=1, shots=2000), alpha=0.3)
    assert np.mean([read.value(point) for _ in range(50)]) == pytest.approx(exact, abs=0.01)
    with pytest.raises(ValueError, match="needs values alone"):
        read.value_and_gradient(point)


def test_every_evaluation_draws_anew_and_the_whole_can_be_repeated():
    point = np.full(4, 0.4)
    first, second = (Objective(layered(2), ENERGY, Simulator("double", seed=7, shots=100)) for _ in range(2))
    values = [first.value(point) for _ in range(20)]
    assert len(set(values)) > 15
    assert values == [second.value(point) for _ in range(20)]
    second.turn = 5
    assert second.value(point) == values[5]


def test_shots_scatter_as_they_should():
    point, shots = np.full(4, 0.4), 400
    objective = Objective(layered(2), PauliSum.from_dict({"ZI": 1.0}), Simulator("double", seed=7, shots=shots))
    exact = Objective(layered(2), PauliSum.from_dict({"ZI": 1.0})).value(point)
    values = np.array([objective.value(point) for _ in range(300)])
    spread = np.sqrt((1 - exact**2) / shots)
    assert abs(values.mean() - exact) < 4 * spread / np.sqrt(300)
    assert values.std() == pytest.approx(spread, rel=0.2)


def test_fresh_noise_of_trajectories_too():
    noise = NoiseModel().add(depolarizing(0.1, 1))
    drawn = Simulator("double", seed=3, noise=noise, method="trajectories", trajectories=50)
    objective = Objective(layered(2), ENERGY, drawn)
    assert objective.value(np.full(4, 0.5)) != objective.value(np.full(4, 0.5))


def test_the_bill():
    point, shots = np.zeros(4), 100
    exact = Objective(layered(2), ENERGY)
    exact.value(point)
    assert (exact.n_evaluations, exact.circuits, exact.shots) == (1, 1, 0)
    exact.value_and_gradient(point)
    assert (exact.n_evaluations, exact.circuits, exact.shots) == (2, 1 + 9, 0)  # four angles, two shifts each
    bases = len(group_qubitwise([ENERGY]))
    read = Objective(layered(2), ENERGY, Simulator("double", seed=0, shots=shots))
    read.value(point)
    read.value_and_gradient(point)
    assert (read.circuits, read.shots) == (10 * bases, 10 * bases * shots)
    read.fidelity(point, point)
    assert (read.n_evaluations, read.circuits, read.shots) == (2, 10 * bases + 1, (10 * bases + 1) * shots)
    risk = Objective(layered(3), COST, Simulator("double", seed=0, shots=shots), alpha=0.5)
    risk.value(np.zeros(6))
    assert (risk.circuits, risk.shots) == (1, shots)


def test_metric_and_fidelity_agree_to_second_order():
    objective, point = Objective(layered(2), ENERGY), np.array([0.3, -1.2, 0.8, 2.0])
    step = 1e-3 * np.array([1.0, -2.0, 0.5, 1.5])
    loss = 1 - objective.fidelity(point, point + step)
    assert loss == pytest.approx(step @ objective.metric(point) @ step, rel=2e-2)


def test_samples_are_of_the_state():
    objective = Objective(Circuit(2).rx(0, w[0]), PauliSum.from_dict({"ZI": 1.0}), Simulator("double", seed=0))
    bits = objective.sample([np.pi], 50)
    assert bits.shape == (50, 2) and bits.dtype == np.uint8
    assert np.all(bits == [1, 0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Objective("no", ENERGY), "Circuit"),
        (lambda: Objective(Circuit(2).ry(0, x[0]), ENERGY), "weights only"),
        (lambda: Objective(layered(3), ENERGY), "3 qubits"),
        (lambda: Objective(layered(2), 1j * ENERGY), "Hermitian"),
        (lambda: Objective(layered(2), "ZZ"), "PauliSum"),
        (lambda: Objective(layered(2), ENERGY, backend=3), "Backend"),
        (lambda: Objective(layered(2), ENERGY, alpha=0.5), "diagonal"),
        (lambda: Objective(layered(3), COST, alpha=0.0), "above 0"),
        (lambda: Objective(layered(3), COST, alpha=1.2), "alpha"),
        (lambda: Objective(layered(2), ENERGY).value([0.0]), "4 weights"),
    ],
)
def test_doors(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_fingerprints_tell_observables_apart():
    """Not the order of the terms or rounding; but which qubit a string is on, its sign and the constant."""
    base = {"ZI": 1.0, "XX": 0.5, "II": 0.1}
    same = PauliSum.from_dict({"XX": 0.5 + 1e-13, "II": 0.1, "ZI": 1.0})
    np.testing.assert_allclose(fingerprint(PauliSum.from_dict(base)), fingerprint(same), atol=1e-10)
    for other in ({"IZ": 1.0, "XX": 0.5, "II": 0.1}, {**base, "XX": -0.5}, {**base, "II": 0.2}, {**base, "ZI": 1.1}):
        assert not np.allclose(
            fingerprint(PauliSum.from_dict(base)), fingerprint(PauliSum.from_dict(other)), rtol=1e-6, atol=1e-9
        )
