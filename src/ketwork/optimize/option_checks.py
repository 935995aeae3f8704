"""What checks the options of the methods: each takes a name and what was given, and returns what the method takes."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_array, check_int, check_real

Options = dict[str, Callable[[str, Any], Any]]


def not_negative(name: str, value: Any) -> float:
    """A number from 0 on."""
    return check_real(name, value, 0)


def positive(name: str, value: Any) -> float:
    """A number above 0."""
    if check_real(name, value, 0) == 0:
        raise ValueError(f"Argument `{name}` must be above 0.")
    return float(value)


def below_one(name: str, value: Any) -> float:
    """A number in [0, 1)."""
    return check_real(name, value, 0, 1 - 1e-12)


def truth(name: str, value: Any) -> bool:
    """True or False."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"Argument `{name}` must be True or False, but is {value!r}.")
    return bool(value)


def count(name: str, value: Any, low: int = 1) -> int:
    """A whole number from `low` on."""
    return check_int(name, value, low)


def one_or_two(name: str, value: Any) -> int:
    """1 or 2."""
    return check_int(name, value, 1, 2)


def function(name: str, value: Any) -> Any:
    """Anything that can be called."""
    if not callable(value):
        raise TypeError(f"Argument `{name}` must be a function, but is {type(value).__name__}.")
    return value


def rates(name: str, value: Any) -> list[float]:
    """Numbers from 0 on: one, or one for each epoch."""
    return [not_negative(name, one) for one in _row(name, value)]


def shares(name: str, value: Any) -> list[float]:
    """Numbers in [0, 1): one, or one for each epoch."""
    return [below_one(name, one) for one in _row(name, value)]


def counts(name: str, value: Any) -> list[int]:
    """Whole numbers from 1 on: one, or one for each epoch."""
    return [check_int(name, one, 1) for one in _row(name, value)]


def _row(name: str, value: Any) -> list[Any]:
    row = list(value) if isinstance(value, list | tuple | np.ndarray) else [value]
    if not row:
        raise ValueError(f"Argument `{name}` must hold at least one number, but is empty.")
    return row


def whole(name: str, value: Any) -> NDArray[Any]:
    """Whole numbers from 0 on, one for each parameter."""
    array = check_array(name, value, 1)
    if np.any(array < 0) or np.any(array != np.round(array)):
        raise ValueError(f"Argument `{name}` must hold whole numbers from 0 on, but is {array}.")
    return array


def units(name: str, value: Any) -> NDArray[Any]:
    """Numbers above 0, one for each parameter."""
    array = check_array(name, value, 1)
    if np.any(array <= 0):
        raise ValueError(f"Argument `{name}` must hold numbers above 0, but is {array}.")
    return array


def axes(name: str, value: Any) -> str:
    """Letters of X, Y and Z, one for each parameter."""
    letters = "".join(value) if isinstance(value, list | tuple) and all(isinstance(v, str) for v in value) else value
    if not isinstance(letters, str) or set(letters) - set("XYZ"):
        raise ValueError(f"Argument `{name}` must hold letters of X, Y and Z, but is {value!r}.")
    return letters
