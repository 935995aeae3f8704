"""The command line: parse, call, print. What it does lives in the rest of the package."""

import difflib
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ketwork import __version__
from ketwork.experiments.task import FitTask, UserError

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
Text = typer.Option
SEARCH_METHODS = (  # those of ketwork.search, named here so that commands start fast
    "random", "annealing", "evolutionary", "crlqas", "ppo", "arch2vec-reinforce", "arch2vec-bo", "supernet",
    "differentiable", "grow", "predictor", "training-free", "mcts",
)  # fmt: skip
_INTERRUPTED = 130  # the shells' code, and what Typer makes of Ctrl-C


def _say(text: str) -> None:
    typer.echo(text)


@app.callback(invoke_without_command=True)
def top(version: Annotated[bool, Text("--version", help="Print the version and stop.")] = False) -> None:
    """Ketwork: train variational circuits fast and compare them honestly."""
    if version:
        _say(f"ketwork {__version__}")
        raise typer.Exit


@app.command()
def fit(
    data: Annotated[
        str,
        typer.Argument(
            help="A built-in data set (digits, breast-cancer, wine, iris, moons, mnist, fashion-mnist), a file, or one "
            "made by formula (hyperplanes:features=10,planes=5; see compare)."
        ),
    ],
    target: Annotated[str | None, Text(help="The column of a file that holds the classes; default: the last.")] = None,
    model: Annotated[str, Text(help="variational or kernel.")] = "variational",
    encoding: Annotated[str | None, Text(help="reuploading, angle, iqp or zz.")] = None,
    layers: Annotated[int | None, Text(help="Layers of the circuit (of a kernel: rounds).")] = None,
    qubits: Annotated[int | None, Text(help="Qubits of the circuit.")] = None,
    features: Annotated[int | None, Text(help="How many features the circuit takes; more are reduced.")] = None,
    seeds: Annotated[int, Text(help="Repetitions, each another fold of a cross-validation.")] = 3,
    fits: Annotated[int, Text(help="Settings tried for every model before its final fit.")] = 3,
    epochs: Annotated[int, Text(help="Epochs of training.")] = 60,
    test_fraction: Annotated[
        float, Text(help="Share of the data held out in every repetition, a fold: 0.25 is a fourth.")
    ] = 0.25,
    samples: Annotated[int, Text(help="Use at most so many rows.")] = 5000,
    seed: Annotated[int, Text(help="Seed of the first repetition.")] = 0,
    device: Annotated[
        str | None,
        Text(
            help="Run the quantum model on this device, simulated from its calibration: a name of `devices` or a file."
        ),
    ] = None,
    shots: Annotated[int | None, Text(help="Read each circuit so often; default: exact values.")] = None,
    train_on: Annotated[str, Text(help="device or ideal: whether training sees the device's noise.")] = "device",
    mitigation: Annotated[
        str | None, Text(help="readout, zne, twirl (comma between) or none; default: readout,zne (a kernel: readout).")
    ] = None,
    out: Annotated[Path | None, Text(help="The run's folder; default: runs/DATA-MODEL-ID.")] = None,
    resume: Annotated[bool, Text("--resume", help="Go on with an interrupted run.")] = False,
) -> None:
    """Train a quantum model and its baselines on DATA, and write a report."""
    from ketwork.experiments.fit import fit as run
    from ketwork.report.publish import publish

    size = (encoding, layers, qubits, features, seeds, fits, epochs, test_fraction, samples, seed)
    task = FitTask(data, target, model, *size, device, shots, train_on, mitigation)
    found = publish(run(task, out, resume))
    _say(f"\n{found.verdict}\n")
    _say(f"Report: {found.report}")


@app.command()
def predict(
    run: Annotated[Path, typer.Argument(help="The folder of a finished run.")],
    data: Annotated[
        str, typer.Argument(help="A CSV or Parquet file with the same feature columns, or a built-in name.")
    ],
    device: Annotated[str | None, Text(help="Run the circuits on this device instead of an ideal simulator.")] = None,
    shots: Annotated[int | None, Text(help="Read each circuit so often; default: exact values.")] = None,
    out: Annotated[Path | None, Text(help="Write the predictions to this CSV file instead of printing them.")] = None,
) -> None:
    """Use a saved model: print a predicted class for every row of DATA."""
    from ketwork.experiments.predict import predict_rows

    lines = predict_rows(run, data, device, shots)
    if out is None:
        _say("\n".join(lines))
        return
    try:
        out.write_text("\n".join(lines) + "\n")
    except OSError as error:
        raise UserError(f"--out {out} cannot be written: {error.strerror}.") from None
    _say(f"{len(lines) - 1} predictions: {out}")


devices_app = typer.Typer()
app.add_typer(devices_app, name="devices", rich_help_panel=None)


@devices_app.callback(invoke_without_command=True)
def devices(context: typer.Context) -> None:
    """List the devices that are shipped: snapshots of calibrations of real machines."""
    from ketwork.report.device_map import device_lines

    if context.invoked_subcommand is None:
        _say("\n".join(device_lines()))


@devices_app.command()
def show(
    name: Annotated[str, typer.Argument(help="A shipped device, or a calibration file (.json, IBM's .csv).")],
    map: Annotated[
        Path | None, Text(help="Draw the couplings with their errors into this file: .svg, .png, .pdf.")
    ] = None,
) -> None:
    """Print a device's qubits and couplings with their errors, and draw its map."""
    from ketwork.report.device_map import device_text, draw_device

    try:
        _say(device_text(name))
        if map is not None:
            _say(f"\nMap: {draw_device(name, map)}")
    except ValueError as error:
        raise UserError(str(error)) from None
    except OSError as error:
        raise UserError(f"--map {map} cannot be written: {error.strerror}.") from None


@app.command()
def run(
    name: Annotated[str | None, typer.Argument(help="A system of the atlas; see --list.")] = None,
    list_: Annotated[bool, Text("--list", help="Name the systems, one a line, and stop.")] = False,
    seed: Annotated[int, Text(help="Seed of everything random.")] = 0,
    out: Annotated[Path | None, Text(help="The run's folder; default: runs/NAME-ID.")] = None,
    quick: Annotated[bool, Text("--quick", help="A small version, in a minute or two.")] = False,
    resume: Annotated[bool, Text("--resume", help="Go on with an interrupted run.")] = False,
) -> None:
    """Run a published system and set the paper's numbers beside ours, in a report."""
    from ketwork.atlas.launch import launch, listed

    if list_ or name is None:
        _say("\n".join(listed()))
        return
    found = launch(name, seed, out, quick, resume)
    _say("\n".join(("", found.verdict, "", *found.lines, "", f"Report: {found.report}")))


@app.command()
def mitigate(
    circuit: Annotated[str, typer.Argument(help="An OpenQASM file, or the folder of a finished `fit`.")],
    device: Annotated[str, Text(help="A shipped device (see `devices`), or a calibration file.")],
    methods: Annotated[str | None, Text(help="Methods with commas between; + stacks them: readout+zne.")] = None,
    shots: Annotated[int, Text(help="Shots of every method, shared among its circuits.")] = 8192,
    observable: Annotated[
        str | None, Text(help="Pauli strings with commas between, such as ZZII,XXII; or: distribution.")
    ] = None,
    seeds: Annotated[int, Text(help="Repetitions, each with its own shots.")] = 5,
    seed: Annotated[int, Text(help="Seed of the first repetition.")] = 0,
    out: Annotated[Path | None, Text(help="The run's folder; default: runs/CIRCUIT-DEVICE-ID.")] = None,
    resume: Annotated[bool, Text("--resume", help="Go on with an interrupted run.")] = False,
) -> None:
    """Compare mitigation methods on CIRCUIT and a simulated device, and write a report."""
    from ketwork.experiments.mitigation import MitigationTask
    from ketwork.experiments.mitigation import mitigate as compare
    from ketwork.report.mitigation_page import publish_mitigation

    names = None if methods is None else tuple(word.strip() for word in methods.split(","))
    task = MitigationTask(circuit, device, names, shots, observable, seeds, seed)
    found = publish_mitigation(compare(task, out, resume))
    _say("\n".join(("", *found.lines, "", found.verdict, "", f"Report: {found.report}")))


@app.command()
def solve(
    problem: Annotated[
        str,
        typer.Argument(
            help="A molecule (LiH, H2_0.7414), an .xyz file, a Hamiltonian .json, an instance (gset/gset_14, a path), "
            "or a model with its size: heisenberg:chain:8, tfim:chain:10:field=0.5, xxz:square:2x3:delta=0.5, "
            "maxcut:torus:3x4, labs:9."
        ),
    ],
    method: Annotated[
        str | None,
        Text(
            help="Methods with commas between, or all. Hamiltonians: vqe (default), uccsd, adapt, symmetry, tensor. "
            "Problems: qaoa (default up to 20 qubits), ma-qaoa, ws-qaoa, rqaoa, xy-qaoa, cvar-qaoa, vqe, cvar-vqe, "
            "pce (default above), qrao."
        ),
    ] = None,
    optimizer: Annotated[
        str | None,
        Text(
            help="l-bfgs (default), spsa (default with shots), adam, adamw, sgd, rmsprop, aqgd, natural-gradient, "
            "block-natural-gradient, adam-spsa, qn-spsa, rotosolve, rotoselect, cobyla, nelder-mead, cma-es, icans or "
            "rosalin."
        ),
    ] = None,
    layers: Annotated[int | None, Text(help="Layers of the circuit; default: what suits the method.")] = None,
    steps: Annotated[int | None, Text(help="Steps of the optimiser at most; of adapt, operators.")] = None,
    shots: Annotated[int | None, Text(help="Read each circuit so often; default: exact values.")] = None,
    device: Annotated[str | None, Text(help="Run on this device, simulated with its noise (see `devices`).")] = None,
    seeds: Annotated[int, Text(help="Repetitions, each from another start.")] = 3,
    seed: Annotated[int, Text(help="Seed of the first repetition.")] = 0,
    basis: Annotated[str | None, Text(help="Of an .xyz file; default sto-3g.")] = None,
    charge: Annotated[int | None, Text(help="Of the molecule in an .xyz file.")] = None,
    spin: Annotated[int | None, Text(help="Unpaired electrons of the molecule in an .xyz file.")] = None,
    active: Annotated[str | None, Text(help="ELECTRONS,ORBITALS of an .xyz file's active space; default: all.")] = None,
    mapping: Annotated[str | None, Text(help="jordan_wigner, parity or bravyi_kitaev; of molecules.")] = None,
    index: Annotated[int | None, Text(help="Which problem of an instance file with several, from 0.")] = None,
    reference_seconds: Annotated[float, Text(help="Time of each classical solver, HiGHS and CP-SAT.")] = 10.0,
    local_search: Annotated[int, Text(help="Rounds of local search on the best string, of all methods.")] = 1,
    out: Annotated[Path | None, Text(help="The run's folder; default: runs/PROBLEM-METHOD-ID.")] = None,
    resume: Annotated[bool, Text("--resume", help="Go on with an interrupted run.")] = False,
) -> None:
    """Solve PROBLEM by quantum methods beside exact and classical answers, and write a report."""
    from ketwork.experiments.solving import solve as compare
    from ketwork.experiments.solving_task import SolveTask
    from ketwork.report.solving_page import publish_solving

    names = None if method is None else tuple(word.strip() for word in method.split(",") if word.strip())
    size = (optimizer, layers, steps, shots, device, seeds, seed, basis, charge, spin, active, mapping)
    task = SolveTask(problem, names, *size, index, reference_seconds, local_search)
    found = publish_solving(compare(task, out, resume))
    _say("\n".join(("", *found.lines, "", found.verdict, "", f"Report: {found.report}")))


@app.command()
def diagnose(
    model: Annotated[
        str,
        typer.Argument(
            help="The folder of a finished `fit`, an OpenQASM file, or a family with its size: an ansatz "
            "(hardware_efficient:6:3 has 6 qubits, 3 layers) or an encoding (iqp:6:2 has 6 features, 2 rounds)."
        ),
    ],
    samples: Annotated[int, Text(help="Random sets of weights that are looked at.")] = 1000,
    seed: Annotated[int, Text(help="Seed of everything random.")] = 0,
    out: Annotated[Path | None, Text(help="The run's folder; default: runs/diagnose-MODEL-ID.")] = None,
    resume: Annotated[bool, Text("--resume", help="Go on with an interrupted run.")] = False,
) -> None:
    """Ask what MODEL can express, whether it trains and whether a classical method does the same; write a report."""
    from ketwork.experiments.diagnosis import DiagnoseTask
    from ketwork.experiments.diagnosis import diagnose as look
    from ketwork.report.diagnosis_page import publish_diagnosis

    found = publish_diagnosis(look(DiagnoseTask(model, samples, seed), out, resume))
    _say("\n".join(("", *found.lines, "", found.verdict, "", f"Report: {found.report}")))


@app.command()
def compare(
    data: Annotated[
        list[str],
        typer.Argument(
            help="Built-in data sets (those of fit, diabetes), files, or made by formula: hyperplanes:features=10,"
            "planes=5, hidden-manifold, linearly-separable, bars-and-stripes, two-curves."
        ),
    ],
    models: Annotated[str, Text(help="variational, kernel, or both with a comma between.")] = "variational,kernel",
    baselines: Annotated[str | None, Text(help="Names with commas between; default: all of the house's.")] = None,
    budget: Annotated[int, Text(help="Fits for tuning every contender in every fold.")] = 12,
    seeds: Annotated[int, Text(help="Repetitions of the whole cross-validation.")] = 1,
    folds: Annotated[int, Text(help="Outer folds, which test.")] = 5,
    inner: Annotated[
        int | None, Text(help="Inner folds, which tune; 1 for a single split; default: 3, fewer for a small budget.")
    ] = None,
    scoring: Annotated[
        str | None,
        Text(help="accuracy, balanced_accuracy, f1_macro; for numbers r2, neg_mean_squared_error."),
    ] = None,
    features: Annotated[int | None, Text(help="Reduce the data to so many principal components.")] = None,
    target: Annotated[str | None, Text(help="The target column of files; default: the last.")] = None,
    layers: Annotated[int | None, Text(help="Layers of the circuits (of a kernel: rounds).")] = None,
    qubits: Annotated[int | None, Text(help="Qubits of the variational circuit.")] = None,
    epochs: Annotated[int, Text(help="Epochs of training.")] = 60,
    samples: Annotated[int, Text(help="Use at most so many rows of a data set.")] = 500,
    ablations: Annotated[bool, Text(help="Let the models take part without entanglement and training too.")] = True,
    out: Annotated[Path | None, Text(help="The run's folder; default: runs/compare-ID.")] = None,
    resume: Annotated[bool, Text("--resume", help="Go on with an interrupted run.")] = False,
) -> None:
    """Compare quantum models with baselines on several DATA sets, and write a report."""
    from ketwork.experiments.comparing import CompareTask, comparing
    from ketwork.report.comparison_page import publish_comparison

    names = tuple(word.strip() for word in models.split(","))
    others = None if baselines is None else tuple(word.strip() for word in baselines.split(","))
    size = (budget, seeds, folds, inner, scoring, features, target, layers, qubits, epochs, samples, ablations)
    done = comparing(CompareTask(tuple(data), names, others, *size), out, resume)
    found = publish_comparison(done.found, done.folder, done.task.command(), done.seconds)
    _say("\n".join(("", done.found.table(), "", found.verdict, "", f"Report: {found.report}")))


@app.command()
def search(
    task: Annotated[
        str, typer.Argument(help="H2, tfim:chain:4 and others of solve; state:ghz:4, unitary:qft:3, digits, a file.")
    ],
    method: Annotated[str, Text(help=f"With commas between, or all: {', '.join(SEARCH_METHODS)}.")] = "evolutionary",
    device: Annotated[str | None, Text(help="Search on this device, simulated with its noise (see `devices`).")] = None,
    noise: Annotated[str | None, Text(help="none, or depolarizing:P1,P2: chances after gates on 1, 2 qubits.")] = None,
    shots: Annotated[int | None, Text(help="Read each circuit so often; default: exact values.")] = None,
    budget: Annotated[int | None, Text(help="Circuit evaluations of each method and seed; default: by task.")] = None,
    circuits: Annotated[int | None, Text(help="The budget as that of so many random circuits; default: 200.")] = None,
    seeds: Annotated[int, Text(help="Repetitions of every method.")] = 5,
    seed: Annotated[int, Text(help="Seed of the first repetition.")] = 0,
    max_gates: Annotated[int | None, Text(help="Gates of a circuit at most; default: 10 a qubit.")] = None,
    gates: Annotated[str | None, Text(help="Gates that may be used: rx,ry,rz,cx (default), or native.")] = None,
    steps: Annotated[int | None, Text(help="Steps that find a circuit's angles; default: 50.")] = None,
    workers: Annotated[int | None, Text(help="Processes; default: what suits the machine.")] = None,
    ray: Annotated[str | None, Text(help="HOST:PORT of a Ray cluster that trains the circuits, or auto.")] = None,
    out: Annotated[Path | None, Text(help="The run's folder; default: runs/TASK-METHOD-ID.")] = None,
    resume: Annotated[bool, Text("--resume", help="Go on with an interrupted run.")] = False,
) -> None:
    """Search the best circuit for TASK by several methods at the same budget, and write a report."""
    from ketwork.experiments.searching import search as look
    from ketwork.experiments.searching_task import SearchTask
    from ketwork.report.search_page import publish_search

    where = (device, noise, shots, budget, circuits, seeds, seed, max_gates, _words(gates), steps)
    config = SearchTask(task, _words(method) or (), *where, workers=workers, ray=ray)
    ran = publish_search(look(config, out, resume))
    _say("\n".join(("", *ran.lines, "", ran.verdict, "", f"Report: {ran.report}")))


@app.command()
def leaderboard(
    task: Annotated[str | None, Text(help="Standard tasks with commas between; default: all.")] = None,
    method: Annotated[str, Text(help="Methods with commas between, or all; see search.")] = "all",
    budget: Annotated[int | None, Text(help="Circuit evaluations of each method and seed; default: by task.")] = None,
    circuits: Annotated[int | None, Text(help="The budget as that of so many random circuits; default: 200.")] = None,
    seeds: Annotated[int, Text(help="Repetitions of every method.")] = 5,
    seed: Annotated[int, Text(help="Seed of the first repetition.")] = 0,
    quick: Annotated[bool, Text("--quick", help="Two tasks, two seeds, a small budget: shows that it runs.")] = False,
    workers: Annotated[int | None, Text(help="Processes; default: what suits the machine.")] = None,
    ray: Annotated[str | None, Text(help="HOST:PORT of a Ray cluster that trains the circuits, or auto.")] = None,
    write: Annotated[Path | None, Text(help="The table as Markdown, with .json beside it; default: in --out.")] = None,
    out: Annotated[Path | None, Text(help="The run's folder; default: runs/leaderboard-ID.")] = None,
    resume: Annotated[bool, Text("--resume", help="Go on with an interrupted run.")] = False,
) -> None:
    """Search the standard tasks by all methods at equal budgets, and write a table of what they reach."""
    from ketwork.experiments.leaderboard import BoardTask, board_table, write_board
    from ketwork.experiments.leaderboard import leaderboard as run

    size = (budget, circuits, seeds, seed, quick)
    board = run(BoardTask(_words(task), _words(method) or (), *size, workers, ray), out, resume)
    file, beside = write_board(board, write)
    _say(f"\n{board_table(board)}\nTable: {file}, numbers: {beside}")


def _words(text: str | None) -> tuple[str, ...] | None:
    """The words of a list with commas between."""
    return None if text is None else tuple(word.strip() for word in text.split(",") if word.strip())


@app.command()
def warmup() -> None:
    """Compile the kernels for this machine ahead of their first use."""
    from ketwork.engine.warm import compile_all

    _say(f"Kernels ready after {compile_all():.1f} s.")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code: 0 done, 2 something the user can mend, 130 interrupted."""
    usage_error: Any = typer.BadParameter.__base__  # typer carries this class, but does not name it
    try:
        code = int(app(args=arguments, standalone_mode=False) or 0)
    except UserError as error:
        print(f"ketwork: {error}", file=sys.stderr)
        return 2
    except usage_error as error:
        print(f"ketwork: {_with_nearest(error)}", file=sys.stderr)
        return 2
    except typer.Exit as stop:
        return stop.exit_code
    except (KeyboardInterrupt, typer.Abort):
        code = _INTERRUPTED
    if code == _INTERRUPTED:
        print("ketwork: interrupted; what was done is kept, and --resume goes on with it.", file=sys.stderr)
    return code


def _with_nearest(error: Any) -> str:
    """A usage error in one line, with the nearest names of an unknown option or command."""
    text = " ".join(error.format_message().split())
    commands = list(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    word = text.split("'")[1] if text.startswith("No such command") and "'" in text else ""
    near = difflib.get_close_matches(word, commands, n=2) if word else []
    return text + (f" Did you mean {' or '.join(near)}?" if near else "")
