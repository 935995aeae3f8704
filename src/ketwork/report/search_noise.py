"""Sections on found circuits where the search has not looked: without noise, held-out noise, mitigation, test data."""

from collections.abc import Mapping, Sequence

import numpy as np

from ketwork.experiments.compare import interval
from ketwork.experiments.ledger import Row
from ketwork.experiments.search_verdict import figures
from ketwork.experiments.searching import Searched
from ketwork.report.page import Section, Table
from ketwork.report.search_figures import measure_of, settings_figure

TITLES = {
    "ideal": "no noise",
    "noisy": "noise of the search",
    "held_out": "held-out noise",
    "mitigated": "mitigated",
}
"""What the conditions of `search.final_scores` are called."""
_ACCURACY = "accuracy_"
_DRIFT = (
    "The circuits as they were found, nothing trained anew, values exact. Held-out noise is that of the search after a "
    "drift by factors that no search has seen (every error rate by its own, about a third up or down). Mitigation: "
    "readout errors undone, then zero-noise extrapolation, without the noise of shots."
)


def noise_sections(run: Searched, label: str, shown: Sequence[Row]) -> tuple[Section, ...]:
    """Errors of the best circuits in every condition, and for data the share of wrong answers on test data.

    shown: hand-made circuits to put beside them. Nothing for an ideal simulator without data.
    """
    goal, found = run.task.goal, []
    errors = _gathered(run, shown, "")
    if _conditions(errors) > 1:
        found.append(_section(run, errors, "The same circuits under noise", "noise", label, goal.good))
    wrong = _gathered(run, shown, _ACCURACY)
    if _conditions(wrong):
        found.append(_section(run, wrong, "On test data", "test", "share of wrong answers on test data", None))
    return tuple(found)


def _gathered(run: Searched, shown: Sequence[Row], prefix: str) -> dict[str, dict[str, list[float]]]:
    """Errors by circuit and condition; for data those of accuracies."""
    groups = {method: run.of(method) for method in run.methods} | {row["name"]: [row] for row in shown}
    found: dict[str, dict[str, list[float]]] = {}
    for name, rows in groups.items():
        of: dict[str, list[float]] = {}
        for condition in TITLES:
            values = [(row.get("final") or {}).get(prefix + condition) for row in rows]
            seen = [float(v) for v in values if v is not None and np.isfinite(v)]
            if seen:
                of[condition] = [1 - v for v in seen] if prefix else seen
        found[name] = of
    return found


def _conditions(errors: Mapping[str, Mapping[str, Sequence[float]]]) -> int:
    return len({condition for group in errors.values() for condition in group})


def _section(
    run: Searched,
    errors: dict[str, dict[str, list[float]]],
    title: str,
    name: str,
    label: str,
    good: float | None,
) -> Section:
    seen = {key: text for key, text in TITLES.items() if any(key in group for group in errors.values())}
    every = [e for group in errors.values() for values in group.values() for e in values]
    measure = measure_of(every, label, good, "reached")
    drawn = settings_figure(name, {n: g for n, g in errors.items() if g}, measure, seen)
    rows = tuple(
        (who, *(figures(interval(group[key])) if key in group else "none" for key in seen))
        for who, group in errors.items()
    )
    lines = [_DRIFT] if len(seen) > 1 else []
    text = "Means with 95 % intervals over seeds; in the figure every seed is a dot"
    if measure.logarithmic:
        text += f", means and intervals are geometric, and errors below {measure.floor:.2g} stand there"
    lines.append(f"{text}.")
    if name == "test":
        lines.append("Neither searches nor angles have seen these data.")
    table = Table(("", *seen.values()), rows)
    return Section(title, tuple(lines), table, drawn, name, f"{label}, by method and condition.")
