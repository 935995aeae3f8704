"""Answers chosen with and without the type of the question: the second part of the atlas entry.

Everything is set on SelQA's development part: classifiers learn from its questions, except those that ask for the same
as a test question does, and rules and penalty were chosen on it with the true types. All that is said of answers is of
the test part.
"""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ketwork.atlas.question_classification import (
    CLASSICAL,
    FEATURES,
    LAYERS,
    MAP,
    Row,
    Types,
    all_questions,
    classical,
    of_one_type,
    qsvm,
    texts_of,
    vqc,
    without_twins,
)
from ketwork.experiments.compare import Interval
from ketwork.experiments.question_answering import Asked, ask, has_answer_type, rank_of_answer
from ketwork.experiments.text_data import selqa_candidates
from ketwork.seeds import generator

PENALTY, FILTER = 0.2, 2.0
"""What a candidate without the expected answer loses: as chosen, and so much that it comes after all others."""
KINDS = ("who", "when", "where", "how")
ANSWER_DEPTHS = (1, 2, 5)
NONE, TRUE, RANDOM = "no classifier", "true type", "random type"


@cache
def _asked(part: str) -> dict[int, Asked]:
    """All questions of a part by their places, with candidates; words weigh by all candidates of the part."""
    questions, candidates = all_questions(), selqa_candidates()
    whole = [k for k, question in enumerate(questions) if question.part == part]
    found = ask(
        [questions[k].text for k in whole], [candidates[k] for k in whole], [questions[k].answers for k in whole]
    )
    return dict(zip(whole, found, strict=True))


def asked_of(kinds: tuple[str, ...], part: str = "test") -> list[Asked]:
    """Questions of these types with their candidates."""
    return [_asked(part)[k] for k in of_one_type(kinds, part)]


@cache
def _rank(part: str, place: int, kind: str | None, penalty: float) -> int:
    return rank_of_answer(_asked(part)[place], kind, penalty)


def ranks(kinds: tuple[str, ...], said: Any, penalty: float, part: str = "test") -> list[int]:
    """The rank of the first right candidate of every question, given the types (N,) that are said of them, or None."""
    places = of_one_type(kinds, part)
    types = [None] * len(places) if said is None else list(map(str, said))
    return [_rank(part, place, kind, penalty) for place, kind in zip(places, types, strict=True)]


def models(seed: int) -> dict[str, Any]:
    """Classifiers by name; classes weigh alike, for "what" has three times as many questions as "how"."""
    balanced = {"class_weight": "balanced"}
    found: dict[str, Any] = {f"QSVM, depth {depth}": qsvm(depth, "auto", seed, **balanced) for depth in ANSWER_DEPTHS}
    found["VQC"] = None  # takes the bandwidth of the kernel of its depth
    return found | {name: classical(name, seed, **balanced) for name in CLASSICAL}


def answer(task: Types, seed: int) -> Row:
    """Ranks of the right candidates under every classifier, and how often each classifier is right."""
    features = task.features(FEATURES, seed)
    tested = of_one_type(task.kinds, "test")
    texts, y = texts_of(without_twins(of_one_type(task.kinds, "dev"), tested))
    X = features.fit_transform(texts)
    texts_test, y_test = texts_of(tested)
    X_test = features.transform(texts_test)
    said: dict[str, NDArray[Any] | None] = {NONE: None, TRUE: y_test}
    said[RANDOM] = generator(seed).choice(y, len(y_test))
    scale = 1.0
    for name, model in models(seed).items():
        chosen = vqc(MAP, LAYERS, scale, seed, class_weight="balanced") if model is None else model
        said[name] = chosen.fit(X, y).predict(X_test)
        if name == f"QSVM, depth {MAP}":
            scale = float(chosen.factor_)
    found = {}
    for name, types in said.items():
        right = None if types is None else float(np.mean(types == y_test))
        found[name] = {
            "accuracy": right, "ranks": ranks(task.kinds, types, PENALTY), "filtered": ranks(task.kinds, types, FILTER),
        }  # fmt: skip
    return {"kinds": list(task.kinds), "said": found, "questions": len(y_test), "training": len(y),
            "twins": numbered([all_questions()[k].asks for k in tested])}  # fmt: skip


def numbered(things: list[Any]) -> list[int]:
    """Numbers (N,) of things, equal ones alike."""
    known = {thing: k for k, thing in enumerate(dict.fromkeys(things))}
    return [known[thing] for thing in things]


def rules() -> Row:
    """What the rules do when the type is known, by type and part: MRR without and with them, how often a right sentence
    and any sentence holds what is asked for."""
    found: Row = {}
    for part in ("dev", "test"):
        for kind in ("what", "how", "who", "when", "where", "why"):
            asked = asked_of((kind,), part)
            holds = [[has_answer_type(kind, one.question, sentence) for sentence in one.candidates] for one in asked]
            types = [kind] * len(asked)
            found[f"{kind} {part}"] = {
                "questions": len(asked),
                "right": float(np.mean([any(h[k] for k in one.answers) for h, one in zip(holds, asked, strict=True)])),
                "any": float(np.mean([np.mean(h) for h in holds])),
                "mrr": [mrr(ranks((kind,), t, p, part)) for t, p in ((None, 0), (types, PENALTY), (types, FILTER))],
                "chance": float(np.mean([_chance(one) for one in asked])),
            }
    return found


def _chance(asked: Asked) -> float:
    """The expected reciprocal rank of the first right candidate in a random order."""
    n, right = len(asked.candidates), len(asked.answers)
    first, left = 0.0, 1.0  # left: that none came before
    for rank in range(1, n - right + 2):
        here = left * right / (n - rank + 1)
        first += here / rank
        left -= here
    return first


def mrr(places: Any) -> float:
    """Mean reciprocal rank of ranks (...,)."""
    return float(np.mean(1 / np.asarray(places, float)))


def first(places: Any) -> float:
    """Precision at 1: the share of ranks that are 1."""
    return float(np.mean(np.asarray(places) == 1))


def gain(ours: Any, theirs: Any, twins: Any = None, seed: int = 0, draws: int = 20_000) -> tuple[Interval, float]:
    """Difference of the mean reciprocal ranks with its 95 % interval over questions, and a two-sided p value.

    ours, theirs (S, N): ranks of the same N questions by S seeds, of which the mean is taken first. twins (N,): equal
    numbers for questions that ask for the same, which count as one draw; None where there are none. p is of a
    permutation test: the sign of the difference of each question, and its twins with it, is drawn anew, `draws` times.
    """
    difference = (1 / np.asarray(ours, float)).mean(axis=0) - (1 / np.asarray(theirs, float)).mean(axis=0)
    groups = np.arange(len(difference)) if twins is None else np.unique(twins, return_inverse=True)[1]
    count, mean = int(groups.max()) + 1, float(difference.mean())
    spread = np.bincount(groups, difference - mean)  # sums over twins: the variance of a mean of clusters
    error = np.sqrt(count / max(count - 1, 1) * np.sum(spread**2)) / len(difference)
    found = Interval(mean, float(stats.t.ppf(0.975, count - 1) * error) if count > 1 else float("nan"))
    sums = np.bincount(groups, difference)
    moving = sums[np.abs(sums) > 1e-12]
    if not len(moving):
        return found, 1.0
    signs = generator(seed).integers(0, 2, (draws, len(moving)), dtype=np.int8) * np.int8(2) - np.int8(1)
    turned = np.abs(signs.astype(np.float32) @ moving.astype(np.float32))
    p = (1 + np.sum(turned >= abs(moving.sum()) - 1e-5)) / (draws + 1)
    return found, float(p)
