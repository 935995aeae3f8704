"""Figures of `ketwork solve` as SVG text: convergence, scores beside references, what was sampled."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ketwork.report.figures import _INK, _figure, _plain, svg
from ketwork.report.plots import PALETTE, _finish

_LEAST = 1e-6  # in the unit of the axis; smaller errors are drawn here
_POINTS = 400  # of a line


def convergence(
    name: str,
    series: Mapping[str, Sequence[Sequence[float]]],
    labels: tuple[str, str],
    lines: Mapping[str, float],
    logarithmic: bool = True,
) -> str:
    """A thin line a repetition and a colour a method, by step; dashed lines where something is reached."""
    figure, ax = _figure(7.4, 3.6)
    lowest = min((min(run) for runs in series.values() for run in runs if len(run)), default=1.0)
    floor = _LEAST if lowest < _LEAST else 0.0
    for k, (title, runs) in enumerate(series.items()):
        for number, run in enumerate(runs):
            steps, values = _thinned(run)
            if logarithmic:
                values = np.maximum(values, floor)
            marker = "o" if len(values) < 20 else None
            ax.plot(
                steps, values, color=PALETTE[k % len(PALETTE)], lw=1.3, alpha=0.85, marker=marker, ms=3,
                label=None if number else _plain(title),
            )  # fmt: skip
    for (title, height), style in zip(lines.items(), ("--", ":", "-.", (0, (1, 3))) * 3, strict=False):
        ax.axhline(height, color=_INK, lw=1.1, ls=style, label=_plain(title))
    if logarithmic:
        ax.set_yscale("log")
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    _finish(ax, labels)
    ax.legend(frameon=False, fontsize=8.5, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return svg(figure, name)


def _thinned(run: Sequence[float]) -> tuple[Any, Any]:
    """Steps from 1 and values; of a long run some hundred of them, the first and the last among them."""
    values = np.asarray(run, float)
    kept = np.unique(np.round(np.linspace(0, len(values) - 1, min(len(values), _POINTS))).astype(int))
    return kept + 1, values[kept]


def distributions(
    name: str, shares: Mapping[str, Sequence[tuple[float, float]]], label: str, best: float | None
) -> str:
    """Histograms of objectives: for each title (value, share of all strings) pairs; a dashed line at the best known."""
    figure, ax = _figure(7.4, 3.4)
    every = np.array([value for pairs in shares.values() for value, _ in pairs])
    if best is not None:
        every = np.append(every, best)
    edges = _edges(every)
    width = (edges[1] - edges[0]) / max(len(shares), 1)
    for k, (title, pairs) in enumerate(shares.items()):
        values, weights = (np.array(part) for part in zip(*pairs, strict=True)) if pairs else (np.zeros(0),) * 2
        heights, _ = np.histogram(values, edges, weights=weights)
        total = 100 * float(heights.sum())
        ax.bar(
            edges[:-1] + (k + 0.5) * width, 100 * heights, width * 0.92, color=PALETTE[k % len(PALETTE)], alpha=0.85,
            label=f"{_plain(title)} ({total:.3g} % feasible)",
        )  # fmt: skip
    if best is not None:
        ax.axvline(best, color=_INK, lw=1.1, ls="--", label=f"best known, {best:.12g}")
    _finish(ax, (label, "% of the strings read"))
    ax.grid(axis="x", visible=False)
    ax.legend(frameon=False, fontsize=8.5, loc="upper center", bbox_to_anchor=(0.5, 1.25), ncols=2)
    return svg(figure, name)


def _edges(values: Any) -> Any:
    """Edges of at most 30 bins; one for each value where they are few integers, centred on them."""
    if not len(values):
        return np.array([0.0, 1.0])
    low, high = float(values.min()), float(values.max())
    if np.allclose(values, np.round(values)) and high - low < 30:
        return np.arange(low - 0.5, high + 1.0)
    return np.linspace(low, high + 1e-9 * max(1.0, abs(high)), 31) if high > low else np.array([low - 0.5, low + 0.5])
