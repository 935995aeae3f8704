"""Annealing: known optima are found; worse circuits are taken as often as the temperature says."""

import numpy as np
import pytest

from ketwork.search import seek
from ketwork.search.simulated_annealing import _takes, _temperature
from searching import errors, ghz_task, hydrogen_task, same


def test_known_optima_are_found():
    assert sum(error < 1e-6 for error in errors(ghz_task(), "annealing", 5_000, 3)) >= 2
    assert sum(error < 1e-6 for error in errors(hydrogen_task(), "annealing", 6_000, 3)) >= 2
    assert sum(error < 1e-6 for error in errors(ghz_task(("linear", "matchings")), "annealing", 6_000, 3)) >= 2


def test_metropolis_rule():
    rng = np.random.default_rng(0)
    taken = np.mean([_takes(0.3, 0.2, rng) for _ in range(20_000)])
    assert taken == pytest.approx(np.exp(-1.5), abs=4 * np.sqrt(0.25 / 20_000))
    assert all(_takes(step, 0.2, rng) for step in (-1e9, -0.1, 0.0))
    assert not _takes(1e9, 0.2, rng)


def test_the_first_temperature_takes_the_share_it_is_meant_to():
    steps = [0.2, 0.2, -5.0, 0.2, -0.1]
    assert np.exp(-0.2 / _temperature(steps, 0.4)) == pytest.approx(0.4)
    assert _temperature([-0.3], 0.5) > 0 and _temperature([0.0], 0.5) > 0


def test_equal_seeds_go_the_same_way_and_cycles_begin_anew():
    one, other, third = (seek(ghz_task(), "annealing", 6_000, seed, cycles=2) for seed in (1, 1, 2))
    assert same(one, other) and not same(one, third)
    assert len(one.notes["temperature"]) == 2
    assert 0 < one.notes["accepted"] < 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"chains": 0}, "`chains`"),
        ({"accept": 1.5}, "`accept`"),
        ({"cold": 2.0}, "`cold`"),
        ({"cold": 0.0}, "`cold`"),
        ({"changes": 0}, "`changes`"),
    ],
)
def test_doors(options, message):
    with pytest.raises(ValueError, match=message):
        seek(ghz_task(), "annealing", 1_000, **options)
