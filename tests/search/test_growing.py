"""Growing: known optima, what a round may do to a circuit, and gates that are of no use taken out."""

import numpy as np
import pytest

from ketwork.search import Budget, Place, Search, seek
from ketwork.search.growing import _Grower
from ketwork.search.log import Log
from searching import errors, ghz_task, hydrogen_task, same


def grower(task, **options):
    search = Search(task, Budget(100_000), 0, Log())
    search.notes.update({"grown": 0, "put in": 0, "taken out": 0})
    return search, _Grower(search, **{"candidates": 64, "take": 2, "prune": 0.01, **options})


def test_known_optima_are_found():
    assert sum(error < 1e-6 for error in errors(ghz_task(), "grow", 3_000, 3)) >= 2
    assert sum(error < 1e-6 for error in errors(hydrogen_task(), "grow", 3_000, 3)) >= 2
    layered = ghz_task(("linear", "matchings"), ("ry", "rz", "cz"))
    assert sum(error < 1e-6 for error in errors(layered, "grow", 6_000, 3)) >= 2


def test_a_round_from_the_mean_field_state_finds_the_correlation():
    task = hydrogen_task()
    search, one = grower(task, take=1)
    # |01> by a turn that training leaves there: no single gate has a slope, so that a framed one is put in
    start = task.evaluate((Place("rx", (1,)),), start=np.array([np.pi]))
    architecture, angles = one.grown(start, np.random.default_rng(0))
    assert task.meter(architecture).value(angles) == pytest.approx(start.value, abs=1e-12)
    assert len(architecture) == 4 and task.space.fits(architecture)
    grown = search.score(architecture, angles)
    assert grown.error < 1e-9 < start.error
    assert search.notes["put in"] == 3 and search.notes["taken out"] == 0


def test_gates_of_no_use_go():
    task = hydrogen_task()
    _, one = grower(task)
    # RZ at the beginning does nothing to |00>, and RX by 0 nothing at all
    circuit = (Place("rz", (0,)), Place("rx", (0,)), Place("ry", (1,)), Place("cx", (1, 0)))
    score = task.evaluate(circuit)
    less, angles, losses = one._thinned(score)
    assert Place("rz", (0,)) not in less and Place("ry", (1,)) in less
    assert task.goal.error(task.meter(less).value(angles)) <= score.error * 1.01 + 1e-12
    assert (losses > 0.01 * score.error).all() and len(losses) == len(less)


def test_a_full_circuit_makes_room():
    task = ghz_task()
    rng = np.random.default_rng(3)
    search, one = grower(task)
    full = (Place("ry", (0,)), Place("cx", (0, 1)), Place("ry", (1,)), Place("cx", (1, 2))) * 2
    assert len(full) == task.space.max_gates
    for _ in range(5):
        architecture, angles = one.grown(search.score(full, rng.uniform(-1, 1, 4)), rng)
        assert task.space.fits(architecture) and len(angles) == task.space.circuit(architecture).n_weights


def test_a_space_without_angles_is_changed_at_random():
    found = seek(ghz_task(gates=("h", "cx")), "grow", 3_000, 0, lines=2)
    assert found.best is not None and found.best.error < 1e-9  # h and two cx make the state
    assert found.notes["put in"] == 0


def test_equal_seeds_go_the_same_way():
    one, other, third = (seek(ghz_task(), "grow", 2_500, seed) for seed in (1, 1, 2))
    assert same(one, other) and not same(one, third)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lines": 0}, "`lines`"),
        ({"candidates": 0}, "`candidates`"),
        ({"prune": -1.0}, "`prune`"),
        ({"n_gates": 0}, "`n_gates`"),
    ],
)
def test_doors(options, message):
    with pytest.raises(ValueError, match=message):
        seek(ghz_task(), "grow", 1_000, **options)
