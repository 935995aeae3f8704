"""Figures of a report, each as SVG text. Matplotlib is imported here and nowhere else in a run."""

import io
import re
from typing import Any

import numpy as np

from ketwork.experiments.compare import interval

COLOURS = {"quantum": "#5b3fd6", "baseline": "#0f766e", "ablation": "#b45309"}
"""One colour a kind of contender, in every figure and table."""
RUNS = {"ideal": "#5b3fd6", "device": "#dc2626", "mitigated": "#0284c7"}
"""One colour for every place where a model is run."""
_INK, _GRID = "#1f2430", "#e3e6ee"


def _figure(width: float, height: float, columns: int = 1, rows: int = 1, **options: Any) -> tuple[Any, Any]:
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.subplots(rows, columns, **options)
    for ax in np.atleast_1d(axes).ravel():
        ax.tick_params(colors=_INK, labelsize=9)
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)
        for side in ("left", "bottom"):
            ax.spines[side].set_color("#9aa3b5")
    return figure, axes


def svg(figure: Any, name: str) -> str:
    """SVG text whose ids cannot clash with another figure's and which has no fixed size."""
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r'(\bid="|href="#|"url\(#|: ?url\(#)', rf"\g<1>{name}-", text)
    return re.sub(
        r'<svg([^>]*?) width="[^"]*"', r"<svg\1", re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1), count=1
    )


def _plain(text: str) -> str:
    """Text in which matplotlib sees no formula."""
    return text.replace("$", r"\$")


def by_contender(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Rows grouped by contender, in the order in which they come."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["contender"], []).append(row)
    return groups


def accuracy_figure(rows: list[dict[str, Any]], test_fraction: float = 0.0) -> str:
    """Test accuracy of every contender: each repetition as a dot, the mean with its 95 % interval.

    test_fraction: of the data, for the correction of `interval`."""
    groups = by_contender(rows)
    figure, ax = _figure(7.4, 0.48 * len(groups) + 0.9)
    for place, (_, group) in enumerate(reversed(groups.items())):
        colour, scores = COLOURS[group[0]["kind"]], [row["accuracy"] for row in group]
        found = interval(scores, test_fraction)
        ax.scatter(scores, [place] * len(scores), s=22, color=colour, alpha=0.35, linewidths=0)
        half = 0 if np.isnan(found.half) else found.half
        ax.errorbar(found.mean, place, xerr=half, fmt="D", color=colour, ms=6, capsize=3, lw=1.6)
        ax.annotate(
            f"{found.mean:.3f}",
            (found.mean, place),
            (0, 8),
            textcoords="offset points",
            ha="center",
            fontsize=8.5,
            color=colour,
        )
    ax.set_yticks(range(len(groups)), [_plain(name) for name in reversed(groups)])
    ax.set_ylim(-0.6, len(groups) - 0.25)
    ax.set_xlabel("accuracy on held-out data", color=_INK, fontsize=9.5)
    ax.grid(axis="x", color=_GRID, lw=0.8)
    ax.set_axisbelow(True)
    return svg(figure, "accuracy")


def learning_figure(rows: list[dict[str, Any]]) -> str | None:
    """Training and held-back loss by epoch of every model that has a history; one line a repetition."""
    groups = {name: group for name, group in by_contender(rows).items() if group[0]["history"]}
    if not groups:
        return None
    figure, axes = _figure(2.6 * len(groups) + 0.8, 2.7, len(groups), sharey=True, squeeze=False)
    for ax, (name, group) in zip(axes[0], groups.items(), strict=True):
        colour = COLOURS[group[0]["kind"]]
        for k, row in enumerate(group):
            epochs = [entry["epoch"] for entry in row["history"]]
            ax.plot(epochs, [e["loss"] for e in row["history"]], color=colour, lw=1.3, label=None if k else "training")
            held = [e["validation_loss"] for e in row["history"]]
            ax.plot(epochs, held, color=colour, lw=1.1, ls=(0, (3, 2)), alpha=0.6, label=None if k else "held back")
        ax.set_title(_plain(name), fontsize=10, color=_INK)
        ax.set_xlabel("epoch", fontsize=9, color=_INK)
        ax.grid(color=_GRID, lw=0.8)
    axes[0][0].set_ylabel("cross-entropy", fontsize=9, color=_INK)
    axes[0][0].set_yscale("log")
    axes[0][0].legend(frameon=False, fontsize=8.5)
    return svg(figure, "learning")


def confusion_figure(rows: list[dict[str, Any]], names: list[str]) -> str:
    """Confusion matrices of some contenders, summed over repetitions, each row in shares of its true class."""
    groups = by_contender(rows)
    figure, axes = _figure(3.6 * len(names) + 0.4, 3.7, len(names), squeeze=False)
    for ax, name in zip(axes[0], names, strict=True):
        counts = np.sum([row["confusion"] for row in groups[name]], axis=0)
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        labels = groups[name][0]["labels"]
        ax.imshow(shares, cmap="Purples" if groups[name][0]["kind"] == "quantum" else "GnBu", vmin=0, vmax=1)
        size = 9 if len(labels) <= 4 else 7
        for (i, j), count in np.ndenumerate(counts):
            if count and len(labels) <= 20:
                ax.text(
                    j,
                    i,
                    int(count),
                    ha="center",
                    va="center",
                    fontsize=size,
                    color="white" if shares[i, j] > 0.5 else _INK,
                )
        ax.set_xticks(
            range(len(labels)), [_plain(label) for label in labels], rotation=45 if max(map(len, labels)) > 3 else 0
        )
        ax.set_yticks(range(len(labels)), [_plain(label) for label in labels])
        ax.set_title(_plain(name), fontsize=10, color=_INK)
        ax.set_xlabel("predicted", fontsize=9, color=_INK)
        ax.set_ylabel("true", fontsize=9, color=_INK)
        for side in ax.spines.values():
            side.set_visible(False)
    return svg(figure, "confusion")


def cost_figure(rows: list[dict[str, Any]]) -> str:
    """Accuracy against the time of one fit and against the number of parameters."""
    figure, axes = _figure(7.4, 3.0, 2, sharey=True)
    for ax, key, label in ((axes[0], "fit_seconds", "seconds for one fit"), (axes[1], "parameters", "parameters")):
        for place, (_, group) in enumerate(by_contender(rows).items()):
            across = float(np.mean([row[key] for row in group]))
            mean = interval([row["accuracy"] for row in group]).mean
            ax.scatter(across, mean, color=COLOURS[group[0]["kind"]], s=70, alpha=0.85, linewidths=0)
            ax.annotate(str(place + 1), (across, mean), ha="center", va="center", fontsize=7.5, color="white")
        ax.set_xscale("log")
        ax.set_xlabel(label, fontsize=9.5, color=_INK)
        ax.grid(color=_GRID, lw=0.8)
        ax.set_axisbelow(True)
    axes[0].set_ylabel("accuracy", fontsize=9.5, color=_INK)
    return svg(figure, "cost")


def evaluations_figure(
    found: dict[tuple[str, str], list[dict[str, Any]]], names: dict[tuple[str, str], str], test_fraction: float = 0.0
) -> str:
    """Accuracy of one model as bars with 95 % intervals (cut at 0 and 1) and a dot a repetition: groups by what it was
    trained on, a bar for every place where it was run.

    test_fraction: of the data, for the correction of `interval`."""
    trainings, runs = (list(dict.fromkeys(key[side] for key in found)) for side in (0, 1))
    figure, ax = _figure(7.4, 0.34 * len(found) + 0.36 * len(trainings) + 1.1)
    place, marks, lowest = 0.0, [], 1.0
    for trained in trainings:
        ax.annotate(
            f"trained on {_plain(names['trained', trained])}", (0, place), (2, 0), xycoords=("axes fraction", "data"),
            textcoords="offset points", fontsize=9.5, fontweight="bold", color=_INK, va="center",
        )  # fmt: skip
        place += 0.85
        for run in (run for run in runs if (trained, run) in found):
            scores = [entry["accuracy"] for entry in found[trained, run]]
            mean, colour = interval(scores, test_fraction), RUNS[run]
            half = 0.0 if np.isnan(mean.half) else mean.half
            low, right = max(mean.mean - half, 0.0), min(mean.mean + half, 1.0)  # there is no accuracy beyond
            lowest = min(lowest, *scores, low)
            ax.barh(place, mean.mean, height=0.72, color=colour, alpha=0.55)
            ax.scatter(scores, [place] * len(scores), s=14, color=colour, linewidths=0, zorder=3)
            if half:
                ends = [[mean.mean - low], [right - mean.mean]]
                ax.errorbar(mean.mean, place, xerr=ends, fmt="none", ecolor=_INK, capsize=3, lw=1.2, zorder=4)
            end = max(right, *scores), place
            ax.annotate(
                f"{mean.mean:.3f}", end, (5, 0), textcoords="offset points", va="center", fontsize=8.5, color=_INK
            )
            marks.append((place, f"run on {_plain(names['run', run])}"))
            place += 0.85
        place += 0.45
    ax.set_yticks([mark for mark, _ in marks], [label for _, label in marks])
    ax.set_ylim(place - 0.75, -0.6)
    left = max(0.0, float(np.floor(20 * (lowest - 0.05)) / 20))
    ax.margins(x=0.08)
    ax.set_xlim(left, None)
    cut = " (the axis does not begin at 0)" if left else ""
    ax.set_xlabel(f"accuracy on held-out data{cut}", color=_INK, fontsize=9.5)
    ax.grid(axis="x", color=_GRID, lw=0.8)
    ax.set_axisbelow(True)
    return svg(figure, "device")
