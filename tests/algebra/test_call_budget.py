"""A computation ends when its budget of calls is spent, and nothing of it remains."""

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from symdyn.algebra.budgets.call_budget import BudgetSpentError, call_budget


def endless() -> None:
    while True:
        len(())


def stubborn() -> None:
    """Goes on after every Exception."""
    while True:
        with suppress(Exception):
            len(())


def closing() -> None:
    """Leaves a generator behind in every turn, which Python closes."""

    def numbers() -> Iterator[int]:
        try:
            yield 1
        finally:
            len(())

    while True:
        next(numbers())


def run(computation: Callable[[], None], events: int) -> None:
    with call_budget(events):
        computation()


@pytest.mark.parametrize("computation", [endless, stubborn, closing])
def test_an_endless_computation_is_stopped(computation):
    with pytest.raises(BudgetSpentError, match="^$"):
        run(computation, 1_000)
    assert sys.getprofile() is None


def test_a_computation_within_its_budget_is_left_alone():
    with call_budget(100_000):
        total = sum(abs(n) for n in range(100))
    assert total == 4950
    assert sys.getprofile() is None


def test_a_profiler_at_work_is_left_alone():
    def profiler(*_event: object) -> None:
        return None

    sys.setprofile(profiler)
    try:
        run(lambda: print(end=""), 1)
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(None)
