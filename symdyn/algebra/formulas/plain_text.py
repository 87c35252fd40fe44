"""Formulas and conditions in the words of a terminal: a != 0 for an inequation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy as sp
from sympy.printing.str import StrPrinter


class _Plain(StrPrinter):
    """SymPy's text, with relations as they are written."""

    def _print_Relational(self, relation: Any) -> str:  # noqa: N802 - the name that SymPy calls
        return f"{self._print(relation.lhs)} {relation.rel_op} {self._print(relation.rhs)}"


class _Terminal(_Plain):
    """With bars for a modulus, = and or."""

    def _print_Relational(self, relation: Any) -> str:  # noqa: N802 - the name that SymPy calls
        return super()._print_Relational(relation).replace(" == ", " = ")

    def _print_Or(self, choice: Any) -> str:  # noqa: N802 - the name that SymPy calls
        return " or ".join(sorted(map(self._print, choice.args)))

    def _print_Abs(self, modulus: Any) -> str:  # noqa: N802 - the name that SymPy calls
        return f"|{self._print(modulus.args[0])}|"


def plain_text(expression: Any) -> str:
    """Text that Python reads again.

    Examples
    --------
    >>> a = sp.Symbol("a")
    >>> plain_text(sp.Ne(a, 0)), plain_text(sp.Abs(a - 2) < 1)
    ('a != 0', 'Abs(a - 2) < 1')
    """
    return str(_Plain().doprint(expression)) if isinstance(expression, sp.Basic) else str(expression)


def terminal_text(expression: Any) -> str:
    """Text for a reader: u^2 - 2 u v.

    Examples
    --------
    >>> a, b = sp.symbols("a b")
    >>> terminal_text(sp.Abs(a - 2*b) < b**2)
    '|a - 2 b| < b^2'
    """
    text = str(_Terminal().doprint(expression)) if isinstance(expression, sp.Basic) else str(expression)
    return text.replace("**", "^").replace("*", " ")


def listed(parts: Iterable[Any]) -> str:
    """Parts as "a, b and c"."""
    texts = [terminal_text(part) for part in parts]
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)
