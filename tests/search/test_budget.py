"""A budget pays until it is spent, and not one evaluation more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketwork.search import Budget, BudgetSpent


@given(st.integers(1, 1000), st.lists(st.integers(0, 300), max_size=20))
def test_what_cannot_be_paid_is_not_paid(limit, bills):
    budget, paid = Budget(limit), 0
    for bill in bills:
        if paid + bill > limit:
            with pytest.raises(BudgetSpent, match=f"budget of {limit} circuit evaluations"):
                budget.pay(bill)
        else:
            budget.pay(bill)
            paid += bill
        assert budget.spent == paid <= limit and budget.left == limit - paid


def test_without_a_limit():
    budget = Budget()
    budget.pay(10**12)
    assert budget.left == float("inf")


@pytest.mark.parametrize("limit", [0, -3, 1.5, True])
def test_bad_limits(limit):
    with pytest.raises((ValueError, TypeError), match="budget"):
        Budget(limit)
