"""Gaussian means of functions given piece by piece, in balls: the variance may be a ball, too.

The derivative by the variance needs no derivative of f: d/dq E f(X) = E f(X) (X^2/q - 1)/(2 q), and so it holds for
functions with kinks and jumps too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

import flint
import sympy as sp

from symdyn.errors import ModelError
from symdyn.numerics.analytic import Analytic, analytic
from symdyn.numerics.integrals import Growth, ball, growth

#: Low end, high end and a formula that is analytic between them.
Pieces = Sequence[tuple[sp.Expr, sp.Expr, sp.Expr]]
_MOST_RADII = 12
_EVALUATIONS_ON_WIDE_BALLS = 300  # where the ball of the variance, not the rule, makes the result wide


def ball_mean(
    pieces: Pieces, symbol: sp.Symbol, variance: flint.arb, *, slope: bool = False, digits: int
) -> flint.arb:
    """E f(X), or its derivative by the variance, in a ball.

    Parameters
    ----------
    pieces
        Of f, over the whole line.
    symbol
        The variable of the formulas.
    variance
        q > 0; where it is a ball, the result holds for every number in it.
    slope
        Whether the derivative by q is wanted.
    digits
        After the first, where the variance is exact: relative to the smaller of 1 and q.

    Raises
    ------
    ModelError
        If how f grows is not known, or the variance is not positive.
    """
    if not variance > 0:
        raise ModelError("the variance is not positive: give a variance above 0")
    tolerance = 10.0**-digits * min(1.0, float(variance.mid()))
    with flint.ctx.workprec(math.ceil(3.33 * digits) + 40):
        total = flint.arb(0)
        for low, high, formula in pieces:
            if formula != 0:
                total += _piece(formula, symbol, low, high, variance, slope, tolerance)
    return total


def _piece(
    formula: sp.Expr,
    symbol: sp.Symbol,
    low: sp.Expr,
    high: sp.Expr,
    q: flint.arb,
    slope: bool,
    tolerance: float,
) -> flint.arb:
    ends, beyond = [], flint.arb(0)
    for end, side in ((low, -1), (high, 1)):
        if end.is_infinite:
            radius, tail = _radius(formula, symbol, side, q, slope, tolerance)
            ends.append(flint.arb(side * radius))
            beyond += flint.arb(0, float(tail) * 1.0000001)
        else:
            ends.append(ball(end))
    if ends[0] > ends[1]:  # an infinite piece that begins beyond the radius
        return beyond
    function = compiled(formula, symbol)
    quadratic = -1 / (2 * q)
    constant = 1 / (2 * flint.arb.pi() * q).sqrt()

    def weighted(x: flint.acb, must: bool) -> flint.acb:
        square = x * x
        value = function(x, must) * (square * quadratic).exp()
        return value * ((square / q - 1) / (2 * q)) if slope else value

    limit = None if _is_narrow(q) else _EVALUATIONS_ON_WIDE_BALLS
    found = flint.acb.integral(
        weighted, flint.acb(ends[0]), flint.acb(ends[1]), abs_tol=flint.arb(tolerance / 8), eval_limit=limit
    )
    return flint.arb(found.real) * constant + beyond


def _is_narrow(q: flint.arb) -> bool:
    return float(q.rad()) < 1e-9 * float(q.mid())


def _radius(
    formula: sp.Expr, symbol: sp.Symbol, side: int, q: flint.arb, slope: bool, tolerance: float
) -> tuple[float, flint.arb]:
    """Where the rest of the mean is below the tolerance, and a bound of that rest."""
    bound = _bound(formula, symbol, side)
    widest, least = q.upper(), q.lower()
    radius = float(widest.sqrt()) * (math.sqrt(2 * max(1.0, -math.log(tolerance))) + 1)
    radius = max(radius, *(4.001 * float(rate) * float(widest) for _, _, rate, _ in bound))
    terms = [(Fraction(int(K.p), int(K.q)), k, rate > 0) for K, k, rate, _ in bound]
    for _ in range(_MOST_RADII):
        tail = flint.arb(0)
        for K, k, grows in terms:
            # exp(a x) <= exp(x^2/(4 q)) beyond 4 a q
            half = 1 / ((4 if grows else 2) * widest)
            for power, factor in ((k, 1 / (2 * least)), (k + 2, 1 / (2 * least**2))) if slope else ((k, flint.arb(1)),):
                order = flint.arb(flint.fmpq(power + 1, 2))
                mass = (half * flint.arb(radius) ** 2).gamma_upper(order) / (2 * half**order)
                tail += flint.arb(flint.fmpq(K.numerator, K.denominator)) * factor * mass
        tail /= (2 * flint.arb.pi() * least).sqrt()
        if tail.is_finite() and float(tail.upper()) <= tolerance:
            return radius, tail.upper()
        radius *= 1.25
    raise ModelError(f"{formula} grows too fast for its mean to be enclosed: ask for fewer digits")


@lru_cache(maxsize=1024)
def _bound(formula: sp.Expr, symbol: sp.Symbol, side: int) -> Growth:
    found = growth(formula, symbol, side)
    if found is None:
        raise ModelError(f"how {formula} grows is not known here, so no mean of it is enclosed: give arrays for floats")
    return found


@lru_cache(maxsize=1024)
def compiled(formula: sp.Expr, symbol: sp.Symbol) -> Analytic:
    """The formula on complex balls, kept."""
    return analytic(formula, symbol)
