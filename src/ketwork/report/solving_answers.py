"""The report of `ketwork solve` for optimisation problems: ratios, feasibility, samples, and the classical answers."""

import numpy as np

from ketwork.experiments.compare import interval, paired_p_value
from ketwork.experiments.ledger import Row
from ketwork.experiments.solving import Solved
from ketwork.experiments.solving_references import MOST_RANDOM
from ketwork.experiments.solving_score import (
    Best,
    best_known,
    contradictions,
    exactly,
    measure,
    quality,
    time_to_solution,
)
from ketwork.operators import Problem
from ketwork.report import plots
from ketwork.report.page import Section, Table
from ketwork.report.run_page import measured
from ketwork.report.solving_figures import convergence, distributions
from ketwork.report.solving_sections import Parts, duration, many, mean_of, pretty
from ketwork.solve.doors import LOSSES, SHOTS

RANDOM = "random strings"
_SHOWN = 3  # methods in the figure of what was read


class Marks:
    """The scores of everything in a run, against the best that is known."""

    def __init__(self, run: Solved, problem: Problem) -> None:
        self.run, self.problem = run, problem
        everyone = [*run.rows, *run.randoms]
        self.known: Best | None
        try:
            self.known = best_known(problem, run.references, everyone)
        except ValueError:
            self.known = None
        self.name = "feasible answers" if self.known is None else measure(problem, self.known.value)
        self.notes = contradictions(problem, [*run.references, *everyone])

    def rows(self, method: str) -> list[Row]:
        return self.run.randoms if method == RANDOM else self.run.of(method)

    def scores(self, method: str) -> list[float]:
        """One a seed: `quality`; where nothing feasible is known at all, 0."""
        best = self.known
        return [0.0 if best is None else quality(self.problem, row, best.value) for row in self.rows(method)]

    def solved(self, method: str) -> list[bool]:
        """Whether a seed's answer is as good as the best known."""
        return [score >= 1 - 1e-9 for score in self.scores(method)]

    @property
    def fastest(self) -> Row | None:
        """The classical solver that found the best known value first, a proof before none."""
        if self.known is None:
            return None
        value = self.known.value
        same = [
            row for row in self.run.references
            if row["value"] is not None and abs(row["value"] - value) <= 1e-9 * max(1.0, abs(value))
        ]  # fmt: skip
        return min(same, key=lambda row: (not row["proven"], row["took"]), default=None)

    @property
    def leader(self) -> Row | None:
        """The classical solver with the best feasible answer, the quickest of several."""
        found = [row for row in self.run.references if row["value"] is not None]
        sign = -1 if self.problem.maximise else 1
        return min(found, key=lambda row: (sign * row["value"], row["took"]), default=None)

    def is_behind(self, method: str) -> bool:
        """Whether the best classical answer is better than a method's answers are in the mean."""
        if self.leader is None or self.known is None:
            return False
        theirs = quality(self.problem, {"objective": self.leader["value"], "feasible": True}, self.known.value)
        return theirs > float(np.mean(self.scores(method)))


def answer_parts(run: Solved) -> Parts:
    """The verdict, cards, sections and metrics."""
    problem = run.posed.problem
    if problem is None:
        raise TypeError("Argument `run` must be of a problem.")
    marks = Marks(run, problem)
    best = max(run.methods, key=lambda name: float(np.mean(marks.scores(name))))
    rows, fastest = run.of(best), marks.fastest
    cards = [
        (pretty(interval(marks.scores(best))), marks.name, best),
        (f"{sum(row['feasible'] for row in rows)} of {len(rows)}", "repetitions with a feasible answer", best),
        (f"{100 * mean_of(rows, 'feasible_share'):.3g} %", "of the strings read are feasible", "before local search"),
        (duration(mean_of(rows, "took")), "for one repetition", f"{best}, simulated"),
        (many(mean_of(rows, "circuits")), "circuits a device would run", "a repetition"),
    ]
    if fastest is not None:
        cards.insert(2, (duration(fastest["took"]), _short(fastest), "found the best known"))
    return Parts(
        _verdict(marks, best),
        _tone(marks, best),
        best,
        tuple(cards),
        (_table(marks), _scores(marks), *_convergence(marks), _samples(marks, best)),
        _metrics(marks),
        _lines(marks),
    )


def _short(row: Row) -> str:
    return str(row["method"]).split(",")[0].split(" (")[0]


def _tone(marks: Marks, best: str) -> str:
    """Better only where no classical solver reached what the quantum method did."""
    if marks.fastest is not None or marks.is_behind(best):
        return "worse"
    return "better" if any(marks.solved(best)) and len(marks.run.references) > 0 else "open"


def _verdict(marks: Marks, best: str) -> str:
    run, known = marks.run, marks.known
    rows = run.of(best)
    feasible = sum(row["feasible"] for row in rows)
    if known is None:
        return (
            f"No feasible string of {run.posed.title} was found, by {', '.join(run.methods)} or by a classical solver."
        )
    score, solved = interval(marks.scores(best)), sum(marks.solved(best))
    target = "the optimum" if known.proven else "the best known value"
    where = "" if run.device is None else f" on {run.device.name}"
    if solved == len(rows):
        when = "in its one repetition" if len(rows) == 1 else f"in all {len(rows)} repetitions"
        start = f"{best}{where} found {target} of {run.posed.title}, {exactly(known.value)}, {when}"
    elif marks.name == "approximation ratio":
        start = f"{best}{where} reached {pretty(score)} of {target} of {run.posed.title}, {exactly(known.value)}"
    else:
        start = f"{best}{where} on {run.posed.title}: {marks.name} {pretty(score)}"
    start += f"; feasible in {feasible} of {len(rows)}" if marks.problem.constraints else ""
    start += f", {duration(mean_of(rows, 'took'))}{' each' * (len(rows) > 1)}."
    classical = _beside_classical(marks, best)
    said = [start, _beside_random(marks, best), classical[:1].upper() + classical[1:], *marks.notes]
    return " ".join(part for part in said if part)


def _beside_random(marks: Marks, best: str) -> str:
    ours, theirs = marks.scores(best), marks.scores(RANDOM)
    if not theirs:
        return ""
    count = max(row["strings"] for row in marks.rows(RANDOM))
    start = f"{count:,} random string{'s' * (count > 1)} with the same local search reach {pretty(interval(theirs))}"
    p = paired_p_value(ours, theirs, 0.0)
    if np.isnan(p):
        return f"{start}."
    if p >= 0.05:
        return f"{start}: no difference shown (p = {p:.2g})."
    words = "better" if np.mean(ours) > np.mean(theirs) else "worse"
    return f"{start}: {best} is {words} than chance (p = {p:.2g})."


def _beside_classical(marks: Marks, best: str) -> str:
    row, known = marks.fastest, marks.known
    if row is None and marks.is_behind(best) and marks.leader is not None:
        lead = marks.leader
        reached = f"{_short(lead)} reached {exactly(lead['value'])} in {duration(lead['took'])}"
        return f"{reached}: the classical solver is better."
    if row is None or known is None:
        by = "" if known is None else known.by
        if by in marks.run.methods:
            return f"No classical solver reached {exactly(known.value)} in its time limit." if known is not None else ""
        return "No classical solver reached the best known value in its time limit."
    verb = "proved the optimum" if row["proven"] else "found the same value" if any(marks.solved(best)) else "found it"
    ours = marks.run.of(best)
    slower = mean_of(ours, "took") > row["took"]
    if not slower and all(marks.solved(best)):
        end = "the simulated quantum method took less time" + (", but proves nothing" if row["proven"] else "")
        return f"{_short(row)} {verb} in {duration(row['took'])}: {end}."
    return f"{_short(row)} {verb} in {duration(row['took'])}: the classical solver is better."


def _table(marks: Marks) -> Section:
    run, cells, kinds = marks.run, [], []
    best = 0.0 if marks.known is None else marks.known.value
    for row in run.references:
        if row.get("skipped"):
            continue
        value = "none" if row["value"] is None else exactly(row["value"])
        as_row = {"objective": row["value"], "feasible": row["value"] is not None}
        shown = "" if marks.known is None else f"{quality(marks.problem, as_row, best):.3f}"
        bound = "proved" if row["proven"] else "" if row.get("bound") is None else f"{row['bound']:.6g}"
        cells.append((_short(row), "", value, shown, "", "", bound, duration(row["took"]), ""))
        kinds.append("baseline")
    for method in (*run.methods, *([RANDOM] if run.randoms else [])):
        group, scores = marks.rows(method), marks.scores(method)
        kind = "ablation" if method == RANDOM else "quantum"
        for row, score in zip(group, scores, strict=True):
            share = f"{100 * row['feasible_share']:.3g} %" if "feasible_share" in row else ""
            found = exactly(row["objective"]) if row["feasible"] else "none"
            raw = exactly(row["raw_objective"]) if row["raw_feasible"] else "none"
            cells.append((method, str(row["seed"]), found, f"{score:.3f}", raw, share, "", duration(row["took"]), ""))
            kinds.append(kind)
        if len(group) > 1:
            reached = time_to_solution([row["took"] for row in group], marks.solved(method))
            when, took = "never" if reached is None else duration(reached), duration(mean_of(group, "took"))
            mean = f"{method}, mean"
            cells.append((mean, "", _objective_mean(group), pretty(interval(scores)), "", "", "", took, when))
            kinds.append(kind)
    column = "ratio" if marks.name == "approximation ratio" else "share"
    header = ("", "seed", "objective", column, "before", "feasible", "bound", "time", "to solution")
    return Section("Answers", _explained(marks), Table(header, tuple(cells), tuple(kinds), "random strings"))


def _objective_mean(group: list[Row]) -> str:
    values = [row["objective"] for row in group if row["feasible"]]
    return pretty(interval(values), 4) if values else ""


def _explained(marks: Marks) -> tuple[str, ...]:
    run, known = marks.run, marks.known
    strings, rounds = max((row["strings"] for row in run.rows), default=0), run.task.local_search
    text = [
        f"The best of the strings that a method reads at its end ({strings:,} at most), after {rounds} "
        f"round{'s' * (rounds != 1)} of local search (the best flip or exchange of bits); before: without it; "
        "feasible: the share of the strings that are. None: no feasible string, which counts 0. Means with 95 % "
        "intervals. Random strings are as many as the quantum method with the most reads in all, training too, but at "
        f"most {MOST_RANDOM:,} and, where training sees exact values, at least {SHOTS:,}; they are searched alike."
    ]
    if "pce" in run.methods:
        text.append(
            "pce ends with flips of single bits until none helps; the best of the random strings gets them too."
        )
    if known is not None:
        text.append(
            f"Best known: {exactly(known.value)}, by {known.by}{', proved' if known.proven else ''}. To solution: "
            "seconds until it is found with a chance of 99 %, by repeating. The bound is what no solution can beat."
        )
        if marks.name != "approximation ratio":
            text.append(
                "The best is not above zero, where a ratio would mean nothing, so that scores are " + marks.name + "."
            )
    said = [f"{_short(row)}: {row['note']}" for row in run.references if row["note"] and not row.get("skipped")]
    return (*text, *(["; ".join(said) + "."] if said else []), *marks.notes)


def _scores(marks: Marks) -> Section:
    names = [*marks.run.methods, *([RANDOM] if marks.run.randoms else [])]
    shown = {name: (interval(marks.scores(name)), marks.scores(name)) for name in names}
    figure = plots.intervals("scores", shown, f"{marks.name}, a dot a repetition", 1.0)
    return Section("Scores", ("The dashed line is the best that is known.",), None, figure, "scores", "Scores.")


def _convergence(marks: Marks) -> tuple[Section, ...]:
    run, sections = marks.run, []
    sign = -1.0 if marks.problem.maximise else 1.0
    costs = {m: [r["history"] for r in run.of(m)] for m in run.methods if m not in LOSSES}
    costs = {m: runs for m, runs in costs.items() if any(runs)}
    if costs:
        lines = {} if marks.known is None else {"best known": sign * marks.known.value}
        name = "cost" + (" with penalties" if marks.problem.constraints else "")
        if marks.problem.maximise:
            name += " (negative objective)"
        figure = convergence("convergence", costs, ("step", name), lines, logarithmic=False)
        text = (
            "The mean cost over what the circuit reads (of its best part, with CVaR), at every step of training. "
            "QAOA starts at a linear ramp of angles, so that exact values train alike in all repetitions.",
        )
        sections.append(Section("Convergence", text, None, figure, "convergence", "Cost by step."))
    for method in (m for m in run.methods if m in LOSSES):
        runs = [r["history"] for r in run.of(method)]
        if any(runs):
            figure = convergence(f"loss-{method}", {method: runs}, ("step", LOSSES[method]), {}, logarithmic=False)
            title = f"Convergence of {method}"
            sections.append(Section(title, (), None, figure, f"loss-{method}", "Loss by step."))
    return tuple(sections)


def _samples(marks: Marks, best: str) -> Section:
    """What was read, before the local search, of all repetitions."""
    order = [best, *(m for m in marks.run.methods if m != best)][:_SHOWN]
    shares = {}
    for name in [*order, RANDOM]:
        rows = [row for row in marks.rows(name) if "distribution" in row]
        total = sum(row["drawn"] if "drawn" in row else row["strings"] for row in rows)
        pairs = [(value, count / total) for row in rows for value, count in row["distribution"]]
        if rows:
            shares[name] = pairs
    known = None if marks.known is None else marks.known.value
    figure = distributions("samples", shares, "objective of feasible strings", known)
    text = ("Objectives of the feasible among the strings that were read, before the local search.",)
    return Section("What was read", text, None, figure, "samples", "Objectives of the strings read.")


def _metrics(marks: Marks) -> dict[str, object]:
    found: dict[str, object] = {}
    if marks.known is not None:
        found["best_known"] = {"value": marks.known.value, "by": marks.known.by, "proven": marks.known.proven}
    for method in (*marks.run.methods, *([RANDOM] if marks.run.randoms else [])):
        group = marks.rows(method)
        entry: dict[str, object] = {
            marks.name.replace(" ", "_"): measured(interval(marks.scores(method))),
            "feasible": sum(row["feasible"] for row in group),
            "solved": sum(marks.solved(method)),
            "repetitions": len(group),
        }
        if method != RANDOM:
            entry |= {key: mean_of(group, key) for key in ("feasible_share", "evaluations", "circuits", "shots")}
        found[method] = entry
    return found


def _lines(marks: Marks) -> list[str]:
    run = marks.run
    named = [row for row in run.references if not row.get("skipped")]
    width = max(len(name) for name in (*run.methods, RANDOM, *(row["method"] for row in named)))
    lines = []
    for row in named:
        value = "nothing found" if row["value"] is None else exactly(row["value"])
        proof = ", proved" if row["proven"] else ""
        lines.append(f"{row['method'].ljust(width)}  {value:>14s}  {duration(row['took'])}{proof}")
    for method in (*run.methods, RANDOM):
        group = marks.rows(method)
        if not group:
            continue
        feasible = sum(row["feasible"] for row in group)
        lines.append(
            f"{method.ljust(width)}  {_objective_mean(group) or 'not feasible':>14s}  "
            f"{duration(mean_of(group, 'took'))}, {marks.name} {pretty(interval(marks.scores(method)))}, feasible in "
            f"{feasible} of {len(group)}"
        )
    return lines
