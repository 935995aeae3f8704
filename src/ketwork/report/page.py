"""A report's content as data: the verdict, key figures, sections of tables, figures and text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ketwork.circuit import Circuit
from ketwork.experiments.compare import Interval, interval, paired_p_value, verdict
from ketwork.experiments.data import Dataset, constant_features
from ketwork.experiments.ranks import holm
from ketwork.experiments.run import features_taken
from ketwork.experiments.task import FitTask
from ketwork.report import figures
from ketwork.report.figures import by_contender


@dataclass(frozen=True)
class Table:
    """A table: header cells, and rows of cells; `kinds` colours the rows. ablation: what rows of that kind are."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    kinds: tuple[str, ...] = ()
    ablation: str = "ablation of it"


@dataclass(frozen=True)
class Section:
    """A heading with any of: paragraphs, a table, a figure (SVG text with its name and description), a code block."""

    title: str
    text: tuple[str, ...] = ()
    table: Table | None = None
    figure: str | None = None
    name: str = ""
    description: str = ""
    code: str | None = None


@dataclass(frozen=True)
class Page:
    """A whole report."""

    title: str
    subtitle: str
    verdict: str
    tone: str  # "better", "worse" or "open"
    cards: tuple[tuple[str, str, str], ...]  # figure, what it is, a remark
    sections: tuple[Section, ...]


def best_baseline(rows: list[dict[str, Any]]) -> str:
    """The baseline with the highest mean accuracy."""
    groups = by_contender([row for row in rows if row["kind"] == "baseline"])
    return max(groups, key=lambda name: float(np.mean([row["accuracy"] for row in groups[name]])))


def summary(task: FitTask, rows: list[dict[str, Any]], where: str = "") -> dict[str, Any]:
    """What a run found, as data: the verdict and every contender's means with intervals.

    where: what the verdict says of the place where the quantum model ran.
    """
    groups = by_contender(rows)
    quantum = next(name for name, group in groups.items() if group[0]["kind"] == "quantum")
    scores = {name: [row["accuracy"] for row in group] for name, group in groups.items()}
    best, p_values = best_baseline(rows), _p_values(task, groups, quantum)
    metrics = {}
    for name, group in groups.items():
        columns = {key: interval([row[key] for row in group], task.held_out) for key in _SHOWN}
        metrics[name] = {
            "kind": group[0]["kind"],
            **{
                key: {"mean": i.mean, "half_width_95": None if np.isnan(i.half) else i.half}
                for key, i in columns.items()
            },
            "p_value_against_quantum": p_values.get(name),
        }
    adjusted = np.nan if p_values[best] is None else p_values[best]
    return {
        "verdict": verdict(task.data, scores[quantum], best, scores[best], task.held_out, where, adjusted),
        "quantum": quantum,
        "best_baseline": best,
        "metrics": metrics,
    }


_SHOWN = ("accuracy", "precision", "recall", "f1_macro")


def _p_values(task: FitTask, groups: dict[str, list[dict[str, Any]]], quantum: str) -> dict[str, float | None]:
    """p values of the tests against the quantum model, adjusted by Holm among the baselines and among the ablations."""
    found: dict[str, float | None] = {}
    for kind in ("baseline", "ablation"):
        names = [name for name, group in groups.items() if group[0]["kind"] == kind]
        columns = [([row["accuracy"] for row in groups[name]]) for name in (quantum, *names)]
        adjusted = holm([paired_p_value(columns[0], column, task.held_out) for column in columns[1:]])
        found |= {name: None if np.isnan(p) else float(p) for name, p in zip(names, adjusted, strict=True)}
    return found


def fit_page(
    task: FitTask,
    data: Dataset,
    rows: list[dict[str, Any]],
    circuit: Circuit,
    machine: dict[str, str],
    found: dict[str, Any],
    more: Sequence[Section] = (),
) -> Page:
    """The report of `ketwork fit`. found: its `summary`. more: sections that come after the scores."""
    groups = by_contender(rows)
    quantum, best = found["quantum"], found["best_baseline"]
    p = found["metrics"][best]["p_value_against_quantum"]
    means = {name: found["metrics"][name]["accuracy"]["mean"] for name in groups}
    tone = "open" if p is None or p >= 0.05 else "better" if means[quantum] > means[best] else "worse"
    sections = (
        _scores(task, groups, found),
        _accuracy(task, rows),
        *more,
        _ablations(groups, found, quantum),
        _learning(rows),
        _errors(rows, quantum, best),
        _costs(rows, groups),
        _circuit(circuit),
        _data(task, data),
        _repeat(task, machine),
    )  # fmt: skip
    return Page(
        f"{quantum.capitalize()} on {data.name}",
        f"{len(data.y):,} samples, {data.X.shape[1]} features, {len(data.classes)} classes, {task.seeds} repetitions",
        found["verdict"],
        tone,
        _cards(task, groups, quantum, best, circuit),
        tuple(section for section in sections if section is not None),
    )


def _cards(task: FitTask, groups: dict[str, list[dict[str, Any]]], quantum: str, best: str, circuit: Circuit) -> Any:
    ours, theirs = (interval([row["accuracy"] for row in groups[name]], task.held_out) for name in (quantum, best))
    one = groups[quantum]
    seconds = float(np.mean([row["fit_seconds"] for row in one]))
    noisy = task.device is not None and task.train_on == "device"
    evaluations = float(np.mean([row["circuit_evaluations"] for row in one]))
    return (
        (_percent(ours), "quantum accuracy", quantum),
        (_percent(theirs), "best baseline", best),
        (f"{circuit.n_qubits}", "qubits", f"{len(circuit)} gates, depth {circuit.depth()}"),
        (f"{one[0]['parameters']:,}", "trained parameters", f"{circuit.n_weights:,} of them in the circuit"),
        (f"{seconds:.1f} s", "for one fit", "wall time, simulated exactly" + (", noise and all" if noisy else "")),
        (_short(evaluations), "circuits a device would run", "a repetition, tuning included, before shots"),
    )


def _percent(found: Interval) -> str:
    return f"{100 * found.mean:.1f} %" + ("" if np.isnan(found.half) else f" ± {100 * found.half:.1f}")


def _short(number: float) -> str:
    for size, unit in ((1e9, "billion"), (1e6, "million")):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number:,.0f}"


def _scores(task: FitTask, groups: dict[str, list[dict[str, Any]]], found: dict[str, Any]) -> Section:
    rows = []
    for place, (name, group) in enumerate(groups.items()):
        cells = [str(interval([row[key] for row in group], task.held_out)) for key in _SHOWN]
        p = found["metrics"][name]["p_value_against_quantum"]
        rows.append((str(place + 1), name, *cells, "" if p is None else f"{p:.2g}"))
    text = (
        f"Nested cross-validation: every model sees the same {task.seeds} folds ({task.held_out:.0%} held out), the "
        f"same features, and has {task.fits} settings tried on a part of its training data before the final fit. Means "
        "with 95 % intervals; precision, recall and F are averaged over classes. The last column tests each model "
        "against the quantum one on the same folds (t-test; it and the intervals are corrected for overlapping "
        "training data, Nadeau and Bengio 2003; p-values also, by Holm's method, for the number of baselines, or of "
        "ablations).",
    )
    header = ("#", "model", "accuracy", "precision", "recall", "F-score", "p-value")
    return Section("Scores", text, Table(header, tuple(rows), tuple(group[0]["kind"] for group in groups.values())))


def _accuracy(task: FitTask, rows: list[dict[str, Any]]) -> Section:
    drawn = figures.accuracy_figure(rows, task.held_out)
    return Section("Accuracy", figure=drawn, name="accuracy", description="Accuracy by model.")


def _ablations(groups: dict[str, list[dict[str, Any]]], found: dict[str, Any], quantum: str) -> Section:
    lines = []
    ours = found["metrics"][quantum]["accuracy"]["mean"]
    for name, group in groups.items():
        if group[0]["kind"] == "ablation":
            theirs, p = found["metrics"][name]["accuracy"]["mean"], found["metrics"][name]["p_value_against_quantum"]
            if p is None or p >= 0.05:
                claim = "no difference shown"
            else:
                claim = "the full model is better" if ours > theirs else "the full model is worse"
            test = "" if p is None else f", p = {p:.2g}"
            lines.append(f"{name.capitalize()}: {theirs:.3f} instead of {ours:.3f} ({claim}{test}).")
    return Section("What the quantum part adds", tuple(lines) or ("This model has no ablation.",))


def _learning(rows: list[dict[str, Any]]) -> Section | None:
    drawn = figures.learning_figure(rows)
    if drawn is None:
        return None
    return Section(
        "Learning curves", ("Solid: training. Dashed: data held back for early stopping.",), figure=drawn,
        name="learning", description="Loss by epoch for every trained circuit.",
    )  # fmt: skip


def _costs(rows: list[dict[str, Any]], groups: dict[str, list[dict[str, Any]]]) -> Section:
    cells = []
    for place, (name, group) in enumerate(groups.items()):
        mean = {
            key: float(np.mean([r[key] for r in group]))
            for key in ("parameters", "fit_seconds", "seconds", "circuit_evaluations")
        }
        runs = f"{mean['circuit_evaluations']:,.0f}" if mean["circuit_evaluations"] else "none"
        cells.append(
            (
                str(place + 1),
                name,
                f"{mean['parameters']:,.0f}",
                f"{mean['fit_seconds']:.2f}",
                f"{mean['seconds']:.2f}",
                runs,
            )
        )
    text = (
        "Circuit evaluations are those of a device: one a sample, and two more for every angle of a sample's gradient.",
    )
    header = ("#", "model", "parameters", "one fit (s)", "with tuning (s)", "circuit evaluations")
    table = Table(header, tuple(cells), tuple(group[0]["kind"] for group in groups.values()))
    seen = "Accuracy against time and parameters; numbers are those of the table."
    return Section("Cost", text, table, figures.cost_figure(rows), "cost", seen)


def _errors(rows: list[dict[str, Any]], quantum: str, best: str) -> Section:
    text = ("Counts over all repetitions; shading is the share of the true class.",)
    drawn = figures.confusion_figure(rows, [quantum, best])
    seen = f"Confusion matrices of {quantum} and {best}."
    return Section("Where the errors are", text, figure=drawn, name="confusion", description=seen)


def _repeat(task: FitTask, machine: dict[str, str]) -> Section:
    text = f"Task {task.digest}. " + ", ".join(f"{name} {value}" for name, value in machine.items()) + "."
    return Section("How to repeat it", (text,), code=task.command())


def _circuit(circuit: Circuit) -> Section:
    counts = ", ".join(f"{count} {name}" for name, count in circuit.count().items())
    text = f"{circuit.n_qubits} qubits, {len(circuit)} gates ({counts}), depth {circuit.depth()}, "
    text += f"{circuit.n_weights} weights, {circuit.n_inputs} inputs."
    return Section(
        "The circuit", (text,), figure=circuit._repr_svg_(), name="circuit", description="The circuit diagram."
    )


def _data(task: FitTask, data: Dataset) -> Section:
    taken = features_taken(task, data.X.shape[1])
    lines = [f"{data.source}. SHA-256 of the content: {data.sha256}."]
    if taken < data.X.shape[1]:
        lines.append(
            f"The circuit takes {taken} features, the data has {data.X.shape[1]}: they were standardised and reduced "
            f"to {taken} principal components, learned from each training part alone. All models get these."
        )
    constant = constant_features(data)
    if constant:
        shown = ", ".join(constant[:5]) + (", ..." if len(constant) > 5 else "")
        lines.append(f"{len(constant)} features are constant and say nothing: {shown}.")
    counts = {str(c): int((data.y == c).sum()) for c in np.unique(data.y)}
    lines.append("Samples a class: " + ", ".join(f"{c} {n}" for c, n in counts.items()) + ".")
    return Section("The data", tuple(lines))
