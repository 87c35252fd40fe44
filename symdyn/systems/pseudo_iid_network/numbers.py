"""What users give as variances and correlations: exact numbers, symbols, floats, arrays; and balls of them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import Floats, real_array
from symdyn.numerics.enclosed_number import Enclosure

DIGITS = 15


def is_array(value: Any) -> bool:
    """Whether a value is a list or an array of numbers, not one number."""
    return isinstance(value, list | tuple | np.ndarray)


def exact_number(value: Any, what: str) -> sp.Expr:
    """One real number or an expression; a float is the decimal that it prints as."""
    if isinstance(value, Enclosure):
        raise ModelError(f"{what} is an enclosure: give a number, as its middle")
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction | np.number | sp.Expr):
        raise ModelError(f"{what} is {came(value)}: give a number, an array, or a SymPy expression")
    if isinstance(value, float | np.floating | sp.Float):
        if not np.isfinite(float(value)):
            raise ModelError(f"{what} is {value}: give a finite number")
        return sp.Rational(str(float(value)))
    if isinstance(value, int | np.integer):
        found: sp.Expr = sp.Integer(int(value))
    else:
        found = sp.Rational(value.numerator, value.denominator) if isinstance(value, Fraction) else value
    if found.is_number and (found.is_real is not True or found.is_finite is not True):
        raise ModelError(f"{what} is {value}: give a finite real number")
    return found


def is_float(value: Any) -> bool:
    """Whether a float came, for which a float goes out where there is a formula."""
    return isinstance(value, float | np.floating | sp.Float)


def positive(value: Any, what: str) -> sp.Expr:
    """A positive number, or an expression with symbols."""
    found = exact_number(value, what)
    if found.is_number and not found.is_positive:
        raise ModelError(f"{what} is {value}: give a positive number")
    return found


def nonnegative(value: Any, what: str) -> sp.Expr:
    """A number from 0, or an expression with symbols."""
    found = exact_number(value, what)
    if found.is_number and found.is_negative:
        raise ModelError(f"{what} is {value}: give a number from 0, it is a variance")
    return found


def correlation(value: Any) -> sp.Expr:
    """A number from -1 to 1, or an expression with symbols."""
    found = exact_number(value, "the correlation")
    if found.is_number and not bool(abs(found) <= 1):
        raise ModelError(f"the correlation is {value}: give a number from -1 to 1")
    return found


def variances(values: Any, what: str, *, least: float = 0.0) -> Floats:
    """An array of variances above `least`."""
    found = real_array(values, what)
    if (found <= least if least == 0 else found < 0).any():
        raise ModelError(f"{what} holds {found.min():g}: give positive numbers")
    return found


def rational(value: Any, what: str) -> Fraction:
    """A variance from 0 as a fraction, as certificates hold it."""
    found = nonnegative(value, what)
    if not found.is_Rational:
        raise ModelError(f"{what} is {value}: give a rational number or a float")
    return Fraction(int(found.p), int(found.q))


def arb(value: Any) -> flint.arb:
    """A fraction or an enclosure as a ball."""
    if isinstance(value, Enclosure):
        low, high = arb(value.low), arb(value.high)
        return low.union(high)
    if isinstance(value, sp.Rational):
        return flint.arb(flint.fmpq(int(value.p), int(value.q)))
    return flint.arb(flint.fmpq(value.numerator, value.denominator))
