"""Features of texts, beside scikit-learn's own and by hand."""

import pickle
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from ketwork.experiments import text
from ketwork.experiments.text import TextFeatures, words_of

SAID = ["Loved this place", "The food was loved", "not tasty, not good", "Good food, good place", "I don't love it"]


class Watched(TextFeatures):
    seen = []  # noqa: RUF012

    def fit_transform(self, X, y=None):
        self.seen.append(len(X))
        return super().fit_transform(X, y)


def test_words():
    assert words_of("The waiters weren\u2019t loving 2 pizzas!") == ["waiter", "weren't", "love", "2", "pizza"]
    assert words_of("It is NOT good", stem=False, keep=("not",)) == ["not", "good"]
    assert words_of("Who was it?", stop_words=False) == ["who", "was", "it"]
    assert words_of("Cr\u00eape_brul\u00e9e", stem=False) == ["cr\u00eape", "brul\u00e9e"]


def test_counts_by_hand():
    model = TextFeatures("counts")
    table = model.fit_transform(SAID).toarray()
    assert model.words_.tolist() == ["don't", "food", "good", "love", "place", "tasti"]
    assert table[3].tolist() == [0, 1, 2, 0, 1, 0]
    assert model.transform(["unknown words, good"]).toarray().tolist() == [[0, 0, 1, 0, 0, 0]]


def test_tfidf_by_hand():
    """Smoothed: log((1 + N) / (1 + texts with the word)) + 1, rows of length 1."""
    counts = TextFeatures("counts").fit_transform(SAID).toarray()
    wanted = counts * (np.log((1 + len(SAID)) / (1 + (counts > 0).sum(axis=0))) + 1)
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    np.testing.assert_allclose(TextFeatures().fit_transform(SAID).toarray(), wanted)


def test_reductions_are_those_of_the_training_texts():
    table = TextFeatures().fit_transform(SAID).toarray()
    for name, peer in (("svd", TruncatedSVD(2, random_state=0)), ("pca", PCA(2, random_state=0))):
        model = TextFeatures(n_features=2, reduction=name, random_state=0)
        found = model.fit_transform(SAID)
        np.testing.assert_allclose(found, peer.fit_transform(table), atol=1e-9)
        np.testing.assert_allclose(model.transform(SAID), found, atol=1e-9)
        assert model.explained_ == pytest.approx(peer.explained_variance_ratio_.sum())


def test_no_more_features_than_words():
    model = TextFeatures(n_features=50)
    assert model.fit_transform(SAID).shape == (5, 6)
    assert TextFeatures(n_features=50, reduction="pca").fit(SAID).transform(SAID[:2]).shape == (2, 6)


def test_selected_words_say_most():
    liked = [1, 1, 0, 0, 1]
    model = TextFeatures("counts", select=2).fit(SAID, liked)
    assert model.words_.tolist() == ["good", "love"]
    assert model.transform(SAID).shape == (5, 2)
    with pytest.raises(ValueError, match="`select` needs targets"):
        TextFeatures(select=2).fit(SAID)


def test_pairs_and_rare_words():
    assert "food good" in TextFeatures("counts", pairs=True).fit(["food good", "bad food"]).words_.tolist()
    assert TextFeatures("counts", least=2).fit(SAID).words_.tolist() == ["food", "good", "love", "place"]


def test_nests_in_a_search():
    """The words of the test part are never seen in training."""
    seen = Watched.seen = []
    texts, y = np.array(SAID * 4, object), [1, 1, 0, 0, 1] * 4
    search = GridSearchCV(make_pipeline(Watched(), LogisticRegression()), {"watched__n_features": [2, None]}, cv=2)
    search.fit(texts, y)
    assert seen[:-1] == [10] * 4 and seen[-1] == 20
    assert search.predict(["good food"]).shape == (1,)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(search)).predict(texts), search.predict(texts))
    assert clone(TextFeatures(n_features=3)).n_features == 3
    np.testing.assert_array_equal(TextFeatures().fit_transform(texts.reshape(-1, 1)).toarray(),
                                  TextFeatures().fit_transform(texts).toarray())  # fmt: skip


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        ({"weighting": "tf-idf"}, ValueError, "Did you mean 'tfidf'"),
        ({"reduction": "lda"}, ValueError, "`reduction` must be one of svd, pca"),
        ({"n_features": 0}, ValueError, "`n_features` must be at least 1"),
        ({"least": 0.5}, TypeError, "`least` must be an integer"),
    ],
)
def test_doors_of_parameters(given, kind, message):
    with pytest.raises(kind, match=message):
        TextFeatures(**given).fit(SAID)


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        ("one text", TypeError, "but is one text"),
        ([], ValueError, "at least one"),
        (["a word", None], TypeError, "holds None in row 1"),
        (["the", "it is"], ValueError, "The 2 texts hold no words"),
        ([["a", "b"]], ValueError, r"shape \(1, 2\)"),
    ],
)
def test_doors_of_texts(given, kind, message):
    with pytest.raises(kind, match=message):
        TextFeatures().fit(given)


def test_the_extra_is_named(monkeypatch):
    text._stemmer.cache_clear()
    monkeypatch.setitem(sys.modules, "snowballstemmer", None)
    with pytest.raises(ImportError, match=r"ketwork\[text\]"):
        words_of("unheardofword")
    monkeypatch.undo()
    text._stemmer.cache_clear()
