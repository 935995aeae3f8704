"""QAOA's circuits: equal to the kernels, and what mixers keep."""

import numpy as np
import pytest

from ketwork import Simulator
from ketwork.engine.diagonal import Alternation
from ketwork.operators import MaxCut, Polynomial
from ketwork.solve.alternating_circuit import ExchangeMixer, angle_counts, polynomial_of, qaoa_circuit, tilts_of
from ketwork.solve.qaoa import split


def some_cost(n: int, seed: int = 0) -> Polynomial:
    rng = np.random.default_rng(seed)
    keys = [(k,) for k in range(n)] + [(k, (k + 1) % n) for k in range(n)] + [(0, 1, 2), (1, 2, 3, 4)]
    return Polynomial(tuple(f"x{k}" for k in range(n)), tuple((key, float(rng.normal())) for key in keys))


@pytest.mark.parametrize("warm", (False, True))
@pytest.mark.parametrize("angles", ("shared", "multi"))
@pytest.mark.parametrize("cost", (some_cost(6), MaxCut(6, ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0), (0, 3)))))
def test_the_circuit_and_the_kernels_are_one(cost, angles, warm):
    cost = polynomial_of(cost)
    start = np.array([0.0, 0.2, 0.5, 0.7, 1.0, 0.5]) if warm else None
    circuit = qaoa_circuit(cost, 3, angles=angles, warm_start=start)
    run = Alternation(cost, multi=angles == "multi", tilts=tilts_of(start, 6) if warm else None)
    counts = angle_counts(cost, run.multi, None)
    params = np.random.default_rng(1).normal(size=circuit.n_weights)
    gammas, betas = (part.reshape(shape) for part, shape in zip(split(params, 3, counts), run.shapes(3), strict=True))
    values, pull_back = Simulator("double").value_and_pullback(circuit, cost.ising(), None, params)
    value, slopes = run.value_and_gradient(gammas, betas)
    assert value == pytest.approx(values[0, 0], abs=1e-12)
    both = np.concatenate([slopes.gammas.ravel(), slopes.betas.ravel()])
    np.testing.assert_allclose(both, pull_back(np.ones((1, 1))).w, atol=1e-11)
    chances = Simulator("double").probabilities(circuit, None, params)[0]
    np.testing.assert_allclose(run.probabilities(gammas, betas), chances, atol=1e-13)


@pytest.mark.parametrize("pattern", ("ring", "complete"))
def test_exchange_keeps_a_single_one_in_each_group(pattern):
    mixer = ExchangeMixer(pattern, ((0, 2, 4), (1, 5)))
    circuit = qaoa_circuit(some_cost(6), 2, angles="multi", mixer=mixer)
    params = np.random.default_rng(0).normal(size=circuit.n_weights)
    chances = Simulator("double").probabilities(circuit, None, params)[0]
    bits = (np.arange(64)[:, None] >> np.arange(5, -1, -1)) & 1
    kept = (bits[:, [0, 2, 4]].sum(axis=1) == 1) & (bits[:, [1, 5]].sum(axis=1) == 1)
    assert chances[kept].sum() == pytest.approx(1)
    assert (chances[kept] > 1e-4).sum() == 12  # 3 * 2 places, and either value of variable 3


def test_groups_start_evenly():
    chances = Simulator("double").probabilities(qaoa_circuit(some_cost(5), 0, mixer="xy-ring"), None, np.zeros(0))[0]
    assert sorted(np.flatnonzero(chances > 1e-9)) == [1, 2, 4, 8, 16]
    np.testing.assert_allclose(chances[[1, 2, 4, 8, 16]], 0.2)


@pytest.mark.parametrize("k", range(1, 8))
def test_pairs(k):
    ring, complete = ExchangeMixer("ring").pairs(k), ExchangeMixer("complete").pairs(k)
    assert len(ring) == (0, 1, 3)[k - 1] if k < 4 else len(ring) == k
    assert sorted(complete) == [(a, b) for a in range(k) for b in range(a + 1, k)]


def test_warm_starts_stay_off_the_ends():
    np.testing.assert_allclose(np.sin(tilts_of([0.0, 0.5, 1.0], 3) / 2) ** 2, [1e-3, 0.5, 1 - 1e-3])


@pytest.mark.parametrize(
    ("bad", "message"),
    (
        ({"mixer": "y"}, "`mixer` must be one of x, xy-ring"),
        ({"angles": "many"}, "`angles` must be one of shared, multi"),
        ({"warm_start": [0.5]}, "`warm_start` must hold 6 numbers"),
        ({"warm_start": [0.5] * 5 + [1.5]}, "`warm_start` must hold 6 numbers"),
        ({"warm_start": [0.5] * 6, "mixer": "xy-ring"}, "is for the mixer 'x'"),
        ({"mixer": ExchangeMixer("ring", ((0, 6),))}, "`groups` must lie in"),
        ({"mixer": ExchangeMixer("ring", tuple((q,) for q in range(6)))}, "`mixer` mixes nothing here"),
    ),
)
def test_bad_arguments(bad, message):
    with pytest.raises(ValueError, match=message):
        qaoa_circuit(some_cost(6), **bad)


def test_variables_are_in_one_group():
    with pytest.raises(ValueError, match="none twice"):
        ExchangeMixer("ring", ((0, 1), (1, 2)))


def test_other_costs_are_refused():
    with pytest.raises(TypeError, match="`cost` must be a Problem"):
        polynomial_of(np.eye(2))
