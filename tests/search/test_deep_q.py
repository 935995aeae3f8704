"""Targets and returns by hand, and an agent that learns a game whose answer is known."""

import numpy as np
import pytest

pytest.importorskip("torch")
import torch

from ketwork.search.deep_q import Learner, Memory, Returns, choose, network, targets
from ketwork.search.small_nets import one_thread


def test_n_step_returns_by_hand():
    """Rewards 1, 2, 3, 4, 5, two steps, discount 1/2; the game ends after the fifth."""
    returns, found = Returns(2, 0.5), []
    for k, reward in enumerate([1.0, 2.0, 3.0, 4.0, 5.0]):
        found += returns.add(f"s{k}", k, reward, f"s{k + 1}", None, k == 4)
    rows = [(seen, action, total, then, discount) for seen, action, total, then, _, discount in found]
    assert rows == [
        ("s0", 0, 2.0, "s2", 0.25),
        ("s1", 1, 3.5, "s3", 0.25),
        ("s2", 2, 5.0, "s4", 0.25),
        ("s3", 3, 6.5, "s5", 0.0),
        ("s4", 4, 5.0, "s5", 0.0),
    ]
    assert not returns.waiting


def test_games_shorter_than_the_return():
    returns = Returns(5, 0.5)
    assert returns.add("s", 3, 1.0, "t", None, False) == []
    found = returns.add("t", 1, 4.0, "u", None, True)
    assert [row[2] for row in found] == [3.0, 4.0] and all(row[5] == 0 for row in found)


def test_double_targets_by_hand():
    """The net chooses among the legal, the target net says what that is worth; nothing comes after the end."""
    own = np.array([[9.0, 2.0, 1.0], [0.0, 5.0, 6.0]])
    other = np.array([[100.0, 10.0, 20.0], [1.0, 2.0, 3.0]])
    legal = np.array([[False, True, True], [True, True, True]])
    found = targets(np.array([1.0, -5.0]), np.array([0.5, 0.0]), own, other, legal)
    np.testing.assert_allclose(found, [1.0 + 0.5 * 10.0, -5.0])


def test_nothing_illegal_is_chosen():
    rng = np.random.default_rng(0)
    legal = rng.random((2000, 6)) < 0.4
    legal[:, 2] = True
    values = rng.normal(size=(2000, 6)) + 10 * ~legal
    for epsilon in (0.0, 0.5, 1.0):
        actions = choose(values, legal, epsilon, rng)
        assert legal[np.arange(2000), actions].all()
        best = np.where(legal, values, -np.inf).argmax(1)
        several = legal.sum(1) > 3
        share = (actions == best)[several].mean()
        assert (share == 1) if epsilon == 0 else share < 1 - epsilon / 2


def test_random_actions_are_even_among_the_legal():
    rng = np.random.default_rng(1)
    legal = np.tile([True, False, True, True], (6000, 1))
    counts = np.bincount(choose(np.zeros((6000, 4)), legal, 1.0, rng), minlength=4)
    assert counts[1] == 0
    np.testing.assert_allclose(counts[[0, 2, 3]] / 6000, 1 / 3, atol=0.03)


def test_the_memory_forgets_the_oldest():
    memory, rng = Memory(3, 12, 2), np.random.default_rng(0)
    rows = [(rng.integers(0, 2, 12).astype(np.float32), k, float(k)) for k in range(5)]
    for seen, action, total in rows:
        memory.add(seen, action % 2, total, seen[::-1], [True, action % 2 == 0], 0.5)
    seen, actions, totals, then, legal, discounts = memory.sample(200, rng)
    assert set(totals) == {2.0, 3.0, 4.0} and (discounts == 0.5).all()
    for row, action, total, after, allowed in zip(seen, actions, totals, then, legal, strict=True):
        np.testing.assert_array_equal(row, rows[int(total)][0])
        np.testing.assert_array_equal(after, rows[int(total)][0][::-1])
        assert action == int(total) % 2 and allowed[1] == (action == 0)


def test_an_update_is_what_torch_says():
    """One update against the same net, loss and Adam written out."""
    learner = Learner(5, (7,), 3, 0.01, 10, np.random.default_rng(0))
    twin = network(5, (7,), 3, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    seen, then = rng.random((2, 4, 5)).astype(np.float32)
    actions, totals = np.array([0, 1, 2, 0]), np.float32([3.0, -1.0, 0.2, 0.1])
    legal, discounts = np.ones((4, 3), bool), np.zeros(4, np.float32)
    loss = learner.learn((seen, actions, totals, then, legal, discounts))
    adam = torch.optim.Adam(twin.parameters(), lr=0.01)
    said = twin(torch.from_numpy(seen))[torch.arange(4), torch.from_numpy(actions)]
    gap = (said - torch.from_numpy(totals)).abs()
    wanted = torch.where(gap < 1, 0.5 * gap**2, gap - 0.5).mean()
    wanted.backward()
    adam.step()
    assert loss == pytest.approx(float(wanted.detach()), rel=1e-5)
    for mine, theirs in zip(learner.net.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs)


def test_the_target_follows_now_and_then():
    learner = Learner(3, (4,), 2, 0.05, 3, np.random.default_rng(0))
    batch = (np.ones((2, 3), np.float32), np.array([0, 1]), np.float32([1, 2]), np.ones((2, 3), np.float32),
             np.ones((2, 2), bool), np.zeros(2, np.float32))  # fmt: skip
    seen, same = np.ones((1, 3), np.float32), []
    for _ in range(6):
        learner.learn(batch)
        same.append(bool(np.allclose(learner.values(seen), learner.values(seen, target=True))))
    assert same == [False, False, True, False, False, True]


def test_it_learns_a_corridor():
    """Four cells, left or right, 1 at the right end after which it is over: values are powers of the discount."""
    rng = np.random.default_rng(0)
    learner, memory = Learner(5, (32,), 2, 3e-3, 20, rng), Memory(500, 5, 2)
    eye = np.hstack([np.eye(4), np.zeros((4, 1))]).astype(np.float32)
    returns = Returns(1, 0.8)
    at = 0
    for _ in range(600):
        action = int(rng.integers(2))
        then = at + 1 if action else max(0, at - 1)
        ended = then == 4
        sight = eye[min(then, 3)]
        for found in returns.add(eye[at], action, float(ended), sight, [True, True], ended):
            memory.add(*found)
        at = 0 if ended else then
    with one_thread():
        for _ in range(1500):
            learner.learn(memory.sample(64, rng))
        values = learner.values(eye)
    np.testing.assert_allclose(values[:, 1], 0.8 ** np.arange(3, -1, -1), atol=0.05)
    np.testing.assert_allclose(values[:, 0], 0.8 ** np.array([4, 4, 3, 2]), atol=0.05)


def test_states_come_back():
    learner = Learner(3, (4,), 2, 0.05, 3, np.random.default_rng(0))
    other = Learner(3, (4,), 2, 0.05, 3, np.random.default_rng(1))
    batch = (np.ones((2, 3), np.float32), np.array([0, 1]), np.float32([1, 2]), np.ones((2, 3), np.float32),
             np.ones((2, 2), bool), np.full(2, 0.5, np.float32))  # fmt: skip
    learner.learn(batch)
    other.restore(learner.state())
    assert [learner.learn(batch) for _ in range(4)] == [other.learn(batch) for _ in range(4)]
