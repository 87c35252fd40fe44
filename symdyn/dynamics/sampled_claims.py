"""Claims about random draws: a mean against its limit, the exponent of a power law, a bound at many states."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any

import numpy as np
import sympy as sp
from scipy import stats

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.agreement import already_compared, as_numbers, checked_tolerance
from symdyn.dynamics.outcome import Outcome
from symdyn.dynamics.system import Claim
from symdyn.errors import ModelError

Array = np.ndarray[Any, np.dtype[Any]]


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
    checked_whole(draws, "draws", 2)
    allowed, wanted = checked_tolerance(within), _number(expected, "what is expected")
    if not 0 < confidence < 1:
        raise ModelError(f"confidence is {confidence!r}: give a level between 0 and 1, such as 0.95")

    def measure(seed: int) -> Outcome:
        sample, fault = _reals(draw(np.random.default_rng(seed), draws), (draws,))
        if sample is None:
            return Outcome(holds=False, verdict=Verdict.OBSERVED, measured="no sample", reason=fault)
        mean, deviation = float(sample.mean()), float(sample.std(ddof=1))
        half = float(stats.t.ppf((1 + confidence) / 2, draws - 1)) * deviation / math.sqrt(draws)
        holds = math.isfinite(half) and abs(mean - wanted) <= allowed + half
        reason = (
            f"mean of {draws} draws in [{mean - half:.6g}, {mean + half:.6g}] ({confidence:.0%}), deviation "
            f"{deviation:.2g}, seed {seed}; expected {wanted:.6g}, allowed {allowed:g}"
        )
        return Outcome(holds=holds, verdict=Verdict.OBSERVED, measured=mean, reason=reason)

    return Claim(id=id, statement=statement, measure=measure, expected=expected, source=source, agrees=already_compared)


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
            return Outcome(holds=False, verdict=Verdict.OBSERVED, measured="no power law", reason=why)
        fit = stats.linregress(np.log(given), np.log(values))
        band = float(stats.t.ppf(0.975, len(given) - 2) * fit.stderr)
        exponent = float(fit.slope)
        reason = (
            f"exponent {exponent:.4g} +- {band:.2g} (95%) over sizes {sizes[0]} to {sizes[-1]}, seed {seed}; expected "
            f"{wanted:g}, allowed {allowed:g}"
        )
        return Outcome(
            holds=abs(exponent - wanted) <= allowed, verdict=Verdict.OBSERVED, measured=exponent, reason=reason
        )

    return Claim(id=id, statement=statement, measure=measure, expected=expected, source=source, agrees=already_compared)


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
            return Outcome(holds=False, verdict=Verdict.OBSERVED, measured="no ratio", reason=fault)
        values = values.ravel()
        if not values.size:
            return Outcome(
                holds=None, verdict=Verdict.UNDECIDED, measured="no state", reason="the bound was looked at in no state"
            )
        # nan counts as the largest: argmax finds it first
        worst = int(np.argmax(values))
        largest = float(values[worst])
        holds = largest <= allowed
        reason = f"largest ratio to the bound over {values.size} states, seed {seed}"
        if holds:
            return Outcome(holds=True, verdict=Verdict.OBSERVED, measured=largest, reason=reason)
        place = f"state {worst + 1}" if states is None else f"the state {np.asarray(states[worst]).tolist()}"
        return Outcome(
            holds=False,
            verdict=Verdict.OBSERVED,
            measured=largest,
            reason=f"{reason}: it is exceeded",
            certificate=None,
            counterexample=place,
        )

    return Claim(
        id=id, statement=statement, measure=measure, expected="at most 1", source=source, agrees=already_compared
    )


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


def checked_whole(value: Any, name: str, least: int) -> None:
    """Refuse what is no whole number from `least`.

    Raises
    ------
    ModelError
        With what came.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ModelError(f"{name} is {value!r}: give a whole number from {least}")


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real | sp.Expr) or not math.isfinite(float(value)):
        raise ModelError(f"{name} is {value!r}: give a finite number")
    return float(value)
