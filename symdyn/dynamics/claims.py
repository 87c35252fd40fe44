"""Claims that decide themselves, one constructor for each way of measuring.

`exact` (an identity), `close` (floats within a tolerance), `for_all` (finitely many cases), `sampled` (the mean of
random draws), `slope` (the exponent of a power law), `bounded` (a bound at many states), `certified` (a certificate).
What is not finite never holds, and "for all" is proved only if all were looked at.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from numbers import Real
from typing import Any

import numpy as np
import sympy as sp
from scipy import stats

from symdyn.algebra.identity import identity_certificate
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.agreement import Agreement, as_numbers, checked_tolerance, identical, leaves, plain_value
from symdyn.dynamics.agreement import within as within_tolerance
from symdyn.dynamics.outcome import Outcome, holds_by
from symdyn.dynamics.system import Claim
from symdyn.errors import ModelError

Array = np.ndarray[Any, np.dtype[Any]]


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

    return Claim(id, statement, measure, expected, source, _settled)


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
    _whole(most, "most", 1)

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

    return Claim(id, statement, measure, "every case", source, _settled)


def sampled(
    id: str,
    statement: str,
    draw: Callable[[np.random.Generator, int], Any],
    expected: float,
    *,
    draws: int,
    within: float,
    source: str,
    confidence: float = 0.95,
) -> Claim:
    """The mean of random draws: observed to hold if its interval (Student) meets the expected value +- `within`.

    Parameters
    ----------
    id, statement, source
        As of the claim.
    draw
        Called with a generator and the number of draws; gives as many numbers.
    expected
        The mean, or its limit.
    draws
        At least 2.
    within
        What the limit may be away from the mean at the sizes at hand; 0 or more.
    confidence
        Level of the interval.
    """
    _whole(draws, "draws", 2)
    allowed, wanted = checked_tolerance(within), _number(expected, "what is expected")
    if not 0 < confidence < 1:
        raise ModelError(f"confidence is {confidence!r}: give a level between 0 and 1, such as 0.95")

    def measure(seed: int) -> Outcome:
        sample, fault = _reals(draw(np.random.default_rng(seed), draws), (draws,))
        if sample is None:
            return Outcome(False, Verdict.OBSERVED, "no sample", fault)
        mean, deviation = float(sample.mean()), float(sample.std(ddof=1))
        half = float(stats.t.ppf((1 + confidence) / 2, draws - 1)) * deviation / math.sqrt(draws)
        holds = math.isfinite(half) and abs(mean - wanted) <= allowed + half
        reason = (
            f"mean of {draws} draws in [{mean - half:.6g}, {mean + half:.6g}] ({confidence:.0%}), deviation "
            f"{deviation:.2g}, seed {seed}; expected {wanted:.6g}, allowed {allowed:g}"
        )
        return Outcome(holds, Verdict.OBSERVED, mean, reason)

    return Claim(id, statement, measure, expected, source, _settled)


def slope(
    id: str,
    statement: str,
    sizes: Sequence[float],
    draw: Callable[[np.random.Generator, Any], float],
    expected: float,
    *,
    within: float,
    source: str,
) -> Claim:
    """The exponent of a power law, by regression of logarithms: observed to hold if it is expected +- `within`.

    Parameters
    ----------
    id, statement, source
        As of the claim.
    sizes
        At least three different positive ones.
    draw
        Called with a generator and a size; gives a positive number.
    expected
        The exponent.
    within
        The tolerance. The 95 % band of the regression stands in the reason.
    """
    given = [float(size) for size in sizes]
    if len(set(given)) < 3 or not all(0 < size < math.inf for size in given):
        raise ModelError(f"the sizes are {list(sizes)}: a band needs three different positive ones")
    allowed, wanted = checked_tolerance(within), _number(expected, "what is expected")

    def measure(seed: int) -> Outcome:
        random = np.random.default_rng(seed)
        values, fault = _reals([draw(random, size) for size in sizes], (len(given),))
        if values is None or not (values > 0).all():
            why = fault or f"the values at the sizes are not all positive: {values}"
            return Outcome(False, Verdict.OBSERVED, "no power law", why)
        fit = stats.linregress(np.log(given), np.log(values))
        band = float(stats.t.ppf(0.975, len(given) - 2) * fit.stderr)
        exponent = float(fit.slope)
        reason = (
            f"exponent {exponent:.4g} +- {band:.2g} (95%) over sizes {sizes[0]} to {sizes[-1]}, seed {seed}; expected "
            f"{wanted:g}, allowed {allowed:g}"
        )
        return Outcome(abs(exponent - wanted) <= allowed, Verdict.OBSERVED, exponent, reason)

    return Claim(id, statement, measure, expected, source, _settled)


def bounded(
    id: str, statement: str, ratio: Callable[[int], Any], *, source: str, slack: float = 1e-9
) -> Claim:
    """A bound at many states: observed to hold if no ratio of value to bound exceeds 1.

    Parameters
    ----------
    id, statement, source
        As of the claim.
    ratio
        Called with the seed; gives the ratios, or a pair of them and the states, one for each.
    slack
        What rounding may add to 1.
    """
    allowed = 1 + checked_tolerance(slack)

    def measure(seed: int) -> Outcome:
        found = ratio(seed)
        states = None
        if isinstance(found, tuple) and len(found) == 2 and np.ndim(found[0]):
            found, states = found
        values, fault = _reals(found, None)
        if values is None:
            return Outcome(False, Verdict.OBSERVED, "no ratio", fault)
        values = values.ravel()
        if not values.size:
            return Outcome(None, Verdict.UNDECIDED, "no state", "the bound was looked at in no state")
        # nan counts as the largest: argmax finds it first
        worst = int(np.argmax(values))
        largest = float(values[worst])
        holds = largest <= allowed
        reason = f"largest ratio to the bound over {values.size} states, seed {seed}"
        if holds:
            return Outcome(True, Verdict.OBSERVED, largest, reason)
        place = f"state {worst + 1}" if states is None else f"the state {np.asarray(states[worst]).tolist()}"
        return Outcome(False, Verdict.OBSERVED, largest, f"{reason}: it is exceeded", None, place)

    return Claim(id, statement, measure, "at most 1", source, _settled)


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

    return Claim(id, statement, measure, "a certificate that it holds", source, _settled)


def _settled(measured: Any, expected: Any) -> Agreement:
    """The constructor compared already: its outcome holds only if it agrees."""
    return Agreement(True)


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


def _reals(value: Any, shape: tuple[int, ...] | None) -> tuple[Array | None, str]:
    """Finite or infinite floats of this shape, or None and why not."""
    try:
        found = as_numbers(value)
    except ModelError as fault:
        return None, str(fault)
    if found.dtype.kind == "c":
        return None, "complex numbers were measured where real ones are meant"
    if shape is not None and found.shape != shape:
        return None, f"the shape {found.shape} was measured, {shape} is expected"
    return found, ""


def _whole(value: Any, name: str, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ModelError(f"{name} is {value!r}: give a whole number from {least}")


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real | sp.Expr) or not math.isfinite(float(value)):
        raise ModelError(f"{name} is {value!r}: give a finite number")
    return float(value)
