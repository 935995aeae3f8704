"""Processes that stay up and share pieces of work; one that dies is replaced, and what it was doing is done again."""

import os
import pickle
import signal
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import connection, get_context
from types import TracebackType
from typing import Any

from ketwork.checks import check_int

Tell = Callable[[Any], None]
Work = Callable[[Any, Any, Tell], Any]
_TRIES = 3  # how often a piece of work may end its process
_PATIENCE = 60.0  # seconds that interrupted processes have to end what they are doing
_AGAIN = 0.3  # seconds after which they are interrupted once more
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(eq=False)
class _Worker:
    process: Any
    pipe: Any
    common: int = 0  # which common part it has
    turn: int = 0  # of what it is doing
    doing: int | None = None  # the number of the piece


class Crew:
    """`size` processes, each doing one piece of work at a time. Use it in a `with` block, or `close` it.

    nested: whether the processes may start processes of their own. stoppable: whether Ctrl-C raises KeyboardInterrupt
    in the work that is going on, which may then put its things in order; otherwise that work is given up.
    """

    def __init__(self, size: int, nested: bool = False, stoppable: bool = False) -> None:
        self.size, self._nested, self._stoppable = check_int("size", size, 1), nested, stoppable
        self._workers: list[_Worker] = []
        self._turn = self._common = self._deaths = 0
        self._sent: Any = None  # the common part that was sent last, and the work
        self._payload = b""

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    @property
    def processes(self) -> list[int]:
        """The ids of the processes that are up."""
        return [worker.process.pid for worker in self._workers]

    def do(
        self, work: Work, common: Any, pieces: Sequence[Any], heard: Callable[[int, Any], None] | None = None
    ) -> Iterator[tuple[int, Any]]:
        """(number of the piece, work(common, piece, tell)) for every piece, as they come.

        work: a function of a module. common: what all pieces need, sent once to every process. heard(number, message)
        gets what the work gives to `tell`.
        Raises: what the work raises; RuntimeError for pieces that end their process again and again.
        """
        self._new_common(work, common)
        self._turn += 1
        waiting, tries, left = deque(range(len(pieces))), [0] * len(pieces), len(pieces)
        try:
            while left:
                self._hand_out(pieces, waiting)
                for worker in self._ready():
                    kind, turn, number, what = self._message(worker, waiting, tries)
                    if turn != self._turn:
                        continue  # of work that was given up
                    if kind == "told" and heard is not None:
                        heard(number, what)
                    elif kind == "failed":
                        raise what
                    elif kind == "done":
                        left -= 1
                        yield number, what
        except KeyboardInterrupt:
            if self._stoppable:
                self._stop()
            raise

    def close(self) -> None:
        """End the processes."""
        for worker in self._workers:
            worker.pipe.close()
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join()
        self._workers = []

    # ------------------------------------------------------------------ inside
    def _new_common(self, work: Work, common: Any) -> None:
        if self._sent is None or self._sent[0] is not work or self._sent[1] is not common:
            self._payload = pickle.dumps((work, common))
            self._sent = work, common
            self._common += 1

    def _hand_out(self, pieces: Sequence[Any], waiting: deque[int]) -> None:
        """Give pieces to those who do nothing; more processes are started as they are needed."""
        while waiting:
            idle = next((worker for worker in self._workers if worker.doing is None), None)
            if idle is None:
                if len(self._workers) == self.size:
                    return
                idle = self._start()
            number = waiting.popleft()
            try:
                if idle.common != self._common:
                    idle.pipe.send_bytes(pickle.dumps(("common", self._payload)))
                    idle.common = self._common
                idle.pipe.send_bytes(pickle.dumps(("work", self._turn, number, pieces[number])))
            except OSError:  # it died while it had nothing to do
                waiting.appendleft(number)
                self._bury(idle)
                continue
            idle.turn, idle.doing = self._turn, number

    def _ready(self) -> list[_Worker]:
        pipes = connection.wait([worker.pipe for worker in self._workers])
        return [worker for worker in self._workers if worker.pipe in pipes]

    def _message(self, worker: _Worker, waiting: deque[int], tries: list[int]) -> tuple[str, int, int, Any]:
        """What a process says; of one that died its piece goes back to those that wait."""
        try:
            kind, turn, number, what = pickle.loads(worker.pipe.recv_bytes())
        except (EOFError, OSError):
            if worker.doing is not None and worker.turn == self._turn:
                waiting.appendleft(worker.doing)
                tries[worker.doing] += 1
                if tries[worker.doing] == _TRIES:
                    raise RuntimeError(f"The same work ended {_TRIES} processes: is there enough memory?") from None
            self._bury(worker)
            return "died", 0, 0, None
        self._deaths = 0
        if kind in ("done", "failed"):
            worker.doing = None
        return kind, turn, number, what

    def _start(self) -> _Worker:
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process: Any = context.Process(target=_serve, args=(theirs, self._stoppable), daemon=not self._nested)
        with _quiet_start():
            process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self._workers.append(worker)
        return worker

    def _bury(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.pipe.close()
        worker.process.join()
        self._deaths += 1
        if self._deaths >= _TRIES * self.size:
            raise RuntimeError(
                "Processes end as soon as they start. In a script, what starts a search with several processes belongs "
                "below `if __name__ == '__main__':`."
            )

    def _stop(self) -> None:
        """Interrupt what is going on, and wait until it has ended."""
        busy = [worker for worker in self._workers if worker.doing is not None]
        until = time.monotonic() + _PATIENCE
        while busy and time.monotonic() < until:
            for worker in busy:  # again and again: a process that is only starting does not hear yet
                with suppress(OSError):
                    os.kill(worker.process.pid, signal.SIGINT)
            for pipe in connection.wait([worker.pipe for worker in busy], _AGAIN):
                worker = next(worker for worker in busy if worker.pipe is pipe)
                try:
                    if pickle.loads(worker.pipe.recv_bytes())[0] != "told":
                        worker.doing = None
                        busy.remove(worker)
                except (EOFError, OSError):
                    busy.remove(worker)
                    self._bury(worker)


@contextmanager
def _quiet_start() -> Iterator[None]:
    """A process started in here has one thread for its linear algebra, and does not hear Ctrl-C before it is ready."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    main = threading.current_thread() is threading.main_thread()
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN) if main else None
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        if main:
            signal.signal(signal.SIGINT, handler)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


# ---------------------------------------------------------------------- in the processes
def _serve(pipe: Any, stoppable: bool) -> None:
    """Do what comes through the pipe until its other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    work: Any = None
    common: Any = None
    while True:
        try:
            message = pickle.loads(pipe.recv_bytes())
        except (EOFError, OSError):
            return
        if message[0] == "common":
            work, common = pickle.loads(message[1])
            continue
        _, turn, number, piece = message

        def tell(what: Any, turn: int = turn, number: int = number) -> None:
            pipe.send_bytes(pickle.dumps(("told", turn, number, what)))

        try:
            with _interruptible(stoppable):
                answer = "done", turn, number, work(common, piece, tell)
        except KeyboardInterrupt as error:
            answer = "failed", turn, number, error
        except Exception as error:
            answer = "failed", turn, number, _sendable(error)
        try:
            pipe.send_bytes(pickle.dumps(answer))
        except OSError:
            return


@contextmanager
def _interruptible(stoppable: bool) -> Iterator[None]:
    """In here the first Ctrl-C raises KeyboardInterrupt, and those after it do nothing."""

    def once(number: int, frame: Any) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise KeyboardInterrupt

    if stoppable:
        signal.signal(signal.SIGINT, once)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _sendable(error: Exception) -> Exception:
    """The error, with where it came from, or one that says the same where it cannot be pickled."""
    error.add_note("In another process:\n" + "".join(traceback.format_tb(error.__traceback__)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # whatever pickling of a foreign error does
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
