"""A double deep Q-network with n-step returns: net, memory, targets and the choice of actions, some of them illegal.

Sources: van Hasselt, Guez and Silver, arXiv:1509.06461 (double Q-learning); Sutton, Machine Learning 3 (1988) 9
(n-step returns); Mnih et al., Nature 518 (2015) 529 (memory, target network).
"""

from collections import deque
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import need_extra

Floats = NDArray[np.floating[Any]]
Bools = NDArray[np.bool_]
_SLOPE = 0.01


class Seen(NamedTuple):
    """What agents see, written down as what is there: of bits, nearly all of which are 0, the numbers of the ones.

    ones: (count, room), filled up with -1. last: (count,), the one entry that is a number.
    """

    ones: NDArray[np.int32]
    last: NDArray[np.float32]

    @classmethod
    def of(cls, seen: Floats, room: int) -> "Seen":
        """Of (count, size), with at most `room` ones a row, all but the last column bits."""
        rows, columns = np.nonzero(seen[:, :-1])
        ones = np.full((len(seen), room), -1, np.int32)
        ones[rows, np.arange(len(rows)) - np.searchsorted(rows, np.arange(len(seen)))[rows]] = columns
        return cls(ones, np.asarray(seen[:, -1], np.float32))


def network(inputs: int, hidden: Sequence[int], actions: int, rng: np.random.Generator) -> Any:
    """Layers with leaky ReLUs between them; weights and biases even in +-1/sqrt(inputs of the layer).

    The first is a sum of rows, one for each input, then the biases, then one of nothing for where there is no input.
    """
    torch = need_extra("torch", "search")
    sizes = [inputs, *hidden, actions]

    def drawn(fan: int, *shape: int) -> Any:
        return torch.as_tensor(rng.uniform(-1, 1, shape) / np.sqrt(fan), dtype=torch.float32)

    rows = torch.cat([drawn(inputs, inputs + 1, sizes[1]), torch.zeros(1, sizes[1])])
    first = torch.nn.EmbeddingBag.from_pretrained(rows, freeze=False, mode="sum", padding_idx=inputs + 1)
    layers: list[Any] = []
    for fan, out in pairwise(sizes[1:]):
        layer = torch.nn.Linear(fan, out)
        with torch.no_grad():
            for values in (layer.weight, layer.bias):
                values.copy_(drawn(fan, *values.shape))
        layers += [torch.nn.LeakyReLU(_SLOPE), layer]
    return torch.nn.Sequential(first, *layers)


def said(net: Any, seen: Seen) -> Any:
    """What a net says of what is seen: (count, actions), a torch tensor."""
    torch = need_extra("torch", "search")
    count, inputs = len(seen.last), net[0].num_embeddings - 2
    always = np.full((count, 2), (inputs - 1, inputs), np.int32)
    rows = np.concatenate([np.where(seen.ones < 0, inputs + 1, seen.ones), always], axis=1)
    weights = np.ones(rows.shape, np.float32)
    weights[:, -2] = seen.last
    return net[1:](net[0](torch.from_numpy(rows), per_sample_weights=torch.from_numpy(weights)))


@dataclass
class Returns:
    """Makes n-step transitions of the steps of one game.

    A transition is (seen, action, sum of discounted rewards, seen then, legal then, discount of what comes then); that
    discount is 0 where the game ended before n steps were made.
    """

    steps: int
    gamma: float
    waiting: deque[tuple[Any, int, float]] = field(default_factory=deque)

    def add(self, seen: Any, action: int, reward: float, then: Any, legal: Any, ended: bool) -> list[tuple[Any, ...]]:
        """Take a step; the transitions that are complete with it."""
        self.waiting.append((seen, action, reward))
        found = []
        while self.waiting and (ended or len(self.waiting) == self.steps):
            total = sum(self.gamma**k * earned for k, (_, _, earned) in enumerate(self.waiting))
            first, chosen, _ = self.waiting.popleft()
            found.append((first, chosen, total, then, legal, 0.0 if ended else self.gamma**self.steps))
            if not ended:
                break
        return found


class Memory:
    """The last `room` transitions, seen with at most `ones` ones."""

    def __init__(self, room: int, ones: int, actions: int) -> None:
        self.filled, self.next = 0, 0
        self.seen, self.then = (
            Seen(np.zeros((room, ones), np.int32), np.zeros(room, np.float32)) for _ in range(2)
        )  # fmt: skip
        self.actions = np.zeros(room, np.int64)
        self.totals, self.discounts = np.zeros(room, np.float32), np.zeros(room, np.float32)
        self.legal = np.zeros((room, actions), bool)

    def add(self, seen: Any, action: int, total: float, then: Any, legal: Any, discount: float) -> None:
        """Write one over the oldest; seen and then: (ones, last) of one row."""
        k = self.next
        for mine, (ones, last) in ((self.seen, seen), (self.then, then)):
            mine.ones[k], mine.last[k] = ones, last
        self.actions[k], self.totals[k], self.discounts[k], self.legal[k] = action, total, discount, legal
        self.next = (k + 1) % len(self.actions)
        self.filled = max(self.filled, k + 1)

    def sample(self, count: int, rng: np.random.Generator) -> tuple[Any, ...]:
        """`count` at random, with repetition: seen, actions, totals, seen then, legal then, discounts."""
        rows = rng.integers(self.filled, size=count)
        seen, then = (Seen(sight.ones[rows], sight.last[rows]) for sight in (self.seen, self.then))
        return seen, self.actions[rows], self.totals[rows], then, self.legal[rows], self.discounts[rows]


def targets(totals: Floats, discounts: Floats, own: Floats, other: Floats, legal: Bools) -> Floats:
    """What the net should say (count,): the rewards, and what the target net `other` (count, actions) says of the legal
    action that the net itself, `own`, takes for the best."""
    best = np.where(legal, own, -np.inf).argmax(axis=1)
    return np.asarray(totals + discounts * other[np.arange(len(best)), best])


def choose(values: Floats, legal: Bools, epsilon: float | Floats, rng: np.random.Generator) -> NDArray[np.int64]:
    """An action a game (count,): a random legal one with probability epsilon (a number, or one a game), else the legal
    one of highest value."""
    best = np.where(legal, values, -np.inf).argmax(axis=1)
    chances = rng.random(legal.shape)
    drawn = np.where(legal, chances, -1).argmax(axis=1)
    return np.asarray(np.where(rng.random(len(best)) < epsilon, drawn, best))


class Learner:
    """The net, its target, Adam, and how often it was updated."""

    def __init__(
        self, size: int, hidden: Sequence[int], actions: int, rate: float, sync: int, rng: np.random.Generator
    ) -> None:
        self.torch = need_extra("torch", "search")
        self.net, self.target = (network(size, hidden, actions, rng) for _ in range(2))
        self.target.load_state_dict(self.net.state_dict())
        self.adam = self.torch.optim.Adam(self.net.parameters(), lr=rate, fused=True)
        self.sync, self.updates = sync, 0

    def values(self, seen: Seen, target: bool = False) -> Floats:
        """(count, actions)."""
        with self.torch.no_grad():
            return np.asarray(said(self.target if target else self.net, seen).numpy())

    def learn(self, batch: tuple[Any, ...]) -> float:
        """One update; the loss (smooth L1). The target net becomes the net after every `sync` updates."""
        seen, actions, totals, then, legal, discounts = batch
        torch = self.torch
        wanted = targets(totals, discounts, self.values(then), self.values(then, target=True), legal)
        mine = said(self.net, seen)[torch.arange(len(actions)), torch.from_numpy(actions)]
        loss = torch.nn.functional.smooth_l1_loss(mine, torch.from_numpy(np.asarray(wanted, np.float32)))
        self.adam.zero_grad()
        loss.backward()
        self.adam.step()
        self.updates += 1
        if self.updates % self.sync == 0:
            self.target.load_state_dict(self.net.state_dict())
        return float(loss.detach())

    def state(self) -> dict[str, Any]:
        """All that changes, as torch's own dictionaries."""
        return {
            "net": self.net.state_dict(), "target": self.target.state_dict(), "adam": self.adam.state_dict(),
            "updates": self.updates,
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        for name in ("net", "target", "adam"):
            getattr(self, name).load_state_dict(deepcopy(state[name]))  # Adam would share its moments
        self.updates = state["updates"]
