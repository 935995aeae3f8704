"""`ketwork search`: every method on one task with the same budget, several seeds each, beside hand-made circuits."""

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ketwork.engine.interrupts import plain_interrupts
from ketwork.experiments.hand_made import hand_made
from ketwork.experiments.ledger import Ledger, Row, digest, open_ledger, told_to_the_user
from ketwork.experiments.problem_names import pose
from ketwork.experiments.search_names import task_of
from ketwork.experiments.search_rows import Common, Piece, run_piece
from ketwork.experiments.search_verdict import AgainstRandom, against_random, final_error, final_errors, sentence
from ketwork.experiments.searching_task import SearchTask
from ketwork.experiments.task import UserError
from ketwork.operators import Molecule
from ketwork.search.crew import Crew
from ketwork.search.method_table import check_extras
from ketwork.search.seek import check_affordable, fingerprint
from ketwork.search.space import draw
from ketwork.search.tasks import Task
from ketwork.search.workers import cores

_TRAINED = 200  # circuits that the default budget trains
_DRAWN = 64  # circuits whose price is looked at for the default budget
_SHARED_BITS = 17  # from here on the cores share one circuit's state


@dataclass(frozen=True)
class Searched:
    """A finished run.

    rows: one a method and seed: "method", "seed", "trace" [[spent, least error so far], ...], "errors" [[spent, error
    of a circuit], ...] (at most 2000), "best" (see below; "error" is that of the search), "front" (a list of the same),
    "spent", "took" (seconds), "circuits" (different ones that were trained), "notes", "message", "final" (scores of the
    best circuit that the search did not see, by name). references: hand-made circuits trained with the same budget:
    "name", "weights", "spent", "final" and what "best" holds. A circuit is {"architecture": [[gate, [qubit, ...]],
    ...], "params", "error", "value", "gates", "depth", "two_qubit"}.
    """

    config: SearchTask
    task: Task
    budget: int
    methods: tuple[str, ...]
    rows: list[Row]
    references: list[Row]
    folder: Path
    seconds: float

    def of(self, method: str) -> list[Row]:
        """The rows of a method, a seed each."""
        return [row for row in self.rows if row["method"] == method]

    @cached_property
    def tests(self) -> tuple[AgainstRandom, ...]:
        """Every method against random search."""
        return against_random({name: final_errors(self.rows, name) for name in self.methods})

    @property
    def verdict(self) -> str:
        """What may be claimed, and no more than the tests show."""
        return sentence(self.task.name, self.task.goal.unit, self.tests, self.config.seeds, self.budget)


def search(config: SearchTask, out: Path | None = None, resume: bool = False) -> Searched:
    """Search, shown as it goes. Raises: UserError for what the user can mend; nothing is left behind then.

    Ctrl-C leaves what was done, the logs of the searches that were going on and their best circuits in the folder.
    """
    started = time.perf_counter()
    try:
        check_extras(config.chosen)
        task = posed_task(config)
        budget = budget_for(task, config.circuits or _TRAINED) if config.budget is None else config.budget
        check_affordable(task, budget)
    except (ValueError, TypeError, ImportError) as error:
        raise UserError(str(error)) from None
    facts = config.config() | {"budget": budget, "problem": fingerprint(task)}
    name = "methods" if len(config.chosen) > 2 else config.chosen[-1]
    folder = out or Path("runs") / f"{_filename(task.name)}-{name}-{digest(facts)[:8]}"
    try:
        with told_to_the_user(folder), open_ledger(folder, facts, resume) as ledger:
            rows, references = _everything(config, task, budget, ledger)
    except KeyboardInterrupt:
        _say_where(config, folder)
        raise
    found = Searched(config, task, budget, config.chosen, rows, references, folder, time.perf_counter() - started)
    _keep_best(found)
    return found


def budget_for(task: Task, circuits: int) -> int:
    """Circuit evaluations that train about so many random circuits of the task, in two figures."""
    rng = np.random.default_rng(0)
    price = float(np.mean([task.price(draw(task.space, rng)) for _ in range(_DRAWN)]))
    return int(float(f"{circuits * price:.2g}"))


def posed_task(config: SearchTask) -> Task:
    """The task that a config asks for. Raises: UserError."""
    size = (config.max_gates, config.gates, config.steps, config.seed)
    return task_of(config.name, config.device, config.noise, config.shots, *size)


def _molecule(config: SearchTask) -> Molecule | None:
    """The molecule of the task, where it is one without noise or shots: then coupled cluster takes part."""
    if config.device is not None or config.noise is not None or config.shots is not None:
        return None
    try:
        return pose(config.name).molecule
    except UserError:
        return None


# ---------------------------------------------------------------------- the pieces
def _everything(config: SearchTask, task: Task, budget: int, ledger: Ledger) -> tuple[list[Row], list[Row]]:
    from ketwork.engine.warm import ensure_compiled

    seeds = range(config.seed, config.seed + config.seeds)
    pieces = [Piece(method, seed) for seed in seeds for method in config.chosen]
    pieces += [Piece("", config.seed, circuit, name) for name, circuit in hand_made(task, _molecule(config)).items()]
    ledger.expect(len(pieces))
    ensure_compiled(say=ledger.note)
    left = [piece for piece in pieces if piece.key not in ledger.rows]
    for key in {piece.key for piece in pieces} & set(ledger.rows):
        ledger.row(key, dict)  # it is there; the bar counts it
    common, size = _shared_out(config, task, budget, ledger.folder, len(left))
    if left:
        ledger.note(f"{budget:,} circuit evaluations for every method and seed.")
        _warm(task)
    done = _in_processes(common, left, size, ledger) if size > 1 else _here(common, left, ledger)
    for number, made in done:
        ledger.row(left[number].key, lambda made=made: made)  # type: ignore[misc]
    rows = [ledger.rows[piece.key] for piece in pieces if piece.by_hand is None]
    references = [ledger.rows[piece.key] for piece in pieces if piece.by_hand is not None]
    return sorted(rows, key=lambda row: config.chosen.index(row["method"])), references


def _shared_out(config: SearchTask, task: Task, budget: int, folder: Path, pieces: int) -> tuple[Common, int]:
    """What the pieces share, and how many of them run at once, each in a process of its own.

    Different searches are the better things to run side by side: they never wait for each other. Workers that are left
    over train circuits for them. A state of many qubits is shared by the cores instead, one search after the other.
    """
    wanted = config.workers
    if wanted is None:
        wanted = 1 if task.space.n_qubits >= _SHARED_BITS else cores()
    size = min(wanted, max(pieces, 1))
    each = 1 if config.ray is not None else wanted // size
    threads = 1 if size > 1 or each > 1 else None
    return Common(task, budget, folder, config.options, each, threads, config.ray), size


def _warm(task: Task) -> None:
    """Ask for one small circuit, so that kernels are compiled once and not in every process at the same time."""
    meter = task.meter([task.space.places[0]])
    if task.inner.takes_gradients and meter.n_weights:
        meter.value_and_gradient(np.zeros(meter.n_weights))
    else:
        meter.value(np.zeros(meter.n_weights))


def _here(common: Common, pieces: Sequence[Piece], ledger: Ledger) -> Iterator[tuple[int, Row]]:
    """The rows one after the other, in this process."""
    for number, piece in enumerate(pieces):
        ledger.tell(piece.key)
        with plain_interrupts():
            row = run_piece(common, piece, lambda text, key=piece.key: ledger.tell(f"{key}: {text}"))  # type: ignore[misc]
        yield number, row


def _in_processes(common: Common, pieces: Sequence[Piece], size: int, ledger: Ledger) -> Iterator[tuple[int, Row]]:
    """The rows as they come, `size` pieces at a time; a piece whose process dies goes on from its log in another."""

    def heard(number: int, text: Any) -> None:
        ledger.tell(f"{pieces[number].key}: {text}")

    with Crew(size, nested=common.workers > 1, stoppable=True) as crew:
        yield from crew.do(run_piece, common, pieces, heard)


# ---------------------------------------------------------------------- what is left behind
def _keep_best(run: Searched) -> None:
    """The best circuit of every method as circuits/METHOD.qasm and .json."""
    place = run.folder / "circuits"
    for method in run.methods:
        rows = [row for row in run.of(method) if row["best"] is not None]
        if rows:
            best = min(rows, key=final_error)
            for kind in ("qasm", "json"):
                shutil.copyfile(place / f"{method}-{best['seed']}.{kind}", place / f"{method}.{kind}")


def _say_where(config: SearchTask, folder: Path) -> None:
    """Tell of what an interrupted run left, and how it goes on."""
    if not folder.is_dir():
        return
    count = len(list((folder / "circuits").glob("*.qasm")))
    kept = f"the best circuits so far ({count}) are in {folder / 'circuits'}, " if count else ""
    print(f"Interrupted: {kept}the logs in {folder}. Go on with: {config.command()} --out {folder} --resume")


def _filename(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in name)[:60]
