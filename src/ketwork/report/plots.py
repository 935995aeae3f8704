"""Plain figures of a report as SVG text: lines, intervals and points, from numbers and names alone."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ketwork.experiments.compare import Interval
from ketwork.report.figures import _GRID, _INK, _figure, _plain, svg

PALETTE = ("#5b3fd6", "#0f766e", "#b45309", "#be123c", "#0369a1", "#4d7c0f", "#7c3aed", "#64748b", "#a16207", "#0e7490")
"""Colours of series, in the order in which they are given."""


def lines(
    name: str,
    across: Sequence[float],
    series: Mapping[str, Sequence[Interval]],
    labels: tuple[str, str],
    dashed: Sequence[str] = (),
    span: tuple[float, float] | None = None,
    marks: Mapping[str, Sequence[tuple[float, float]]] | None = None,
) -> str:
    """A line a series through means, with 95 % intervals as bands. labels: of the axes. span: what values can be.
    marks: lone points (across, up) a name."""
    figure, ax = _figure(7.4, 3.6)
    for colour, (title, points) in zip(_colours(len(series)), series.items(), strict=True):
        mean = np.array([p.mean for p in points])
        half = np.nan_to_num(np.array([p.half for p in points]))
        low, high = np.clip([mean - half, mean + half], *(span or (-np.inf, np.inf)))
        style = (0, (4, 2)) if title in dashed else "-"
        ax.plot(across, mean, color=colour, lw=1.8, ls=style, marker="o", ms=3.5, label=_plain(title))
        ax.fill_between(across, low, high, color=colour, alpha=0.13, lw=0)
    for shape, (title, places) in zip("Dsv^PX*", (marks or {}).items(), strict=False):
        spots = np.array(places)
        ax.scatter(
            *spots.T,
            marker=shape,
            s=42,
            facecolors="none",
            edgecolors=_INK,
            label=_plain(title),
            zorder=4,
            clip_on=False,
        )
    _finish(ax, labels)
    ax.legend(frameon=False, fontsize=8.5, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return svg(figure, name)


def intervals(
    name: str,
    rows: Mapping[str, tuple[Interval, Sequence[float]]],
    label: str,
    reference: float | None = None,
    logarithmic: bool = False,
) -> str:
    """A line a row: each value as a dot, the mean with its 95 % interval; a dashed line at the reference."""
    figure, ax = _figure(7.4, 0.46 * len(rows) + 0.9)
    for place, (colour, (found, values)) in enumerate(
        zip(reversed(_colours(len(rows))), reversed(list(rows.values())), strict=True)
    ):
        ax.scatter(values, [place] * len(values), s=18, color=colour, alpha=0.3, linewidths=0)
        half = 0 if np.isnan(found.half) else found.half
        ax.errorbar(found.mean, place, xerr=half, fmt="D", color=colour, ms=6, capsize=3, lw=1.6)
        ax.annotate(
            f"{found.mean:.3g}", (found.mean, place), (0, 8), textcoords="offset points", ha="center", fontsize=8.5,
            color=colour,
        )  # fmt: skip
    ax.set_yticks(range(len(rows)), [_plain(row) for row in reversed(list(rows))])
    ax.set_ylim(-0.6, len(rows) - 0.2)
    if logarithmic:
        _logarithmic(ax)
    if reference is not None:
        ax.axvline(reference, color=_INK, lw=1, ls=(0, (4, 3)))
    _finish(ax, (label, ""))
    return svg(figure, name)


def _logarithmic(ax: Any) -> None:
    """A logarithmic axis with plain numbers, some eight at most: within two decades between the powers of ten too."""
    from matplotlib.ticker import LogLocator, NullFormatter

    ax.set_xscale("log")
    low, high = ax.get_xlim()
    decades = float(np.log10(high / low))
    ax.xaxis.set_major_locator(LogLocator(10.0, (1.0,) if decades > 2 else (1.0, 2.0, 5.0), numticks=9))
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    if decades > 0.5:
        ax.xaxis.set_minor_formatter(NullFormatter())
    else:  # no more than a few between
        ax.xaxis.set_minor_formatter(lambda value, _: f"{value:g}")


def scatter(name: str, points: Mapping[str, tuple[Any, Any]], labels: tuple[str, str]) -> str:
    """Points (across, up) a series, with the diagonal on which both agree."""
    figure, ax = _figure(4.6, 4.0)
    everything = np.concatenate([np.ravel(part) for pair in points.values() for part in pair])
    ends = [float(everything.min()), float(everything.max())]
    ax.plot(ends, ends, color=_INK, lw=1, ls=(0, (4, 3)))
    for colour, (title, (across, up)) in zip(_colours(len(points)), points.items(), strict=True):
        ax.scatter(across, up, s=24, color=colour, alpha=0.7, linewidths=0, label=_plain(title))
    _finish(ax, labels)
    ax.legend(frameon=False, fontsize=8.5)
    return svg(figure, name)


def bars(name: str, groups: Sequence[str], series: Mapping[str, Sequence[float]], label: str) -> str:
    """Groups of bars, one a series: distributions side by side, for example."""
    figure, ax = _figure(7.4, 3.2)
    width = 0.8 / len(series)
    for k, (colour, (title, heights)) in enumerate(zip(_colours(len(series)), series.items(), strict=True)):
        places = np.arange(len(groups)) + (k - (len(series) - 1) / 2) * width
        ax.bar(places, heights, width, color=colour, label=_plain(title))
    turned = sum(map(len, groups)) > 60
    ax.set_xticks(
        range(len(groups)), [_plain(g) for g in groups], rotation=60 if turned else 0, fontsize=7.5 if turned else 9
    )
    _finish(ax, ("", label))
    ax.grid(axis="x", visible=False)
    ax.legend(frameon=False, fontsize=8.5)
    return svg(figure, name)


def _colours(count: int) -> list[str]:
    return [PALETTE[k % len(PALETTE)] for k in range(count)]


def _finish(ax: Any, labels: tuple[str, str]) -> None:
    ax.set_xlabel(_plain(labels[0]), fontsize=9.5, color=_INK)
    ax.set_ylabel(_plain(labels[1]), fontsize=9.5, color=_INK)
    ax.grid(color=_GRID, lw=0.8)
    ax.set_axisbelow(True)
