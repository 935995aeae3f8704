"""What an interrupted solver goes on from, kept as a JSON file in the run's folder."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ketwork.solve.solution import Solution

_COUNTS = ("n_evaluations", "circuits", "shots", "seconds")


@dataclass(frozen=True)
class Kept:
    """The file of one method and seed."""

    folder: Path
    name: str

    @property
    def path(self) -> Path:
        return self.folder / "unfinished" / f"{self.name}.json"

    def read(self) -> dict[str, Any] | None:
        """state, history and counts of the interrupted solver; None where there is none, or the file is cut off."""
        try:
            found: dict[str, Any] = decoded_state(json.loads(self.path.read_text()))
        except (OSError, ValueError):
            return None
        return found

    def write(self, solution: Solution) -> None:
        """Keep what an interrupted solver left, if it can go on from it."""
        if not solution.state:
            return
        found = {"state": solution.state, "history": list(solution.history)}
        found |= {name: getattr(solution, name) for name in _COUNTS}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".draft")
        draft.write_text(json.dumps(encoded_state(found)))
        draft.replace(self.path)

    def drop(self) -> None:
        """Remove the file, and the folder with the last."""
        self.path.unlink(missing_ok=True)
        if self.path.parent.is_dir() and not any(self.path.parent.iterdir()):
            self.path.parent.rmdir()


def joined(earlier: dict[str, Any] | None, solution: Solution) -> Solution:
    """The solution with the history and the bill of what was done before it was interrupted."""
    if earlier is None:
        return solution
    counts = {name: earlier[name] + getattr(solution, name) for name in _COUNTS}
    before = list(earlier["history"])
    whole = solution.history[: len(before)] == before  # ADAPT tells its history from the start
    return replace(solution, history=solution.history if whole else [*before, *solution.history], **counts)


def encoded_state(value: Any) -> Any:
    """Plain data that JSON can hold: arrays become {"array": values, "dtype": name}."""
    if isinstance(value, np.ndarray):
        if np.iscomplexobj(value):
            return {"array": [value.real.tolist(), value.imag.tolist()], "dtype": str(value.dtype)}
        return {"array": value.tolist(), "dtype": str(value.dtype)}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {"items": [[k, encoded_state(v)] for k, v in value.items()]}
    if isinstance(value, tuple):
        return {"tuple": [encoded_state(v) for v in value]}
    return [encoded_state(v) for v in value] if isinstance(value, list) else value


def decoded_state(value: Any) -> Any:
    """What `encoded_state` was given."""
    if isinstance(value, list):
        return [decoded_state(v) for v in value]
    if not isinstance(value, dict):
        return value
    if "array" in value:
        kind = np.dtype(value["dtype"])
        if kind.kind == "c":
            real, imaginary = (np.array(part) for part in value["array"])
            return (real + 1j * imaginary).astype(kind)
        return np.array(value["array"], kind)
    if "tuple" in value:
        return tuple(decoded_state(v) for v in value["tuple"])
    return {k: decoded_state(v) for k, v in value["items"]}
