"""Gaussian expectations of functions that are given piece by piece: of one variable, and of two that switch at zero."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from symdyn.errors import ModelError
from symdyn.numerics.analytic import pieces

_MOST_DEGREE = 12


def by_pieces(formula: sp.Expr, variables: Sequence[sp.Symbol], C: sp.MatrixBase) -> sp.Expr | None:
    """E f(z), or E f(z) g(w) where both switch at zero only, for pieces that are polynomials; None for others.

    In one variable pieces may also have exponentials of linear forms.

    Examples
    --------
    >>> z, q = sp.Symbol("z", real=True), sp.Symbol("q", positive=True)
    >>> by_pieces(sp.Max(-1, sp.Min(1, z)) ** 2, (z,), sp.Matrix([[1]])).evalf(10)
    0.5160585510
    >>> by_pieces(sp.Max(z, z / 2) ** 2, (z,), sp.Matrix([[q]]))
    5*q/8
    """
    try:
        return _of_one(formula, variables[0], C[0, 0]) if len(variables) == 1 else _of_two(formula, variables, C)
    except (ModelError, sp.PolynomialError):
        return None


def _of_one(formula: sp.Expr, z: sp.Symbol, variance: sp.Expr) -> sp.Expr | None:
    if formula.free_symbols - {z}:
        return None
    total = sp.S.Zero
    for low, high, smooth in pieces(formula, z, (-sp.oo, sp.oo)):
        for term in sp.Add.make_args(sp.expand(smooth)):
            value = _truncated(term, z, variance, low, high)
            if value is None:
                return None
            total += value
    return sp.expand(total)


def _truncated(term: sp.Expr, z: sp.Symbol, v: sp.Expr, low: sp.Expr, high: sp.Expr) -> sp.Expr | None:
    """E z^k e^{a z + b} on an interval; e^{a z} moves the mean to a v."""
    constant, rest = term.as_independent(z, as_Add=False)
    rate, polynomial = sp.S.Zero, sp.S.One
    for factor in sp.Mul.make_args(rest):
        if isinstance(factor, sp.exp):
            if not factor.args[0].is_polynomial(z) or sp.degree(factor.args[0], z) > 1:
                return None
            rate += sp.diff(factor.args[0], z)
            constant *= sp.exp(factor.args[0].subs(z, 0))
        else:
            polynomial *= factor
    if not polynomial.is_polynomial(z) or sp.degree(polynomial, z) > _MOST_DEGREE:
        return None
    shift = rate * v
    moved = sp.Poly(sp.expand(polynomial.subs(z, z + shift)), z)
    if moved.is_zero:
        return sp.S.Zero
    moments = _moments(moved.degree(), v, low - shift, high - shift)
    value = sum((c * moments[k] for (k,), c in moved.terms()), sp.S.Zero)
    return constant * sp.exp(rate**2 * v / 2) * value


def _moments(degree: int, v: sp.Expr, low: sp.Expr, high: sp.Expr) -> list[sp.Expr]:
    """int z^k of the density from low to high, k = 0 .. degree."""

    def edge(end: sp.Expr, k: int) -> sp.Expr:
        """z^k times the density."""
        if end.is_infinite:
            return sp.S.Zero
        return end**k * sp.exp(-(end**2) / (2 * v)) / sp.sqrt(2 * sp.pi * v)

    def below(end: sp.Expr) -> sp.Expr:
        return sp.sign(end) if end.is_infinite else sp.erf(end / sp.sqrt(2 * v))

    found = [(below(high) - below(low)) / 2]
    for k in range(1, degree + 1):
        before = (k - 1) * found[k - 2] if k > 1 else sp.S.Zero
        found.append(v * (before - edge(high, k - 1) + edge(low, k - 1)))
    return found


def _of_two(formula: sp.Expr, variables: Sequence[sp.Symbol], C: sp.MatrixBase) -> sp.Expr | None:
    z, w = variables
    total = sp.S.Zero
    for term in sp.Add.make_args(sp.expand(formula)):
        f, g = term.as_independent(w, as_Add=False)
        if z in g.free_symbols or (f * g).free_symbols - {z, w}:
            return None
        for sign in (1, -1):
            for other in (1, -1):
                first, second = _on_side(f, z, sign), _on_side(g, w, other)
                if first is None or second is None:
                    return None
                for (i,), a in first.terms():
                    for (j,), b in second.terms():
                        total += a * b * _quadrant(i, j, C[0, 0], C[1, 1], sign * other * C[0, 1])
    return total


def _on_side(function: sp.Expr, z: sp.Symbol, sign: int) -> sp.Poly | None:
    """f(sign |z|) as a polynomial in |z|, where f switches at zero only."""
    found = pieces(function, z, (-sp.oo, sp.oo))
    if any(end not in (-sp.oo, sp.S.Zero, sp.oo) for low, high, _ in found for end in (low, high)):
        return None
    smooth = found[-1 if sign > 0 else 0][2].subs(z, sign * z)
    return sp.Poly(smooth, z) if smooth.is_polynomial(z) and sp.degree(smooth, z) <= _MOST_DEGREE else None


def _quadrant(i: int, j: int, a: sp.Expr, b: sp.Expr, c: sp.Expr) -> sp.Expr:
    """E z^i w^j over z, w > 0: by parts down to the angle of the quadrant and to half lines at its sides."""
    if i < j:
        return _quadrant(j, i, b, a, c)
    if i == 0:
        return sp.Rational(1, 4) + sp.asin(_correlation(a, b, c)) / (2 * sp.pi)
    total = sp.S.Zero
    if i > 1:
        total += a * (i - 1) * _quadrant(i - 2, j, a, b, c)
    if j:
        total += c * j * _quadrant(i - 1, j - 1, a, b, c)
    if i == 1:
        total += a * _half(j, b - c**2 / a) / sp.sqrt(2 * sp.pi * a)
    if j == 0:
        total += c * _half(i - 1, a - c**2 / b) / sp.sqrt(2 * sp.pi * b)
    return total


def _correlation(a: sp.Expr, b: sp.Expr, c: sp.Expr) -> sp.Expr:
    return sp.cancel(c / a) if a == b else c / sp.sqrt(a * b)


def _half(k: int, variance: sp.Expr) -> sp.Expr:
    """E z^k over z > 0."""
    v = sp.factor(variance)
    power = sp.sqrt(v) ** k
    return sp.Integer(2) ** (sp.Rational(k, 2) - 1) * sp.gamma(sp.Rational(k + 1, 2)) / sp.sqrt(sp.pi) * power
