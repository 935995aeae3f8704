"""Figures of a comparison as SVG text: mean ranks with the critical difference, scores against what they cost."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ketwork.experiments.compare import Interval
from ketwork.experiments.ranks import Ranks
from ketwork.report.figures import _GRID, _INK, COLOURS, _figure, _plain, svg

Point = tuple[float, Interval]


def critical_difference_figure(ranks: Ranks, kinds: Mapping[str, str]) -> str:
    """Mean ranks on a line, 1 (best) at the left, with names left and right of it; thick bars join contenders that
    Nemenyi's test does not tell apart, and a bar above shows the critical difference.

    Source: Demsar, Journal of Machine Learning Research 7 (2006) 1, figure 1.
    """
    count = len(ranks.names)
    half = -(-count // 2)
    step, first = 0.62, 0.75 + 0.26 * len(ranks.cliques)
    figure, ax = _figure(7.4, 0.32 * (first + step * half) / step + 0.85)
    width = max(count - 1, 1)
    ax.set_xlim(1 - 0.62 * width, count + 0.62 * width)
    ax.set_ylim(-first - step * (half - 1) - 0.5, 1.5)
    ax.axis("off")
    ax.plot([1, count], [0, 0], color=_INK, lw=1.2)
    for tick in range(1, count + 1):
        ax.plot([tick, tick], [0, 0.13], color=_INK, lw=1.2)
        ax.text(tick, 0.2, str(tick), ha="center", va="bottom", fontsize=9, color=_INK)
    for k, (name, mean) in enumerate(zip(ranks.names, ranks.mean, strict=True)):
        left, colour = k < half, COLOURS[kinds[name]]
        down = -first - step * (k if left else count - 1 - k)
        end = 1 - 0.08 * width if left else count + 0.08 * width
        ax.plot([mean, mean, end], [0, down, down], color=colour, lw=1.2)
        ax.plot(mean, 0, "o", color=colour, ms=4)
        text = f"{_plain(name)}  {mean:.2f}" if left else f"{mean:.2f}  {_plain(name)}"
        side = -0.02 * width if left else 0.02 * width
        ax.text(end + side, down, text, ha="right" if left else "left", va="center", fontsize=8.5, color=colour)
    where = dict(zip(ranks.names, ranks.mean, strict=True))
    for k, clique in enumerate(ranks.cliques):
        ends = where[clique[0]] - 0.02 * width, where[clique[-1]] + 0.02 * width
        ax.plot(ends, [-0.3 - 0.26 * k] * 2, color=_INK, lw=3.2, solid_capstyle="butt")
    if np.isfinite(ranks.critical):
        ax.plot([1, 1, 1, 1 + ranks.critical, 1 + ranks.critical, 1 + ranks.critical],
                [1.0, 1.2, 1.1, 1.1, 1.2, 1.0], color=_INK, lw=1)  # fmt: skip
        ax.text(1 + ranks.critical / 2, 1.18, f"critical difference {ranks.critical:.2f}", ha="center", va="bottom",
                fontsize=8.5, color=_INK)  # fmt: skip
    return svg(figure, "ranks")


def pareto(points: Sequence[tuple[float, float]]) -> list[int]:
    """The places of points (cost, score) that no other beats: none is as cheap and as good, and better in one."""
    return [
        k
        for k, (cost, score) in enumerate(points)
        if not any(c <= cost and s >= score and (c, s) != (cost, score) for c, s in points)
    ]


def pareto_figure(
    name: str,
    panels: Mapping[str, Mapping[str, Point]],
    kinds: Mapping[str, str],
    label: str,
    numbers: Mapping[str, int],
) -> str:
    """A panel a cost: each contender's score with its 95 % interval against it, joined where no other beats it.

    panels: label of the cost -> contender -> (cost, score). Costs of zero or less stand at the left edge. numbers: by
    which contenders are named in the figure, as in the table beside it.
    """
    figure, axes = _figure(7.6, 3.1, len(panels), sharey=True, squeeze=False)
    for ax, (title, points) in zip(axes[0], panels.items(), strict=True):
        _panel(ax, points, kinds, numbers)
        ax.set_xlabel(_plain(title), fontsize=9.5, color=_INK)
    axes[0][0].set_ylabel(_plain(label), fontsize=9.5, color=_INK)
    return svg(figure, name)


def _panel(ax: Any, points: Mapping[str, Point], kinds: Mapping[str, str], numbers: Mapping[str, int]) -> None:
    positive = [cost for cost, _ in points.values() if cost > 0]
    least = min(positive, default=1.0)
    edge = least / 4  # where a cost of nothing stands on a logarithmic axis
    places = {who: (cost if cost > 0 else edge, score) for who, (cost, score) in points.items()}
    best = pareto([(cost, score.mean) for cost, score in places.values()])
    front = sorted({(list(places.values())[k][0], list(places.values())[k][1].mean) for k in best})
    ax.step(*np.array(front).T, where="post", color="#9aa3b5", lw=1.4, ls=(0, (4, 2)), zorder=1)
    for who, (cost, score) in places.items():
        colour, half = COLOURS[kinds[who]], 0.0 if np.isnan(score.half) else score.half
        ax.errorbar(cost, score.mean, yerr=half, fmt="none", ecolor=colour, alpha=0.35, lw=1.4, zorder=2)
        ax.scatter(cost, score.mean, s=80, color=colour, linewidths=0, zorder=3)
        ax.annotate(
            str(numbers[who]), (cost, score.mean), ha="center", va="center", fontsize=7.5, color="white", zorder=4
        )
    ax.set_xscale("log")
    if len(positive) < len(points):
        ticks = ax.xaxis.get_major_formatter()  # the left edge is no number of circuits
        ax.xaxis.set_major_formatter(lambda value, place: ticks(value, place) if value > np.sqrt(least * edge) else "")
        ax.axvline(np.sqrt(least * edge), color=_GRID, lw=1)
        across = ("data", "axes fraction")
        ax.annotate("none", (edge, 0), (0, 4), xycoords=across, textcoords="offset points", ha="center", fontsize=8)
    ax.margins(x=0.1)
    ax.grid(color=_GRID, lw=0.8)
    ax.set_axisbelow(True)
