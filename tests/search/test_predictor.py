"""The predictor: what it sees of circuits, that it ranks unseen ones, and that it finds more than random circuits."""

import numpy as np
import pytest

from ketwork.operators import PauliSum
from ketwork.search.canonical import Place
from ketwork.search.circuit_pool import draw_pool
from ketwork.search.goals import Energy
from ketwork.search.predictor import features, predictor
from ketwork.search.seek import seek
from ketwork.search.space import Space
from ketwork.search.tasks import Task

SPACE = Space(3, ("h", "rx", "cx"), max_gates=8)
GHZ = PauliSum.from_dict({"XXX": -1.0, "ZZI": -1.0, "IZZ": -1.0})
TASK = Task("GHZ", Energy(GHZ, -3.0), SPACE)


def test_features_count():
    circuit = (Place("h", (0,)), Place("cx", (0, 1)), Place("cx", (0, 1)), Place("rx", (2,)))
    row = features(SPACE, [circuit])[0]
    assert row[SPACE.number[Place("cx", (0, 1))]] == 2
    p = len(SPACE.places)
    np.testing.assert_array_equal(row[p : p + 3], [3, 2, 1])  # gates on each wire
    ends = row[p + 3 : p + 3 + 18].reshape(3, 2, 3)  # wire, first and last, kind
    np.testing.assert_array_equal(ends.argmax(axis=2), [[0, 2], [2, 2], [1, 1]])
    follows = row[p + 21 : p + 30].reshape(3, 3)
    assert follows[0, 2] == 1 and follows[2, 2] == 2 and follows.sum() == 3
    np.testing.assert_array_equal(row[-3:], [4, 3, 2])


def test_features_tell_different_circuits_apart():
    pool = draw_pool(SPACE, 200, np.random.default_rng(0))
    assert len(np.unique(features(SPACE, pool), axis=0)) > 150
    assert features(Space(3, ("rx", "cz"), layers=("linear",)), [()]).shape[0] == 1


def test_it_ranks_and_finds():
    shares = []
    for seed in (0, 2):
        found = seek(TASK, predictor, 8000, seed=seed)
        told = np.array(found.notes["rank correlation"])
        assert len(told) > 2 and np.nanmean(told) > 0.2
        assert found.best.error < 1e-6
        chance = seek(TASK, "random", 8000, seed=seed)
        late = [np.mean([error for _, error in f.errors[len(f.errors) // 2 :]]) for f in (found, chance)]
        shares.append(late[0] / late[1])
    assert np.mean(shares) < 0.7


def test_the_same_seed_finds_the_same():
    one, same = (seek(TASK, predictor, 2000, seed=5, first=16, screened=40) for _ in range(2))
    assert one.errors == same.errors


def test_a_small_space_is_searched_to_its_end():
    """Where nothing new is left to look at, the search ends: x, h, both in two orders, and xx."""
    small = Task("one", Energy(PauliSum.from_dict({"Z": 1.0}), -1.0), Space(1, ("x", "h"), max_gates=2))
    found = seek(small, predictor, 1000, first=4, batch=4, screened=10)
    assert found.best.error < 1e-9 and len(found.errors) == 5 and found.spent < 1000


@pytest.mark.parametrize(
    ("options", "message"), [({"batch": 1}, "`batch` must be at least 2"), ({"explore": 1.5}, r"`explore` must lie in")]
)
def test_doors(options, message):
    with pytest.raises(ValueError, match=message):
        seek(TASK, predictor, 500, **options)
