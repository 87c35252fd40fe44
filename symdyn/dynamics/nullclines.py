"""Nullclines of a flow in the plane, and Jacobians as formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.symbols import checked_expression
from symdyn.algebra.programs.derivatives import jacobian
from symdyn.errors import ModelError


def jacobian_of(formulas: Sequence[sp.Expr], coords: tuple[sp.Symbol, ...], at: Any = None) -> sp.ImmutableMatrix:
    """Partial derivatives of the formulas, at a point if one is given; the derivative of |u| is sign(u) u'.

    Raises
    ------
    ModelError
        If the point is no mapping from coordinates to formulas.
    """
    if any(formula.has(sp.Abs) for formula in formulas):  # SymPy knows the derivative for real symbols
        free: set[sp.Symbol] = set().union(*(formula.free_symbols for formula in formulas))
        real = {symbol: sp.Dummy(symbol.name, real=True) for symbol in {*coords, *free}}
        back = {dummy: symbol for symbol, dummy in real.items()}
        entered = [formula.xreplace(real) for formula in formulas]
        entries = [sp.diff(formula, real[symbol]).xreplace(back) for formula in entered for symbol in coords]
        found = sp.ImmutableMatrix(len(formulas), len(coords), entries)
    else:
        found = jacobian(list(formulas), coords)
    return found if at is None else found.subs(_point(coords, at), simultaneous=True).applyfunc(sp.simplify)


def _point(coords: tuple[sp.Symbol, ...], at: Any) -> dict[sp.Symbol, sp.Expr]:
    names = {symbol.name: symbol for symbol in coords}
    known = ", ".join(names)
    if not isinstance(at, Mapping):
        raise ModelError(f"the point is {at!r}: give a mapping from coordinate to value, for {known}")
    point = {}
    for key, value in at.items():
        symbol = key if key in coords else names.get(str(key))
        if symbol is None:
            raise ModelError(f"`{key}` is no coordinate: give values for {known}")
        point[symbol] = checked_expression(value, f"the value of `{key}`")
    missing = [symbol for symbol in coords if symbol not in point]
    if missing:
        raise ModelError(f"`{missing[0]}` has no value: give values for {known}")
    return point


def nullclines_of(
    components: Sequence[sp.Expr], coords: tuple[sp.Symbol, ...]
) -> dict[sp.Symbol, tuple[sp.Basic, ...]]:
    """For each of two coordinates the curves on which it stands still, one for each factor of its rate.

    Examples
    --------
    >>> x, y, a = sp.symbols("x y a")
    >>> nullclines_of([x*(1 - x - y), a*x - y**2 + x**2], (x, y))
    {x: (Eq(x, 0), Eq(y, 1 - x)), y: (Eq(x*(a + x), y**2),)}
    """
    if len(coords) != 2:
        raise ModelError(
            f"the flow has {len(coords)} coordinates, and nullclines are curves in a plane: give a flow of two "
            "of them, with the others as parameters"
        )
    return {symbol: _curves(rate, coords) for symbol, rate in zip(coords, components, strict=True)}


def _curves(rate: sp.Expr, coords: tuple[sp.Symbol, ...]) -> tuple[sp.Basic, ...]:
    above = sp.factor(sp.fraction(sp.together(rate))[0])
    if above == 0:
        return (sp.true,)
    found: list[sp.Basic] = []
    for part in sp.Mul.make_args(above):
        base = part.as_base_exp()[0] if part.is_Pow and part.exp.is_positive else part
        if not base.free_symbols & set(coords) or base.is_nonzero or isinstance(base, sp.exp):
            continue
        found += [curve for curve in _solved(base, coords) if curve != sp.false and curve not in found]
    return tuple(sorted(found, key=lambda curve: (sp.count_ops(curve), str(curve))))


def _solved(factor: sp.Expr, coords: tuple[sp.Symbol, ...]) -> list[sp.Basic]:
    """The factor solved for a coordinate that it has linearly, or for the only one that it has; else an equation."""
    first, second = coords
    inside = [symbol for symbol in (second, first) if symbol in factor.free_symbols]
    linear = [s for s in inside if factor.is_polynomial(s) and sp.degree(factor, s) == 1]
    for free in (True, False):
        for symbol in linear:
            slope, rest = sp.Poly(factor, symbol).all_coeffs()
            if not (free and slope.free_symbols & set(coords)):
                return [sp.Eq(symbol, _shorter(-rest / slope))]
    if len(inside) == 1 and factor.is_polynomial(inside[0]) and sp.degree(factor, inside[0]) == 2:
        a, b, c = sp.Poly(factor, inside[0]).all_coeffs()
        inner = sp.factor(b**2 - 4 * a * c)
        roots = [sp.simplify((-b + sign * sp.sqrt(inner)) / (2 * a)) for sign in (-1, 1)]
        return [] if inner.is_negative else [sp.Eq(inside[0], root) for root in roots]
    return [_equation(factor)]


def _equation(factor: sp.Expr) -> sp.Basic:
    """Terms on the side on which they are positive."""
    terms = sp.Add.make_args(sp.expand(factor))
    left = sp.Add(*(term for term in terms if not term.could_extract_minus_sign()))
    right = sp.Add(*(-term for term in terms if term.could_extract_minus_sign()))
    if right.is_number or left.is_number:
        return sp.Eq(left, right)
    return sp.Eq(sp.factor_terms(left), sp.factor_terms(right))


def _shorter(expression: sp.Expr) -> sp.Expr:
    opened = sp.expand(sp.cancel(expression)) if expression.is_rational_function() else expression
    forms = [sp.factor(expression), opened]
    return min(forms, key=lambda form: (sp.count_ops(form), str(form)))
