"""Processes that share work: every piece is done once over, whoever dies."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from ketwork.search.crew import Crew


def square(common, piece, tell):
    tell(f"{piece} of {common}")
    return piece * piece


def die_once(folder, piece, tell):
    """The third piece ends its process the first time."""
    mark = Path(folder) / f"{piece}"
    if piece == 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return piece + 100


def die(common, piece, tell):
    os.kill(os.getpid(), signal.SIGKILL)


def fail(common, piece, tell):
    raise ValueError(f"piece {piece} is bad")


def fail_oddly(common, piece, tell):
    class Odd(Exception):
        pass

    raise Odd("cannot be pickled")


def tidy(folder, piece, tell):
    """Waits to be interrupted, and takes its time to clear up."""
    tell("begun")
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        time.sleep(0.3)
        (Path(folder) / f"{piece}").touch()
        raise


def interrupt_soon(number, message):
    if number == 0:
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()


def test_all_is_done_and_told():
    heard = []
    with Crew(2) as crew:
        for common in ("a", "b"):  # the processes stay up, and take another common part
            found = dict(crew.do(square, common, range(5), lambda k, what: heard.append((k, what))))
            assert found == {k: k * k for k in range(5)}
            ids = crew.processes
        assert len(ids) <= 2 and crew.processes == ids
    assert sorted(heard) == sorted((k, f"{k} of {c}") for k in range(5) for c in "ab")
    assert crew.processes == []


def test_a_process_that_dies_is_replaced_and_its_work_done_again(tmp_path):
    with Crew(2) as crew:
        assert dict(crew.do(die_once, str(tmp_path), range(6))) == {k: k + 100 for k in range(6)}
        os.kill(crew.processes[0], signal.SIGKILL)  # one that has nothing to do
        time.sleep(0.1)
        assert dict(crew.do(square, None, range(4))) == {k: k * k for k in range(4)}


def test_work_that_always_ends_its_process_is_given_up():
    with Crew(2) as crew, pytest.raises(RuntimeError, match="ended 3 processes"):
        list(crew.do(die, None, [1]))


def test_errors_come_back_and_the_crew_goes_on():
    with Crew(1) as crew:
        with pytest.raises(ValueError, match="piece 7 is bad") as error:
            list(crew.do(fail, None, [7]))
        assert "In another process" in error.value.__notes__[0]
        with pytest.raises(RuntimeError, match="Odd: cannot be pickled"):
            list(crew.do(fail_oddly, None, [7]))
        assert list(crew.do(square, None, [3])) == [(0, 9)]


def test_ctrl_c_lets_the_work_put_its_things_in_order(tmp_path):
    with Crew(1, stoppable=True) as crew:
        with pytest.raises(KeyboardInterrupt):
            list(crew.do(tidy, str(tmp_path), [0, 1], interrupt_soon))
        assert [path.name for path in tmp_path.iterdir()] == ["0"]
        assert dict(crew.do(square, None, range(3))) == {k: k * k for k in range(3)}


def test_ctrl_c_gives_up_what_does_not_stop(tmp_path):
    with Crew(1) as crew, pytest.raises(KeyboardInterrupt):
        list(crew.do(tidy, str(tmp_path), [0], interrupt_soon))
    assert not list(tmp_path.iterdir())
