"""Displayed formulas as one piece of LaTeX for running text."""

from __future__ import annotations

from collections.abc import Sequence

from symdyn.report.blocks import Block, Equations


def inline_latex(blocks: Sequence[Block]) -> str:
    """The formulas in math mode, without dollars and without breaks; several are separated by commas."""
    formulas = [formula for block in blocks if isinstance(block, Equations) for formula, _ in block.rows]
    return ", ".join(" ".join(formula.lines) if formula.lines else formula.latex for formula in formulas)
