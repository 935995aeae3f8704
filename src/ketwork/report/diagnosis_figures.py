"""Figures of `ketwork diagnose` as SVG text, from the rows of a run."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ketwork.report.figures import _INK, _figure, _plain, svg
from ketwork.report.plots import PALETTE, _colours, _finish

_LEAST = 1e-17
_NOTHING = 1e-20  # a variance below this is rounding: the weight has no effect
Row = dict[str, Any]


def fidelity_figure(row: Row) -> str:
    """The fidelities of random pairs of states beside those of uniformly random ones."""
    figure, ax = _figure(7.4, 3.2)
    edges = np.array(row["edges"])
    middle = (edges[1:] + edges[:-1]) / 2
    ax.bar(middle, row["found"], np.diff(edges) * 0.92, color=PALETTE[0], alpha=0.75, label="this circuit")
    ax.step(edges, [*row["haar"], row["haar"][-1]], where="post", color=_INK, lw=1.3, label="uniformly random states")
    shown = edges[1:][np.maximum(row["found"], row["haar"]) > 1e-4]
    ax.set_xlim(0, min(1.0, float(shown.max()) * 1.1))
    _finish(ax, ("fidelity of two random states", "share of pairs"))
    ax.legend(frameon=False, fontsize=8.5)
    return svg(figure, "fidelities")


def layers_figure(expressed: Mapping[int, Row], entangled: Mapping[int, Row]) -> str:
    """Expressibility and entangling capability by the number of layers."""
    figure, (left, right) = _figure(7.4, 3.2, 2)
    depths = list(expressed)
    rows = [expressed[k] for k in depths]
    values = np.array([r["divergence"] for r in rows])
    left.fill_between(depths, [r["low"] for r in rows], [r["high"] for r in rows], color=PALETTE[0], alpha=0.15, lw=0)
    left.plot(depths, values, color=PALETTE[0], marker="o", ms=4, lw=1.8, label="this family")
    left.plot(depths, [r["floor_high"] for r in rows], color=_INK, lw=1.1, ls="--", label="uniform states, 95 %")
    left.set_yscale("log")
    _finish(left, ("layers", "divergence from uniform (nats)"))
    left.legend(frameon=False, fontsize=8.5)
    q = [entangled[k] for k in depths]
    right.fill_between(depths, [r["low"] for r in q], [r["high"] for r in q], color=PALETTE[1], alpha=0.15, lw=0)
    right.plot(depths, [r["mean"] for r in q], color=PALETTE[1], marker="o", ms=4, lw=1.8, label="this family")
    right.axhline(q[0]["haar"], color=_INK, lw=1.1, ls="--", label="uniform states")
    right.set_ylim(0, 1.05)
    _finish(right, ("layers", "Meyer-Wallach measure"))
    right.legend(frameon=False, fontsize=8.5)
    for ax in (left, right):
        ax.set_xticks(depths)
    return svg(figure, "layers")


def decay_figure(name: str, series: Mapping[str, Sequence[tuple[int, float, float, float]]], label: str) -> str:
    """Lines of (qubits, value, low, high) on a logarithmic axis."""
    figure, ax = _figure(7.4, 3.6)
    for colour, (title, points) in zip(_colours(len(series)), series.items(), strict=True):
        n, mean, low, high = (np.array(part, float) for part in zip(*points, strict=True))
        mean, low, high = (np.maximum(part, _LEAST) for part in (mean, low, high))
        ax.plot(n, mean, color=colour, lw=1.8, marker="o", ms=3.5, label=_plain(title))
        ax.fill_between(n, low, high, color=colour, alpha=0.13, lw=0)
    ax.set_yscale("log")
    ax.set_xticks(sorted({int(p[0]) for points in series.values() for p in points}))
    _finish(ax, ("qubits", label))
    ax.legend(frameon=False, fontsize=8.5, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return svg(figure, name)


def weights_figure(rows: Mapping[str, Row]) -> str:
    """The variance of each partial derivative, a colour a cost; weights without effect are left out."""
    figure, ax = _figure(7.4, 3.2)
    for colour, (title, row) in zip(_colours(len(rows)), rows.items(), strict=True):
        values = np.where(np.array(row["variances"]) > _NOTHING, row["variances"], np.nan)
        ax.plot(row["parameters"], values, color=colour, marker="o", ms=3, lw=1, label=_plain(f"{title} cost"))
    ax.set_yscale("log")
    _finish(ax, ("weight", "variance of the derivative"))
    ax.legend(frameon=False, fontsize=8.5)
    return svg(figure, "weights")


def fisher_figure(row: Row) -> str:
    """Eigenvalues of the Fisher information, and the effective dimension by the number of data."""
    figure, (left, right) = _figure(7.4, 3.2, 2)
    shown = {"classical": "what is read", "quantum": "quantum (any readout)", "trained": "what is read, trained"}
    for colour, (key, title) in zip(_colours(3), shown.items(), strict=True):
        if key in row:
            values = np.maximum(row[key]["mean"], 1e-9)
            left.plot(np.arange(1, len(values) + 1), values, color=colour, lw=1.6, label=title)
    left.set_yscale("log")
    left.set_ylim(bottom=1e-8)
    _finish(left, ("eigenvalue, largest first", "mean Fisher information"))
    left.legend(frameon=False, fontsize=8.5)
    share = np.array(row["effective_dimension"]) / row["weights"]
    right.plot(row["n_data"], share, color=PALETTE[0], marker="o", ms=3.5, lw=1.8, label="over random weights")
    if "local_effective_dimension" in row:
        local = np.array(row["local_effective_dimension"]) / row["weights"]
        right.plot(row["n_data"], local, color=PALETTE[2], marker="o", ms=3.5, lw=1.8, label="at the trained weights")
    right.set_xscale("log")
    right.set_ylim(0, 1.1 * max(1.0, float(share.max())))
    _finish(right, ("number of data", "effective dimension / weights"))
    right.legend(frameon=False, fontsize=8.5)
    return svg(figure, "fisher")


def fourier_figure(rows: Sequence[Row]) -> str:
    """The spectrum over each input: allowed frequencies as rings on the axis, what is found as stems or a line."""
    figure, axes = _figure(7.4, 2.7, max(2, len(rows)), sharey=True)
    for ax, row in zip(axes, rows, strict=False):
        omega, strength = np.array(row["frequencies"]), np.array(row["strength"])
        if row["periodic"]:
            ax.vlines(omega, 0, strength, color=PALETTE[0], lw=2.2)
            ways = np.array(row["ways"]) > 0
            ax.plot(omega[ways], np.zeros(ways.sum()), "o", ms=5, mfc="none", mec=_INK, clip_on=False)
        else:
            ax.plot(omega, strength, color=PALETTE[0], lw=1.3)
            ax.axvline(row["highest"], color=_INK, lw=1, ls="--")
        _finish(ax, (f"frequency in input {row['input']}", "amplitude"))
    for ax in axes[len(rows) :]:
        ax.set_visible(False)
    return svg(figure, "fourier")


def kernel_figure(row: Row) -> str:
    """How the kernel's values off the diagonal are spread."""
    figure, ax = _figure(7.4, 2.8)
    edges = np.array(row["edges"])
    ax.bar((edges[1:] + edges[:-1]) / 2, row["histogram"], np.diff(edges) * 0.92, color=PALETTE[0], alpha=0.8)
    ax.axvline(row["haar"], color=_INK, lw=1.1, ls="--", label="mean of uniformly random states")
    ax.set_xlim(0, 1)
    _finish(ax, ("kernel value of two samples", "share of pairs"))
    ax.legend(frameon=False, fontsize=8.5)
    return svg(figure, "kernel")


def bonds_figure(bonds: Row, paths: Sequence[Row]) -> str:
    """The bond dimension along the circuit, and the number of Pauli strings on the way back."""
    figure, (left, right) = _figure(7.4, 3.5, 2)
    left.step(bonds["gates"], bonds["ranks"], where="post", color=_INK, lw=1.1, label="exact Schmidt rank")
    title = f"for a fidelity of {bonds['fidelity']:g}"
    left.step(bonds["gates"], bonds["needed"], where="post", color=PALETTE[0], lw=1.8, label=title)
    left.axhline(2 ** (bonds["n_qubits"] // 2), color=PALETTE[3], lw=1, ls="--", label="most for so many qubits")
    left.set_yscale("log", base=2)
    left.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    _finish(left, ("gates done", "bond dimension"))
    for k, (colour, path) in enumerate(zip(_colours(len(paths)), paths, strict=True), 1):
        right.plot(np.maximum(path["terms"], 0.5), color=colour, lw=1.5, label=f"observable {k} of the widest")
    right.axhline(4.0 ** bonds["n_qubits"], color=PALETTE[3], lw=1, ls="--", label="all strings")
    right.set_yscale("log")
    _finish(right, ("rotations undone", "Pauli strings"))
    for ax in (left, right):  # curves may be anywhere: the legend stands above them
        ax.legend(frameon=False, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return svg(figure, "classical")
