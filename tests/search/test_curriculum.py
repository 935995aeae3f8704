"""CRLQAS as a whole: finds small molecules, is repeated by its seed, goes on from a checkpoint as if never stopped."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

from ketwork.operators import load_molecule
from ketwork.search import Energy, Inner, Space, Task, seek
from ketwork.search.curriculum import curriculum
from ketwork.search.episodes import Rules

THERE = load_molecule("H2", "parity")
TASK = Task(
    "H2",
    Energy(THERE.hamiltonian, THERE.exact_energy(), "Ha", 1.6e-3),
    Space(2, max_gates=8),
    inner=Inner(steps=10),
)
SMALL = {"games": 4, "hidden": (16,), "batch": 16, "updates": 1.0, "sync": 10}


def same(a, b):
    assert a.errors == b.errors and a.spent == b.spent
    np.testing.assert_array_equal(a.best.params, b.best.params)
    assert a.notes == b.notes


def test_finds_hydrogen():
    found = seek(TASK, "crlqas", 6000, seed=1, rules=Rules(every=10, successes=2), **SMALL)
    assert found.best.error < 1.6e-3 and found.best.size.gates <= 8
    assert found.notes["updates"] > 0 and found.notes["successes"] > 0
    assert found.spent <= 6000


def test_a_seed_repeats_it_and_another_does_not():
    one, two, other = (seek(TASK, "crlqas", 1500, seed=seed, **SMALL) for seed in (3, 3, 4))
    same(one, two)
    assert one.errors != other.errors


@pytest.mark.parametrize(("stop", "seconds"), [(12, 0.0), (27, 0.3), (25, 1e9)])
def test_goes_on_as_if_never_stopped(tmp_path, stop, seconds):
    """Cut off with checkpoints after every step, now and then, and never; nets, memory and generator come back."""
    whole = seek(TASK, "crlqas", 2500, seed=5, **SMALL)
    looks = [0]

    def watch(search):
        looks[0] += 1
        if looks[0] == stop:
            raise KeyboardInterrupt

    cut = seek(TASK, "crlqas", 2500, seed=5, folder=tmp_path, watch=watch, keep_seconds=seconds, **SMALL)
    assert cut.message == "interrupted" and cut.spent < whole.spent
    assert (tmp_path / "checkpoint.pickle").is_file() or seconds > 0
    same(whole, seek(TASK, "crlqas", 2500, seed=5, folder=tmp_path, keep_seconds=seconds, **SMALL))


@pytest.mark.parametrize("without", [{"curriculum": False}, {"halting": False}, {"mask": False}])
def test_parts_can_be_left_out(without):
    found = seek(TASK, "crlqas", 1200, seed=0, rules=Rules(every=20, **without), **SMALL)
    assert found.best.error < 0.1
    if without == {"mask": False}:
        with_mask = seek(TASK, "crlqas", 1200, seed=0, rules=Rules(every=20), **SMALL)
        assert found.errors != with_mask.errors


def test_other_gates():
    task = replace(TASK, space=Space(2, ("sx", "rz", "ecr"), max_gates=12))
    assert seek(task, "crlqas", 800, seed=0, **SMALL).best.error < 0.8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"games": 0}, "`games` must be at least 1"),
        ({"rate": -1.0}, "`rate` must be at least 0"),
        ({"epsilon": (1.0, 0.1, 0.9)}, "`epsilon` must be four numbers"),
        ({"epsilon": (1.0, 0.1, 0.5, 0.5)}, "`epsilon` must be at least 1"),
        ({"epsilon": (1.0, 0.1, 2.0, 0.0)}, "`epsilon` must lie in"),
        ({"epsilon": (1.0, 1.5, 2.0, 0.5)}, r"`epsilon` must lie in \[0, 1\]"),
        ({"returns": 0}, "`returns` must be at least 1"),
    ],
)
def test_doors(options, message):
    with pytest.raises(ValueError, match=message):
        curriculum(None, **options)


def test_a_log_of_other_rules_is_not_gone_on_with(tmp_path):
    seek(TASK, "crlqas", 200, seed=1, folder=tmp_path, rules=Rules(every=10), **SMALL)
    seek(TASK, "crlqas", 200, seed=1, folder=tmp_path, rules=Rules(every=10), **SMALL)
    with pytest.raises(ValueError, match=r"another search \(its options\)"):
        seek(TASK, "crlqas", 200, seed=1, folder=tmp_path, rules=Rules(every=20), **SMALL)
