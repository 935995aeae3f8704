"""Pauli Correlation Encoding: counts, the loss and its gradient, signs, the optimum of small problems."""

from itertools import combinations

import numpy as np
import pytest

from ketwork import Simulator
from ketwork.operators import IndependentSet, LowAutocorrelation, MaxCut
from ketwork.operators.qubo import Polynomial
from ketwork.solve.pauli_correlation import (
    Encoding,
    Loss,
    cut_of,
    flip_search,
    order_for,
    pauli_correlation,
    qubits_for,
)

RING = MaxCut(8, tuple((k, (k + 1) % 8) for k in range(8)), known_optimum=8.0)


def codes(n):
    """The graph of single deletions between words of n bits (Sloane's 1dc-n): neighbours share a shorter word."""
    words = [format(k, f"0{n}b") for k in range(2**n)]
    shorter = [{word[:k] + word[k + 1 :] for k in range(n)} for word in words]
    edges = tuple((a, b) for a, b in combinations(range(len(words)), 2) if shorter[a] & shorter[b])
    return IndependentSet(len(words), edges)


def transpositions(n):
    """The graph of adjacent transpositions and the words that they confuse (Sloane's 1tc-n)."""
    words = [format(k, f"0{n}b") for k in range(2**n)]
    reach = [{w, *(w[:k] + w[k + 1] + w[k] + w[k + 2 :] for k in range(n - 1))} for w in words]
    edges = tuple((a, b) for a, b in combinations(range(len(words)), 2) if reach[a] & reach[b])
    return IndependentSet(len(words), edges)


def quadratic(n, seed, linear=True):
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(n, n))
    return Polynomial.from_matrix(matrix if linear else np.triu(matrix, 1), rng.normal())


@pytest.mark.parametrize(
    ("nodes", "order", "qubits"),
    [(9, 2, 3), (17, 2, 4), (33, 2, 6), (65, 2, 8), (800, 2, 24), (800, 3, 13), (3, 1, 1), (4, 1, 2), (858, 3, 13)],
)
def test_the_fewest_qubits(nodes, order, qubits):
    assert qubits_for(nodes, order) == qubits


@pytest.mark.parametrize(
    ("nodes", "order"), [(1, 2), (9, 2), (360, 2), (361, 3), (800, 3), (1680, 3), (1681, 4), (10**6, 8)]
)
def test_orders_that_keep_to_sixteen_qubits(nodes, order):
    assert order_for(nodes) == order
    assert qubits_for(nodes, order) <= 16 or nodes > 3 * 12870


def test_strings_are_of_equal_letters_in_order():
    code = Encoding(8, 2)
    assert code.n_qubits == 3
    assert code.strings == ("XXI", "XIX", "IXX", "YYI", "YIY", "IYY", "ZZI", "ZIZ")
    many = Encoding(800)
    assert len(set(many.strings)) == 800
    assert all(string.count("I") == 10 for string in many.strings)


@pytest.mark.parametrize("linear", [True, False])
def test_a_cost_is_a_cut(linear):
    """The cost of every string is the weight of its edges with signs, and a constant."""
    cost = quadratic(6, 1, linear)
    cut = cut_of(cost)
    rows = np.array([[int(c) for c in format(k, "06b")] for k in range(64)])
    spins = 1.0 - 2 * np.hstack([rows, np.zeros((64, cut.n_nodes - 6), int)])
    values = (spins[:, cut.edges[:, 0]] * spins[:, cut.edges[:, 1]]) @ cut.weights
    np.testing.assert_allclose(np.ptp(values - cost.values(rows)), 0, atol=1e-12)
    np.testing.assert_allclose(np.einsum("bi,bi->b", spins, spins @ cut.matrix.toarray()) / 2, values, atol=1e-12)


def test_bits_do_not_depend_on_the_global_sign_where_they_are_anchored():
    cut = cut_of(quadratic(5, 2))
    values = np.random.default_rng(0).normal(size=cut.n_nodes)
    assert cut.anchored
    np.testing.assert_array_equal(cut.bits(values), cut.bits(-values))
    assert cut_of(RING).n_nodes == 8
    np.testing.assert_array_equal(cut_of(RING).bits([1, -1, 1, 1, -0.1, 2, 3, -4]), [0, 1, 0, 0, 1, 0, 0, 1])


def test_the_loss_and_its_gradient():
    cut = cut_of(quadratic(7, 3))
    loss = Loss(cut, 2.5, 0.7)
    point = np.random.default_rng(4).uniform(-0.6, 0.6, cut.n_nodes)
    value, gradient = loss.value_and_gradient(point)
    t = np.tanh(2.5 * point)
    plain = sum(weight * t[u] * t[v] for (u, v), weight in zip(cut.edges, cut.weights, strict=True))
    assert value == pytest.approx(plain + 0.7 * cut.regulariser * (t**2).mean() ** 2)
    step = 1e-6 * np.eye(cut.n_nodes)
    ends = [[loss.value_and_gradient(point + sign * row)[0] for row in step] for sign in (1, -1)]
    np.testing.assert_allclose(gradient, (np.array(ends[0]) - ends[1]) / 2e-6, atol=1e-6)


def test_the_regulariser_of_a_ring():
    """Eight edges that weigh 1/2 each as spins: W / 2 + 7 / 16."""
    assert cut_of(RING).regulariser == pytest.approx(8 * 0.5 / 2 + 7 * 0.5 / 4)


def test_flips_end_where_no_flip_helps():
    cost = quadratic(12, 5)
    for row in np.random.default_rng(6).integers(0, 2, (5, 12)):
        found = flip_search(cost, row)
        neighbours = cost.values(found ^ np.eye(12, dtype=np.uint8))
        assert cost.value(found) <= min(cost.value(row), neighbours.min())


@pytest.mark.parametrize(("problem", "size"), [(transpositions(3), 4), (transpositions(4), 8), (codes(4), 4)])
def test_small_independent_sets_are_solved(problem, size):
    solution = pauli_correlation(problem, restarts=3, seed=0)
    assert solution.n_qubits == qubits_for(problem.n_nodes + 1, 2)
    found = problem.check(solution.extra["searched"][0])
    assert found.feasible
    assert found.objective == size
    assert solution.samples.shape == (3, problem.n_nodes)
    assert sorted(solution.extra["costs"]) == solution.extra["costs"]
    assert solution.extra["costs"] == pytest.approx(problem.qubo().values(solution.samples).tolist())


def test_the_largest_cut_of_a_ring_without_search():
    solution = pauli_correlation(RING, seed=1, restarts=4)
    assert RING.check(solution.samples[0]).objective == 8
    assert solution.circuits == solution.n_evaluations * (1 + 2 * len(solution.params)) + 4


def test_a_run_goes_on():
    first = pauli_correlation(RING, seed=1, steps=5)
    second = pauli_correlation(RING, seed=1, steps=40, state=first.state)
    assert second.value < first.value


@pytest.mark.parametrize(
    ("method", "steps"),
    [("cobyla", 150), ("spsa", 100), ("adam", 60), ("adam-spsa", 100), ("natural-gradient", 40), ("qn-spsa", 60)],
)
def test_other_optimisers_lower_the_loss(method, steps):
    options = {"cobyla": {"rhobeg": 0.4}, "qn-spsa": {"a": 0.02}}.get(method, {})
    seen = []
    solution = pauli_correlation(
        RING, method=method, steps=steps, seed=3, callback=lambda k, params, value: seen.append(value), **options
    )
    assert solution.value < seen[0]
    assert len(seen) == len(solution.history)


def test_rotosolve_is_refused():
    with pytest.raises(ValueError, match="`method` must be one of"):
        pauli_correlation(RING, method="rotosolve")


def test_metrics_and_overlaps_are_paid():
    """What a method asks of the state beside the loss, as `Objective` counts it: (P, P) overlaps, one circuit each."""
    plain = pauli_correlation(RING, layers=3, steps=2, seed=0, method="adam")
    natural = pauli_correlation(RING, layers=3, steps=2, seed=0, method="natural-gradient")
    count = len(plain.params)
    assert natural.circuits - plain.circuits == 2 * (2 * count**2 - count)
    drawn = pauli_correlation(RING, layers=3, steps=2, seed=0, backend=Simulator(shots=50, seed=5), method="qn-spsa")
    assert drawn.shots == 50 * drawn.circuits and drawn.circuits > 3 * (drawn.n_evaluations + 1)


def test_shots_are_counted():
    """Three bases; a gradient by the shift rule takes two circuits a weight and basis."""
    solution = pauli_correlation(RING, layers=3, steps=2, seed=0, backend=Simulator(shots=200, seed=5), method="adam")
    each = 3 * (1 + 2 * len(solution.params))
    assert solution.circuits == 2 * each + 3
    assert solution.shots == 200 * solution.circuits


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pauli_correlation(LowAutocorrelation(6)), "must have degree 1 or 2, but has 4"),
        (lambda: pauli_correlation(Polynomial(("a",), (((), 2.0),))), "must have degree 1 or 2, but has 0"),
        (lambda: pauli_correlation(RING, 0), "`order` must be at least 1"),
        (lambda: pauli_correlation(RING, method="gradient"), "`method` must be one of"),
        (lambda: pauli_correlation(RING, relaxation=(0.0, 0.5)), "`alpha` must be above 0"),
        (lambda: pauli_correlation(RING, relaxation=(1.0, -1)), "`beta` must be at least 0"),
        (lambda: pauli_correlation(RING, start=[0.0]), "`start` must have"),
        (lambda: pauli_correlation(RING, restarts=2, state={}), "leave `restarts` at 1"),
        (lambda: pauli_correlation(RING, layers=0), "`layers` must be at least 1"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_something_else_than_a_cost():
    with pytest.raises(TypeError, match="must be a Problem or a Polynomial"):
        pauli_correlation("hp1")
