"""Gates chosen by gradients: every slot of a circuit holds a distribution over gates, trained together with the angles."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_choice, check_int, check_real
from ketwork.search.canonical import canonical
from ketwork.search.proxies import rank_correlation
from ketwork.search.seek import Search
from ketwork.search.slots import Ints, Slots, SparseAdam, unlayered

Floats = NDArray[np.floating[Any]]
ESTIMATORS = ("mixture", "gumbel", "score")


class Plan(NamedTuple):
    """How a round goes; the options of `differentiable` by their names."""

    estimator: str
    training: float
    batch: int
    rate: float
    angle_rate: float
    hot: float
    cold: float


@dataclass
class Choices:
    """Logits (K, C + 1) of every slot's options, the last for empty, and angles; both move by Adam."""

    slots: Slots
    logits: Floats
    angles: Floats
    plan: Plan

    def __post_init__(self) -> None:
        self._of_logits = SparseAdam(self.logits.size, self.plan.rate)
        self._of_angles = SparseAdam(len(self.angles), self.plan.angle_rate)

    def chances(self, heat: float) -> Floats:
        """Softmax of the logits over the temperature, (K, C + 1)."""
        return softmax(self.logits / heat)

    def draw(self, heat: float, rng: np.random.Generator) -> tuple[Ints, Floats]:
        """A sampled choice (K,), -1 for empty, by Gumbel's trick, and the relaxed sample (K, C + 1) it belongs to."""
        noisy = self.logits / heat + rng.gumbel(size=self.logits.shape)
        picked = noisy.argmax(axis=1)
        return np.where(picked == self.logits.shape[1] - 1, -1, picked), softmax(noisy)

    def move_angles(self, where: Ints, gradient: Floats) -> None:
        """One step of the angles that a circuit has."""
        self._of_angles.step(self.angles, where, gradient)

    def move_logits(self, gradient: Floats, rows: Ints) -> None:
        """One step of the logits of some slots, against a gradient (len(rows), C + 1)."""
        width = self.logits.shape[1]
        where = (rows[:, None] * width + np.arange(width)).ravel()
        flat = self.logits.reshape(-1)
        self._of_logits.step(flat, where, gradient.ravel())


def softmax(logits: Floats) -> Floats:
    """Along the last axis."""
    grown = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=-1, keepdims=True))


def differentiable(
    search: Search,
    estimator: str = "score",
    slots: int | None = None,
    sharing: str = "entangled",
    rounds: int = 3,
    training: float = 0.5,
    batch: int = 4,
    rate: float = 0.1,
    angle_rate: float = 0.1,
    hot: float = 1.0,
    cold: float = 0.25,
) -> None:
    """Slots in a row, each with a softmax over all places of the space and "empty"; circuits are sampled, their
    angles and the logits trained by gradients; the likeliest circuits are trained at the end of every round.

    The aim is the mean of the task's function over sampled circuits, which is linear in the chances of every slot:
    the same as of a circuit whose slots are channels that mix their gates. estimator, of its gradient by the logits:
    "mixture": for one random slot, exact: the circuit with every gate that the slot may hold; "gumbel": the same
    values, but through the relaxed sample (straight-through Gumbel-softmax), which is biased; "score": from `batch`
    circuits and the logarithms of their chances, each held against the mean of the others, which costs no circuits
    besides those that train angles. slots: None for as many as a circuit may have gates. sharing: of angles, see
    `Slots`. rounds: restarts, each with its part of the budget. training: the share of a round for gradients. rate,
    angle_rate: of Adam for logits and angles. hot, cold: temperatures at a round's begin and end; it falls
    exponentially.
    Source: Zhang, Hsieh, Zhang, Yao, arXiv:2010.08561 (score function, pool of shared angles); Wu et al., QuantumDARTS,
    ICML 2023, PMLR 202 (Gumbel-softmax); Kumar et al., arXiv:2506.03697 (mixed states).
    """
    check_choice("estimator", estimator, ESTIMATORS)
    for name, value, least in (("rounds", rounds, 1), ("batch", batch, 2)):
        check_int(name, value, least)
    check_real("training", training, 0, 1)
    if not 0 < cold <= hot:
        raise ValueError(f"Arguments `hot` and `cold` must have 0 < cold <= hot, but are {hot} and {cold}.")
    row = unlayered(search.space, slots or search.space.max_places, sharing)
    plan, done = Plan(estimator, training, batch, rate, angle_rate, hot, cold), 0
    while True:
        limited = search.budget.limit is not None
        whole = search.budget.left if limited else 100.0 * search.task.price(row.build(np.zeros(row.count, int))[0])
        _round(search, row, plan, whole / max(1, rounds - done))
        done += 1


def _fresh(search: Search, slots: Slots, plan: Plan) -> Choices:
    """Chances as of a random circuit: every gate name as likely as any other, a slot empty as often as it holds one."""
    prior = slots.chances[0] / slots.chances[0].sum()
    first = np.log(np.append(prior, 1 / len(search.space.gates)))
    logits = np.tile(plan.hot * first, (slots.count, 1)) + 0.01 * search.rng.normal(size=(slots.count, len(first)))
    return Choices(slots, logits, search.rng.uniform(-np.pi, np.pi, slots.n_angles), plan)


def _round(search: Search, slots: Slots, plan: Plan, allowed: float) -> None:
    """One set of logits from chance to a decision, and the training of what it decided for."""
    begun, choices = search.budget.spent, _fresh(search, slots, plan)
    until, values = plan.training * allowed, []
    search.say("gradients of angles and choices")
    while (spent := search.budget.spent - begun) < until:
        heat = plan.hot * (plan.cold / plan.hot) ** (spent / until)
        step = _score if plan.estimator == "score" else _alternatives
        values.append(step(search, choices, plan, heat))
    search.notes.setdefault("values of sampled circuits", []).append([float(v) for v in values])
    search.notes.setdefault("entropy of choices", []).append(entropy(choices.chances(plan.cold)))
    _decide(search, choices, plan, begun + allowed)


def entropy(chances: Floats) -> float:
    """The mean entropy of slots in nats."""
    return float(-(chances * np.log(np.maximum(chances, 1e-300))).sum(axis=-1).mean())


def _score(search: Search, choices: Choices, plan: Plan, heat: float) -> float:
    """A step of both from a batch of circuits; their mean value."""
    drawn = [choices.draw(heat, search.rng)[0] for _ in range(plan.batch)]
    values, wheres, slopes = np.zeros(plan.batch), [], []
    for k, choice in enumerate(drawn):
        architecture, where, _ = choices.slots.build(choice)
        values[k], gradient = search.meter(architecture).value_and_gradient(choices.angles[where])
        wheres.append(where)
        slopes.append(gradient)
    choices.move_angles(np.concatenate(wheres), np.concatenate(slopes) / plan.batch)
    gradient = score_gradient(choices.chances(heat), np.array(drawn), values) / heat
    choices.move_logits(gradient, np.arange(choices.slots.count))
    return float(values.mean())


def score_gradient(chances: Floats, drawn: Ints, values: Floats) -> Floats:
    """An unbiased estimate (K, C + 1) of the mean value's gradient by logits, from circuits (B, K) drawn by the
    chances (K, C + 1) and their values (B,); each value is held against the mean of the others."""
    count = len(values)
    ahead = (values - values.mean()) * count / (count - 1)
    empty = chances.shape[1] - 1
    picked = np.eye(empty + 1)[np.where(drawn < 0, empty, drawn)]
    return np.asarray(np.einsum("b,bkc->kc", ahead, picked - chances) / count)


def _alternatives(search: Search, choices: Choices, plan: Plan, heat: float) -> float:
    """A step of the angles of one circuit, and of the logits of one of its slots from all gates it may hold."""
    choice, relaxed = choices.draw(heat, search.rng)
    architecture, where, _ = choices.slots.build(choice)
    value, gradient = search.meter(architecture).value_and_gradient(choices.angles[where])
    slot = int(search.rng.integers(choices.slots.count))
    values = np.zeros(choices.logits.shape[1])
    known = {canonical(architecture)[0]: value}
    for c in range(len(values)):
        other = choice.copy()
        other[slot] = c if c < len(values) - 1 else -1
        changed, at, _ = choices.slots.build(other)
        key = (changed, choices.angles[at].tobytes())
        if key not in known:
            known[key] = search.meter(changed).value(choices.angles[at])
        values[c] = known[key]
    choices.move_angles(where, gradient)
    chances = choices.chances(heat)[slot] if plan.estimator == "mixture" else relaxed[slot]
    choices.move_logits(mixture_gradient(chances, values)[None] / heat, np.array([slot]))
    return value


def mixture_gradient(chances: Floats, values: Floats) -> Floats:
    """The gradient (C + 1,) of sum p_c E_c by the logits of p = softmax, for chances p and values E (C + 1,)."""
    return np.asarray(chances * (values - chances @ values))


def _decide(search: Search, choices: Choices, plan: Plan, until: float) -> None:
    """Train the likeliest circuit and others drawn at the end, those with the lowest values first."""
    likeliest = choices.logits.argmax(axis=1)
    picks = [np.where(likeliest == choices.logits.shape[1] - 1, -1, likeliest)]
    picks += [choices.draw(plan.cold, search.rng)[0] for _ in range(64)]
    seen: dict[Any, Any] = {}
    for pick in picks:
        architecture, where, _ = choices.slots.build(pick)
        key = canonical(architecture)[0]
        if key and key not in seen:
            value = search.meter(architecture).value(choices.angles[where])
            seen[key] = (value, architecture, choices.angles[where])
    first, *rest = seen.values()
    ranked = [first, *sorted(rest, key=lambda item: item[0])]
    search.say("training of the chosen circuits")
    errors: list[float] = []
    for begin in range(0, len(ranked), 16):
        part = ranked[begin : begin + 16]
        errors += [s.error for s in search.scores([a for _, a, _ in part], [w for _, _, w in part])]
        search.notes["rank correlation of drawn and trained values"] = rank_correlation(
            [value for value, _, _ in ranked[: len(errors)]], errors
        )
        if search.budget.spent >= until:
            return
