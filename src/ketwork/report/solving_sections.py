"""Sections of the report of `ketwork solve` that all kinds of problems share: circuit, cost, problem, how to load."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ketwork.experiments.compare import Interval, interval
from ketwork.experiments.solving import DRAWN_GATES, Solved
from ketwork.experiments.solving_score import exactly
from ketwork.operators import group_qubitwise
from ketwork.report.page import Section, Table


@dataclass(frozen=True)
class Parts:
    """What a kind of problem gives to the report. best: the method that the verdict is about."""

    verdict: str
    tone: str
    best: str
    cards: tuple[tuple[str, str, str], ...]
    sections: tuple[Section, ...]
    metrics: dict[str, Any]
    lines: list[str] = field(default_factory=list)


def pretty(found: Interval, digits: int = 3) -> str:
    """A mean with its interval at so many significant digits of the mean (of the interval, where that is larger)."""
    size = max(abs(found.mean), 0 if np.isnan(found.half) else found.half)
    exponent = int(f"{size:.{digits - 1}e}".split("e")[1])  # of the rounded size: 0.0999... is 0.1
    places = digits if size == 0 else int(np.clip(digits - 1 - exponent, 0, 9))
    text = f"{found.mean:,.{places}f}"
    return text if np.isnan(found.half) else f"{text} ± {found.half:,.{places}f}"


def duration(seconds: float | None) -> str:
    """Such as 12 ms, 3.4 s or 5 min."""
    if seconds is None:
        return ""
    if seconds < 0.9995:
        return f"{1000 * seconds:.2g} ms" if seconds < 0.00995 else f"{1000 * seconds:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.0f} min"


def many(count: float) -> str:
    """A count: exact when small, else with a unit."""
    for size, unit in ((1e9, "billion"), (1e6, "million")):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count:,.0f}"


def mean_of(rows: list[dict[str, Any]], key: str) -> float:
    return float(np.mean([row[key] for row in rows]))


def circuit_section(run: Solved, method: str) -> tuple[Section, ...]:
    """The circuit of a method as it was drawn when it ran."""
    drawing, row = run.folder / "solutions" / f"{method}.svg", run.of(method)[0]
    if not drawing.is_file():
        return ()
    cut = f" The first {DRAWN_GATES} are drawn." if row["gates"] > DRAWN_GATES else ""
    text = (
        f"{method}: {row['qubits']} qubits, {row['gates']:,} gates, {row['two_qubit']:,} of them on two qubits, depth "
        f"{row['depth']:,}, {row['weights']:,} trained weights.{cut}"
    )
    return (Section("The circuit", (text,), None, drawing.read_text(encoding="utf-8"), "circuit", "The circuit."),)


def cost_section(run: Solved) -> Section:
    """What each method took."""
    rows = []
    for method in run.methods:
        group = run.of(method)
        shots = mean_of(group, "shots")
        rows.append(
            (
                method,
                str(group[0].get("qubits", "")),
                f"{group[0]['weights']:,}",
                f"{group[0].get('depth', 0):,}" if "depth" in group[0] else "",
                many(mean_of(group, "evaluations")),
                many(mean_of(group, "circuits")),
                many(shots) if shots else "none: exact values",
                pretty(interval([row["took"] for row in group])),
                _plain(group[0]["message"]),
            )
        )
    text = (
        "Means over the repetitions. An evaluation is a point of the weights at which the value, or it and its "
        "gradient, was asked for; circuits are what a device would run for them, the shifted ones of gradients "
        "included. Seconds are of the simulation on this machine.",
    )
    header = ("method", "qubits", "weights", "depth", "evaluations", "circuits", "shots", "seconds", "it stopped as")
    return Section("What it cost", text, Table(header, tuple(rows)))


def _plain(message: str) -> str:
    """Why an optimiser stopped, in fewer words than SciPy's."""
    if message.startswith("CONVERGENCE"):
        return "converged"
    return "all steps done" if message.startswith("STOP: TOTAL NO") else message[:60]


def problem_section(run: Solved) -> Section:
    """The problem in numbers."""
    posed = run.posed
    if posed.problem is not None:
        problem = posed.problem
        constraints = len(problem.constraints)
        text = [
            f"{type(problem).__name__} {problem.name}: {problem.n_variables} variables, "
            f"{'maximised' if problem.maximise else 'minimised'}; {constraints} constraints; as a QUBO "
            f"{problem.n_qubits} variables with the slack bits of inequalities, "
            f"{len(problem.objective.terms):,} terms in the objective.",
            _penalty_rule(run) if constraints else "No constraints, so no penalties.",
        ]
        if problem.known_optimum is not None:
            kind = "proved optimum" if problem.known_is_proved else "best known value"
            text.append(f"The instance states {exactly(problem.known_optimum)} as the {kind}.")
        return Section("The problem", tuple(text))
    hamiltonian, molecule = posed.hamiltonian, posed.molecule
    groups = 0 if hamiltonian is None else len(group_qubitwise([hamiltonian]))
    terms = 0 if hamiltonian is None else len(hamiltonian)
    text = [f"{posed.title}: {posed.n_qubits} qubits, {terms:,} Pauli strings in {groups} qubit-wise commuting groups."]
    if molecule is not None:
        text.append(
            f"{molecule.name} in the basis {molecule.basis}: {molecule.n_electrons} electrons in {molecule.n_orbitals} "
            f"active orbitals, charge {molecule.charge}, {molecule.spin} unpaired; mapping {molecule.mapping}. "
            f"{molecule.source}".strip()
        )
    return Section("The problem", tuple(text))


def _penalty_rule(run: Solved) -> str:
    problem = run.posed.problem
    return "" if problem is None else (
        f"A broken constraint costs {problem.penalty:g} times the square of what it is broken by (at-most-one "
        "constraints: for each pair), the problem's own rule, which makes every ground state an optimum."
    )  # fmt: skip


def saved_section(run: Solved) -> Section:
    """How to load what was found."""
    name = f"{run.folder}/solutions/{run.methods[0]}-{run.task.seed}"
    code = f'import numpy as np\n\nsaved = np.load("{name}.npz")\nweights = saved["weights"]\n'
    if run.posed.problem is not None:
        code += 'bits = saved["bits"]\n'
    if (run.folder / "solutions" / f"{run.methods[0]}-{run.task.seed}.qasm").is_file():
        code += f'circuit = Circuit.from_qasm(open("{name}.qasm").read())'
        code = code.replace("\n\n", "\n\nfrom ketwork import Circuit\n\n", 1)
    text = ("The weights of every method and repetition, and its circuit with them as OpenQASM 3, lie in solutions/.",)
    return Section("How to load the result", text, code=code)
