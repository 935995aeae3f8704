"""Search in latent space: it finds what random does not, within its budget, the same again, and from a checkpoint."""

import numpy as np
import pytest

from ketwork.operators import PauliSum
from ketwork.search import latent_search
from ketwork.search.budget import BudgetSpent
from ketwork.search.canonical import Place
from ketwork.search.goals import Energy
from ketwork.search.latent_search import latent_bayes, latent_reinforce
from ketwork.search.latent_space import LatentSpace
from ketwork.search.seek import seek
from ketwork.search.space import Space
from ketwork.search.tasks import Score, Task

BELL = PauliSum.from_dict({"XX": -1.0, "ZZ": -1.0})
TASK = Task("Bell", Energy(BELL, -2.0), Space(2, ("rx", "ry", "cx", "h"), max_gates=4))
SMALL = {"pool": 120, "epochs": 2}
METHODS = {
    "reinforce": (latent_reinforce, SMALL),
    "dngo": (latent_bayes, SMALL),
    "tpe": (latent_bayes, SMALL | {"surrogate": "tpe"}),
}


@pytest.mark.parametrize("name", METHODS)
def test_a_bell_state_is_found(name):
    method, options = METHODS[name]
    found = seek(TASK, method, 2500, seed=1, **options)
    assert found.best.error < 1e-6
    assert 2000 < found.spent <= 2500  # the dearest circuit takes 450
    assert found.notes["pool"] == 120 and found.notes["autoencoder seconds"] > 0


@pytest.mark.parametrize("name", METHODS)
def test_the_same_seed_finds_the_same(name):
    method, options = METHODS[name]
    one, same, other = (seek(TASK, method, 600, seed=s, **options) for s in (3, 3, 4))
    assert one.errors == same.errors != other.errors


class Landscape:
    """A search whose answers depend on the point alone, for what methods make of a landscape."""

    def __init__(self, seed, count=1500, most=240):
        rng = np.random.default_rng(0)
        points = rng.standard_normal((count, 6))
        self.learned = LatentSpace(tuple((Place("h", (k,)),) for k in range(count)), points, 0.0)
        self.errors = ((points - 0.8) ** 2).sum(axis=1)
        self.good = np.quantile(self.errors, 0.1)
        self.rng, self.notes, self.kept, self.seen, self.most = np.random.default_rng(seed), {}, None, [], most

    def scores(self, architectures):
        found = [self.errors[place.qubits[0]] for (place,) in architectures]
        self.seen += found
        if len(self.seen) >= self.most:
            raise BudgetSpent
        return [Score((), error, error, np.zeros(0), 1) for error in found]

    def share(self, method, **options):
        with pytest.raises(BudgetSpent):
            method(self, learned=self.learned, **options)
        assert len(set(self.seen)) == len(self.seen)  # no circuit twice
        return np.mean(np.array(self.seen[: self.most]) <= self.good)


@pytest.mark.parametrize(("method", "factor"), [(latent_reinforce, 1.5), (latent_bayes, 3.0)])
def test_good_regions_are_visited_more_often_than_by_chance(method, factor):
    """A tenth of the circuits are good; three seeds."""
    assert np.mean([Landscape(seed).share(method) for seed in range(3)]) > 0.1 * factor


def test_rewards():
    rewards = latent_search._Rewards("rank")
    scores = [Score((), error, error, np.zeros(0), 1) for error in (3.0, 1.0, 2.0, 2.0)]
    np.testing.assert_allclose(rewards.of(scores), [0.125, 0.875, 0.5, 0.5])
    better = rewards.of([Score((), 0.5, 0.5, np.zeros(0), 1)])
    np.testing.assert_allclose(better, [0.9])
    np.testing.assert_allclose(latent_search._Rewards("error").of(scores[1:3]), [0, -1])


@pytest.mark.parametrize(
    ("method", "options", "message"),
    [
        (latent_reinforce, {"reward": "best"}, "`reward` must be one of rank, error"),
        (latent_reinforce, {"spread": 0}, "`spread` must be above 0"),
        (latent_bayes, {"surrogate": "forest"}, "`surrogate` must be one of dngo, gp, tpe"),
        (latent_bayes, {"first": 1}, "`first` must be at least 2"),
    ],
)
def test_doors(method, options, message):
    with pytest.raises(ValueError, match=message):
        seek(TASK, method, 500, **options)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(("gates", "count"), [(("rx",), 1), (("h", "sx", "s"), None)])
def test_a_space_that_is_used_up_ends_the_search(name, gates, count):
    """Of one circuit alone, and of less circuits than the pool would hold: each is trained once."""
    method, options = METHODS[name]
    small = Task("one", Energy(PauliSum.from_dict({"Z": 1.0}), -1.0), Space(1, gates, max_gates=3))
    found = seek(small, method, 5000, **options)
    assert found.spent < 5000 and found.message == "the method ended"
    trained = len(found.errors)
    assert trained == (count or found.notes["pool"]) == len({s for s, _ in found.errors})
