"""The super-circuit: it learns, its circuits inherit, everything is paid, and it finds what random search misses."""

import numpy as np
import pytest

from cat_states import cat_state
from ketwork import Simulator
from ketwork.search.budget import Budget
from ketwork.search.log import Log
from ketwork.search.seek import Search, seek
from ketwork.search.setting import gate_noise
from ketwork.search.slots import layered
from ketwork.search.supernet import SuperCircuit


def search_of(task, budget=None, seed=0):
    return Search(task, Budget(budget), seed, Log())


def test_it_finds_the_cat_state_where_random_search_does_not():
    task = cat_state(4)
    ours = [seek(task, "supernet", 6000, seed=seed).best.error < 1e-6 for seed in range(5)]
    random = [seek(task, "random", 6000, seed=seed).best.error < 1e-6 for seed in range(5)]
    assert sum(ours) >= 4
    assert sum(random) <= 1


@pytest.mark.parametrize("options", [{"sharing": "entangled"}, {"nets": 2}, {"noise_aware": False}])
def test_variants_find_a_pair(options):
    found = seek(cat_state(2, 4), "supernet", 2500, population=8, generations=4, **options)
    assert found.best.error < 1e-6
    assert found.spent <= 2500


@pytest.mark.parametrize("method", ["supernet", "differentiable", "training-free"])
def test_the_smallest_budget_still_trains_a_circuit(method):
    task = cat_state(2, 4)
    budget = task.price([place for place in task.space.places if place.gate == "rx"] * 2)
    found = seek(task, method, budget)
    assert found.best is not None and found.spent <= budget


def test_equal_seeds_give_equal_searches():
    one, other = (seek(cat_state(3, 6), "supernet", 2500, seed=7, population=8, generations=3) for _ in range(2))
    assert one.errors == other.errors
    assert one.best.architecture == other.best.architecture
    assert one.notes == other.notes


def test_every_run_of_a_circuit_is_paid():
    task = cat_state(3, 6)
    slots = layered(task.space, 2)
    choices = slots.draw(np.random.default_rng(0), 6)
    value, gradient = task.meter(slots.build(choices)[0]).price
    for nets in (1, 3):
        search = search_of(task, 10_000)
        net = SuperCircuit(search, slots, nets, 0.05)
        net.look(choices)
        assert search.budget.spent == nets * value
        net.look(choices, noise_aware=False)
        assert search.budget.spent == 2 * nets * value
        net.train(choices)
        assert search.budget.spent == 2 * nets * value + gradient + (nets * value if nets > 1 else 0)


def test_training_one_circuit_lowers_its_value_and_leaves_what_it_does_not_share():
    task = cat_state(2, 4)
    slots = layered(task.space, 3)
    net = SuperCircuit(search_of(task), slots, 1, 0.1)
    choices = np.full(slots.count, -1)
    choices[[0, 2]] = [1, 0]  # ry on qubit 0, cx
    before, values = net.angles.copy(), [net.train(choices) for _ in range(80)]
    assert values[-1] < 1e-2 < values[0]
    moved = np.flatnonzero((net.angles != before)[0])
    np.testing.assert_array_equal(moved, slots.build(choices)[1])


def test_a_noisy_backend_is_seen_by_those_who_look_at_it():
    task = cat_state(3, 6, gate_noise(0.01, 0.2))
    assert isinstance(task.backend, Simulator)
    slots = layered(task.space, 2)
    net = SuperCircuit(search_of(task), slots, 1, 0.1)
    choices = np.zeros(slots.count, int)
    assert net.look(choices)[0] != pytest.approx(net.look(choices, noise_aware=False)[0], abs=1e-3)


def test_doors():
    task = cat_state(2, 4)
    for options in ({"sharing": "all"}, {"nets": 0}, {"training": 2.0}, {"population": 1}, {"layers": 0}):
        with pytest.raises(ValueError, match=next(iter(options))):
            seek(task, "supernet", 2000, **options)
