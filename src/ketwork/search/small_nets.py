"""How small networks are trained: on one thread."""

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

from ketwork.checks import need_extra


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch and BLAS on one thread, also as a decorator.

    Small nets gain nothing from more and lose much on a busy machine; and sums come in one order.
    """
    torch = need_extra("torch", "search")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(before)
