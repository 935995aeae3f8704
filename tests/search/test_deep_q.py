"""Targets and returns by hand, and an agent that learns a game whose answer is known."""

import numpy as np
import pytest

pytest.importorskip("torch")
import torch

from ketwork.search.deep_q import Learner, Memory, Returns, Seen, choose, network, said, targets
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


def bits(rng, count, size):
    """What agents see: bits and a number."""
    seen = (rng.random((count, size)) < 0.4).astype(np.float32)
    seen[:, -1] = rng.random(count)
    return seen


def test_seen_by_its_ones():
    seen = np.float32([[0, 1, 0, 1, 0.5], [0, 0, 0, 0, 0.25], [1, 1, 1, 0, 0.0]])
    found = Seen.of(seen, 3)
    np.testing.assert_array_equal(found.ones, [[1, 3, -1], [-1, -1, -1], [0, 1, 2]])
    np.testing.assert_array_equal(found.last, [0.5, 0.25, 0.0])


def test_the_memory_forgets_the_oldest():
    memory, rng = Memory(3, 12, 2), np.random.default_rng(0)
    dense = [bits(rng, 2, 12) for _ in range(5)]
    for k, pair in enumerate(dense):
        seen, then = zip(*Seen.of(pair, 12), strict=True)
        memory.add(seen, k % 2, float(k), then, [True, k % 2 == 0], 0.5)
    seen, actions, totals, then, legal, discounts = memory.sample(200, rng)
    assert set(totals) == {2.0, 3.0, 4.0} and (discounts == 0.5).all()
    for row in range(200):
        k = int(totals[row])
        was = Seen.of(dense[k], 12)
        for sight, j in ((seen, 0), (then, 1)):
            np.testing.assert_array_equal(sight.ones[row], was.ones[j])
            assert sight.last[row] == was.last[j]
        assert actions[row] == k % 2 and legal[row, 1] == (k % 2 == 0)


def dense_twin(net):
    """The same layers with a full first one."""
    rows = net[0].weight.detach()
    first = torch.nn.Linear(len(rows) - 2, rows.shape[1])
    with torch.no_grad():
        first.weight.copy_(rows[:-2].T)
        first.bias.copy_(rows[-2])
    return torch.nn.Sequential(first, *net[1:])


def test_the_first_layer_is_a_full_one():
    net, seen = network(9, (7, 5), 3, np.random.default_rng(0)), bits(np.random.default_rng(1), 6, 9)
    torch.testing.assert_close(said(net, Seen.of(seen, 8)), dense_twin(net)(torch.from_numpy(seen)))


def test_an_update_is_what_torch_says():
    """One update against the same net with a full first layer, and loss and Adam written out."""
    learner = Learner(5, (7,), 3, 0.01, 10, np.random.default_rng(0))
    twin = dense_twin(network(5, (7,), 3, np.random.default_rng(0)))
    seen, then = bits(np.random.default_rng(1), 4, 5), bits(np.random.default_rng(2), 4, 5)
    actions, totals = np.array([0, 1, 2, 0]), np.float32([3.0, -1.0, 0.2, 0.1])
    legal, discounts = np.ones((4, 3), bool), np.zeros(4, np.float32)
    loss = learner.learn((Seen.of(seen, 4), actions, totals, Seen.of(then, 4), legal, discounts))
    adam = torch.optim.Adam(twin.parameters(), lr=0.01)
    mine = twin(torch.from_numpy(seen))[torch.arange(4), torch.from_numpy(actions)]
    gap = (mine - torch.from_numpy(totals)).abs()
    wanted = torch.where(gap < 1, 0.5 * gap**2, gap - 0.5).mean()
    wanted.backward()
    adam.step()
    assert loss == pytest.approx(float(wanted.detach()), rel=1e-5)
    for ours, theirs in zip(dense_twin(learner.net).parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


def batch_of(discount):
    """Two transitions between the same sights."""
    seen = Seen.of(np.ones((2, 3), np.float32), 2)
    totals, legal = np.float32([1, 2]), np.ones((2, 2), bool)
    return seen, np.array([0, 1]), totals, seen, legal, np.full(2, discount, np.float32)


def test_the_target_follows_now_and_then():
    learner = Learner(3, (4,), 2, 0.05, 3, np.random.default_rng(0))
    batch = batch_of(0.0)
    seen, same = Seen.of(np.ones((1, 3), np.float32), 2), []
    for _ in range(6):
        learner.learn(batch)
        same.append(bool(np.allclose(learner.values(seen), learner.values(seen, target=True))))
    assert same == [False, False, True, False, False, True]


def test_it_learns_a_corridor():
    """Four cells, left or right, 1 at the right end after which it is over: values are powers of the discount."""
    rng = np.random.default_rng(0)
    learner, memory = Learner(5, (32,), 2, 3e-3, 20, rng), Memory(500, 4, 2)
    eye = Seen.of(np.hstack([np.eye(4), np.zeros((4, 1))]).astype(np.float32), 4)
    sights = list(zip(*eye, strict=True))
    returns = Returns(1, 0.8)
    at = 0
    for _ in range(600):
        action = int(rng.integers(2))
        then = at + 1 if action else max(0, at - 1)
        ended = then == 4
        sight = sights[min(then, 3)]
        for found in returns.add(sights[at], action, float(ended), sight, [True, True], ended):
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
    batch = batch_of(0.5)
    learner.learn(batch)
    other.restore(learner.state())
    assert [learner.learn(batch) for _ in range(4)] == [other.learn(batch) for _ in range(4)]
