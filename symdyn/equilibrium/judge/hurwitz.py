"""Quantities that are all positive exactly where all roots of a real polynomial are stable: Hurwitz, Jury.

Of the minors of Hurwitz half are enough beside half of the coefficients (Lienard and Chipart 1914). For iterations the
disc is carried to the half plane first, by z = (1 + w)/(1 - w).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flint
import sympy as sp

from symdyn.algebra.budgets.deadline import check_time

_MOST_TERMS = 5_000
_SECONDS_OF_A_PRODUCT = 1e-7


class TooLongError(Exception):
    """A minor has thousands of terms."""


def stable_quantities(coefficients: Sequence[sp.Expr], discrete: bool) -> list[sp.Expr]:
    """Quantities of a real polynomial, by its coefficients from the constant up; the last of them is not zero.

    Parameters
    ----------
    coefficients
        Polynomials in symbols and in what else stands in them (roots, exponentials).
    discrete
        Whether moduli are compared with 1, instead of real parts with 0.

    Raises
    ------
    TooLongError
        If a minor has thousands of terms.

    Examples
    --------
    >>> a, b, c = sp.symbols("a b c")
    >>> stable_quantities([c, b, a, sp.S.One], False)
    [c, a, a*b - c]
    >>> stable_quantities([b, a, sp.S.One], True)
    [a + b + 1, -a + b + 1, 2 - 2*b]
    """
    leading = coefficients[-1]
    down = _carried(coefficients) if discrete else [sp.expand(c) for c in reversed(coefficients)]
    degree = len(down) - 1
    minors = _minors(down) if degree > 2 else {}
    chosen = [(down[k], 1) for k in range(degree, 0, -2)]
    if discrete:
        chosen.append((down[0], 1))
    if degree % 2 == 0 and degree:
        chosen.append((down[1], 1))
    chosen += [(minors[k], k) for k in range(degree - 1, 1, -2)][::-1] if degree > 2 else []
    turned = [quantity * (leading if power % 2 else 1) for quantity, power in chosen]
    return list(dict.fromkeys(turned))


def _carried(coefficients: Sequence[sp.Expr]) -> list[sp.Expr]:
    """The image in w, from its leading coefficient down."""
    degree = len(coefficients) - 1
    powers = [_power_terms(k, degree) for k in range(degree + 1)]
    return [
        sp.expand(sp.Add(*(c * powers[k][j] for k, c in enumerate(coefficients)))) for j in range(degree, -1, -1)
    ]


def _power_terms(k: int, degree: int) -> list[int]:
    """Coefficients of (1 + w)^k (1 - w)^(degree - k), from the constant up."""
    product = flint.fmpz_poly([1, 1]) ** k * flint.fmpz_poly([1, -1]) ** (degree - k)
    return [int(product[j]) for j in range(degree + 1)]


def _minors(down: Sequence[sp.Expr]) -> dict[int, sp.Expr]:
    """Leading principal minors of Hurwitz's matrix of orders 2 to degree - 1, by elimination without fractions."""
    degree = len(down) - 1
    polynomials, back = _entered(down)
    zero = polynomials[0] * 0
    matrix = [
        [polynomials[2 * j - i + 1] if 0 <= 2 * j - i + 1 <= degree else zero for j in range(degree - 1)]
        for i in range(degree - 1)
    ]
    return {order: back(minor) for order, minor in _pivots(matrix).items() if order > 1}


def _pivots(matrix: list[list[Any]]) -> dict[int, Any]:
    """Leading principal minors, by Bareiss; where one vanishes the later ones by determinants of their own."""
    size = len(matrix)
    rows, found = [list(row) for row in matrix], {1: matrix[0][0]}
    last = rows[0][0] * 0 + 1
    for k in range(size - 1):
        if rows[k][k] == 0:
            return found | {order: _determinant(matrix, order) for order in range(k + 2, size + 1)}
        _cleared(rows, k, last)
        last = rows[k][k]
        found[k + 2] = rows[k + 1][k + 1]
    return found


def _determinant(matrix: list[list[Any]], order: int) -> Any:
    """Of the leading block, by Bareiss with rows exchanged."""
    rows, sign = [list(row[:order]) for row in matrix[:order]], 1
    last = rows[0][0] * 0 + 1
    for k in range(order - 1):
        chosen = next((i for i in range(k, order) if rows[i][k] != 0), None)
        if chosen is None:
            return rows[0][0] * 0
        if chosen != k:
            rows[k], rows[chosen], sign = rows[chosen], rows[k], -sign
        _cleared(rows, k, last)
        last = rows[k][k]
    return rows[-1][-1] * sign


def _cleared(rows: list[list[Any]], k: int, last: Any) -> None:
    """One step of elimination without fractions below row k."""
    for i in range(k + 1, len(rows)):
        for j in range(k + 1, len(rows)):
            # a product is one call into compiled code, which no clock interrupts
            products = len(rows[i][j]) * len(rows[k][k]) + len(rows[i][k]) * len(rows[k][j])
            check_time(products * _SECONDS_OF_A_PRODUCT)
            rows[i][j] = (rows[i][j] * rows[k][k] - rows[i][k] * rows[k][j]) / last
            if len(rows[i][j]) > _MOST_TERMS:
                raise TooLongError


def _entered(entries: Sequence[sp.Expr]) -> tuple[list[Any], Callable[[Any], sp.Expr]]:
    """Expressions as polynomials of FLINT in their generators (irrational numbers among them), and the way back."""
    terms = [[_powers(term) for term in sp.Add.make_args(sp.expand(entry))] for entry in entries]
    generators = sorted({g for entry in terms for _, powers in entry for g in powers}, key=sp.default_sort_key)
    context = flint.fmpq_mpoly_ctx.get([f"x{k}" for k in range(len(generators))], "degrevlex")
    found = []
    for entry in terms:
        total: dict[tuple[int, ...], flint.fmpq] = {}
        for number, powers in entry:
            place = tuple(powers.get(g, 0) for g in generators)
            total[place] = total.get(place, flint.fmpq(0)) + flint.fmpq(int(number.p), int(number.q))
        found.append(context.from_dict(total))

    def back(polynomial: Any) -> sp.Expr:
        parts = []
        for powers, value in polynomial.to_dict().items():
            factors = [g ** int(e) for g, e in zip(generators, powers, strict=True) if e]
            parts.append(sp.Mul(sp.Rational(int(value.p), int(value.q)), *factors))
        return sp.expand(sp.Add(*parts))

    return found, back


def _powers(term: sp.Expr) -> tuple[sp.Rational, dict[sp.Expr, int]]:
    """A term as a rational number and powers of generators."""
    number = sp.S.One
    powers: dict[sp.Expr, int] = {}
    for factor in sp.Mul.make_args(term):
        base, power = factor.as_base_exp()
        if factor.is_Rational:
            number *= factor
        elif power.is_Integer and power > 0:
            powers[base] = powers.get(base, 0) + int(power)
        else:
            powers[factor] = powers.get(factor, 0) + 1
    return number, powers
