"""The budget of a search: circuit evaluations that may be spent, and what was bought with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ketwork.checks import check_int

if TYPE_CHECKING:
    from ketwork.search.inner import Trained


class BudgetSpent(Exception):
    """What is left does not pay for what is asked."""


class Budget:
    """A number of circuit evaluations, those that were spent, and the answers by key: no circuit is paid twice.

    limit: None for no limit. The answers are those of one task.
    """

    def __init__(self, limit: int | None = None) -> None:
        self.limit = None if limit is None else check_int("budget", limit, 1)
        self.spent = 0
        self.known: dict[str, Trained] = {}
        self._task: object = None

    @property
    def left(self) -> float:
        """Circuit evaluations that may still be spent."""
        return float("inf") if self.limit is None else self.limit - self.spent

    def pay(self, evaluations: int) -> None:
        """Spend. Raises: BudgetSpent where that is more than is left; nothing is spent then."""
        if evaluations > self.left:
            raise self.spent_error()
        self.spent += evaluations

    def claim(self, task: object) -> None:
        """Keep the answers of this task. Raises: ValueError where there are those of another."""
        if self._task is not None and self._task is not task:
            raise ValueError("Argument `budget` holds the answers of another task: give each task a budget of its own.")
        self._task = task

    def remember(self, key: str, answer: Trained) -> None:
        """Keep an answer."""
        self.known[key] = answer

    def spent_error(self) -> BudgetSpent:
        """The error for what cannot be paid."""
        return BudgetSpent(f"The budget of {self.limit} circuit evaluations is spent ({self.spent} so far).")
