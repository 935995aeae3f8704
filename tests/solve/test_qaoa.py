"""QAOA against closed forms, against its own circuit, and on instances that it must solve."""

from itertools import combinations

import numpy as np
import pytest

from ketwork import PauliSum, Simulator
from ketwork.operators import IndependentSet, LowAutocorrelation, MaxCut, Polynomial, load_instance
from ketwork.solve.qaoa import interpolated, qaoa, ramp, scale, split, transfer
from ketwork.solve.references import exhaustive
from ketwork.solve.solution import answer

PETERSEN = MaxCut(
    10,
    tuple((k, (k + 1) % 5) for k in range(5))
    + tuple((k, k + 5) for k in range(5))
    + tuple((5 + k, 5 + (k + 2) % 5) for k in range(5)),
)  # 3-regular, without triangles


def ring(n: int) -> MaxCut:
    return MaxCut(n, tuple((k, (k + 1) % n) for k in range(n)))


@pytest.mark.parametrize(("problem", "degree"), ((PETERSEN, 3), (ring(8), 2)))
def test_one_layer_cuts_what_the_closed_form_says(problem, degree):
    """Wang, Hadfield, Jiang, Rieffel, arXiv 1706.02998, corollary 1: per edge of a triangle-free regular graph."""
    found = qaoa(problem, 1, steps=200)
    share = 0.5 + 0.5 / np.sqrt(degree) * (1 - 1 / degree) ** ((degree - 1) / 2)
    assert found.value == pytest.approx(-share * len(problem.edges), abs=1e-8)
    gamma, beta = found.params
    assert (gamma, beta) == pytest.approx((np.arctan(1 / np.sqrt(degree - 1)), np.pi / 8), abs=1e-4)


@pytest.mark.parametrize("layers", (1, 2, 3))
def test_rings_are_cut_in_shares_of_2p_plus_1_over_2p_plus_2(layers):
    """The ring of disagrees: Farhi et al., arXiv 1411.4028, section V, for rings longer than 2 p + 2."""
    found = qaoa(ring(10), layers, steps=300, start="interp")
    assert found.value == pytest.approx(-10 * (2 * layers + 1) / (2 * layers + 2), abs=1e-5)


def test_costs_of_three_kinds_are_one():
    polynomial = PETERSEN.qubo()
    values = [qaoa(cost, 2, steps=5, shots=0).value for cost in (PETERSEN, polynomial, polynomial.ising())]
    assert values == pytest.approx([values[0]] * 3, abs=1e-12)


def test_a_backend_and_the_kernels_take_the_same_way():
    ours = qaoa(PETERSEN, 2, steps=4, alpha=0.5, seed=1)
    theirs = qaoa(PETERSEN, 2, steps=4, alpha=0.5, seed=1, backend=Simulator("double"))
    np.testing.assert_allclose(ours.params, theirs.params, atol=1e-7)
    assert (ours.n_evaluations, ours.circuits) == (theirs.n_evaluations, theirs.circuits)
    assert ours.samples.shape == theirs.samples.shape == (1024, 10)


def test_shots_and_methods_without_gradients():
    found = qaoa(ring(4), 1, method="cobyla", steps=30, backend=Simulator("double", shots=400, seed=0), seed=0)
    assert found.shots == 400 * found.n_evaluations + 1024
    assert found.value == pytest.approx(-3, abs=0.4)
    assert qaoa(ring(4), 1, method="qn-spsa", steps=40, seed=0).value < -2.3


@pytest.mark.parametrize("variant", ({"angles": "multi"}, {"mixer": "xy-ring"}, {"warm_start": [0.8, 0.3, 0.5, 0.4]}))
def test_variants_improve_on_where_they_start(variant):
    cost = Polynomial(
        ("a", "b", "c", "d"), (((0,), 1.0), ((1,), -2.0), ((0, 1), 1.5), ((1, 2, 3), -1.0), ((2, 3), 0.7))
    )
    begun, found = (qaoa(cost, 2, steps=k, seed=0, **variant) for k in (0, 60))
    assert found.value < begun.value - 0.1
    assert found.extra["best_cost"] == pytest.approx(cost.values(found.samples).min())
    assert found.extra["mean_cost"] == pytest.approx(found.value, abs=0.25)
    assert len(found.params) == found.circuit.n_weights


def test_risk_looks_at_the_best_share():
    mean, tail = (qaoa(PETERSEN, 1, alpha=alpha, steps=100) for alpha in (1.0, 0.2))
    assert tail.value < mean.value
    assert tail.value >= -12 - 1e-9  # no string cuts more


def test_low_autocorrelation_has_products_of_four():
    problem = LowAutocorrelation(8)
    found = qaoa(problem, 4, steps=100, seed=0)
    assert found.extra["best_cost"] == pytest.approx(exhaustive(problem).objective)


@pytest.mark.parametrize("name", ("1tc_8", "1tc_16"))
def test_small_independent_sets_are_solved(name, data_folder):
    problem = load_instance(f"mis_graphs/{name}")
    found = qaoa(problem, 3, steps=100, seed=0)
    best = answer(problem, found, rounds=0)
    assert best.checked.feasible and best.objective == problem.known_optimum


def test_runs_go_on_and_stop():
    first = qaoa(PETERSEN, 2, method="adam", steps=3, learning_rate=0.05)
    both = qaoa(PETERSEN, 2, method="adam", steps=6, learning_rate=0.05)
    rest = qaoa(PETERSEN, 2, method="adam", steps=3, learning_rate=0.05, start=first.params, state=first.state)
    np.testing.assert_allclose(rest.params, both.params, atol=1e-12)
    seen = []
    qaoa(PETERSEN, 1, method="adam", callback=lambda step, params, value: seen.append(step) or step == 2)
    assert seen == [1, 2]


def test_interpolation_keeps_lines():
    gammas, betas = np.array([0.2, 0.4]), np.array([0.6, 0.3])
    found = split(interpolated(np.concatenate([gammas, betas]), 3), 3)
    np.testing.assert_allclose(found[0][:, 0], [0.2, 0.3, 0.4])
    np.testing.assert_allclose(found[1][:, 0], [0.6, 0.45, 0.3])


def test_transferred_angles_undo_a_scale_and_suit_another_graph():
    weighted = MaxCut(10, PETERSEN.edges, (3.0,) * 15)
    found = qaoa(PETERSEN, 2, steps=100)
    moved = transfer(found.params, PETERSEN, weighted)
    np.testing.assert_allclose(moved, found.params / [3, 3, 1, 1])
    assert qaoa(weighted, 2, start=moved, steps=0).value == pytest.approx(3 * found.value)
    assert scale(PETERSEN.qubo()) == pytest.approx((1, 3))
    one = qaoa(ring(8), 1, steps=100)
    np.testing.assert_allclose(transfer(one.params, ring(8), PETERSEN)[0], np.arctan(1 / np.sqrt(2)), atol=1e-4)


def test_ramps_grow_and_shrink_and_help():
    gammas, betas = ramp(PETERSEN, 5)
    assert (np.diff(gammas) > 0).all() and (np.diff(betas) < 0).all()
    assert qaoa(PETERSEN, 5, steps=0).value < qaoa(PETERSEN, 1, steps=0).value < -7.5


def test_samples_are_repeatable():
    a, b = (qaoa(PETERSEN, 1, steps=3, seed=5).samples for _ in range(2))
    np.testing.assert_array_equal(a, b)


def test_penalties_of_an_independent_set_are_part_of_the_cost():
    problem = IndependentSet(4, tuple(combinations(range(4), 2)))
    assert answer(problem, qaoa(problem, 2, steps=50, seed=0)).objective == 1


@pytest.mark.parametrize(
    ("bad", "message"),
    (
        ({"layers": 0}, "`layers` must be at least 1"),
        ({"start": "linear"}, "`start` must be one of ramp, interp"),
        ({"start": [0.1]}, "`start` must hold 2 angles, but holds 1"),
        ({"method": "newton"}, "`method` must be one of"),
        ({"alpha": 0}, "`alpha` must lie in"),
        ({"shots": -1}, "`shots` must be at least 0"),
    ),
)
def test_bad_arguments(bad, message):
    with pytest.raises(ValueError, match=message):
        qaoa(PETERSEN, **bad)


def test_odd_parameters_and_operators_off_the_diagonal():
    with pytest.raises(ValueError, match="a gamma and a beta for each layer"):
        transfer([1.0], PETERSEN, PETERSEN)
    with pytest.raises(ValueError, match="strings of I and Z"):
        qaoa(PauliSum.from_dict({"XZ": 1.0}))
