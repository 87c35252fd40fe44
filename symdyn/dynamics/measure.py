"""Claims measured one after the other, within a time limit."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence

from symdyn.algebra.time_budget import TimeSpentError, time_budget
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.system import Claim, Measurement

Report = Callable[[float, float, str], None]


def measure(
    claims: Sequence[Claim], *, seed: int = 0, time_limit: float | None = None, progress: Report | None = None
) -> tuple[Measurement, ...]:
    """A measurement for each claim; those that the time limit cuts off are UNDECIDED and say so.

    Parameters
    ----------
    claims
        In the order in which they are measured.
    seed
        Of the claims that draw at random.
    time_limit
        Seconds for all claims together.
    progress
        Called with the number done, the number of claims, and the id of the one that begins.
    """
    started = time.monotonic()
    found = []
    for done, claim in enumerate(claims):
        if progress is not None:
            progress(done, len(claims), f"measuring {claim.id}")
        begun = time.monotonic()
        left = None if time_limit is None else time_limit - (begun - started)
        try:
            with time_budget(left):
                measurement = claim.measured(seed=seed)
        except TimeSpentError:
            measurement = _unreached(time_limit, is_begun=left is None or left > 0)
        found.append(dataclasses.replace(measurement, seconds=time.monotonic() - begun))
    return tuple(found)


def _unreached(time_limit: float | None, *, is_begun: bool) -> Measurement:
    where = "was spent while it was measured" if is_begun else "was spent before it was reached"
    return Measurement(Verdict.UNDECIDED, "not measured", f"the time limit of {time_limit:g} s {where}")
