"""`ketwork leaderboard`: every search method on the standard tasks, with equal budgets and several seeds."""

import json
import shlex
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ketwork.checks import check_choice
from ketwork.experiments.compare import Interval, interval
from ketwork.experiments.ledger import Row, digest, open_rows
from ketwork.experiments.ranks import Ranks, rank
from ketwork.experiments.run import machine
from ketwork.experiments.search_names import STANDARD
from ketwork.experiments.search_verdict import AgainstRandom, figures, final_error, final_errors, paired_tests
from ketwork.experiments.searching import Searched, search
from ketwork.experiments.searching_task import BASELINE, SearchTask
from ketwork.experiments.task import UserError

QUICK_TASKS = ("h2", "state")
"""Those of the small version, which only shows that everything runs."""

_QUICK: dict[str, Any] = {"budget": 3000, "circuits": None, "seeds": 2, "steps": 15}


@dataclass(frozen=True)
class BoardTask:
    """What `ketwork leaderboard` was asked to do.

    tasks: names of `search_names.STANDARD`, None for all; methods: as of `SearchTask`. budget: circuit evaluations, the
    same for every task; circuits: in its place, what about so many take on each. quick: two tasks, two seeds and a
    small budget. The rest as of `SearchTask`.
    """

    tasks: tuple[str, ...] | None = None
    methods: tuple[str, ...] = ("all",)
    budget: int | None = None
    circuits: int | None = None
    seeds: int = 5
    seed: int = 0
    quick: bool = False
    workers: int | None = None
    ray: str | None = None

    def __post_init__(self) -> None:
        try:
            for name in self.tasks or ():
                check_choice("tasks", name, STANDARD)
        except ValueError as error:
            raise UserError(str(error)) from None
        self.searches()  # checks the rest

    def searches(self) -> dict[str, SearchTask]:
        """What is searched, by the name of the task."""
        names = QUICK_TASKS if self.quick else self.tasks or tuple(STANDARD)
        size: dict[str, Any] = {"budget": self.budget, "circuits": self.circuits, "seeds": self.seeds}
        size |= _QUICK if self.quick else {}
        shared: dict[str, Any] = {"methods": self.methods, "seed": self.seed, "workers": self.workers, "ray": self.ray}
        return {name: SearchTask(**{**STANDARD[name].words, **shared, **size}) for name in names}

    def command(self) -> str:
        """The command line that repeats it."""
        words = ["ketwork", "leaderboard"]
        for name, value in asdict(self).items():
            if value != BoardTask.__dataclass_fields__[name].default:
                text = ",".join(value) if isinstance(value, tuple) else str(value)
                option = {"tasks": "task", "methods": "method"}.get(name, name)
                words += [f"--{option}"] if value is True else [f"--{option}", text]
        return shlex.join(words)


@dataclass(frozen=True)
class Board:
    """The searches by the name of their task."""

    config: BoardTask
    runs: dict[str, Searched]
    folder: Path
    seconds: float

    @property
    def methods(self) -> tuple[str, ...]:
        """All that took part."""
        return next(iter(self.runs.values())).methods

    def error(self, task: str, method: str) -> Interval:
        """The mean of the errors that count, with its 95 % interval over seeds."""
        return interval(final_errors(self.runs[task].rows, method))

    @cached_property
    def tests(self) -> dict[tuple[str, str], AgainstRandom]:
        """By task and method: against random search, with Holm's correction over all tests of the board."""
        pairs = [(task, method) for task in self.runs for method in self.methods if method != BASELINE]
        scores = [
            (method, final_errors(self.runs[task].rows, method), final_errors(self.runs[task].rows, BASELINE))
            for task, method in pairs
        ]
        return dict(zip(pairs, paired_tests(scores), strict=True))

    @cached_property
    def ranks(self) -> Ranks:
        """Methods ranked by their mean errors on every task; what found nothing comes last."""
        means = [[-self.error(task, method).mean for method in self.methods] for task in self.runs]
        return rank(self.methods, np.nan_to_num(np.array(means), nan=-1e300))


def leaderboard(config: BoardTask, out: Path | None = None, resume: bool = False) -> Board:
    """Run the standard tasks one after the other, each in a folder of its own. Raises: UserError, as `search`."""
    started = time.perf_counter()
    facts = {name: value for name, value in asdict(config).items() if name not in ("workers", "ray")}
    folder = out or Path("runs") / f"leaderboard-{digest(facts)[:8]}"
    open_rows(folder, {"id": digest(facts), "config": facts}, resume)
    runs = {}
    for name, task in config.searches().items():
        print(f"{name}: {STANDARD[name].says}", flush=True)
        place = folder / name
        runs[name] = search(task, place, resume=(place / "config.json").is_file())
    return Board(config, runs, folder, time.perf_counter() - started)


# ---------------------------------------------------------------------- the table
def board_table(board: Board) -> str:
    """The board as Markdown: errors and ranks, then what it cost."""
    tasks = list(board.runs)
    mean_rank = dict(zip(board.ranks.names, board.ranks.mean, strict=True))
    head = ["method", *tasks, "mean rank"]
    lines = [
        [name, *(_cell(board, task, name) for task in tasks), f"{mean_rank[name]:.2f}"]
        for name in sorted(board.methods, key=lambda name: mean_rank[name])
    ]
    lines.append(["*best made by hand*", *(_by_hand(board.runs[task]) for task in tasks), ""])
    cost = ["method", *(f"{task}: evaluations, circuits, seconds" for task in tasks)]
    costs = [[name, *(_cost(board.runs[task].of(name)) for task in tasks)] for name in board.methods]
    return "\n".join([*_introduction(board), "", *_markdown(head, lines), "", *_what_for(board), "",
                      "What a search cost, on average:", "", *_markdown(cost, costs)]) + "\n"  # fmt: skip


def _introduction(board: Board) -> list[str]:
    one = next(iter(board.runs.values()))
    facts = ", ".join(f"{name} {value}" for name, value in machine().items())
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    budgets = ", ".join(f"{task} {run.budget:,}" for task, run in board.runs.items())
    found = board.ranks
    text = [
        "# Leaderboard of architecture search",
        "",
        f"Written by `{board.config.command()}` on {day}; {facts}.",
        "",
        f"Errors of the circuit that a search holds best, judged on what it has not seen: mean ± half of the 95 % "
        f"interval over {one.config.seeds} seeds. Circuit evaluations of every method and seed, those of the inner "
        f"optimisation counted: {budgets}. **Bold**: better than random search, ~~struck~~: worse (paired t-test over "
        f"seeds, p < 0.05 after Holm's correction over all {len(board.tests)} tests of the table). No other difference "
        "from random search is shown.",
    ]
    if not np.isnan(found.p):
        said = "no difference among the methods is shown" if found.alike else "the methods are not all alike"
        text += ["", f"Mean ranks over {len(board.runs)} tasks: {said} (Friedman's test by permutations, "
                     f"p = {found.p:.2g})."]  # fmt: skip
    return text


def _what_for(board: Board) -> list[str]:
    lines = []
    for name, run in board.runs.items():
        unit = f", error in {run.task.goal.unit}" if run.task.goal.unit else ""
        lines.append(f"- {name}: {STANDARD[name].says}{unit}")
    return lines


def _cell(board: Board, task: str, method: str) -> str:
    text = figures(board.error(task, method))
    claim = board.tests[task, method].claim if method != BASELINE else ""
    return {"better": f"**{text}**", "worse": f"~~{text}~~"}.get(claim, text)


def _by_hand(run: Searched) -> str:
    rows = [row for row in run.references if not np.isnan(final_error(row))]
    if not rows:
        return ""
    best = min(rows, key=final_error)
    return f"{final_error(best):.3g} ({best['name']}, {best['gates']} gates)"


def _cost(rows: Sequence[Row]) -> str:
    spent, circuits, took = (float(np.mean([row[key] for row in rows])) for key in ("spent", "circuits", "took"))
    return f"{spent:,.0f}, {circuits:,.0f}, {took:,.1f}"


def _markdown(head: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *lines)]


def board_facts(board: Board) -> Row:
    """The board as plain data."""
    tests = [
        {"task": task, "method": method, "difference": test.difference, "p": test.p, "adjusted": test.adjusted,
         "claim": test.claim}
        for (task, method), test in board.tests.items()
    ]  # fmt: skip
    results = [
        {
            "task": task, "method": method, "budget": run.budget, "errors": final_errors(run.rows, method),
            **{key: [row[key] for row in run.of(method)] for key in ("spent", "circuits", "took")},
        }
        for task, run in board.runs.items()
        for method in run.methods
    ]  # fmt: skip
    ranks = dict(zip(board.ranks.names, board.ranks.mean, strict=True))
    return {"command": board.config.command(), "results": results, "tests": tests, "mean_ranks": ranks}


def write_board(board: Board, file: Path | None = None) -> tuple[Path, Path]:
    """Write the table as Markdown and the numbers as JSON beside it; None for leaderboard.md in the run's folder."""
    file = board.folder / "leaderboard.md" if file is None else file
    beside = file.with_suffix(".json")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(board_table(board), encoding="utf-8")
        beside.write_text(json.dumps(_without_nan(board_facts(board)), indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"--write {file} cannot be written: {error.strerror}.") from None
    return file, beside


def _without_nan(value: Any) -> Any:
    """JSON has no nan: null stands for it."""
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and np.isnan(value) else value
