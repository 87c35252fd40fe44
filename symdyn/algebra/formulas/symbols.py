"""Checks of symbols and expressions that a user hands over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sympy as sp

from symdyn.errors import ModelError, came

#: What to write for a function of parameters: to rename it would change the gradient flow, and with it the laws.
OTHER_FLOW = (
    "taken as a parameter b of its own, exp(g) has another gradient flow and other laws; the flow of g is that of b in "
    "the metric b**2, so write b for exp(g) and give metric={b: b**2}"
)


def checked_symbols(symbols: Any, what: str) -> tuple[sp.Symbol, ...]:
    """The symbols as a tuple.

    Raises
    ------
    ModelError
        If there is none, one is no SymPy symbol or does not commute, one comes twice, or two print alike.
    """
    if isinstance(symbols, sp.Symbol):
        symbols = (symbols,)
    if isinstance(symbols, str) or not isinstance(symbols, Iterable):
        raise ModelError(f"{what} are {came(symbols)}: give a tuple of SymPy symbols, as in sp.symbols('u v w')")
    found = tuple(symbols)
    wrong = [symbol for symbol in found if not isinstance(symbol, sp.Symbol)]
    if wrong:
        shown = came(wrong[0])
        raise ModelError(f"{shown} among the {what} is no SymPy symbol: give symbols, as in sp.symbols('u v w')")
    seen: set[sp.Symbol] = set()
    for symbol in found:
        if symbol in seen:
            raise ModelError(f"`{symbol}` stands twice among the {what}: name each symbol once")
        seen.add(symbol)
    loose = next((symbol for symbol in found if not symbol.is_commutative), None)
    if loose is not None:
        raise ModelError(
            f"`{loose}` among the {what} does not commute, and models are made of numbers: give the entries of a "
            "matrix as symbols of their own, or a program of matrices (symdyn.networks)"
        )
    check_names(found)
    return found


def check_names(symbols: Iterable[sp.Symbol]) -> None:
    """Refuse different symbols with one printed name: no answer could tell them apart.

    Raises
    ------
    ModelError
        If there are such.
    """
    known: dict[str, sp.Symbol] = {}
    for symbol in symbols:
        other = known.setdefault(str(symbol), symbol)
        if other != symbol:
            raise ModelError(
                f"two different symbols are printed `{symbol}`, with assumptions {_assumptions(other)} and "
                f"{_assumptions(symbol)}: use one symbol throughout, or two names"
            )


def _assumptions(symbol: sp.Symbol) -> str:
    given = {name: value for name, value in symbol._assumptions_orig.items() if name != "commutative"}
    return ", ".join(f"{name}={value}" for name, value in given.items()) or "none"


def checked_coordinates(symbols: Any) -> tuple[sp.Symbol, ...]:
    """Coordinates: at least one symbol, no duplicates."""
    found = checked_symbols(symbols, "coordinates")
    if not found:
        raise ModelError("there are no coordinates: give at least one symbol, as in sp.symbols('u v w')")
    return found


def chosen_coordinates(chosen: Any, coords: Sequence[sp.Symbol], what: str) -> tuple[sp.Symbol, ...]:
    """Some of the coordinates, given as symbols or by their names, each once.

    Raises
    ------
    ModelError
        If one is no coordinate, or stands there twice.
    """
    if isinstance(chosen, str | sp.Basic) or not isinstance(chosen, Sequence):
        raise ModelError(f"{what} is {came(chosen)}: give a list of coordinates, as in {what}=({coords[0]},)")
    by_name = {symbol.name: symbol for symbol in coords}
    found = [one if one in coords else by_name.get(one) if isinstance(one, str) else None for one in chosen]
    for given, symbol in zip(chosen, found, strict=True):
        if symbol is None:
            known = ", ".join(by_name)
            raise ModelError(f"{came(given)} in {what} is no coordinate: the coordinates are {known}")
        if found.count(symbol) > 1:
            raise ModelError(f"`{symbol}` stands twice in {what}: give each coordinate once")
    return tuple(symbol for symbol in found if symbol is not None)


def checked_expression(value: Any, what: str) -> sp.Expr:
    """A SymPy expression or a number; text is refused, because reading it would execute it.

    Raises
    ------
    ModelError
        For text, for what is no scalar expression of real numbers that commute, and for nan or infinity.
    """
    if isinstance(value, str):
        raise ModelError(f"{what} is the text {came(value)}: build it from SymPy symbols and numbers, as in u*v or 1/2")
    if isinstance(value, bool):
        raise ModelError(f"{what} is bool {came(value)}: give a SymPy expression or a number")
    if not isinstance(value, (sp.Expr, int, float)) or isinstance(value, sp.Lambda):
        try:
            exact = sp.Rational(value.numerator, value.denominator)
        except (AttributeError, TypeError):
            raise ModelError(
                f"{what} is {type(value).__name__} {came(value)}: give a SymPy expression or a number"
            ) from None
        return exact
    expression = (
        value if isinstance(value, sp.Expr) else (sp.Integer(value) if isinstance(value, int) else sp.Float(value))
    )
    if expression.has(sp.nan, sp.oo, -sp.oo, sp.zoo, sp.I):
        if not expression.has(sp.I):
            raise ModelError(f"{what} contains {expression}: nan and infinity are no values of a model")
        raise ModelError(
            f"{what} is the complex {_short(expression)}, and models are real: give real and imaginary parts as "
            "expressions of their own"
        )
    lost = [number for number in expression.atoms(sp.Float) if not number.is_zero and float(number) == 0]
    if lost:
        raise ModelError(
            f"{what} contains {lost[0]}, which is 0 in floating point: measure coordinates or time in other units"
        )
    if expression.is_commutative is False:
        raise ModelError(
            f"{what} is {_short(expression)}, whose factors do not commute: give each entry of a matrix as a symbol "
            "of its own"
        )
    return expression


def _short(expression: sp.Expr) -> str:
    text = str(expression)
    return text if len(text) <= 60 else text[:57] + "..."


def flattened(values: Any) -> tuple[list[Any], tuple[int, ...]]:
    """Entries of a scalar, matrix, array or nested sequence, row by row, and the shape.

    Raises
    ------
    ModelError
        If nested sequences are ragged.
    """
    if isinstance(values, (sp.MatrixBase, sp.NDimArray)):
        return list(sp.flatten(values) if isinstance(values, sp.MatrixBase) else values._array), tuple(values.shape)
    if hasattr(values, "tolist") and hasattr(values, "shape") and not isinstance(values, sp.Basic):
        values = values.tolist()
    if isinstance(values, (str, sp.Basic)) or not isinstance(values, Sequence):
        return [values], ()
    parts = [flattened(value) for value in values]
    shapes = {shape for _, shape in parts}
    if len(shapes) > 1:
        raise ModelError(f"the rows have different shapes {sorted(shapes)}: give a rectangular array")
    inner = shapes.pop() if shapes else ()
    return [entry for entries, _ in parts for entry in entries], (len(parts), *inner)


def unknown_symbol(expressions: Sequence[sp.Expr], known: Iterable[sp.Symbol]) -> tuple[sp.Symbol, int] | None:
    """The first symbol (by name) that is not known, with the number of its expression.

    Raises
    ------
    ModelError
        If it has the printed name of one that is.
    """
    names = set(known)
    for place, expression in enumerate(expressions):
        extra = expression.free_symbols - names
        if extra:
            check_names([*names, *extra])
            return min(extra, key=str), place
    return None
