"""NSGA-II: sorting against brute force, crowding on a known front, and the front of a task that can be proven."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ketwork.operators import load_molecule
from ketwork.search import Place, Setting, ground_state, seek
from ketwork.search.evolutionary import _tournament, crowding_distances, fronts, survivors
from searching import errors, ghz_task, hydrogen_task, same

MARKS = arrays(float, st.tuples(st.integers(1, 9), st.integers(1, 3)), elements=st.integers(0, 3))


def beats(a, b):
    return all(x <= y for x, y in zip(a, b, strict=True)) and any(x < y for x, y in zip(a, b, strict=True))


@given(MARKS)
def test_fronts_are_those_of_brute_force(marks):
    left = list(range(len(marks)))
    wanted = []
    while left:
        best = [k for k in left if not any(beats(marks[j], marks[k]) for j in left)]
        wanted.append(best)
        left = [k for k in left if k not in best]
    assert [sorted(front) for front in fronts(marks)] == wanted


@given(MARKS, st.integers(1, 9))
def test_who_lives_on_is_of_the_lowest_fronts(marks, count):
    kept = survivors(marks, min(count, len(marks)))
    assert len(kept) == len(set(kept)) == min(count, len(marks))
    rank = {k: number for number, front in enumerate(fronts(marks)) for k in front}
    gone = [rank[k] for k in range(len(marks)) if k not in kept]
    assert not gone or max(rank[k] for k in kept) <= min(gone)


def test_crowding_of_points_on_a_line():
    x = np.array([0.0, 0.1, 0.5, 1.0])
    found = crowding_distances(np.column_stack([x, 1 - x]))
    assert found.tolist() == [np.inf, pytest.approx(2 * 0.5), pytest.approx(2 * 0.9), np.inf]
    assert crowding_distances(np.ones((3, 2))).tolist().count(np.inf) >= 2
    assert survivors(np.column_stack([x, 1 - x]), 3) == [0, 3, 2]


def test_a_tournament_is_won_by_the_lower_front_and_then_by_more_room():
    rng = np.random.default_rng(0)
    ranks, crowding = np.array([0, 1, 0]), np.array([1.0, np.inf, 2.0])
    won = np.bincount([_tournament(ranks, crowding, rng) for _ in range(3000)], minlength=3) / 3000
    assert won[1] == 0  # it loses to both
    assert won[2] == pytest.approx(2 / 3, abs=0.04)  # of three pairs it wins two


def test_selection_alone_walks_to_a_known_front():
    # Schaffer's two objectives x^2 and (x - 2)^2: the front is 0 <= x <= 2, and it is covered
    rng = np.random.default_rng(1)
    living = rng.uniform(-100, 100, 20)
    for _ in range(150):
        everyone = np.concatenate([living, living + rng.normal(0, 1, 20)])
        kept = survivors(np.column_stack([everyone**2, (everyone - 2) ** 2]), 20)
        living = everyone[kept]
    assert living.min() > -0.1 and living.max() < 2.1
    assert np.diff(np.sort(living)).max() < 0.4


def test_known_optima_are_found_with_their_front():
    assert sum(error < 1e-6 for error in errors(ghz_task(), "evolutionary", 5_000, 3)) >= 2
    assert sum(error < 1e-6 for error in errors(hydrogen_task(), "evolutionary", 3_000, 3)) >= 2
    layered = ghz_task(("linear", "matchings"))
    assert sum(error < 1e-6 for error in errors(layered, "evolutionary", 6_000, 3)) >= 2
    found = seek(ghz_task(), "evolutionary", 12_000, 0)
    by_count = {}
    for score in found.front:
        by_count[score.size.two_qubit] = min(score.error, by_count.get(score.size.two_qubit, 1.0))
    # see `ghz_task`: 1/3 with no gate on two qubits, no less with one, nothing with two
    assert by_count[0] == pytest.approx(1 / 3, abs=1e-6) and by_count[2] < 1e-6
    assert by_count.get(1, 1 / 3) == pytest.approx(1 / 3, abs=1e-6)


def test_equal_seeds_go_the_same_way():
    one, other, third = (seek(ghz_task(), "evolutionary", 6_000, seed) for seed in (1, 1, 2))
    assert same(one, other) and not same(one, third)
    assert one.notes["generations"] == len(one.notes["front"]) > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"population": 1}, "`population`"),
        ({"crossover": 1.5}, "`crossover`"),
        ({"objectives": ("error", "width")}, "`objectives` must be one of"),
        ({"objectives": ()}, "`objectives` must name at least one"),
    ],
)
def test_doors(options, message):
    with pytest.raises(ValueError, match=message):
        seek(ghz_task(), "evolutionary", 2_000, **options)


def test_a_space_that_is_exhausted_ends_soon():
    task = ground_state(load_molecule("H2"), Setting(gates=("cx",), max_gates=6))
    found = seek(task, "evolutionary", 10_000)
    assert "no more to give" in found.message
    assert found.best.error == pytest.approx(task.evaluate([Place("cx", (0, 1))]).error)  # of |00>, whatever is done
    assert found.seconds < 20
