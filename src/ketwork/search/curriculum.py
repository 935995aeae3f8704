"""CRLQAS: a double deep Q-network that builds circuits gate by gate, with a curriculum, random halting and masks.

Source: Patel et al., "Curriculum reinforcement learning for quantum architecture search under hardware errors",
arXiv:2402.03500.
"""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_int, check_real
from ketwork.search.deep_q import Learner, Memory, Returns, Seen, choose
from ketwork.search.episodes import Episodes, Rules
from ketwork.search.seek import Search
from ketwork.search.small_nets import one_thread

SHORT = Rules(every=100, slack=0.02, successes=2)
"""The curriculum for hundreds of episodes; the paper's own numbers are for tens of thousands."""

_LAST_SHARE = 0.005  # of a reward at the last step, as it counts in the first


def curriculum(
    search: Search,
    rules: Rules | None = None,
    games: int = 16,
    hidden: Sequence[int] = (256, 256),
    rate: float = 1e-3,
    batch: int = 128,
    returns: int = 5,
    memory: int = 20_000,
    updates: float = 0.25,
    sync: int = 200,
    epsilon: tuple[float, float, float, float] = (1.0, 0.02, 5.0, 0.5),
    keep_seconds: float = 120.0,
) -> None:
    """Play `games` episodes side by side and learn from them until the budget is spent.

    rules: of the episodes: curriculum, halting and mask, each of which can be left out; None for `SHORT`. hidden: units
    of the layers. returns: steps that a return looks ahead. memory: transitions kept. updates: of the net, for every
    step of a game. sync: updates from one copy to the target net to the next. epsilon: share of random actions at
    first and at last, how many times more of them the last of the games makes in the end than the first, so that games
    do not become all the same, and the share of the budget in which it falls. keep_seconds: from one checkpoint to
    the next.
    The discount is 0.005^(1/limit of gates), as in the paper; net, updates and memory are smaller than there (five
    layers of 1,000 units, batches of 1,000, an update a step), so that circuits and not the net take the time;
    the paper plays one game at a time. Source of the games' own epsilons: Horgan et al., arXiv:1803.00933, section 3.
    """
    for name, value in (("games", games), ("batch", batch), ("returns", returns), ("memory", memory), ("sync", sync)):
        check_int(name, value, 1)
    for name, number in (("updates", updates), ("rate", rate)):
        check_real(name, number, 0)
    if len(epsilon) != 4:
        raise ValueError(f"Argument `epsilon` must be four numbers, but is {epsilon}.")
    for share, (low, high) in zip(epsilon, ((0, 1), (0, 1), (1, None), (1e-6, 1)), strict=True):
        check_real("epsilon", share, low, high)
    net = (hidden, rate, batch, returns, memory, sync)
    agent = _Agent(search, rules or SHORT, games, net, epsilon)
    if search.kept is not None:
        agent.restore(search.kept)
    with one_thread():
        agent.play(updates, keep_seconds)


class _Agent:
    """Games, net and memory of one search."""

    def __init__(self, search: Search, rules: Rules, games: int, net: tuple[Any, ...], epsilon: Any) -> None:
        hidden, rate, self.batch, steps, room, sync = net
        self.search, self.epsilon = search, epsilon
        self.episodes = Episodes(search.task, games, rules)
        actions = len(search.space.places)
        gamma = round(_LAST_SHARE ** (1 / search.space.max_gates), 2)
        first = np.random.default_rng([search.seed, 1])  # not the search's, which goes on where a checkpoint has it
        self.learner = Learner(self.episodes.size, hidden, actions, rate, sync, first)
        self.memory = Memory(room, search.space.max_gates, actions)
        self.returns = [Returns(steps, gamma) for _ in range(games)]
        self.played = 0
        self.begun = False

    def play(self, updates: float, keep_seconds: float) -> None:
        """Until the budget is spent."""
        search, episodes = self.search, self.episodes
        if not self.begun:
            episodes.begin(search, search.rng)
            self.begun = True
        kept = time.monotonic()
        while True:
            self._step()
            while self.memory.filled >= self.batch and self.learner.updates < updates * self.played:
                self.learner.learn(self.memory.sample(self.batch, search.rng))
            if time.monotonic() - kept > keep_seconds:
                search.keep(self.state())
                kept = time.monotonic()

    def _step(self) -> None:
        search, episodes = self.search, self.episodes
        room = search.space.max_gates
        seen, legal = Seen.of(episodes.seen(), room), episodes.legal()
        shares = self._shares()
        actions = choose(self.learner.values(seen), legal, shares, search.rng)
        moves = episodes.step(actions.tolist(), search, search.rng)
        then = Seen.of(moves.seen, room)
        for k, (returns, now, later) in enumerate(zip(self.returns, zip(*seen), zip(*then))):
            ended = bool(moves.over[k] or moves.halted[k])
            for found in returns.add(now, int(actions[k]), moves.rewards[k], later, moves.legal[k], ended):
                self.memory.add(*found)
        self.played += episodes.count
        self._report(float(shares.mean()), moves)

    def _shares(self) -> NDArray[np.floating[Any]]:
        """Of random actions, of every game."""
        first, last, spread, exploration = self.epsilon
        budget, lasts = self.search.budget, np.minimum(first, last * np.geomspace(1, spread, self.episodes.count))
        passed = min(1.0, budget.spent / (exploration * (budget.spent + budget.left)))
        return np.asarray(first + (lasts - first) * passed)

    def _report(self, share: float, moves: Any) -> None:
        notes, threshold = self.search.notes, self.episodes.threshold
        assert threshold is not None
        notes["episodes"] = notes.get("episodes", 0) + int((moves.over | moves.halted).sum())
        notes["successes"] = notes.get("successes", 0) + int((moves.rewards == 5).sum())
        notes["steps"], notes["updates"] = self.played, self.learner.updates
        notes["threshold"] = threshold.now
        self.search.say(
            f"episode {notes['episodes']}, {100 * share:.0f} % random, threshold {threshold.now:.4g} above the bound"
        )

    def state(self) -> dict[str, Any]:
        """All that is needed to go on; the generator is kept by the search."""
        return {
            "learner": self.learner.state(), "memory": self.memory, "returns": self.returns, "played": self.played,
            "episodes": self.episodes.state(),
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self.learner.restore(state["learner"])
        self.memory, self.returns, self.played = state["memory"], state["returns"], state["played"]
        self.episodes.restore(state["episodes"])
        self.begun = True
