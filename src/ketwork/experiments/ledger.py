"""A run's folder with a row for every piece of work: appended as it is done, read back when the run goes on."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from ketwork.experiments.task import UserError

Row = dict[str, Any]
_ROOM = 20 * 1024 * 1024


class Ledger:
    """Rows of JSON by key in `folder`/rows.jsonl, with a bar that shows how many of them are done.

    Made by `open_ledger`, used in a `with` block. `seconds` of a row is how long it took.
    """

    def __init__(self, folder: Path, config: Row, rows: dict[str, Row]) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self.folder, self.config, self.rows = folder, config, rows
        self.resumed = len(rows)
        self._progress = Progress(*columns, console=Console(highlight=False))
        self._bar = self._progress.add_task("starting", total=0)
        self._total = 0

    def __enter__(self) -> "Ledger":
        self._progress.start()
        if self.resumed:
            self.note(f"{self.resumed} pieces of work were done before; going on.")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._progress.stop()

    def expect(self, count: int) -> None:
        """Say that so many more rows will be asked for."""
        self._total += count
        self._progress.update(self._bar, total=self._total)

    def note(self, text: str) -> None:
        """Print above the bar."""
        self._progress.console.print(text)

    def tell(self, text: str) -> None:
        """Say in the bar what is being done just now."""
        self._progress.update(self._bar, description=text)

    def row(self, key: str, make: Callable[[], Row]) -> Row:
        """The row of this key: read back, or made, and on disk before it is returned."""
        import time

        self._progress.update(self._bar, description=key)
        if key not in self.rows:
            started = time.perf_counter()
            made = make()
            found = json.loads(json.dumps({"key": key, **made, "seconds": time.perf_counter() - started}))
            with (self.folder / "rows.jsonl").open("a") as file:
                file.write(json.dumps(found) + "\n")
            self.rows[key] = found
        self._progress.advance(self._bar)
        return self.rows[key]


def digest(config: Row) -> str:
    """The id of a config: equal configs have equal ids, on every machine."""
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:16]


def open_ledger(out: Path, config: Row, resume: bool = False) -> Ledger:
    """Make a run's folder, or reopen it with `resume`. Raises: UserError, as `open_rows`."""
    rows = open_rows(out, {"id": digest(config), "config": config}, resume)
    return Ledger(out, config, {row["key"]: row for row in rows})


def open_rows(out: Path, facts: Row, resume: bool, inputs: Mapping[str, str | None] | None = None) -> list[Row]:
    """Make a run's folder with its facts, or reopen it with `resume`; returns the rows that are there.

    facts: "id" says which run it is. inputs: what to call those facts that must not have changed since it began.
    Raises: UserError for a folder that holds something else, another run, or this run without `resume`; for `resume`
    without a run; for places that cannot be written or are full.
    """
    config = out / "config.json"
    if out.exists() and not out.is_dir():
        raise UserError(f"--out {out} is a file; name a folder.")
    if out.exists() and any(out.iterdir()):
        _check_same(out, config, facts, resume, inputs or {})
    elif resume:
        raise UserError(f"--resume: there is no run in {out}.")
    try:
        out.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(out).free < _ROOM:
            raise UserError(f"There is no room for the output: {out} needs {_ROOM // 2**20} MiB free.")
        config.write_text(json.dumps(facts, indent=1) + "\n")
    except OSError as error:
        raise UserError(f"--out {out} cannot be written: {error.strerror}.") from None
    return whole_rows(out / "rows.jsonl")


def _check_same(out: Path, config: Path, facts: Row, resume: bool, inputs: Mapping[str, str | None]) -> None:
    """Whether the run in a folder is the one that is asked for, and may be gone on with."""
    if not config.is_file():
        raise UserError(f"--out {out} is not empty and holds no run; name another folder.")
    try:
        found = json.loads(config.read_text())
        known = found["id"]
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{config} is damaged; name another folder.") from None
    if known != facts["id"]:
        raise UserError(f"--out {out} already holds another run ({known}); name another folder.")
    if not resume:
        raise UserError(f"--out {out} already holds this run; add --resume to go on with it, or name another folder.")
    for key, name in inputs.items():
        if found.get(key) != facts.get(key):
            raise UserError(f"--resume: {name} has changed since the run in {out} began; name another folder.")


def whole_rows(path: Path) -> list[Row]:
    """The rows of a file; a last one that was cut off in the middle is dropped from it."""
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    if lines and not lines[-1].endswith("\n"):
        path.write_text("".join(lines[:-1]))
        lines.pop()
    return [json.loads(line) for line in lines]


@contextmanager
def told_to_the_user(folder: Path) -> Iterator[None]:
    """In here what the user can mend becomes a UserError in one line; a missing package only where its extra is named.

    A folder that begins in here goes again where there is nothing in it yet; else it is kept, and the error says so.
    """
    new = not folder.exists()
    try:
        yield
    except (UserError, ValueError, MemoryError, ImportError, ConnectionError) as error:
        if isinstance(error, ImportError) and "pip install" not in str(error):
            raise
        told = " ".join(str(error).split())
        if new and any((folder / name).exists() for name in ("rows.jsonl", "searches")):
            told = f"{told.removesuffix('.')}. What was computed before is kept in {folder}."
        elif new and folder.is_dir():
            shutil.rmtree(folder)  # nothing half-written
        raise UserError(told) from None
