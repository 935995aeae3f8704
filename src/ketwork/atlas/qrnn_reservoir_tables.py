"""The sections of the report on quantum recurrent reservoirs: tables and figures from the rows of a run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ketwork.atlas.qrnn_reservoir import AUTOREGRESSION, BASELINES, KINDS, TASKS, TWINS
from ketwork.experiments.compare import Interval, interval, paired_p_value
from ketwork.experiments.ranks import holm
from ketwork.models.recurrent import gate_circuit
from ketwork.report import plots
from ketwork.report.page import Section, Table

Row = dict[str, Any]
WAYS = ("reservoir", "trained")
SHOWN = "damped oscillator"


@dataclass(frozen=True)
class Ratio:
    """A geometric mean with the ends of its 95 % interval; nan for one repetition. As text, ×÷ says how far."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return short(self.mean) + ("" if np.isnan(self.low) else f" ×÷ {short(self.high / self.mean)}")


def short(value: float) -> str:
    """A number in two digits, small ones and large ones by their power of ten."""
    if 0.01 <= value < 1000:
        return f"{value:.2g}" if value < 100 else f"{value:.0f}"
    digits, power = f"{value:.1e}".split("e")
    return f"{digits}e{int(power)}"


def geometric(values: Sequence[float]) -> Ratio:
    """The geometric mean over repetitions and the 95 % interval of the logarithm's mean."""
    found = interval(np.log(values))
    return Ratio(*(float(np.exp(v)) for v in (found.mean, found.mean - found.half, found.mean + found.half)))


def ratio(above: Sequence[float], below: Sequence[float]) -> Ratio:
    """The geometric mean of paired ratios."""
    return geometric(np.divide(above, below).tolist())


def chosen(rows: dict[str, Row], name: str, kind: str, way: str, key: str = "test") -> list[Any]:
    """A number of every seed: of a cell on a task, as a reservoir or trained."""
    return [row[way][key] for start, row in rows.items() if start.rpartition(" ")[0] == f"{name}, {kind}"]


def seeds(rows: dict[str, Row]) -> int:
    """How many random cells there are of each kind."""
    return len(chosen(rows, TASKS[0], KINDS[0], "reservoir"))


@dataclass(frozen=True)
class Twin:
    """A quantum reservoir's error over its twin's on a task; p is Holm's over all of them."""

    name: str
    kind: str
    ratio: Ratio
    p: float


def twin_tests(rows: dict[str, Row], way: str = "reservoir") -> list[Twin]:
    """Every quantum cell against its classical twin on every task, paired over seeds, by the logarithm of the error."""
    pairs = [(name, kind) for name in TASKS for kind in TWINS]
    values = [(chosen(rows, name, kind, way), chosen(rows, name, TWINS[kind], way)) for name, kind in pairs]
    adjusted = holm([paired_p_value(np.log(ours), np.log(theirs), 0.0) for ours, theirs in values])
    return [Twin(*pair, ratio(*both), float(p)) for pair, both, p in zip(pairs, values, adjusted, strict=True)]


def _until_little(history: Sequence[float]) -> int:
    """Steps until the loss has fallen below 5 % of the variance of the targets; one more than there are if never."""
    below = np.flatnonzero(np.array(history) < 0.05)
    return int(below[0]) if len(below) else len(history) + 1


def _steps(rows: dict[str, Row], name: str, kind: str, what: str) -> float:
    """Median over seeds of the steps (of a "cell") or passes (of a "read-out") until little is left."""
    begun = what == "read-out"  # the first loss is noted after a pass; of a cell it is from before the first step
    return float(np.median([begun + _until_little(history) for history in _histories(rows, name, kind, what)]))


def _histories(rows: dict[str, Row], name: str, kind: str, what: str) -> list[list[float]]:
    if what == "cell":
        return chosen(rows, name, kind, "trained", "history")
    return [row["history"] for key, row in rows.items() if key.rpartition(" ")[0] == f"steps, {name}, {kind}"]


def sooner(rows: dict[str, Row], what: str) -> tuple[int, int]:
    """In how many cases a quantum cell gets to a loss of 5 % in fewer steps than its twin, trained as a "cell" or by
    the "read-out" alone; of how many."""
    pairs = [[_steps(rows, name, k, what) for k in (kind, TWINS[kind])] for name in TASKS for kind in TWINS]
    return sum(a < b for a, b in pairs), len(pairs)


def recipe(rows: dict[str, Row], name: str, kind: str) -> float:
    """Test error of a cell that was trained by the published recipe."""
    return float(rows[f"recipe, {name}, {kind}"]["test"])


def passes(rows: dict[str, Row]) -> int:
    """How many passes over the training windows that took."""
    return int(rows[f"recipe, {TASKS[0]}, {KINDS[0]}"]["steps"]) // 16


def recipe_worse(rows: dict[str, Row]) -> int:
    """In how many cases the published recipe errs more than ours from the same random weights."""
    pairs = [(name, kind) for name in TASKS for kind in TWINS]
    return sum(recipe(rows, *pair) > chosen(rows, *pair, "trained")[0] for pair in pairs)


def circuit() -> Section:
    """What a gate is."""
    text = (
        "A gate of a cell is a circuit, one qubit for each of the numbers v that come in (the hidden ones and the "
        "value of this step): Hadamards, RY(arctan v), RZ(arctan v^2), then twice a ladder of CX to the next qubit, "
        "one to the next but one, and a general rotation of every qubit; <Z> is read. A QRNN has one gate, a QGRU "
        "three, a QLSTM four and two more, for what is passed on and what is read. On 6 qubits that is 36, 108 and 216 "
        "angles.",
        "As a reservoir all angles stay random and 6 or 7 numbers of a linear map are learned. Trained, all angles are "
        "learned with them, through the four steps of a window.",
    )
    return Section("What a quantum cell is", text, figure=gate_circuit(3, 1)._repr_svg_(), name="circuit",
                   description="A gate on three qubits with one layer.")  # fmt: skip


def errors(rows: dict[str, Row]) -> Section:
    """Mean squared test errors of everything on every task."""
    cells = []
    for way in WAYS:
        for kind in KINDS:
            size = chosen(rows, TASKS[0], kind, way, "parameters")[0]
            cells.append((f"{kind.upper()}, {way}", str(size),
                          *(str(geometric(chosen(rows, name, kind, way))) for name in TASKS)))  # fmt: skip
    for kind in TWINS:
        size = rows[f"recipe, {TASKS[0]}, {kind}"]["parameters"]
        cells.append((f"{kind.upper()}, by the published recipe, one seed", str(size),
                      *(short(recipe(rows, name, kind)) for name in TASKS)))  # fmt: skip
    for model, size in zip(BASELINES, ("5", "15", "none"), strict=True):
        cells.append((model, size, *(short(rows[f"baselines, {name}"]["test"][model]) for name in TASKS)))
    text = (
        f"Mean squared errors of the next value on the last third of each series, which was scaled to [-1, 1]: "
        f"geometric means over {seeds(rows)} random cells, and ×÷ the factor to the ends of the 95 % interval. The "
        "second column counts the numbers that were learned.",
        "The functions and the oscillator, and NARMA series with this slow input, are close to linear recurrences; a "
        "cosine is one. So the last rows decide whether a network is needed at all.",
    )
    return Section("Test errors", text, Table(("", "learned", *TASKS), tuple(cells)))


def ratios(rows: dict[str, Row]) -> Section:
    """What training the cell adds, and costs."""
    cells = []
    for kind in KINDS:
        gaps = [ratio(chosen(rows, name, kind, "reservoir"), chosen(rows, name, kind, "trained")) for name in TASKS]
        both = [
            [v for name in TASKS for v in chosen(rows, name, kind, way, "seconds_to_fit")] for way in reversed(WAYS)
        ]
        seconds = [f"{1e3 * np.median(both[1]):.0f} ms", f"{np.median(both[0]):.2g} s"]
        runs = [np.mean(chosen(rows, TASKS[0], kind, way, "circuits")) for way in WAYS]
        cells.append((kind.upper(), *map(str, gaps), *seconds,
                      " and ".join(f"{run:,.0f}" for run in runs) if runs[0] else "none"))  # fmt: skip
    text = (
        "Test error of the reservoir over that of the same cell trained, paired over seeds: above 1, training helped. "
        "Then the wall time of a fit (medians) as a reservoir and trained.",
        "The last column counts circuits that a device would run to learn, as a reservoir and trained, with two shifts "
        "an angle for every gradient, shots not counted; a simulator has gradients by the adjoint method instead. A "
        "training is so many passes forth and back beside the reservoir's one forth, so the quotient of the times "
        "goes with the steps that are allowed. Trainings run in single precision, reservoirs in double.",
    )
    header = ("", *TASKS, "reservoir", "trained", "circuits")
    return Section("Reservoir over trained cell", text, Table(header, tuple(cells)))


def twins(rows: dict[str, Row]) -> Section:
    """Quantum against classical cells."""
    cells = []
    for way in WAYS:
        found = twin_tests(rows, way)
        for kind in TWINS:
            mine = {t.name: t for t in found if t.kind == kind}
            said = [f"{mine[n].ratio}, p = {mine[n].p:.2g}" if not np.isnan(mine[n].p) else str(mine[n].ratio)
                    for n in TASKS]  # fmt: skip
            cells.append((f"{kind.upper()} over {TWINS[kind].upper()}, {way}", *said))
    text = (
        "Test error of a quantum cell over that of its classical twin of like size, the same number read: above 1, the "
        "quantum cell is worse. p: paired t-test over seeds of the logarithm, with Holm's correction over the "
        f"{len(TASKS) * len(TWINS)} tests of a kind. In the figure the intervals are of means over the tasks.",
    )
    shown = {}
    for kind in TWINS:
        ours, theirs = ([v for n in TASKS for v in chosen(rows, n, k, WAYS[0])] for k in (kind, TWINS[kind]))
        values = np.log10(np.divide(ours, theirs))
        by_seed = values.reshape(len(TASKS), -1).mean(axis=0)  # a random cell is the same on every task
        shown[f"{kind.upper()} over {TWINS[kind].upper()}"] = (interval(by_seed), values.tolist())
    figure = plots.intervals("twins", shown, "powers of ten by which the quantum reservoir errs more, a dot a run", 0.0)
    return Section("Quantum cells and classical twins", text, Table(("", *TASKS), tuple(cells)), figure, "twins",
                   "Quantum reservoirs beside classical ones.")  # fmt: skip


def readouts(rows: dict[str, Row]) -> Section:
    """Read-outs of reservoirs learned by gradient steps, as the paper does."""
    cells = list(_told(rows, "read-out"))
    for kind in KINDS:
        found = [[row["test"] for key, row in rows.items() if key.rpartition(" ")[0] == f"steps, {name}, {kind}"]
                 for name in TASKS]  # fmt: skip
        cells.append((f"{kind.upper()}, test error at the end", *(str(geometric(values)) for values in found)))
    fewer, cases = sooner(rows, "read-out")
    text = (
        "The linear read-out of a reservoir learned by the steps of the published recipe, RMSprop in batches of 10, "
        "100 passes. Passes until the training loss is below 5 % of the variance of the targets (our "
        "threshold; how the paper counts epochs is not known), medians over seeds, of the quantum cell "
        f"and its twin: the quantum one is there sooner in {fewer} of {cases} cases. Below, where it ends: what ridge "
        "regression finds at once is in the table above.",
    )
    return Section("Read-outs learned step by step", text, Table(("", *TASKS), tuple(cells)))


def course(rows: dict[str, Row]) -> Section:
    """The loss during training."""
    series = {}
    for kind in KINDS:
        found = np.median(np.log10(chosen(rows, SHOWN, kind, "trained", "history")), axis=0)
        series[kind.upper()] = [Interval(float(v), float("nan")) for v in found]
    length = len(next(iter(series.values())))
    figure = plots.lines("course", range(1, length + 1), series,
                         ("step", "log10 of the training loss"), [k.upper() for k in TWINS.values()])  # fmt: skip
    fewer, cases = sooner(rows, "cell")
    text = (
        "The same of whole cells: steps of Adam, all windows at each, until the training loss is below 5 %. The "
        f"quantum cell is there sooner in {fewer} of {cases} cases. The figure is of the {SHOWN}, medians over seeds.",
    )
    table = Table(("", *TASKS), tuple(_told(rows, "cell")))
    return Section("Cells learned step by step", text, table, figure, "course", "Training loss by step.")


def _told(rows: dict[str, Row], what: str) -> Iterator[tuple[str, ...]]:
    """A line for each quantum cell and its twin: steps or passes on each task."""
    for kind in TWINS:
        line = []
        for name in TASKS:
            both = [(_steps(rows, name, k, what), len(_histories(rows, name, k, what)[0])) for k in (kind, TWINS[kind])]
            line.append(" and ".join("never" if found > length else f"{found:.0f}" for found, length in both))
        yield (f"{kind.upper()} and {TWINS[kind].upper()}", *line)


def forecast(rows: dict[str, Row]) -> Section:
    """The first seed's predictions of the shown series."""
    truth = rows[f"baselines, {SHOWN}"]["series"]
    series = {"series": truth}
    for way in WAYS:
        series[f"QRNN, {way}"] = chosen(rows, SHOWN, "qrnn", way, "predicted")[0]
    drawn = {title: [Interval(v, float("nan")) for v in values] for title, values in series.items()}
    figure = plots.lines("forecast", range(len(truth)), drawn, ("window", "next value"), ["series"])
    text = (
        "The next value, predicted from the four before it, in the part that was not learned from; the first seed.",
    )
    return Section(f"Predictions of the {SHOWN}", text, figure=figure, name="forecast",
                   description="Predictions and the series.")  # fmt: skip


def wide(rows: dict[str, Row], names: Sequence[str]) -> list[Section]:
    """Reservoirs by the number of qubits, and by the scale of their input."""
    lines = ", ".join(f"{short(rows[f'baselines, {n}']['test'][AUTOREGRESSION])} on {n}" for n in names)
    first = (
        "Test errors of quantum reservoirs by the number of qubits, one more than is read of a QRNN or QGRU. Linear "
        f"autoregression: {lines}.",
    )
    second = (
        "Test errors of quantum reservoirs on 6 qubits by the scale of the standardised input; it is 0.4 elsewhere, "
        f"which fills about [-1, 1]. {_driven(rows, names)} A circuit that is hardly turned is close to a linear map, "
        "and the exact values of a simulator let the read-out enlarge what is left: the way towards linear "
        "autoregression, which shots would end on a device. "
        f"Classical reservoirs at 0.4: {_classical(rows, names)}.",
    )
    return [
        _by(rows, names, "qubits", "More qubits", first),
        _by(rows, names, "scale", "The scale of the input", second),
    ]


def _classical(rows: dict[str, Row], names: Sequence[str]) -> str:
    """Test errors of the classical reservoirs on these tasks."""
    found = [
        (kind, name, geometric(chosen(rows, name, kind, WAYS[0])).mean) for name in names for kind in TWINS.values()
    ]
    return ", ".join(f"{kind.upper()} {short(error)} on {name}" for kind, name, error in found)


def _driven(rows: dict[str, Row], names: Sequence[str]) -> str:
    """For which cells and tasks the error falls all the way as the input is made smaller."""
    falls = []
    for name in names:
        for kind in TWINS:
            part = [row for key, row in rows.items() if key.rpartition(" ")[0] == f"scale, {name}, {kind}"]
            means = np.log([row["test"] for row in part]).mean(axis=0)
            if (np.diff(means) > 0).all():  # the scales rise
                falls.append(f"{kind.upper()} on {name}")
    if not falls:
        return "None gets better at every step towards a smaller input."
    return f"Better at every step towards a smaller input: {', '.join(falls)}."


def _by(rows: dict[str, Row], names: Sequence[str], what: str, title: str, text: tuple[str, ...]) -> Section:
    """Test errors of reservoirs over one of their options."""
    cells, series = [], {}
    for name in names:
        for kind in TWINS:
            part = [row for key, row in rows.items() if key.rpartition(" ")[0] == f"{what}, {name}, {kind}"]
            found = np.array([row["test"] for row in part])
            cells.append((f"{kind.upper()}, {name}", *(str(geometric(column)) for column in found.T)))
            series[f"{kind.upper()}, {name}"] = [interval(column) for column in np.log10(found).T]
    across = part[0]["values"]
    figure = plots.lines(what, across, series, (what, "log10 of the test error"))
    return Section(title, text, Table(("", *map(str, across)), tuple(cells)), figure, what, f"Test error by {what}.")


def metrics(rows: dict[str, Row]) -> dict[str, Any]:
    """The numbers for result.json; times are in the rows."""
    found: dict[str, Any] = {}
    for name in TASKS:
        of = {f"{kind}, {way}": _said(geometric(chosen(rows, name, kind, way))) for kind in KINDS for way in WAYS}
        theirs = {f"{kind}, published recipe": recipe(rows, name, kind) for kind in TWINS}
        found[name] = {**of, **theirs, **rows[f"baselines, {name}"]["test"]}
    for way in WAYS:
        found[f"twins, {way}"] = [
            {"task": t.name, "cell": t.kind, "ratio": _said(t.ratio), "p": None if np.isnan(t.p) else t.p}
            for t in twin_tests(rows, way)
        ]
    return found


def _said(found: Ratio) -> dict[str, float | None]:
    low, high = (None if np.isnan(v) else v for v in (found.low, found.high))
    return {"mean": found.mean, "low_95": low, "high_95": high}
