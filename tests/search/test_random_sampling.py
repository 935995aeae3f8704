"""Random search: it draws gates evenly by name and place, finds what is easy, and tries circuits of a given length."""

from collections import Counter

import numpy as np
import pytest
from scipy.stats import chisquare

from ketwork.search import Space, draw, seek
from searching import errors, ghz_task, hydrogen_task, same


def test_known_optima_are_found():
    assert sum(error < 1e-6 for error in errors(hydrogen_task(), "random", 3_000, 3)) >= 2
    assert sum(error < 1e-6 for error in errors(ghz_task(("linear", "matchings")), "random", 4_000, 3)) >= 2


@pytest.mark.parametrize("space", [Space(3), Space(4, ("ry", "cx", "cz"), layers=("linear", "matchings"))])
def test_the_first_gate_is_drawn_evenly_by_name_and_then_by_place(space):
    rng = np.random.default_rng(0)
    first = Counter(draw(space, rng, 1)[0] for _ in range(4_000))
    names = Counter(place.gate for place in space.places)
    expected = [4_000 / len(space.gates) / names[place.gate] for place in space.places]
    assert chisquare([first[place] for place in space.places], expected).pvalue > 1e-3


def test_circuits_hold_every_gate_about_as_often():
    rng = np.random.default_rng(1)
    space = Space(4)
    gates = Counter(place.gate for _ in range(200) for place in draw(space, rng))
    whole = sum(gates.values())
    # Not quite evenly: what is still at the end of its qubits may not come again, most often a rotation
    assert set(gates) == set(space.gates)
    assert all(0.2 < count / whole < 0.3 for count in gates.values())
    lengths = [len(draw(space, rng)) for _ in range(400)]
    counts = np.bincount(np.array(lengths) - 1, minlength=40).reshape(8, 5).sum(axis=1)
    assert chisquare(counts).pvalue > 1e-3


def test_length_is_as_told():
    found = seek(ghz_task(), "random", 2_000, 0, n_gates=5)
    assert found.best is not None and len(found.best.architecture) == 5
    assert all(len(score.architecture) == 5 for score in found.front)


def test_equal_seeds_go_the_same_way():
    one, other, third = (seek(ghz_task(), "random", 2_000, seed) for seed in (1, 1, 2))
    assert same(one, other) and not same(one, third)


@pytest.mark.parametrize(("options", "message"), [({"batch": 0}, "`batch`"), ({"n_gates": 0}, "`n_gates`")])
def test_doors(options, message):
    with pytest.raises(ValueError, match=message):
        seek(ghz_task(), "random", 2_000, **options)
