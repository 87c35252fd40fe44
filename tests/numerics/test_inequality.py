"""Inequalities in boxes, identities and regions: proved exactly, or refuted at a point that can be checked by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.numerics.intervals.bernstein import nonnegative_on_box, rational_polynomial
from symdyn.numerics.intervals.inequality import is_nonnegative
from symdyn.numerics.intervals.regions import same_region
from symdyn.numerics.intervals.vanishing import vanishes

x, y = sp.symbols("x y", real=True)
UNIT = (Fraction(0), Fraction(1))
MOTZKIN = x**4 * y**2 + x**2 * y**4 - 3 * x**2 * y**2 + 1  # >= 0 on the plane, zero at (+-1, +-1), no sum of squares


@pytest.mark.parametrize(
    ("expression", "sides", "strict", "verdict"),
    [
        (x * (1 - x), {x: UNIT}, False, Verdict.PROVED),
        (x * (1 - x), {x: UNIT}, True, Verdict.REFUTED),
        (sp.Rational(1, 4) - x * (1 - x), {x: UNIT}, False, Verdict.PROVED),  # touches at 1/2
        (sp.Rational(1, 5) - x * (1 - x), {x: UNIT}, False, Verdict.REFUTED),
        (x**2 + y**2 - 2 * x * y, {x: None, y: None}, False, Verdict.PROVED),
        (x**2 + y**2 - 3 * x * y, {x: None, y: None}, False, Verdict.REFUTED),
        (x**2 - 2 * x + 1 + y**2, {x: UNIT, y: UNIT}, False, Verdict.PROVED),
        (sp.exp(x) - 1 - x - x**2 / 3, {x: UNIT}, False, Verdict.PROVED),
        (sp.tanh(x) - x, {x: (Fraction(1, 10), Fraction(1))}, False, Verdict.REFUTED),
        (1 / (1 + x**2) - sp.Rational(1, 2), {x: UNIT}, False, Verdict.PROVED),
    ],
)
def test_inequalities_of_calculus_are_decided(expression, sides, strict, verdict):
    found = is_nonnegative(expression, sides, strict=strict)
    assert found.verdict is verdict, found.reason
    if verdict is Verdict.REFUTED:
        value = sp.N(expression.subs(found.point), 50)
        assert value < 0 or (strict and value <= 0)
        for symbol, ends in sides.items():
            assert ends is None or ends[0] <= found.point[symbol] <= ends[1]


def test_a_polynomial_that_touches_zero_inside_is_never_refuted():
    """Motzkin's polynomial has no certificate by squares; whatever is tried, it is not negative."""
    assert is_nonnegative(MOTZKIN, {x: (Fraction(-2), Fraction(2)), y: (Fraction(-2), Fraction(2))}).verdict in (
        Verdict.PROVED,
        Verdict.UNDECIDED,
    )


@pytest.mark.parametrize("strict", [False, True])
def test_bernstein_coefficients_decide_polynomials_off_zero(strict):
    polynomial = rational_polynomial(x**2 - x * y + y**2 + sp.Rational(1, 10), (x, y))
    assert nonnegative_on_box(polynomial, [UNIT, UNIT], strict=strict).holds is True
    below = nonnegative_on_box(polynomial - 1, [UNIT, UNIT], strict=strict)
    assert below.holds is False
    assert (polynomial - 1).eval(tuple(sp.Rational(p.numerator, p.denominator) for p in below.point)) < 0


@pytest.mark.parametrize(
    ("expression", "verdict"),
    [
        ((x + y) ** 3 - x**3 - 3 * x**2 * y - 3 * x * y**2 - y**3, Verdict.PROVED),
        ((x**2 - 1) / (x - 1) - x - 1, Verdict.PROVED),
        (sp.sin(x) ** 2 + sp.cos(x) ** 2 - 1, Verdict.PROVED),
        (sp.cosh(x) ** 2 - sp.sinh(x) ** 2 - 1, Verdict.PROVED),
        (sp.sin(2 * x) - 2 * sp.sin(x), Verdict.REFUTED),
        (sp.sqrt(x**2) - x, Verdict.REFUTED),  # wrong for negative x
        (sp.exp(x) - 1 - x - x**2 / 2, Verdict.REFUTED),
    ],
)
def test_identities_are_told_from_near_identities(expression, verdict):
    found = vanishes(expression)
    assert found.verdict is verdict, found.reason
    if verdict is Verdict.REFUTED:
        assert abs(sp.N(expression.subs(found.point), 50)) > 0


def test_positive_symbols_make_more_identities():
    assert vanishes(sp.sqrt(x**2) - x, positive=(x,)).verdict is Verdict.PROVED


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        ([1 - x], [2 - 2 * x], Verdict.PROVED),
        ([1 - x**2], [1 - x], Verdict.REFUTED),  # x < -1 lies in the first alone
        ([x - 1, -x], [x * (x - 1)], Verdict.PROVED),
        ([-x], [1 - x], Verdict.REFUTED),
    ],
)
def test_regions_of_parameters_are_compared_exactly(first, second, verdict):
    found = same_region(first, second, {})
    assert found.verdict is verdict, found.reason
    if verdict is Verdict.REFUTED:
        inside = [all(e.subs(found.point) < 0 for e in region) for region in (first, second)]
        assert inside[0] != inside[1]
