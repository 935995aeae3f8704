"""From sentences to features: words without stop words, their stems, counts or TF-IDF, a few components."""

import re
from collections.abc import Iterable
from functools import cache, partial
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from ketwork.checks import check_choice, check_int, need_extra

WEIGHTINGS = ("counts", "tfidf")
REDUCTIONS = ("svd", "pca")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+")


def words_of(text: str, stem: bool = True, stop_words: bool = True, keep: Iterable[str] = ()) -> list[str]:
    """The words of a text in their order, in lower case: runs of letters (don't is one word) and of digits.

    stop_words: leave out scikit-learn's English list, except what is in `keep` (that list holds "not", "no" and "who").
    stem: cut words to their stems (Snowball's English stemmer), after that.
    Raises: ImportError where `stem` needs the extra "text" and it is missing.
    Source: Porter, Snowball: a language for stemming algorithms, 2001.
    """
    found = _WORD.findall(text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    if stop_words:
        from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

        dropped = ENGLISH_STOP_WORDS.difference(keep)
        found = [word for word in found if word not in dropped]
    return [_stem(word) for word in found] if stem else found


@cache
def _stemmer() -> Any:
    return need_extra("snowballstemmer", "text").stemmer("english")


@cache
def _stem(word: str) -> str:
    return str(_stemmer().stemWord(word))


class TextFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Texts (N,) to features (N, F), as a scikit-learn transformer: all that it learns is of the texts it is fitted on.

    Parameters
    ----------
    weighting : "counts" of words, or "tfidf" of them, rows of length 1.
    n_features : how many components to reduce to; None for all words, as a sparse matrix. Never more than there are.
    reduction : "svd" of what is not centred (TruncatedSVD), or "pca".
    stem, stop_words, keep : as `words_of`.
    pairs : take two words in a row as a word as well.
    least : leave out words that are in fewer texts.
    select : before the reduction keep this many words that say most about the targets (chi-squared); None for all.
    random_state : seed of the reduction.

    Attributes
    ----------
    words_ : of the columns before the reduction, as an array. explained_ : share of their variance in the components.

    Words that were not seen in `fit` are ignored afterwards; a text without known words is all zeros before "pca".
    """

    def __init__(
        self,
        weighting: str = "tfidf",
        n_features: int | None = None,
        reduction: str = "svd",
        stem: bool = True,
        stop_words: bool = True,
        keep: tuple[str, ...] = (),
        pairs: bool = False,
        least: int = 1,
        select: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.weighting, self.n_features, self.reduction = weighting, n_features, reduction
        self.stem, self.stop_words, self.keep = stem, stop_words, keep
        self.pairs, self.least, self.select, self.random_state = pairs, least, select, random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.string = False, True
        return tags

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn words, their weights and the components from texts (N,); targets y (N,) are for `select` alone.

        Raises: ValueError for bad parameters, or texts without words; TypeError for what is not text.
        """
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """`fit`, and the features of these texts."""
        self._check()
        if self.select is not None and y is None:
            raise ValueError("Argument `select` needs targets y: it keeps the words that say most about them.")
        texts = _checked(X)
        self._counter = self._counting(texts)
        table = self._counter.fit_transform(texts)
        self.words_: NDArray[Any] = self._counter.get_feature_names_out()
        self._chosen = None
        if self.select is not None and self.select < table.shape[1]:
            from sklearn.feature_selection import chi2

            said = np.nan_to_num(chi2(table, y)[0])
            self._chosen = np.sort(np.argsort(-said, kind="stable")[: self.select])
            table, self.words_ = table[:, self._chosen], self.words_[self._chosen]
        self._reducer, self.explained_ = None, 1.0
        if self.n_features is None:
            return table
        self._reducer = self._reducing(table.shape)
        if self._reducer is None:
            return table.toarray()
        found = self._reducer.fit_transform(table if self.reduction == "svd" else table.toarray())
        self.explained_ = float(np.sum(self._reducer.explained_variance_ratio_))
        return found

    def transform(self, X: Any) -> Any:
        """Features of texts (N,): (N, F), sparse where `n_features` is None."""
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self, "words_")
        table = self._counter.transform(_checked(X))
        if self._chosen is not None:
            table = table[:, self._chosen]
        if self.n_features is None:
            return table
        if self._reducer is None:
            return table.toarray()
        return self._reducer.transform(table if self.reduction == "svd" else table.toarray())

    def _check(self) -> None:
        check_choice("weighting", self.weighting, WEIGHTINGS)
        check_choice("reduction", self.reduction, REDUCTIONS)
        check_int("least", self.least, 1)
        for name in ("n_features", "select"):
            if getattr(self, name) is not None:
                check_int(name, getattr(self, name), 1)

    def _counting(self, texts: list[str]) -> Any:
        from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

        analyse = partial(_counted, self.stem, self.stop_words, self.keep, self.pairs)
        if not any(map(analyse, texts)):
            raise ValueError(f"The {len(texts)} texts hold no words to learn from.")
        kind = CountVectorizer if self.weighting == "counts" else TfidfVectorizer
        return kind(analyzer=analyse, min_df=self.least, dtype=np.float64)

    def _reducing(self, shape: tuple[int, int]) -> Any:
        """What reduces a table of this shape, or None where it has no more columns than wanted."""
        from sklearn.decomposition import PCA, TruncatedSVD

        wanted = int(self.n_features or 0)
        if wanted >= shape[1]:
            return None
        if self.reduction == "svd":
            return TruncatedSVD(wanted, random_state=self.random_state)
        return PCA(min(wanted, shape[0]), random_state=self.random_state)


def _counted(stem: bool, stop_words: bool, keep: tuple[str, ...], pairs: bool, text: str) -> list[str]:
    """What is counted of a text; a function of the module, so that a fitted model can be pickled."""
    found = words_of(text, stem, stop_words, keep)
    return found + [" ".join(two) for two in pairwise(found)] if pairs else found


def _checked(X: Any) -> list[str]:
    """Texts as a list; a column of texts will do."""
    if isinstance(X, str):
        raise TypeError("Argument `X` must hold texts, one a sample, but is one text.")
    texts = np.asarray(X, object)
    if texts.ndim == 2 and texts.shape[1] == 1:
        texts = texts[:, 0]
    if texts.ndim != 1 or not len(texts):
        raise ValueError(f"Argument `X` must hold texts (N,), at least one, but has shape {texts.shape}.")
    wrong = next((k for k, text in enumerate(texts) if not isinstance(text, str)), None)
    if wrong is not None:
        raise TypeError(f"Argument `X` must hold texts, but holds {texts[wrong]!r} in row {wrong}.")
    return [str(text) for text in texts]
