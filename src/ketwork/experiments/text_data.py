"""Sets of texts that the package does not carry: restaurant reviews, and the questions of SelQA with candidates."""

import csv
import hashlib
import io
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.archives import data_folder
from ketwork.experiments.task import UserError

REVIEWS = ("restaurant_reviews", "https://archive.ics.uci.edu/dataset/331 as Restaurant_Reviews.tsv (Review, Liked)")
SELQA = ("selqa", "https://github.com/emorynlp/selqa")
HASHES = {
    "Restaurant_Reviews.tsv": "2b432f36bc7c7ed77312187a9afd6531dfa3d16be48b9738131dd5141195b469",
    "selqa_questions.csv": "b4ef90286c5664c0ed03f7ec72e5ae077066fa8cfca7b7156dc2cbaf751e0f5a",
    "selqa-ass-dev.json": "b4e6687e44a30b486e24d2b06aa3012ec07d61145f3521f35b7d49daae3e0ca4",
    "selqa-ass-test.json": "ca1184d94cc9030883723fab76ef8180b3cf5fb142549a5648d22f59fe7c6fc6",
}


@dataclass(frozen=True)
class Question:
    """A question of SelQA. part: "dev" or "test". types: of what, how, who, when, where, why; several or none.

    answers: which of the `n_candidates` sentences of its section answer it, counted from 0. is_paraphrase: another
    question of the set, asked anew in other words.
    """

    part: str
    text: str
    topic: str
    types: tuple[str, ...]
    is_paraphrase: bool
    article: str
    n_candidates: int
    answers: tuple[int, ...]


def restaurant_reviews() -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """1,000 sentences of restaurant reviews, and whether the writer liked the place, 1 or 0 (N,), 500 of each.

    Raises: UserError where the file is missing or not the original.
    Source: Kotzias et al., From group to individual labels using deep features, KDD 2015 (the part from Yelp).
    """
    rows = _table(*REVIEWS, "Restaurant_Reviews.tsv", "\t")
    return tuple(row["Review"] for row in rows), np.array([int(row["Liked"]) for row in rows])


def selqa_questions() -> tuple[Question, ...]:
    """The 2,375 questions of SelQA's development and test parts, in this order.

    Raises: UserError where the file is missing or not the original.
    Source: Jurczyk, Zhai and Choi, SelQA: a new benchmark for selection-based question answering, ICTAI 2016.
    """
    return tuple(
        Question(
            row["split"],
            row["question"],
            row["topic"],
            tuple(filter(None, row["q_types"].split("|"))),
            row["is_paraphrase"] == "1",
            row["article"],
            int(row["n_candidates"]),
            tuple(int(k) for k in row["answer_indices"].split("|")),
        )
        for row in _table(*SELQA, "selqa_questions.csv", ",")
    )


def selqa_candidates() -> tuple[tuple[str, ...], ...]:
    """The candidate sentences of every question, in the order of `selqa_questions`.

    Raises: UserError where a file is missing or not the original.
    """
    found: list[tuple[str, ...]] = []
    for part in ("dev", "test"):
        listed: list[dict[str, Any]] = json.loads(original(*SELQA, f"selqa-ass-{part}.json"))
        found += [tuple(one["candidates"]) for one in listed]
    return tuple(found)


def original(folder: str, origin: str, file: str) -> bytes:
    """The content of a file of `HASHES`, which must be what it was. Raises: UserError that says where to get it."""
    path = data_folder() / folder / file
    if not path.is_file():
        raise UserError(
            f"{path} is needed, and is not there. Get it from {origin}, or set KETWORK_DATA to the folder that holds "
            f"{folder}/."
        )
    raw = path.read_bytes()
    if hashlib.sha256(raw).hexdigest() != HASHES[file]:
        raise UserError(f"{path} is not the original file (its SHA-256 differs). Get it anew from {origin}.")
    return raw


def _table(folder: str, origin: str, file: str, delimiter: str) -> list[dict[str, str]]:
    text = io.StringIO(original(folder, origin, file).decode("utf-8"), newline="")
    return list(csv.DictReader(text, delimiter=delimiter))
