"""Statements measured one after the other, within a time limit: the one loop of studies and of papers."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from functools import partial

from symdyn.algebra.budgets.time_budget import TimeSpentError, time_budget
from symdyn.dynamics.outcome import Outcome
from symdyn.dynamics.system import Claim

#: Called with the number done, the number of statements, and the id of the one that begins.
Report = Callable[[float, float, str], None]
#: An id, and what measures it.
Statement = tuple[str, Callable[[], Outcome]]


def measure(
    claims: Sequence[Claim],
    *,
    seed: int = 0,
    time_limit: float | None = None,
    started: float | None = None,
    progress: Report | None = None,
) -> tuple[Outcome, ...]:
    """The outcome of each claim.

    Parameters
    ----------
    claims
        In the order in which they are measured.
    seed
        Of the claims that draw at random.
    time_limit
        Seconds for all claims together; those that it cuts off are UNDECIDED and say so.
    started
        When the time began to run, on the monotonic clock; now unless given.
    progress
        Called with the number done, the number of claims, and the id of the one that begins.

    Raises
    ------
    KeyboardInterrupt
        If the user interrupts.
    """
    statements = [(claim.id, partial(claim.measured, seed=seed)) for claim in claims]
    found, interrupted = measure_each(statements, time_limit=time_limit, started=started, progress=progress)
    if interrupted:
        raise KeyboardInterrupt
    return found


def measure_each(
    statements: Sequence[Statement],
    *,
    time_limit: float | None = None,
    grace: float = 0.0,
    started: float | None = None,
    progress: Report | None = None,
) -> tuple[tuple[Outcome, ...], bool]:
    """The outcome of each statement, and whether the user interrupted; what was not measured then is UNDECIDED.

    A measurement that raises an error, or returns no Outcome, has failed and takes no other with it.

    Parameters
    ----------
    statements
        In the order in which they are measured.
    time_limit
        Seconds for all of them together.
    grace
        Seconds beyond the limit for a measurement that minds the limit itself, so that it can give its bounds.
    started
        When the time began to run, on the monotonic clock; now unless given.
    progress
        Called with the number done, the number of statements, and the id of the one that begins.
    """
    started = time.monotonic() if started is None else started
    found: list[Outcome] = []
    interrupted = False
    for done, (name, function) in enumerate(statements):
        begun = time.monotonic()
        left = None if time_limit is None else time_limit - (begun - started)
        if interrupted or (left is not None and left <= 0):
            why = "the run was interrupted" if interrupted else f"the time limit of {time_limit:g} s was spent"
            found.append(Outcome.unmeasured(f"{why} before it was reached"))
            continue
        try:
            if progress is not None:
                progress(done, len(statements), f"measuring {name}")
            with time_budget(None if left is None else left + grace):
                outcome = _without_errors(function)
        except TimeSpentError:
            outcome = Outcome.unmeasured(f"the time limit of {time_limit:g} s was spent while it was measured")
        except KeyboardInterrupt:
            interrupted = True
            outcome = Outcome.unmeasured("the run was interrupted while it was measured")
        found.append(dataclasses.replace(outcome, seconds=time.monotonic() - begun))
    return tuple(found), interrupted


def _without_errors(function: Callable[[], Outcome]) -> Outcome:
    try:
        found = function()
        if not isinstance(found, Outcome):
            raise TypeError(f"the measurement is a {type(found).__name__}: give an Outcome")
        return found
    except Exception as error:
        return Outcome.failure(error)
