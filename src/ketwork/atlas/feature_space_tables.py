"""The sections of the feature-space report: tables and figures from the rows of a run."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ketwork.atlas.feature_space import DEPTHS, SHOTS, STARTS, STEPS, TEST_SETS, TESTING, TRAINING, classifier_circuit
from ketwork.atlas.feature_space_device import DEVICE, METHODS
from ketwork.atlas.feature_space_device import SHOTS as READ_SHOTS
from ketwork.experiments.compare import Comparison, Interval, interval, paired_p_value
from ketwork.experiments.ranks import holm
from ketwork.report import plots
from ketwork.report.page import Section, Table
from ketwork.report.run_page import measured

Row = dict[str, Any]
DEEPEST = str(DEPTHS[-1])
LADDER = {"first": "SPSA, one run", "best": f"SPSA, best of {STARTS} runs", "gradient": "gradients"}


def chosen(rows: dict[str, Row], start: str) -> list[Row]:
    """The rows whose key is `start` and a number."""
    return [row for key, row in rows.items() if key.rpartition(" ")[0] == start]


def at_depth(rows: Sequence[Row], depth: int | str, key: str) -> list[float]:
    """A number of the variational classifier at a depth, one a V."""
    return [row[str(depth)][key] for row in rows]


def of_kernel(rows: Sequence[Row], name: str = "kernel", key: str = "test") -> list[float]:
    """A number of a kernel, one a V."""
    return [row[name][key] for row in rows]


def percent(found: Interval) -> str:
    """A share with its interval, in percent."""
    half = "" if np.isnan(found.half) else f" ± {100 * found.half:.1f}"
    return f"{100 * found.mean:.1f}{half} %"


def signed(difference: Interval, p: str) -> str:
    """A difference of shares in points, with its sign, interval and p value."""
    half = "" if np.isnan(difference.half) else f" ± {100 * difference.half:.1f}"
    return f"{100 * difference.mean:+.1f}{half} points" + (f" (p = {p})" if p else "")


def tested(*pairs: tuple[Sequence[float], Sequence[float]]) -> list[str]:
    """p values of paired tests over sets of their own as cells, by Holm's method over all of them."""
    adjusted = holm([paired_p_value(ours, theirs, 0.0) for ours, theirs in pairs])
    return ["" if np.isnan(p) else f"{p:.2g}" for p in adjusted]


def ideal(rows: dict[str, Row]) -> list[Section]:
    """Accuracies by depth, and the course of training."""
    runs = chosen(rows, "ideal")
    cells, once, deepest = [], at_depth(runs, DEEPEST, "first"), at_depth(runs, DEEPEST, "best")
    found = tested(*((at_depth(runs, depth, "best"), deepest) for depth in DEPTHS[:-1]))
    for depth, p in zip(DEPTHS, (*found, ""), strict=True):
        columns = (interval(at_depth(runs, depth, key)) for key in LADDER)
        worst = min(at_depth(runs, depth, "best"))
        cells.append((str(depth), str(runs[0][str(depth)]["parameters"]), *map(percent, columns), f"{worst:.1%}", p))
    series = {name: [interval(at_depth(runs, depth, key)) for depth in DEPTHS] for key, name in LADDER.items()}
    series["kernel"] = [interval(of_kernel(runs))] * len(DEPTHS)
    figure = plots.lines("depth", DEPTHS, series, ("layers of W", "test accuracy"), dashed=["kernel"], span=(0, 1))
    fitted = at_depth(runs, DEEPEST, "gradient")
    gaps = [
        signed(interval(np.subtract(scores, fitted)), p)
        for scores, p in zip((once, deepest), tested((once, fitted), (deepest, fitted)), strict=True)
    ]
    tries = [row[str(depth)]["best"] - row[str(depth)]["first"] for row in runs for depth in DEPTHS[1:]]
    text = (
        f"{len(runs)} random V on 2 qubits, gap 0.3; {TRAINING} points a label to learn from, {TEST_SETS} test sets of "
        f"{TESTING} points a label. SPSA: {STEPS} steps on the empirical risk from {SHOTS} shots a circuit, from "
        f"random angles; the best of {STARTS} runs is the one with the lowest risk on the training points. Gradients: "
        "L-BFGS on the likelihood of what single shots read, exact, no bias. Worst: over the V, for the best of the "
        f"runs. p: of a paired test of that column against {DEEPEST} layers, by Holm's method over the depths.",
        f"At {DEEPEST} layers one run of SPSA is {gaps[0]} off gradients, the best of {STARTS} {gaps[1]}. In "
        f"{sum(gap > 0.1 for gap in tries)} of {len(tries)} cases with layers the first run ends more than ten points "
        "below the one that is chosen, by its risk on the training points alone.",
    )
    header = ("layers", "numbers trained", *LADDER.values(), "worst", "p")
    first = Section("Variational classifier by depth", text, Table(header, tuple(cells)), figure, "depth",
                    "Test accuracy by depth.")  # fmt: skip
    length = min(len(row[DEEPEST]["curve"]) for row in runs)
    across = [10 * k + 5 for k in range(length)]
    curves = {}
    for depth in DEPTHS:
        points = [interval([row[str(depth)]["curve"][k] for row in runs]) for k in range(length)]
        curves[f"{depth} layers"] = points
    drawn = plots.lines("risk", across, curves, ("step", "empirical risk"), span=(0, 1))
    second = Section("The course of SPSA", ("Best of the runs, means over the V, bands are 95 % intervals.",), None,
                     drawn, "risk", "Empirical risk by step.")  # fmt: skip
    circuit = classifier_circuit(2, 1)
    third = Section("The circuit", (f"The feature map, and one of the up to {DEEPEST} layers of W.",),
                    figure=circuit._repr_svg_(), name="circuit", description="Feature map and one layer.")  # fmt: skip
    return [first, second, third]


def contenders(rows: dict[str, Row]) -> dict[str, list[float]]:
    """Test accuracies of every model on the ad-hoc data, one a V: quantum first."""
    runs, others = chosen(rows, "ideal"), chosen(rows, "classical")
    names = [key for key in others[0] if key not in ("key", "seconds")]
    return {
        "kernel": of_kernel(runs),
        f"variational, {DEEPEST} layers": at_depth(runs, DEEPEST, "best"),
        "kernel, no entangling gates": of_kernel(runs, "kernel, no entangling gates"),
        **{name: [row[name] for row in others] for name in names},
    }


def against_kernel(scores: dict[str, list[float]]) -> dict[str, str]:
    """p values of every other model of `contenders` against the kernel, one family."""
    names = [name for name in scores if name != "kernel"]
    return dict(zip(names, tested(*((scores[name], scores["kernel"]) for name in names)), strict=True))


def beside(rows: dict[str, Row]) -> Section:
    """The kernel beside classical models on the same splits."""
    scores = contenders(rows)
    runs = chosen(rows, "ideal")
    against = against_kernel(scores)
    cells = [
        (name, percent(interval(found)), f"{min(found):.1%}", against.get(name, "")) for name, found in scores.items()
    ]
    text = (
        "The same points for all. The classical models are tuned by 3 folds of the 40 training points with 12 fits "
        "each; the kernel has nothing tuned. p: of a paired test against the kernel, by Holm's method over the rows.",
        "This is no fair contest: the labels were made with the very map that the kernel uses, so a plane in its "
        "feature space tells them apart with a margin, and no other model was told so. Nor does it need a quantum "
        "computer: for 2 qubits that space is that of the 16 Pauli expectation values, which are polynomials of sines "
        "and cosines of x_1, x_2 and (pi - x_1)(pi - x_2). Hardness for classical computers is "
        "conjectured for many qubits.",
        f"The kernel tells its training points apart in {sum(t == 1 for t in of_kernel(runs, key='train'))} of "
        f"{len(runs)} V, by {np.mean(of_kernel(runs, key='support')):.0f} support vectors of 40 on average.",
    )
    figure = plots.intervals(
        "beside", {n: (interval(f), f) for n, f in scores.items()}, "test accuracy, a dot a V", 0.5
    )
    return Section("Beside classical models, on data made for the kernel", text,
                   Table(("", "test accuracy", "worst", "p"), tuple(cells)), figure, "beside",
                   "Test accuracy by model.")  # fmt: skip


def three(rows: dict[str, Row]) -> Section:
    """Three qubits: how many points it takes."""
    runs = chosen(rows, "three qubits")
    counts = [key for key in runs[0] if key.isdigit()]
    series = {
        name: [interval([row[count][key] for row in runs]) for count in counts]
        for name, key in (("kernel", "test"), ("variational, by gradients", "gradient"))
    }
    cells = [(count, *(percent(found[k]) for found in series.values())) for k, count in enumerate(counts)]
    text = (
        "On 3 qubits the feature space has 64 dimensions instead of 16, and the same points say less of it. From "
        f"{counts[0]} to {counts[-1]} points a label the kernel goes from {percent(series['kernel'][0])} to "
        f"{percent(series['kernel'][-1])}. The variational classifier has 8 layers and is trained by gradients.",
    )
    figure = plots.lines(
        "three", [int(c) for c in counts], series, ("training points a label", "test accuracy"), span=(0, 1)
    )
    return Section("Three qubits", text, Table(("points a label", *series), tuple(cells)), figure, "three",
                   "Test accuracy by training points.")  # fmt: skip


def device(rows: dict[str, Row]) -> Section:
    """The variational classifier on the device."""
    runs = chosen(rows, "device")
    cells = [cell for where in ("trained: ideal", "trained: device") for cell in _readings(runs, where)]
    text = (
        f"{len(runs)} V, {DEPTHS[-1]} layers, one test set each, on the simulated device {DEVICE}: transpiled to its "
        f"best pair of qubits, gate errors, relaxation, readout errors; {READ_SHOTS:,} shots a circuit unless said "
        "otherwise. x5, x15: the same circuit with its gates run forth and back until there are so many times as many. "
        "Trained ideally, or by SPSA on the device itself. p: of paired tests, accuracy against ideal, error "
        "against raw, by Holm's method over each column of each training.",
        "The label is on which side of a threshold the mean parity lies, mitigation works on the value. What reading "
        f"raw does to the model trained ideally, root mean square error of the value and accuracy: {_raw(runs)}.",
    )
    keys = [key for key in runs[0]["trained: ideal"] if " x" in key]
    heights = {
        method: [
            np.mean([row["trained: ideal"][key][1] for row in runs]) for key in keys if key.startswith(f"{method} x")
        ]
        for method in METHODS
    }
    groups = [key.rpartition(" ")[2] for key in keys if key.startswith("raw x")]
    figure = plots.bars("device", groups, heights, "error of the mean parity")
    header = ("trained", "read", "test accuracy", "p", "error of the mean parity", "p of the error")
    return Section("On a device: the variational classifier", text, Table(header, tuple(cells)), figure, "device",
                   "Error of the mean parity by method.")  # fmt: skip


def _readings(runs: Sequence[Row], where: str) -> list[tuple[str, ...]]:
    """The rows of a way of training: accuracies and errors of every way to read."""
    exact = [row[where]["ideal"] for row in runs]
    keys = [key for key in runs[0][where] if key != "ideal"]
    scores, off = ({key: [row[where][key][part] for row in runs] for key in keys} for part in (0, 1))
    base = {key: f"raw x{key.rpartition('x')[2]}" for key in keys if " x" in key and not key.startswith("raw")}
    of_scores = tested(*((scores[key], exact) for key in keys))
    of_error = dict(zip(base, tested(*((off[key], off[raw]) for key, raw in base.items())), strict=True))
    title = where.removeprefix("trained: ")
    cells: list[tuple[str, ...]] = [(title, "ideal, exact", percent(interval(exact)), "", "0", "")]
    for key, p in zip(keys, of_scores, strict=True):
        cells.append((title, key, percent(interval(scores[key])), p, str(interval(off[key])), of_error.get(key, "")))
    return cells


def _raw(runs: Sequence[Row]) -> str:
    """What the device takes without mitigation, by how many times the gates are run."""
    parts = [row["trained: ideal"] for row in runs]
    said = []
    for key in (key for key in parts[0] if key.startswith("raw x")):
        lost = interval([part[key][0] - part["ideal"] for part in parts])
        said.append(f"{key.removeprefix('raw ')} {interval([part[key][1] for part in parts])}, {signed(lost, '')}")
    return "; ".join(said)


def device_kernel(rows: dict[str, Row]) -> Section:
    """The kernel on the device."""
    runs = chosen(rows, "kernel on device")
    exact = [row["ideal"] for row in runs]
    cells = [("ideal, exact", percent(interval(exact)), "", "0")]
    keys = [key for key in runs[0] if " x" in key]
    scores, off = ({key: [row[key][part] for row in runs] for key in keys} for part in (0, 1))
    for key, p in zip(keys, tested(*((scores[key], exact) for key in keys)), strict=True):
        cells.append((key, percent(interval(scores[key])), p, str(interval(off[key]))))
    text = (
        f"{len(runs)} V. Every entry is a circuit of its own, U(a) and U(b) undone, and the share of {READ_SHOTS:,} "
        "shots that read all zeros; 780 for training, and one for every test point and support vector. Errors of "
        "entries are root mean squares over the training pairs; p is of a paired test of the accuracy against "
        "ideal, by Holm's method.",
    )
    header = ("read", "test accuracy", "p", "error of an entry")
    return Section("On a device: the kernel", text, Table(header, tuple(cells)))


def real(found: Comparison) -> Section:
    """Data that nobody made for the map."""
    names = found.names()
    cells = [(name, *(str(found.score(data, name)) for data in found.data)) for name in names]
    kinds = tuple(next(c.kind for c in found.setup.contenders if c.name == name) for name in names)
    lines = [f"{t.data}: {t.model} against {t.other}: {t.claim} (p = {t.adjusted:.2g})." for t in found.tests
             if t.kind == "baseline" and t.other == found.best_baseline(t.data)]  # fmt: skip
    text = (
        "Two principal components of each data set, two classes; nested cross-validation, equal budgets of fits, the "
        "variational classifier trained by gradients. Intervals and tests are corrected for folds that share data, and "
        "by Holm's method for how many tests there are.",
        found.verdict,
        *lines,
    )
    return Section("Data that nobody made for the map", text, Table(("", *found.data), tuple(cells), kinds))


def metrics(rows: dict[str, Row], found: Comparison) -> dict[str, Any]:
    """The numbers for result.json."""
    runs, on, pairs = (chosen(rows, name) for name in ("ideal", "device", "kernel on device"))
    return {
        "ad-hoc": {name: measured(interval(scores)) for name, scores in contenders(rows).items()},
        "by depth": {
            str(depth): {key: measured(interval(at_depth(runs, depth, key))) for key in LADDER} for depth in DEPTHS
        },
        "three qubits": {
            count: {key: measured(interval([row[count][key] for row in chosen(rows, "three qubits")]))
                    for key in ("test", "gradient")}
            for count in chosen(rows, "three qubits")[0] if count.isdigit()
        },
        "device": {
            where: {key: [measured(interval([row[where][key][part] for row in on])) for part in (0, 1)]
                    for key in on[0][where] if key != "ideal"}
            for where in ("trained: ideal", "trained: device")
        },
        "kernel on device": {
            key: [measured(interval([row[key][part] for row in pairs])) for part in (0, 1)]
            for key in pairs[0] if " x" in key
        },
        "real": {data: {name: measured(found.score(data, name)) for name in found.names()} for data in found.data},
    }  # fmt: skip
