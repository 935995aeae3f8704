"""Architecture search as Gymnasium environments, for any library of reinforcement learning: one game, or many at once.

Needs the extra `search`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_int, need_extra
from ketwork.search.budget import Budget
from ketwork.search.episodes import Episodes, Floats, Moves, Rules
from ketwork.search.seek import Search
from ketwork.search.space import Architecture
from ketwork.search.tasks import Score, Task, answers

gymnasium: Any = need_extra("gymnasium", "search")
_vector: Any = need_extra("gymnasium.vector", "search")
_batched: Any = need_extra("gymnasium.vector.utils", "search")


class Payer:
    """What trains circuits for an environment on a budget of its own."""

    def __init__(self, task: Task, budget: Budget, seed: int) -> None:
        self.task, self.budget, self.seed = task, budget, seed
        self.best: Score | None = None

    def scores(
        self, architectures: Sequence[Architecture], starts: Sequence[Floats | None] | None = None
    ) -> list[Score]:
        """As `Search.scores`. Raises: BudgetSpent."""
        found = answers(self.task, architectures, self.budget, starts, self.seed)
        for score in found:
            if self.best is None or score.error < self.best.error:
                self.best = score
        if len(found) < len(architectures):
            raise self.budget.spent_error()
        return found


def _judge(task: Task | Search, budget: int | None) -> Any:
    if isinstance(task, Search):
        if budget is not None:
            raise ValueError("Argument `budget` must be None with a search, which has its own.")
        return task
    return Payer(task, Budget(budget), 0)


def circuit_spaces(episodes: Episodes) -> tuple[Any, Any]:
    """Gymnasium's spaces of what is seen in a game and of its actions."""
    seen = gymnasium.spaces.Box(0, 1, (episodes.size,), np.float32)
    return seen, gymnasium.spaces.Discrete(len(episodes.task.space.places))


class CircuitEnv(gymnasium.Env):  # type: ignore[misc]
    """One circuit, built gate by gate: action k puts `space.places[k]` behind what is there, and angles are trained.

    task: with a budget of the environment's own (circuit evaluations, None for no limit), or a running search. rules:
    rewards, threshold, random halting; see `episodes.Rules`. An observation is the tensor of moments, flat, and a last
    entry in [0, 1] for the circuit's value. An illegal action is a step in which nothing happens. Episodes are
    terminated by success or for want of room, truncated by random halting.
    Info holds "action_mask", "error", "height", "threshold" and "architecture"; `best` is the best circuit so far.
    Raises: BudgetSpent by `reset` and `step`.
    """

    metadata = {"render_modes": ["ansi"]}  # noqa: RUF012 - Gymnasium wants a dictionary here

    def __init__(
        self,
        task: Task | Search,
        rules: Rules | None = None,
        budget: int | None = None,
        render_mode: str | None = None,
    ) -> None:
        self._paid = _judge(task, budget)
        self.episodes = Episodes(self._paid.task, 1, rules or Rules())
        self.observation_space, self.action_space = circuit_spaces(self.episodes)
        self.render_mode = render_mode
        self._legal: Any = None
        self._shown: Architecture = ()

    @property
    def best(self) -> Score | None:
        """The circuit with the least error so far."""
        return self._paid.best

    def action_masks(self) -> NDArray[np.bool_]:
        """(actions,) which are legal now."""
        return np.asarray(self._legal)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin with the empty circuit."""
        super().reset(seed=seed)
        seen = self.episodes.begin(self._paid, self.np_random)
        self._legal, self._shown = self.episodes.legal()[0], ()
        return seen[0], self._info(self.episodes.games[0], np.nan)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """One gate more."""
        game = self.episodes.games[0]
        moves = self.episodes.step(
            [check_int("action", action, 0, self.action_space.n - 1)], self._paid, self.np_random
        )
        self._legal, self._shown = moves.legal[0], game.architecture
        info = self._info(game, moves.errors[0])
        return moves.seen[0], float(moves.rewards[0]), bool(moves.over[0]), bool(moves.halted[0]), info

    def render(self) -> str:
        """The circuit as text."""
        return str(self._paid.task.space.circuit(self._shown))

    def _info(self, game: Any, error: float) -> dict[str, Any]:
        return {
            "action_mask": self._legal, "error": float(error), "height": game.height,
            "threshold": self.episodes.threshold.now if self.episodes.threshold else np.nan,
            "architecture": game.architecture,
        }  # fmt: skip


class CircuitVectorEnv(_vector.VectorEnv):  # type: ignore[misc]
    """`num_envs` circuits side by side, as `CircuitEnv`; those of a step are trained as one batch.

    All share one threshold, one budget and one memory of circuits. A game that ends begins anew in the same step; its
    last observation and mask are in info, "final_obs" and "final_info".
    """

    metadata = {"autoreset_mode": _vector.AutoresetMode.SAME_STEP}  # noqa: RUF012

    def __init__(
        self, task: Task | Search, num_envs: int = 16, rules: Rules | None = None, budget: int | None = None
    ) -> None:
        self._paid = _judge(task, budget)
        self.num_envs = check_int("num_envs", num_envs, 1)
        self.episodes = Episodes(self._paid.task, num_envs, rules or Rules())
        self.single_observation_space, self.single_action_space = circuit_spaces(self.episodes)
        self.observation_space = _batched.batch_space(self.single_observation_space, num_envs)
        self.action_space = _batched.batch_space(self.single_action_space, num_envs)

    @property
    def best(self) -> Score | None:
        """The circuit with the least error so far."""
        return self._paid.best

    def action_masks(self) -> NDArray[np.bool_]:
        """(num_envs, actions) which are legal now."""
        return self.episodes.legal()

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin with empty circuits everywhere."""
        super().reset(seed=seed)
        seen = self.episodes.begin(self._paid, self.np_random)
        return seen, {"action_mask": self.action_masks()}

    def step(self, actions: Any) -> tuple[Any, Floats, NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """One gate more in every circuit."""
        moves = self.episodes.step(np.asarray(actions).tolist(), self._paid, self.np_random)
        info: dict[str, Any] = {"action_mask": self.action_masks(), "error": moves.errors}
        return self.episodes.seen(), moves.rewards, moves.over, moves.halted, {**info, **_finals(moves)}


def _finals(moves: Moves) -> dict[str, Any]:
    """What Gymnasium's vector environments say of games that ended."""
    ended = moves.over | moves.halted
    if not ended.any():
        return {}
    seen = np.full(len(ended), None, object)
    for k in np.flatnonzero(ended):
        seen[k] = moves.seen[k]
    inside = {"action_mask": moves.legal, "error": moves.errors}
    return {"final_obs": seen, "_final_obs": ended, "final_info": inside, "_final_info": ended}
