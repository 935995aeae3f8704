"""Sets of texts that the package does not carry: restaurant reviews, and the questions of SelQA with candidates."""

import csv
import io
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.experiments.data import original

REVIEWS = "https://github.com/N3uralN3twork/Restaurant-Reviews-using-NLP-"
SELQA = "https://github.com/emorynlp/selqa"
HASHES = {
    "restaurant_reviews/Restaurant_Reviews.tsv": "2b432f36bc7c7ed77312187a9afd6531dfa3d16be48b9738131dd5141195b469",
    "selqa/selqa-ass-dev.json": "b4e6687e44a30b486e24d2b06aa3012ec07d61145f3521f35b7d49daae3e0ca4",
    "selqa/selqa-ass-test.json": "ca1184d94cc9030883723fab76ef8180b3cf5fb142549a5648d22f59fe7c6fc6",
}


@dataclass(frozen=True)
class Question:
    """A question of SelQA. part: "dev" or "test". types: of what, how, who, when, where, why; several or none.

    article, section: whose sentences are its candidates. answers: which of the `n_candidates` answer it, counted from
    0. is_paraphrase: another question, of this set or of the training part, asked anew in other words.
    """

    part: str
    text: str
    topic: str
    types: tuple[str, ...]
    is_paraphrase: bool
    article: str
    section: str
    n_candidates: int
    answers: tuple[int, ...]

    @property
    def asks(self) -> tuple[str, str, tuple[int, ...]]:
        """What it asks for: the answering sentences. Questions that ask for the same are one another's twins: an
        original and its paraphrase, with much the same words."""
        return self.article, self.section, self.answers


def restaurant_reviews() -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """1,000 sentences of restaurant reviews, and whether the writer liked the place, 1 or 0 (N,), 500 of each.

    Raises: UserError where the file is missing or not the original.
    Source: Kotzias et al., From group to individual labels using deep features, KDD 2015 (the part from Yelp).
    """
    file = "restaurant_reviews/Restaurant_Reviews.tsv"
    text = original("The set of restaurant reviews", file, HASHES[file], REVIEWS).decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter="\t"))
    return tuple(row["Review"] for row in rows), np.array([int(row["Liked"]) for row in rows])


def selqa_questions() -> tuple[Question, ...]:
    """The 2,375 questions of SelQA's development and test parts, in this order.

    Raises: UserError where a file is missing or not the original.
    Source: Jurczyk, Zhai and Choi, SelQA: a new benchmark for selection-based question answering, ICTAI 2016.
    """
    return tuple(
        Question(
            part,
            one["question"],
            one["topic"],
            tuple(one["q_types"]),
            one["is_paraphrase"],
            one["article"],
            one["section"],
            len(one["candidates"]),
            tuple(one["answers"]),
        )
        for part in ("dev", "test")
        for one in _selqa(part)
    )


def selqa_candidates() -> tuple[tuple[str, ...], ...]:
    """The candidate sentences of every question, in the order of `selqa_questions`.

    Raises: UserError where a file is missing or not the original.
    """
    return tuple(tuple(one["candidates"]) for part in ("dev", "test") for one in _selqa(part))


def _selqa(part: str) -> list[dict[str, Any]]:
    file = f"selqa/selqa-ass-{part}.json"
    found: list[dict[str, Any]] = json.loads(original("SelQA", file, HASHES[file], SELQA))
    return found
