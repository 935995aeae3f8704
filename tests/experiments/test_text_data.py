"""Sets of texts: what is in them, and files that are missing or changed."""

import json

import numpy as np
import pytest

from ketwork.experiments import text_data
from ketwork.experiments.task import UserError
from ketwork.experiments.text_data import restaurant_reviews, selqa_candidates, selqa_questions


def test_reviews(data_folder, monkeypatch):
    monkeypatch.setenv("KETWORK_DATA", str(data_folder))
    texts, liked = restaurant_reviews()
    assert len(texts) == len(liked) == 1000 and liked.sum() == 500
    assert texts[0] == "Wow... Loved this place." and liked[0] == 1
    other = [line.rsplit("\t", 1) for line in (data_folder / "restaurant_reviews" / "uci_yelp_labelled.txt")
             .read_text().strip().split("\n")]  # fmt: skip
    assert [int(label) for _, label in other] == liked.tolist()
    letters = [["".join(filter(str.isalpha, text)) for text in given] for given in (texts, [t for t, _ in other])]
    assert sum(a == b for a, b in zip(*letters)) > 950


def test_selqa(data_folder, monkeypatch):
    """Questions and candidates belong together: as many as said, the same questions, answers among them."""
    monkeypatch.setenv("KETWORK_DATA", str(data_folder))
    questions, candidates = selqa_questions(), selqa_candidates()
    assert len(questions) == len(candidates) == 2375
    assert [q.n_candidates for q in questions] == [len(c) for c in candidates]
    assert all(q.answers and max(q.answers) < q.n_candidates for q in questions)
    raw = [
        one for part in ("dev", "test")
        for one in json.loads((data_folder / "selqa" / f"selqa-ass-{part}.json").read_text())
    ]  # fmt: skip
    assert [(q.text, set(q.types), list(q.answers), q.is_paraphrase) for q in questions] == [
        (one["question"], set(one["q_types"]), one["answers"], one["is_paraphrase"]) for one in raw
    ]
    assert sum(not q.types for q in questions) == 317


def test_twins_of_selqa(data_folder, monkeypatch):
    """A paraphrase asks for the same sentences as its original: never more than two questions do, with words shared."""
    monkeypatch.setenv("KETWORK_DATA", str(data_folder))
    by_what: dict = {}
    for question in selqa_questions():
        by_what.setdefault(question.asks, []).append(question)
    twins = [pair for pair in by_what.values() if len(pair) > 1]
    assert len(twins) == 373 and {len(pair) for pair in twins} == {2}
    words = [[set(q.text.lower().rstrip("?").split()) for q in pair] for pair in twins]
    assert np.mean([len(a & b) / len(a | b) for a, b in words]) > 0.25
    assert sum(a.part != b.part for a, b in twins) > 100


def test_missing_and_changed_files(tmp_path, monkeypatch):
    monkeypatch.setenv("KETWORK_DATA", str(tmp_path))
    with pytest.raises(UserError, match=r"needs .*Restaurant_Reviews\.tsv, which is not.*KETWORK_DATA"):
        restaurant_reviews()
    (tmp_path / "selqa").mkdir()
    (tmp_path / "selqa" / "selqa-ass-dev.json").write_text("[]")
    with pytest.raises(UserError, match="is not the original file"):
        selqa_questions()


def test_cells_may_hold_quotes_and_separators(tmp_path, monkeypatch):
    import hashlib

    content = b'Review\tLiked\n"He said ""no"", and\tleft."\t0\nFine\t1\n'
    (tmp_path / "restaurant_reviews").mkdir()
    (tmp_path / "restaurant_reviews" / "Restaurant_Reviews.tsv").write_bytes(content)
    monkeypatch.setenv("KETWORK_DATA", str(tmp_path))
    file = "restaurant_reviews/Restaurant_Reviews.tsv"
    monkeypatch.setitem(text_data.HASHES, file, hashlib.sha256(content).hexdigest())
    texts, liked = restaurant_reviews()
    assert texts == ('He said "no", and\tleft.', "Fine") and liked.tolist() == [0, 1]
