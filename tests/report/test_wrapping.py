"""Formulas broken into lines of LaTeX say what they said in one."""

from __future__ import annotations

import pytest
import sympy as sp

from symdyn.certificate.recheck.documents.trees.formulas import read_latex, read_text
from symdyn.certificate.recheck.documents.trees.vanishing import vanishes
from symdyn.report.words.notation import expression_formula

t, u, v, w = sp.symbols("t u v w")
many = sp.symbols("x:14")
LONG = sum(x * y for x, y in zip(many, many[1:], strict=False))
BROKEN = [
    LONG / u, LONG / (u * v), LONG / u**2, LONG / (u * v**2), LONG / (u * (v + w)), LONG / (v + w) ** 2, LONG / (3 * u),
    LONG / sp.exp(t), LONG * sp.exp(-2 / t), LONG / sp.sqrt(u), LONG / sp.sqrt(u + v), u * LONG / (v * w),
    -LONG / (u * v), (LONG + u) ** 2 / (v * w), sp.sqrt(LONG) / (u * v), LONG * sp.log(u * v) ** 2 / (u * v),
    sp.log(LONG / (u * v)), sp.exp(LONG / (u * v)), (LONG / (u * v)) ** sp.Rational(1, 3), (t + 1) ** 2 * LONG,
    (u + LONG / (u * v)) / (w * t),
]  # fmt: skip


@pytest.mark.parametrize("expression", BROKEN, ids=str)
def test_latex_in_lines_reads_back_as_the_text(expression):
    """By the reader of documents; a quotient by u v is none by u times v."""
    formula = expression_formula(expression)
    assert formula.lines
    names = {str(symbol): str(symbol) for symbol in expression.free_symbols}
    latex = {sp.latex(symbol): str(symbol) for symbol in expression.free_symbols}
    difference = ("sum", read_text(formula.text, names), ("minus", read_latex(formula.latex, latex)))
    assert vanishes(difference, list(names)) is True


@pytest.mark.parametrize("expression", BROKEN, ids=str)
def test_no_exponent_follows_an_exponent(expression):
    r"""x^{2}^{-1} is an error of LaTeX."""
    latex, depth, ends = expression_formula(expression).latex, 0, set()
    for place, letter in enumerate(latex):
        depth += (letter == "{") - (letter == "}")
        if letter == "^":
            assert (place, depth) not in ends
            closed, inner = place + 1, 0
            while True:
                inner += (latex[closed] == "{") - (latex[closed] == "}")
                closed += 1
                if inner == 0:
                    break
            ends.add((closed, depth))
