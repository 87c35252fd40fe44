"""Functions that equations define: x(y) with F(x(y), y) = 0, its Jacobian and its expansion."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Integral
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.polynomials.truncated import Field, Series, SingularError, Truncated, taylor_coefficients
from symdyn.errors import ModelError, ShapeError, came


@dataclass(frozen=True, kw_only=True)
class ImplicitExpansion:
    """x(y0 + h) up to an order.

    Parameters
    ----------
    point
        Values of all x and y.
    polynomial
        x as polynomials in the shifts h, (n, 1).
    shifts
        The symbols h, one for each y.
    first
        dx/dy, (n, m).
    second
        n symmetric matrices (m, m) of second derivatives, where the order is 2 or more.
    exact
        Whether no float entered.
    """

    point: Mapping[sp.Symbol, sp.Expr]
    polynomial: sp.ImmutableMatrix
    shifts: tuple[sp.Symbol, ...]
    first: sp.ImmutableMatrix
    second: tuple[sp.ImmutableMatrix, ...]
    exact: bool


def implicit_jacobian(F: Any, x: Any, y: Any) -> sp.ImmutableMatrix:
    """dx/dy = -F_1^{-1} F_2 as formulas, shape (n, m).

    Parameters
    ----------
    F
        n formulas.
    x, y
        Symbols, a symbol or a sequence; n of x.

    Raises
    ------
    ModelError, ShapeError
        If F_1 is singular as a matrix of formulas, or there are not as many equations as x.

    Examples
    --------
    >>> x, y = sp.symbols("x y")
    >>> implicit_jacobian(x**3 + x - y, x, y)
    Matrix([[1/(3*x**2 + 1)]])
    """
    equations, inner, outer = _checked(F, x, y)
    slope = equations.jacobian(inner)
    if is_singular_everywhere(slope):
        raise ModelError(f"F_1 is singular everywhere, of rank {slope.rank()}: F defines no function x(y)")
    solved = slope.LUsolve(equations.jacobian(outer))
    return sp.ImmutableMatrix((-solved).applyfunc(lambda entry: sp.cancel(sp.together(entry))))


def implicit_expansion(F: Any, x: Any, y: Any, *, point: Mapping[Any, Any], order: Any = 2) -> ImplicitExpansion:
    """The expansion of x(y) at a point, over Q, a number field, rational functions, or in floats.

    Derivatives are taken once; F_1 is inverted as a matrix of numbers only.

    Parameters
    ----------
    F, x, y
        As of `implicit_jacobian`.
    point
        Values of all x and y that solve F = 0; parameters may stay symbols.
    order
        From 1 to 8.

    Raises
    ------
    ModelError, ShapeError
        If the point is no zero of F (with the residual), F_1 is singular there (with its rank and a kernel vector), or
        a value is missing.

    Examples
    --------
    >>> x, y = sp.symbols("x y")
    >>> found = implicit_expansion(x**3 + x - y, x, y, point={x: 1, y: 2})
    >>> found.first, found.second
    (Matrix([[1/4]]), (Matrix([[-3/32]]),))
    """
    equations, inner, outer = _checked(F, x, y)
    if isinstance(order, bool) or not isinstance(order, int) or not 1 <= order <= 8:
        raise ModelError(f"the order is {came(order)}: give a whole number from 1 to 8")
    values = point_of(point, (*inner, *outer))
    coefficients = taylor_coefficients(list(equations), (*inner, *outer), values, order)
    field = Field.of([value for row in coefficients for value in row.values()])
    ring = Truncated(field, len(outer), order)
    rows = [{index: field.read(value) for index, value in row.items()} for row in coefficients]
    require_zero([row.get((0,) * (len(inner) + len(outer)), 0) for row in coefficients], "the point")
    zero = (0,) * (len(inner) + len(outer))
    shifts = [ring.variable(k) for k in range(len(outer))]
    unknown: list[Series] = [{} for _ in inner]
    slopes = [
        [ring.constant(row.get(_unit(k, len(zero)), field.read(sp.Integer(0)))) for k in range(len(inner))]
        for row in rows
    ]
    for _ in range(order):
        left = [[ring.compose({i: v for i, v in row.items() if i != zero}, [*unknown, *shifts])] for row in rows]
        try:
            step = ring.solve(slopes, left)
        except SingularError as fault:
            raise singular("F_1 at the point", fault) from None
        unknown = [ring.add(old, ring.scale(move[0], -1)) for old, move in zip(unknown, step, strict=True)]
    names = tuple(sp.Symbol(f"h_{symbol.name}") for symbol in outer)
    write = [_polynomial(series, names, field) for series in unknown]
    first = [[_coefficient(one, _unit(k, len(outer)), field) for k in range(len(outer))] for one in unknown]
    second = tuple(sp.ImmutableMatrix(hessian_of(one, len(outer), field)) for one in unknown) if order > 1 else ()
    return ImplicitExpansion(
        point=values,
        polynomial=sp.ImmutableMatrix([values[s] + p for s, p in zip(inner, write, strict=True)]),
        shifts=names,
        first=sp.ImmutableMatrix(first),
        second=second,
        exact=field.domain is not None,
    )


def hessian_of(series: Series, size: int, field: Field) -> list[list[sp.Expr]]:
    """Second derivatives at zero of a series."""
    rows = []
    for i in range(size):
        row = []
        for j in range(size):
            index = tuple(int(k == i) + int(k == j) for k in range(size))
            row.append(_coefficient(series, index, field) * (2 if i == j else 1))
        rows.append(row)
    return rows


def point_of(point: Any, symbols: Sequence[sp.Symbol]) -> dict[sp.Symbol, sp.Expr]:
    """Values of all of the symbols, by symbol or name.

    Raises
    ------
    ModelError
        If one has none, or one is no number or formula.
    """
    if not isinstance(point, Mapping):
        raise ModelError(f"the point is {came(point)}: give a mapping from symbol to value, as in {{x: 1, y: 2}}")
    known = {symbol.name: symbol for symbol in symbols}
    found: dict[sp.Symbol, sp.Expr] = {}
    for key, value in point.items():
        symbol = known.get(getattr(key, "name", key))
        if symbol is None:
            raise ModelError(f"the point has a value of {key}, which is none of {', '.join(known)}: leave it out")
        found[symbol] = _value(value, symbol)
    missing = [symbol.name for symbol in symbols if symbol not in found]
    if missing:
        raise ModelError(f"the point has no value of {', '.join(missing)}: give one")
    return found


def _value(value: Any, symbol: sp.Symbol) -> sp.Expr:
    """A number or a formula; text is never read here."""
    found = as_expression(value)
    if found is None:
        raise ModelError(f"the value of {symbol} is {came(value)}: give a number or a formula")
    if found.has(sp.nan, sp.zoo, sp.oo, -sp.oo) or found.is_real is False:
        raise ModelError(f"the value of {symbol} is {came(value)}: give a finite real number or a formula")
    return found


def as_expression(value: Any) -> sp.Expr | None:
    """A formula, or a number of Python or NumPy as SymPy has it; None for anything else, text among it."""
    if isinstance(value, sp.Expr):
        return value
    if isinstance(value, bool | np.bool_):
        return None
    if isinstance(value, Integral):
        return sp.Integer(int(value))
    if isinstance(value, Fraction):
        return sp.Rational(value.numerator, value.denominator)
    return sp.Float(float(value)) if isinstance(value, float | np.floating) else None


def is_singular_everywhere(matrix: sp.MatrixBase) -> bool:
    """Whether the determinant of a square matrix of formulas is zero identically.

    A point at which it is clearly not zero answers no; where three points show none, the formula decides.
    """
    symbols = sorted(matrix.free_symbols, key=str)
    for seed in range(3):
        random = np.random.default_rng(seed)
        at = dict(zip(symbols, map(float, random.uniform(0.3, 1.7, len(symbols))), strict=True))
        try:
            values = np.array(matrix.subs(at).evalf().tolist(), dtype=float)
        except (TypeError, ValueError):  # a value that is no real number says nothing
            continue
        if np.isfinite(values).all():
            singular = np.linalg.svd(values, compute_uv=False)
            if singular[-1] > 1e-9 * singular[0]:
                return False
    return bool(matrix.det(method="berkowitz").equals(0) is True)


def require_zero(residual: Sequence[Any], what: str) -> None:
    """Refuse values of F that are not zero.

    Raises
    ------
    ModelError
        With the residual.
    """
    for value in (sp.S.Zero + entry for entry in residual):
        if value.has(sp.Float):
            fails = value.is_number and abs(float(value)) > 1e-8
        else:
            fails = value != 0 and sp.cancel(sp.together(sp.expand(value))) != 0 and value.equals(0) is not True
        if fails:
            shown = sp.simplify(value) if sp.count_ops(value) < 200 else value
            raise ModelError(f"{what} does not solve F = 0: a residual is {shown}, give a zero of F")


def singular(what: str, fault: SingularError) -> ModelError:
    """The refusal of a singular matrix, with its rank and a kernel vector."""
    kernel = ", ".join(f"{entry:.6g}" if isinstance(entry, float) else str(entry) for entry in fault.kernel)
    return ModelError(
        f"{what} is singular, of rank {fault.rank}, and takes ({kernel}) to zero: x is no function of y there, give "
        "another point"
    )


def _checked(F: Any, x: Any, y: Any) -> tuple[sp.ImmutableMatrix, tuple[sp.Symbol, ...], tuple[sp.Symbol, ...]]:
    inner, outer = symbols_of(x, "x"), symbols_of(y, "y")
    equations = formulas_of(F, "F")
    both = set(inner) & set(outer)
    if both:
        raise ModelError(f"{min(map(str, both))} stands both in x and in y: give each its own symbols")
    if len(equations) != len(inner):
        raise ShapeError(f"F has {len(equations)} equations for {len(inner)} unknowns x: give as many")
    return sp.ImmutableMatrix(equations), inner, outer


def symbols_of(given: Any, what: str) -> tuple[sp.Symbol, ...]:
    """A symbol, or several, as a tuple.

    Raises
    ------
    ModelError
        If one is no symbol or comes twice, or there are none.
    """
    listed = (given,) if isinstance(given, sp.Symbol) else tuple(given) if hasattr(given, "__iter__") else (given,)
    if not listed or isinstance(given, str) or not all(isinstance(one, sp.Symbol) for one in listed):
        raise ModelError(f"{what} is {came(given)}: give SymPy symbols, one or a sequence")
    if len(set(listed)) < len(listed):
        raise ModelError(f"a symbol stands twice in {what}: give each once")
    return listed


def formulas_of(given: Any, what: str) -> list[sp.Expr]:
    """A formula, or several, as a list.

    Raises
    ------
    ModelError
        If one is no formula, or has a value that is not finite.
    """
    listed = list(given) if isinstance(given, sp.MatrixBase | list | tuple) else [given]
    found = []
    for one in listed:
        value = as_expression(one)
        if value is None:
            raise ModelError(f"{what} is {came(one)}: give SymPy formulas")
        if value.has(sp.nan, sp.zoo, sp.oo, -sp.oo, sp.I):
            raise ModelError(f"{what} has {came(one)}: give real formulas without nan or infinity")
        found.append(value)
    if not found:
        raise ModelError(f"{what} is empty: give a formula")
    return found


def _unit(place: int, size: int) -> tuple[int, ...]:
    return tuple(int(k == place) for k in range(size))


def _coefficient(series: Series, index: tuple[int, ...], field: Field) -> sp.Expr:
    return field.write(series[index]) if index in series else sp.Integer(0)


def _polynomial(series: Series, names: Sequence[sp.Symbol], field: Field) -> sp.Expr:
    terms = (
        field.write(value) * math.prod(s**e for s, e in zip(names, index, strict=True))
        for index, value in series.items()
    )
    return sp.Add(*terms)
