"""Screening: proxies are paid, weights are learned or taken, and good proxies beat random search."""

import numpy as np
import pytest

from cat_states import cat_state
from ketwork.operators import PauliSum
from ketwork.search.budget import Budget
from ketwork.search.goals import Energy
from ketwork.search.log import Log
from ketwork.search.proxies import path_count
from ketwork.search.seek import Search, seek
from ketwork.search.setting import Setting, gate_noise
from ketwork.search.space import Space, draw
from ketwork.search.task_makers import classify
from ketwork.search.tasks import Task
from ketwork.search.training_free import PROXIES, Screen, measured, training_free

SMALL = {"candidates": 60, "pairs": 10, "replicas": 4, "rounds": 2}


def search_of(task):
    return Search(task, Budget(10**9), 0, Log())


def test_proxies_are_paid_by_the_circuits_they_run():
    task = cat_state(3, 6, gate_noise(0.01, 0.02))
    architecture = draw(task.space, np.random.default_rng(1), 6)
    gradient = task.meter(architecture).price[1]
    prices = {"paths": 0, "expressibility": 24, "resilience": 5, "capacity": 3 * gradient, "gradient": 3 * gradient}
    for name, price in prices.items():
        search = search_of(task)
        measured(search, architecture, Screen((name,), 12, 5, 3, None))
        assert search.budget.spent == price
    quiet = search_of(cat_state(3, 6))
    assert measured(quiet, architecture, Screen(("resilience",), 12, 5, 3, None)) == [1.0]
    assert quiet.budget.spent == 0


def test_tasks_with_data_have_their_capacity_measured_on_rows_of_them():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 30)
    task = classify(rng.normal(size=(60, 2)) + 3 * labels[:, None], labels, Setting(max_gates=4), batch=8)
    search = search_of(task)
    architecture = draw(task.space, rng, 4)
    gradient = task.meter(architecture).price[1]
    found = measured(search, architecture, Screen(("capacity",), 10, 4, 2, None))
    assert 0 < found[0] <= 1
    assert search.budget.spent == 2 * gradient + 2 * 8  # four rows of each class, two draws


@pytest.mark.parametrize("weight", [1.0, -1.0])
def test_given_weights_decide_what_is_trained_first(weight):
    asked = []

    def spied(search):
        scores = search.scores
        search.scores = lambda circuits: asked.append(circuits) or scores(circuits)
        training_free(search, proxies=("paths",), weights=(weight,), batch=4, candidates=60, rounds=1)

    found = seek(cat_state(3, 6), spied, 3000)
    paths = [weight * path_count(architecture, 3) for batch in asked[:10] for architecture in batch]
    assert len(paths) == 40 and paths == sorted(paths, reverse=True)
    assert found.notes["weights of proxies"] == {"paths": weight}


def test_it_beats_random_search_on_the_cat_state():
    task = cat_state(3, 6)
    ours = [seek(task, "training-free", 3000, seed=seed, **SMALL).best.error for seed in range(3)]
    random = [seek(task, "random", 3000, seed=seed).best.error for seed in range(3)]
    assert np.mean(np.array(ours) < 1e-6) >= np.mean(np.array(random) < 1e-6)
    assert min(ours) < 1e-6


def test_notes_say_how_well_each_proxy_ranks():
    found = seek(cat_state(3, 6, gate_noise(0.01, 0.02)), "training-free", 3000, **SMALL)
    assert set(found.notes["weights of proxies"]) == set(PROXIES)
    assert all(-1 <= tau <= 1 for tau in found.notes["rank correlation with -error"].values())
    assert found.notes["circuits screened"] > 3 and len(found.errors) > 3
    assert found.spent <= 3000


def test_equal_seeds_give_equal_searches():
    one, other = (seek(cat_state(3, 6), "training-free", 1500, seed=5, **SMALL) for _ in range(2))
    assert one.errors == other.errors and one.notes == other.notes


def test_doors():
    for options, message in (
        ({"proxies": ("luck",)}, "`proxies`"),
        ({"proxies": ()}, "`proxies` must name at least one"),
        ({"draws": 0}, "`draws` must be at least 1"),
        ({"weights": (1.0,)}, "`weights` must hold 5 numbers"),
        ({"screening": 2.0}, "`screening`"),
        ({"rounds": 0}, "`rounds`"),
    ):
        with pytest.raises(ValueError, match=message):
            seek(cat_state(2, 4), training_free, 2000, **options)


def test_a_space_that_is_used_up_ends_the_search():
    small = Task("one", Energy(PauliSum.from_dict({"Z": 1.0}), -1.0), Space(1, ("x", "h"), max_gates=2))
    found = seek(small, "training-free", 5000, candidates=100)
    assert found.best.error < 1e-9 and found.spent < 5000
    assert len(found.errors) == 4  # x, h, xh, hx


def test_circuits_that_are_passed_over_come_again():
    """More candidates than the space has circuits: what the budget of one round does not reach waits for the next."""
    small = Task("z", Energy(PauliSum.from_dict({"ZZ": 1.0}), -1.0), Space(2, ("rx", "rz"), max_gates=4))
    found = seek(small, "training-free", 3000, candidates=2000)
    assert "is spent" in found.message and len(found.errors) > 10
