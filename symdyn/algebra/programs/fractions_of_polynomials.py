"""Rational formulas as fractions of integer polynomials, with everything that is divided by on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flint
import sympy as sp

from symdyn.algebra.budgets.deadline import check_time
from symdyn.algebra.programs.steps import StraightLine
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.errors import ModelError

_MOST_TERMS = 20_000


@dataclass(frozen=True)
class Fractions:
    """Numerators of rational formulas, in lowest terms, and the polynomials that must not vanish.

    Parameters
    ----------
    numerators
        One polynomial with integer coefficients for each formula.
    poles
        Irreducible divisors: where one vanishes a formula has no value, also if it cancels in the end.
    """

    numerators: tuple[Any, ...]
    poles: tuple[Any, ...]


def ring(unknowns: int, order: str = "degrevlex") -> Any:
    """The polynomials in x0, x1, ... with integer coefficients."""
    return flint.fmpz_mpoly_ctx.get([f"x{k}" for k in range(unknowns)], order)


def fractions_of(expressions: Sequence[sp.Expr], coords: Sequence[sp.Symbol]) -> Fractions | None:
    """The formulas as fractions; None if one is not rational in the coordinates with rational numbers, or too large.

    Floating point numbers count as the dyadic fractions that they are.

    Examples
    --------
    >>> x, y = sp.symbols("x y")
    >>> found = fractions_of([y * (1 - y / x) / 2], [x, y])
    >>> found.numerators, found.poles
    ((x0*x1 - x1^2,), (x0,))
    """
    try:
        program = straight_line(expressions, coords)
    except ModelError:
        return None
    return fractions_of_program(program)


def fractions_of_program(program: StraightLine) -> Fractions | None:
    """The same for formulas as steps."""
    context = ring(program.inputs)
    one = context.constant(1)
    values: list[tuple[Any, Any]] = []
    poles: list[Any] = []
    for name, operands in program.steps:
        check_time()
        if name == "input":
            value = context.gens()[operands[0]], one
        elif name == "rational":
            value = context.constant(operands[0]), context.constant(operands[1])
        elif name == "add":
            value = added([values[k] for k in operands], context)
        elif name == "multiply":
            value = multiplied([values[k] for k in operands], one)
        elif name == "power":
            value = multiplied([values[operands[0]]] * operands[1], one)
        elif name == "divide":
            above, below = values[operands[0]], values[operands[1]]
            if below[0] == 0:
                return None
            if not below[0].is_constant():
                poles.append(below[0])
            value = lowest_terms(above[0] * below[1], above[1] * below[0])
        else:
            return None
        if max(len(value[0]), len(value[1])) > _MOST_TERMS:
            return None
        values.append(value)
    numerators = tuple(values[k][0] for k in program.outputs)
    return Fractions(numerators, tuple(_factors(poles)))


def added(parts: Sequence[tuple[Any, Any]], context: Any) -> tuple[Any, Any]:
    """The sum of fractions (above, below)."""
    above, below = context.constant(0), context.constant(1)
    for top, bottom in parts:
        if bottom == below:
            above = above + top
        else:
            common = bottom.gcd(below)
            left, right = below / common, bottom / common
            above, below = above * right + top * left, below * right
    return lowest_terms(above, below)


def multiplied(parts: Sequence[tuple[Any, Any]], one: Any) -> tuple[Any, Any]:
    """The product of fractions; one with the denominator 0, which no fraction has, where it is too large."""
    above, below = one, one
    for top, bottom in parts:
        if len(above) * len(top) > 50 * _MOST_TERMS:
            return above * 0, one * 0
        above, below = above * top, below * bottom
    return lowest_terms(above, below)


def lowest_terms(above: Any, below: Any) -> tuple[Any, Any]:
    """In lowest terms, with a positive leading coefficient below."""
    common = above.gcd(below)
    above, below = above / common, below / common
    return (-above, -below) if below != 0 and below.leading_coefficient() < 0 else (above, below)


def _factors(polynomials: Sequence[Any]) -> list[Any]:
    """The different irreducible factors, each with a positive leading coefficient."""
    found: list[Any] = []
    for polynomial in polynomials:
        for factor in irreducible_factors(polynomial):
            if factor not in found:
                found.append(factor)
    return found


def irreducible_factors(polynomial: Any) -> list[Any]:
    """The different irreducible factors; the polynomial itself where FLINT finds them and cannot put them in order."""
    try:
        factors = [factor for factor, _ in polynomial.factor()[1]]
    except OverflowError:  # python-flint sorts factors by keys that have to fit a word of the machine
        factors = [polynomial.primitive()[1]]
    return [factor if factor.leading_coefficient() > 0 else -factor for factor in factors]
