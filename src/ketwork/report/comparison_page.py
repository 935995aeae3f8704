"""The report of a comparison: verdict, scores, ranks over data sets, tests, and what scores cost."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ketwork.experiments.compare import Comparison, Interval
from ketwork.experiments.run import machine
from ketwork.report.html import write
from ketwork.report.page import Page, Section, Table
from ketwork.report.publish import Published, without_nan
from ketwork.report.rank_figures import critical_difference_figure, pareto_figure

COSTS = {
    "parameters": "parameters",
    "fit_seconds": "seconds for one fit",
    "circuit_evaluations": "circuits a device would run",
}
_SHORT, _LETTERS = 14, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"  # the longest name of a data set that a column takes
_SCORES = {
    "accuracy": "accuracy", "balanced_accuracy": "balanced accuracy", "f1_macro": "macro F-score", "r2": "R2",
    "neg_mean_squared_error": "negative mean squared error",
}  # fmt: skip


def comparison_page(found: Comparison, command: str | None = None) -> Page:
    """The report of a `Comparison`. command: that repeats it, where there is one."""
    sections = [_scores(found), _ranks(found), _tests(found), _pareto(found), _ablations(found), _costs(found),
                _budget(found), _data(found), _repeat(found, command)]  # fmt: skip
    models = found.names("quantum")
    sets = f"{len(found.data)} data sets" if len(found.data) > 1 else found.data[0]
    folds = f"{found.setup.folds} folds" + (f" x {len(found.setup.seeds)} seeds" if len(found.setup.seeds) > 1 else "")
    return Page(
        f"{' and '.join(models)}: a comparison".capitalize(),
        f"{sets}, {len(found.names())} contenders, nested cross-validation of {folds}",
        found.verdict,
        _tone(found),
        _cards(found),
        tuple(section for section in sections if section is not None),
    )


def comparison_sections(found: Comparison) -> tuple[Section, ...]:
    """The sections on scores, ranks, tests and cost alone, for reports that hold more than a comparison."""
    sections = (_scores(found), _ranks(found), _tests(found), _pareto(found), _ablations(found), _budget(found))
    return tuple(section for section in sections if section is not None)


def publish_comparison(
    found: Comparison, folder: str | Path, command: str | None = None, seconds: float | None = None
) -> Published:
    """Write result.json, report.html and the figures of a comparison into a folder; returns the verdict and report."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    report = write(comparison_page(found, command), place)
    scores = {data: {name: _measured(found.score(data, name)) for name in found.names()} for data in found.data}
    result = {
        "command": command, "config": found.setup.config, "verdict": found.verdict, "scores": scores,
        "tests": [asdict(test) | {"claim": test.claim} for test in found.tests], "ranks": asdict(found.ranks),
        "seconds": seconds, "machine": machine(), "rows": list(found.rows),
    }  # fmt: skip
    (place / "result.json").write_text(json.dumps(without_nan(result), indent=1, allow_nan=False) + "\n")
    return Published(found.verdict, report)


def _measured(score: Interval) -> dict[str, float]:
    return {"mean": score.mean, "half_width_95": score.half}


def _best(found: Comparison, kind: str) -> str:
    """The contender of a kind that comes first over all data sets."""
    return next(name for name in found.ranks.names if name in found.names(kind))


def _tone(found: Comparison) -> str:
    """Of the first-ranked model against the best baseline of every data set: a colour only where all tests agree."""
    model = _best(found, "quantum")
    claims = {t.claim for t in found.tests if t.model == model and t.other == found.best_baseline(t.data)}
    only = claims.pop() if len(claims) == 1 else ""
    return only if only in ("better", "worse") else "open"


def _cards(found: Comparison) -> tuple[tuple[str, str, str], ...]:
    where = dict(zip(found.ranks.names, found.ranks.mean, strict=True))
    model, baseline = _best(found, "quantum"), _best(found, "baseline")
    if len(found.data) == 1:
        data, what = found.data[0], _SCORES[found.scoring]
        first = ((str(found.score(data, model)), what, model), (str(found.score(data, baseline)), what, baseline))
    else:
        first = (
            (f"{where[model]:.2f}", "mean rank", f"{model}, the best model"),
            (f"{where[baseline]:.2f}", "mean rank", f"{baseline}, the best baseline"),
        )
    fits = max(row["fits"] for row in found.rows)
    return (*first, (str(fits), "fits for tuning", "of every contender that can be tuned, a fold"),
            (f"{len(found.rows):,}", "tested fits", "each on rows that it never saw"))  # fmt: skip


def _scores(found: Comparison) -> Section:
    where = dict(zip(found.ranks.names, found.ranks.mean, strict=True))
    rows = []
    for k, name in enumerate(found.names(), 1):
        cells = [str(found.score(data, name)) for data in found.data]
        rows.append((str(k), name, *cells, f"{where[name]:.2f}" if name in where else ""))
    what = _SCORES[found.scoring]
    text = (
        f"Mean {what} on the test folds, with 95 % intervals that are corrected for folds sharing training data. "
        "Ranks are those of models and baselines: 1 is best.",
        *_legend(found),
    )
    labels = _labels(found).values()
    return Section("Scores", text, Table(("#", "contender", *labels, "mean rank"), tuple(rows), _kinds(found)))


def _labels(found: Comparison) -> dict[str, str]:
    """What data sets are called in tables: by name, or by letters where there are several with long names."""
    if len(found.data) == 1 or max(map(len, found.data)) <= _SHORT:
        return {name: name for name in found.data}
    return {name: _LETTERS[k % 26] + (str(k // 26) if k > 25 else "") for k, name in enumerate(found.data)}


def _legend(found: Comparison) -> tuple[str, ...]:
    """What the letters stand for, where there are letters."""
    labels = _labels(found)
    named = [f"{label}: {name}" for name, label in labels.items() if label != name]
    return ("Data sets: " + "; ".join(named) + ".",) if named else ()


def _kinds(found: Comparison) -> tuple[str, ...]:
    return tuple(contender.kind for contender in found.setup.contenders)


def _ranks(found: Comparison) -> Section | None:
    ranks = found.ranks
    if len(found.data) < 2:
        return None
    lines = [
        f"Over {len(found.data)} data sets, Nemenyi's test at 0.05 tells contenders apart whose mean ranks differ by "
        f"{ranks.critical:.2f} or more; thick bars join those that it does not tell apart."
    ]
    if np.isfinite(ranks.f_p):
        lines.append(
            f"Friedman's test that all are alike: chi2 = {ranks.chi2:.2f}, p = {ranks.friedman_p:.2g}; in Iman and "
            f"Davenport's form F = {ranks.f:.2f}, p = {ranks.f_p:.2g}; by permutations, which few data sets need, "
            f"p = {ranks.p:.2g}."
        )
    apart = [f"{pair.a} before {pair.b} (p = {pair.adjusted:.2g})" for pair in ranks.pairs if pair.adjusted < 0.05]
    least = 2 / 2 ** len(found.data)
    lines.append(
        "Pairs that differ by Wilcoxon's signed-rank test with Holm's correction: " + (", ".join(apart) or "none") + "."
    )
    if least * len(ranks.pairs) > 0.05:
        lines.append(
            f"With {len(found.data)} data sets and {len(ranks.pairs)} pairs no pair could: it takes more data sets."
        )
    kinds = dict(zip(found.names(), _kinds(found), strict=True))
    seen = "Mean ranks of models and baselines, 1 is best; thick bars join what the test does not tell apart."
    drawn = critical_difference_figure(ranks, kinds)
    return Section("Over all data sets", tuple(lines), figure=drawn, name="ranks", description=seen)


def _tests(found: Comparison) -> Section:
    tests = [test for test in found.tests if test.kind == "baseline"]
    labels = _labels(found)
    rows = [(labels[t.data], t.model, t.other, t.claim, _signed(t.difference), _p(t.p), _p(t.adjusted)) for t in tests]
    text = (
        f"Each model against each baseline on the same folds: paired t-test with the variance corrected for shared "
        f"training data (Nadeau and Bengio 2003), then Holm's correction over these {len(tests)} tests. The difference "
        "is the model's mean minus the baseline's; the claim is what may be said of the model.",
        *_legend(found),
    )
    header = ("data", "model", "baseline", "the claim", "difference", "p", "p (Holm)")
    return Section("Tests", text, Table(header, tuple(rows)))


def _signed(value: float) -> str:
    return f"{round(value, 3) + 0.0:+.3f}"


def _p(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.2g}"


def _ablations(found: Comparison) -> Section | None:
    tests = [test for test in found.tests if test.kind == "ablation"]
    if not tests:
        return None
    labels = _labels(found)
    rows = [(labels[t.data], t.other, t.claim, _signed(t.difference), _p(t.adjusted)) for t in tests]
    text = (
        "The models with one thing taken away. The difference is the full model's mean minus the ablation's; p-values "
        f"are corrected by Holm over these {len(tests)} tests.",
    )
    header = ("data", "ablation", "the full model is", "difference", "p (Holm)")
    return Section("What the quantum part adds", text, Table(header, tuple(rows)))


def _mean_cost(found: Comparison, name: str, key: str) -> float:
    return float(np.mean([found.column(data, name, key).mean() for data in found.data]))


def _pareto(found: Comparison) -> Section:
    """Scores against costs: of the one data set, or mean ranks' worth of scores over all of them."""
    score = {name: _overall(found, name) for name in found.names()}
    panels = {}
    for key, label in COSTS.items():
        costs = {name: _mean_cost(found, name, key) for name in found.names()}
        if any(cost > 0 for cost in costs.values()):
            panels[label] = {name: (cost, score[name]) for name, cost in costs.items() if np.isfinite(cost)}
    kinds = dict(zip(found.names(), _kinds(found), strict=True))
    numbers = {name: k for k, name in enumerate(found.names(), 1)}
    what = f"{_SCORES[found.scoring]}" + (" (mean of the data sets)" if len(found.data) > 1 else "")
    text = (
        "The dashed line joins contenders that no other beats: none is as cheap and as good. Numbers are those of the "
        "table of scores; circuits include tuning.",
    )
    seen = "Scores against parameters, time and circuit evaluations."
    return Section("Scores against cost", text, figure=pareto_figure("pareto", panels, kinds, what, numbers),
                   name="pareto", description=seen)  # fmt: skip


def _overall(found: Comparison, name: str) -> Interval:
    """The score on one data set; over several the mean with the interval over data sets."""
    if len(found.data) == 1:
        return found.score(found.data[0], name)
    return Interval(float(np.mean([found.score(data, name).mean for data in found.data])), float("nan"))


def _costs(found: Comparison) -> Section:
    rows = []
    for k, name in enumerate(found.names(), 1):
        parameters = _mean_cost(found, name, "parameters")
        circuits = _mean_cost(found, name, "circuit_evaluations")
        cells = [_mean_cost(found, name, key) for key in ("fits", "fit_seconds", "seconds")]
        rows.append((
            str(k), name, "not said" if np.isnan(parameters) else f"{parameters:,.0f}", f"{cells[0]:.0f}",
            f"{cells[1]:.3f}", f"{cells[2]:.2f}", f"{circuits:,.0f}" if circuits else "none",
        ))  # fmt: skip
    header = (
        "#",
        "contender",
        "parameters",
        "fits for tuning",
        "one fit (s)",
        "with tuning (s)",
        "circuit evaluations",
    )
    return Section("Cost", ("Means over data sets and folds.",), Table(header, tuple(rows), _kinds(found)))


def _budget(found: Comparison) -> Section:
    plan, setup = found.setup.plan, found.setup
    fixed = [c.name for c in setup.contenders if not c.space]
    inner = f"{plan.inner} inner folds" if plan.inner > 1 else "one inner split"
    spent = (
        f"on each training part alone {inner} tune. Every contender may spend {plan.budget} fits on that, the defaults "
        "first, then random settings of its own space; the best is fitted once more on the whole training part."
        if any(row["fits"] for row in found.rows)
        else "every contender is taken as it is: nothing was tuned."
    )
    lines = [
        f"Nested cross-validation: {setup.folds} outer folds test, and {spent} What standardises"
        + (f" and reduces features (to {plan.features} principal components at most)" if plan.features else " features")
        + " is learned from the rows that are fitted."
    ]
    if fixed:
        lines.append(f"Taken as they were given, with nothing to tune: {', '.join(fixed)}.")
    few = sorted(
        {r["contender"] for r in found.rows if r["fits"] > 0 and r["fits"] + plan.inner <= plan.budget} - set(fixed)
    )
    if few:
        lines.append(f"Spaces with fewer settings than the budget pays for: {', '.join(few)}.")
    return Section("The budget", tuple(lines))


def _data(found: Comparison) -> Section:
    rows, labels = [], _labels(found)
    for data in found.setup.data:
        classes = "numbers" if data.continuous else f"{len(data.classes)} classes"
        name = data.name if labels[data.name] == data.name else f"{labels[data.name]}: {data.name}"
        rows.append((name, f"{len(data.y):,}", str(data.X.shape[1]), classes, data.source, data.sha256[:12]))
    return Section("The data", table=Table(("name", "rows", "features", "targets", "source", "SHA-256"), tuple(rows)))


def _repeat(found: Comparison, command: str | None) -> Section:
    text = f"Seeds {', '.join(map(str, found.setup.seeds))}. "
    text += ", ".join(f"{name} {value}" for name, value in machine().items()) + "."
    return Section("How to repeat it", (text,), code=command)
