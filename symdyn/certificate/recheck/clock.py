"""How long a re-check may take: loops look at the clock, and give up undecided when the time is over."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from symdyn.certificate.refutation import UndecidedError

#: Seconds for one certificate where nothing else is asked for.
DEFAULT_LIMIT = 60.0

_deadline: ContextVar[float] = ContextVar("deadline", default=float("inf"))


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Within this block `tick` gives up after so many seconds."""
    token = _deadline.set(min(_deadline.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _deadline.reset(token)


def tick() -> None:
    """Look at the clock.

    Raises
    ------
    UndecidedError
        If the time is over.
    """
    if time.monotonic() > _deadline.get():
        raise UndecidedError("the re-check was not finished in its time: give more with --time-limit")
