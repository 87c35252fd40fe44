"""The outcome of a statement: whether it holds, how that is known, and what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from symdyn.certificate.brief import one_line
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.shown import Shown
from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, SymdynError

#: What may be said of a statement beside each verdict.
_MAY_HOLD: Mapping[Verdict, tuple[bool | None, ...]] = {
    Verdict.PROVED: (True,),
    Verdict.REFUTED: (False,),
    Verdict.UNDECIDED: (None,),
    Verdict.PROBABLE: (True, False),
    Verdict.OBSERVED: (True, False),
}


def fault_of(holds: bool | None, verdict: Verdict) -> str:
    """Why the two do not go together, in one sentence; empty if they do."""
    if not isinstance(verdict, Verdict):
        return f"the verdict is {verdict!r}: give one of {', '.join(f'Verdict.{one.name}' for one in Verdict)}"
    allowed = _MAY_HOLD[verdict]
    if any(holds is one for one in allowed):
        return ""
    return f"{verdict} does not go with holds = {holds!r}: give {' or '.join(map(str, allowed))}"


def holds_by(verdict: Verdict) -> bool | None:
    """What a verdict alone says: nothing for UNDECIDED, else that the statement holds unless it is REFUTED."""
    return _MAY_HOLD[verdict][0]


def in_capitals(holds: bool | None, verdict: Verdict, *, failed: bool = False) -> str:
    """The verdict as it is printed: a statement that was observed not to hold is never printed as OBSERVED alone."""
    if failed:
        return "FAILED"
    return f"{verdict} not to hold" if holds is False and verdict is not Verdict.REFUTED else str(verdict)


@dataclass(frozen=True)
class Outcome(Shown):
    """What measuring a statement gave, in systems, studies and papers alike.

    Parameters
    ----------
    holds
        Whether the statement holds; None if that is not decided.
    verdict
        How it is known. PROVED goes with True, REFUTED with False, UNDECIDED with None; PROBABLE and OBSERVED with
        True or False.
    measured
        The value, or a sentence.
    reason
        Residual, method or counterexample in one sentence.
    certificate
        If there is one.
    counterexample
        Of a statement that does not hold: the smallest one found.
    seconds
        How long it took.
    failed
        Whether measuring stopped with an error; the verdict is UNDECIDED then.

    Raises
    ------
    ModelError
        If `holds` and the verdict do not go together.

    Examples
    --------
    >>> Outcome(False, Verdict.OBSERVED, 0.984, "expected 2").in_capitals
    'OBSERVED not to hold'
    """

    holds: bool | None
    verdict: Verdict
    measured: Any = None
    reason: str = ""
    _: KW_ONLY
    certificate: Certificate | None = None
    counterexample: Any = None
    seconds: float = field(default=0.0, compare=False)
    failed: bool = False

    def __post_init__(self) -> None:
        fault = fault_of(self.holds, self.verdict)
        if fault:
            raise ModelError(fault)
        if self.failed and self.verdict is not Verdict.UNDECIDED:
            raise ModelError(f"the measurement failed, and its verdict is {self.verdict}: give Verdict.UNDECIDED")
        if self.certificate is not None and not isinstance(self.certificate, Certificate):
            raise ModelError(f"the certificate is a {type(self.certificate).__name__}: give a Certificate or None")

    @property
    def in_capitals(self) -> str:
        """The verdict as it is printed."""
        return in_capitals(self.holds, self.verdict, failed=self.failed)

    @classmethod
    def unmeasured(cls, reason: str) -> Outcome:
        """Of a statement whose measuring was cut off, or not begun."""
        return cls(holds=None, verdict=Verdict.UNDECIDED, measured="not measured", reason=reason)

    @classmethod
    def failure(cls, error: BaseException) -> Outcome:
        """Of a statement whose measuring raised an error."""
        said = " ".join(str(error).split()) or "no message"
        # errors of this package are sentences for the user, others are not
        reason = said.rstrip(".") if isinstance(error, SymdynError) else f"it raised {type(error).__name__}: {said}"
        return cls(holds=None, verdict=Verdict.UNDECIDED, measured="the measurement failed", reason=reason, failed=True)

    def _in_short(self) -> str:
        holds = {True: "holds", False: "does not hold", None: "not decided"}[self.holds]
        return f"{holds}, {self.verdict}, measured {one_line(str(self.measured), 60)}"
