"""What a search writes down: an answer a line as it comes, and now and then all that it needs to go on."""

import json
import pickle
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from ketwork.search.inner import Trained

_ANSWERS, _CHECKPOINT, _WHOSE = "answers.jsonl", "checkpoint.pickle", "search.json"


class Log:
    """The log of one search, in a folder, or in memory only where there is none.

    whose: what the search is, as text by name. answers: by key, those since the last checkpoint. A folder with a log is
    gone on with; a last line that was cut off is dropped. The checkpoint is a pickle: open only folders that you trust.
    Raises: ValueError for a folder with the log of another search.
    """

    def __init__(self, folder: Path | None = None, whose: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.answers: dict[str, Trained] = {}
        self._file: Any = None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            _claim(folder / _WHOSE, dict(whose or {}))
            self._read(folder / _ANSWERS)

    def __enter__(self) -> "Log":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, key: str, answer: Trained) -> None:
        """Keep an answer, on disk before this returns."""
        self.answers[key] = answer
        if self._file is not None:
            row = [key, answer.value, answer.params.tolist(), answer.evaluations]
            self._file.write(json.dumps(row) + "\n")
            self._file.flush()

    def checkpoint(self, state: dict[str, Any]) -> None:
        """Replace what was written so far by a state that holds it."""
        if self.folder is None:
            return
        new = self.folder / f"{_CHECKPOINT}.new"
        with new.open("wb") as file:
            pickle.dump(state, file)
        new.replace(self.folder / _CHECKPOINT)
        self.answers = {}
        self._file.close()
        self._file = (self.folder / _ANSWERS).open("w")

    def restore(self) -> dict[str, Any] | None:
        """The last checkpoint, or None."""
        if self.folder is None or not (self.folder / _CHECKPOINT).is_file():
            return None
        with (self.folder / _CHECKPOINT).open("rb") as file:
            return dict(pickle.load(file))

    def _read(self, path: Path) -> None:
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        if lines and not lines[-1].endswith("\n"):
            lines.pop()
            path.write_text("".join(lines))
        for line in lines:
            key, value, params, evaluations = json.loads(line)
            self.answers[key] = Trained(value, np.asarray(params, float), evaluations)
        self._file = path.open("a")


def _claim(path: Path, whose: dict[str, str]) -> None:
    """Write down whose log it is, or see that it is the same search's."""
    if not path.is_file():
        new = path.with_name(f"{path.name}.new")  # a search that is cut here leaves no half of it
        new.write_text(json.dumps(whose, indent=1) + "\n")
        new.replace(path)
        return
    found = json.loads(path.read_text())
    other = [name for name in {*found, *whose} if found.get(name) != whose.get(name)]
    if other:
        raise ValueError(
            f"The folder {path.parent} holds the log of another search (its {', '.join(sorted(other))}): name another "
            "folder."
        )
