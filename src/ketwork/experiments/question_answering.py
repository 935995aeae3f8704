"""A question answered by rules: candidate sentences ranked by shared words, those that lack what is asked for last."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_choice
from ketwork.experiments.text import TextFeatures

Floats = NDArray[np.float64]

QUESTION_WORDS = ("what", "how", "who", "when", "where", "why", "whom", "whose", "which")
"""Words that say the type of a question; most are on scikit-learn's list of stop words."""

_WORD = re.compile(r"[^\W_]+")
_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_TIME_WORD = re.compile(f"{_MONTHS}|{_DAYS}|spring|summer|autumn|winter|christmas|easter")
_YEAR = re.compile(r"\b(?:1\d{3}|20\d{2})s?\b")
_TIME = re.compile(
    r"\b(?:century|centuries|decades?|years? (?:ago|later|before|after|old)|today|currently|BC|AD|BCE|CE"
    r"|January|February|March|April|June|July|August|September|October|November|December"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|mid-\d+|\d{1,2}(?:st|nd|rd|th))\b"
)
_AMOUNT = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|twenty|thirty|forty|fifty"
    r"|hundreds?|thousands?|millions?|billions?|half|third|quarter|percent|several|once|twice)\b",
    re.IGNORECASE,
)
_MANNER = re.compile(r"\b(?:by|through|via|using|with|thanks to)\b", re.IGNORECASE)
_REASON = re.compile(
    r"\b(?:because|due|since|therefore|thus|reasons?|caused?|so that|in order|as|for|to)\b", re.IGNORECASE
)
_PERSON = re.compile(
    r"\b(?:he|she|him|his|her|by|man|woman|men|women|people|brother|sister|father|mother|son|daughter|wife|husband"
    r"|king|queen|president|players?|members?|team|company|group|band)\b",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:located|location|area|region|country|city|town|village|street|park|house|island|river|coast|centre|center"
    r"|here|there|nearby|world|worldwide|states?|county|province|museum|university)\b",
    re.IGNORECASE,
)
_BEFORE_A_PLACE = re.compile(
    "the|in|at|from|near|to|on|into|of|across|around|between|outside|inside|throughout|north|south|east|west"
)


def has_answer_type(kind: str, question: str, sentence: str) -> bool:
    """Whether a sentence holds what a question of this type asks for.

    kind: "who": a name or a word for a person or a group; "where": a name after a preposition of place or "the", or a
    word for a place; "when": a year, a date or a word of time; "how": a number or a word of manner; "why": a word of
    reason; "what": anything. A name is a capitalised word, not the first one, that is not in the question.
    Raises: ValueError for another type.
    """
    check_choice("kind", kind, tuple(_RULES))
    return _RULES[kind](question, sentence)


def _names(question: str, sentence: str) -> list[tuple[str, str]]:
    """Capitalised words that are not in the question and name no time, each with the word before it."""
    asked = {word.lower() for word in _WORD.findall(question)}
    words = _WORD.findall(sentence)
    return [
        (before, word)
        for before, word in pairwise(words)
        if word[0].isupper() and word.lower() not in asked and not _TIME_WORD.fullmatch(word.lower())
    ]


def _who(question: str, sentence: str) -> bool:
    return bool(_names(question, sentence) or _PERSON.search(sentence))


def _where(question: str, sentence: str) -> bool:
    places = any(_BEFORE_A_PLACE.fullmatch(before.lower()) for before, _ in _names(question, sentence))
    return places or bool(_PLACE.search(sentence))


_RULES: dict[str, Callable[[str, str], bool]] = {
    "who": _who,
    "where": _where,
    "when": lambda question, sentence: bool(_YEAR.search(sentence) or _TIME.search(sentence)),
    "how": lambda question, sentence: bool(_AMOUNT.search(sentence) or _MANNER.search(sentence)),
    "why": lambda question, sentence: bool(_REASON.search(sentence)),
    "what": lambda question, sentence: True,
}


@dataclass(frozen=True)
class Asked:
    """A question with its candidate sentences. answers: which of them answer it. overlap (C,): cosines of TF-IDF
    between the question and each sentence."""

    question: str
    candidates: tuple[str, ...]
    answers: tuple[int, ...]
    overlap: Floats


def ask(questions: Sequence[str], candidates: Sequence[Sequence[str]], answers: Sequence[Sequence[int]]) -> list[Asked]:
    """Questions with the overlaps of their candidates; the weights of words are learned from all candidates given."""
    features = TextFeatures()
    sentences = features.fit_transform([sentence for group in candidates for sentence in group])
    asked = features.transform(list(questions))
    found, start = [], 0
    for k, (question, group, right) in enumerate(zip(questions, candidates, answers, strict=True)):
        rows = sentences[start : start + len(group)]
        start += len(group)
        overlap = np.asarray((rows @ asked[k].T).todense(), float).ravel()
        found.append(Asked(question, tuple(group), tuple(right), overlap))
    return found


def rank_of_answer(asked: Asked, kind: str | None = None, penalty: float = 2.0) -> int:
    """The rank, from 1, of the first right candidate: by overlap, equal ones in the order of the text.

    kind: the type of the question; candidates without what it asks for lose `penalty` of their overlap, a cosine: with
    more than 1 they come after all others. None: no type is known, and the overlap alone ranks.
    """
    score = asked.overlap
    if kind is not None:
        lacking = [not has_answer_type(kind, asked.question, sentence) for sentence in asked.candidates]
        score = score - penalty * np.array(lacking)
    order = np.argsort(-score, kind="stable")
    return int(np.flatnonzero(np.isin(order, asked.answers))[0]) + 1
