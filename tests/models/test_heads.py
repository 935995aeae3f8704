"""Heads: outputs by hand, and both cotangents by finite differences."""

import numpy as np
import pytest

from ketwork.models.heads import Affine, Chances, Tempered

RNG = np.random.default_rng(0)
HEADS = {
    "affine": (Affine(3, 2, 0.3), RNG.normal(size=(5, 3))),
    "tempered": (Tempered(3), RNG.normal(size=(5, 3))),
    "both ways": (Tempered(1, both_ways=True), RNG.normal(size=(5, 1))),
    "chances": (Chances(), RNG.dirichlet(np.ones(3), 5)),
    "each": (Chances(each=True), RNG.uniform(0.1, 0.9, (5, 3))),
}


@pytest.mark.parametrize("name", HEADS)
def test_cotangents_are_finite_differences(name):
    head, values = HEADS[name]
    params = head.start(RNG) + RNG.normal(size=head.n_params)
    cotangent = RNG.normal(size=head.outputs(values, params).shape)

    def total(v, p):
        return float((cotangent * head.outputs(v, p)).sum())

    by_values, by_params = head.pull_back(values, params, cotangent)
    for place in np.ndindex(values.shape):
        step = np.zeros_like(values)
        step[place] = 1e-6
        slope = (total(values + step, params) - total(values - step, params)) / 2e-6
        assert by_values[place] == pytest.approx(slope, rel=1e-5, abs=1e-7)
    penalty, by_penalty = head.penalty(params)
    assert penalty >= 0
    for k in range(head.n_params):
        step = 1e-6 * np.eye(head.n_params)[k]
        slope = (total(values, params + step) - total(values, params - step)) / 2e-6
        assert by_params[k] == pytest.approx(slope, rel=1e-6, abs=1e-8)
        slope = (head.penalty(params + step)[0] - head.penalty(params - step)[0]) / 2e-6
        assert by_penalty[k] == pytest.approx(slope, abs=1e-8)


@pytest.mark.parametrize("name", HEADS)
def test_numbers_come_back_by_their_names(name):
    head, _ = HEADS[name]
    params = head.start(RNG) + RNG.normal(size=head.n_params)
    named = head.named(params)
    np.testing.assert_allclose(head.flat(named), params, atol=1e-15)
    for key in named:
        with pytest.raises(ValueError, match=f"{key!r} must have shape"):
            head.flat({**named, key: np.zeros(9)})


def test_a_temperature_stays_above_zero():
    with pytest.raises(ValueError, match="above 0"):
        Tempered(2).flat({"temperature": np.array([-1.0])})
    assert Tempered(2).named(np.array([-30.0]))["temperature"][0] > 0


def test_chances_come_back_by_softmax_and_sigmoid():
    chances = RNG.dirichlet(np.ones(4), 6)
    logits = Chances().outputs(chances, np.zeros(0))
    np.testing.assert_allclose(np.exp(logits) / np.exp(logits).sum(1, keepdims=True), chances, atol=1e-5)
    odds = Chances(each=True).outputs(chances, np.zeros(0))
    np.testing.assert_allclose(1 / (1 + np.exp(-odds)), chances, atol=1e-5)


def test_estimates_below_zero_have_a_logarithm():
    found = Chances(each=True).outputs(np.array([[-0.1, 1.2, 0.0]]), np.zeros(0))
    assert np.isfinite(found).all()
    assert found[0, 1] > 10 > -10 > found[0, 0]


@pytest.mark.parametrize("log", [1e3, -1e3])
def test_temperatures_that_a_line_search_tries_do_not_overflow(log):
    values = RNG.normal(size=(5, 3))
    outputs = Tempered(3).outputs(values, np.array([log]))
    by_values, by_params = Tempered(3).pull_back(values, np.array([log]), np.ones_like(values))
    assert np.isfinite(outputs).all() and np.isfinite(by_values).all() and by_params.tolist() == [0.0]
    assert np.isfinite(Tempered(3).named(np.array([log]))["temperature"]).all()
