"""The door of `compare`, and its rows: the same folds and budgets for all, kept as they are done."""

import json

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC

from ketwork.experiments.compare import compare
from ketwork.experiments.contest import fold_seed, set_up
from ketwork.experiments.data import load
from ketwork.experiments.ledger import open_ledger
from ketwork.experiments.task import UserError

MODELS = {"svc": (SVC(), {"C": [0.1, 10.0, 100.0]})}
OTHERS = {"bayes": GaussianNB(), "line": (LogisticRegression(), {"C": [0.01, 1.0, 10.0]})}
QUICK = {"budget": 4, "folds": 3, "inner": 2, "progress": False}


def without_times(rows):
    return [{k: v for k, v in row.items() if k not in ("seconds", "fit_seconds")} for row in rows]


@pytest.fixture(scope="module")
def found():
    return compare(MODELS, OTHERS, ["iris", "wine"], seeds=2, **QUICK)


def test_everyone_meets_every_fold_once_with_the_same_budget(found):
    places = [(r["contender"], r["data"], r["seed"], r["fold"]) for r in found.rows]
    assert len(places) == len(set(places)) == 3 * 2 * 2 * 3
    spent = {name: {r["fits"] for r in found.rows if r["contender"] == name} for name in found.names()}
    assert spent == {"svc": {4}, "line": {4}, "bayes": {0}}
    for row in found.rows:
        assert row["score"] == row["accuracy"] == np.trace(row["confusion"]) / np.sum(row["confusion"])
    tested = [
        np.sum(r["confusion"]) for r in found.rows if (r["contender"], r["data"], r["seed"]) == ("svc", "iris", 1)
    ]
    assert sum(tested) == 150


def test_scores_are_those_of_scikit_learns_cross_validation(found):
    """Without anything to tune, our folds are a pipeline in scikit-learn's."""
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    wine = load("wine")
    for seed in (0, 1):
        folds = StratifiedKFold(3, shuffle=True, random_state=seed)
        peer = cross_val_score(make_pipeline(StandardScaler(), GaussianNB()), wine.X, wine.y, cv=folds)
        ours = [r["score"] for r in found.rows if (r["contender"], r["data"], r["seed"]) == ("bayes", "wine", seed)]
        np.testing.assert_allclose(ours, peer)


@pytest.mark.parametrize(("budget", "inner"), [(1, 1), (2, 1), (4, 2), (5, 2), (6, 3), (40, 3)])
def test_a_small_budget_still_tunes(budget, inner):
    """Two settings at least, by fewer inner folds, or nothing is tuned because nothing was to be."""
    setup = set_up(MODELS, OTHERS, "iris", budget, 1, 5, None, None, None, False)
    assert setup.plan.inner == inner
    assert budget == 1 or budget // inner >= 2


class Lucky(ClassifierMixin, BaseEstimator):
    """As good as its start: right with a chance that its random_state decides."""

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.always_ = np.random.default_rng(self.random_state).choice(self.classes_)
        return self

    def predict(self, X):
        return np.full(len(X), self.always_)


def test_every_fold_has_a_start_of_its_own_the_same_for_all_contenders():
    """With one start for all folds, the scatter over folds would not hold that of the start."""
    y = np.repeat([0, 1, 1, 1], 24)
    data = (np.random.default_rng(0).normal(size=(96, 2)), y)
    found = compare({"one": Lucky()}, {"other": Lucky()}, data, budget=1, folds=6, inner=1, seeds=2, progress=False)
    one, other = found.column("data", "one"), found.column("data", "other")
    np.testing.assert_array_equal(one, other)
    assert set(np.round(one, 6)) == {0.25, 0.75}
    assert len({fold_seed(seed, fold) for seed in range(20) for fold in range(10)}) == 200
    assert 0 <= fold_seed(2**31 - 1, 9) < 2**31


class Fragile(ClassifierMixin, BaseEstimator):
    """Interrupts or fails at its so-many-th fit."""

    fits = 0

    def __init__(self, last=10**9, error=KeyboardInterrupt):
        self.last = last
        self.error = error

    def fit(self, X, y):
        Fragile.fits += 1
        if Fragile.fits > self.last:
            raise self.error("enough")
        self.model_, self.classes_ = GaussianNB().fit(X, y), np.unique(y)
        return self

    def predict(self, X):
        return self.model_.predict(X)


def test_an_interrupted_comparison_goes_on_to_the_same_numbers(tmp_path):
    arguments = ({"f": Fragile()}, OTHERS, "iris")
    whole = compare(*arguments, **QUICK)

    def stop(self, X, y, fit=Fragile.fit):
        if Fragile.fits >= 2:
            raise KeyboardInterrupt
        return fit(self, X, y)

    Fragile.fits = 0
    patch = pytest.MonkeyPatch()
    patch.setattr(Fragile, "fit", stop)
    with pytest.raises(KeyboardInterrupt):
        compare(*arguments, out=tmp_path / "run", **QUICK)
    patch.undo()
    kept = (tmp_path / "run" / "rows.jsonl").read_text().splitlines()
    assert len(kept) == 6  # two folds of three contenders
    assert json.loads(kept[0])["contender"] == "f"
    rest = compare(*arguments, out=tmp_path / "run", resume=True, **QUICK)
    assert without_times(rest.rows) == without_times(whole.rows)
    assert Fragile.fits == 3  # nothing was fitted twice
    with pytest.raises(UserError, match="already holds another run"):
        compare(arguments[0], OTHERS, "wine", out=tmp_path / "run", resume=True, **QUICK)
    with pytest.raises(UserError, match="already holds this run; add --resume"):
        compare(*arguments, out=tmp_path / "run", **QUICK)


def test_two_comparisons_share_a_ledger_without_mixing(tmp_path):
    with open_ledger(tmp_path / "run", {"what": "two"}) as ledger:
        X, y = load("iris").X, load("iris").y
        first = compare({"m": GaussianNB()}, ["logistic regression"], {"d": (X, y)}, ledger=ledger, **QUICK)
        second = compare({"m": DummyClassifier()}, ["logistic regression"], {"d": (X, y)}, ledger=ledger, **QUICK)
    assert first.score("d", "m").mean > 0.9 > second.score("d", "m").mean
    assert len(ledger.rows) == 12


def test_a_fit_that_fails_is_named():
    Fragile.fits = 0
    with pytest.raises(ValueError, match="f on iris: enough"):
        compare({"f": Fragile(0, ValueError)}, OTHERS, "iris", **QUICK)


X, Y = np.random.default_rng(0).normal(size=(30, 2)), np.arange(30) % 2
NB = {"m": GaussianNB()}


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((NB, {}, "iris"), {}, ValueError, "`baselines` must not be empty"),
        (({}, None, "iris"), {}, ValueError, "`models` must not be empty"),
        ((GaussianNB(), None, "iris"), {}, TypeError, "`models` must be a dict name -> estimator"),
        (({"": GaussianNB()}, None, "iris"), {}, TypeError, "Names in `models` must be text"),
        ((NB, ["boosting"], "iris"), {}, ValueError, "Did you mean 'gradient boosting'"),
        ((NB, ["gradient boosting"] * 2, "iris"), {}, ValueError, "'gradient boosting' is there twice"),
        ((NB, NB, "iris"), {}, ValueError, "different names, but 'm' is there twice"),
        ((NB, OTHERS, []), {}, ValueError, "`data` must hold at least one"),
        ((NB, OTHERS, 5), {}, TypeError, "`data` must be a Dataset"),
        ((NB, OTHERS, "irs"), {}, UserError, "Did you mean iris"),
        ((NB, OTHERS, ["iris", "iris"]), {}, ValueError, "'iris' is there twice"),
        ((NB, OTHERS, (X, Y[:9])), {}, ValueError, r"as many rows, but have shapes \(30, 2\) and \(9,\)"),
        ((NB, OTHERS, (X, np.zeros(30, int))), {}, UserError, "have the class '0'; at least 2"),
        ((NB, OTHERS, (X, np.where(np.arange(30) < 2, 1, 0))), {}, ValueError, "class '1' has 2 rows, fewer than 5 fo"),
        ((NB, OTHERS, (np.where(X > 1, np.nan, X), Y)), {}, UserError, "holds nan"),
        (
            (NB, OTHERS, ["iris", "diabetes"]),
            {},
            ValueError,
            "diabetes has numbers as targets, but 'iris' is for classes",
        ),
        (
            (NB, OTHERS, "iris"),
            {"scoring": "r2"},
            ValueError,
            "has classes as targets, but scoring 'r2' is for numbers",
        ),
        (({"m": LinearRegression()}, OTHERS, "iris"), {}, ValueError, "'m' is a regressor, but the data has classes"),
        ((NB, None, "diabetes"), {}, ValueError, "'m' is a classifier, but the data has numbers"),
        ((NB, OTHERS, "iris"), {"scoring": "acuracy"}, ValueError, "Did you mean 'accuracy'"),
        ((NB, OTHERS, "iris"), {"budget": 0}, ValueError, "`budget` must be at least 1, but is 0"),
        ((NB, OTHERS, "iris"), {"folds": 1}, ValueError, "`folds` must be at least 2"),
        ((NB, OTHERS, "iris"), {"inner": 0}, ValueError, "`inner` must be at least 1"),
        ((NB, OTHERS, "iris"), {"seeds": 0}, ValueError, "`seeds` must be at least 1"),
        ((NB, OTHERS, "iris"), {"budget": 4, "inner": 3}, ValueError, "one setting with 3 inner folds.*take 6 or more"),
        ((NB, OTHERS, "iris"), {"seeds": [1, 1]}, ValueError, "`seeds` must hold different seeds"),
        ((NB, OTHERS, "iris"), {"features": 0}, ValueError, "`features` must be at least 1"),
    ],
)
def test_the_door(arguments, options, error, message):
    with pytest.raises(error, match=message):
        compare(*arguments, progress=False, **options)
