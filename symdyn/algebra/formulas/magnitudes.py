"""Lists of magnitudes, largest first: singular values, scales, radii, as numbers, symbols or text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.read import parse_array, parse_formula
from symdyn.algebra.formulas.symbols import checked_expression
from symdyn.errors import ModelError


def decreasing_magnitudes(given: Any, name: str, *, where: str, most: int, of: str = "") -> tuple[sp.Expr, ...]:
    """At most so many numbers from 0, none larger than the one before; a decimal is the number its digits denote.

    Parameters
    ----------
    given
        Numbers, symbols or text; one alone need not be a list.
    name, where
        What one of them is called, and the parameter, for messages.
    most
        How many there may be; zeros fill the list up to it.
    of
        What they belong to, for the message that they are too many, as in " of a 2 x 3 matrix".

    Raises
    ------
    ModelError
        With what came and what to write.

    Examples
    --------
    >>> decreasing_magnitudes("2, s", "scale", where="scales", most=3)
    (2, s, 0)
    """
    values = parse_array(given, exact=False, where=where) if isinstance(given, str) else given
    if not isinstance(values, Sequence | sp.Tuple):
        values = (values,)
    found = tuple(_magnitude(value, f"{name} {place}") for place, value in enumerate(values, start=1))
    if len(found) > most:
        raise ModelError(f"there are {len(found)} {name}s{of}: give at most {most}")
    for before, after in zip(found, found[1:]):
        if (after - before).is_positive:
            raise ModelError(f"the {name} {after} stands after {before}: give the largest first")
    return found + (sp.Integer(0),) * (most - len(found))


def _magnitude(value: Any, what: str) -> sp.Expr:
    if isinstance(value, str):
        expression = parse_formula(value, exact=False, where=what)
    else:
        expression = checked_expression(value, what)
    if expression.is_Float:
        expression = sp.Rational(*float(expression).as_integer_ratio()).limit_denominator(10**15)
    if expression.is_negative or expression.is_real is False:
        raise ModelError(f"{what} is {expression}: give a real number from 0")
    if expression.is_number and not math.isfinite(float(expression)):
        raise ModelError(f"{what} is beyond the range of floats: give a number below 1e308")
    return expression
