"""Sets of parameters as unions of open intervals with exact ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sympy as sp

_SAME = sp.Float(10) ** -40

#: Called with a number; None where it is open.
Holds = Callable[[sp.Expr], bool | None]


def intervals_where(ends: Sequence[sp.Expr], holds: Holds, *, never: Sequence[sp.Expr] = ()) -> sp.Set:
    """Where a condition holds that can change at certain ends alone: one number decides each interval between them.

    Parameters
    ----------
    ends
        Real, at least one, in any order; some may be equal.
    holds
        The condition at one number.
    never
        Ends at which it does not hold; others are asked, and neighbours are joined where it holds between them.

    Examples
    --------
    >>> intervals_where([sp.S(0), -sp.sqrt(2), sp.sqrt(2)], lambda x: bool(x * (x**2 - 2) > 0))
    Union(Interval.open(-sqrt(2), 0), Interval.open(sqrt(2), oo))
    """
    kept: list[sp.Expr] = []
    for value in sorted(ends, key=lambda e: sp.N(e, 50)):
        if not kept or abs(sp.N(value - kept[-1], 50)) > _SAME:
            kept.append(value)
    numeric = [sp.N(e, 30) for e in kept]
    samples = [numeric[0] - 1, *((a + b) / 2 for a, b in zip(numeric, numeric[1:], strict=False)), numeric[-1] + 1]
    bounds = [-sp.oo, *kept, sp.oo]
    joined: list[sp.Interval] = []
    for low, high, sample in zip(bounds, bounds[1:], samples, strict=False):
        if not holds(sp.Rational(float(sample)).limit_denominator(10**6)):
            continue
        if joined and joined[-1].end == low and low not in never and holds(low):
            joined[-1] = _between(joined[-1].start, high)
        else:
            joined.append(_between(low, high))
    return sp.Union(*joined)


def scaled_to_positive(found: sp.Set, factor: sp.Expr) -> sp.Set:
    """The numbers x >= 0 with `factor` x in a union of open intervals, for a factor that is not 0.

    Examples
    --------
    >>> scaled_to_positive(sp.Interval.open(-4, -1), sp.Integer(-2))
    Interval.open(1/2, 2)
    """
    pieces = found.args if isinstance(found, sp.Union) else () if found is sp.S.EmptySet else (found,)
    mapped = []
    for piece in pieces:
        low, high = sorted((piece.start / factor, piece.end / factor), key=sp.N)
        if sp.N(high) > 0:
            mapped.append(_between(low if sp.N(low) >= 0 else sp.S.Zero, high))
    return sp.Union(*mapped)


def _between(low: sp.Expr, high: sp.Expr) -> sp.Interval:
    return sp.Interval(low, high, left_open=True, right_open=True)
