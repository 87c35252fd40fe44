"""Points as callers give them: one real number for each coordinate."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, came

Floats = np.ndarray[Any, np.dtype[np.float64]]
_MOST_BITS = 13_000
_OTHER_NUMBERS = (sp.nan, sp.oo, -sp.oo, sp.zoo)


def point_values(coords: tuple[sp.Symbol, ...], point: Any, *, formulas: bool = False) -> list[Any]:
    """Values of a point (mapping from symbol or name, or sequence in order) in the order of the coordinates.

    Parameters
    ----------
    coords
        The coordinates.
    point
        The values.
    formulas
        Whether a value may have symbols that are no coordinates.

    Returns
    -------
    list
        Floats and exact SymPy expressions.

    Raises
    ------
    ModelError
        If a coordinate is missing or unknown, or a value is no real number (or formula).
    """
    if isinstance(point, str | bytes):
        raise ModelError(f"the point is the text {came(point)}: give a mapping from coordinate to number, as {{x: 1}}")
    if hasattr(point, "keys"):
        given = _by_symbol(coords, point)
    else:
        try:
            values = list(np.asarray(point, dtype=object).ravel())
        except ValueError:
            raise ModelError(f"the point is {came(point)}: give one number for each coordinate") from None
        if len(values) != len(coords):
            raise ModelError(
                f"the point has {len(values)} values and the state {len(coords)} coordinates: give one for each"
            )
        given = dict(zip(coords, values, strict=True))
    return [_checked(symbol, given[symbol], coords, formulas) for symbol in coords]


def _by_symbol(coords: tuple[sp.Symbol, ...], point: Any) -> dict[Any, Any]:
    names = {symbol.name: symbol for symbol in coords}
    given: dict[Any, Any] = {}
    for key in point:
        symbol = key if key in coords else names.get(str(key), key)
        if symbol in given:
            raise ModelError(f"`{key}` has two values: give one number for each of {', '.join(names)}")
        given[symbol] = point[key]
    unknown = [key for key in given if key not in coords]
    missing = [symbol for symbol in coords if symbol not in given]
    if unknown or missing:
        what = f"`{unknown[0]}` is no coordinate" if unknown else f"`{missing[0]}` has no value"
        raise ModelError(f"{what}: give one number for each of {', '.join(map(str, coords))}")
    return given


def _checked(symbol: sp.Symbol, value: Any, coords: tuple[sp.Symbol, ...], formulas: bool) -> Any:
    """A float, or an exact real expression."""
    if isinstance(value, str | bytes):
        raise ModelError(f"the value of `{symbol}` is the text {came(value)}: give a number, not text")
    if isinstance(value, bool | np.bool_ | sp.logic.boolalg.BooleanAtom):
        raise ModelError(f"the value of `{symbol}` is {value}: give a number")
    number = real_number(value)
    if number is None:
        raise ModelError(f"the value {came(value)} of `{symbol}` is no real number: give one")
    if isinstance(number, float):
        if not np.isfinite(number):
            raise ModelError(f"the value {came(value)} of `{symbol}` is not finite: give a real number")
        return number
    if any(max(abs(int(r.p)), int(r.q)).bit_length() > _MOST_BITS for r in number.atoms(sp.Rational)):
        raise ModelError(f"the value of `{symbol}` has more digits than numbers here may have: give a shorter one")
    if number.has(*_OTHER_NUMBERS):
        raise ModelError(f"the value {came(value)} of `{symbol}` is not finite: give a real number")
    inside = [one for one in coords if one in number.free_symbols]
    if inside:
        raise ModelError(
            f"the value {came(value)} of `{symbol}` has the coordinate `{inside[0]}`: give a number, or a formula in "
            "parameters alone"
        )
    if number.free_symbols and not formulas:
        names = ", ".join(sorted(map(str, number.free_symbols)))
        raise ModelError(f"the value {came(value)} of `{symbol}` has the symbol {names}: give a number")
    if number.is_real is False or number.has(sp.I):
        raise ModelError(f"the value {came(value)} of `{symbol}` is no real number: states are real, give one")
    _check_sign(symbol, number)
    return number


def real_number(value: Any) -> Any:
    """A float, or a SymPy expression; None for anything else."""
    if isinstance(value, sp.Expr):
        if isinstance(value, sp.Float):
            return float(value)
        return value if value.is_commutative else None
    if isinstance(value, float | np.floating):
        return float(value)
    if isinstance(value, Decimal):
        if not value.is_finite():
            return float(value)
        exact = Fraction(value)
        return sp.Rational(exact.numerator, exact.denominator)
    if isinstance(value, numbers.Rational | np.integer):
        return sp.Rational(int(value.numerator), int(value.denominator))
    if type(value).__name__ in ("fmpq", "fmpz"):
        return sp.Rational(int(getattr(value, "p", value)), int(getattr(value, "q", 1)))
    return None


def _check_sign(symbol: sp.Symbol, value: sp.Expr) -> None:
    """The assumptions of a symbol (positive, ...) bind its values."""
    for name in ("positive", "nonnegative", "negative", "nonpositive", "nonzero"):
        if getattr(symbol, f"is_{name}") and getattr(value, f"is_{name}") is False:
            raise ModelError(
                f"the value {came(value)} of `{symbol}` is not {name}, as the symbol is: give another point, or a "
                "symbol without the assumption"
            )


def float_point(coords: tuple[sp.Symbol, ...], point: Any) -> Floats:
    """Values of a point as floats.

    Raises
    ------
    ModelError
        As `point_values`, or if a value is no finite real number.
    """
    return floats_of(coords, point_values(coords, point))


def floats_of(coords: tuple[sp.Symbol, ...], values: Sequence[Any]) -> Floats:
    """Checked values as floats.

    Raises
    ------
    ModelError
        If a value has no float.
    """
    floats = []
    for symbol, value in zip(coords, values, strict=True):
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise ModelError(f"the value {came(value)} of `{symbol}` is no real number: give one") from None
        except OverflowError:
            number = float("inf")
        if not np.isfinite(number):
            raise ModelError(f"the value of `{symbol}` is not finite in floating point: give a smaller number")
        if (symbol.is_positive and number < 0) or (symbol.is_negative and number > 0):
            raise ModelError(
                f"the value {number:g} of `{symbol}` has another sign than the symbol: give another point, or a symbol "
                "without the assumption"
            )
        floats.append(number)
    return np.asarray(floats)
