"""Answers with and without types: reciprocal ranks, the tests over questions, and the true type as the measure."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from ketwork.atlas import question_classification as qc
from ketwork.atlas import question_classification_answers as qa
from ketwork.atlas.question_classification import TASKS
from ketwork.atlas.question_classification_answers import NONE, RANDOM, TRUE, answer, first, gain, mrr, ranks, rules
from ketwork.experiments.compare import interval
from ketwork.experiments.question_answering import Asked
from ketwork.experiments.text_data import Question

SENTENCES = ("The tower is old.", "The tower was rebuilt by Anna Brown.", "The tower burned in 1850.")


@pytest.fixture(autouse=True)
def questions(monkeypatch):
    """Questions about a tower, whose words do not tell the answer but whose type does."""
    kinds = ("who", "when", "what", "how", "where", "why")
    right = {"who": 1, "when": 2, "how": 2}
    found = tuple(
        Question(part, f"{kind} tower {('song', 'game', 'river')[k % 3]} {kind}like", "ART", (kind,), False, part,
                 f"{kind} {k}", 3, (right.get(kind, 0),))
        for part, n in (("dev", 12), ("test", 6)) for kind in kinds for k in range(n)
    )  # fmt: skip
    for module in (qc, qa):
        monkeypatch.setattr(module, "all_questions", lambda: found)
    monkeypatch.setattr(qa, "selqa_candidates", lambda: (SENTENCES,) * len(found))
    for cached in (qa._asked, qa._rank):
        cached.cache_clear()
    yield found
    for cached in (qa._asked, qa._rank):
        cached.cache_clear()


def test_the_true_type_finds_the_answer():
    kinds = ("who", "when")
    plain = ranks(kinds, None, qa.PENALTY)
    assert mrr(ranks(kinds, ["who"] * 6 + ["when"] * 6, qa.FILTER)) > mrr(plain)
    assert min(ranks(kinds, ["when"] * 6 + ["who"] * 6, qa.FILTER)) > 1  # the other's answer comes first
    assert ranks(kinds, ["what"] * 12, qa.FILTER) == plain


def test_answer_row(monkeypatch):
    monkeypatch.setattr(qa, "ANSWER_DEPTHS", (1, 2))
    row = answer(TASKS[2], 0)
    said = row["said"]
    assert list(said)[:3] == [NONE, TRUE, RANDOM] and {"QSVM, depth 1", "QSVM, depth 2", "VQC"} < set(said)
    assert said[TRUE]["accuracy"] == 1 and said[NONE]["accuracy"] is None
    assert row["questions"] == 12 and row["training"] == 24
    for found in said.values():
        assert len(found["ranks"]) == len(found["filtered"]) == 12
        if found["accuracy"] == 1:
            assert found["ranks"] == said[TRUE]["ranks"]
    assert said["linear SVM"]["accuracy"] == 1  # its words tell it


def test_what_a_test_question_asks_is_not_learned(questions, monkeypatch):
    """A development question with a twin in the test part is left out of training; twins are told in the row."""
    twins = tuple(replace(q, article="", section=q.section) for q in questions)  # the parts share what they ask
    for module in (qc, qa):
        monkeypatch.setattr(module, "all_questions", lambda: twins)
    monkeypatch.setattr(qa, "ANSWER_DEPTHS", (1, 2))
    row = answer(TASKS[2], 0)
    assert row["training"] == 12 and row["questions"] == 12 and len(set(row["twins"])) == 12
    assert qa.numbered(["b", "a", "b"]) == [0, 1, 0]


def test_twins_count_as_one_draw():
    """Every question asked twice tells no more than asked once."""
    rng = np.random.default_rng(3)
    ours, theirs = rng.integers(1, 4, (1, 40)), rng.integers(1, 5, (1, 40))
    once, p = gain(ours, theirs)
    twice, q = gain(np.tile(ours, 2), np.tile(theirs, 2), np.tile(np.arange(40), 2))
    assert twice.mean == pytest.approx(once.mean) and twice.half == pytest.approx(once.half)
    assert q == pytest.approx(p, abs=0.02)
    assert gain(np.tile(ours, 2), np.tile(theirs, 2))[0].half < 0.8 * once.half  # as if they were other questions
    assert once.half == pytest.approx(interval((1 / ours - 1 / theirs)[0]).half)


def test_rules_by_type():
    row = rules()
    assert row["what test"]["right"] == row["what test"]["any"] == 1
    assert row["who dev"]["questions"] == 12 and row["who dev"]["right"] == 1
    assert row["when test"]["any"] == pytest.approx(1 / 3)
    assert row["when test"]["mrr"][2] == 1.0


@pytest.mark.parametrize(("n", "right"), [(1, 1), (4, 1), (5, 2), (4, 4), (6, 3)])
def test_chance_is_the_mean_over_all_orders(n, right):
    one = Asked("", ("",) * n, tuple(range(right)), np.zeros(n))
    every = [1 / (1 + min(order.index(k) for k in range(right))) for order in permutations(range(n))]
    assert qa._chance(one) == pytest.approx(np.mean(every))


def test_measures():
    assert mrr([1, 2, 4]) == pytest.approx((1 + 0.5 + 0.25) / 3)
    assert first([[1, 2], [1, 1]]) == 0.75


def test_nothing_gained_is_nothing_shown():
    found, p = gain([[1, 2, 3]], [[1, 2, 3]])
    assert (found.mean, found.half, p) == (0.0, 0.0, 1.0)


def test_gain_is_seen_where_there_is_one():
    rng = np.random.default_rng(0)
    base = rng.integers(1, 6, 300)
    found, p = gain([np.maximum(base - (rng.random(300) < 0.3), 1)], [base])
    assert found.mean > 0 and found.mean > found.half and p < 0.01
    back, same = gain([base], [np.maximum(base - (rng.random(300) < 0.3), 1)])
    assert back.mean < 0 and same < 0.01


def test_p_is_uniform_where_nothing_differs():
    """The permutation test errs as often as it says; the interval covers zero as often as it says."""
    rng = np.random.default_rng(1)
    values, covered = [], 0
    for k in range(200):
        found, p = gain(rng.integers(1, 5, (1, 60)), rng.integers(1, 5, (1, 60)), seed=k, draws=400)
        values.append(p)
        covered += abs(found.mean) <= found.half
    assert np.mean(np.array(values) < 0.05) < 0.1 and 0.35 < np.mean(values) < 0.65
    assert covered > 180


def test_exact_signs():
    """Three questions that gain alike: of 8 sign patterns 2 are as far from zero."""
    _, p = gain([[1, 1, 1]], [[2, 2, 2]], draws=8000)
    assert p == pytest.approx(0.25, abs=0.02)
