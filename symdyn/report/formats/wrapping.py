"""Long expressions broken into lines of LaTeX, at sums and products, inside brackets too."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import sympy as sp

#: A line of display mathematics holds about so many letters, in the narrow column of an article too.
WIDTH = 58
_WORDS = re.compile(
    r"\\(?:left|right|bigl|bigr|displaystyle|limits|text|mathtt|operatorname|mathrm|dot|ddot)\b|\\[,;:! ]|&|\s"
)
_COMMAND = re.compile(r"\\[A-Za-z]+")


def width(latex: str) -> int:
    r"""About how many letters wide a line of LaTeX is; too many rather than too few.

    Examples
    --------
    >>> width(r"\alpha^{2} + \frac{x}{y}")
    7
    """
    bare = _COMMAND.sub("x", _WORDS.sub("", latex.replace(r"\frac", "")))
    return len(re.sub(r"[{}^_]", "", bare)) + 2 * len(re.findall(r"[+=<>-]", bare))


def lines_of(expression: Any, latex_of: Callable[[Any], str], most: int = WIDTH) -> tuple[str, ...]:
    """LaTeX of an expression in lines of at most about `most` letters; what cannot be broken stays too wide.

    Parameters
    ----------
    expression
        Of SymPy.
    latex_of
        LaTeX of an expression in one line.
    most
        Letters in a line.
    """
    whole = latex_of(expression)
    if width(whole) <= most or most < 16:
        return (whole,)
    if isinstance(expression, sp.core.relational.Relational):
        sign = latex_of(expression.func(sp.Symbol("a"), sp.Symbol("b"))).strip()[1:-1].strip()
        left, right = (lines_of(side, latex_of, most - 4) for side in (expression.lhs, expression.rhs))
        return (*left[:-1], f"{left[-1]} {sign} {right[0]}", *right[1:])
    if isinstance(expression, sp.Add):
        return _packed([lines_of(term, latex_of, most - 4) for term in expression.as_ordered_terms()], most, _plus)
    numerator, denominator = sp.fraction(expression)
    if denominator != 1 and isinstance(expression, sp.Mul):
        below = _base(denominator, latex_of, most)
        return _packed(
            [lines_of(numerator, latex_of, most) if not isinstance(numerator, sp.Add) else
             _in_brackets(numerator, latex_of, most), (*below[:-1], below[-1] + "^{-1}")],
            most, _times,
        )  # fmt: skip
    if isinstance(expression, sp.Mul):
        sign, rest = ("-", -expression) if expression.could_extract_minus_sign() else ("", expression)
        factors = rest.as_ordered_factors() if isinstance(rest, sp.Mul) else [rest]
        lines = _packed([_in_brackets(factor, latex_of, most - 4) for factor in factors], most, _times)
        return (sign + lines[0], *lines[1:])
    if isinstance(expression, sp.Pow) and expression.base is not sp.E:
        base = _base(expression.base, latex_of, most)
        return (*base[:-1], f"{base[-1]}^{{{latex_of(expression.exp)}}}")
    if isinstance(expression, sp.Function) and len(expression.args) == 1:
        return _function(expression, latex_of, most)
    return (whole,)


def _in_brackets(expression: Any, latex_of: Callable[[Any], str], most: int) -> tuple[str, ...]:
    """Sums in brackets, whose halves may stand on different lines."""
    lines = lines_of(expression, latex_of, most - 2)
    if isinstance(expression, sp.Add):
        return _around(rf"\bigl( {lines[0]}", lines, r" \bigr)")
    return lines


def _base(expression: Any, latex_of: Callable[[Any], str], most: int) -> tuple[str, ...]:
    """What an exponent may follow: in brackets but for a symbol or a whole number."""
    if expression.is_Symbol or (expression.is_Integer and expression.is_nonnegative):
        return (latex_of(expression),)
    lines = lines_of(expression, latex_of, most - 2)
    return _around(rf"\bigl( {lines[0]}", lines, r" \bigr)")


def _around(first: str, lines: tuple[str, ...], end: str) -> tuple[str, ...]:
    inner = (first, *(rf"\quad {line}" for line in lines[1:]))
    return (*inner[:-1], inner[-1] + end)


def _function(expression: Any, latex_of: Callable[[Any], str], most: int) -> tuple[str, ...]:
    (argument,) = expression.args
    lines = lines_of(argument, latex_of, most - 6)
    if isinstance(expression, sp.exp):
        name = r"\exp"
    else:
        name = latex_of(expression.func(sp.Symbol("x"))).split(r"{\left(")[0]
    return _around(rf"{name} \bigl( {lines[0]}", lines, r" \bigr)")


def _plus(line: str) -> str:
    return f" {line}" if line.lstrip().startswith("-") else f" + {line}"


def _times(line: str) -> str:
    return rf" \, {line}"


def _packed(pieces: list[tuple[str, ...]], most: int, joined: Callable[[str], str]) -> tuple[str, ...]:
    """Pieces put on lines as long as they fit; a piece of several lines begins a line of its own."""
    lines = list(pieces[0])
    for piece in pieces[1:]:
        first = joined(piece[0])
        if len(piece) == 1 and width(lines[-1]) + width(first) <= most:
            lines[-1] += first
        else:
            lines += [first.lstrip(), *piece[1:]]
    return tuple(lines)
