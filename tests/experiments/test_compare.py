"""Statistics that verdicts rest on: coverage of intervals, the level of the test, the words."""

import numpy as np
import pytest
from scipy import stats
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from ketwork.experiments.compare import compare, interval, paired_p_value, verdict
from ketwork.experiments.ranks import holm


def test_intervals_cover_the_mean_as_often_as_they_say():
    rng = np.random.default_rng(0)
    found = [interval(rng.normal(0.8, 0.05, 6)) for _ in range(2000)]
    covered = np.mean([abs(i.mean - 0.8) <= i.half for i in found])
    assert 0.93 < covered < 0.97


def test_corrected_test_keeps_its_level_on_overlapping_splits():
    """Scores with a part that all splits share: the uncorrected test would cry wolf."""
    rng = np.random.default_rng(1)
    wolf = 0
    for _ in range(1000):
        shared = rng.normal(0, np.sqrt(1 / 3))
        wolf += paired_p_value(shared + rng.normal(0, 1, 10), np.zeros(10), 0.25) < 0.05
    assert wolf / 1000 < 0.09


def test_a_clear_difference_is_found_and_named():
    a, b = np.array([0.9, 0.91, 0.92, 0.9, 0.91]), np.array([0.8, 0.82, 0.81, 0.8, 0.82])
    assert "quantum model is better" in verdict("d", a, "svm", b, 0.25)
    assert "baseline is better" in verdict("d", b, "svm", a, 0.25)
    assert "no difference shown" in verdict("d", a, "svm", a[::-1], 0.25)
    assert "allows no test" in verdict("d", a[:1], "svm", b[:1], 0.25)


def test_edges():
    assert np.isnan(paired_p_value([1.0], [0.5], 0.25))
    assert paired_p_value([1.0, 1.0], [1.0, 1.0], 0.25) == 1
    same = [0.8, 0.9], [0.7, 0.8]  # equal differences: no spread, no test
    assert np.isnan(paired_p_value(*same, 0.25))
    assert "Equal differences in all repetitions allow no test" in verdict("d", same[0], "svm", same[1], 0.25)
    assert interval([0.5]).mean == pytest.approx(0.5)


def test_intervals_of_folds_are_wider_by_what_they_share():
    """Nadeau and Bengio: the variance of the mean of k folds is (1/k + 1/(k - 1)) times that of one."""
    scores = [0.8, 0.9, 0.85, 0.7, 0.95]
    wide, narrow = interval(scores, 1 / 5), interval(scores)
    assert wide.half / narrow.half == pytest.approx(np.sqrt((1 / 5 + 1 / 4) / (1 / 5)))


def test_a_verdict_says_that_it_was_corrected():
    a, b = np.array([0.9, 0.91, 0.92]), np.array([0.8, 0.82, 0.81])
    assert "Paired test with Holm's correction: no difference shown (p = 0.2)" in verdict("d", a, "s", b, 0.2, "", 0.2)
    assert "the quantum model is better (p = 0.001)" in verdict("d", a, "s", b, 0.2, "", 0.001)


@pytest.fixture(scope="module")
def found():
    """A model that learns, one that guesses, and two baselines of the same two kinds."""
    models = {"learner": GaussianNB(), "guesser": DummyClassifier(strategy="most_frequent")}
    baselines = {"line": LogisticRegression(), "dummy": DummyClassifier(strategy="prior")}
    return compare(models, baselines, ["iris", "wine", "breast-cancer"], folds=4, progress=False)


def test_claims_are_those_of_the_corrected_tests(found):
    claims = {(t.data, t.model, t.other): t.claim for t in found.tests}
    for data in found.data:
        assert claims[data, "learner", "dummy"] == "better"
        assert claims[data, "guesser", "line"] == "worse"
        assert claims[data, "guesser", "dummy"] == "no difference shown"  # equal on every fold
        assert claims[data, "learner", "line"] == "no difference shown" or data == "breast-cancer"


def test_tests_are_those_of_the_formulas(found):
    """Student's t with the variance of Nadeau and Bengio for 4 folds, and Holm over all 12 of them."""
    raw = []
    for test in found.tests:
        d = found.column(test.data, test.model) - found.column(test.data, test.other)
        assert test.difference == pytest.approx(d.mean())
        if np.ptp(d) > 0:
            t = d.mean() / np.sqrt(d.var(ddof=1) * (1 / 4 + 1 / 3))
            assert test.p == pytest.approx(2 * stats.t.sf(abs(t), 3))
        raw.append(test.p)
    assert len(raw) == 12
    np.testing.assert_allclose([t.adjusted for t in found.tests], holm(raw))


def test_the_verdict_counts_and_ranks(found):
    assert (
        "Over 3 data sets, guesser against the best baseline of each (Holm's correction over 12 tests): worse on 3"
        in (found.verdict)
    )
    assert "Mean ranks: " in found.verdict
    assert found.ranks.mean[0] < 2 < found.ranks.mean[-1]
    assert {"guesser", "dummy"} == set(found.ranks.names[2:])
    assert found.ranks.mean[2] == found.ranks.mean[3] == 3.5


def test_the_table_has_every_contender_and_data_set(found):
    lines = found.table().splitlines()
    assert [line.split("  ")[0] for line in lines[1:]] == list(found.names())
    assert all(data in lines[0] for data in found.data)
    assert str(found.score("wine", "line")) in lines[3]


def test_one_data_set_gets_a_sentence_with_its_numbers(found):
    one = compare({"learner": GaussianNB()}, {"dummy": DummyClassifier()}, "wine", folds=4, progress=False)
    assert f"On wine learner reaches an accuracy of {one.score('wine', 'learner')}" in one.verdict
    assert "learner is better (p = " in one.verdict
    even = compare({"a": GaussianNB()}, {"b": GaussianNB()}, "wine", folds=4, progress=False)
    assert "no difference shown (p = 1)" in even.verdict


def test_chance_is_rarely_called_a_difference():
    """Labels without meaning: over 30 comparisons with two baselines each, hardly any model is better or worse."""
    rng = np.random.default_rng(0)
    claims = []
    for _ in range(30):
        X, y = rng.normal(size=(60, 3)), rng.permutation(np.arange(60) % 2)
        others = {"line": LogisticRegression(), "dummy": DummyClassifier(strategy="uniform")}
        claims += [t.claim for t in compare({"m": GaussianNB()}, others, (X, y), progress=False).tests]
    assert np.mean([claim != "no difference shown" for claim in claims]) < 0.1


def test_numbers_are_compared_in_their_own_units():
    from sklearn.linear_model import LinearRegression

    found = compare({"m": LinearRegression()}, ["ridge regression"], "diabetes", 3, scoring="neg_mean_squared_error",
                    inner=1, folds=3, progress=False)  # fmt: skip
    assert -3500 < found.score("diabetes", "m").mean < -2500  # the variance of the targets is 5930
    assert "a negative mean squared error of -" in found.verdict


def test_quantum_models_bring_their_ablations():
    from ketwork.models.classifier import VariationalClassifier

    model = VariationalClassifier(layers=1, epochs=2, n_qubits=2)
    X, y = np.random.default_rng(0).normal(size=(24, 2)), np.arange(24) % 2
    found = compare({"vqc": model}, {"bayes": GaussianNB()}, (X, y), 1, folds=2, progress=False)
    assert found.names("ablation") == ("vqc, frozen random circuit", "vqc, no entangling gates")
    kinds = [(t.kind, t.other) for t in found.tests]
    assert kinds == [("baseline", "bayes")] + [("ablation", name) for name in found.names("ablation")]
    assert found.ranks.names in (("vqc", "bayes"), ("bayes", "vqc"))  # ablations answer another question
    alone = compare({"vqc": model}, {"bayes": GaussianNB()}, (X, y), 1, folds=2, ablations=False, progress=False)
    assert alone.names() == ("vqc", "bayes")
