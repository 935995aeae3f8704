"""The game that agents of architecture search play: gate by gate to a circuit, many games side by side.

Source: Patel et al., arXiv:2402.03500, section 3 and appendix; where text and public configurations differ, the text.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_int, check_real
from ketwork.search.goals import Energy, Goal
from ketwork.search.moment_tensor import first_rows, to_tensor
from ketwork.search.space import Architecture
from ketwork.search.tasks import Score, Task
from ketwork.search.warm_start import n_angles

Floats = NDArray[np.floating[Any]]
_REACHED, _MISSED = 5.0, -5.0
_KICK = 0.1


class Judge(Protocol):
    """What trains circuits: a `Search`, or anything with a task and scores."""

    task: Task

    def scores(
        self, architectures: Sequence[Architecture], starts: Sequence[Floats | None] | None = None
    ) -> list[Score]: ...


@dataclass(frozen=True)
class Rules:
    """How the game goes.

    curriculum: whether the threshold that counts as success moves; else it is the goal's own good error, as if the
    answer were known. halting: whether episodes end at random steps. mask: whether agents are told which actions are
    legal; an illegal one is a step in which nothing happens. halt: the last step is drawn from a negative binomial, of
    this many successes a gate of the limit and this chance; the default are the authors' 70 and 0.573 at 40 gates, for
    searches without noise, where few episodes end early; with noise theirs are 40 and 0.6: (1, 0.6). threshold: the
    first one, above the lower bound; 0 for no success before the first jump (the paper begins with a rough one for each
    problem). every: episodes from one jump to the next. slack: how far above the best it jumps. successes: after so
    many the threshold falls by a tenth of the slack, `falls` times at most.
    """

    curriculum: bool = True
    halting: bool = True
    mask: bool = True
    halt: tuple[float, float] = (1.75, 0.573)
    threshold: float = 0.0
    every: int = 500
    slack: float = 5e-4
    successes: int = 25
    falls: int = 10

    def __post_init__(self) -> None:
        for name in ("every", "successes"):
            check_int(name, getattr(self, name), 1)
        check_int("falls", self.falls, 0)
        check_real("slack", self.slack, 0)
        check_real("threshold", self.threshold, 0)
        number, chance = self.halt
        if not (number > 0 and 0 < chance <= 1):
            raise ValueError(f"Argument `halt` must be a number above 0 and a chance in (0, 1], but is {self.halt}.")


@dataclass
class Threshold:
    """The moving threshold of the feedback-driven curriculum: how near the lower bound counts as success.

    now: at present. best: the nearest that was seen. episodes, successes, falls: since the last jump.
    """

    rules: Rules
    now: float
    best: float = np.inf
    episodes: int = 0
    successes: int = 0
    falls: int = 0

    def ended(self, success: bool) -> None:
        """Take note of an episode's end, and move."""
        if not self.rules.curriculum:
            return
        self.episodes += 1
        self.successes += success
        if self.episodes >= self.rules.every:
            self.now = self.best + self.rules.slack
            self.episodes = self.successes = self.falls = 0
        elif self.successes >= self.rules.successes and self.falls < self.rules.falls:
            self.now -= self.rules.slack / 10
            self.successes, self.falls = 0, self.falls + 1


@dataclass
class Game:
    """One episode. height: of the circuit above the lower bound. cap: the last step. left: steps until then."""

    architecture: Architecture = ()
    params: Floats | None = None
    height: float = np.inf
    steps: int = 0
    cap: int = 0


class Moves(NamedTuple):
    """What a step did in every game: rewards (count,), whether it ended by success or for want of room (over) or at its
    random last step (halted), the circuits' errors, what was seen (count, size) and legal (count, actions) at the end
    of those that ended, before new ones began."""

    rewards: Floats
    over: NDArray[np.bool_]
    halted: NDArray[np.bool_]
    errors: Floats
    seen: NDArray[np.float32]
    legal: NDArray[np.bool_]


@dataclass
class Episodes:
    """`count` games side by side; a step of all is one batch of circuits.

    What an agent sees is the tensor of moments, flat, and last h / (h + e) for the height h of the circuit and e of the
    empty one.
    Angles begin at those of the circuit before, a new one at 0.1, or, where values are drawn, anywhere up to that.
    """

    task: Task
    count: int
    rules: Rules = field(default_factory=Rules)

    def __post_init__(self) -> None:
        check_int("count", self.count, 1)
        if not isinstance(self.rules, Rules):
            raise TypeError(f"Argument `rules` must be Rules, but is {self.rules!r:.60}.")
        space = self.task.space
        self.depth = min(space.max_gates, space.max_depth or space.max_gates)
        self.size = self.depth * first_rows(space.gates, space.n_qubits)[1] * space.n_qubits + 1
        self.height = height_of(self.task.goal)
        self.games = [Game() for _ in range(self.count)]
        self.threshold: Threshold | None = None
        self.empty = np.nan
        meter = self.task.meter((space.places[0],))
        self.tail = meter.n_weights - n_angles(space.places[:1])
        self.exact = meter.exact

    # ------------------------------------------------------------------ beginning
    def begin(self, judge: Judge, rng: np.random.Generator) -> NDArray[np.float32]:
        """New games everywhere; what is seen (count, size)."""
        if self.threshold is None:
            (score,) = judge.scores([()])
            self.empty = max(self.height(score.value), 1e-12)
            self.threshold = Threshold(self.rules, self._first_threshold())
        for k in range(self.count):
            self._renew(k, rng)
        return self.seen()

    def _first_threshold(self) -> float:
        return self.rules.threshold if self.rules.curriculum else good_height(self.task.goal)

    def _renew(self, k: int, rng: np.random.Generator) -> None:
        room = self.task.space.max_gates
        number, chance = self.rules.halt
        cap = int(np.clip(rng.negative_binomial(number * room, chance), 1, room)) if self.rules.halting else room
        self.games[k] = Game(height=self.empty, cap=cap)

    def state(self) -> dict[str, Any]:
        """What changes, for checkpoints."""
        return {"games": self.games, "threshold": self.threshold, "empty": self.empty}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self.games, self.threshold, self.empty = state["games"], state["threshold"], state["empty"]

    # ------------------------------------------------------------------ what agents see
    def seen(self) -> NDArray[np.float32]:
        """(count, size)."""
        return np.stack([self._sight(game) for game in self.games])

    def legal(self) -> NDArray[np.bool_]:
        """(count, actions): all, where agents are not told."""
        return np.stack([self._allowed(game) for game in self.games])

    def _sight(self, game: Game) -> NDArray[np.float32]:
        space = self.task.space
        tensor = to_tensor(game.architecture, space.n_qubits, self.depth, space.gates)
        return np.append(tensor.ravel(), np.float32(max(game.height, 0.0) / (max(game.height, 0.0) + self.empty)))

    def _allowed(self, game: Game) -> NDArray[np.bool_]:
        space = self.task.space
        return space.legal(game.architecture) if self.rules.mask else np.ones(len(space.places), bool)

    # ------------------------------------------------------------------ a step
    def step(self, actions: Sequence[int], judge: Judge, rng: np.random.Generator) -> Moves:
        """One gate more in every game; games that end begin anew."""
        assert self.threshold is not None, "Begin first."
        space, before = self.task.space, [game.height for game in self.games]
        errors = np.full(self.count, np.nan)
        moved = [k for k, action in enumerate(actions) if space.legal(self.games[k].architecture)[action]]
        wanted = [(*self.games[k].architecture, space.places[actions[k]]) for k in moved]
        starts = [self._start(self.games[k].params, architecture, rng) for k, architecture in zip(moved, wanted)]
        for k, score in zip(moved, judge.scores(wanted, starts) if wanted else []):
            game = self.games[k]
            game.architecture, game.params, game.height = score.architecture, score.params, self.height(score.value)
            self.threshold.best = min(self.threshold.best, game.height)
            errors[k] = score.error
        rewards, over, halted = np.zeros(self.count), np.zeros(self.count, bool), np.zeros(self.count, bool)
        level = self.threshold.now
        for k, game in enumerate(self.games):
            game.steps += 1
            success = game.height < level
            full = game.steps >= space.max_gates or not space.legal(game.architecture).any()
            rewards[k] = reward(before[k], game.height, level, full)
            over[k], halted[k] = success or full, not (success or full) and game.steps >= game.cap
            if over[k] or halted[k]:
                self.threshold.ended(success)
        seen, legal = self.seen(), self.legal()
        for k in np.flatnonzero(over | halted):
            self._renew(int(k), rng)
        return Moves(rewards, over, halted, errors, seen, legal)

    def _start(self, params: Floats | None, architecture: Architecture, rng: np.random.Generator) -> Floats | None:
        """Angles to begin with; None for random ones."""
        if params is None and self.tail:
            return None
        before = np.zeros(0) if params is None else params
        fresh = n_angles(architecture[-1:])
        kick = np.full(fresh, _KICK) if self.exact else rng.uniform(0, _KICK, fresh)
        own = len(before) - self.tail if params is not None else 0
        return np.concatenate([before[:own], kick, before[own:]])


def reward(before: float, after: float, threshold: float, last: bool) -> float:
    """Of a step from one height to another: 5 below the threshold, else -5 at the last step, else what was gained as a
    share of what was to gain, within [-1, 1]."""
    if after < threshold:
        return _REACHED
    if last:
        return _MISSED
    return float(np.clip((before - after) / max(abs(before), 1e-12), -1, 1))


def height_of(goal: Goal) -> Callable[[float], float]:
    """How far a value is above a bound that needs no knowledge of the answer: of an observable its constant less the
    size of all other coefficients, of other goals no error at all."""
    if not isinstance(goal, Energy):
        return goal.error
    bound = lower_bound(goal)
    return lambda value: value - bound


def lower_bound(goal: Energy) -> float:
    """The constant of an observable less the sum of all other coefficients' sizes."""
    x, z, coefficients = goal.observable.masks
    constant = (x | z) == 0
    return float(np.real(coefficients[constant]).sum() - np.abs(coefficients[~constant]).sum())


def good_height(goal: Goal) -> float:
    """The height at which an error is good; that of the best there is for goals that do not say what is good."""
    good = goal.good or 0.0
    if not isinstance(goal, Energy):
        return good
    return goal.lowest + good * goal.scale - lower_bound(goal)
