"""PPO on circuits: finds a molecule, repeats itself, goes on from a checkpoint, leaves global generators alone."""

import random

import numpy as np
import pytest
import torch

pytest.importorskip("sb3_contrib")

from ketwork.operators import load_molecule
from ketwork.search import Energy, Inner, Space, Task, seek
from ketwork.search.policy_gradient import own_randomness, policy_gradient

THERE = load_molecule("H2", "parity")
TASK = Task(
    "H2",
    Energy(THERE.hamiltonian, THERE.exact_energy(), "Ha", 1.6e-3),
    Space(2, max_gates=8),
    inner=Inner(steps=10),
)
SMALL = {"games": 4, "rollout": 8, "hidden": (16,), "batch": 16, "epochs": 2}


def same(a, b):
    assert a.errors == b.errors and a.spent == b.spent and a.notes == b.notes
    np.testing.assert_array_equal(a.best.params, b.best.params)


def test_finds_hydrogen_and_repeats_itself():
    one, two, other = (seek(TASK, "ppo", 4000, seed=seed, **SMALL) for seed in (0, 0, 1))
    same(one, two)
    assert one.errors != other.errors
    assert one.best.error < 1.6e-3 and one.spent <= 4000 and "spent" in one.message


def test_goes_on_as_if_never_stopped(tmp_path):
    whole = seek(TASK, "ppo", 2500, seed=2, keep_seconds=0.0, **SMALL)
    looks = [0]

    def watch(search):
        looks[0] += 1
        if looks[0] == 25:
            raise KeyboardInterrupt

    cut = seek(TASK, "ppo", 2500, seed=2, folder=tmp_path, watch=watch, keep_seconds=0.0, **SMALL)
    assert cut.message == "interrupted" and cut.spent < whole.spent
    assert (tmp_path / "checkpoint.pickle").is_file()
    same(whole, seek(TASK, "ppo", 2500, seed=2, folder=tmp_path, keep_seconds=0.0, **SMALL))


def test_global_generators_are_left_as_they_were():
    def state():
        return random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()  # noqa: NPY002

    before = state()
    with own_randomness():
        random.random(), np.random.random(), torch.rand(3)  # noqa: NPY002
        assert state() != before
    assert state() == before
    seek(TASK, "ppo", 300, **SMALL)
    assert state() == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"games": 0}, "`games` must be at least 1"),
        ({"entropy": -1.0}, "`entropy` must be at least 0"),
        ({"batch": 1}, "`batch` must be at least 2"),
        ({"games": 1, "rollout": 1}, "must make at least two steps"),
    ],
)
def test_doors(options, message):
    with pytest.raises(ValueError, match=message):
        policy_gradient(None, **options)
