"""The five verdicts."""

from __future__ import annotations

import enum


class Verdict(enum.Enum):
    """How an answer is known. No function of the package upgrades a verdict."""

    #: Exact arithmetic or a ball enclosure; the witness can be re-checked.
    PROVED = "proved"
    #: An exact counterexample is the witness.
    REFUTED = "refuted"
    #: A stated bound on the probability of error, with prime and seed.
    PROBABLE = "probable"
    #: Floating point or sampling, with residual, conditioning or confidence interval.
    OBSERVED = "observed"
    #: Budget or method ran out; the bounds given so far are proved.
    UNDECIDED = "undecided"

    def __repr__(self) -> str:
        return f"Verdict.{self.name}"

    def __str__(self) -> str:
        return self.name


_STRENGTH = {Verdict.PROVED: 4, Verdict.PROBABLE: 3, Verdict.OBSERVED: 2, Verdict.UNDECIDED: 1, Verdict.REFUTED: 0}


def weakest(*verdicts: Verdict) -> Verdict:
    """The verdict of a statement that needs all of the given ones.

    Examples
    --------
    >>> weakest(Verdict.PROVED, Verdict.PROBABLE)
    Verdict.PROBABLE
    """
    return min(verdicts, key=_STRENGTH.__getitem__)
