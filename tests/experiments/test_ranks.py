"""Rank statistics against scipy, published examples and their levels under the null hypothesis."""

import numpy as np
import pytest
from scipy import stats

from ketwork.experiments.ranks import cliques, critical_difference, friedman, holm, permuted, rank, wilcoxon

AUC = np.array([  # C4.5 with m and cf tuned: Demsar 2006, table 6
    (0.763, 0.768, 0.771, 0.798), (0.599, 0.591, 0.590, 0.569), (0.954, 0.971, 0.968, 0.967),
    (0.628, 0.661, 0.654, 0.657), (0.882, 0.888, 0.886, 0.898), (0.936, 0.931, 0.916, 0.931),
    (0.661, 0.668, 0.609, 0.685), (0.583, 0.583, 0.563, 0.625), (0.775, 0.838, 0.866, 0.875),
    (1.000, 1.000, 1.000, 1.000), (0.940, 0.962, 0.965, 0.962), (0.619, 0.666, 0.614, 0.669),
    (0.972, 0.981, 0.975, 0.975), (0.957, 0.978, 0.946, 0.970),
])  # fmt: skip
NAMES = ("C4.5", "m", "cf", "m+cf")


def test_holm_by_hand():
    """0.01 x 4, 0.02 x 3, then no less than that before."""
    np.testing.assert_allclose(holm([0.03, 0.01, 0.5, 0.02]), [0.06, 0.04, 0.5, 0.06])
    np.testing.assert_allclose(holm([0.9, 0.8]), [1.0, 1.0])
    found = holm([np.nan, 0.02, 0.03])
    assert np.isnan(found[0])
    np.testing.assert_allclose(found[1:], [0.04, 0.04])
    assert holm([]).size == 0


def test_holm_keeps_the_familys_level():
    rng = np.random.default_rng(0)
    wolf = np.mean([(holm(rng.uniform(size=8)) < 0.05).any() for _ in range(3000)])
    assert 0.035 < wolf < 0.062


@pytest.mark.parametrize("seed", range(4))
def test_friedman_is_scipys_with_ties_too(seed):
    scores = np.random.default_rng(seed).integers(0, 5, (9, 4)) / 5
    table = np.array([stats.rankdata(-row) for row in scores])
    chi2, p, f, f_p = friedman(table)
    peer = stats.friedmanchisquare(*scores.T)
    assert (chi2, p) == pytest.approx((peer.statistic, peer.pvalue))
    assert f == pytest.approx(8 * chi2 / (9 * 3 - chi2))
    assert f_p == pytest.approx(stats.f.sf(f, 3, 24))


def test_two_data_sets_that_agree_show_nothing():
    """Chance makes two orders of three agree once in 6, and of four once in 24; F would be infinite."""
    assert permuted([[1, 2, 3], [1, 2, 3]]) == pytest.approx(1 / 6, abs=0.01)
    assert permuted([[1, 2, 3, 4], [1, 2, 3, 4]]) == pytest.approx(1 / 24, abs=0.005)
    found = rank("abc", [[3, 2, 1], [3, 2, 1]])
    assert found.f == np.inf and found.alike
    assert np.isnan(permuted([[1, 2, 3]]))


def test_permutations_and_chi2_agree_for_many_data_sets_and_keep_the_level_for_few():
    rng = np.random.default_rng(0)
    table = np.array([stats.rankdata(row) for row in rng.normal(size=(40, 5)) + 0.25 * np.arange(5)])
    assert permuted(table) == pytest.approx(friedman(table)[1], abs=0.01)
    few = [permuted(np.argsort(rng.normal(size=(3, 4)), axis=1) + 1.0) for _ in range(200)]
    assert np.mean(np.array(few) < 0.05) < 0.09


def test_a_published_example():
    """Mean ranks of three of the four, the critical difference 1.25 and 2.569 sqrt(20 / 84) of Demsar 2006."""
    found = rank(NAMES, AUC)
    mean = dict(zip(found.names, found.mean, strict=True))
    assert mean["C4.5"] == pytest.approx(3.143, abs=5e-4)
    assert mean["m"] == pytest.approx(2.0)
    assert found.critical == pytest.approx(1.25, abs=0.005)
    assert found.pair("C4.5", "m").p == found.pair("m", "C4.5").p == pytest.approx(0.011, abs=0.002)
    assert not found.alike


@pytest.mark.parametrize(("contenders", "q"), [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (7, 2.949), (10, 3.164)])
def test_nemenyis_critical_values(contenders, q):
    """Table 5(a) of Demsar 2006."""
    found = critical_difference(contenders, 10) / np.sqrt(contenders * (contenders + 1) / 60)
    assert found == pytest.approx(q, abs=1.5e-3)  # the table cuts digits off


def test_wilcoxon_is_scipys_and_knows_ties():
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=12), rng.normal(size=12)
    assert wilcoxon(a, b) == pytest.approx(stats.wilcoxon(a, b).pvalue)
    assert wilcoxon(a, a) == 1.0
    assert np.isnan(wilcoxon([1.0], [0.5]))
    assert wilcoxon(a[:5] + 9, b[:5]) == pytest.approx(2 / 2**5)  # five of five the same way: as far as five can go


def test_cliques_are_the_longest_runs_within_the_critical_difference():
    names, mean = tuple("abcde"), (1.0, 1.8, 2.6, 4.1, 5.5)
    assert cliques(names, mean, 1.7) == (("a", "b", "c"), ("c", "d"), ("d", "e"))
    assert cliques(names, mean, 0.5) == ()
    assert cliques(names, mean, 9.0) == (names,)
    assert cliques(names, mean, float("nan")) == ()


def test_the_best_comes_first_and_equal_scores_share_a_rank():
    found = rank(["a", "b", "c"], [[0.5, 0.9, 0.5], [0.6, 0.8, 0.7]])
    assert found.names[0] == "b"
    assert found.table[0] == (1.0, 2.5, 2.5)
    assert sum(found.mean) == pytest.approx(6)


def test_a_single_data_set_has_ranks_and_no_tests():
    found = rank(["a", "b", "c"], [[0.5, 0.9, 0.7]])
    assert found.mean == (1.0, 2.0, 3.0)
    assert np.isnan([found.friedman_p, found.f_p, found.critical, *(pair.adjusted for pair in found.pairs)]).all()
    assert found.alike
    assert found.cliques == ()


def test_friedmans_test_keeps_its_level():
    rng = np.random.default_rng(1)
    wolf = np.mean([not rank("abcd", rng.normal(size=(12, 4))).alike for _ in range(300)])
    assert 0.02 < wolf < 0.085
