"""Proximal policy optimisation on the game of building circuits, by sb3-contrib: illegal actions are masked.

Sources: Schulman et al., arXiv:1707.06347 (PPO); Huang and Ontanon, arXiv:2006.14171 (masks in policy gradients).
"""

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ketwork.checks import check_int, check_real, need_extra
from ketwork.search.curriculum import SHORT
from ketwork.search.env import circuit_spaces
from ketwork.search.episodes import Episodes, Rules
from ketwork.search.seek import Search
from ketwork.search.small_nets import one_thread

_VecEnv: Any = need_extra("stable_baselines3.common.vec_env", "search").VecEnv
_Callback: Any = need_extra("stable_baselines3.common.callbacks", "search").BaseCallback
_FOREVER = 1 << 40
_LAST_SHARE = 0.005


def policy_gradient(
    search: Search,
    rules: Rules | None = None,
    games: int = 16,
    rollout: int = 32,
    hidden: Sequence[int] = (128, 128),
    rate: float = 1e-3,
    batch: int = 128,
    epochs: int = 6,
    entropy: float = 0.02,
    keep_seconds: float = 120.0,
) -> None:
    """Play `games` episodes side by side, `rollout` steps of each between updates, until the budget is spent.

    rules: of the episodes, as for `crlqas`. hidden: units of the layers of policy and value. epochs: passes over a
    rollout, in batches. entropy: weight of the policy's entropy. keep_seconds: from one checkpoint to the next.
    Raises: ImportError without the extra `search`.
    """
    for name, value in (("games", games), ("rollout", rollout), ("batch", batch), ("epochs", epochs)):
        check_int(name, value, 1)
    check_int("batch", batch, 2)  # advantages are standardised over a batch
    if games * rollout < 2:
        raise ValueError("Arguments `games` and `rollout` must make at least two steps between updates, but make one.")
    check_real("rate", rate, 0)
    check_real("entropy", entropy, 0)
    maskable = need_extra("sb3_contrib", "search").MaskablePPO
    table = _Table(search, Episodes(search.task, games, rules or SHORT))
    with one_thread(), own_randomness():
        model = maskable(
            "MlpPolicy", table, n_steps=rollout, batch_size=min(batch, games * rollout), n_epochs=epochs,
            learning_rate=rate, ent_coef=entropy, gamma=round(_LAST_SHARE ** (1 / search.space.max_gates), 2),
            policy_kwargs={"net_arch": list(hidden)}, seed=search.seed, device="cpu",
        )  # fmt: skip
        keeper = _Keeper(search, table, keep_seconds)
        if search.kept is not None:
            _restore(model, table, search.kept)
            keeper.pending = search.kept["randomness"]
        model.learn(_FOREVER, callback=keeper, reset_num_timesteps=search.kept is None)


@contextmanager
def own_randomness() -> Iterator[None]:
    """Keeps what a library draws from the global generators of Python, NumPy and torch to itself."""
    before = _randomness()
    try:
        yield
    finally:
        _set_randomness(before)


def _randomness() -> tuple[Any, ...]:
    torch = need_extra("torch", "search")
    return random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002 - it is sb3 that draws there


def _set_randomness(state: tuple[Any, ...]) -> None:
    random.setstate(state[0])
    np.random.set_state(state[1])  # noqa: NPY002
    need_extra("torch", "search").set_rng_state(state[2])


class _Table(_VecEnv):  # type: ignore[misc]
    """Many games as stable-baselines3 wants them."""

    def __init__(self, search: Search, episodes: Episodes) -> None:
        self.search, self.episodes, self.actions = search, episodes, np.zeros(0, int)
        self.render_mode = None
        super().__init__(episodes.count, *circuit_spaces(episodes))

    def reset(self) -> Any:
        """New games."""
        return self.episodes.begin(self.search, self.search.rng)

    def step_async(self, actions: Any) -> None:
        """What to do."""
        self.actions = actions

    def step_wait(self) -> Any:
        """One gate more; games that ended begin anew."""
        moves = self.episodes.step(self.actions.tolist(), self.search, self.search.rng)
        ended = moves.over | moves.halted
        told: list[dict[str, Any]] = [{} for _ in ended]
        for k in np.flatnonzero(ended):
            told[k] = {"terminal_observation": moves.seen[k], "TimeLimit.truncated": bool(moves.halted[k])}
        notes = self.search.notes
        notes["episodes"] = notes.get("episodes", 0) + int(ended.sum())
        notes["successes"] = notes.get("successes", 0) + int((moves.rewards == 5).sum())
        notes["steps"] = notes.get("steps", 0) + self.num_envs
        self.search.say(f"episode {notes['episodes']}")
        return self.episodes.seen(), moves.rewards.astype(np.float32), ended, told

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """The masks, the one thing that is asked for in this way."""
        if method_name != "action_masks":
            raise AttributeError(method_name)
        return list(self.episodes.legal())

    def has_attr(self, attr_name: str) -> bool:
        """Of every game."""
        return attr_name == "action_masks"

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Of every game."""
        return [getattr(self, attr_name) for _ in range(self.num_envs)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Games have nothing to set."""
        raise AttributeError(attr_name)

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """No."""
        return [False] * self.num_envs

    def close(self) -> None:
        """Nothing is open."""


class _Keeper(_Callback):  # type: ignore[misc]
    """Writes checkpoints between rollouts; gives the generators back before the first one after an interruption."""

    def __init__(self, search: Search, table: _Table, seconds: float) -> None:
        super().__init__()
        self.search, self.table, self.seconds = search, table, seconds
        self.pending: Any = None
        self.kept = time.monotonic()

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        if self.pending is not None:
            _set_randomness(self.pending)
            self.pending = None
        elif time.monotonic() - self.kept > self.seconds:
            self.search.keep(_state(self.model, self.table))
            self.kept = time.monotonic()


def _state(model: Any, table: _Table) -> dict[str, Any]:
    """All that is needed to go on between two rollouts; the search keeps its own generator."""
    return {
        "parameters": model.get_parameters(), "randomness": _randomness(), "seen": model._last_obs,
        "starts": model._last_episode_starts, "steps": model.num_timesteps, "updates": model._n_updates,
        "episodes": table.episodes.state(),
    }  # fmt: skip


def _restore(model: Any, table: _Table, state: dict[str, Any]) -> None:
    model.set_parameters(state["parameters"])
    model._last_obs, model._last_episode_starts = state["seen"], state["starts"]
    model.num_timesteps, model._n_updates = state["steps"], state["updates"]
    table.episodes.restore(state["episodes"])
