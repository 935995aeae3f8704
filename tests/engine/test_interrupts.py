"""Ctrl-C is KeyboardInterrupt, whoever tells of it; other errors stay what they are."""

import pytest

from ketwork.engine.interrupts import plain_interrupts


def fail(cause):
    raise SystemError("a callback returned a result with an exception set") from cause


def test_numba_tells_of_it_by_a_system_error():
    with pytest.raises(KeyboardInterrupt), plain_interrupts():
        fail(KeyboardInterrupt())


@pytest.mark.parametrize("cause", [None, ValueError("bad")])
def test_other_system_errors_stay(cause):
    with pytest.raises(SystemError, match="callback"), plain_interrupts():
        fail(cause)


def test_without_an_error_nothing_happens():
    with plain_interrupts():
        found = 1 + 1
    assert found == 2
