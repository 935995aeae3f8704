"""Training many circuits on a Ray cluster (extra `scale`); the answers are those of one process, in the same order."""

import socket
import threading
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any

from ketwork.checks import check_real, need_extra
from ketwork.search.inner import Trained
from ketwork.search.tasks import Job, Task
from ketwork.search.workers import chunks, train_chunk, with_threads

_RETRIES = 20  # of a piece of work whose worker or node is lost


class RayCluster:
    """What `seek` takes as `at_once`: trains circuits on a Ray cluster where Ketwork is installed on every node.

    address: HOST:PORT of the head node, ray://HOST:PORT of a client's server, or "auto" for the cluster that this
    machine is a node of. timeout: seconds to reach it. Work whose worker or node is lost is done again elsewhere.
    Use it in a `with` block.
    Raises: ImportError without Ray; ConnectionError for a cluster that is not reached.
    """

    def __init__(self, address: str, timeout: float = 30.0) -> None:
        self._ray = need_extra("ray", "scale")
        self._joined = not self._ray.is_initialized()
        if self._joined:
            _join(self._ray, address, check_real("timeout", timeout, 0.1))
        cpus = int(self._ray.cluster_resources().get("CPU", 0))
        if not cpus:
            self.close()
            raise ConnectionError(f"The Ray cluster at {address} has no CPU to work on.")
        self._remote = self._ray.remote(num_cpus=1, max_retries=_RETRIES)(train_chunk)
        self._known: tuple[Task, Any] | None = None

    def __enter__(self) -> "RayCluster":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    @property
    def cpus(self) -> int:
        """Of the nodes that are up just now."""
        return max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    def close(self) -> None:
        """Leave the cluster, if this joined it."""
        if self._joined:
            self._ray.shutdown()
            self._joined = False

    def __call__(self, task: Task, jobs: Sequence[Job]) -> Iterator[Trained]:
        """The answers in order, as they come."""
        if self._known is None or self._known[0] is not task:
            self._known = task, self._ray.put(with_threads(task, 1))
        asked = [self._remote.remote(self._known[1], piece) for piece in chunks(jobs, self.cpus)]
        try:
            while asked:
                yield from self._answer(asked[0])
                asked.pop(0)
        finally:
            for one in asked:  # of a question that was given up
                self._ray.cancel(one)

    def _answer(self, asked: Any) -> list[Trained]:
        try:
            found: list[Trained] = self._ray.get(asked)
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause from None
        return found


def _join(ray: Any, address: str, timeout: float) -> None:
    """Connect; Ray itself would wait for minutes where nobody answers."""
    remedy = "Start one with: ray start --head --port 6379, and give HOST:6379."
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if address != "auto":
        if not host or not port.isdecimal():
            raise ConnectionError(
                f"The address of a Ray cluster is HOST:PORT, ray://HOST:PORT or auto, not {address!r}."
            )
        try:
            socket.create_connection((host, int(port)), timeout).close()
        except OSError as error:
            told = error.strerror or "no answer"
            raise ConnectionError(f"There is no Ray cluster at {address} ({told}). {remedy}") from None
    failed: list[BaseException] = []

    def join() -> None:
        try:
            ray.init(address=address, log_to_driver=False, logging_level="ERROR")
        except BaseException as error:
            failed.append(error)

    joining = threading.Thread(target=join, daemon=True)
    joining.start()
    joining.join(timeout)
    if joining.is_alive() or failed:
        told = " ".join(str(failed[0]).split())[:200] if failed else f"no answer in {timeout:g} s"
        raise ConnectionError(f"The Ray cluster at {address} was not joined: {told}. {remedy}")
