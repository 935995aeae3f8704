"""Ctrl-C in the middle of a kernel."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def plain_interrupts() -> Iterator[None]:
    """In here Ctrl-C raises KeyboardInterrupt wherever it falls: in the middle of its code Numba tells of it by a
    SystemError."""
    try:
        yield
    except SystemError as error:
        if isinstance(error.__cause__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        raise
