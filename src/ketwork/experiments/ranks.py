"""Tests of many contenders over several data sets: Holm's correction, mean ranks, Friedman, Nemenyi and Wilcoxon."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

LEVEL = 0.05
_EQUAL = 1e-12  # scores closer than this are the same, rounded
_PERMUTATIONS = 20_000


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """p values (T,) adjusted for having been T tests; nan, where nothing was tested, stays out of the count.

    Source: Holm, Scandinavian Journal of Statistics 6 (1979) 65: the k-th smallest times T - k + 1, never falling.
    """
    p = np.asarray(p_values, float)
    found = np.full(p.shape, np.nan)
    order = np.argsort(p)[: int(np.isfinite(p).sum())]
    raised = p[order] * (len(order) - np.arange(len(order)))
    found[order] = np.minimum(1.0, np.maximum.accumulate(raised)) if len(order) else raised
    return found


def claim(gain: float, adjusted: float) -> str:
    """What may be said of a gain with this p value: "better", "worse", "no difference shown", or "no test" for nan."""
    if np.isnan(adjusted):
        return "no test"
    return "no difference shown" if adjusted >= LEVEL else "better" if gain > 0 else "worse"


@dataclass(frozen=True)
class Pair:
    """Two contenders over all data sets: the p value of Wilcoxon's signed-rank test, and adjusted by Holm."""

    a: str
    b: str
    p: float
    adjusted: float


@dataclass(frozen=True)
class Ranks:
    """Contenders ranked on every data set (1 is best, ties share), and what may be said of their mean ranks.

    names, mean (K,) : contenders by rising mean rank. table (N, K) : rank on each data set. chi2, friedman_p : of
    Friedman's test that all are alike; f, f_p : Iman and Davenport's form of it, less conservative; p : of chi2 by
    permutations, right for few data sets too, where the other two are not. critical : the
    difference of mean ranks beyond which two contenders differ by Nemenyi's test at 0.05. pairs : Wilcoxon-Holm.
    Where a test needs more data sets or contenders its values are nan.
    """

    names: tuple[str, ...]
    mean: tuple[float, ...]
    table: tuple[tuple[float, ...], ...]
    chi2: float
    friedman_p: float
    f: float
    f_p: float
    p: float
    critical: float
    pairs: tuple[Pair, ...]

    @property
    def alike(self) -> bool:
        """Whether no difference among the contenders is shown, by Friedman's test with permutations."""
        return not self.p < LEVEL

    @property
    def cliques(self) -> tuple[tuple[str, ...], ...]:
        """The longest runs of names, by mean rank, that Nemenyi's test does not tell apart; none of one name."""
        return cliques(self.names, self.mean, self.critical)

    def pair(self, a: str, b: str) -> Pair:
        """The Wilcoxon test of two contenders, either way round."""
        return next(pair for pair in self.pairs if {pair.a, pair.b} == {a, b})


def rank(names: Sequence[str], scores: ArrayLike) -> Ranks:
    """Rank contenders by scores (N data sets, K contenders), more is better.

    Source: Demsar, Journal of Machine Learning Research 7 (2006) 1, section 3.2.
    """
    values = np.asarray(scores, float)
    table = np.array([stats.rankdata(-np.round(row, 12)) for row in values])
    order = np.argsort(table.mean(axis=0), kind="stable")
    table, values, ordered = table[:, order], values[:, order], tuple(names[k] for k in order)
    chi2, p, f, f_p = friedman(table)
    pairs = [(a, b, wilcoxon(values[:, a], values[:, b])) for a, b in combinations(range(len(ordered)), 2)]
    adjusted = holm([p for *_, p in pairs])
    return Ranks(
        ordered,
        tuple(map(float, table.mean(axis=0))),
        tuple(tuple(map(float, row)) for row in table),
        *(chi2, p, f, f_p, permuted(table)),
        critical_difference(len(ordered), len(table)),
        tuple(Pair(ordered[a], ordered[b], p, float(q)) for (a, b, p), q in zip(pairs, adjusted, strict=True)),
    )


def friedman(table: ArrayLike) -> tuple[float, float, float, float]:
    """chi2 and its p value, F and its p value, from ranks (N, K); nan with fewer than 2 data sets or 3 contenders.

    chi2, corrected for ties, with K - 1 degrees of freedom; F = (N - 1) chi2 / (N (K - 1) - chi2) with K - 1 and
    (K - 1)(N - 1). Source: Friedman, JASA 32 (1937) 675; Iman and Davenport (1980) as in Demsar 2006, section 3.2.2.
    """
    ranks = np.asarray(table, float)
    n, k = ranks.shape
    if n < 2 or k < 3:
        return (float("nan"),) * 4
    spread = ((ranks - (k + 1) / 2) ** 2).sum()  # n k (k^2 - 1) / 12 without ties
    if spread < _EQUAL:
        return 0.0, 1.0, 0.0, 1.0
    chi2 = float(n**2 * (k - 1) * ((ranks.mean(axis=0) - (k + 1) / 2) ** 2).sum() / spread)
    left = n * (k - 1) - chi2
    f = (n - 1) * chi2 / left if left > _EQUAL else float("inf")
    return chi2, float(stats.chi2.sf(chi2, k - 1)), f, float(stats.f.sf(f, k - 1, (k - 1) * (n - 1)))


def permuted(table: ArrayLike) -> float:
    """The p value of Friedman's chi2 for ranks (N, K) by 20,000 permutations within each data set; nan as `friedman`.

    Under the hypothesis that all contenders are alike every order of a data set's ranks is as likely. The laws of chi2
    and of F hold for many data sets alone: two that agree make F infinite, and chance makes them agree once in K!.
    Source: Good, Permutation, Parametric, and Bootstrap Tests of Hypotheses (2005); (1 + hits) / (1 + draws) as in
    Phipson and Smyth, Stat. Appl. Genet. Mol. Biol. 9 (2010) 39.
    """
    ranks = np.asarray(table, float)
    n, k = ranks.shape
    if n < 2 or k < 3:
        return float("nan")
    rng, sums, left = np.random.default_rng(0), [], _PERMUTATIONS
    while left:
        some = min(left, max(1, 2_000_000 // ranks.size))
        sums.append((rng.permuted(np.tile(ranks, (some, 1, 1)), axis=2).sum(axis=1) ** 2).sum(axis=1))
        left -= some
    hits = int((np.concatenate(sums) >= (ranks.sum(axis=0) ** 2).sum() - 1e-9).sum())
    return (1 + hits) / (1 + _PERMUTATIONS)


def critical_difference(contenders: int, data_sets: int, level: float = LEVEL) -> float:
    """q sqrt(K (K + 1) / (6 N)): Nemenyi's critical difference of mean ranks; nan with fewer than 2 data sets.

    q: the studentised range with infinitely many degrees of freedom over sqrt 2. Source: Demsar 2006, section 3.2.2.
    """
    if data_sets < 2 or contenders < 2:
        return float("nan")
    q = stats.studentized_range.ppf(1 - level, contenders, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(contenders * (contenders + 1) / (6 * data_sets)))


def cliques(names: Sequence[str], mean: Sequence[float], critical: float) -> tuple[tuple[str, ...], ...]:
    """The longest runs of names, by rising mean rank, whose ends differ by less than the critical difference."""
    found: list[tuple[int, int]] = []
    for start in range(len(names)):
        end = max((k for k in range(start, len(names)) if mean[k] - mean[start] < critical), default=start)
        if end > start and not any(end <= other for _, other in found):
            found.append((start, end))
    return tuple(tuple(names[a : b + 1]) for a, b in found)


def wilcoxon(a: ArrayLike, b: ArrayLike) -> float:
    """Two-sided p value of the signed-rank test over data sets; 1 where all are equal, nan for a single one.

    Equal pairs count half for either side, as in Demsar 2006, section 3.1.3.
    """
    difference: Any = np.asarray(a, float) - np.asarray(b, float)
    difference[np.abs(difference) < _EQUAL] = 0
    if len(difference) < 2:
        return float("nan")
    if not difference.any():
        return 1.0
    return float(stats.wilcoxon(difference, zero_method="zsplit").pvalue)
