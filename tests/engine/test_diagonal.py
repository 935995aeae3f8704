"""The alternating circuit against plain NumPy, gradients against finite differences, halves against wholes."""

from itertools import combinations

import numpy as np
import pytest

from ketwork.engine import diagonal
from ketwork.engine.diagonal import Alternation, spin_terms
from ketwork.operators import Polynomial


def plain(cost: Polynomial, gammas, betas, tilts=None):
    """(amplitudes, costs): the circuit as its definition says it."""
    n, costs = cost.n_variables, cost.diagonal()
    tilts = np.full(n, np.pi / 2) if tilts is None else tilts
    index = np.arange(1 << n)
    spins = [1.0 - 2 * ((index >> (n - 1 - q)) & 1) for q in range(n)]
    products = [c * np.prod([spins[q] for q in key], axis=0) for key, c in spin_terms(cost) if key]
    psi = np.ones(1, complex)
    for t in tilts:
        psi = np.kron(psi, [np.cos(t / 2), np.sin(t / 2)])
    for gamma, beta in zip(gammas, betas, strict=True):
        angles = np.broadcast_to(gamma, len(products)) @ np.array(products)
        psi = (psi * np.exp(-1j * angles)).reshape((2,) * n)
        for q, b in enumerate(np.broadcast_to(beta, n)):
            axis = np.array([[np.cos(tilts[q]), np.sin(tilts[q])], [np.sin(tilts[q]), -np.cos(tilts[q])]])
            matrix = np.cos(b) * np.eye(2) + 1j * np.sin(b) * axis
            psi = np.moveaxis(np.tensordot(matrix, psi, ((1,), (q,))), 0, q)
        psi = psi.ravel()
    return psi, costs


def plain_cvar(chances, costs, alpha):
    """Bit strings taken from the cheapest on until their probability is alpha."""
    order, left, found = np.argsort(costs, kind="stable"), alpha, 0.0
    for p, c in zip(chances[order], costs[order], strict=True):
        found += min(p, left) * c
        left -= min(p, left)
    return found / alpha


def some_cost(n: int, kind: str, seed: int = 0) -> Polynomial:
    rng = np.random.default_rng(seed)
    terms = [(pair, float(rng.normal())) for pair in combinations(range(n), 2)] + [((), 2.0)]
    if kind == "odd":
        terms += [((q,), float(rng.normal())) for q in range(n)]
    if kind == "quartic":
        terms += [(key, float(rng.normal())) for key in combinations(range(n), 4)]
    return Polynomial.from_spins([f"x{q}" for q in range(n)], terms)


def some_angles(run: Alternation, layers: int):
    rng = np.random.default_rng(3)
    return tuple(rng.normal(size=shape) for shape in run.shapes(layers))


@pytest.mark.parametrize("alpha", (1.0, 0.3))
@pytest.mark.parametrize("tilted", (False, True))
@pytest.mark.parametrize("multi", (False, True))
@pytest.mark.parametrize(("n", "kind"), ((2, "even"), (6, "even"), (6, "odd"), (6, "quartic"), (9, "quartic")))
def test_values_probabilities_and_slopes_are_those_of_the_plain_circuit(n, kind, multi, tilted, alpha):
    cost = some_cost(n, kind)
    tilts = np.random.default_rng(1).uniform(0.3, 2.5, n) if tilted else None
    run = Alternation(cost, multi=multi, tilts=tilts, alpha=alpha)
    gammas, betas = some_angles(run, 3)
    psi, costs = plain(cost, gammas, betas, tilts)
    value, gradient = run.value_and_gradient(gammas, betas)
    assert value == pytest.approx(plain_cvar(abs(psi) ** 2, costs, alpha), abs=1e-11)
    assert run.value(gammas, betas) == pytest.approx(value, abs=1e-12)
    np.testing.assert_allclose(run.probabilities(gammas, betas), abs(psi) ** 2, atol=1e-13)
    rng, step = np.random.default_rng(4), 1e-6
    along = rng.normal(size=gammas.shape), rng.normal(size=betas.shape)
    ends = [run.value(gammas + s * along[0], betas + s * along[1]) for s in (step, -step)]
    slope = (gradient.gammas * along[0]).sum() + (gradient.betas * along[1]).sum()
    assert slope == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("multi", (False, True))
@pytest.mark.parametrize("n", (5, 12, 18))
def test_half_of_the_state_is_enough_where_a_flip_of_all_bits_changes_nothing(n, multi):
    cost = some_cost(n, "even")
    half, whole = Alternation(cost, multi=multi), Alternation(cost, multi=multi, symmetric=False)
    assert half.symmetric and len(half.costs) < len(whole.costs)
    angles = some_angles(half, 2)
    (a, ga), (b, gb) = half.value_and_gradient(*angles), whole.value_and_gradient(*angles)
    assert a == pytest.approx(b, abs=1e-10)
    np.testing.assert_allclose(ga.gammas, gb.gammas, atol=1e-9)
    np.testing.assert_allclose(ga.betas, gb.betas, atol=1e-9)
    products = [(0,), (0, 1), (2, n - 1), (0, 1, 2, 3)]
    np.testing.assert_allclose(half.expectations(*angles, products), whole.expectations(*angles, products), atol=1e-11)


@pytest.mark.parametrize("n", (8, 18))
def test_single_precision_agrees_with_double(n):
    cost = some_cost(n, "odd")
    single, double = (Alternation(cost, precision=p) for p in ("single", "double"))
    angles = np.linspace(0.05, 0.2, 6), np.linspace(0.5, 0.1, 6)
    (a, ga), (b, gb) = single.value_and_gradient(*angles), double.value_and_gradient(*angles)
    spread = double.highest - double.lowest
    assert abs(a - b) < 1e-5 * spread and a != b
    assert max(abs(ga.gammas - gb.gammas).max() / spread, abs(ga.betas - gb.betas).max()) < 1e-5 * spread


def test_expectations_are_those_of_the_probabilities():
    cost = some_cost(7, "odd")
    run = Alternation(cost)
    angles = some_angles(run, 2)
    chances, index = run.probabilities(*angles), np.arange(128)
    z = [1 - 2.0 * ((index >> (6 - q)) & 1) for q in range(7)]
    found = run.expectations(*angles, [(0,), (6,), (1, 4), (0, 2, 5)])
    expected = [chances @ np.prod([z[q] for q in key], axis=0) for key in ((0,), (6,), (1, 4), (0, 2, 5))]
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("kind", ("even", "odd"))
def test_samples_follow_the_probabilities(kind):
    run = Alternation(some_cost(5, kind))
    angles = some_angles(run, 2)
    bits = run.sample(*angles, 40_000, np.random.default_rng(0))
    assert bits.shape == (40_000, 5) and bits.dtype == np.uint8
    counts = np.bincount(bits @ (1 << np.arange(4, -1, -1)), minlength=32)
    expected = 40_000 * run.probabilities(*angles)
    assert ((counts - expected) ** 2 / expected).sum() < 70  # chi squared with 31 degrees: 99.99 % lie below 70


def test_no_layers_give_the_mean():
    run = Alternation(some_cost(6, "odd"))
    value, gradient = run.value_and_gradient([], [])
    assert value == pytest.approx(2.0) and gradient.betas.shape == (0,)


@pytest.mark.parametrize("multi", (False, True))
@pytest.mark.parametrize("tilts", (None, [0.7, 1.2]))
def test_a_constant_cost_stays_what_it_is(multi, tilts):
    run = Alternation(Polynomial(("a", "b"), (((), 2.0),)), multi=multi, tilts=tilts, alpha=0.5)
    value, gradient = run.value_and_gradient(*some_angles(run, 2))
    assert value == pytest.approx(2.0)
    assert (gradient.gammas.shape, gradient.betas.shape) == run.shapes(2)
    np.testing.assert_allclose(gradient.betas, 0, atol=1e-12)


def test_far_angles_and_tilts_at_the_right_angle_are_no_exception():
    cost, tilts = some_cost(6, "even"), np.array([np.pi / 2, 1.0, 2.0, np.pi / 2, 0.1, 3.0])
    run = Alternation(cost, tilts=tilts)
    gammas, betas = np.array([40.0, -7.0]), np.array([np.pi / 2 - 1e-3, 9.0])
    psi, costs = plain(cost, gammas, betas, tilts)
    assert run.value(gammas, betas) == pytest.approx(abs(psi) ** 2 @ costs, abs=1e-10)
    straight = Alternation(cost, tilts=np.full(6, np.pi / 2)).value_and_gradient(gammas, betas)
    assert straight[0] == pytest.approx(Alternation(cost).value(gammas, betas), abs=1e-10)
    np.testing.assert_allclose(
        straight[1].betas, Alternation(cost).value_and_gradient(gammas, betas)[1].betas, atol=1e-7
    )


@pytest.mark.parametrize("off", (0.0, 1e-13, 1e-9, 1e-4))
def test_slopes_near_a_quarter_turn_of_untilted_mixers_are_those_of_plain_ones(off):
    cost = some_cost(3, "odd")
    tilted, plain_one = Alternation(cost, tilts=2 * np.arcsin(np.sqrt(np.full(3, 0.5)))), Alternation(cost)
    angles = [0.3, -0.8], [np.pi / 2 + off, -np.pi / 2 - off]
    for a, b in zip(tilted.value_and_gradient(*angles)[1], plain_one.value_and_gradient(*angles)[1], strict=True):
        np.testing.assert_allclose(a, b, atol=1e-11)


@pytest.mark.parametrize("off", (1e-3, 1e-7))
def test_slopes_near_a_quarter_turn_of_mixers_hardly_tilted_are_differences(off):
    run, step = Alternation(some_cost(3, "odd"), tilts=np.full(3, np.pi / 2 + off)), 1e-3
    for beta in (np.pi / 2 - 2 * off, np.pi / 2, np.pi / 2 + 0.5 * off):
        found = run.value_and_gradient([0.3, 0.2], [beta, 0.4])[1].betas[0]
        values = [run.value([0.3, 0.2], [beta + k * step, 0.4]) for k in (-2, -1, 1, 2)]
        assert found == pytest.approx((values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * step), abs=1e-8)


def test_small_terms_beside_a_large_constant_are_kept_and_rounding_is_not():
    cost = Polynomial(("a", "b"), (((), 1e16), ((0, 1), 4.0)))
    assert dict(spin_terms(cost)) == {(): 1e16, (0,): -1.0, (1,): -1.0, (0, 1): 1.0}
    cut = Polynomial.from_spins(("a", "b", "c"), [((0, 1), 0.1), ((1, 2), 0.2), ((0, 2), 0.3)])
    assert [key for key, _ in spin_terms(cut)] == [(0, 1), (0, 2), (1, 2)]


def test_what_does_not_fit_is_refused_with_the_bytes_it_needs(monkeypatch):
    monkeypatch.setattr(diagonal, "available_bytes", lambda: 10**9)
    with pytest.raises(MemoryError, match="need 10,737,418,240 bytes"):
        Alternation(some_cost(30, "even"))  # 2^29 amplitudes of 8 bytes, twice, and 2^29 costs of 4
    with pytest.raises(MemoryError, match="bytes"):
        Alternation(some_cost(60, "even"))


@pytest.mark.parametrize(
    ("bad", "message"),
    (
        ({"alpha": 0.0}, "`alpha` must lie in"),
        ({"precision": "half"}, "`precision` must be one of"),
        ({"tilts": [1.0]}, "`tilts` must hold 4 angles, but holds 1"),
        ({"symmetric": True}, "`symmetric` must be False"),
    ),
)
def test_bad_arguments(bad, message):
    with pytest.raises(ValueError, match=message):
        Alternation(some_cost(4, "odd"), **bad)


def test_angles_of_another_shape():
    with pytest.raises(ValueError, match="`betas` must have shape \\(2,\\), but has \\(3,\\)"):
        Alternation(some_cost(4, "odd")).value([0.1, 0.2], [0.1, 0.2, 0.3])
