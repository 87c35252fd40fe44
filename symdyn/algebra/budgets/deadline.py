"""A deadline that long loops look at, wherever they stand.

Whoever has a time limit states it once; expansions, searches and identities below look at the clock between their
steps. A step is bounded by the sizes that it is given, so the deadline is passed by no more than one of them.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_DEADLINE: ContextVar[float | None] = ContextVar("deadline", default=None)
_INTERRUPTS: ContextVar[list[int]] = ContextVar("interrupts")


class OutOfTimeError(Exception):
    """The deadline is over; what was begun is given up."""


@contextmanager
def until(deadline: float | None) -> Iterator[None]:
    """What runs inside stops, by OutOfTimeError, at this value of `time.monotonic`, or at an earlier one outside.

    Examples
    --------
    >>> with until(time.monotonic() - 1):
    ...     check_time()
    Traceback (most recent call last):
    ...
    symdyn.algebra.budgets.deadline.OutOfTimeError
    """
    outer = _DEADLINE.get()
    token = _DEADLINE.set(outer if deadline is None else deadline if outer is None else min(outer, deadline))
    try:
        yield
    finally:
        _DEADLINE.reset(token)


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Inside, the first interrupt counts as a deadline that is over, so that what was found by then is returned.

    Yields a function that says whether there was one. A second interrupt is an interrupt. Signals reach the main thread
    alone; in others nothing is changed.
    """
    met: list[int] = []
    token = _INTERRUPTS.set(met)
    before = signal.getsignal(signal.SIGINT)
    heard = threading.current_thread() is threading.main_thread() and before is not None

    def first(number: int, _: object) -> None:
        met.append(number)
        signal.signal(signal.SIGINT, before)

    if heard:
        signal.signal(signal.SIGINT, first)
    try:
        yield lambda: bool(met)
    finally:
        if heard:
            signal.signal(signal.SIGINT, before)
        _INTERRUPTS.reset(token)


def seconds_left() -> float | None:
    """Seconds until the deadline; None where there is none."""
    if _INTERRUPTS.get([]):
        return -1.0
    deadline = _DEADLINE.get()
    return None if deadline is None else deadline - time.monotonic()


def check_time(seconds: float = 0.0) -> None:
    """Stop if the deadline is over, or if a step that takes about so many seconds would pass it.

    Raises
    ------
    OutOfTimeError
        Then.
    """
    left = seconds_left()
    if left is not None and left <= seconds:
        raise OutOfTimeError
