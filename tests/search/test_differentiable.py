"""Choices by gradients: estimators are the gradient they claim to be, and searches end where they should."""

from itertools import product

import numpy as np
import pytest

from cat_states import cat_state
from ketwork.operators import PauliSum
from ketwork.search.differentiable import (
    Choices,
    Plan,
    differentiable,
    entropy,
    mixture_gradient,
    score_gradient,
    softmax,
)
from ketwork.search.goals import Energy
from ketwork.search.seek import seek
from ketwork.search.slots import layered
from ketwork.search.space import Space
from ketwork.search.tasks import Task

PLAN = Plan("mixture", 0.4, 0.5, 4, 0.1, 0.1, 1.0, 0.5, 0.75)


def mean_value(logits, table):
    """Of a function of choices, given as a table, over all of them."""
    chances = softmax(logits)
    return sum(
        table[pick] * np.prod([chances[k, c] for k, c in enumerate(pick)]) for pick in product(range(3), repeat=2)
    )


def slope_of(logits, table):
    found = np.zeros(logits.shape)
    for place in np.ndindex(logits.shape):
        step = np.zeros(logits.shape)
        step[place] = 1e-5
        found[place] = (mean_value(logits + step, table) - mean_value(logits - step, table)) / 2e-5
    return found


def test_the_mean_over_mixtures_of_one_slot_is_the_exact_gradient():
    rng = np.random.default_rng(0)
    logits, table = rng.normal(size=(2, 3)), rng.normal(size=(3, 3))
    chances = softmax(logits)
    values = np.stack([table @ chances[1], table.T @ chances[0]])  # the other slot averaged
    np.testing.assert_allclose(mixture_gradient(chances, values), slope_of(logits, table), atol=1e-8)


def test_the_score_estimate_is_unbiased():
    rng = np.random.default_rng(1)
    logits, table = rng.normal(size=(2, 3)), rng.normal(size=(3, 3))
    chances = softmax(logits)
    picks = np.stack([rng.choice(3, size=(6000, 4), p=chances[k]) for k in range(2)], axis=-1)
    found = []
    for batch in picks:
        drawn = np.where(batch == 2, -1, batch)
        found.append(score_gradient(chances, drawn, np.array([table[tuple(pick)] for pick in batch])))
    error = np.std(found, axis=0) / np.sqrt(len(found))
    assert (np.abs(np.mean(found, axis=0) - slope_of(logits, table)) < 4.5 * error).all()


def test_samples_come_as_often_as_their_chances():
    slots = layered(Space(2, ("rx", "ry", "cx"), max_gates=4), 2)
    choices = Choices(slots, PLAN, np.random.default_rng(0))
    rng = np.random.default_rng(3)
    choices.logits += np.where(choices.logits > -100, rng.normal(size=choices.logits.shape), 0)
    picks = np.array([choices.draw(0.7, rng)[0] for _ in range(4000)])
    counts = np.stack([(picks == c).mean(axis=0) for c in (*range(choices.logits.shape[1] - 1), -1)], axis=1)
    assert np.abs(counts - choices.chances(0.7)).max() < 4.5 * np.sqrt(0.25 / 4000)


def test_as_many_gates_stay_expected_and_what_a_slot_lacks_stays_out():
    space = Space(3, max_gates=8)
    slots = layered(space, 3)
    choices, rng = Choices(slots, PLAN, np.random.default_rng(0)), np.random.default_rng(1)
    for _ in range(20):
        choices.move_logits(rng.normal(size=choices.logits.shape), np.arange(slots.count))
        assert (1 - choices.chances(1.0)[:, -1]).sum() == pytest.approx(0.75 * space.max_gates, abs=1e-6)
    for k, options in enumerate(slots.options):
        assert choices.chances(1.0)[k, len(options) : -1].sum() == 0


def test_entropy():
    assert entropy(np.full((3, 4), 0.25)) == pytest.approx(np.log(4))
    assert entropy(np.eye(4)[:2]) == 0


@pytest.mark.parametrize("estimator", ["mixture", "gumbel", "score"])
def test_it_finds_a_bell_pair(estimator):
    found = [seek(cat_state(2, 4), "differentiable", 1500, seed=seed, estimator=estimator) for seed in range(2)]
    assert max(one.best.error for one in found) < 1e-6
    assert all(one.spent <= 1500 for one in found)


def test_equal_seeds_give_equal_searches():
    one, other = (seek(cat_state(3, 6), "differentiable", 1000, seed=5) for _ in range(2))
    assert one.errors == other.errors and one.notes == other.notes


def test_doors():
    for options in (
        {"estimator": "exact"},
        {"rounds": 0},
        {"warm": 1.5},
        {"cold": 2.0},
        {"filled": 0.0},
        {"rate": 0.0},
        {"layers": 0},
    ):
        with pytest.raises(ValueError, match=next(iter(options))):
            seek(cat_state(2, 4), differentiable, 2000, **options)


def test_a_space_that_is_used_up_ends_the_search():
    small = Task("one", Energy(PauliSum.from_dict({"Z": 1.0}), -1.0), Space(1, ("h",), max_gates=3))
    found = seek(small, "differentiable", 60)
    assert len(found.errors) == 1 and found.spent <= 60
