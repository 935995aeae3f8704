"""Figures of `ketwork search` as SVG text: errors by circuit evaluations, errors against size, errors under noise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ketwork.report.figures import _GRID, _INK, _figure, _plain, svg
from ketwork.report.plots import PALETTE, _finish

Trace = Sequence[tuple[float, float]]
Floats = NDArray[np.float64]
_GREY = "#6b7280"
_BANDS = 4  # so many methods have their bands in one figure; more of them a panel each
_COLOURS = PALETTE[:6]  # the others are too near to these, or to the baseline's grey
_STYLES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)), (0, (6, 1.5, 1, 1.5, 1, 1.5)))
_BROKEN: tuple[Any, ...] = ((0, (6, 2)), (0, (2, 2)), (0, (6, 2, 1, 2)), (0, (1, 3)))
_SHAPES = "osv^DPX*<>hpd"
_SETTINGS = ("#5b3fd6", "#dc2626", "#b45309", "#0284c7", "#0f766e", "#64748b")


@dataclass(frozen=True)
class Measure:
    """How errors are drawn. label: of the axis. floor: what is smaller is drawn here, on logarithmic axes alone.
    good: an error that counts as reached; None for none."""

    label: str
    logarithmic: bool
    floor: float = 0.0
    good: float | None = None
    good_label: str = "reached"

    def shown(self, errors: Any) -> Floats:
        """Errors as they are drawn."""
        values = np.asarray(errors, float)
        return np.maximum(values, self.floor) if self.logarithmic else values


def measure_of(errors: Sequence[float], label: str, good: float | None = None, good_label: str = "reached") -> Measure:
    """Logarithmic where errors are spread over more than a decade, or some are a tenth of what is good or less.

    The floor is a thousandth of what is good, else a millionth of the largest error.
    """
    seen = np.array([e for e in errors if np.isfinite(e)])
    largest = float(seen.max(initial=0.0))
    if largest <= 0:
        return Measure(label, False, 0.0, good, good_label)
    floor = 1e-3 * good if good else 1e-6 * largest
    low = float(np.maximum(seen, floor).min())
    return Measure(label, largest > 10 * low, floor, good, good_label)


@dataclass(frozen=True)
class Band:
    """Means over repetitions with their 95 % intervals (T,), by circuit evaluations spent (T,)."""

    spent: Floats
    mean: Floats
    low: Floats
    high: Floats


def band(traces: Sequence[Trace], budget: float, measure: Measure, points: int = 160) -> Band | None:
    """The least error so far, averaged over repetitions, from where all have one on to the budget.

    On a logarithmic axis logarithms are averaged: the mean is the geometric one, and the interval Student's of the
    logarithms. None where a repetition has no circuit. low and high are nan for one repetition.
    """
    if not traces or any(not len(trace) for trace in traces):
        return None
    first = max(trace[0][0] for trace in traces)
    falls = [spent for trace in traces for spent, _ in trace if spent >= first]
    grid = np.geomspace(max(first, 1), max(budget, first, 1), points)
    grid = np.unique(np.concatenate([grid, _thinned(np.unique(falls), 3 * points), [first]]))
    return Band(grid, *averaged(np.array([_held(trace, grid) for trace in traces]), measure))


def averaged(errors: Any, measure: Measure) -> tuple[Any, Any, Any]:
    """(mean, low, high) over repetitions, the first axis of errors (S, ...), as `band` has them."""
    shown = measure.shown(errors)
    values, count = np.log(shown) if measure.logarithmic else shown, len(shown)
    mean = values.mean(axis=0)
    spread = values.std(axis=0, ddof=1) / np.sqrt(count) if count > 1 else np.full_like(mean, np.nan)
    half = stats.t.ppf(0.975, max(count - 1, 1)) * spread
    low, mean, high = (np.exp(part) if measure.logarithmic else part for part in (mean - half, mean, mean + half))
    return mean, low, high


def _thinned(values: Floats, count: int) -> Floats:
    kept = np.unique(np.round(np.linspace(0, len(values) - 1, min(len(values), count))).astype(int))
    return values[kept]


def _held(trace: Trace, grid: Floats) -> Floats:
    """The last error of a trace at or before each point; the grid begins no earlier than the trace."""
    spent, errors = np.array(trace, float).T
    return np.asarray(errors[np.searchsorted(spent, grid, side="right") - 1])


# ---------------------------------------------------------------------- errors by evaluations
def curves_figure(
    name: str,
    series: Mapping[str, Sequence[Trace]],
    budget: float,
    measure: Measure,
    references: Mapping[str, float],
    baseline: str = "random",
) -> str:
    """The mean least error by circuit evaluations, a line a method, with 95 % bands where there are few methods.

    references: errors of circuits made by hand, as thin broken lines.
    """
    figure, ax = _figure(7.6, max(3.7, 0.26 * (len(series) + len(references)) + 1.0))
    few = len(series) <= _BANDS
    looks = looks_of(series, baseline)
    for method, traces in series.items():
        found = band(traces, budget, measure)
        if found is not None:
            _draw(ax, found, looks[method], method, few)
    _across(ax, budget)
    for k, (title, error) in enumerate(references.items()):
        style = _BROKEN[k % len(_BROKEN)]
        ax.axhline(float(measure.shown(error)), color=_INK, lw=1.0, ls=style, alpha=0.8, label=_plain(title), zorder=1)
    _good(ax, measure)
    _errors_up(ax, measure, [*_seen(series), *references.values()])
    _finish(ax, ("circuit evaluations", measure.label))
    ax.legend(frameon=False, fontsize=8.5, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return svg(figure, name)


def panels_figure(
    name: str, series: Mapping[str, Sequence[Trace]], budget: float, measure: Measure, baseline: str = "random"
) -> str | None:
    """A panel a method, with its 95 % band beside that of the baseline; None where `curves_figure` has the bands."""
    others = [method for method in series if method != baseline]
    if len(series) <= _BANDS or not others:
        return None
    columns = 3
    rows = -(-len(others) // columns)
    figure, axes = _figure(7.6, 1.9 * rows + 0.5, columns, rows, sharex=True, sharey=True, squeeze=False)
    base = band(series.get(baseline, ()), budget, measure)
    looks = looks_of(series, baseline)
    for k, ax in enumerate(axes.ravel()):
        if k >= len(others):
            ax.axis("off")
            continue
        found = band(series[others[k]], budget, measure)
        if base is not None:
            _draw(ax, base, looks[baseline], baseline, True)
        if found is not None:
            _draw(ax, found, (looks[others[k]][0], "-"), others[k], True)
        _across(ax, budget, 4)
        _good(ax, measure)
        ax.set_title(_plain(others[k]), fontsize=9.5, color=looks[others[k]][0], loc="left")
        ax.grid(color=_GRID, lw=0.8)
        ax.set_axisbelow(True)
    _errors_up(axes[0][0], measure, _seen(series))
    figure.supxlabel("circuit evaluations", fontsize=9.5, color=_INK)
    figure.supylabel(_plain(measure.label), fontsize=9.5, color=_INK)
    return svg(figure, name)


def looks_of(methods: Mapping[str, Any] | Sequence[str], baseline: str = "random") -> dict[str, tuple[str, Any]]:
    """(colour, line style) of every method; the baseline is grey."""
    found, k = {}, 0
    for method in methods:
        if method == baseline:
            found[method] = (_GREY, "-")
            continue
        found[method] = (_COLOURS[k % len(_COLOURS)], _STYLES[k // len(_COLOURS) % len(_STYLES)])
        k += 1
    return found


def _seen(series: Mapping[str, Sequence[Trace]]) -> list[float]:
    """All errors of all traces."""
    return [float(error) for traces in series.values() for trace in traces for _, error in trace]


def _draw(ax: Any, found: Band, look: tuple[str, Any], label: str, with_band: bool) -> None:
    colour, style = look
    ax.step(found.spent, found.mean, where="post", color=colour, lw=1.8, ls=style, label=_plain(label))
    if with_band and np.isfinite(found.low).all():
        ax.fill_between(found.spent, found.low, found.high, step="post", color=colour, alpha=0.15, lw=0)


def _across(ax: Any, budget: float, most: int = 9) -> None:
    ax.set_xscale("log")
    left = min(ax.get_xlim()[0], budget / 2)
    ax.set_xlim(left, budget * 1.05)
    _few_ticks(ax.xaxis, left, budget, most)


def _good(ax: Any, measure: Measure) -> None:
    if measure.good is not None and measure.good > 0:
        ax.axhline(measure.good, color="#16a34a", lw=1.1, ls=(0, (4, 2)), label=_plain(measure.good_label))


def _errors_up(ax: Any, measure: Measure, seen: Sequence[float], across: bool = False) -> None:
    """The axis of errors: logarithmic with plain numbers, or linear; as wide as what was seen, bands are cut."""
    shown = measure.shown([e for e in seen if np.isfinite(e)])
    marks = [*shown, *([measure.good] if measure.good else [])] or [1.0]
    low, high = min(marks), max(marks)
    if measure.logarithmic:
        (ax.set_xscale if across else ax.set_yscale)("log")
        _few_ticks(ax.xaxis if across else ax.yaxis, low, high)
        low, high = low / 1.6, high * 1.6
    else:
        margin = 0.08 * ((high - low) or abs(high) or 1.0)
        low, high = low - margin, high + margin
    (ax.set_xlim if across else ax.set_ylim)(low, high)


def _few_ticks(axis: Any, low: float, high: float, most: int = 9) -> None:
    """Plain numbers on a logarithmic axis, between the powers of ten too where it is short."""
    from matplotlib.ticker import LogLocator, NullFormatter

    decades = float(np.log10(high / low)) if high > low > 0 else 0.0
    axis.set_major_locator(LogLocator(10.0, (1.0,) if decades > 1.7 else (1.0, 2.0, 5.0), numticks=most))
    axis.set_major_formatter(lambda value, _: f"{value:,.0f}" if 1000 <= value < 1e6 else f"{value:g}")
    axis.set_minor_formatter(NullFormatter())


# ---------------------------------------------------------------------- errors against size
def front_figure(
    name: str,
    points: Mapping[str, Sequence[tuple[float, float, float]]],
    references: Mapping[str, tuple[float, float, float]],
    measure: Measure,
    baseline: str = "random",
) -> str:
    """Errors against depth and two-qubit gates: (error, depth, two-qubit gates) of circuits, a colour a method.

    Filled: those that no circuit of any method beats in all three at once. The dashed line joins the least errors
    that so much depth, or so many two-qubit gates, allow. references: circuits made by hand.
    """
    figure, axes = _figure(7.6, 3.9, 2, sharey=True)
    everything = [point for group in points.values() for point in group]
    best = {place for k, place in enumerate(everything) if _unbeaten(everything, k)}
    looks = looks_of(points, baseline)
    for ax, side, label in ((axes[0], 1, "depth"), (axes[1], 2, "two-qubit gates")):
        stairs = _stairs([(p[side], float(measure.shown(p[0]))) for p in everything])
        if stairs:
            ax.step(*np.array(stairs).T, where="post", color="#9aa3b5", lw=1.3, ls=(0, (4, 2)), zorder=1)
        for k, (method, group) in enumerate(points.items()):
            colour, shape = looks[method][0], _SHAPES[k % len(_SHAPES)]
            for mine, alpha in (([p for p in group if p not in best], 0.3), ([p for p in group if p in best], 0.95)):
                spots = np.array([(p[side], measure.shown(p[0])) for p in mine]).reshape(-1, 2)
                face = colour if alpha > 0.5 else "none"
                ax.scatter(*spots.T, s=34, marker=shape, facecolors=face, edgecolors=colour, alpha=alpha, zorder=3)
            if side == 1:
                ax.scatter([], [], s=34, marker=shape, color=colour, label=_plain(method))
        for k, (title, place) in enumerate(references.items()):
            label_once = _plain(title) if side == 1 else None
            spot = (place[side], float(measure.shown(place[0])))
            shape = _SHAPES[-1 - k % 6]
            ax.scatter(*spot, s=46, marker=shape, facecolors="white", edgecolors=_INK, zorder=4, label=label_once)
        _good(ax, measure)
        _finish(ax, (label, measure.label if side == 1 else ""))
        ax.xaxis.get_major_locator().set_params(integer=True)
    _errors_up(axes[0], measure, [p[0] for p in (*everything, *references.values())])
    figure.legend(*axes[0].get_legend_handles_labels(), frameon=False, fontsize=8.5, loc="outside right center")
    return svg(figure, name)


def _unbeaten(points: Sequence[tuple[float, float, float]], k: int) -> bool:
    mine = points[k]
    return not any(other != mine and all(a <= b for a, b in zip(other, mine, strict=True)) for other in points)


def _stairs(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The least error that so much or less allows, at every point where it falls."""
    found: list[tuple[float, float]] = []
    for size, error in sorted(points):
        if not found or error < found[-1][1]:
            found.append((size, error))
    return found


# ---------------------------------------------------------------------- errors under noise
def settings_figure(
    name: str, rows: Mapping[str, Mapping[str, Sequence[float]]], measure: Measure, titles: Mapping[str, str]
) -> str:
    """A line a method or circuit: its errors in several settings, every repetition as a dot, the mean as a diamond with
    its 95 % interval.

    rows: name -> setting -> errors. titles: of the settings, in the order in which they are drawn.
    """
    step = 0.24 * len(titles) + 0.3
    figure, ax = _figure(7.6, 0.5 * step * len(rows) + 1.2)
    for place, group in enumerate(reversed(list(rows.values()))):
        for k, (colour, setting) in enumerate(zip(_SETTINGS * 3, titles, strict=False)):
            errors = measure.shown([e for e in group.get(setting, ()) if np.isfinite(e)])
            if not len(errors):
                continue
            height = place * step - 0.24 * (k - (len(titles) - 1) / 2)
            mean, low, high = averaged(errors, measure)
            ax.scatter(errors, [height] * len(errors), s=16, color=colour, alpha=0.3, linewidths=0)
            if np.isfinite(low):
                ax.plot([low, high], [height, height], color=colour, lw=1.4)
            ax.plot(mean, height, "D", color=colour, ms=5.5)
    for colour, title in zip(_SETTINGS * 3, titles.values(), strict=False):
        ax.plot([], [], "D", color=colour, ms=5.5, label=_plain(title))
    if measure.good is not None and measure.good > 0:
        ax.axvline(measure.good, color="#16a34a", lw=1.1, ls=(0, (4, 2)), label=_plain(measure.good_label))
    ax.set_yticks([place * step for place in range(len(rows))], [_plain(row) for row in reversed(list(rows))])
    ax.set_ylim(-0.65 * step, (len(rows) - 0.35) * step)
    _errors_up(ax, measure, [e for g in rows.values() for s in titles for e in g.get(s, ())], across=True)
    _finish(ax, (measure.label, ""))
    ax.grid(axis="y", visible=False)
    figure.legend(frameon=False, fontsize=8.5, loc="outside upper center", ncols=3)
    return svg(figure, name)
