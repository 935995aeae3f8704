"""Parts of instances, gaps, greedy rules and warm starts of the comparison of quantum optimisers."""

import numpy as np
import pytest

from ketwork.atlas.quantum_optimization_instances import (
    Instance,
    gap,
    greedy_bits,
    judge,
    part_of_assignment,
    part_of_graph,
    part_of_knapsack,
    part_of_market,
    quality,
    relaxation,
)
from ketwork.operators import (
    IndependentSet,
    Knapsack,
    LowAutocorrelation,
    MarketShare,
    MarketSplit,
    QuadraticAssignment,
)

RNG = np.random.default_rng(0)
GRAPH = IndependentSet(20, tuple((k, (k + 1) % 20) for k in range(20)), known_optimum=10.0)
SACK = Knapsack(
    tuple(map(float, RNG.integers(1, 30, 25))),
    tuple(tuple(map(float, row)) for row in RNG.integers(1, 40, (3, 25))),
    (200.0, 250.0, 300.0),
)
PLACES = QuadraticAssignment(*(tuple(map(tuple, m.astype(float))) for m in RNG.integers(0, 9, (2, 6, 6))))
MARKET = MarketShare.generated(3, 0)


def test_a_part_of_a_graph_has_the_edges_inside():
    part = part_of_graph(GRAPH, 16)
    assert part.n_nodes == 16
    assert part.edges == tuple((k, k + 1) for k in range(15))


def test_a_part_of_a_knapsack_fits_and_is_as_tight():
    part = part_of_knapsack(SACK, 16)
    n = part.n_variables
    assert part.n_qubits <= 16
    assert part.weights == (SACK.weights[0][:n],)
    share = SACK.capacities[0] / sum(SACK.weights[0])
    assert share * sum(part.weights[0]) - 1 < part.capacities[0] <= share * sum(part.weights[0])
    larger = Knapsack(
        SACK.profits[: n + 1], (SACK.weights[0][: n + 1],), (float(int(share * sum(SACK.weights[0][: n + 1]))),)
    )
    assert larger.n_qubits > 16


def test_a_part_of_an_assignment_has_the_first_places():
    part = part_of_assignment(PLACES, 4)
    np.testing.assert_array_equal(part.flow, np.array(PLACES.flow)[:4, :4])
    np.testing.assert_array_equal(part.distance, np.array(PLACES.distance)[:4, :4])


def test_a_part_of_a_market_has_half_as_targets():
    part = part_of_market(MARKET, 14)
    assert np.array(part.matrix).shape == (3, 14)
    np.testing.assert_array_equal(part.targets, np.array(part.matrix).sum(axis=1) // 2)
    split = MarketSplit(((1.0, 2.0, 3.0),), (3.0,))
    assert part_of_market(split, 2).targets == (1.0,)


def test_market_instances_come_from_their_names():
    assert Instance("MSP", "ms_seed1_prod2").problem == MarketShare.generated(2, 1)
    part = Instance("MSP", "ms_seed1_prod2", "squared deviations").problem
    assert isinstance(part, MarketSplit)
    assert part.name == "ms_seed1_prod2*"


def test_gaps():
    best = np.arange(20, dtype=np.uint8) % 2
    assert gap(GRAPH, best, 10.0) == 0
    assert gap(GRAPH, np.eye(20, dtype=np.uint8)[0], 10.0) == pytest.approx(90)
    assert gap(GRAPH, np.ones(20, np.uint8), 10.0) is None
    worse = PLACES.encode([1, 0, 2, 3, 4, 5])
    cost = PLACES.cost([1, 0, 2, 3, 4, 5])
    assert gap(PLACES, worse, cost / 2) == pytest.approx(100)
    split = judge(MARKET)
    bits = RNG.integers(0, 2, split.n_variables, np.uint8)
    off = np.abs(np.array(MARKET.demands) @ bits - np.array(MARKET.targets)).sum()
    assert quality(split, bits) == off
    assert gap(split, bits, 2.0) == pytest.approx(100 * (off - 2) / sum(MARKET.targets))


@pytest.mark.parametrize("problem", [GRAPH, SACK, PLACES, judge(MARKET)])
def test_greedy_rules_are_feasible_and_better_than_most_random_strings(problem):
    bits = greedy_bits(problem)
    assert problem.feasible(bits[None])[0]
    rows = RNG.integers(0, 2, (400, problem.n_variables), np.uint8)
    rows = rows[problem.feasible(rows)]
    if len(rows):
        values = np.array([quality(problem, row) for row in rows])
        ahead = quality(problem, bits) >= values if problem.maximise else quality(problem, bits) <= values
        assert ahead.mean() > 0.5


def test_there_is_no_rule_for_everything():
    with pytest.raises(TypeError, match="no greedy rule for LowAutocorrelation"):
        greedy_bits(LowAutocorrelation(5))


def test_a_relaxation_bounds_the_optimum_and_holds_the_constraints():
    part = part_of_knapsack(SACK, 16)
    x = relaxation(part)
    assert x.shape == (part.n_qubits,)
    assert ((x >= 0) & (x <= 1)).all()
    own = x[: part.n_variables]
    assert np.array(part.weights) @ own <= part.capacities[0] + 1e-9
    bits = np.array([[k >> q & 1 for q in range(part.n_variables)] for k in range(2**part.n_variables)])
    optimum = part.objective.values(bits)[part.feasible(bits)].max()
    assert np.array(part.profits) @ own >= optimum - 1e-9
    slack = np.array(part.constraints[0].slacks) @ x[part.n_variables :]
    assert np.array(part.weights) @ own + slack == pytest.approx(part.capacities[0])
    np.testing.assert_allclose(relaxation(GRAPH).sum(), 10)
    np.testing.assert_allclose(relaxation(PLACES).reshape(6, 6).sum(axis=1), 1)
    assert (relaxation(judge(MARKET)) == 0.5).all()
