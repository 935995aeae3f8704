"""Gates chosen by gradients: every slot of a circuit holds a distribution over gates, trained with the angles."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_choice, check_int, check_real
from ketwork.search.canonical import canonical
from ketwork.search.proxies import ranks
from ketwork.search.seek import Search
from ketwork.search.slots import Ints, Slots, SparseAdam, allowance, layered, layers_for

Floats = NDArray[np.floating[Any]]
ESTIMATORS = ("mixture", "gumbel", "score")
_TRAINED = 16  # circuits at a time
_BARREN = 5  # rounds in a row in which nothing was paid
_FAR = 1.02  # by how much the temperature rises when all that is likely is known


class Plan(NamedTuple):
    """How a round goes; the options of `differentiable` by their names."""

    estimator: str
    training: float
    warm: float
    batch: int
    rate: float
    angle_rate: float
    hot: float
    cold: float
    filled: float


class Choices:
    """Logits (K, C + 1) of what every slot holds, the last for nothing, and angles; both move by Adam."""

    def __init__(self, slots: Slots, plan: Plan, rng: np.random.Generator) -> None:
        self.slots = slots
        self.gates = plan.filled * slots.space.max_places
        self.logits = _prior(slots)
        self._balance()
        self.angles = rng.uniform(-0.5, 0.5, slots.n_angles)
        self._of_logits = SparseAdam(self.logits.size, plan.rate)
        self._of_angles = SparseAdam(len(self.angles), plan.angle_rate)

    def chances(self, heat: float) -> Floats:
        """Softmax of the logits over the temperature, (K, C + 1)."""
        return softmax(self.logits / heat)

    def draw(self, heat: float, rng: np.random.Generator) -> tuple[Ints, Floats]:
        """A sampled choice (K,), -1 for nothing, by Gumbel's trick, and the relaxed sample (K, C + 1) that it is the
        largest of."""
        noisy = self.logits / heat + rng.gumbel(size=self.logits.shape)
        return self._numbers(noisy), softmax(noisy)

    @property
    def likeliest(self) -> Ints:
        """The choice (K,) of the largest logits."""
        return self._numbers(self.logits)

    def _numbers(self, weights: Floats) -> Ints:
        picked = weights.argmax(axis=1)
        return np.where(picked == self.logits.shape[1] - 1, -1, picked)

    def move_angles(self, where: Ints, gradient: Floats) -> None:
        """One step of the angles that a circuit has."""
        self._of_angles.step(self.angles, where, gradient)

    def move_logits(self, gradient: Floats, rows: Ints) -> None:
        """One step of the logits of some slots, down a gradient (len(rows), C + 1)."""
        width = self.logits.shape[1]
        where = (rows[:, None] * width + np.arange(width)).ravel()
        self._of_logits.step(self.logits.reshape(-1), where, gradient.ravel())
        self._balance()

    def _balance(self) -> None:
        """Move all slots' logits of nothing alike, so that as many gates as before are expected."""
        full = np.logaddexp.reduce(self.logits[:, :-1], axis=1)
        low, high = -60.0, 60.0
        for _ in range(50):
            middle = (low + high) / 2
            gates = (1 / (1 + np.exp(np.clip(self.logits[:, -1] + middle - full, -500, 500)))).sum()
            low, high = (middle, high) if gates > self.gates else (low, middle)
        self.logits[:, -1] += (low + high) / 2


def _prior(slots: Slots) -> Floats:
    """Logits of circuits with half as many gates as there may be, every gate name as likely as any other."""
    width = max(map(len, slots.options))
    share = min(0.5, slots.space.max_places / (2 * slots.count))
    chances = np.zeros((slots.count, width + 1))
    for k, row in enumerate(slots.chances):
        chances[k, : len(row)] = share * row / row.sum()
    chances[:, -1] = 1 - share
    with np.errstate(divide="ignore"):
        return np.asarray(np.maximum(np.log(chances), -1e4))  # what a slot does not have stays out of reach


def softmax(logits: Floats) -> Floats:
    """Along the last axis."""
    grown = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=-1, keepdims=True))


def differentiable(
    search: Search,
    estimator: str = "mixture",
    layers: int | None = None,
    sharing: str = "one-shot",
    rounds: int = 2,
    training: float = 0.4,
    warm: float = 0.5,
    batch: int = 4,
    rate: float = 0.1,
    hot: float = 1.0,
    cold: float = 0.5,
    filled: float = 0.75,
) -> None:
    """Layers of slots, each with a softmax over the gates that it may hold and nothing; circuits are sampled, their
    angles and the logits are trained by gradients; in the end what is likely is trained.

    The aim is the mean of the task's function over sampled circuits, which is linear in the chances of every slot:
    the same as of a circuit whose slots are channels that mix their gates. estimator, of its gradient by the logits:
    "mixture": for `batch` random slots of a sampled circuit, exact: the circuit with every gate that the slot may
    hold; "gumbel": the same values, but through the relaxed sample (straight-through Gumbel-softmax), which is biased;
    "score": from `batch` circuits and the logarithms of their chances, each held against the mean of the others.
    layers, sharing: see `layered`. rounds: restarts, each with its part of the budget. training: the share of a round
    for gradients by shared angles; for the rest circuits are drawn and trained, half of them from their shared angles,
    and the ranks of their errors move the logits on ("score"). warm: the share of `training` for angles alone. rate: of
    Adam, for logits. hot, cold: temperatures at a round's begin and end; it falls exponentially. filled: how many gates
    are expected, as a share of those that a circuit may have; held fast, since small circuits suit shared angles best.
    Source: Zhang, Hsieh, Zhang, Yao, arXiv:2010.08561 (score function, pool of shared angles); Wu et al., QuantumDARTS,
    ICML 2023 (Gumbel-softmax); Kumar et al., arXiv:2506.03697 (mixed states).
    """
    check_choice("estimator", estimator, ESTIMATORS)
    for name, value, least in (("rounds", rounds, 1), ("batch", batch, 2)):
        check_int(name, value, least)
    for name, share in (("training", training), ("warm", warm), ("rate", rate), ("filled", filled)):
        check_real(name, share, 0, 1)
        if name in ("rate", "filled") and share == 0:
            raise ValueError(f"Argument `{name}` must be above 0, but is {share}.")
    if not 0 < cold <= hot:
        raise ValueError(f"Arguments `hot` and `cold` must have 0 < cold <= hot, but are {hot} and {cold}.")
    slots = layered(search.space, layers_for(search.space) if layers is None else layers, sharing)
    plan, done, barren = Plan(estimator, training, warm, batch, rate, 0.1, hot, cold, filled), 0, 0
    while barren < _BARREN:  # with no circuit left that was not trained, nothing is left to do
        before = search.budget.spent
        _round(search, Choices(slots, plan, search.rng), plan, allowance(search) / max(1, rounds - done))
        done += 1
        barren = 0 if search.budget.spent > before else barren + 1


def _round(search: Search, choices: Choices, plan: Plan, allowed: float) -> None:
    """One set of logits from chance to a decision, and the training of what it decided for."""
    begun = search.budget.spent
    until, values = plan.training * allowed, []
    search.say("gradients of angles and choices")
    while (spent := search.budget.spent - begun) < until:
        part = max(0.0, spent / until - plan.warm) / max(1 - plan.warm, 1e-9)
        heat = plan.hot * (plan.cold / plan.hot) ** part
        values.append(_step(search, choices, plan, heat, spent >= plan.warm * until))
    search.notes.setdefault("values of sampled circuits", []).append([float(v) for v in values])
    search.notes.setdefault("entropy of choices", []).append(entropy(choices.chances(plan.cold)))
    _decide(search, choices, plan, begun + allowed)


def entropy(chances: Floats) -> float:
    """The mean entropy of slots in nats."""
    return float(-(chances * np.log(np.maximum(chances, 1e-300))).sum(axis=-1).mean())


def _step(search: Search, choices: Choices, plan: Plan, heat: float, both: bool) -> float:
    """A step of the angles of one sampled circuit, and of the logits if both; the circuit's value."""
    choice, relaxed = choices.draw(heat, search.rng)
    architecture, where, _ = choices.slots.build(choice)
    value, slope = search.meter(architecture).value_and_gradient(choices.angles[where])
    if both and plan.estimator == "score":
        others = [choices.draw(heat, search.rng)[0] for _ in range(plan.batch - 1)]
        values = np.array([value, *(_value(search, choices, other) for other in others)])
        gradient = score_gradient(choices.chances(heat), np.array([choice, *others]), values)
        choices.move_logits(gradient / heat, np.arange(choices.slots.count))
    elif both:
        rows = search.rng.permutation(choices.slots.count)[: plan.batch]
        chances = (choices.chances(heat) if plan.estimator == "mixture" else relaxed)[rows]
        values = np.array([_alternatives(search, choices, choice, int(k), value) for k in rows])
        choices.move_logits(mixture_gradient(chances, values) / heat, rows)
    choices.move_angles(where, slope)
    return value


def _value(search: Search, choices: Choices, choice: Ints) -> float:
    """Of a circuit with the shared angles; one evaluation."""
    architecture, where, _ = choices.slots.build(choice)
    return search.meter(architecture).value(choices.angles[where])


def _alternatives(search: Search, choices: Choices, choice: Ints, slot: int, value: float) -> Floats:
    """Values (C + 1,) of a circuit, whose own is known, with every gate that one of its slots may hold, and nothing."""
    values = np.full(choices.logits.shape[1], value)  # of what the slot does not have: it has no chance anyway
    for c in (*range(len(choices.slots.options[slot])), -1):
        if c != choice[slot]:
            other = choice.copy()
            other[slot] = c
            values[c] = _value(search, choices, other)
    return values


def score_gradient(chances: Floats, drawn: Ints, values: Floats) -> Floats:
    """An unbiased estimate (K, C + 1) of the mean value's gradient by logits, from circuits (B, K) drawn by the
    chances (K, C + 1) and their values (B,); each value is held against the mean of the others."""
    count = len(values)
    ahead = (values - values.mean()) * count / (count - 1)
    empty = chances.shape[1] - 1
    picked = np.eye(empty + 1)[np.where(drawn < 0, empty, drawn)]
    return np.asarray(np.einsum("b,bkc->kc", ahead, picked - chances) / count)


def mixture_gradient(chances: Floats, values: Floats) -> Floats:
    """The gradient (..., C + 1) of sum p_c E_c by the logits of p = softmax, for chances p and values E."""
    return np.asarray(chances * (values - (chances * values).sum(axis=-1, keepdims=True)))


def _decide(search: Search, choices: Choices, plan: Plan, until: float) -> None:
    """Train circuits drawn by the chances, the likeliest one first; what they come to moves the logits on."""
    search.say("training of the chosen circuits")
    for picks in _unmet(choices, plan, search.rng):
        built = [choices.slots.build(pick) for pick in picks]
        # Shared angles may sit where every gradient is zero, such as at no turn at all: half begin somewhere else
        starts = [None if k % 2 else choices.angles[where] for k, (_, where, _) in enumerate(built)]
        scores = search.scores([architecture for architecture, _, _ in built], starts)
        errors = np.array([score.error for score in scores])
        best = int(errors.argmin())
        choices.angles[built[best][1]] = scores[best].params
        if len(picks) > 2:
            gradient = score_gradient(choices.chances(plan.cold), np.array(picks), ranks(errors))
            choices.move_logits(gradient / plan.cold, np.arange(choices.slots.count))
        if search.budget.spent >= until:
            return


def _unmet(choices: Choices, plan: Plan, rng: np.random.Generator) -> Iterator[list[Ints]]:
    """Batches of choices whose circuits have not come up before; ends when none are found."""
    seen, first = set[Any](), [choices.likeliest]
    while True:
        picks, heat = [], plan.cold
        for _ in range(50 * _TRAINED):
            pick = first.pop() if first else choices.draw(heat, rng)[0]
            key = canonical(choices.slots.build(pick)[0])[0]
            if key and key not in seen:
                picks.append(pick)
                seen.add(key)
            else:
                heat *= _FAR
            if len(picks) == _TRAINED:
                break
        if not picks:
            return
        yield picks
