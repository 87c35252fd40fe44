"""A budget of seconds for code that keeps no clock of its own."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TimeSpentError(BaseException):
    """The seconds are spent. No Exception, since libraries catch those in places."""


@contextmanager
def time_budget(seconds: float | None) -> Iterator[None]:
    """Stop what runs inside after so many seconds of the wall clock.

    A call into compiled code is waited for. Only the main thread of a POSIX system can be stopped; elsewhere, and for
    None, what runs inside runs to its end. An alarm of somebody else that is due earlier stays alone; one that is due
    later is set again afterwards, with what is left of its time.

    Raises
    ------
    TimeSpentError
        When the seconds are spent; at once if there were none.

    Examples
    --------
    >>> with time_budget(60):
    ...     print(sum(range(10)))
    45
    """
    if seconds is not None and seconds <= 0:
        raise TimeSpentError("the seconds are spent")
    main = threading.current_thread() is threading.main_thread()
    if seconds is None or not main or not hasattr(signal, "setitimer"):
        yield
        return
    other, interval = signal.getitimer(signal.ITIMER_REAL)
    if 0 < other <= seconds:
        yield
        return
    started = time.monotonic()

    def spent(_number: int, _frame: FrameType | None) -> None:
        raise TimeSpentError("the seconds are spent")

    before = signal.signal(signal.SIGALRM, spent)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if other:
            signal.setitimer(signal.ITIMER_REAL, max(1e-6, other - (time.monotonic() - started)), interval)
