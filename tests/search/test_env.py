"""Gymnasium's own checks, and that many games are the same games."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

from ketwork import PauliSum
from ketwork.search import Budget, BudgetSpent, Energy, Inner, Search, Space, Task
from ketwork.search.episodes import Rules
from ketwork.search.log import Log

gymnasium = pytest.importorskip("gymnasium")
from gymnasium.utils.env_checker import check_env  # noqa: E402

from ketwork.search.env import CircuitEnv, CircuitVectorEnv  # noqa: E402

TASK = Task(
    "three spins",
    Energy(PauliSum(3, (("ZII", 0.5), ("XXI", -1.0), ("IYY", 0.7))), -1.5),
    Space(3, max_gates=5),
    inner=Inner(steps=4),
)


@pytest.mark.parametrize("gates", [("rx", "ry", "rz", "cx"), ("sx", "rz", "ecr"), ("u", "rzz")])
def test_passes_the_checks_of_gymnasium(gates):
    env = CircuitEnv(replace(TASK, space=Space(3, gates, max_gates=5)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env, skip_render_check=True)


def test_actions_are_the_places_of_the_space():
    env = CircuitEnv(replace(TASK, space=Space(4), goal=Energy(PauliSum(4, (("ZZZZ", 1.0),)), -1.0)))
    assert env.action_space.n == 24  # 12 CX and 12 rotations, as in the paper
    assert env.observation_space.shape == (40 * 7 * 4 + 1,)


def test_an_episode():
    env = CircuitEnv(TASK, Rules(threshold=0.0, halting=False))
    _, info = env.reset(seed=0)
    assert info["action_mask"].all() and info["architecture"] == ()
    total = 0
    for step in range(5):
        action = int(np.flatnonzero(env.action_masks())[3 * step])
        seen, gained, over, halted, info = env.step(action)
        total += gained
        assert len(info["architecture"]) == step + 1 and not halted
        assert seen[:-1].sum() == step + 1
        np.testing.assert_array_equal(info["action_mask"], env.action_masks())
    assert over and gained == -5 and not env.action_masks().any()
    assert "RX" in str(env.render()).upper() or len(env.render()) > 0
    assert env.best.error >= -1e-9


def test_success_ends_an_episode():
    """A threshold that everything is below."""
    env = CircuitEnv(TASK, Rules(threshold=100.0))
    env.reset(seed=0)
    _, gained, over, _, _ = env.step(0)
    assert gained == 5 and over


def test_halting_truncates():
    """With the paper's draw for noisy searches, episodes of thirty gates at most end after two thirds on average."""
    env = CircuitEnv(replace(TASK, space=Space(3, max_gates=30), inner=Inner(steps=1)), Rules(halt=(1.0, 0.6)))
    lengths = []
    for seed in range(8):
        _, info = env.reset(seed=seed)
        over = halted = False
        while not (over or halted):
            _, _, over, halted, info = env.step(int(np.flatnonzero(env.action_masks())[0]))
        assert over == (len(info["architecture"]) == 30)
        lengths.append(len(info["architecture"]))
    assert 15 < np.mean(lengths) < 26 and len(set(lengths)) > 4


def test_many_games_are_the_same_games():
    """One game after the other, with the same actions, gives what the batch gives."""
    rules = Rules(threshold=0.0, halting=False)
    many, rng = CircuitVectorEnv(TASK, 3, rules), np.random.default_rng(0)
    first, _ = many.reset(seed=0)
    assert many.observation_space.contains(first)
    played = [many.action_masks()]
    rows, masks = [], []
    for _ in range(5):
        actions = [int(rng.choice(np.flatnonzero(row))) for row in played[-1]]
        rows.append((actions, *many.step(np.array(actions))))
        played.append(many.action_masks())
        masks.append(rows[-1][-1]["action_mask"])
    *_, info = rows[-1]
    assert info["_final_obs"].all() and rows[-1][3].all()
    for k in range(3):
        env = CircuitEnv(TASK, rules)
        env.reset(seed=0)
        for step, (actions, seen, gained, over, _, _) in enumerate(rows):
            alone = env.step(actions[k])
            np.testing.assert_allclose(info["final_obs"][k] if step == 4 else seen[k], alone[0], atol=1e-6)
            assert gained[k] == pytest.approx(alone[1], abs=1e-6) and over[k] == alone[2]


def test_a_search_pays_for_its_environment():
    search = Search(TASK, Budget(400), 0, Log(None))
    env = CircuitVectorEnv(search, 4)
    env.reset(seed=0)

    def play():
        for k in range(200):
            env.step(np.array([np.flatnonzero(row)[k % row.sum()] for row in env.action_masks()]))

    with pytest.raises(BudgetSpent, match="400"):
        play()
    assert 0 < search.budget.spent <= 400 and env.best is search.best


def test_a_budget_of_its_own():
    env = CircuitEnv(TASK, budget=60)
    env.reset(seed=0)

    def play():
        for k in range(40):
            *_, over, halted, _ = env.step(k % env.action_space.n)
            if over or halted:
                env.reset()

    with pytest.raises(BudgetSpent, match="60 circuit evaluations"):
        play()
    with pytest.raises(ValueError, match="`budget` must be None with a search"):
        CircuitEnv(Search(TASK, Budget(10), 0, Log(None)), budget=3)


def test_actions_out_of_range():
    env = CircuitEnv(TASK)
    env.reset(seed=0)
    with pytest.raises(ValueError, match="`action` must lie in"):
        env.step(99)
