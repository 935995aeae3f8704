"""The report of starts from tensor networks: energies by step, slopes by size, and DMRG alone beside them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import stats

from ketwork.atlas.tn_init import Row, TnTask, from_elsewhere, from_tensors, generative, reference, slopes
from ketwork.experiments.compare import Interval, interval
from ketwork.experiments.ledger import Ledger
from ketwork.report import plots
from ketwork.report.page import Section, Table
from ketwork.report.run_page import Check, Claim, Finding, measured
from ketwork.solve.tensor_initialisation import decay_rate

PAPER_CLAIM = (
    "Circuits that start from matrix product states train to lower losses than from random or identity starts, the "
    "better the larger the bond dimension, and their gradients do not vanish with the number of qubits."
)
QUICK = TnTask(
    lattices=(("ladder", 10),),
    chis=(2, 4),
    references=(1, 2, 4, 8),
    steps=80,
    seeds=3,
    sizes=(6, 8, 10),
    draws=4,
    rows=2,
    columns=3,
    data_steps=60,
)
_OTHERS = ("random", "identity")
_KINDS = ("chi 2", "chi 4", "random", "identity")


def tn_init_system(ledger: Ledger, seed: int, quick: bool) -> Finding:
    """Compute everything, a row of the ledger a piece, and write the report."""
    task = replace(QUICK if quick else TnTask(), seed=seed)
    ledger.expect(len(task.lattices) * (3 + len(task.chis)) + 2 * len(task.sizes) + 1)
    energies: dict[str, dict[str, Row]] = {}
    for kind, sites in task.lattices:
        name = lattice_name(kind, sites)
        rows = energies[name] = {}
        rows["classical"] = ledger.row(f"{name}: classical", lambda k=kind, n=sites: reference(k, n, task))  # type: ignore[misc]
        for chi in task.chis:
            rows[f"chi {chi}"] = ledger.row(
                f"{name}: chi = {chi}",
                lambda k=kind, n=sites, c=chi: from_tensors(k, n, c, task),  # type: ignore[misc]
            )
        for start in _OTHERS:
            rows[start] = ledger.row(
                f"{name}: {start}",
                lambda k=kind, n=sites, s=start: from_elsewhere(k, n, s, task),  # type: ignore[misc]
            )
    gradients = [
        ledger.row(f"gradients, {n} qubits, {'deep' if deep else 'shallow'}", lambda n=n, d=deep: slopes(n, d, task))  # type: ignore[misc]
        for deep in (True, False)
        for n in task.sizes
    ]
    pictures = ledger.row("bars and stripes", lambda: generative(task, ledger.note))
    return finding(task, energies, gradients, pictures)


def lattice_name(kind: str, sites: int) -> str:
    return f"{kind} of {sites} sites"


def errors(rows: dict[str, Row], start: str, which: str = "with") -> np.ndarray[Any, Any]:
    """(seeds, steps + 1) energies above the exact one."""
    return np.maximum(np.array(rows[start][which]) - rows["classical"]["exact"], 1e-12)


def best_start(rows: dict[str, Row], among: Sequence[str]) -> str:
    """The start with the least mean error after training."""
    return min(among, key=lambda start: float(errors(rows, start)[:, -1].mean()))


def ahead(ours: np.ndarray[Any, Any], theirs: np.ndarray[Any, Any]) -> float:
    """Two-sided p value that two sets of errors have the same mean logarithm (Welch)."""
    return float(stats.ttest_ind(np.log(ours), np.log(theirs), equal_var=False).pvalue)


def finding(task: TnTask, energies: dict[str, dict[str, Row]], gradients: list[Row], pictures: Row) -> Finding:
    """The report's content."""
    rates = fitted(gradients)
    checks = _checks(task, energies, rates, pictures)
    name = next(iter(energies))
    rows = energies[name]
    tensor, other = _leaders(task, rows)
    reached = [float(errors(rows, start)[:, -1].mean()) for start in (tensor, other)]
    p = ahead(errors(rows, tensor)[:, -1], errors(rows, other)[:, -1])
    tone = "open" if not p < 0.05 else "better" if reached[0] < reached[1] else "worse"
    return Finding(
        "Starts of variational circuits from tensor networks",
        f"arXiv:2208.13673; Heisenberg models: {', '.join(energies)}; {task.steps} steps of L-BFGS",
        _verdict(task, energies, rates, checks),
        tone,
        (
            (f"{reached[0]:.3g}", f"error from {tensor}", f"{name}, after {task.steps} steps"),
            (f"{reached[1]:.3g}", f"error from the best other start ({other})", "the same circuit and steps"),
            (f"{_dmrg(rows)[0]:.2g}", "error of DMRG alone",
             f"chi = {rows['classical']['chi'][-1]}, {_dmrg(rows)[1]:.1f} s"),
            (_rate(rates["deep", "random"]), "decay a qubit of random gradients",
             f"{_rate(rates['deep', 'chi 4'])} from chi 4"),
        ),
        (
            Claim("start from a matrix product state against random and identity", "lower loss",
                  f"{tensor}: {reached[0]:.3g}, {other}: {reached[1]:.3g} (p = {p:.2g})"),
            Claim("larger bond dimension", "lower loss", ", ".join(
                f"chi {chi}: {float(errors(rows, f'chi {chi}')[:, -1].mean()):.3g}" for chi in task.chis)),
            Claim("gradients of deep circuits, decay a qubit", "random: exponential; tensor networks: none",
                  f"random {_rate(rates['deep', 'random'])}, chi 4 {_rate(rates['deep', 'chi 4'])}"),
        ),
        (
            f"The paper's claim: {PAPER_CLAIM}",
            "The paper's arrangements of gates are not rebuilt: here all gates are blocks of fifteen rotations on "
            "neighbours, in staircases and bricks.",
            "The paper's optimisers and numbers are not those used here: L-BFGS with exact gradients, on at most "
            f"{max(n for _, n in task.lattices)} sites.",
            f"Extra layers start {task.spread} away from doing nothing: exactly there the state can be a saddle, which "
            "training takes long to leave (column \"not moved\").",
            "DMRG of larger bond dimension, which is what a circuit must beat, stands beside.",
        ),
        checks,
        (
            *(_energy_section(task, name, rows) for name, rows in energies.items()),
            *(_start_section(task, name, rows) for name, rows in energies.items()),
            *(_classical_section(name, rows) for name, rows in energies.items()),
            _slope_section(task, gradients, rates),
            _picture_section(task, pictures),
        ),
        _metrics(task, energies, rates, pictures),
    )  # fmt: skip


def fitted(gradients: list[Row]) -> dict[tuple[str, str], tuple[float, float]]:
    """By depth and kind of start: the decay rate a qubit of the gradients' variance, and its half width."""
    found = {}
    for depth in ("deep", "shallow"):
        rows = [row for row in gradients if row["deep"] == (depth == "deep")]
        for kind in _KINDS:
            found[depth, kind] = decay_rate([r["sites"] for r in rows], [max(r[kind], 1e-300) for r in rows])
    return found


def _leaders(task: TnTask, rows: dict[str, Row]) -> tuple[str, str]:
    """The best start from a tensor network, and the best other, by the error after training."""
    return best_start(rows, [f"chi {chi}" for chi in task.chis]), best_start(rows, _OTHERS)


def _dmrg(rows: dict[str, Row]) -> tuple[float, float]:
    """The error of DMRG at its largest bond dimension, and its seconds."""
    known = rows["classical"]
    return max(known["energies"][-1] - known["exact"], 0.0), known["times"][-1]


def _rate(found: tuple[float, float]) -> str:
    return f"{found[0]:+.2f}" + ("" if np.isnan(found[1]) else f" ± {found[1]:.2f}")


def _checks(
    task: TnTask, energies: dict[str, dict[str, Row]], rates: dict[tuple[str, str], tuple[float, float]], pictures: Row
) -> tuple[Check, ...]:
    tensors = [f"chi {chi}" for chi in task.chis]
    gaps = [abs(rows[t]["energy"] - rows[t]["energy_extended"]) for rows in energies.values() for t in tensors]
    checks = [
        Check("extra layers leave the energy where it is", "<= 1e-9", f"{max(gaps):.1g}", max(gaps) <= 1e-9),
    ]
    early = min(10, task.steps)
    for name, rows in energies.items():
        last = [float(errors(rows, t)[:, -1].mean()) for t in tensors]
        worst = max(float(errors(rows, t)[:, early].mean()) for t in tensors)
        other = min(float(errors(rows, o)[:, early].mean()) for o in _OTHERS)
        title = f"{name}: after {early} steps every tensor-network start is ahead"
        checks.append(Check(title, f"< {other:.3g}", f"{worst:.3g}", worst < other))
        ours, theirs = _leaders(task, rows)
        p = ahead(errors(rows, ours)[:, -1], errors(rows, theirs)[:, -1])
        means = [float(errors(rows, s)[:, -1].mean()) for s in (ours, theirs)]
        checks.append(Check(f"{name}: after {task.steps} steps {ours} is ahead of {theirs}", "lower, p < 0.05",
                            f"{means[0]:.3g} against {means[1]:.3g}, p = {p:.2g}",
                            means[0] < means[1] and p < 0.05))  # fmt: skip
        checks.append(Check(f"{name}: energy after training by bond dimension", "falls",
                            ", ".join(f"{e:.3g}" for e in last), last == sorted(last, reverse=True)))  # fmt: skip
    (random, half), (ours_rate, width) = rates["deep", "random"], rates["deep", "chi 4"]
    checks.append(Check("deep circuits: gradients, random and chi 4",
                        "decay > 0.2 a qubit against < 0.1",
                        f"{_rate((random, half))} against {_rate((ours_rate, width))}",
                        random > 0.2 and ours_rate < 0.1))  # fmt: skip
    known = min(tensors, key=lambda t: float(np.array(pictures[t]["runs"])[:, -1].mean()))
    rival = min(_OTHERS, key=lambda o: float(np.array(pictures[o]["runs"])[:, -1].mean()))
    a, b = (np.array(pictures[s]["runs"])[:, -1] for s in (known, rival))
    p = ahead(np.maximum(a, 1e-12), np.maximum(b, 1e-12))
    checks.append(Check(f"bars and stripes: {known} is ahead of {rival} after {task.data_steps} steps",
                        "lower KL, p < 0.05", f"{a.mean():.3g} against {b.mean():.3g}, p = {p:.2g}",
                        bool(a.mean() < b.mean() and p < 0.05)))  # fmt: skip
    return tuple(checks)


def _verdict(
    task: TnTask, energies: dict[str, dict[str, Row]], rates: dict[tuple[str, str], tuple[float, float]],
    checks: Sequence[Check],
) -> str:  # fmt: skip
    said = []
    for name, rows in energies.items():
        ours, theirs = _leaders(task, rows)
        a, b = (errors(rows, s)[:, -1] for s in (ours, theirs))
        p, factor = ahead(a, b), float(b.mean() / a.mean())
        end = f"no different from {theirs} (p = {p:.2g})"
        if p < 0.05:
            end = f"{max(factor, 1 / factor):.1f} times {'smaller' if factor > 1 else 'larger'} than from {theirs}"
        error, seconds = _dmrg(rows)
        trained = rows[ours]["train_seconds"] + rows[ours]["start_seconds"]
        said.append(
            f"{name}: the best tensor-network start ({ours}) ends at an error of {a.mean():.3g}, {end}; DMRG alone "
            f"reaches {error:.2g} at chi = {rows['classical']['chi'][-1]} in {seconds:.1f} s, the circuit takes "
            f"{trained:.0f} s."
        )
    deep = f"random {_rate(rates['deep', 'random'])}, from chi 4 {_rate(rates['deep', 'chi 4'])}"
    return (
        " ".join(text[0].upper() + text[1:] for text in said)
        + f" Decay of the gradients' variance a qubit in deep circuits: {deep}; in the shallow ones that were trained: "
        f"random {_rate(rates['shallow', 'random'])}. {sum(c.passed for c in checks)} of {len(checks)} checks are "
        "reached."
    )


def _logs(values: np.ndarray[Any, Any], places: Sequence[int]) -> list[Interval]:
    return [interval(np.log10(values[:, k])) for k in places]


def _spread_over(steps: int) -> list[int]:
    return sorted({*range(0, 10, 2), *range(10, steps + 1, 5), steps})


def _energy_section(task: TnTask, name: str, rows: dict[str, Row]) -> Section:
    names = [*(f"chi {chi}" for chi in task.chis), *_OTHERS]
    places = _spread_over(task.steps)
    series = {n: _logs(errors(rows, n), places) for n in names}
    key = "energy-" + name.split()[0]
    figure = plots.lines(key, places, series, ("step", "log10 of the error of the energy"), dashed=_OTHERS)
    shown = [k for k in (0, 10, 50, task.steps) if k <= task.steps]
    cells = []
    for n in names:
        values = errors(rows, n)
        still = f"{rows[n]['still'][-1] - rows['classical']['exact']:.3g}" if "still" in rows[n] else ""
        alone = errors(rows, n, "without")[:, -1].mean()
        cells.append((n, *(_cell(interval(values[:, k])) for k in shown), f"{alone:.3g}", still))
    text = (
        f"Energies above the exact {rows['classical']['exact']:.6f}, means with 95 % intervals of {task.seeds} starts. "
        f"All have the same circuit of {rows[names[0]]['n_blocks']} two-qubit blocks ({rows[names[0]]['n_weights']} "
        f"weights): {task.layers} staircases, which prepare the matrix product state, and {task.extra_layers} extra "
        "layers. Without: the staircases alone. Not moved: the extra layers exactly 0 at the start.",
        "The best tensor-network start and the best other one, which the verdict compares, are the best by these very "
        "errors, which flatters both.",
    )
    header = ("start", *(f"step {k}" for k in shown), "without, end", "not moved, end")
    return Section(f"Training on the {name}", text, Table(header, tuple(cells)), figure, key, "Error by step.")


def _start_section(task: TnTask, name: str, rows: dict[str, Row]) -> Section:
    exact = rows["classical"]["exact"]
    cells = []
    for chi in task.chis:
        row = rows[f"chi {chi}"]
        fidelities = " ".join(f"{f:.3f}" for f in row["fidelities"])
        times = (f"{row[key]:.1f}" for key in ("mps_seconds", "start_seconds", "train_seconds"))
        gaps = [f"{row[key] - exact:.3g}" for key in ("mps_energy", "energy")]
        cells.append((f"chi {chi}", gaps[0], fidelities, gaps[1], *times))
    text = (
        "How close the circuits come to the matrix product states, staircase by staircase. A state of larger bond "
        "dimension needs more of them: with few, the start may be no better for it.",
    )
    header = (
        "start",
        "error of the state",
        "fidelity by layers",
        "error of the circuit",
        "DMRG (s)",
        "start (s)",
        "training (s)",
    )
    return Section(f"From states to circuits, {name}", text, Table(header, tuple(cells)))


def _classical_section(name: str, rows: dict[str, Row]) -> Section:
    known = rows["classical"]
    cells = [
        (str(chi), f"{energy - known['exact']:.3g}", f"{variance:.2g}", f"{seconds:.2f}")
        for chi, energy, variance, seconds in zip(
            known["chi"], known["energies"], known["variances"], known["times"], strict=True
        )
    ]
    cells.append(("exact (Lanczos)", "0", "0", f"{known['exact_seconds']:.2f}"))
    text = (
        "The same problem without a circuit: DMRG at rising bond dimensions. What a circuit adds must be measured "
        "against the last rows, not against random starts alone.",
    )
    header = ("bond dimension", "error of the energy", "variance of the energy", "seconds")
    return Section(f"Classically alone, {name}", text, Table(header, tuple(cells)))


def _slope_section(task: TnTask, gradients: list[Row], rates: dict[tuple[str, str], tuple[float, float]]) -> Section:
    series: dict[str, list[Interval]] = {}
    for deep in (True, False):
        rows = [row for row in gradients if row["deep"] == deep]
        for kind in _KINDS if deep else ("random", "chi 4"):
            label = kind if deep else f"{kind}, shallow"
            series[label] = [interval([np.log10(max(row[kind], 1e-300))]) for row in rows]
    labels = ("qubits", "log10 of the variance")
    figure = plots.lines("gradients", list(task.sizes), series, labels, dashed=("random, shallow", "chi 4, shallow"))
    cells = tuple(
        (kind, _rate(rates["deep", kind]), _rate(rates["shallow", kind]))
        for kind in _KINDS
    )  # fmt: skip
    text = (
        f"Variance of the components of the gradient on Heisenberg chains, over all weights and {task.draws} draws a "
        "kind of start. Deep circuits have as many extra layers as qubits; shallow ones, "
        f"{task.extra_layers}. The rate b of exp(-b n) with its 95 % interval; 0.69: halved by every qubit.",
        "Gradients that do not vanish are not large ones: near an optimum of its bond dimension a start has small "
        "slopes at every size.",
    )
    return Section("Gradients by size", text, Table(("start", "decay, deep", "decay, shallow"), cells), figure,
                   "gradients", "Variance of the gradient by number of qubits.")  # fmt: skip


def _picture_section(task: TnTask, pictures: Row) -> Section:
    names = [*(f"chi {chi}" for chi in task.chis), *_OTHERS]
    places = _spread_over(task.data_steps)
    runs = {n: np.maximum(np.array(pictures[n]["runs"]), 1e-12) for n in names}
    series = {n: _logs(runs[n], places) for n in names}
    figure = plots.lines("pictures", places, series, ("step", "log10 of KL"), dashed=_OTHERS)
    cells = []
    for n in names:
        state = (f"{pictures[n]['mps']:.3g}", f"{pictures[n]['fidelity']:.3f}") if "mps" in pictures[n] else ("", "")
        cells.append((n, *state, _cell(interval(runs[n][:, 0])), _cell(interval(runs[n][:, -1]))))
    text = (
        f"Pictures of {task.rows} x {task.columns} pixels, full rows or full columns, learnt by the outcomes of a "
        "circuit: Kullback-Leibler divergence (nats) to the data. The matrix product state is the root of the data's "
        f"distribution cut to a bond dimension; it needs {pictures['needed']} to be exact.",
    )
    header = (
        "start",
        "KL of the state",
        "fidelity of the circuit",
        "KL at the start",
        f"KL after {task.data_steps} steps",
    )
    return Section("Bars and stripes", text, Table(header, tuple(cells)), figure, "pictures", "KL by step.")


def _cell(found: Interval) -> str:
    return f"{found.mean:.3g}" + ("" if np.isnan(found.half) else f" ± {found.half:.2g}")


def _metrics(
    task: TnTask, energies: dict[str, dict[str, Row]], rates: dict[tuple[str, str], tuple[float, float]], pictures: Row
) -> dict[str, Any]:
    names = [*(f"chi {chi}" for chi in task.chis), *_OTHERS]
    return {
        "errors": {
            name: {n: measured(interval(errors(rows, n)[:, -1])) for n in names} for name, rows in energies.items()
        },
        "fidelities": {
            name: {f"chi {chi}": rows[f"chi {chi}"]["fidelities"] for chi in task.chis}
            for name, rows in energies.items()
        },
        "decay": {f"{depth}, {kind}": list(found) for (depth, kind), found in rates.items()},
        "divergence": {n: measured(interval(np.array(pictures[n]["runs"])[:, -1])) for n in names},
    }
