"""Seconds for code that looks at no clock of its own, as SymPy's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from symdyn.algebra.budgets.deadline import OutOfTimeError, until
from symdyn.algebra.budgets.time_budget import TimeSpentError, time_budget

_EARLY = 0.02


@contextmanager
def limited(deadline: float) -> Iterator[None]:
    """What runs inside stops by OutOfTimeError at this value of `time.monotonic`.

    The alarm of somebody else that is due earlier goes through as it is.
    """
    try:
        with until(deadline), time_budget(deadline - time.monotonic()):
            yield
    except TimeSpentError:
        if time.monotonic() < deadline - _EARLY:
            raise
        raise OutOfTimeError from None
