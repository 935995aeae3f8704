"""Circuits as points: what is near, what is remembered, and what an interrupted search goes on with."""

import numpy as np

from ketwork.search import latent_space as module
from ketwork.search.canonical import Place
from ketwork.search.latent_space import LatentSpace, latent_space, latent_spaces
from ketwork.search.space import Space

SPACE = Space(2, ("h", "rx", "cx"), max_gates=4)


def test_the_nearest_open_circuit():
    circuits = tuple((Place("h", (q,)),) for q in (0, 1, 0))
    space = LatentSpace(circuits, np.array([[0.0, 0], [1, 0], [3, 0]]), 0.0)
    assert [space.nearest(np.array([x, 0.2])) for x in (0.4, 0.6, 2.5)] == [0, 1, 2]
    assert space.take(np.array([1])) == [circuits[1]]
    assert space.nearest(np.array([0.6, 0])) == 0
    space.take(np.array([0, 2]))
    assert space.nearest(np.zeros(2)) == -1


def test_points_are_standardised_and_remembered():
    one = latent_space(SPACE, 60, 2, hidden=16, hops=2)
    np.testing.assert_allclose(one.points.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(one.points.std(axis=0), 1, atol=1e-6)
    again = latent_space(SPACE, 60, 2, hidden=16, hops=2)
    assert again.points is one.points and again.seconds == one.seconds
    one.take(np.array([3]))
    assert again.open_.all()  # what one search took is open to another
    other = latent_space(SPACE, 60, 2, seed=1, hidden=16, hops=2)
    assert other.circuits != one.circuits
    module._KNOWN.clear()
    fresh = latent_space(SPACE, 60, 2, hidden=16, hops=2)
    np.testing.assert_array_equal(fresh.points, one.points)


def test_circuits_alike_are_near():
    """A circuit is nearer to those that differ by a gate in it than to others, on average."""
    space = latent_space(Space(3, ("h", "rx", "rz", "cx"), max_gates=6), 400, 6, n_gates=6, hidden=32)
    sets = [set(c) for c in space.circuits]
    shared = np.array([[len(a & b) for b in sets[:200]] for a in sets[:200]])
    far = ((space.points[:200, None] - space.points[None, :200]) ** 2).sum(axis=2)
    assert far[(shared >= 4) & (far > 0)].mean() < 0.8 * far[shared <= 1].mean()


class Asking:
    """What the function needs of a search."""

    def __init__(self, kept=None):
        self.space, self.kept, self.notes, self.written = SPACE, kept, {}, []

    def say(self, text):
        pass

    def keep(self, state):
        self.written.append(state)


def test_spaces_come_one_after_the_other():
    search = Asking()
    given = LatentSpace(((Place("h", (0,)),),), np.zeros((1, 2)), 0.0)
    spaces = latent_spaces(search, given, 40, 1, None, 7)
    assert next(spaces).circuits == given.circuits
    first, second = next(spaces), next(spaces)
    assert [state[0] for state in search.written] == [7, 8]
    assert first.circuits != second.circuits and search.notes["pool"] == len(second.circuits)
    resumed = latent_spaces(Asking(search.written[1]), given, 40, 1, None, 7)
    assert next(resumed).circuits == second.circuits
