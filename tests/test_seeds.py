"""Randomness as an argument."""

import json

import numpy as np
import pytest

from ketwork import seeds


def test_the_same_seed_gives_the_same_numbers():
    assert seeds.generator(3).random() == seeds.generator(np.int64(3)).random()
    rng = np.random.default_rng(0)
    assert seeds.generator(rng) is rng


def test_spawned_generators_are_independent_and_repeatable():
    a, b = seeds.spawn(1, 2)
    again = seeds.spawn(1, 2)
    assert a.random() == again[0].random() != b.random()


def test_a_saved_generator_goes_on_through_json():
    rng = seeds.generator(7)
    rng.random(5)
    state = json.loads(json.dumps(seeds.save(rng)))
    assert seeds.restore(state).random(3).tolist() == rng.random(3).tolist()


def test_numpys_global_state_is_left_alone():
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    seeds.generator(5).random()
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


@pytest.mark.parametrize(("seed", "error"), [(-1, ValueError), (1.5, TypeError), (True, TypeError), ("a", TypeError)])
def test_the_door(seed, error):
    with pytest.raises(error, match="Argument `seed` must be"):
        seeds.generator(seed)
