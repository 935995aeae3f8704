"""From scores over repetitions to statements: means, intervals, paired tests and verdicts; `compare` makes all of them.

`compare` runs models and baselines through the same nested cross-validation and hands back a `Comparison`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from ketwork.experiments.contenders import Contender
from ketwork.experiments.contest import Row, Setup, rows_of, set_up
from ketwork.experiments.ranks import LEVEL, Ranks, claim, holm, rank

_EQUAL = 1e-12  # scores closer than this are the same, rounded


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % confidence interval, mean +- half; half is nan for one repetition."""

    mean: float
    half: float

    def __str__(self) -> str:
        return f"{self.mean:.3f}" if np.isnan(self.half) else f"{self.mean:.3f} ± {self.half:.3f}"


def interval(scores: ArrayLike, test_fraction: float = 0.0) -> Interval:
    """The mean over repetitions and Student's 95 % interval of it.

    test_fraction: of the data, where the scores are of splits that share training data; the variance is then corrected
    for that as in `paired_p_value`. 0 for scores that are independent.
    """
    values = np.asarray(scores, float)
    if len(values) < 2:
        return Interval(float(values.mean()), float("nan"))
    spread = values.std(ddof=1) * np.sqrt(1 / len(values) + test_fraction / (1 - test_fraction))
    return Interval(float(values.mean()), float(stats.t.ppf(0.975, len(values) - 1) * spread))


def paired_p_value(a: ArrayLike, b: ArrayLike, test_fraction: float) -> float:
    """Two-sided p value that a and b, scores on the same random splits, have the same mean.

    The variance is corrected for splits that share training data: (1/k + n_test/n_train) instead of 1/k. 1 when all
    differences are zero; nan where nothing can be tested: fewer than two splits, or equal differences, which do not
    tell their spread.
    Source: Nadeau and Bengio, Machine Learning 52 (2003) 239, eq. 9 (corrected resampled t-test).
    """
    difference = np.asarray(a, float) - np.asarray(b, float)
    k = len(difference)
    if k < 2:
        return float("nan")
    if np.ptp(difference) < _EQUAL:
        return 1.0 if abs(difference[0]) < _EQUAL else float("nan")
    variance = difference.var(ddof=1)
    t = difference.mean() / np.sqrt(variance * (1 / k + test_fraction / (1 - test_fraction)))
    return float(2 * stats.t.sf(abs(t), k - 1))


def verdict(
    data: str,
    quantum: ArrayLike,
    baseline_name: str,
    baseline: ArrayLike,
    test_fraction: float,
    where: str = "",
    adjusted: float | None = None,
) -> str:
    """One sentence: what the quantum model reaches, what the best baseline reaches, and what may be claimed.

    where: of the quantum model, as part of the sentence, such as " on lima". adjusted: the p value after a correction
    for all the baselines that were tested; the sentence then says that it is Holm's.
    """
    ours, theirs = interval(quantum, test_fraction), interval(baseline, test_fraction)
    p = paired_p_value(quantum, baseline, test_fraction) if adjusted is None else adjusted
    test = "Paired test" if adjusted is None else "Paired test with Holm's correction"
    start = f"On {data} the quantum model{where} reaches an accuracy of {ours}; "
    start += f"the best baseline ({baseline_name}) reaches {theirs}."
    if np.isnan(p):
        why = "One repetition allows" if np.size(quantum) < 2 else "Equal differences in all repetitions allow"
        return f"{start} {why} no test; run with more seeds before claiming anything."
    if p >= 0.05:
        return f"{start} {test}: no difference shown (p = {p:.2g})."
    better = "the quantum model is better" if ours.mean > theirs.mean else "the baseline is better"
    return f"{start} {test}: {better} (p = {p:.2g})."


@dataclass(frozen=True)
class PairedTest:
    """A model and another contender on one data set.

    difference: of the mean scores, model minus other. p: of the corrected paired t-test; adjusted: by Holm's method
    over all tests of its kind ("baseline", "ablation").
    """

    data: str
    model: str
    other: str
    kind: str
    difference: float
    p: float
    adjusted: float

    @property
    def claim(self) -> str:
        """ "better", "worse", "no difference shown", or "no test" where there is none."""
        return claim(self.difference, self.adjusted)


@dataclass(frozen=True)
class Comparison:
    """What `compare` found.

    rows: one for every contender, data set, seed and fold: "data", "seed", "fold", "contender", "kind" ("quantum",
    "baseline", "ablation"), "score" (of the scoring) and all other measures on the test fold, "setting" and
    "validation_scores" of tuning, "fits" spent on it, "parameters", "fit_seconds" (of the last fit), "seconds" (with
    tuning) and "circuit_evaluations". setup: who took part, on what data, with what budget.
    """

    setup: Setup
    rows: tuple[Row, ...]

    @property
    def scoring(self) -> str:
        return self.setup.plan.scoring

    @property
    def data(self) -> tuple[str, ...]:
        """The names of the data sets."""
        return tuple(found.name for found in self.setup.data)

    def names(self, *kinds: str) -> tuple[str, ...]:
        """The contenders of some kinds ("quantum", "baseline", "ablation"; none for all), in the order given."""
        return tuple(c.name for c in self.setup.contenders if not kinds or c.kind in kinds)

    def column(self, data: str, contender: str, key: str = "score") -> NDArray[np.float64]:
        """One number of every fold and seed, (seeds x folds,), the same splits for every contender."""
        found = [row[key] for row in self.rows if row["data"] == data and row["contender"] == contender]
        return np.array([np.nan if value is None else value for value in found], float)

    def score(self, data: str, contender: str) -> Interval:
        """The mean score with its 95 % interval, corrected for folds that share training data."""
        return interval(self.column(data, contender), 1 / self.setup.folds)

    @cached_property
    def tests(self) -> tuple[PairedTest, ...]:
        """Every model against every baseline on every data set, and every ablation against its model."""
        return tuple(self._family("baseline")) + tuple(self._family("ablation"))

    def _family(self, kind: str) -> Iterator[PairedTest]:
        pairs = [
            (data, model, other.name)
            for data in self.data
            for model in self.names("quantum")
            for other in self.setup.contenders
            if other.kind == kind and other.of in ("", model)
        ]
        scores = [(self.column(data, model), self.column(data, other)) for data, model, other in pairs]
        p_values = [paired_p_value(ours, theirs, 1 / self.setup.folds) for ours, theirs in scores]
        for pair, (ours, theirs), p, q in zip(pairs, scores, p_values, holm(p_values), strict=True):
            yield PairedTest(*pair, kind, float(np.mean(ours - theirs)), p, float(q))

    @cached_property
    def ranks(self) -> Ranks:
        """Models and baselines ranked by their mean scores on every data set."""
        names = self.names("quantum", "baseline")
        return rank(names, [[self.score(data, name).mean for name in names] for data in self.data])

    def best_baseline(self, data: str) -> str:
        """The baseline with the highest mean score on a data set."""
        return max(self.names("baseline"), key=lambda name: self.score(data, name).mean)

    def table(self) -> str:
        """Mean scores with 95 % intervals as text: a line a contender, a column a data set, the mean rank last."""
        ranked = dict(zip(self.ranks.names, self.ranks.mean, strict=True))
        cells = [["", *self.data, "mean rank"]]
        for name in self.names():
            end = f"{ranked[name]:.2f}" if name in ranked else ""
            cells.append([name, *(str(self.score(data, name)) for data in self.data), end])
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in cells)

    @property
    def verdict(self) -> str:
        """What may be claimed, a sentence or two for every model, and no more than the tests show."""
        return " ".join([*map(self._sentence, self.names("quantum")), *self._over_all()])

    def _sentence(self, model: str) -> str:
        """A model against the best baseline of every data set."""
        best = {data: self.best_baseline(data) for data in self.data}
        tests = [t for t in self.tests if t.model == model and t.other == best.get(t.data)]
        many = f"Holm's correction over {sum(t.kind == 'baseline' for t in self.tests)} tests"
        if len(tests) > 1:
            count = {claim: sum(t.claim == claim for t in tests) for claim in (*_CLAIMS, "no test")}
            said = ", ".join(f"{claim} on {n}" for claim, n in count.items() if n)
            return f"Over {len(tests)} data sets, {model} against the best baseline of each ({many}): {said}."
        test = tests[0]
        ours, theirs = self.score(test.data, model), self.score(test.data, test.other)
        start = f"On {test.data} {model} reaches {_WORDS[self.scoring]} of {ours}; the best baseline ({test.other}) "
        start += f"reaches {theirs}."
        if test.claim == "no test":
            return f"{start} All folds differ by the same, which allows no test."
        said = {"better": f"{model} is better", "worse": "the baseline is better"}.get(test.claim, test.claim)
        return f"{start} Paired test with {many}: {said} (p = {test.adjusted:.2g})."

    def _over_all(self) -> list[str]:
        """The sentence on mean ranks, where there are several data sets."""
        found = self.ranks
        if np.isnan(found.p):
            return []
        listed = ", ".join(f"{name} {mean:.2f}" for name, mean in zip(found.names, found.mean, strict=True))
        test = f"Friedman's test by permutations, p = {found.p:.2g}"
        if found.alike:
            return [f"Mean ranks: {listed}; no difference shown ({test})."]
        apart = [f"{pair.a} before {pair.b}" for pair in found.pairs if pair.adjusted < LEVEL]
        pairs = "pairs that differ by Wilcoxon's test with Holm's correction: " + (", ".join(apart) or "none")
        return [f"Mean ranks: {listed}; they are not all alike ({test}); {pairs}."]


_CLAIMS = ("better", "worse", "no difference shown")
_WORDS = {
    "accuracy": "an accuracy", "balanced_accuracy": "a balanced accuracy", "f1_macro": "a macro F-score",
    "r2": "an R2", "neg_mean_squared_error": "a negative mean squared error",
}  # fmt: skip


def compare(
    models: Mapping[str, Any] | Sequence[Contender],
    baselines: Mapping[str, Any] | Sequence[str] | None = None,
    data: Any = (),
    budget: int = 12,
    seeds: int | Sequence[int] = 1,
    *,
    folds: int = 5,
    inner: int | None = None,
    scoring: str | None = None,
    features: int | None = None,
    ablations: bool = True,
    out: str | Path | None = None,
    resume: bool = False,
    ledger: Any = None,
    progress: bool = True,
) -> Comparison:
    """Compare models with baselines honestly: nested cross-validation, equal budgets, corrected tests.

    Parameters
    ----------
    models : name -> estimator, or (estimator, {parameter: list or distribution of scipy.stats}) where it can be tuned.
    baselines : the same; or names of the house's (`baselines.HOUSE`); None for all of the house's.
    data : one or a list of: a `Dataset`, (X (N, F), y (N,)), a name as in `ketwork fit`; or a dict name -> (X, y).
    budget : fits for tuning, the same for every contender in every outer fold. Settings tried are budget / inner; the
        first is the estimator as it was given. The fit of the best setting comes on top.
    seeds : how often the whole cross-validation is repeated, or the seeds of the repetitions.
    folds : of the outer cross-validation (stratified), which tests. inner : of the inner one, on each training part
        alone, which tunes; 1 for a single split; None for 3, or fewer where the budget would not pay for two settings.
    scoring : "accuracy" (default for classes), "balanced_accuracy", "f1_macro"; "r2" (default for numbers),
        "neg_mean_squared_error". Numbers are standardised for the estimators, scores are those of the original ones.
    features : reduce the data to so many principal components. Features are standardised in any case. Both are learned
        from the rows that are fitted alone.
    ablations : add each model with a frozen random circuit and without entangling gates, where it has these options.
    out : a folder that keeps every row as it is done; resume : go on there after an interruption. ledger : an open
        `Ledger` of a run that this comparison is a part of, instead of `out`. progress : show a bar.

    Estimators whose `random_state` is None get a seed, another one in every fold, the same for all contenders. The same
    arguments give the same scores on the same machine.

    Raises: ValueError or TypeError for what cannot be compared, before anything is fitted; ValueError that names the
    contender for a fit that fails; UserError for unknown names of data and folders that hold something else.
    Source: Cawley and Talbot, JMLR 11 (2010) 2079 (nested cross-validation); Nadeau and Bengio, Machine Learning 52
    (2003) 239 (tests); Demsar, JMLR 7 (2006) 1 (several data sets).
    """
    setup = set_up(models, baselines, data, budget, seeds, folds, inner, scoring, features, ablations)
    return Comparison(setup, rows_of(setup, out, resume, ledger, progress))
