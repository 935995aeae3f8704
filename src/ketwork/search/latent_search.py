"""Search among circuits as points of a latent space that was learned without labels: by REINFORCE, and by Bayesian
optimisation.

Both choose points, and what is trained is the circuit of the pool nearest to each that was not trained yet.
Source: Sun et al., arXiv:2401.11576, section 3 (the search); Yan et al., arXiv:2006.06936 (arch2vec).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_choice, check_int, check_real, need_extra
from ketwork.search.deep_surrogate import DeepSurrogate, expected_improvement
from ketwork.search.latent_space import LatentSpace, latent_spaces
from ketwork.search.seek import Search
from ketwork.search.small_nets import one_thread
from ketwork.search.tasks import Score

Floats = NDArray[np.floating[Any]]

REWARDS = ("rank", "error")
"""rank: the share of the errors so far that are larger; error: 1 - error, for tasks whose errors lie in [0, 1]."""

SURROGATES = ("dngo", "gp", "tpe")
"""dngo: a network with Bayesian linear regression on top, read off for the whole pool; gp, tpe: Optuna's samplers."""


@one_thread()
def latent_reinforce(
    search: Search,
    pool: int = 2000,
    epochs: int = 8,
    n_gates: int | None = None,
    batch: int = 16,
    rate: float = 1e-2,
    spread: float = 0.5,
    reward: str = "rank",
    pool_seed: int = 0,
    learned: LatentSpace | None = None,
) -> None:
    """REINFORCE: from a circuit's point, a recurrent policy goes to another; good circuits make such steps likelier.

    pool, epochs, n_gates, pool_seed: of the latent space, which is learned first without running a circuit. batch:
    steps between updates; their circuits are trained together. rate: of Adam. spread: of the steps around the policy's
    mean, in standard deviations of the pool. reward: of `REWARDS`. learned: a latent space to begin with, instead of
    one that is learned here. A pool that is used up is drawn anew.
    """
    check_int("batch", batch, 1)
    check_real("rate", rate, 0)
    if check_real("spread", spread) <= 0:
        raise ValueError(f"Argument `spread` must be above 0, but is {spread}.")
    check_choice("reward", reward, REWARDS)
    for space in latent_spaces(search, learned, pool, epochs, n_gates, pool_seed):
        _reinforce(search, space, _Rewards(reward), batch, rate, spread)


def _reinforce(search: Search, space: LatentSpace, seen: "_Rewards", batch: int, rate: float, spread: float) -> None:
    """Until no circuit of the pool is open."""
    policy = _Policy(space.points.shape[1], rate, int(search.rng.integers(2**31)))
    number = int(search.rng.integers(len(space.circuits)))
    baseline: float | None = None
    rewards = search.notes.setdefault("mean reward", [])
    while space.open_.any():
        numbers, steps = [], []
        for _ in range(batch):
            if not space.open_.any():
                break
            mean = policy.step(space.points[number])
            point = mean + spread * search.rng.standard_normal(len(mean))
            number = space.nearest(point)
            space.take(np.array([number]))
            numbers.append(number)
            steps.append(point)
        found = seen.of(search.scores([space.circuits[k] for k in numbers]))
        baseline = float(found.mean()) if baseline is None else baseline
        policy.learn(np.array(steps), found - baseline, spread)
        baseline = 0.7 * baseline + 0.3 * float(found.mean())
        rewards.append(float(found.mean()))


class _Policy:
    """An LSTM cell from a point to the mean of the next, with its memory; updated by REINFORCE with Adam."""

    def __init__(self, size: int, rate: float, seed: int, hidden: int = 128) -> None:
        torch = need_extra("torch", "search")
        self._torch = torch
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._cell, self._head = torch.nn.LSTMCell(size, hidden), torch.nn.Linear(hidden, size)
        self._optimizer = torch.optim.Adam([*self._cell.parameters(), *self._head.parameters()], lr=rate)
        self._memory = (torch.zeros(1, hidden), torch.zeros(1, hidden))
        self._means: list[Any] = []

    def step(self, point: Floats) -> Floats:
        """The mean (d,) of the next point."""
        self._memory = self._cell(self._torch.as_tensor(point[None], dtype=self._torch.float32), self._memory)
        self._means.append(self._head(self._memory[0])[0])
        return np.asarray(self._means[-1].detach().numpy(), float)

    def learn(self, points: Floats, advantages: Floats, spread: float) -> None:
        """One step up the likelihood of points (K, d), each times its advantage (K,); the memory stays."""
        aims = self._torch.as_tensor(points, dtype=self._torch.float32)
        weights = self._torch.as_tensor(advantages, dtype=self._torch.float32)
        far = ((aims - self._torch.stack(self._means)) ** 2).sum(dim=1) / (2 * spread**2)
        self._optimizer.zero_grad()
        (far * weights).mean().backward()
        self._torch.nn.utils.clip_grad_norm_(self._cell.parameters(), 5.0)
        self._optimizer.step()
        self._memory = tuple(part.detach() for part in self._memory)
        self._means = []


class _Rewards:
    """Errors as rewards."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._errors: list[float] = []

    def of(self, scores: Sequence[Score]) -> Floats:
        """Rewards (K,) of scores, which count as seen."""
        errors = np.array([score.error for score in scores])
        self._errors += errors.tolist()
        if self._kind == "error":
            return 1 - errors
        seen = np.sort(self._errors)
        larger = len(seen) - np.searchsorted(seen, errors, side="right")
        equal = np.searchsorted(seen, errors, side="right") - np.searchsorted(seen, errors, side="left")
        return np.asarray((larger + equal / 2) / len(seen))


# ---------------------------------------------------------------------- Bayesian optimisation
@one_thread()
def latent_bayes(
    search: Search,
    pool: int = 2000,
    epochs: int = 8,
    n_gates: int | None = None,
    first: int = 16,
    batch: int = 5,
    surrogate: str = "dngo",
    looked: int = 2000,
    reward: str = "rank",
    pool_seed: int = 0,
    learned: LatentSpace | None = None,
) -> None:
    """Bayesian optimisation: a model of the reward by the point says where more is to be expected.

    pool, epochs, n_gates, pool_seed, learned: as in `latent_reinforce`. first: circuits drawn at random to begin with.
    batch: circuits a round. surrogate: of `SURROGATES`. looked: how many open circuits of the pool dngo compares a
    round. reward: of `REWARDS`.
    Source: as the module's; Snoek et al., arXiv:1502.05700 (DNGO).
    """
    check_int("first", first, 2)
    check_int("batch", batch, 1)
    check_int("looked", looked, 1)
    check_choice("surrogate", surrogate, SURROGATES)
    check_choice("reward", reward, REWARDS)
    for space in latent_spaces(search, learned, pool, epochs, n_gates, pool_seed):
        if surrogate == "dngo":
            _improve(search, space, first, batch, looked, reward)
        else:
            _sample(search, space, first, batch, surrogate)


def _aims(errors: Sequence[float], kind: str) -> Floats:
    """What a model learns of errors (K,): normal scores of their ranks, which no outlier bends, or 1 - error."""
    from scipy.stats import norm, rankdata

    if kind == "error":
        return 1 - np.asarray(errors)
    return -np.asarray(norm.ppf((rankdata(errors) - 0.5) / len(errors)))


def _improve(search: Search, space: LatentSpace, first: int, batch: int, looked: int, reward: str) -> None:
    """Train the open circuits with the largest expected improvement, until none is open."""
    begin = search.rng.permutation(len(space.circuits))[:first]
    taken, errors = list(begin), [score.error for score in search.scores(space.take(begin))]
    while space.open_.any():
        aims = _aims(errors, reward)
        model = DeepSurrogate(space.points[taken], aims, int(search.rng.integers(2**31)))
        open_ = search.rng.permutation(np.flatnonzero(space.open_))[:looked]
        gain = expected_improvement(*model.predict(space.points[open_]), float(aims.max()))
        chosen = open_[np.argsort(-gain, kind="stable")[:batch]]
        errors += [score.error for score in search.scores(space.take(chosen))]
        taken += list(chosen)


def _sample(search: Search, space: LatentSpace, first: int, batch: int, surrogate: str) -> None:
    """Train the open circuits nearest to the points that Optuna suggests, which is told where they really are."""
    optuna = need_extra("optuna", "search")
    seed = int(search.rng.integers(2**31))
    sampler = {
        "gp": lambda: optuna.samplers.GPSampler(seed=seed, n_startup_trials=first),
        "tpe": lambda: optuna.samplers.TPESampler(
            seed=seed, n_startup_trials=first, multivariate=True, constant_liar=True
        ),
    }[surrogate]()
    low, high = space.points.min(axis=0), space.points.max(axis=0)
    box = {
        f"z{k}": optuna.distributions.FloatDistribution(a, b) for k, (a, b) in enumerate(zip(low, high, strict=True))
    }
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        study = optuna.create_study(sampler=sampler)
        while space.open_.any():
            numbers, trials = [], []
            for _ in range(min(batch, int(space.open_.sum()))):
                trials.append(study.ask(box))
                numbers.append(space.nearest(np.array(list(trials[-1].params.values()))))
                space.take(np.array(numbers[-1:]))
            found = search.scores([space.circuits[k] for k in numbers])
            for trial in trials:  # what was suggested is not what was trained
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            for number, score in zip(numbers, found, strict=True):
                params = dict(zip(box, space.points[number].tolist(), strict=True))
                study.add_trial(optuna.trial.create_trial(params=params, distributions=box, value=score.error))
    finally:
        optuna.logging.set_verbosity(before)
