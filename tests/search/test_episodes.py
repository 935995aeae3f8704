"""The game: lower bounds, rewards, the moving threshold, halting, and that nothing illegal is ever built."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from ketwork import PauliSum
from ketwork.operators import load_molecule, molecule, tapering
from ketwork.search import Budget, Energy, Inner, Search, Space, Task
from ketwork.search.episodes import Episodes, Rules, Threshold, good_height, height_of, lower_bound, reward
from ketwork.search.goals import ObjectiveMeter
from ketwork.search.log import Log
from ketwork.search.moment_tensor import from_tensor
from ketwork.solve.objective import Objective

PLAIN = Task(
    "two spins",
    Energy(PauliSum(2, (("ZI", 0.5), ("XX", -1.0), ("II", 0.3))), -0.6 * 1.1, good=0.01),
    Space(2, max_gates=6),
    inner=Inner(steps=3),
)


def judge(task, seed=0):
    return Search(task, Budget(10**9), seed, Log(None))


def play(episodes, search, rng, steps):
    """Random legal actions; what comes of each step."""
    for _ in range(steps):
        legal = episodes.legal()
        yield episodes.step([int(rng.choice(np.flatnonzero(row))) for row in legal], search, rng)


@pytest.mark.parametrize(
    ("name", "mapping", "bound"),
    [("H2", "parity", -1.320446), ("LiH_3.4", "parity", -10.0718)],
)
def test_lower_bounds_are_those_of_the_paper(name, mapping, bound):
    """The constant less all other weights, at the paper's precision; below the ground state."""
    there = load_molecule(name, mapping)
    found = lower_bound(Energy(there.hamiltonian, there.exact_energy()))
    assert found == pytest.approx(bound, abs=1e-4)
    assert found < there.exact_energy()


def test_lower_bound_of_three_qubits():
    """H2 of four qubits less the one that the parity of all electrons makes superfluous: nine strings, as the paper."""
    four = load_molecule("H2", "jordan_wigner")
    less = tapering(four.hamiltonian, ["ZZZZ"])
    three = less.taper(four.hamiltonian, less.sector_of(four.reference))
    assert (three.n_qubits, len(three)) == (3, 10)
    assert np.linalg.eigvalsh(three.matrix())[0] == pytest.approx(-1.1372702, abs=1e-6)
    assert lower_bound(Energy(three, -1.0)) == pytest.approx(-1.983914, abs=1e-4)


@pytest.mark.parametrize(
    ("geometry", "options", "bound", "lowest"),
    [
        ("H 0 0 0.35; H 0 0 -0.35", {}, -1.990097, -1.1361895),
        ("Li 0 0 0; H 0 0 2.2", {"frozen_core": True, "active_space": (2, [1, 2, 5])}, -10.134828, -7.8448790),
    ],
)
def test_lower_bounds_of_molecules_made_here(geometry, options, bound, lowest):
    pytest.importorskip("pyscf")
    there = molecule(geometry, **options)
    assert there.exact_energy() == pytest.approx(lowest, abs=1e-6)
    assert lower_bound(Energy(there.hamiltonian, lowest)) == pytest.approx(bound, abs=1e-4)


def test_goals_without_an_observable_have_no_error_at_their_bound():
    class Distance:
        good, unit, n_qubits = 0.02, "", 2

        def error(self, value):
            return value - 3.0

        def meter(self, circuit, backend):
            return ObjectiveMeter(Objective(circuit, PauliSum(2, (("ZZ", 1.0),)), backend))

    goal = Distance()
    assert height_of(goal)(3.5) == 0.5 and good_height(goal) == 0.02
    episodes = Episodes(Task("distance", goal, Space(2, max_gates=3), inner=Inner(steps=2)), 2)
    seen = episodes.begin(judge(episodes.task), np.random.default_rng(0))
    assert seen.shape == (2, episodes.size) and episodes.empty > 0


def test_good_height_is_where_the_error_is_good():
    goal = replace(PLAIN.goal, scale=2.0)
    value = good_height(goal) + lower_bound(goal)
    assert goal.error(value) == pytest.approx(goal.good)


def test_rewards():
    assert reward(2.0, 0.9, 1.0, False) == 5 and reward(2.0, 0.9, 1.0, True) == 5
    assert reward(2.0, 1.5, 1.0, True) == -5
    assert reward(2.0, 1.5, 1.0, False) == pytest.approx(0.25)
    assert reward(1.5, 4.0, 1.0, False) == -1


def test_the_threshold_moves_as_the_curriculum_says():
    """By hand: two successes let it fall by a tenth, twice at most; every ten episodes it jumps to best + slack."""
    threshold = Threshold(Rules(every=10, slack=0.1, successes=2, falls=2), 1.0)
    threshold.best = 0.4
    seen = []
    for _ in range(10):
        threshold.ended(True)
        seen.append(round(threshold.now, 6))
    assert seen == [1.0, 0.99, 0.99, 0.98, 0.98, 0.98, 0.98, 0.98, 0.98, 0.5]
    threshold.ended(True)
    threshold.ended(True)
    assert threshold.now == pytest.approx(0.49)


def test_without_curriculum_the_threshold_stays_where_the_error_is_good():
    episodes = Episodes(PLAIN, 3, Rules(curriculum=False, every=1))
    search, rng = judge(PLAIN), np.random.default_rng(1)
    episodes.begin(search, rng)
    for _ in play(episodes, search, rng, 12):
        assert episodes.threshold.now == pytest.approx(good_height(PLAIN.goal))


def test_random_halting_is_a_plain_negative_binomial():
    episodes = Episodes(replace(PLAIN, space=Space(2, max_gates=40)), 1, Rules(halt=(1.0, 0.6)))
    episodes.empty, rng = 1.0, np.random.default_rng(0)
    caps = []
    for _ in range(2000):
        episodes._renew(0, rng)
        caps.append(episodes.games[0].cap)
    law = stats.nbinom(40, 0.6)
    expected = 40 - law.cdf(np.arange(40)).sum()  # of min(cap, 40)
    assert np.mean(caps) == pytest.approx(expected, abs=0.6)
    assert np.std(caps) > 4  # and not nearly always the same
    assert min(caps) >= 1 and max(caps) == 40


def test_no_illegal_action_in_a_thousand_episodes():
    """Nor anything that would be merged or cancelled with the gate before it; what is seen is what was built."""
    task = replace(PLAIN, inner=Inner(steps=1))
    episodes, search, rng = Episodes(task, 16, Rules(threshold=0.0)), judge(task), np.random.default_rng(2)
    episodes.begin(search, rng)
    ended = 0
    while ended < 1000:
        built = list(episodes.games)
        before = [game.architecture for game in built]
        moves = next(play(episodes, search, rng, 1))
        ended += int((moves.over | moves.halted).sum())
        for k, game in enumerate(built):
            assert len(game.architecture) == len(before[k]) + 1
            *_, new = game.architecture
            shared = [place for place in before[k] if set(place.qubits) & set(new.qubits)]
            if shared and len(new.qubits) == 1:
                assert shared[-1] != new
            back = from_tensor(moves.seen[k, :-1].reshape(6, 5, 2), task.space.gates)
            assert sorted(back) == sorted(game.architecture)


def test_an_illegal_action_is_a_step_in_which_nothing_happens():
    episodes, search, rng = Episodes(PLAIN, 1, Rules(mask=False, threshold=0.0, halting=False)), judge(PLAIN), None
    episodes.begin(search, rng or np.random.default_rng(0))
    turn = PLAIN.space.number[("rx", (0,))]
    assert episodes.legal().all()
    episodes.step([turn], search, rng)
    before, spent = episodes.games[0].architecture, search.budget.spent
    moves = episodes.step([turn], search, rng)
    assert episodes.games[0].architecture == before and episodes.games[0].steps == 2
    assert moves.rewards[0] == 0 and search.budget.spent == spent
    for _ in range(4):
        moves = episodes.step([turn], search, rng)
    assert moves.over[0] and moves.rewards[0] == -5  # the steps are used up all the same


def test_a_new_gate_never_costs_energy():
    """Warm starts: with exact values a rotation more can only help."""
    task = replace(PLAIN, inner=Inner(steps=20))
    episodes, search, rng = (
        Episodes(task, 4, Rules(threshold=0.0, halting=False)),
        judge(task),
        np.random.default_rng(3),
    )
    episodes.begin(search, rng)
    for _ in range(5):
        before = [game.height for game in episodes.games]
        games = list(episodes.games)
        next(play(episodes, search, rng, 1))
        for game, height in zip(games, before, strict=True):
            if game.architecture[-1].gate != "cx":
                assert game.height <= height + 1e-6


def test_games_end_where_no_action_is_left():
    task = replace(PLAIN, space=Space(2, ("cx",), max_gates=9, max_depth=2))
    episodes, search, rng = (
        Episodes(task, 1, Rules(threshold=0.0, halting=False)),
        judge(task),
        np.random.default_rng(0),
    )
    episodes.begin(search, rng)
    assert [bool(moves.over[0]) for moves in play(episodes, search, rng, 4)] == [False, True, False, True]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Rules(every=0), "`every` must be at least 1"),
        (lambda: Rules(slack=-1.0), "`slack` must be at least 0"),
        (lambda: Rules(threshold=-0.1), "`threshold` must be at least 0"),
        (lambda: Episodes(PLAIN, 0), "`count` must be at least 1"),
    ],
)
def test_doors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
    with pytest.raises(TypeError, match="`rules` must be Rules"):
        Episodes(PLAIN, 1, {"halting": False})


@pytest.mark.parametrize("goal", ["spins", "cats"])
def test_a_layer_is_one_step_that_keeps_the_angles_before_it(goal):
    """New angles, as many as the layer has gates, stand behind those that the circuit had."""
    energy = Energy(
        PauliSum.from_dict({"ZZZ": 1.0, "XII": 0.7} if goal == "spins" else {"XXX": -1.0, "ZZI": -1.0}), -2.0
    )
    layers = Space(3, ("ry", "cx", "rxx"), max_gates=12, layers=("linear",))
    task = Task(goal, energy, layers, inner=Inner(steps=3))
    rng, search = np.random.default_rng(0), judge(task)
    episodes = Episodes(task, 4, Rules())
    episodes.begin(search, rng)
    assert episodes.tail == 0
    before = np.array([0.1, 0.2, 0.3])
    start = episodes._start(before, (layers.places[0], layers.places[-1]), rng)
    assert layers.places[-1].gate == "rxx" and len(start) == 5
    np.testing.assert_array_equal(start[:3], before)
    for moves in play(episodes, search, rng, 6):
        assert np.isfinite(moves.rewards).all()
