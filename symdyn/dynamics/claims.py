"""Claims that decide themselves, one constructor for each way of measuring.

`exact` (an identity), `close` (floats within a tolerance), `for_all` (finitely many cases), `sampled` (the mean of
random draws), `slope` (the exponent of a power law), `bounded` (a bound at many states), `certified` (a certificate).
What is not finite never holds, and "for all" is proved only if all were looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sympy as sp

from symdyn.algebra.polynomials.identity import identity_certificate
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.agreement import already_compared, identical, leaves, plain_value
from symdyn.dynamics.agreement import within as within_tolerance
from symdyn.dynamics.outcome import Outcome, holds_by
from symdyn.dynamics.sampled_claims import bounded, checked_whole, sampled, slope
from symdyn.dynamics.system import Claim
from symdyn.errors import ModelError

__all__ = ["Undecided", "bounded", "certified", "close", "exact", "for_all", "sampled", "slope"]


class Undecided(str):
    """What `failure` of `for_all` returns for a case that could not be decided: the reason."""


def exact(
    id: str, statement: str, measured: Callable[[], Any], expected: Any, *, source: str, unproved: str = ""
) -> Claim:
    """An identity: two formulas, matrices or lists of numbers are equal, decided in exact arithmetic.

    PROVED with a certificate that multiplies both sides out again, where they are rational functions of their symbols
    and of what stands for exponentials and roots; REFUTED with a point where they differ.

    Parameters
    ----------
    id, statement, source
        As of the claim.
    measured
        Gives one side, without floats; sums and products need not be expanded, since the certificate shows them as they
        are. `sympy.Determinant(matrix)` stays a determinant in the certificate.
    expected
        The other side, of the same shape.
    unproved
        Why the identity is not the whole statement, as that floats were taken for the rational numbers that they are:
        the claim is then OBSERVED, without certificate.

    Examples
    --------
    >>> a, b = sp.symbols("a b")
    >>> claim = exact("square", "(a + b)^2 expands.", lambda: (a + b) ** 2, a**2 + 2 * a * b + b**2, source="school")
    >>> claim.measured().verdict, claim.measured().certificate.claim
    (Verdict.PROVED, '(a + b)**2 = a**2 + 2*a*b + b**2, identically')
    """

    def measure() -> Outcome:
        found, wanted = (plain_value(side, "a side of the identity") for side in (measured(), expected))
        if any(_is_inexact(entry) for side in (found, wanted) for entry in leaves(side)):
            raise ModelError("an identity needs exact numbers and has floats: write fractions, or use close")
        certificate = identity_certificate(list(_pairs(found, wanted))) if _have_one_shape(found, wanted) else None
        if certificate is not None and unproved:
            return Outcome(
                holds=True,
                verdict=Verdict.OBSERVED,
                measured=expected,
                reason=f"an identity in exact arithmetic; {unproved}",
            )
        if certificate is not None:
            return Outcome(
                holds=True,
                verdict=Verdict.PROVED,
                measured=expected,
                reason="an identity in exact arithmetic",
                certificate=certificate,
            )
        done = _evaluated(found)
        agreement = identical(done, _evaluated(wanted))
        verdict = {True: Verdict.PROVED, False: Verdict.REFUTED, None: Verdict.UNDECIDED}[agreement.holds]
        reason = "; ".join(filter(None, [agreement.reason or "compared entry by entry", unproved]))
        verdict = Verdict.OBSERVED if unproved and agreement.holds is not None else verdict
        return Outcome(
            holds=agreement.holds,
            verdict=verdict,
            measured=done,
            reason=reason,
            certificate=None,
            counterexample=agreement.counterexample,
        )

    return Claim(id=id, statement=statement, measure=measure, expected=expected, source=source, agrees=already_compared)


def close(
    id: str, statement: str, measured: Callable[[int], Any], expected: Any, *, within: float, source: str
) -> Claim:
    """Floats against a value: observed to hold if every entry agrees within an absolute tolerance.

    Parameters
    ----------
    id, statement, source
        As of the claim.
    measured
        Called with the seed; gives a number, or nested lists or an array of the shape of `expected`.
    expected
        Numbers.
    within
        The tolerance.

    Examples
    --------
    >>> close("root", "The root of 2.", lambda seed: 2**0.5, 1.41421, within=1e-5, source="school").measured().holds
    True
    """

    def measure(seed: int) -> Outcome:
        return Outcome(holds=True, verdict=Verdict.OBSERVED, measured=measured(seed))

    return Claim(
        id=id, statement=statement, measure=measure, expected=expected, source=source, agrees=within_tolerance(within)
    )


def for_all(
    id: str,
    statement: str,
    cases: Sequence[Any] | Callable[[], Sequence[Any]],
    failure: Callable[[Any], str | None],
    *,
    source: str,
    most: int = 64,
    in_floats: bool = False,
    certify: Callable[[Sequence[Any]], Certificate | None] | None = None,
) -> Claim:
    """A statement about every one of finitely many cases: PROVED only if all of them were looked at.

    Parameters
    ----------
    id, statement, source
        As of the claim.
    cases
        All of them, or a function that lists them.
    failure
        Called with a case: None if the statement is true of it, else why not; an `Undecided` where that is open.
    most
        Cases that are looked at; if there are more, the statement is OBSERVED at so many of them.
    in_floats
        Whether `failure` judges by floats; then nothing is PROVED or REFUTED.
    certify
        Called with all cases once every one of them was found true exactly: one certificate for all of them, or None.

    Examples
    --------
    >>> def odd(n):
    ...     return None if n % 2 else f"{n} is even"
    >>> claims = [for_all("odd", "All are odd.", c, odd, source="none", most=3) for c in ([1, 3], [1, 3, 5, 7])]
    >>> [claim.measured().verdict for claim in claims]
    [Verdict.PROVED, Verdict.OBSERVED]
    """
    checked_whole(most, "most", 1)

    def measure() -> Outcome:
        every = cases() if callable(cases) else cases
        looked, total = min(len(every), most), len(every)
        if not total:
            return Outcome(
                holds=None, verdict=Verdict.UNDECIDED, measured="0 of 0", reason="there is no case to look at"
            )
        how = "in floats" if in_floats else "exactly"
        open_: list[str] = []
        for case in every[:looked]:
            why = failure(case)
            if isinstance(why, Undecided):
                open_.append(f"{case}: {why}")
            elif why is not None:
                verdict = Verdict.OBSERVED if in_floats else Verdict.REFUTED
                return Outcome(
                    holds=False,
                    verdict=verdict,
                    measured=f"not at {case}",
                    reason=f"{case}: {why}",
                    certificate=None,
                    counterexample=str(case),
                )
        if open_:
            return Outcome(
                holds=None, verdict=Verdict.UNDECIDED, measured=f"{looked - len(open_)} of {total}", reason=open_[0]
            )
        if looked < total:
            reason = f"{how} at {looked} of {total} cases; the others were not looked at"
            return Outcome(holds=True, verdict=Verdict.OBSERVED, measured=f"{looked} of {total}", reason=reason)
        reason = f"{how} at {total} of {total} cases"
        if in_floats:
            return Outcome(holds=True, verdict=Verdict.OBSERVED, measured=f"{total} of {total}", reason=reason)
        certificate = certify(every) if certify is not None else None
        if certificate is not None and certificate.verdict is not Verdict.PROVED:
            why = f"{reason}, but the certificate of them is {certificate.verdict}"
            return Outcome(
                holds=None,
                verdict=Verdict.UNDECIDED,
                measured=f"{total} of {total}",
                reason=why,
                certificate=certificate,
            )
        return Outcome(
            holds=True, verdict=Verdict.PROVED, measured=f"{total} of {total}", reason=reason, certificate=certificate
        )

    return Claim(
        id=id, statement=statement, measure=measure, expected="every case", source=source, agrees=already_compared
    )


def certified(id: str, statement: str, certify: Callable[[int], Certificate], *, source: str) -> Claim:
    """A certificate decides: its verdict is that of the claim, and what it says was measured.

    Parameters
    ----------
    id, source
        As of the claim.
    statement
        What the certificate says, in the words of the paper.
    certify
        Called with the seed; gives the certificate.
    """

    def measure(seed: int) -> Outcome:
        found = certify(seed)
        if not isinstance(found, Certificate):
            raise TypeError(f"{type(found).__name__} is no Certificate")
        return Outcome(
            holds=holds_by(found.verdict),
            verdict=found.verdict,
            measured=found.claim,
            reason=found.method,
            certificate=found,
        )

    return Claim(
        id=id,
        statement=statement,
        measure=measure,
        expected="a certificate that it holds",
        source=source,
        agrees=already_compared,
    )


def _is_inexact(value: Any) -> bool:
    return isinstance(value, float | complex) or (isinstance(value, sp.Basic) and value.has(sp.Float))


def _have_one_shape(one: Any, other: Any) -> bool:
    if not isinstance(one, tuple) or not isinstance(other, tuple):
        return not isinstance(one, tuple) and not isinstance(other, tuple)
    return len(one) == len(other) and all(map(_have_one_shape, one, other))


def _pairs(one: Any, other: Any) -> Iterator[tuple[Any, Any]]:
    """Entries of two lists of one shape; equal words need no proof."""
    for left, right in zip(leaves(one), leaves(other), strict=True):
        if not (isinstance(left, str | bool) and left == right):
            yield left, right


def _evaluated(value: Any) -> Any:
    """With determinants evaluated."""
    if isinstance(value, tuple):
        return tuple(map(_evaluated, value))
    return value.doit() if isinstance(value, sp.Expr) and value.has(sp.Determinant) else value
