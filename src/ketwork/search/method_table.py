"""The table of search methods."""

import importlib
from collections.abc import Callable
from typing import Any, NamedTuple

from ketwork.checks import check_choice


class SearchMethod(NamedTuple):
    """A row of `METHODS`. where: "module:function", imported when it is used. source: the paper."""

    where: str
    says: str
    source: str


METHODS: dict[str, SearchMethod] = {
    "random": SearchMethod(
        "random_sampling:random_sampling",
        "circuits drawn at random",
        "Yang, Esperanca and Carlucci, NAS evaluation is frustratingly hard, arXiv:1912.12522",
    ),
}
"""Methods by name."""


def find_search(method: str | Callable[..., None]) -> tuple[str, Callable[..., None]]:
    """(name, function) of a method by its name, or of a function. Raises: ValueError for an unknown name."""
    if callable(method):
        return getattr(method, "__name__", type(method).__name__), method
    module, _, function = METHODS[check_choice("method", method, METHODS)].where.partition(":")
    found: Any = getattr(importlib.import_module(f"ketwork.search.{module}"), function)
    return method, found
