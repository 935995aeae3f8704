"""The report of `ketwork search`: what may be claimed, errors by budget, the circuits, their size, noise and cost."""

from dataclasses import asdict
from typing import Any

import numpy as np

from ketwork.experiments.compare import interval
from ketwork.experiments.ledger import Row, digest
from ketwork.experiments.search_rows import read_architecture
from ketwork.experiments.search_verdict import AgainstRandom, figures, final_error, final_errors
from ketwork.experiments.searching import Searched
from ketwork.experiments.searching_task import BASELINE
from ketwork.report.page import Section, Table
from ketwork.report.run_page import Finding, Ran, measured, publish_run
from ketwork.report.search_figures import Measure, curves_figure, front_figure, measure_of, panels_figure
from ketwork.report.search_noise import noise_sections
from ketwork.report.solving_sections import duration, many
from ketwork.search.learning_goal import Classification
from ketwork.search.method_table import METHODS

_DRAWN, _LINES, _NOTE = 5, 3, 160  # circuits that are drawn; hand-made ones in figures; letters of a note


def publish_search(run: Searched) -> Ran:
    """Write result.json, report.html and the figures into the run's folder."""
    found = finding(run)
    config = run.config
    head = {
        "id": digest(config.config() | {"budget": run.budget}),
        "command": config.command() + ("" if config.budget or config.circuits else f" --budget {run.budget}"),
        "config": config.config(),
        "task": {"name": run.task.name, "qubits": run.task.space.n_qubits, "unit": run.task.goal.unit},
        "budget": run.budget,
        "tests": [asdict(test) | {"claim": test.claim} for test in run.tests],
        "seconds": run.seconds,
    }
    ran = publish_run(found, run.folder, head, [*run.rows, *run.references])
    lines = [f"{name}: error {figures(interval(final_errors(run.rows, name)))}" for name in run.methods]
    return Ran(ran.verdict, tuple(lines), ran.report)


def finding(run: Searched) -> Finding:
    """The report's content."""
    space, seeds = run.task.space, run.config.seeds
    where = run.config.device or ("simulator" if run.config.noise else "ideal simulator")
    where += f" with noise {run.config.noise}" if run.config.noise else ""
    shots = "exact values" if run.config.shots is None else f"{run.config.shots:,} shots a circuit"
    measure, drawn = _measure(run), _shown(run)
    sections = (
        _reached(run), *_curves(run, measure), *_circuits(run), _front(run, measure),
        *noise_sections(run, measure.label, drawn), _costs(run), *_notes(run), _protocol(run), _files(run),
    )  # fmt: skip
    return Finding(
        f"The best circuit for {run.task.name}",
        f"{space.n_qubits} qubits, {where}, {shots}; {_count(len(run.methods), 'method')}, {_count(seeds, 'seed')}, "
        f"{run.budget:,} circuit evaluations each",
        run.verdict,
        _tone(run.tests),
        _cards(run),
        (),
        (),
        (),
        sections,
        _metrics(run),
    )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _tone(tests: tuple[AgainstRandom, ...]) -> str:
    """Of the method with the least error: a colour only for what its test shows."""
    if not tests:
        return "open"
    claim = min(tests, key=lambda test: _last(test.errors.mean)).claim
    return claim if claim in ("better", "worse") else "open"


def _last(value: float | None) -> float:
    """For sorting: what is not a number comes last."""
    return float("inf") if value is None or np.isnan(value) else float(value)


def _label(run: Searched) -> str:
    goal = run.task.goal
    if isinstance(goal, Classification):
        return "validation loss" if goal.measure == "loss" else "share of wrong answers, validation"
    return f"error, {goal.unit}" if goal.unit else "error"


def _measure(run: Searched) -> Measure:
    """Of the errors that searches see."""
    good = run.task.goal.good
    name = "chemical accuracy" if run.task.goal.unit == "hartree" and good == 1.6e-3 else "reached"
    errors = [error for row in run.rows for _, error in row["trace"]]
    errors += [row["error"] for row in run.references if row["error"] is not None]
    return measure_of(errors, _label(run), good, name)


def _made(row: Row) -> str:
    return f"{row['name']} (by hand)"


def _shown(run: Searched) -> list[Row]:
    """The hand-made circuits with the least errors, for figures."""
    able = [row | {"name": _made(row)} for row in run.references if row["error"] is not None]
    return sorted(able, key=lambda row: float(row["error"]))[:_LINES]


def best_row(run: Searched, method: str) -> Row | None:
    """The row of the seed whose circuit has the least final error; None where no seed found any."""
    rows = [row for row in run.of(method) if row["best"] is not None]
    return min(rows, key=lambda row: _last(final_error(row)), default=None)


def _by_error(run: Searched) -> list[str]:
    """The methods, by the mean of what counts."""
    return sorted(run.methods, key=lambda name: _last(interval(final_errors(run.rows, name)).mean))


def _cards(run: Searched) -> tuple[tuple[str, str, str], ...]:
    first = _by_error(run)[0]
    row, unit = best_row(run, first), run.task.goal.unit
    cards = [_error_card(run, first, "the least mean")]
    if first != BASELINE:
        cards.append(_error_card(run, BASELINE, "the baseline"))
    able = [one for one in run.references if not np.isnan(final_error(one))]
    if able:
        hand = min(able, key=final_error)
        cards.append((f"{final_error(hand):.3g} {unit}".strip(), "error of the best hand-made circuit", hand["name"]))
    if row is not None:
        size = f"{row['best']['two_qubit']} on two qubits, depth {row['best']['depth']}"
        cards.append((_count(row["best"]["gates"], "gate"), size, f"the best circuit of {first}"))
    cards.append((many(float(sum(r["spent"] for r in run.rows))), "circuit evaluations", "all methods and seeds"))
    cards.append((duration(float(sum(r["took"] for r in run.rows))), "of searching", "added up over processes"))
    return tuple(cards)


def _error_card(run: Searched, method: str, what: str) -> tuple[str, str, str]:
    found = interval(final_errors(run.rows, method))
    spread = "" if np.isnan(found.half) else f"± {found.half:.2g}, "
    return f"{found.mean:.3g} {run.task.goal.unit}".strip(), f"error of {method}", f"{spread}{what}"


# ---------------------------------------------------------------------- tables
def _reached(run: Searched) -> Section:
    tests = {test.method: test for test in run.tests}
    good, rows = run.task.goal.good, []
    for name in _by_error(run):
        group = [row for row in run.of(name) if row["best"] is not None]
        searched = [row["best"]["error"] for row in group]
        test, best = tests.get(name), best_row(run, name)
        rows.append((
            name, figures(interval(searched)) if searched else "none",
            figures(interval(final_errors(run.rows, name))) if len(group) == len(run.of(name)) else "none",
            "" if good is None else f"{sum(e <= good for e in searched)} of {len(run.of(name))}",
            *_size(best["best"] if best else None),
            "" if test is None else _claimed(test),
        ))  # fmt: skip
    for row in sorted(run.references, key=lambda row: _last(final_error(row))):
        able = row["error"] is not None
        rows.append((
            _made(row) + ("" if row.get("fits", True) else " *"),
            f"{row['error']:.3g}" if able else "the budget does not train it",
            f"{final_error(row):.3g}" if able else "",
            "" if good is None or not able else "yes" if row["error"] <= good else "no",
            *_size(row), "",
        ))  # fmt: skip
    header = ("", "search error", "final error", "reached", "gates", "depth", "two-qubit", "against random")
    kept = [k for k in range(len(header)) if k < 3 or k in (4, 5, 6) or any(row[k] for row in rows)]
    table = Table(tuple(header[k] for k in kept), tuple(tuple(row[k] for k in kept) for row in rows))
    return Section("What was reached", _explained(run), table)


def _claimed(test: AgainstRandom) -> str:
    return test.claim.removesuffix(" shown") + ("" if np.isnan(test.adjusted) else f", p = {test.adjusted:.2g}")


def _size(row: Row | None) -> tuple[str, str, str]:
    return ("", "", "") if row is None else (f"{row['gates']}", f"{row['depth']}", f"{row['two_qubit']}")


def _explained(run: Searched) -> tuple[str, ...]:
    goal = run.task.goal
    if isinstance(goal, Classification):
        counts = "the share of wrong answers on test data" if goal.test is not None else "that of the found circuit"
    else:
        counts = "that of the found circuit" + (", computed without shots" if run.config.shots is not None else "")
    if any((row.get("final") or {}).get("held_out") is not None for row in run.rows):
        counts += ", under noise that no search has seen"
    text = f"Means with 95 % intervals over {_count(run.config.seeds, 'seed')}. Search error: of the best circuit, as "
    text += f"the search saw it. Final error, which the claims are about: {counts}. Sizes are those of each method's "
    text += "best circuit; p values are Holm's."
    if goal.good is not None:
        text += f" Reached: seeds with an error of at most {goal.good:g} {goal.unit}".rstrip() + " in the search."
    lines = [text]
    if run.references:
        lines.append(
            "Hand-made circuits are trained with the budget of one search, the best of as many random starts as it "
            "pays for, with as many layers as the limits on gates allow"
            + ("; * breaks the limits with one layer." if any(not r.get("fits", True) for r in run.references) else ".")
        )
    if below := [e for row in run.rows for _, e in row["trace"] if e < -1e-9]:
        why = "shot noise" if run.config.shots is not None else "a reference that is not the lowest"
        lines.append(f"Errors below zero, down to {min(below):.2g}, come from {why}.")
    return tuple(lines)


def _costs(run: Searched) -> Section:
    rows, good = [], run.task.goal.good
    for name in run.methods:
        group = run.of(name)
        took, spent = (float(np.mean([row[key] for row in group])) for key in ("took", "spent"))
        when = [_until(row, good) for row in group] if good is not None else []
        done = [w for w in when if w is not None]
        rows.append((
            name, many(spent), many(float(np.mean([row["circuits"] for row in group]))), duration(took),
            f"{spent / took:,.0f}" if took > 0 else "",
            "" if good is None else "never" if not done
            else f"{many(float(np.median(done)))} ({len(done)} of {len(group)})",
            "; ".join(dict.fromkeys(_short(row["message"]) for row in group)),
        ))  # fmt: skip
    for row in run.references:
        took = float(row.get("took") or 0.0)
        starts = _count(row.get("starts", 1), "start")
        speed = f"{row['spent'] / took:,.0f}" if took > 0 else ""
        rows.append((_made(row), many(row["spent"]), "1", duration(took), speed, "", starts))
    header = ("", "circuit evaluations", "circuits", "wall time", "evaluations a second", "until reached", "it ended")
    text = (
        "Means over seeds. A circuit evaluation is one circuit at one set of angles, for one sample where there are "
        "data; gradients are charged as the parameter-shift rule would on a device, although they are computed faster "
        "here. Until reached: the median of the seeds that reached it. Wall time is of one search on this machine, "
        "with what the method itself computes.",
    )
    kept = [k for k in range(len(header)) if k != 5 or good is not None]
    table = Table(tuple(header[k] for k in kept), tuple(tuple(row[k] for k in kept) for row in rows))
    return Section("What the search cost", text, table)


def _until(row: Row, good: float | None) -> float | None:
    """Circuit evaluations until an error was good, None for never."""
    return next((spent for spent, error in row["trace"] if good is not None and error <= good), None)


def _short(message: str) -> str:
    return (
        "budget spent" if "is spent" in message else "nothing new to ask" if "no more to give" in message else message
    )


def _notes(run: Searched) -> tuple[Section, ...]:
    lines = []
    for name in run.methods:
        notes = run.of(name)[0]["notes"] if run.of(name) else {}
        said = [f"{key} {_noted(value)}" for key, value in notes.items() if value not in ([], {}, "", None)]
        if said:
            lines.append((name, METHODS[name].says if name in METHODS else "", "; ".join(said)))
    if not lines:
        return ()
    text = ("Of the first seed; of long lists the first and the last numbers. result.json has all.",)
    return (Section("What the methods noted", text, Table(("method", "what it is", "notes"), tuple(lines))),)


def _noted(value: Any) -> str:
    """A note in a few letters."""
    if isinstance(value, list):
        flat = [v for v in value if isinstance(v, int | float) and not isinstance(v, bool)]
        if flat and len(flat) == len(value) and len(value) > 4:
            return f"{flat[0]:.3g} ... {flat[-1]:.3g} ({len(flat)} values)"
        text = ", ".join(_noted(v) for v in value)
    elif isinstance(value, dict):
        text = ", ".join(f"{key} {_noted(one)}" for key, one in value.items())
    else:
        text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _NOTE else f"{text[:_NOTE]}..."


# ---------------------------------------------------------------------- figures
def _curves(run: Searched, measure: Measure) -> tuple[Section, ...]:
    series = {name: [row["trace"] for row in run.of(name)] for name in run.methods}
    if not any(len(trace) for traces in series.values() for trace in traces):
        return ()
    hand = {row["name"]: float(row["error"]) for row in _shown(run)}
    drawn = curves_figure("curves", series, run.budget, measure, hand, BASELINE)
    panels = panels_figure("panels", series, run.budget, measure, BASELINE)
    kind = "Geometric means" if measure.logarithmic else "Means"
    text = f"{kind} over seeds of the least error so far, as the search saw it"
    if run.config.seeds > 1:
        text += ", with 95 % confidence bands" + ("." if panels is None else " in the panels below.")
    else:
        text += "; one seed has no band."
    if hand:
        best = " of those with the least errors" if len(run.references) > len(hand) else ""
        text += f" Thin lines: hand-made circuits{best}, after the whole budget."
    cut = any(e < measure.floor for traces in series.values() for trace in traces for _, e in trace)
    if measure.logarithmic and cut:
        text += f" Errors below {measure.floor:.2g} are drawn there."
    if empty := [name for name, traces in series.items() if any(not len(trace) for trace in traces)]:
        text += f" Not drawn, since a seed trained no circuit: {', '.join(empty)}."
    seen = "Least error by evaluations spent, a line a method."
    found = [Section("Error by circuit evaluations", (text,), None, drawn, "curves", seen)]
    if panels is not None:
        line = ("Every method (colour) beside random search (grey), with 95 % bands over seeds.",)
        found.append(Section("Each method beside random search", line, None, panels, "panels", "A panel a method."))
    return tuple(found)


def _circuits(run: Searched) -> tuple[Section, ...]:
    found = []
    names = [name for name in _by_error(run) if best_row(run, name) is not None]
    for k, name in enumerate(names[:_DRAWN]):
        row = best_row(run, name)
        assert row is not None
        best, unit = row["best"], run.task.goal.unit
        circuit = run.task.space.circuit(read_architecture(best)).bind(w=best["params"])
        text = (
            f"Seed {row['seed']}: error {best['error']:.3g} {unit}".rstrip() + " in the search"
            f"{_counted(row)}. {_count(best['gates'], 'gate')}, {best['two_qubit']} of them on two qubits, depth "
            f"{best['depth']}, {_count(len(best['params']), 'angle')}."
        )
        if k == _DRAWN - 1 and len(names) > _DRAWN:
            text += f" Those of {', '.join(names[_DRAWN:])} are in circuits/."
        drawn = circuit._repr_svg_()
        found.append(Section(f"The best circuit of {name}", (text,), None, drawn, f"circuit-{name}", f"Of {name}."))
    return tuple(found)


def _counted(row: Row) -> str:
    counts = final_error(row)
    same = np.isnan(counts) or abs(counts - row["best"]["error"]) < 1e-12
    return "" if same else f", final error {counts:.3g}"


def _front(run: Searched, measure: Measure) -> Section:
    points = {
        name: [(c["error"], c["depth"], c["two_qubit"]) for row in run.of(name) for c in row["front"]]
        for name in run.methods
    }
    hand = {row["name"]: (float(row["error"]), row["depth"], row["two_qubit"]) for row in _shown(run)}
    text = (
        "The fronts of all methods and seeds: circuits that no other of the same search beats in error, depth and "
        "two-qubit gates at once. Filled: those that no circuit of any search beats. Dashed: the least error at so "
        "much depth, or so many two-qubit gates.",
    )
    drawn = front_figure("front", points, hand, measure, BASELINE)
    return Section("Error against size", text, None, drawn, "front", "Error by depth and by two-qubit gates.")


# ---------------------------------------------------------------------- text
def _protocol(run: Searched) -> Section:
    space, inner = run.task.space, run.task.inner
    limits = [f"at most {space.max_gates} gates"]
    limits += [f"depth {space.max_depth}"] if space.max_depth is not None else []
    limits += [f"{space.max_two_qubit} two-qubit gates"] if space.max_two_qubit is not None else []
    pairs = "all pairs" if space.couplings is None else f"pairs {', '.join(f'{a}-{b}' for a, b in space.couplings)}"
    lines = [
        f"Every method had {run.budget:,} circuit evaluations for each seed, those that find the angles counted, the "
        "same space and the same inner optimisation; random search takes part always. Equal circuits are trained once.",
        f"Space: {', '.join(space.gates)} on {space.n_qubits} qubits, two-qubit gates on {pairs}; {', '.join(limits)}."
        + (f" Layers: {', '.join(space.layers)}." if space.layers else ""),
        f"Angles: {inner.method}, {_count(inner.steps, 'step')}, {_count(inner.starts, 'random start')} a circuit.",
        "Claims follow paired t-tests over seeds of the final errors, corrected by Holm's method for the number "
        "of methods.",
    ]
    if run.config.seeds < 5:
        lines.append(f"The protocol asks for five seeds or more; this run has {run.config.seeds}.")
    return Section("How it was compared", tuple(lines))


def _files(run: Searched) -> Section:
    names = [name for name in _by_error(run) if best_row(run, name) is not None]
    if not names:
        return Section("Files", ("No circuit was trained, so that there is nothing to load.",))
    data = isinstance(run.task.goal, Classification)
    code = (
        f'from ketwork.search.export import load_found\n\nfound = load_found("{run.folder}", "{names[0]}")\n'
        "found.bound.to_qasm3()    # OpenQASM 3, as in circuits/\nfound.to_qiskit()         # a qiskit.QuantumCircuit\n"
        "layer = found.layer()     # a torch layer that starts at the angles that were found\n"
    )
    code += "model = found.classifier()  # a fitted scikit-learn classifier; fit goes on from there\n" if data else ""
    text = (
        "circuits/ has the best circuit of every method and seed, angles in place, as OpenQASM 3 (METHOD-SEED.qasm; "
        "METHOD.qasm for the best seed) and as data that `load_found` reads.",
    )
    return Section("Take it along", text, code=code)


def _metrics(run: Searched) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in run.methods:
        group = run.of(name)
        searched = [row["best"]["error"] for row in group if row["best"] is not None]
        found[name] = {
            "error": measured(interval(final_errors(run.rows, name))),
            "search_error": measured(interval(searched)) if searched else None,
            "evaluations": float(np.mean([row["spent"] for row in group])),
        }
    return found
