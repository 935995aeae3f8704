"""The report of `ketwork solve`: what was reached, how far that is from the truth, and what it cost beside a classical
solver."""

from dataclasses import asdict

from ketwork.experiments.ledger import digest
from ketwork.experiments.solving import Solved
from ketwork.report.run_page import Finding, Ran, publish_run
from ketwork.report.solving_answers import answer_parts
from ketwork.report.solving_energies import energy_parts
from ketwork.report.solving_sections import circuit_section, cost_section, problem_section, saved_section


def publish_solving(run: Solved) -> Ran:
    """Write result.json, report.html and the figures into the run's folder."""
    found, lines = finding(run)
    device = run.device
    head = {
        "id": digest(asdict(run.task)),
        "command": run.task.command(),
        "config": asdict(run.task),
        "problem": {"name": run.posed.title, "qubits": run.posed.n_qubits},
        "device": None if device is None else {"name": device.name, "date": device.date, "source": device.source},
        "seconds": run.seconds,
    }
    ran = publish_run(found, run.folder, head, [*run.references, *run.rows, *run.randoms])
    return Ran(ran.verdict, tuple(lines), ran.report)


def finding(run: Solved) -> tuple[Finding, list[str]]:
    """The report's content, and what the terminal shows: a line a method and a reference."""
    parts = energy_parts(run) if run.posed.problem is None else answer_parts(run)
    place = "ideal simulator" if run.device is None else run.device.name
    shots = "exact values" if run.task.shots is None else f"{run.task.shots:,} shots a circuit"
    repetitions = "1 repetition" if run.task.seeds == 1 else f"{run.task.seeds} repetitions"
    made = Finding(
        f"The ground energy of {run.posed.title}" if run.posed.problem is None else f"{run.posed.title}, optimised",
        f"{', '.join(run.methods)}; {place}, {shots}, {repetitions}",
        parts.verdict,
        parts.tone,
        parts.cards,
        (),
        (),
        (),
        (
            *parts.sections,
            *circuit_section(run, parts.best),
            cost_section(run),
            problem_section(run),
            saved_section(run),
        ),
        parts.metrics,
    )
    return made, parts.lines
