"""The door's vocabulary: every public function checks its arguments with these, and they all speak one grammar.

A check converts what can be converted, and otherwise raises a `ValueError` or `TypeError` that names the argument,
says what it was and what it should be: "Argument `p` must lie in [0, 1], but is 1.3."
"""

import difflib
import importlib
import math
import numbers
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_DOUBLE = np.dtype(np.float64)
_SHORT = 4096


def check_int(name: str, value: Any, low: int | None = None, high: int | None = None) -> int:
    """Return `value` as an int in [low, high] (either end may be open)."""
    if type(value) is not int and (isinstance(value, bool) or not isinstance(value, numbers.Integral)):
        raise TypeError(f"Argument `{name}` must be an integer, but is {value!r} ({type(value).__name__}).")
    result = int(value)
    _check_range(name, result, low, high)
    return result


def check_real(name: str, value: Any, low: float | None = None, high: float | None = None) -> float:
    """Return `value` as a finite float in [low, high] (either end may be open)."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"Argument `{name}` must be a real number, but is {value!r} ({type(value).__name__}).")
    result = float(value)
    if not math.isfinite(result):
        raise ValueError(f"Argument `{name}` must be finite, but is {result}.")
    _check_range(name, result, low, high)
    return result


def _check_range(name: str, value: float, low: float | None, high: float | None) -> None:
    if low is not None and high is not None and not low <= value <= high:
        raise ValueError(f"Argument `{name}` must lie in [{low}, {high}], but is {value}.")
    if low is not None and value < low:
        raise ValueError(f"Argument `{name}` must be at least {low}, but is {value}.")
    if high is not None and value > high:
        raise ValueError(f"Argument `{name}` must be at most {high}, but is {value}.")


def check_choice(name: str, value: Any, choices: Iterable[str]) -> str:
    """Return `value` when it is one of `choices`; otherwise offer the nearest names."""
    known = list(choices)
    if isinstance(value, str) and value in known:
        return value
    near = difflib.get_close_matches(str(value), known, n=3, cutoff=0.5)
    remedy = f" Did you mean {' or '.join(repr(n) for n in near)}?" if near else ""
    raise ValueError(f"Argument `{name}` must be one of {', '.join(known)}, but is {value!r}.{remedy}")


def check_array(
    name: str, value: Any, ndim: int, *, dtype: DTypeLike = np.float64, finite: bool = True
) -> NDArray[Any]:
    """Return `value` as an array with `ndim` axes and the given dtype, all entries finite unless told otherwise."""
    ready = type(value) is np.ndarray and value.dtype is _DOUBLE and dtype is np.float64 and value.ndim == ndim
    if ready and value.size <= _SHORT and math.isfinite(np.vdot(value, value)):
        return value  # what optimisers pass a thousand times a second; a square that overflows is looked at below
    try:
        raw = np.asarray(value)
        if np.iscomplexobj(raw) and not np.issubdtype(np.dtype(dtype), np.complexfloating):
            raise TypeError(f"Argument `{name}` must be real, but is complex.")
        array = np.asarray(raw, dtype=dtype)
    except (TypeError, ValueError) as error:
        if "must be real" in str(error):
            raise
        raise TypeError(f"Argument `{name}` must be an array of numbers, but is {_brief(value)}.") from None
    if array.ndim != ndim:
        remedy = ""
        if array.ndim == 1 and ndim == 2:
            remedy = " Use reshape(1, -1) for a single sample, reshape(-1, 1) for a single feature."
        raise ValueError(f"Argument `{name}` must have {ndim} axes, but has shape {array.shape}.{remedy}")
    if finite and not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"Argument `{name}` must be finite, but holds {array[where]} at index {where}.")
    return array


def need_extra(module: str, extra: str) -> Any:
    """The module, which comes with an extra. Raises: ImportError that names the extra when it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        if error.name is not None and not module.startswith(error.name):
            raise  # the module is there, and something that it needs is not
        package = module.partition(".")[0]
        raise ImportError(f"{package} is not installed. It comes with: pip install 'ketwork[{extra}]'") from None


def _brief(value: Any) -> str:
    text = repr(value)
    return f"{text[:60]}... ({type(value).__name__})" if len(text) > 60 else f"{text} ({type(value).__name__})"
