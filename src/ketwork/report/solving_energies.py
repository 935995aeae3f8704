"""The report of `ketwork solve` for Hamiltonians: energies, their errors against the exact one, convergence."""

from collections.abc import Callable

import numpy as np

from ketwork.experiments.compare import Interval, interval
from ketwork.experiments.ledger import Row
from ketwork.experiments.solving import EXACT_NOISY_QUBITS, Solved
from ketwork.experiments.solving_score import NOTHING, accuracy, target_energy, time_to_solution
from ketwork.report.page import Section, Table
from ketwork.report.run_page import measured
from ketwork.report.solving_figures import convergence
from ketwork.report.solving_sections import Parts, duration, many, mean_of, pretty

_LEAST = 0.001  # mHa or %: smaller errors are none


class Scale:
    """How errors are shown: in mHa for molecules, else in parts of the exact energy, %; plain where that is zero."""

    def __init__(self, run: Solved) -> None:
        target = target_energy(run.references)
        self.molecule = run.posed.unit == "hartree"
        self.target = target
        self.zero = 0.0 if target is None else float(target["value"])
        whole = abs(self.zero) > NOTHING  # else there is nothing to take a share of
        self.factor = 1000.0 if self.molecule else 100 / abs(self.zero) if whole else 1.0
        self.unit = "mHa" if self.molecule else "%" if whole else ""
        self.limit = accuracy(self.zero, self.molecule)
        plain = "0.1 % of the energy" if whole else "0.001"
        self.limit_name = "chemical accuracy (1.6 mHa)" if self.molecule else plain
        self.limit_label = "chemical accuracy" if self.molecule else plain.removesuffix(" of the energy")
        self.exact = target is not None and bool(target["proven"])
        self.name = "error" if self.exact else "difference"
        self.label = f"{self.name}, {self.unit}" if self.unit else self.name

    def errors(self, rows: list[Row]) -> list[float]:
        """In `unit`, one a row."""
        return [(row["energy"] - self.zero) * self.factor for row in rows]

    def distance(self, run: Solved) -> Callable[[str], float]:
        """What is least for the best method: the error's size where the exact energy is known, else the energy."""
        if not self.exact:
            return lambda name: mean_of(run.of(name), "energy")
        return lambda name: float(np.mean(np.abs(self.errors(run.of(name)))))

    def solved(self, rows: list[Row]) -> list[bool]:
        return [abs(row["energy"] - self.zero) <= self.limit for row in rows]


def energy_parts(run: Solved) -> Parts:
    """The verdict, cards, sections and metrics."""
    scale = Scale(run)
    best = min(run.methods, key=scale.distance(run))
    rows = run.of(best)
    energy = interval([row["energy"] for row in rows])
    solved = scale.solved(rows)
    unit = f" {run.posed.unit}" if run.posed.unit else ""
    cards = [(f"{energy.mean:.5f}", f"energy{unit and ','}{unit}", best)]
    if scale.target is not None:
        error = interval(scale.errors(rows))
        spread = "" if np.isnan(error.half) else f"± {_short(error.half)} {scale.unit}".rstrip() + ", "
        cards.append(
            (f"{_short(error.mean)} {scale.unit}".rstrip(), scale.name, f"{spread}against {_target_name(scale)}")
        )
        if scale.exact:
            cards.append((f"{sum(solved)} of {len(solved)}", "repetitions within", scale.limit_name))
        if scale.target["took"] is not None:
            cards.append((duration(scale.target["took"]), str(scale.target["method"]), "the classical reference"))
    cards.append((duration(mean_of(rows, "took")), "for one repetition", f"{best}, simulated"))
    cards.append((many(mean_of(rows, "circuits")), "circuits a device would run", "a repetition"))
    return Parts(
        _verdict(run, scale, best),
        "worse" if scale.exact else "open",
        best,
        tuple(cards),
        (_table(run, scale), *_figures(run, scale)),
        _metrics(run, scale),
        _lines(run, scale),
    )


def _target_name(scale: Scale) -> str:
    return "" if scale.target is None else str(scale.target["method"]).split(",")[0]


def _verdict(run: Solved, scale: Scale, best: str) -> str:
    rows = run.of(best)
    energy = interval([row["energy"] for row in rows])
    unit = f" {run.posed.unit}" if run.posed.unit else ""
    where = "" if run.device is None else f" on {run.device.name}"
    value = f"{energy.mean:.6f}" + ("" if np.isnan(energy.half) else f" ± {energy.half:.6f}")
    start = f"{best} on {run.posed.title}{where} reaches {value}{unit}"
    if scale.target is None:
        return f"{start}. No exact or classical energy is known for it, so that nothing can be said of the error."
    error = interval(scale.errors(rows))
    solved = scale.solved(rows)
    above = "above" if error.mean >= 0 else "below"
    limit = scale.limit_name if scale.unit else f"an error of at most {scale.limit_name}"
    within = f"{limit} in {sum(solved)} of {len(solved)} repetition{'s' * (len(solved) > 1)}"
    if _tiny(error):
        start += f", as {_target_name(scale)} gives it up to {f'{_LEAST} {scale.unit}'.rstrip()}"
    else:
        size = f"{pretty(type(error)(abs(error.mean), error.half))} {scale.unit}".rstrip()
        start += f", {size} {above} {_target_name(scale)}"
    if not scale.exact:
        return f"{start}. That energy is not proved to be the lowest, so that no solver is called better."
    start += f": {within}."
    if error.mean < -scale.limit * scale.factor:
        start += " " + _why_below(run)
    took = scale.target["took"]
    classical = f"Exact diagonalisation takes {duration(took)}" if took is not None else "The exact energy was known"
    return (
        f"{start} {classical}, the simulated quantum method {duration(mean_of(rows, 'took'))} and "
        f"{many(mean_of(rows, 'circuits'))} circuits on a device: the classical solver is better."
    )


def _read(run: Solved) -> bool:
    """Whether energies are what the method itself read, since the noisy state is too large to compute."""
    return run.device is not None and run.posed.n_qubits > EXACT_NOISY_QUBITS


def _tiny(error: Interval) -> bool:
    """Whether an error is too small for its digits to mean anything."""
    return abs(error.mean) < _LEAST and not error.half >= _LEAST


def _why_below(run: Solved) -> str:
    """How an energy can lie below the exact one."""
    if _read(run):
        return "Below it, since the energy is as read on the device, with the noise of shots."
    if run.posed.molecule is not None:
        return "Below it, the state has left the molecule's numbers of electrons, which the exact energy keeps."
    return "Below it, there is an error: no state's energy lies there."


def _table(run: Solved, scale: Scale) -> Section:
    noisy = run.device is not None
    cells, kinds = [], []

    def add(kind: str, *row: str) -> None:
        cells.append(row if noisy else (*row[:4], *row[5:]))
        kinds.append(kind)

    for row in run.references:
        gap = _error(scale, (row["value"] - scale.zero) * scale.factor)
        add("baseline", row["method"], "", f"{row['value']:.6f}", gap, "", "", duration(row["took"]), "")
    for method in run.methods:
        group = run.of(method)
        errors, solved = scale.errors(group), scale.solved(group)
        for row, error in zip(group, errors, strict=True):
            value, took = f"{row['energy']:.6f}", duration(row["took"])
            add("quantum", method, str(row["seed"]), value, _error(scale, error), _noiseless(row), "", took, "")
        if len(group) == 1:
            continue
        found = interval([row["energy"] for row in group])
        reached = time_to_solution([row["took"] for row in group], solved)
        mean = f"{found.mean:.6f} ± {found.half:.6f}"
        known = scale.exact
        summary = pretty(interval(errors)) if scale.target is not None else ""
        shares, when = f"{sum(solved)} of {len(solved)}", "never" if reached is None else duration(reached)
        took = duration(mean_of(group, "took"))
        add("quantum", f"{method}, mean", "", mean, summary, "", shares if known else "", took, when if known else "")
    energy = "energy" + (f", {run.posed.unit}" if run.posed.unit else "")
    header = (
        "",
        "seed",
        energy,
        scale.label,
        "without noise",
        "within",
        "time",
        "to solution",
    )
    shown = header if noisy else (*header[:4], *header[5:])
    return Section("Energies", _explained(run, scale), Table(shown, tuple(cells), tuple(kinds)))


def _error(scale: Scale, error: float) -> str:
    return "" if scale.target is None else _short(error)


def _short(error: float) -> str:
    """Three digits and never an exponent; 0 for what is below `_LEAST`."""
    return "0" if abs(error) < _LEAST else pretty(Interval(error, float("nan")))


def _noiseless(row: Row) -> str:
    same = row["noiseless"] is None or row["noiseless"] == row["energy"]
    return "" if same else f"{row['noiseless']:.6f}"


def _explained(run: Solved, scale: Scale) -> tuple[str, ...]:
    text = [
        ("Energies are as the method read them at its end" if _read(run) else "Energies are those of the final state, ")
        + ("" if _read(run) else "computed without the noise of shots")
        + (", with the device's errors" if run.device is not None else "")
        + ". Means with 95 % intervals over the repetitions, which start at different weights."
    ]
    if scale.exact:
        text.append(
            f"Within: repetitions with an error of at most {scale.limit_name}. To solution: seconds until one such is "
            "found with a chance of 99 %, by repeating."
        )
    if run.device is not None:
        text.append("Without noise: the energy of the same weights on an ideal device.")
    noted = [f"{row['method']}: {row['note']}" for row in run.references if row["note"]]
    text += ["; ".join(noted) + "."] if noted else []
    return tuple(text)


def _figures(run: Solved, scale: Scale) -> tuple[Section, ...]:
    if scale.target is None:
        series = {m: [row["history"] for row in run.of(m)] for m in run.methods}
        figure = convergence("convergence", series, ("step", "energy"), {}, logarithmic=False)
        return (Section("Convergence", (), None, figure, "convergence", "Energy by step."),)
    errors = {
        m: [np.abs((np.array(row["history"]) - scale.zero) * scale.factor).tolist() for row in run.of(m)]
        for m in run.methods
    }
    lines = {scale.limit_label: scale.limit * scale.factor} if scale.exact else {}
    lines |= {
        row["method"]: abs(row["value"] - scale.zero) * scale.factor
        for row in run.references
        if row["method"] == "Hartree-Fock" and row["value"] != scale.zero
    }
    figure = convergence("convergence", errors, ("step", f"energy {scale.label}"), lines)
    text = (
        "A line a repetition: the value that the optimiser saw at every step"
        + (", as read from shots" if run.task.shots else "")
        + " (ADAPT: after every operator that was added), less the reference; the size of it, on a logarithmic axis.",
    )
    return (Section("Convergence", text, None, figure, "convergence", "Energy error by step."),)


def _metrics(run: Solved, scale: Scale) -> dict[str, object]:
    found: dict[str, object] = {}
    for method in run.methods:
        group = run.of(method)
        entry: dict[str, object] = {"energy": measured(interval([row["energy"] for row in group]))}
        if scale.target is not None:
            unit = {"%": "_percent", "": ""}.get(scale.unit, f"_{scale.unit}")
            entry |= {f"{scale.name}{unit}": measured(interval(scale.errors(group))), "repetitions": len(group)}
        if scale.exact:
            entry |= {"solved": sum(scale.solved(group))}
        entry |= {key: mean_of(group, key) for key in ("evaluations", "circuits", "shots")}
        found[method] = entry
    return found


def _lines(run: Solved, scale: Scale) -> list[str]:
    width = max(len(name) for name in (*run.methods, *(row["method"] for row in run.references)))
    lines = [
        f"{row['method'].ljust(width)}  {row['value']:14.6f}  {duration(row['took'])}".rstrip()
        for row in run.references
    ]
    for method in run.methods:
        group = run.of(method)
        text = f"{method.ljust(width)}  {mean_of(group, 'energy'):14.6f}  {duration(mean_of(group, 'took'))}"
        if scale.target is not None:
            error = interval(scale.errors(group))
            text += f", {scale.name} {f'< {_LEAST}' if _tiny(error) else pretty(error)} {scale.unit}".rstrip()
        lines.append(text)
    return lines
