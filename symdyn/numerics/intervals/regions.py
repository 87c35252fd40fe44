"""Do two systems of inequalities describe one set? Cells of the line exactly, else proportional sides, else points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import sympy as sp

from symdyn.algebra.conditions.certain_signs import certain_sign
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError
from symdyn.numerics.backends import ball_backend
from symdyn.numerics.intervals.bernstein import rational_polynomial
from symdyn.numerics.intervals.vanishing import ball_value, small_points

_POINTS = 60


@dataclass(frozen=True)
class SameRegion:
    """Whether two regions agree: PROVED, REFUTED with a point in one of them only, or OBSERVED at points."""

    verdict: Verdict
    reason: str
    point: Mapping[sp.Symbol, sp.Rational] = field(default_factory=dict)


def same_region(
    first: Sequence[sp.Expr], second: Sequence[sp.Expr], domain: Mapping[sp.Symbol, tuple[Fraction, Fraction]]
) -> SameRegion:
    """Decide whether {all first < 0} and {all second < 0} are the same set within a domain.

    What is proved: polynomials over Q in one symbol, cell by cell between their roots; otherwise pairs of sides whose
    quotient is positive. What is refuted: a rational point that lies certainly in one set only.

    Parameters
    ----------
    first, second
        Expressions in real symbols.
    domain
        Closed intervals for some of the symbols.

    Examples
    --------
    >>> a = sp.Symbol("a", real=True)
    >>> same_region([a - 2, -a], [a**2 - 2*a], {}).verdict
    Verdict.PROVED
    """
    symbols = sorted({symbol for side in (*first, *second) for symbol in side.free_symbols}, key=str)
    sampled, seen = _sampled(first, second, symbols, domain)
    if sampled is not None:
        return sampled
    if len(symbols) == 1:
        cells = _cells(first, second, symbols[0], domain.get(symbols[0]))
        if cells is not None:
            return cells
    if all(any(_proportional(a, b) for b in second) for a in first) and all(
        any(_proportional(a, b) for a in first) for b in second
    ):
        return SameRegion(Verdict.PROVED, "the sides are positive multiples of each other")
    if _follows(first, second) and _follows(second, first):
        return SameRegion(Verdict.PROVED, "each condition of the one follows from those of the other, by exact algebra")
    return SameRegion(Verdict.OBSERVED, f"they agree at {seen} values of the parameters; this is no proof")


def _sampled(
    first: Sequence[sp.Expr],
    second: Sequence[sp.Expr],
    symbols: Sequence[sp.Symbol],
    domain: Mapping[sp.Symbol, tuple[Fraction, Fraction]],
) -> tuple[SameRegion | None, int]:
    try:
        lowered = [ball_backend.lower(straight_line([side], symbols)) for side in (*first, *second)]
    except ModelError:
        return None, 0
    seen = 0
    for raw in small_points(symbols, (), _POINTS):
        point = {s: _inside(value, domain.get(s)) for s, value in raw.items()}
        values = [ball_value(program, list(point.values())) for program in lowered]
        if any(value is None or not (value < 0 or value > 0) for value in values):
            continue
        seen += 1
        below = [bool(value is not None and value < 0) for value in values]
        if all(below[: len(first)]) != all(below[len(first) :]):
            return SameRegion(Verdict.REFUTED, "only one of them holds there", point), seen
    return None, seen


def _inside(value: sp.Rational, side: tuple[Fraction, Fraction] | None) -> sp.Rational:
    """A number moved into an interval: its fractional part says where."""
    if side is None:
        return value
    low, high = (sp.Rational(end.numerator, end.denominator) for end in side)
    if low <= value <= high:
        return value
    share = value / 3 - sp.floor(value / 3)
    return low + (high - low) * share


def _follows(first: Sequence[sp.Expr], second: Sequence[sp.Expr]) -> bool:
    """Whether all second are seen to be negative where all first are."""
    facts = [-side for side in first]
    return all(certain_sign(-side, facts) == 1 for side in second)


def _proportional(first: sp.Expr, second: sp.Expr) -> bool:
    return bool(second != 0 and sp.simplify(first / second).is_positive)


def _cells(
    first: Sequence[sp.Expr], second: Sequence[sp.Expr], symbol: sp.Symbol, side: tuple[Fraction, Fraction] | None
) -> SameRegion | None:
    """Compare the sets at every root and between the roots; None if a side is no polynomial over Q."""
    polynomials = [rational_polynomial(sp.expand(expression), [symbol]) for expression in (*first, *second)]
    known = [polynomial for polynomial in polynomials if polynomial is not None]
    if len(known) < len(polynomials):
        return None
    product = sp.Poly(1, symbol, domain="QQ")
    for polynomial in known:
        product = product * (polynomial if not polynomial.is_zero else 1)
    low, high = (None, None) if side is None else (sp.Rational(str(side[0])), sp.Rational(str(side[1])))
    product = product.sqf_part()
    roots = (
        [] if product.is_ground else [root for root, _ in product.intervals(inf=low, sup=high, eps=sp.Rational(1, 64))]
    )
    ends = sorted({x for root in roots for x in root} | ({low, high} if side is not None else {sp.Integer(0)}))
    points = [ends[0] - 1, *ends, ends[-1] + 1] if side is None else ends
    cells = sorted({*points, *((a + b) / 2 for a, b in zip(points, points[1:], strict=False))})
    count = len(first)
    for point in cells:
        below = [polynomial.eval(point) < 0 for polynomial in known]
        if all(below[:count]) != all(below[count:]):
            return SameRegion(Verdict.REFUTED, "only one of them holds there", {symbol: point})
    for root in roots:
        below = [_sign_at(polynomial, product, root) < 0 for polynomial in known]
        if all(below[:count]) != all(below[count:]):
            middle = (root[0] + root[1]) / 2
            return SameRegion(Verdict.REFUTED, "only one of them holds at the root near there", {symbol: middle})
    return SameRegion(Verdict.PROVED, f"compared exactly at {len(roots)} roots and between them")


def _sign_at(polynomial: sp.Poly, product: sp.Poly, root: tuple[sp.Rational, sp.Rational]) -> int:
    """Sign of a polynomial at the one root of `product` (a multiple of its square-free part) in an interval."""
    low, high = root
    if polynomial.is_zero or polynomial.gcd(product).count_roots(low, high):
        return 0
    # its roots are among those of the product, so it keeps its sign on the interval
    return int(sp.sign(polynomial.eval(low)))
