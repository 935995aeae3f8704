"""One piece of a search run: a method with one seed, or a hand-made circuit, each to its row of the ledger."""

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.circuit import Circuit
from ketwork.experiments.hand_made import trained_by_hand
from ketwork.experiments.ledger import Row
from ketwork.search.canonical import Place
from ketwork.search.cluster import RayCluster
from ketwork.search.export import found_circuit, write_found
from ketwork.search.held_out import final_scores
from ketwork.search.seek import AtOnce, Found, Search, seek
from ketwork.search.space import Architecture
from ketwork.search.tasks import Score, Task, measure_all
from ketwork.search.workers import Processes, with_threads

Floats = NDArray[np.floating[Any]]
Tell = Callable[[str], None]
KEPT_ERRORS = 2000
_EVERY = 0.5  # seconds between what a search says of itself


@dataclass(frozen=True, eq=False)
class Common:
    """What all pieces of a run share. workers: processes that train circuits for each piece; ray: address of a cluster
    that does it instead; threads: of the backend where this process does it, None for its own choice."""

    task: Task
    budget: int
    folder: Path
    options: Mapping[str, Mapping[str, Any]]
    workers: int = 1
    threads: int | None = None
    ray: str | None = None


@dataclass(frozen=True)
class Piece:
    """A method and a seed, or ("", the name of a hand-made circuit)."""

    method: str
    seed: int
    by_hand: Circuit | None = None
    name: str = ""

    @property
    def key(self) -> str:
        """Of the row."""
        return f"hand-made {self.name}" if self.by_hand is not None else f"{self.method}, seed {self.seed}"


def run_piece(common: Common, piece: Piece, tell: Tell) -> Row:
    """The row of a piece. Raises: KeyboardInterrupt where it was interrupted; the best circuit is then written."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        if piece.by_hand is not None:
            return trained_by_hand(common.task, piece.name, piece.by_hand, common.budget, piece.seed, tell)
        return _searched(common, piece, tell)


def _searched(common: Common, piece: Piece, tell: Tell) -> Row:
    last = 0.0

    def watched(search: Search) -> None:
        nonlocal last
        if time.monotonic() - last > _EVERY:
            last = time.monotonic()
            best = "" if search.best is None else f", least error {search.best.error:.4g}"
            said = f" ({search.said})" if search.said else ""
            tell(f"{search.budget.spent:,} of {common.budget:,} evaluations{best}{said}")

    folder = common.folder / "searches" / f"{piece.method}-{piece.seed}"
    options = common.options.get(piece.method, {})
    with _trainers(common) as at_once:
        task = common.task if common.threads is None else with_threads(common.task, common.threads)
        found = seek(task, piece.method, common.budget, piece.seed, folder, at_once, watched, **options)
    if found.best is not None:
        write_circuit(common.folder, f"{piece.method}-{piece.seed}", common.task, found.best)
    if found.message == "interrupted":
        raise KeyboardInterrupt
    final = {} if found.best is None else final_scores(common.task, found.best, piece.seed)
    return found_row(found) | {"final": final}


def _trainers(common: Common) -> AbstractContextManager[AtOnce]:
    if common.ray is not None:
        return RayCluster(common.ray)
    return Processes(common.workers) if common.workers > 1 else nullcontext(measure_all)


# ---------------------------------------------------------------------- rows
def found_row(found: Found) -> Row:
    """What a search found, as plain data."""
    return {
        "method": found.method,
        "seed": found.seed,
        "trace": [list(point) for point in found.trace],
        "errors": thinned(found.errors),
        "best": None if found.best is None else circuit_row(found.best),
        "front": [circuit_row(score) for score in found.front],
        "spent": found.spent,
        "took": found.seconds,
        "circuits": len(found.errors),
        "notes": plain(found.notes),
        "message": found.message,
    }


def circuit_row(score: Score) -> Row:
    """A circuit, its angles and how good it is, as plain data."""
    return {
        "architecture": [[place.gate, list(place.qubits)] for place in score.architecture],
        "params": np.asarray(score.params, float).tolist(),
        "error": float(score.error),
        "value": float(score.value),
        **score.size._asdict(),
    }


def read_architecture(row: Row) -> Architecture:
    """The architecture of a circuit's row."""
    return tuple(Place(gate, tuple(qubits)) for gate, qubits in row["architecture"])


def write_circuit(folder: Path, name: str, task: Task, score: Score) -> None:
    """The circuit with its angles in circuits/: as OpenQASM 3, and for `search.export.load_found`."""
    write_found(found_circuit(task, score), folder / "circuits", name)


def thinned(points: Sequence[tuple[int, float]], most: int = KEPT_ERRORS) -> list[list[float]]:
    """At most so many of the points, evenly, the last among them."""
    if len(points) <= most:
        return [list(point) for point in points]
    chosen = np.unique(np.linspace(0, len(points) - 1, most).round().astype(int))
    return [list(points[k]) for k in chosen]


def plain(value: Any) -> Any:
    """Notes of methods as JSON has them: numbers, text, lists and dictionaries; of other things their text."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple | set):
        return [plain(one) for one in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
