"""Integrals between two fractions, proved: Arb's integration in complex balls, and bounds of what lies further out."""

from __future__ import annotations

from typing import Any

import flint
import sympy as sp

from symdyn.errors import ModelError, came
from symdyn.numerics.analytic import Analytic, analytic, pieces
from symdyn.numerics.arrays import whole
from symdyn.numerics.enclosed_number import Enclosure, from_ball

_TRIES = 4


def certified_integral(expression: Any, symbol: sp.Symbol, low: Any, high: Any, *, digits: int = 15) -> Enclosure:
    """The integral of a formula over an interval, enclosed with a proof.

    Parameters
    ----------
    expression
        In the symbol alone: rational functions, exp, log, roots, sin, cos, tanh, erf, absolute values, Max, Heaviside.
    symbol
        Real.
    low, high
        Exact numbers, or infinite where the formula is rational or decays like exp(-c symbol^2).
    digits
        The width wanted, relative to 1 or to the integral if that is larger.

    Returns
    -------
    Enclosure
        PROVED.

    Raises
    ------
    ModelError
        If an end is none, the formula has another symbol or is not integrable there, or the width is not reached.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> certified_integral(1 / x, x, 1, sp.E).contains(1)
    True
    >>> print(certified_integral(sp.exp(-x**2), x, -sp.oo, sp.oo, digits=10))
    1.77245385090552 (within 7e-15)
    """
    ends = [_end(value) for value in (low, high)]
    if not bool(ends[0] < ends[1]):
        raise ModelError(f"the interval goes from {ends[0]} to {ends[1]}: give the lower end first")
    wanted = whole(digits, "the number of digits", least=1, most=200)
    parts = pieces(sp.S.Zero + expression, symbol, ends)
    for attempt in range(_TRIES):
        with flint.ctx.workprec((2 + attempt) * 4 * wanted + 64):
            total = flint.arb(0)
            for left, right, formula in parts:
                total += _piece(formula, symbol, left, right, wanted + 3)
            if total.is_finite() and float(total.rad()) <= 10.0**-wanted * max(1.0, abs(float(total.mid()))):
                return from_ball(total)
    raise ModelError(f"the integral of {expression} was not enclosed to {wanted} digits: ask for fewer, or split it")


def _end(value: Any) -> sp.Expr:
    exact = sp.nsimplify(value) if isinstance(value, float) and value == value else value
    exact = sp.S.Zero + exact if isinstance(exact, int | sp.Basic) and not isinstance(exact, bool) else sp.nan
    if exact is sp.nan or not (exact.is_extended_real):
        raise ModelError(f"an end of the interval is {came(value)}: give a real number, sympy.oo or -sympy.oo")
    return exact


def _piece(formula: sp.Expr, symbol: sp.Symbol, left: sp.Expr, right: sp.Expr, digits: int) -> flint.arb:
    if left.is_finite and right.is_finite:
        return integral(analytic(formula, symbol), ball(left), ball(right))
    if formula.is_rational_function(symbol):
        return _rational(formula, symbol, left, right)
    return _gaussian(formula, symbol, left, right, digits)


def ball(value: sp.Expr) -> flint.arb:
    """An exact real number in a ball."""
    found = analytic(value, sp.Dummy())(flint.acb(0), False)
    return flint.arb(found.real)


def integral(function: Analytic, low: flint.arb, high: flint.arb) -> flint.arb:
    """The integral of an analytic function over a real interval."""
    found: Any = flint.acb.integral(function, flint.acb(low), flint.acb(high))
    return flint.arb(found.real)


def _rational(formula: sp.Expr, symbol: sp.Symbol, left: sp.Expr, right: sp.Expr) -> flint.arb:
    """Far out in t = 1/symbol, where a rational function that is integrable has no pole."""
    far = sp.cancel((formula / 1).subs(symbol, 1 / symbol) / symbol**2)
    if sp.limit(far, symbol, 0, dir="+").is_infinite or sp.limit(far, symbol, 0, dir="-").is_infinite:
        raise ModelError(f"{formula} is not integrable to infinity: give finite ends")
    total = flint.arb(0)
    near_left, near_right = left, right
    if right == sp.oo:
        near_right = sp.Max(1, 1 if left == -sp.oo else sp.ceiling(left) + 1)
        total += integral(analytic(far, symbol), flint.arb(0), ball(1 / near_right))
    if left == -sp.oo:
        near_left = sp.Min(-1, near_right - 1 if right == sp.oo else sp.floor(right) - 1)
        total += integral(analytic(far, symbol), ball(1 / near_left), flint.arb(0))
    return total + integral(analytic(formula, symbol), ball(near_left), ball(near_right))


def _gaussian(formula: sp.Expr, symbol: sp.Symbol, left: sp.Expr, right: sp.Expr, digits: int) -> flint.arb:
    """A bound of the formula by polynomials times exp(a |z| - c z^2) bounds what lies beyond a radius."""
    bound = growth(formula, symbol)
    if bound is None or not all(decay > 0 for _, _, _, decay in bound):
        raise ModelError(
            f"how {formula} decays is not seen: integrate to infinity what is rational or decays like "
            f"exp(-c {symbol}^2)"
        )
    fastest = max((rate / decay for _, _, rate, decay in bound), default=sp.S.Zero)
    ends = (sp.ceiling(abs(end)) + 1 for end in (left, right) if end.is_finite)
    radius = max([sp.ceiling(8 * fastest) + 1, *ends])
    tail = _beyond(bound, radius)
    while not float(tail) <= 10.0**-digits:
        radius = 2 * radius
        tail = _beyond(bound, radius)
        if radius > 10**6:
            raise ModelError(f"{formula} decays too slowly for {digits} digits: ask for fewer")
    near_left = -radius if left == -sp.oo else left
    near_right = radius if right == sp.oo else right
    total = integral(analytic(formula, symbol), ball(sp.S.Zero + near_left), ball(sp.S.Zero + near_right))
    sides = int(left == -sp.oo) + int(right == sp.oo)
    return total + flint.arb(0, float(tail) * 1.0000001) * sides


#: Coefficient, power of |z|, rate a and decay c of a term K |z|^k exp(a |z| - c z^2) of a bound.
Growth = list[tuple[sp.Rational, int, sp.Rational, sp.Rational]]


def _beyond(bound: Growth, radius: sp.Integer) -> flint.arb:
    """A bound of the integral from the radius on: a z <= c z^2/2 there, and then an incomplete Gamma function."""
    total = flint.arb(0)
    for coefficient, power, _, decay in bound:
        half = flint.arb(flint.fmpq(int(decay.p), 2 * int(decay.q)))
        place = half * flint.arb(int(radius)) ** 2
        order = flint.arb(flint.fmpq(power + 1, 2))
        value = place.gamma_upper(order) / (2 * half**order)
        total += flint.arb(flint.fmpq(int(coefficient.p), int(coefficient.q))) * value
    return total.upper() if total.is_finite() else flint.arb("inf")


def growth(formula: sp.Expr, symbol: sp.Symbol, side: int = 0) -> Growth | None:
    """Terms whose sum bounds |formula| on the real line, or for symbol >= 0 (side 1) or <= 0 (side -1).

    None where no rule is known.
    """
    if symbol not in formula.free_symbols:
        return [(_above(formula), 0, sp.S.Zero, sp.S.Zero)]
    if formula == symbol:
        return [(sp.S.One, 1, sp.S.Zero, sp.S.Zero)]
    if isinstance(formula, sp.Add):
        parts = [growth(part, symbol, side) for part in formula.args]
        return None if any(part is None for part in parts) else [term for part in parts for term in part or []]
    if isinstance(formula, sp.Mul):
        return _product([growth(part, symbol, side) for part in formula.args])
    if isinstance(formula, sp.Pow) and formula.exp.is_Integer and formula.exp > 0:
        return _product([growth(formula.base, symbol, side)] * int(formula.exp))
    if isinstance(formula, sp.exp):
        return _exponential(formula.args[0], symbol, side)
    if isinstance(formula, sp.tanh | sp.erf | sp.sin | sp.cos | sp.sech):
        return [(sp.S.One, 0, sp.S.Zero, sp.S.Zero)]
    if isinstance(formula, sp.atan):
        return [(sp.Integer(2), 0, sp.S.Zero, sp.S.Zero)]
    if isinstance(formula, sp.sinh | sp.cosh):
        inner = _exponential(formula.args[0], symbol)
        other = _exponential(-formula.args[0], symbol)
        return None if inner is None or other is None else inner + other
    if isinstance(formula, sp.Pow):
        return _power(formula, symbol, side)
    if isinstance(formula, sp.log) and formula.args[0].is_Add:
        return _logarithm(formula.args[0], symbol)
    return None


def _power(formula: sp.Pow, symbol: sp.Symbol, side: int) -> Growth | None:
    """Negative and broken powers of c + (what is nowhere negative), c > 0."""
    if formula.exp == -1:
        return _one_over(formula.base)
    constant, rest = formula.base.as_coeff_Add()
    safe = constant.is_positive and all(_is_nonnegative(term) for term in sp.Add.make_args(rest))
    if not safe or not formula.exp.is_Rational:
        return None
    if formula.exp < 0:
        return [(_above(constant**formula.exp), 0, sp.S.Zero, sp.S.Zero)]
    # b^e <= 1 + b for 0 < e <= 1, and sqrt(c + a z^2) <= sqrt(c) + sqrt(a) |z|
    if formula.exp == sp.S.Half and rest.is_Mul | rest.is_Pow and rest.as_independent(symbol)[1] == symbol**2:
        slope = sp.sqrt(rest.as_independent(symbol)[0])
        return [(_above(sp.sqrt(constant)), 0, sp.S.Zero, sp.S.Zero), (_above(slope), 1, sp.S.Zero, sp.S.Zero)]
    whole_part = sp.ceiling(formula.exp)
    inner = growth(formula.base, symbol, side)
    return None if inner is None else _product([[(sp.S.One, 0, sp.S.Zero, sp.S.Zero), *inner]] * int(whole_part))


def _one_over(below: sp.Expr) -> Growth | None:
    """1 over a sum of a positive number and of what is nowhere negative, as 1 + exp(-z)."""
    constant, rest = below.as_coeff_Add()
    terms = sp.Add.make_args(rest)
    if constant.is_positive and all(_is_nonnegative(term) for term in terms):
        return [(_above(1 / constant), 0, sp.S.Zero, sp.S.Zero)]
    return None


def _logarithm(inside: sp.Expr, symbol: sp.Symbol) -> Growth | None:
    """log(c + e^{a z}) with c >= 1 is between 0 and log(c + 1) + |a z|."""
    constant, rest = inside.as_coeff_Add()
    if constant.is_Rational and constant >= 1 and isinstance(rest, sp.exp):
        bound = _exponential(rest.args[0], symbol)
        if bound is not None and all(decay == 0 for _, _, _, decay in bound):
            rate = sum((rate for _, _, rate, _ in bound), sp.S.Zero)
            shift = abs(rest.args[0].subs(symbol, 0))
            return [(_above(sp.log(constant + 1) + shift), 0, sp.S.Zero, sp.S.Zero), (rate, 1, sp.S.Zero, sp.S.Zero)]
    return None


def _is_nonnegative(term: sp.Expr) -> bool:
    coefficient, rest = term.as_coeff_Mul()
    return bool(coefficient >= 0) and all(
        isinstance(part, sp.exp | sp.cosh) or (isinstance(part, sp.Pow) and part.exp.is_Integer and part.exp % 2 == 0)
        for part in sp.Mul.make_args(rest)
    )


def _exponential(inner: sp.Expr, symbol: sp.Symbol, side: int = 0) -> Growth | None:
    if not inner.is_polynomial(symbol) or sp.degree(inner, symbol) > 2:
        return None
    poly = sp.Poly(inner, symbol)
    square, rate, shift = poly.coeff_monomial(symbol**2), poly.coeff_monomial(symbol), poly.coeff_monomial(1)
    if square > 0:
        return None
    decay = sp.S.Zero if square == 0 else _below(-square)
    if side * rate < 0:
        rate = sp.S.Zero
    return [(_above(sp.exp(shift)), 0, _above(abs(rate)), decay)]


def _product(parts: list[Growth | None]) -> Growth | None:
    found: Growth = [(sp.S.One, 0, sp.S.Zero, sp.S.Zero)]
    for part in parts:
        if part is None:
            return None
        found = [(a * b, p + q, r + s, d + e) for a, p, r, d in found for b, q, s, e in part]
        if len(found) > 10_000:
            return None
    return found


def _above(value: sp.Expr) -> sp.Rational:
    """A fraction that is at least |value|."""
    return sp.Abs(value) if value.is_Rational else _fraction(abs(ball(value)).upper())


def _below(value: sp.Expr) -> sp.Rational:
    """A fraction that is at most a positive value, close to it."""
    return value if value.is_Rational else _fraction(ball(value).lower())


def _fraction(exact: flint.arb) -> sp.Rational:
    mantissa, exponent = exact.man_exp()
    return sp.Rational(int(mantissa)) * sp.Rational(2) ** int(exponent)
