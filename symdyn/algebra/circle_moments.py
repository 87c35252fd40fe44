"""Means over independent uniform angles, exact: Laurent polynomials in unit numbers, and Parseval's identity.

An angle is given as its unit number z = e^(i theta), which occurs in powers, or as theta itself, which occurs in
exp(i m theta), cos(m theta) and sin(m theta) with whole numbers m. The mean is the constant term.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sympy as sp

from symdyn.errors import ModelError

_FIRST = 80

#: Exponents of the unit numbers, and what stands before the monomial.
Terms = Mapping[tuple[int, ...], sp.Expr]


def circle_expectation(expression: Any, angles: Iterable[sp.Symbol]) -> sp.Expr:
    """The mean of a formula over independent angles, uniform on the circle.

    Parameters
    ----------
    expression
        A Laurent polynomial in the unit numbers; its other symbols are constants.
    angles
        Symbols: unit numbers, or angles within exp, cos and sin. conjugate(z) and Abs(z) of a unit number are known.

    Raises
    ------
    ModelError
        If the formula is no Laurent polynomial, or a symbol is used both ways.

    Examples
    --------
    >>> z, t, a = sp.symbols("z t a")
    >>> circle_expectation((z + a / z) ** 2, [z]), circle_expectation(sp.cos(t) ** 2, [t])
    (2*a, 1/2)
    """
    symbols = _symbols(angles)
    return laurent_terms(expression, symbols).get((0,) * len(symbols), sp.S.Zero)


def expected_square(expression: Any, angles: Iterable[sp.Symbol]) -> sp.Expr:
    """The mean of the squared modulus of a formula: the sum of the squared moduli of its coefficients (Parseval).

    Parameters
    ----------
    expression, angles
        As in `circle_expectation`. Other symbols are real, unless they were made with complex=True.

    Raises
    ------
    ModelError
        As in `circle_expectation`.

    Examples
    --------
    >>> z, a = sp.symbols("z a")
    >>> expected_square(1 + a * z - sp.I / z, [z])
    a**2 + 2
    """
    return squared_norm(laurent_terms(expression, _symbols(angles)))


def squared_norm(terms: Terms) -> sp.Expr:
    """Sum of squared moduli of coefficients."""
    return sp.Add(*(modulus_squared(value) for value in terms.values()))


def modulus_squared(value: sp.Expr) -> sp.Expr:
    """The squared modulus of a constant whose symbols are real, unless they were made complex."""
    unknown = {s for s in value.free_symbols if not (s.is_real or s.is_complex)}
    if not value.has(sp.I) and unknown | {s for s in value.free_symbols if s.is_real} == value.free_symbols:
        return value**2
    real = {s: sp.Dummy(s.name, real=True) for s in unknown}
    known = value.xreplace(real)
    square = sp.expand(known * sp.conjugate(known))
    return square.xreplace({dummy: s for s, dummy in real.items()})


def laurent_terms(expression: Any, angles: Iterable[sp.Symbol]) -> dict[tuple[int, ...], sp.Expr]:
    """The monomials of a Laurent polynomial in unit numbers, each with its coefficient.

    Raises
    ------
    ModelError
        As in `circle_expectation`.

    Examples
    --------
    >>> z, a = sp.symbols("z a")
    >>> laurent_terms((z + a) / z, [z])
    {(0,): 1, (-1,): a}
    """
    symbols = _symbols(angles)
    units = [sp.Dummy(symbol.name) for symbol in symbols]
    formula = sp.expand(_in_units(sp.S.Zero + expression, symbols, units))
    found: dict[tuple[int, ...], list[sp.Expr]] = {}
    for term in sp.Add.make_args(formula) if formula != 0 else ():
        factor, monomial = term.as_independent(*units, as_Add=False)
        found.setdefault(_exponents(monomial, symbols, units), []).append(factor)
    sums = {powers: sp.Add(*parts) for powers, parts in found.items()}
    return {powers: value for powers, value in sums.items() if value != 0}


def _symbols(angles: Iterable[sp.Symbol]) -> tuple[sp.Symbol, ...]:
    found = tuple(angles)
    if not all(isinstance(one, sp.Symbol) for one in found) or len(set(found)) != len(found):
        raise ModelError(f"the angles are {str(found)[:_FIRST]}: give different symbols")
    return found


def _in_units(formula: sp.Expr, symbols: tuple[sp.Symbol, ...], units: list[sp.Dummy]) -> sp.Expr:
    """Unit numbers for all angles, however they were written."""
    names = dict(zip(symbols, units, strict=True))
    for symbol, unit in names.items():
        formula = formula.subs({sp.conjugate(symbol): 1 / unit, sp.Abs(symbol): sp.S.One})
    turned = formula.replace(
        lambda e: isinstance(e, sp.cos | sp.sin | sp.exp) and bool(e.free_symbols & set(symbols)),
        lambda e: _turned(e, names),
    )
    inside = {s for e in formula.atoms(sp.cos, sp.sin, sp.exp) for s in e.free_symbols} & set(symbols)
    both = sorted(s.name for s in inside & turned.free_symbols)
    if both:
        raise ModelError(f"{both[0]} stands both within exp, cos or sin and outside: write z alone, or theta")
    return turned.xreplace(names)


def _turned(value: sp.Expr, names: Mapping[sp.Symbol, sp.Dummy]) -> sp.Expr:
    """exp(i m theta), cos(m theta) or sin(m theta) in unit numbers, with a constant phase."""
    argument = sp.expand(value.args[0] / sp.I if isinstance(value, sp.exp) else value.args[0])
    unit, rest = sp.S.One, argument
    for symbol, name in names.items():
        times = argument.coeff(symbol)
        if not times.is_Integer:
            raise ModelError(f"{str(value)[:_FIRST]} has no whole multiple of {symbol}: write exp(I m {symbol})")
        unit, rest = unit * name**times, rest - times * symbol
    if rest.free_symbols & set(names):
        raise ModelError(f"{str(value)[:_FIRST]} is not linear in the angles: give a Laurent polynomial")
    if isinstance(value, sp.exp):
        return sp.exp(sp.I * rest) * unit
    forth, back = sp.exp(sp.I * rest) * unit, sp.exp(-sp.I * rest) / unit
    return (forth + back) / 2 if isinstance(value, sp.cos) else (forth - back) / (2 * sp.I)


def _exponents(monomial: sp.Expr, symbols: tuple[sp.Symbol, ...], units: list[sp.Dummy]) -> tuple[int, ...]:
    powers = monomial.as_powers_dict() if monomial != 1 else {}
    if any(base not in units or not power.is_Integer for base, power in powers.items()):
        shown = monomial.xreplace(dict(zip(units, symbols, strict=True)))
        raise ModelError(f"{str(shown)[:_FIRST]} is no product of powers of unit numbers: give a Laurent polynomial")
    return tuple(int(powers.get(unit, 0)) for unit in units)
