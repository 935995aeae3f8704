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


def test_every_kind_of_seed_names_its_own_stream():
    sequence = np.random.SeedSequence(4)
    assert seeds.generator(sequence).random() == seeds.generator(4).random()
    assert seeds.generator(None).random() != seeds.generator(None).random()
    old = [seeds.generator(np.random.RandomState(k)).random() for k in (0, 0, 1)]
    assert old[0] == old[1] != old[2]


def test_spawning_does_not_move_the_parent():
    parent, untouched = np.random.default_rng(2), np.random.default_rng(2)
    streams = np.array([child.normal(size=4000) for child in seeds.spawn(parent, 4)])
    assert parent.random() == untouched.random()
    off = np.corrcoef(streams)[np.triu_indices(4, 1)]
    assert np.abs(off).max() < 4 / np.sqrt(4000)
