"""The report of `ketwork diagnose`: the verdict, then a section a question."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from ketwork.experiments.diagnosis import Diagnosed
from ketwork.experiments.ledger import digest
from ketwork.models.diagnostics import Decay, GradientVariance, fitted_decay
from ketwork.report import diagnosis_figures as drawn
from ketwork.report.page import Section, Table
from ketwork.report.run_page import Finding, Ran, publish_run

Row = dict[str, Any]
_DRAWN_GATES = 120
_NOTHING = 1e-20  # a variance below this is rounding


def publish_diagnosis(run: Diagnosed) -> Ran:
    """Write result.json, report.html and the figures into the run's folder."""
    found, lines = finding(run)
    circuit = run.subject.circuit
    head = {
        "id": digest(asdict(run.task)),
        "command": run.task.command(),
        "config": asdict(run.task),
        "model": {"name": run.subject.name, "kind": run.subject.kind, "circuit": circuit.digest},
        "seconds": run.seconds,
    }
    ran = publish_run(found, run.folder, head, list(run.rows.values()))
    return Ran(ran.verdict, tuple(lines), ran.report)


def finding(run: Diagnosed) -> tuple[Finding, list[str]]:
    """The report's content, and the lines that the terminal shows."""
    parts = [_classical(run), _expression(run), _training(run), _fisher(run), _fourier(run), _kernel(run)]
    said = [one for one in (_said_classical(run), _said_training(run), _said_kernel(run)) if one]
    circuit, decay = run.subject.circuit, decays(run).get("local")
    size = f"{circuit.n_qubits} qubits, {len(circuit)} gates, {circuit.n_weights} weights, {circuit.n_inputs} inputs"
    sections = [section for group in parts for section in group]
    made = Finding(
        f"Diagnosis of {run.subject.name}",
        size,
        " ".join(said),
        "worse" if decay is not None and decay.barren else "open",
        _cards(run),
        (),
        (),
        (),
        (*sections, _circuit(run), *_skipped(run)),
        metrics(run),
    )
    return made, [size + ".", *run.rows["simulability"].get("reasons", [])]


def done(run: Diagnosed, key: str) -> Row | None:
    """The row of a key, when it is there and was not skipped."""
    row = run.rows.get(key)
    return None if row is None or "skipped" in row else row


def decays(run: Diagnosed) -> dict[str, Decay]:
    """The exponential fit for each cost, of the family's own number of layers; none for a lone circuit."""
    found = {}
    for cost in ("local", "global"):
        rows = _gradients(run, cost).get(max(1, run.subject.layers), [])
        try:
            found[cost] = fitted_decay([_variance(row) for row in rows])
        except ValueError:  # too few sizes, or a gradient of 0
            continue
    return found


def _variance(row: Row) -> GradientVariance:
    numbers = (row[k] for k in ("mean", "low", "high", "samples"))
    return GradientVariance(
        row["n_qubits"], row["layers"], np.array(row["variances"]), tuple(row["parameters"]), *numbers
    )


def _gradients(run: Diagnosed, cost: str) -> dict[int, list[Row]]:
    """The gradient rows of a family by layers; empty for a lone circuit."""
    found: dict[int, list[Row]] = {}
    for row in run.keyed("gradient"):
        if row.get("cost") == cost and "qubits" in row["key"]:
            found.setdefault(row["layers"], []).append(row)
    return found


def metrics(run: Diagnosed) -> Row:
    """The numbers of result.json: the same for the same model, samples and seed."""
    found: Row = {}
    for key, names in (
        ("simulability", ("verdict", "possible", "bond", "cone_qubits")),
        ("expressibility", ("divergence", "low", "high", "floor_high")),
        ("entangling", ("mean", "low", "high", "haar")),
        ("gradient local", ("mean", "low", "high")),
        ("gradient global", ("mean", "low", "high")),
        ("fisher", ("effective_dimension", "n_data", "weights")),
        ("kernel", ("mean", "variance", "effective_rank", "smallest", "verdict")),
    ):
        row = done(run, key)
        if row is not None:
            found[key] = {name: row[name] for name in names}
    found["decay"] = {cost: asdict(fit) for cost, fit in decays(run).items()}
    return found


def _said_classical(run: Diagnosed) -> str:
    row = done(run, "simulability")
    if row is None:
        return f"Whether a classical method does the same was not found out: {run.rows['simulability']['skipped']}"
    if row["possible"] == ["exact state vector"]:
        return (
            f"At {run.subject.circuit.n_qubits} qubits exact simulation does the same; no cheaper "
            "classical method that was looked at does."
        )
    return str(row["verdict"])


def _said_training(run: Diagnosed) -> str:
    found = decays(run)
    if not found:
        return ""
    words = [f"{fit.factor:.2f} a qubit for a {cost} cost" for cost, fit in found.items()]
    barren = [cost for cost, fit in found.items() if fit.barren]
    told = f"The gradient's variance changes by a factor of {', '.join(words)}: "
    if not barren:
        return told + "no barren plateau is shown at these sizes."
    return told + f"a barren plateau for the {' and the '.join(barren)} cost, as far as these sizes show."


def _said_kernel(run: Diagnosed) -> str:
    row = done(run, "kernel")
    return "" if row is None or row["random_inputs"] else str(row["verdict"])


def _cards(run: Diagnosed) -> tuple[tuple[str, str, str], ...]:
    cards = []
    sim, express, fisher = done(run, "simulability"), done(run, "expressibility"), done(run, "fisher")
    if sim is not None:
        remark = f"of at most {sim['bond_limit']:,}, for a fidelity of {sim['bonds']['fidelity']:g}"
        cards.append((f"{sim['bond']:,}", "bond dimension", remark))
        cards.append((f"{sim['magic']['t_count']:,}", "T gates", f"at a precision of {sim['magic']['precision']:g}"))
        cards.append(
            (f"{sim['cone_qubits']} of {run.subject.circuit.n_qubits}", "qubits in a light cone", "the widest")
        )
    if express is not None:
        shown = "no difference from uniform shown" if express["uniform"] else "nats from uniform states"
        shown += ", but bins are coarse" if express["coarse"] and express["uniform"] else ""
        cards.append((f"{express['divergence']:.3g}", "expressibility", shown))
    entangled = done(run, "entangling")
    if entangled is not None:
        cards.append((f"{entangled['mean']:.3f}", "entangling capability", f"uniform states {entangled['haar']:.3f}"))
    if fisher is not None:
        cards.append(
            (f"{fisher['effective_dimension'][2]:.1f}", "effective dimension", f"of {fisher['weights']}, 1,000 data")
        )
    return tuple(cards)


def _classical(run: Diagnosed) -> list[Section]:
    row = done(run, "simulability")
    if row is None:
        return []
    where = "the trained weights" if run.subject.weights is not None else "one set of random weights"
    data = "" if not run.subject.circuit.n_inputs else " and one row of inputs"
    bonds, labels = row["bonds"], ("method", "what it needs here", "does the same")
    words = [reason.split(": ", 1) if ": " in reason else ("Structure", reason) for reason in row["reasons"]]
    table = Table(labels, tuple((name, need, _does(name, row["possible"])) for name, need in words))
    text = (
        f"At {where}{data}. A method counts when it needs less than all amplitudes or strings and fits a workstation. "
        "Counts are upper bounds: nothing was optimised, and methods that are not listed were not looked at.",
    )
    figure = None if bonds["gates"] is None else drawn.bonds_figure(bonds, row["paths"])
    seen = "Bond dimension along the circuit, and Pauli strings on the way back."
    return [Section("Would a classical method do the same?", text, table, figure, "classical", seen)]


def _does(name: str, possible: Sequence[str]) -> str:
    words: dict[str, str | tuple[str, ...]] = {"Exact": "exact", "Matrix product state": "matrix"}
    words |= {
        "Stabilizer states": ("stabilizer", "Clifford"),
        "Pauli propagation": "Pauli",
        "Light cones": "light",
        "Structure": ("separate", "free"),
    }
    return "yes" if any(method.startswith(words[name]) for method in possible) else "no"


def _expression(run: Diagnosed) -> list[Section]:
    row, made = done(run, "expressibility"), []
    if row is not None:
        over = "weights" if row["weights"] else "inputs"
        end = "no difference from uniform states is shown" if row["uniform"] else "it differs from uniform states"
        text = [
            f"Fidelities of {row['pairs']:,} pairs of states at random {over}. Divergence from uniform states "
            f"{row['divergence']:.4f} nats (95 % interval {row['low']:.4f} to {row['high']:.4f}); as many pairs of "
            f"uniform states stay under {row['floor_high']:.4f} in 95 % of trials, so {end}. High expressibility is "
            "no good by itself: it goes with small gradients.",
        ]
        if row["coarse"]:
            text.append(
                f"{max(row['haar']):.1%} of the pairs of uniform states fall into one of the {len(row['haar'])} bins "
                "at so many qubits: only circuits whose states often overlap can be told from uniform ones here."
            )
        seen = "Histogram of fidelities beside that of uniform states."
        figure = drawn.fidelity_figure(row)
        made.append(Section("What it can express", tuple(text), figure=figure, name="fidelities", description=seen))
    keys = {int(r["key"].split()[-1]): r for r in run.keyed("expressibility") if "layers" in r["key"]}
    expressed = {k: r for k, r in sorted(keys.items()) if "skipped" not in r}
    entangled = {int(r["key"].split()[-1]): r for r in run.keyed("entangling") if "layers" in r["key"]}
    if len(expressed) > 1 and all("mean" in entangled.get(k, {}) for k in expressed):
        cells = tuple(
            (str(k), f"{r['divergence']:.4f}", f"{r['floor_high']:.4f}", f"{entangled[k]['mean']:.4f}")
            for k, r in expressed.items()
        )
        table = Table(("layers", "divergence (nats)", "uniform states, 95 %", "entangling capability"), cells)
        figure, seen = drawn.layers_figure(expressed, entangled), "Both measures by the number of layers."
        made.append(Section("Expressibility and entanglement by layers", (), table, figure, "layers", seen))
    made += _entangled(run)
    return made


def _entangled(run: Diagnosed) -> list[Section]:
    rows = [("random weights", done(run, "entangling")), ("trained weights", done(run, "entangling trained"))]
    cells = [
        (name, f"{r['mean']:.4f}", f"{r['low']:.4f} to {r['high']:.4f}", f"{r['haar']:.4f}") for name, r in rows if r
    ]
    table = Table(("states", "Meyer-Wallach measure", "95 % interval", "uniform states"), tuple(cells))
    text = ("0 for product states, 1 where every qubit is maximally entangled with the rest.",)
    return [Section("Entangling capability", text, table)] if cells else []


def _training(run: Diagnosed) -> list[Section]:
    lone = {cost: row for cost in ("local", "global") if (row := done(run, f"gradient {cost}")) is not None}
    text = [
        "Partial derivatives at weights uniform in [0, 2 pi): the mean over weights of their variances. Local cost: "
        "the mean chance to read 1 on a qubit; global cost: the chance to read anything but 0...0."
    ]
    if lone:
        cells = tuple((c, f"{r['mean']:.3g}", f"{r['low']:.3g} to {r['high']:.3g}") for c, r in lone.items())
        table, seen = Table(("cost", "variance", "95 % interval"), cells), "Variance of each partial derivative."
        text.append("A single circuit says nothing of how this goes on at more qubits; a family does.")
        idle = np.min([np.array(r["variances"]) <= _NOTHING for r in lone.values()], axis=0).sum()
        if idle:
            text.append(f"{idle} of {run.subject.circuit.n_weights} weights have no effect on either cost.")
        return [Section("Can it be trained?", tuple(text), table, drawn.weights_figure(lone), "weights", seen)]
    series = {
        f"{cost}, {depth} layer{'s' if depth > 1 else ''}": [
            (r["n_qubits"], r["mean"], r["low"], r["high"]) for r in rows
        ]
        for cost in ("local", "global")
        for depth, rows in _gradients(run, cost).items()
    }
    if not series:
        return []
    fits = tuple(
        (cost, str(max(1, run.subject.layers)), f"{fit.factor:.3f}", f"{fit.low:.3f} to {fit.high:.3f}",
         f"{fit.misfit:.2g}", f"{-fit.power:.2f}", f"{fit.power_misfit:.2g}", "barren" if fit.barren else "not shown")
        for cost, fit in decays(run).items()
    )  # fmt: skip
    text.append(
        "Uniformly random states give a factor of 0.5 a qubit; 1 is no decay. A plateau is called barren when the "
        "variance falls and an exponential describes it better than a power of n: smaller misfit, the mean squared "
        "distance in units of the points' errors."
    )
    table = Table(
        ("cost", "layers", "factor a qubit", "95 % interval", "misfit", "power of n", "its misfit", "plateau"), fits
    )
    figure, seen = drawn.decay_figure("gradients", series, "variance of the gradient"), "Variance by qubits."
    return [Section("Can it be trained?", tuple(text), table, figure, "gradients", seen)]


def _fisher(run: Diagnosed) -> list[Section]:
    row = done(run, "fisher")
    if row is None:
        return []
    read = f"qubits {row['read'][0]} to {row['read'][-1]}" if len(row["read"]) > 1 else "qubit 0"
    names = {"classical": f"outcomes of {read}", "quantum": "quantum", "trained": "outcomes, at the trained weights"}
    cells = tuple(
        (name, f"{row[key]['trace']:.3g}", f"{row[key]['rank']} of {row['weights']}", f"{row[key]['mean_rank']:.1f}")
        for key, name in names.items()
        if key in row
    )
    text = (
        f"At {row['draws']} random sets of weights. The rank says in how many directions the model can move: weights "
        "beyond it are redundant. The effective dimension is that of Abbas et al., with gamma 1.",
    )
    table = Table(("Fisher information", "trace", "largest rank", "mean rank"), cells)
    seen = "Eigenvalues of the Fisher information, and the effective dimension by the number of data."
    return [Section("Fisher information and capacity", text, table, drawn.fisher_figure(row), "fisher", seen)]


def _fourier(run: Diagnosed) -> list[Section]:
    rows = [row for row in run.keyed("fourier") if "skipped" not in row]
    if not rows:
        return []
    cells = []
    for row in rows:
        if row["periodic"]:
            beyond = f"{row['beyond']:.1g}"
            cells.append(
                (str(row["input"]), str(row["allowed"]), str(row["found"]), f"{row['frequencies'][-2]:g}", beyond)
            )
        else:
            cells.append(
                (str(row["input"]), "any", "a window", f"{row['highest']:.3g}", f"{1 - row['share']:.1%} of power")
            )
    header = ("input", "frequencies allowed", "found", "highest", "beyond them")
    text = [
        "What the model's expectation values oscillate with in each input, over random or trained weights, the other "
        "inputs as in the first row of data (0 without data). Rings: frequencies that the encoding gates allow."
    ]
    if not all(row["periodic"] for row in rows):
        text.append("Trained scales have no common unit: such a model has no period, and a window shows its spectrum.")
    seen = "Fourier spectrum over the inputs."
    figure = drawn.fourier_figure(rows)
    return [Section("Fourier spectrum", tuple(text), Table(header, tuple(cells)), figure, "fourier", seen)]


def _kernel(run: Diagnosed) -> list[Section]:
    row, made = done(run, "kernel"), []
    if row is not None:
        where = "random inputs" if row["random_inputs"] else "rows of data"
        text = (
            f"The fidelity kernel of {row['samples']} {where}: mean {row['mean']:.4g}, variance {row['variance']:.3g} "
            f"(95 % interval {row['low']:.3g} to {row['high']:.3g}), effective rank {row['effective_rank']:.1f}. About "
            f"{row['shots']:,.0f} shots a value make its error as large as that spread.",
            row["verdict"]
            + (" (Inputs are random here, so this says nothing of data.)" if row["random_inputs"] else ""),
        )
        bounds = row["classical"]
        cells = [
            (name, f"{g:.3g}" if np.isfinite(g) else "cannot fit", "" if bounds is None else f"{bounds[k]:.3g}")
            for k, (name, g) in enumerate(zip(row["names"], row["difference"], strict=True))
        ]
        cells.append(("quantum", "", "" if row["quantum"] is None else f"{row['quantum']:.3g}"))
        table = Table(("kernel", "geometric difference", "bound on the error (above 1: says nothing)"), tuple(cells))
        figure, seen = drawn.kernel_figure(row), "Histogram of kernel values."
        made.append(Section("Its kernel beside classical ones", text, table, figure, "kernel", seen))
    spread = [r for r in run.keyed("concentration") if "skipped" not in r]
    if len(spread) > 1:
        series = {
            "variance": [(r["n_qubits"], r["variance"], r["low"], r["high"]) for r in spread],
            "mean": [(r["n_qubits"], r["mean"], r["mean"], r["mean"]) for r in spread],
            "mean of uniform states": [(r["n_qubits"], r["haar"], r["haar"], r["haar"]) for r in spread],
        }
        remark = ("Of random inputs in [-pi, pi), by the number of qubits; narrower inputs concentrate less.",)
        figure = drawn.decay_figure("concentration", series, "kernel values off the diagonal")
        seen = "Mean and variance of kernel values by qubits."
        made.append(Section("Kernel concentration", remark, figure=figure, name="concentration", description=seen))
    return made


def _circuit(run: Diagnosed) -> Section:
    circuit = run.subject.circuit
    counts = ", ".join(f"{count} {name}" for name, count in circuit.count().items())
    text = (*run.subject.about, f"{len(circuit)} gates ({counts}), depth {circuit.depth()}.")
    if len(circuit) > _DRAWN_GATES:
        text = (*text, f"The first {_DRAWN_GATES} gates are drawn.")
    figure = circuit[:_DRAWN_GATES]._repr_svg_() if len(circuit) else None
    return Section("The circuit", text, figure=figure, name="circuit", description="The circuit diagram.")


def _skipped(run: Diagnosed) -> tuple[Section, ...]:
    """What could not be done for this model, and why."""
    told = [f"{key}: {row['skipped']}" for key, row in run.rows.items() if "skipped" in row]
    if "entangling" not in run.rows:
        told.append("States were not made, for there are too many qubits; what needs them is left out.")
    elif not run.subject.circuit.n_weights:
        told.append("The circuit has no weights, so there are no gradients and no Fisher information.")
    return (Section("What was left out", tuple(told)),) if told else ()
