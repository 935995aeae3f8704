"""What is claimed of searches: tests paired by seed, Holm's correction, and no more than they show."""

import numpy as np
import pytest
from scipy import stats

from ketwork.experiments.search_verdict import against_random, final_error, final_errors, sentence

RNG = np.random.default_rng(0)
RANDOM = RNG.normal(1.0, 0.1, 8)
ERRORS = {"random": RANDOM, "good": RANDOM - 0.5 + RNG.normal(0, 0.05, 8), "same": RANDOM + RNG.normal(0, 0.05, 8),
          "bad": RANDOM + 0.4 + RNG.normal(0, 0.05, 8)}  # fmt: skip


def test_tests_are_the_paired_t_test_with_holms_correction():
    tests = against_random(ERRORS)
    p = [stats.ttest_rel(ERRORS[name], RANDOM).pvalue for name in ("good", "same", "bad")]
    assert [test.p for test in tests] == pytest.approx(p)
    order = np.argsort(p)
    wanted = np.maximum.accumulate(np.minimum(1, np.array(p)[order] * [3, 2, 1]))
    assert [tests[k].adjusted for k in order] == pytest.approx(wanted)
    assert [test.claim for test in tests] == ["better", "no difference shown", "worse"]
    assert tests[0].difference == pytest.approx(np.mean(ERRORS["good"]) - RANDOM.mean())


def test_chance_alone_is_rarely_taken_for_a_difference():
    """Of 400 comparisons of equal methods with three tests each, at most about 5 % may claim anything."""
    rng, wrong = np.random.default_rng(1), 0
    for _ in range(400):
        drawn = {name: rng.normal(size=5) for name in ("random", "a", "b", "c")}
        wrong += any(test.claim in ("better", "worse") for test in against_random(drawn))
    assert wrong <= stats.binom.ppf(0.999, 400, 0.05)


def test_the_sentence_says_what_the_tests_show():
    text = sentence("H2", "hartree", against_random(ERRORS), 8, 12_000)
    assert text.startswith("On H2 with 12,000 circuit evaluations and 8 seeds, random search reaches an error of ")
    assert "of the 3 others good has the least mean" in text and "Holm's correction over 3" in text
    assert "better: good (p = " in text and "worse: bad (p = " in text and "no difference shown: same (p = " in text
    one = {name: values[:1] for name, values in ERRORS.items()}
    assert "One seed allows no test" in sentence("H2", "", against_random(one), 1, 10)
    alone = sentence("H2", "", against_random({"random": RANDOM}), 8, 10)
    assert "only random search took part" in alone


def test_a_method_that_found_nothing_has_no_test():
    tests = against_random({"random": RANDOM, "none": [float("nan")] * 8, "good": ERRORS["good"]})
    assert [test.claim for test in tests] == ["no test", "better"]


def row(seed=0, method="a", **final):
    return {"method": method, "seed": seed, "final": final}


def test_the_error_that_counts_is_of_what_the_search_did_not_see():
    assert final_error(row(ideal=0.1, noisy=None, held_out=None)) == 0.1
    assert final_error(row(ideal=0.1, noisy=0.2, held_out=0.3)) == 0.3
    assert final_error(row(ideal=0.1, accuracy_ideal=0.75)) == 0.25
    assert final_error(row(ideal=0.1, held_out=0.3, accuracy_ideal=0.75, accuracy_held_out=0.5)) == 0.5
    assert np.isnan(final_error({"method": "a", "seed": 1, "best": None, "final": {}}))
    rows = [row(2, ideal=0.2), row(1, ideal=0.1), row(0, "b", ideal=0.5)]
    assert final_errors(rows, "a") == [0.1, 0.2]
