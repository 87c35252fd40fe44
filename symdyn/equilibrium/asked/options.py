"""Options that several searches share, checked once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symdyn.algebra.budgets.checked import checked_limit as checked_limit
from symdyn.algebra.budgets.deadline import OutOfTimeError, until, was_interrupted
from symdyn.errors import ModelError, came

MOST_STARTS = 1_000_000
_NONE_LEFT = 0.01

def checked_seed(seed: Any) -> int:
    """A whole number from 0.

    Raises
    ------
    ModelError
        For anything else.
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ModelError(f"seed is {came(seed)}: give a whole number from 0")
    return int(seed)


def checked_number(starts: Any) -> int | None:
    """How many starts, if `starts` is a number; None if it is something else.

    Raises
    ------
    ModelError
        For true and false, text, a number that is not whole, or one below 1.
    """
    wrong = isinstance(starts, bool | np.bool_ | str | bytes | float | complex | np.floating)
    if wrong or (isinstance(starts, int | np.integer) and starts < 1):
        raise ModelError(f"starts is {came(starts)}: give a whole number from 1, or an array of starts as columns")
    if isinstance(starts, int | np.integer) and starts > MOST_STARTS:
        raise ModelError(f"starts is {came(starts)}: give a whole number from 1 to {MOST_STARTS:,}")
    return int(starts) if isinstance(starts, int | np.integer) else None


def checked_array(starts: Any, size: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Starts as an array of shape (size, B).

    Raises
    ------
    ModelError
        If it is none.
    """
    try:
        given = np.asarray(starts, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise ModelError(f"starts are no numbers: give an array of shape ({size}, B), one column for each") from None
    if given.ndim != 2 or len(given) != size or not given.shape[1] or not np.isfinite(given).all():
        raise ModelError(f"starts of shape {given.shape}: give finite numbers of shape ({size}, B), one column each")
    return given


def checked_switch(value: Any, name: str) -> bool:
    """True or False.

    Raises
    ------
    ModelError
        For anything else: a text that says no would count as yes.
    """
    if not isinstance(value, bool | np.bool_):
        raise ModelError(f"{name} is {came(value)}: give True or False")
    return bool(value)


def _now() -> float:
    """The clock that deadlines go by, looked up when it is read."""
    return time.monotonic()


@dataclass(frozen=True)
class Clock:
    """The seconds of one question, which its parts share; None for no limit."""

    limit: float | None
    started: float = field(default_factory=_now)
    spent: list[bool] = field(default_factory=list, compare=False)  # what is over is not looked up again

    def left(self) -> float | None:
        """Seconds that are left, never quite none."""
        if self.limit is None:
            return _NONE_LEFT if was_interrupted() else None
        seconds = 0.0 if self.spent else self.limit - (time.monotonic() - self.started)
        if seconds <= 0 and not self.spent:
            self.spent.append(True)
        return max(_NONE_LEFT, seconds)

    def is_over(self) -> bool:
        """Whether they are spent."""
        if not self.spent and was_interrupted():
            self.spent.append(True)
        if self.limit is not None and not self.spent and time.monotonic() - self.started >= self.limit:
            self.spent.append(True)
        return bool(self.spent)

    @contextmanager
    def running(self, share: float = 1.0) -> Iterator[None]:
        """Loops inside see the deadline, or the end of a share of what is left."""
        deadline = None if self.limit is None else self.started + self.limit
        if deadline is not None and share < 1 and not self.spent:
            deadline -= (1 - share) * max(0.0, deadline - time.monotonic())
        with until(deadline):
            yield

    def unless_late(self, step: Callable[[list[Any]], list[Any]], items: list[Any]) -> list[Any]:
        """What a step makes of a list; the list itself if the time is over before."""
        try:
            with self.running():
                return step(items)
        except OutOfTimeError:
            return items
