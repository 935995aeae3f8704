"""`ketwork search`: every method on one task with the same budget, several seeds each, beside hand-made circuits."""

from dataclasses import dataclass
from pathlib import Path

from ketwork.experiments.ledger import Row
from ketwork.experiments.searching_task import SearchTask
from ketwork.search.tasks import Task


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
