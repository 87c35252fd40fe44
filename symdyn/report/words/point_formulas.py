"""Points as formulas: exact where they are known so, else to the digits that tell them apart; they break at commas."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp

from symdyn.report.blocks import Formula
from symdyn.report.words.equilibria_words import coordinate_texts, told_apart
from symdyn.report.words.notation import expression_latex

#: Coordinates of a point that are written out; of larger ones the first.
_MOST, _FIRST = 24, 8
_DECIMAL = re.compile(r"(?P<number>-?[\d.]+)(e(?P<power>[-+]\d+))?\Z")


def point_formulas(
    points: Sequence[Mapping[Any, Any]], exact: Sequence[Sequence[sp.Expr] | None] | None = None
) -> list[Formula]:
    """Points of one list, in decimals for a terminal.

    Parameters
    ----------
    points
        Coordinates to numbers.
    exact
        The exact values of each point, where they are known.
    """
    known = [None] * len(points) if exact is None else exact
    rows = zip(points, coordinate_texts(points), told_apart(points), known, strict=True)
    return [Formula(text, _tuple(_coordinates(point, texts, values))) for point, texts, text, values in rows]


def point_formula(point: Mapping[Any, Any], exact: Sequence[sp.Expr] | None = None) -> Formula:
    """One point."""
    return point_formulas([point], [exact])[0]


def point_header(coords: Sequence[Any]) -> Formula:
    """The head of a column of points: the coordinates in order, where they are few."""
    names = list(map(expression_latex, coords))
    return Formula("point", _tuple(names) if len(names) <= _FIRST else r"\text{point}")


def has_decimals(formulas: Sequence[Formula]) -> bool:
    """Whether a point is shown in digits."""
    return any(re.search(r"\d\.\d", formula.latex) for formula in formulas)


def _coordinates(point: Mapping[Any, Any], texts: Sequence[str], values: Sequence[sp.Expr] | None) -> list[str]:
    if values is not None:
        return list(map(expression_latex, values))
    return [
        decimal_latex(text) if isinstance(value, float | int) else expression_latex(sp.S.Zero + value)
        for value, text in zip(point.values(), texts, strict=True)
    ]


def decimal_latex(text: str) -> str:
    r"""A decimal number as mathematics.

    Examples
    --------
    >>> print(decimal_latex("-1.5e-09"), decimal_latex("0.25"))
    -1.5 \cdot 10^{-9} 0.25
    """
    found = _DECIMAL.match(text)
    if found is None or found["power"] is None:
        return text
    return rf"{found['number']} \cdot 10^{{{int(found['power'])}}}"


def complex_latex(text: str) -> str:
    """A complex number in decimals, as 0.5+2i, as mathematics."""
    return re.sub(r"\d[\d.]*e[-+]\d+", lambda found: decimal_latex(found[0]), text)


def _tuple(coordinates: list[str]) -> str:
    if len(coordinates) == 1:
        return coordinates[0]
    shown = coordinates if len(coordinates) <= _MOST else [*coordinates[:_FIRST], r"\dots"]
    return "(" + r", \allowbreak ".join(shown) + ")"
