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


def exact(id: str, statement: str, measured: Callable[[], Any], expected: Any, *, source: str) -> Claim:
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
        if certificate is not None:
            return Outcome(True, Verdict.PROVED, expected, "an identity in exact arithmetic", certificate)
        done = _evaluated(found)
        agreement = identical(done, _evaluated(wanted))
        verdict = {True: Verdict.PROVED, False: Verdict.REFUTED, None: Verdict.UNDECIDED}[agreement.holds]
        reason = agreement.reason or "compared entry by entry"
        return Outcome(agreement.holds, verdict, done, reason, None, agreement.counterexample)

    return Claim(id, statement, measure, expected, source, already_compared)


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
        return Outcome(True, Verdict.OBSERVED, measured(seed))

    return Claim(id, statement, measure, expected, source, within_tolerance(within))


def for_all(
    id: str,
    statement: str,
    cases: Sequence[Any] | Callable[[], Sequence[Any]],
    failure: Callable[[Any], str | None],
    *,
    source: str,
    most: int = 64,
    in_floats: bool = False,
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
            return Outcome(None, Verdict.UNDECIDED, "0 of 0", "there is no case to look at")
        how = "in floats" if in_floats else "exactly"
        open_: list[str] = []
        for case in every[:looked]:
            why = failure(case)
            if isinstance(why, Undecided):
                open_.append(f"{case}: {why}")
            elif why is not None:
                verdict = Verdict.OBSERVED if in_floats else Verdict.REFUTED
                return Outcome(False, verdict, f"not at {case}", f"{case}: {why}", None, str(case))
        if open_:
            return Outcome(None, Verdict.UNDECIDED, f"{looked - len(open_)} of {total}", open_[0])
        if looked < total:
            reason = f"{how} at {looked} of {total} cases; the others were not looked at"
            return Outcome(True, Verdict.OBSERVED, f"{looked} of {total}", reason)
        verdict = Verdict.OBSERVED if in_floats else Verdict.PROVED
        return Outcome(True, verdict, f"{total} of {total}", f"{how} at {total} of {total} cases")

    return Claim(id, statement, measure, "every case", source, already_compared)


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
        return Outcome(holds_by(found.verdict), found.verdict, found.claim, found.method, found)

    return Claim(id, statement, measure, "a certificate that it holds", source, already_compared)


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
