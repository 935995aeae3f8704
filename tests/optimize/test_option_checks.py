"""What options become, and what is refused."""

import numpy as np
import pytest

from ketwork.optimize import option_checks as option


def test_what_is_taken_is_what_comes_out():
    assert option.rates("r", 0.5) == [0.5] and option.rates("r", (1, 0.5)) == [1.0, 0.5]
    assert option.shares("m", np.array([0.1, 0.2])) == [0.1, 0.2] and option.counts("e", [3, 4]) == [3, 4]
    assert option.axes("axes", ["X", "Z"]) == "XZ" and option.truth("t", np.True_) is True
    assert option.whole("w", [0, 2]).tolist() == [0, 2] and option.units("u", [0.5]).tolist() == [0.5]
    assert option.count("c", 2, 2) == 2 and option.positive("p", 1) == 1.0 and option.below_one("b", 0) == 0.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: option.positive("a", 0), "`a` must be above 0"),
        (lambda: option.not_negative("a", -1), "`a` must be at least 0"),
        (lambda: option.below_one("a", 1), "`a` must lie in"),
        (lambda: option.count("a", 1, 2), "`a` must be at least 2"),
        (lambda: option.one_or_two("a", 0), "`a` must lie in"),
        (lambda: option.truth("a", 1), "`a` must be True or False, but is 1"),
        (lambda: option.function("a", 1), "`a` must be a function, but is int"),
        (lambda: option.rates("a", []), "`a` must hold at least one"),
        (lambda: option.shares("a", [0.5, 1.5]), "`a` must lie in"),
        (lambda: option.counts("a", [1, 0]), "`a` must be at least 1"),
        (lambda: option.whole("a", [0.5]), "`a` must hold whole numbers"),
        (lambda: option.units("a", [0.0]), "`a` must hold numbers above 0"),
        (lambda: option.axes("a", "XW"), "`a` must hold letters of X, Y and Z, but is 'XW'"),
        (lambda: option.axes("a", 5), "`a` must hold letters"),
    ],
)
def test_doors(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()
