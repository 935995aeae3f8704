"""Answers by rules: what a sentence must hold, the order of candidates, against a plain count of words."""

import numpy as np
import pytest

from ketwork.experiments.question_answering import QUESTION_WORDS, ask, has_answer_type, rank_of_answer


@pytest.mark.parametrize(
    ("kind", "question", "holds", "lacks"),
    [
        ("who", "Who painted the ceiling?", "The ceiling was painted by Michelangelo.", "The ceiling is high."),
        ("who", "Who was Michelangelo?", "He painted the ceiling.", "On Monday Michelangelo fell."),
        ("when", "When was it painted?", "It was finished in 1512.", "It was finished late."),
        ("when", "When did it open?", "It opened on a Tuesday.", "It opened with a play."),
        ("where", "Where is the ceiling?", "It is in Rome.", "It is high."),
        ("where", "Where is Rome?", "Rome lies on a river.", "In Rome it rains."),
        ("how", "How many were there?", "There were twelve.", "There were many."),
        ("how", "How was it made?", "It was made by hand.", "It was made well."),
        ("why", "Why did it fall?", "It fell because of rain.", "It fell down."),
    ],
)
def test_what_a_type_asks_for(kind, question, holds, lacks):
    assert has_answer_type(kind, question, holds)
    assert not has_answer_type(kind, question, lacks)


def test_anything_answers_what():
    assert has_answer_type("what", "What is it?", "") and "what" in QUESTION_WORDS
    with pytest.raises(ValueError, match="`kind` must be one of"):
        has_answer_type("whence", "", "")


CANDIDATES = ("The tower is old.", "The old tower burned twice.", "It was rebuilt in 1850.", "Towers burn.")


@pytest.fixture
def asked():
    return ask(["When did the old tower burn?"], [CANDIDATES], [[2]])[0]


def test_overlap_is_the_cosine(asked):
    """Against TF-IDF by hand, as scikit-learn defines it, of stems without stop words."""
    stems = [["tower", "old"], ["old", "tower", "burn", "twice"], ["rebuilt", "1850"], ["tower", "burn"]]
    words = sorted({w for group in stems for w in group})
    idf = {w: np.log(5 / (1 + sum(w in group for group in stems))) + 1 for w in words}

    def row(group):
        found = np.array([idf[w] * group.count(w) for w in words])
        return found / np.linalg.norm(found)

    question = row(["old", "tower", "burn"])
    assert np.allclose(asked.overlap, [row(group) @ question for group in stems])


def test_the_type_brings_the_answer_to_the_front(asked):
    assert rank_of_answer(asked) == 4
    assert rank_of_answer(asked, "when") == 1
    assert rank_of_answer(asked, "what") == 4
    assert rank_of_answer(asked, "when", penalty=0.0) == 4
    assert rank_of_answer(asked, "when", penalty=0.5 * asked.overlap.min(where=asked.overlap > 0, initial=1)) == 4


def test_a_wrong_type_hides_it(asked):
    burned = ask(["When did the old tower burn?"], [CANDIDATES], [[1]])[0]
    assert rank_of_answer(burned) == 3
    assert rank_of_answer(burned, "when") == 4  # behind the sentence with a year


def test_the_filter_is_strict():
    """A sentence of the very same words still falls behind."""
    one = ask(["When was the old tower?"], [("An old tower.", "It was 1850.")], [[1]])[0]
    assert one.overlap[0] == pytest.approx(1) and rank_of_answer(one, "when") == 1


def test_equal_scores_keep_the_order_of_the_text():
    one = ask(["Nothing shared?"], [("first here", "second one", "third two")], [[1, 2]])[0]
    assert not one.overlap.any() and rank_of_answer(one) == 2
