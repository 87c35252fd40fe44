"""Inequalities for all values in a box: exact for polynomials, certain in balls for other functions, else open."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import flint
import sympy as sp

from symdyn.algebra.linear.spectrum import rational_matrix, symmetric_signs
from symdyn.algebra.programs.straight_line import jacobian_line, straight_line
from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError
from symdyn.numerics.backends import ball_backend
from symdyn.numerics.intervals.bernstein import Box, nonnegative_on_box, rational_polynomial
from symdyn.numerics.intervals.vanishing import ball_value, small_points

_BITS = 128
_MAX_BOXES = 20_000
_MAX_ORDER = 5

#: Ends of each variable; None for all real numbers.
Sides = Mapping[sp.Symbol, tuple[Fraction, Fraction] | None]


@dataclass(frozen=True)
class Inequality:
    """Whether expression >= 0 (or > 0) for all values in a box.

    Parameters
    ----------
    verdict
        PROVED, REFUTED with `point`, or UNDECIDED.
    reason
        How it was decided, or why not.
    point
        Where it fails.
    """

    verdict: Verdict
    reason: str
    point: Mapping[sp.Symbol, sp.Rational] = field(default_factory=dict)


def is_nonnegative(
    expression: sp.Expr, sides: Sides, *, strict: bool = False, deadline: float | None = None
) -> Inequality:
    """Decide expression >= 0 (or > 0 with `strict`) for all values in a box.

    What is proved: polynomials over Q by exact means (roots counted by Sturm, squares, Bernstein coefficients in
    integers), quotients through the sign of the denominator, other functions by branch and bound in balls. What is
    refuted: a rational point where the exact value, or every value in the ball, is negative.

    Parameters
    ----------
    expression
        In the symbols of `sides`, with exact numbers.
    sides
        Lower and upper end for each symbol, or None for the whole line.
    strict
        Ask for > 0.
    deadline
        On the monotonic clock.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> is_nonnegative(x - sp.sin(x), {x: (Fraction(0), Fraction(1))}).verdict
    Verdict.PROVED
    >>> is_nonnegative(x**2 - x + 1, {x: None}, strict=True).verdict
    Verdict.PROVED
    """
    variables = tuple(sides)
    found = _at_points(expression, sides, strict)
    if found is not None:
        return found
    top, bottom = (sp.expand(part) for part in sp.fraction(sp.together(expression)))
    polynomial = rational_polynomial(top, variables)
    divisor = rational_polynomial(bottom, variables)
    if polynomial is not None and divisor is not None:
        if divisor.is_ground:
            return _polynomial(polynomial * (1 if divisor.LC() > 0 else -1), sides, strict, deadline)
        for sign in (1, -1):
            if _polynomial(divisor * sign, sides, True, deadline).verdict is Verdict.PROVED:
                return _polynomial(polynomial * sign, sides, strict, deadline)
        return Inequality(Verdict.UNDECIDED, "the denominator was not shown to keep its sign")
    if any(side is None for side in sides.values()):
        return Inequality(Verdict.UNDECIDED, "a function that is no polynomial needs a bounded box")
    box = tuple(side for side in sides.values() if side is not None)
    try:
        if len(variables) == 1:
            return _one_variable(expression, variables[0], box[0], strict, deadline)
        return _branch_and_bound(expression, variables, box, strict, deadline)
    except ModelError as failure:
        return Inequality(Verdict.UNDECIDED, str(failure).rstrip("."))


def _at_points(expression: sp.Expr, sides: Sides, strict: bool) -> Inequality | None:
    """A simple point where the inequality certainly fails: corners, midpoints, small rational numbers."""
    variables = tuple(sides)
    start = (Fraction(0), Fraction(-1), Fraction(1))
    grids = [start if side is None else (side[0], (side[0] + side[1]) / 2, side[1]) for side in sides.values()]
    corners = ({s: _rational(x) for s, x in zip(variables, point)} for point in itertools.product(*grids))
    try:
        lowered = ball_backend.lower(straight_line([expression], variables))
    except ModelError:
        return None
    for point in itertools.islice(itertools.chain(corners, small_points(variables, (), 60)), 300):
        if any(side is not None and not side[0] <= Fraction(str(point[s])) <= side[1] for s, side in sides.items()):
            continue
        value = ball_value(lowered, list(point.values()))
        if value is not None and value < 0:
            return Inequality(Verdict.REFUTED, f"the difference there is {value.str(6, radius=False)}", point)
        if strict and value is not None and value.contains(0) and expression.xreplace(point) == 0:
            return Inequality(Verdict.REFUTED, "both sides are equal there", point)
    return None


def _polynomial(polynomial: sp.Poly, sides: Sides, strict: bool, deadline: float | None) -> Inequality:
    """A polynomial over Q: even powers are dropped, what is left is counted, completed to squares, or enclosed."""
    constant, factors = polynomial.factor_list()
    odd = sp.Poly(constant, *polynomial.gens, domain="QQ")
    for factor, power in factors:
        if strict or power % 2:
            odd = odd * factor if power % 2 else odd * factor**2
    if odd.is_ground:
        return _constant(odd, strict)
    if len(polynomial.gens) == 1:
        return _sturm(odd, polynomial, sides, strict)
    if _is_sum_of_squares(odd, strict):
        return Inequality(Verdict.PROVED, "a quadratic polynomial that is a sum of squares, by exact inertia")
    if any(side is None for side in sides.values()):
        return Inequality(
            Verdict.UNDECIDED, "no sum of squares, and the box is not bounded: give ends for all variables"
        )
    box: Box = tuple(side for side in sides.values() if side is not None)
    found = nonnegative_on_box(odd, box, strict=strict, deadline=deadline)
    if found.holds:
        return Inequality(Verdict.PROVED, f"exact Bernstein coefficients on {found.boxes} {_plural(found.boxes)}")
    if found.holds is False:
        point = {symbol: _rational(x) for symbol, x in zip(sides, found.point, strict=True)}
        value = polynomial.as_expr().xreplace(point)
        return Inequality(Verdict.REFUTED, f"the difference there is {value}", point)
    return Inequality(Verdict.UNDECIDED, f"{found.boxes:,} boxes did not decide; it may vanish inside the box")


def _plural(number: int) -> str:
    return "box" if number == 1 else "boxes"


def _constant(odd: sp.Poly, strict: bool) -> Inequality:
    if odd.LC() > 0 or (odd.is_zero and not strict):
        return Inequality(Verdict.PROVED, "a positive constant times squares, by exact factorisation")
    return Inequality(Verdict.UNDECIDED, "it is nowhere positive, and no point was found where it is negative")


def _sturm(odd: sp.Poly, polynomial: sp.Poly, sides: Sides, strict: bool) -> Inequality:
    """One variable: no sign change inside, or no root at all, by Sturm's theorem; the sign at one point."""
    ((symbol, side),) = sides.items()
    low, high = (None, None) if side is None else tuple(map(_rational, side))
    roots = odd.count_roots(low, high)
    if not strict and side is not None:
        roots -= int(odd.eval(low) == 0) + int(odd.eval(high) == 0 and low != high)
    inside = sp.Rational(0) if side is None else (low + high) / 2
    value = odd.eval(inside)
    if roots == 0 and (value > 0 or (not strict and value == 0)):
        return Inequality(Verdict.PROVED, "no change of sign, by Sturm's theorem")
    # it is negative somewhere, or changes sign: isolate the roots and look between them
    ends = [root[0] for root in polynomial.intervals(inf=low, sup=high)]
    cuts = sorted({*(x for pair in ends for x in pair), *((inside,) if side is None else (low, high))})
    cuts = [cuts[0] - 1, *cuts, cuts[-1] + 1] if side is None else cuts
    for left, right in itertools.pairwise(cuts):
        point = (left + right) / 2
        if polynomial.eval(point) < 0 or (strict and polynomial.eval(point) == 0):
            return Inequality(Verdict.REFUTED, f"the difference there is {polynomial.eval(point)}", {symbol: point})
    if strict and ends:
        return Inequality(Verdict.REFUTED, "by Sturm's theorem both sides are equal near there", {symbol: ends[0][0]})
    return Inequality(Verdict.UNDECIDED, "a change of sign was not located")


def _is_sum_of_squares(polynomial: sp.Poly, strict: bool) -> bool:
    """Whether a polynomial of degree two is a non-negative (positive) quadratic form in 1 and its variables."""
    if polynomial.total_degree() > 2:
        return False
    size = len(polynomial.gens)
    gram = [[Fraction(0)] * (size + 1) for _ in range(size + 1)]
    for monomial, value in polynomial.terms():
        places = [k for k, power in enumerate(monomial) for _ in range(power)]
        i, j = [size, size, *places][-2:] if len(places) != 1 else (places[0], size)
        share = Fraction(int(value.p), int(value.q)) / (1 if i == j else 2)
        gram[i][j] += share
        if i != j:
            gram[j][i] += share
    signs = symmetric_signs(rational_matrix(gram))
    return signs.negative == 0 and not (strict and signs.zero)


def _one_variable(
    expression: sp.Expr, symbol: sp.Symbol, side: tuple[Fraction, Fraction], strict: bool, deadline: float | None
) -> Inequality:
    """Halving in balls; where the function touches zero at an end, its derivative decides."""
    orders = [expression]
    for _ in range(_MAX_ORDER):
        orders.append(sp.diff(orders[-1], symbol))
    programs = [ball_backend.lower(straight_line([order], [symbol])) for order in orders]
    boxes = 0

    def zero_at(order: int, x: Fraction) -> bool:
        ball = ball_value(programs[order], [_rational(x)])
        return ball is not None and ball.contains(0) and orders[order].xreplace({symbol: _rational(x)}) == 0

    def kept(order: int, low: Fraction, high: Fraction, sign: int) -> bool:
        """Whether sign * (derivative of that order) is certainly >= 0 on the interval (> 0 for a strict claim)."""
        nonlocal boxes
        boxes += 1
        with flint.ctx.workprec(_BITS):
            ball = ball_value(programs[order], [_interval(low, high)], _BITS)
            if ball is not None and (sign * ball > 0 or (sign * ball >= 0 and not strict)):
                return True
        if strict or order == _MAX_ORDER:
            return False
        return (zero_at(order, low) and kept(order + 1, low, high, sign)) or (
            zero_at(order, high) and kept(order + 1, low, high, -sign)
        )

    pending = [side]
    while pending:
        low, high = pending.pop(0)
        if kept(0, low, high, 1):
            continue
        middle = (low + high) / 2
        value = ball_value(programs[0], [_rational(middle)])
        if value is not None and value < 0:
            reason = f"the difference there is {value.str(6, radius=False)}"
            return Inequality(Verdict.REFUTED, reason, {symbol: _rational(middle)})
        if boxes > _MAX_BOXES or high - low < Fraction(1, 2**60) or _late(deadline):
            return Inequality(
                Verdict.UNDECIDED, f"{boxes:,} intervals did not decide, the last near {float(middle):.6g}"
            )
        pending += [(low, middle), (middle, high)]
    return Inequality(Verdict.PROVED, f"certain in balls on {boxes} {'interval' if boxes == 1 else 'intervals'}")


def _branch_and_bound(
    expression: sp.Expr, variables: tuple[sp.Symbol, ...], box: Box, strict: bool, deadline: float | None
) -> Inequality:
    """Halving in balls, each box by the value itself and by the mean-value form."""
    value = ball_backend.lower(straight_line([expression], variables))
    slope: Any = ball_backend.lower(jacobian_line([expression], variables, variables))
    pending = [box]
    boxes = 0
    while pending:
        sides = pending.pop(0)
        boxes += 1
        middle = [(low + high) / 2 for low, high in sides]
        balls = [_interval(low, high) for low, high in sides]
        center = ball_value(value, [_rational(x) for x in middle], _BITS)
        if center is not None and center < 0:
            reason = f"the difference there is {center.str(6, radius=False)}"
            return Inequality(Verdict.REFUTED, reason, dict(zip(variables, map(_rational, middle), strict=True)))
        if _certain(ball_value(value, balls, _BITS), strict) or _certain(
            _mean_value(slope, center, balls, sides), strict
        ):
            continue
        if boxes > _MAX_BOXES or _late(deadline):
            shown = ", ".join(f"{s} = {float(x):.6g}" for s, x in zip(variables, middle, strict=True))
            return Inequality(Verdict.UNDECIDED, f"{boxes:,} boxes did not decide, the last near {shown}")
        axis = max(range(len(sides)), key=lambda k: sides[k][1] - sides[k][0])
        low, high = sides[axis]
        pending += [(*sides[:axis], half, *sides[axis + 1 :]) for half in ((low, middle[axis]), (middle[axis], high))]
    return Inequality(Verdict.PROVED, f"certain in balls on {boxes} {_plural(boxes)}")


def _mean_value(slope: Any, center: flint.arb | None, balls: list[flint.arb], sides: Box) -> flint.arb | None:
    if center is None:
        return None
    with flint.ctx.workprec(_BITS):
        try:
            slopes = slope(balls)
        except (ZeroDivisionError, ValueError):
            return None
        total = center
        for k, (low, high) in enumerate(sides):
            total = total + slopes[0, k] * (balls[k] - flint.arb(_fmpq((low + high) / 2)))
        return total if total.is_finite() else None


def _certain(ball: flint.arb | None, strict: bool) -> bool:
    return ball is not None and bool(ball > 0 or (ball >= 0 and not strict))


def _interval(low: Fraction, high: Fraction) -> flint.arb:
    return flint.arb(_fmpq(low)).union(flint.arb(_fmpq(high)))


def _fmpq(x: Fraction) -> flint.fmpq:
    return flint.fmpq(x.numerator, x.denominator)


def _rational(x: Fraction | int) -> sp.Rational:
    return sp.Rational(x.numerator, x.denominator)


def _late(deadline: float | None) -> bool:
    return deadline is not None and time.monotonic() > deadline
