"""Blocks as one self-contained HTML page with MathML; nothing is loaded from elsewhere."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup, escape

from symdyn.dynamics.figure import Figure
from symdyn.report.blocks import Block, Cell, Equations, Formula, Statement, Table, Title, plain, rich
from symdyn.report.describe.systems import value_parts
from symdyn.report.formats.mathematics import sentence


def html_of(blocks: Sequence[Block]) -> str:
    """A page that needs nothing else."""
    return _templates().get_template("page.html.j2").render(
        title=_title_of(blocks),
        css=Markup(_packaged("page.css").strip()),
        script=Markup(_packaged("sort.js").strip()),
        sorts=any(isinstance(block, Table) for block in blocks),
        parts=list(map(_html, blocks)),
    )


def notebook_html(blocks: Sequence[Block]) -> str:
    """A piece of HTML for a notebook cell; empty for bare formulas, which a notebook sets from their LaTeX."""
    if all(isinstance(block, Equations) for block in blocks):
        return ""
    parts = "\n".join(filter(None, map(_html, blocks)))
    css = "\n".join(line for line in _packaged("page.css").splitlines() if line.startswith(".symdyn"))
    ink = "--ink: inherit; --faint: inherit; --line: #8886; --good: #00805e; --bad: #c24a00; --open: #3a6db3;"
    return f'<style>\n.symdyn {{ {ink} }}\n{css}\n</style>\n<div class="symdyn">\n{parts}\n</div>\n'


def _title_of(blocks: Sequence[Block]) -> str:
    """Of the report, else the headline of the first statement."""
    headlines = [block.headline for block in blocks if isinstance(block, Statement)]
    subjects = [plain(block.subject) for block in blocks if isinstance(block, Title)]
    if len(headlines) == 1:
        return headlines[0]
    return (subjects or headlines or ["symdyn"])[0]


@cache
def _packaged(name: str) -> str:
    return resources.files("symdyn.report.formats").joinpath(name).read_text(encoding="utf-8")


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_packaged), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.globals.update(plain=plain, words=_words, said=_said, math=_math, value=_value, drawing=_drawing)
    return environment


@cache
def _macros() -> Any:
    return _templates().get_template("blocks.html.j2").module


def _html(block: Any) -> Markup:
    macro = getattr(_macros(), type(block).__name__, None)
    if macro is None:
        raise TypeError(f"{type(block).__name__} is no block: see symdyn/report/blocks.py")
    return Markup(macro(block))


def _math(formula: Formula, display: str = "inline") -> Markup:
    """MathML in a box of its own, which scrolls where it is wider than the page; a long formula line by line."""
    if formula.lines:
        return Markup("").join(_boxed(line, "math line", "inline") for line in formula.lines)
    return _boxed(formula.latex, "math", display)


def _boxed(latex: str, style: str, display: str) -> Markup:
    from latex2mathml.converter import convert

    shown = Markup(convert(latex.replace(r"\allowbreak ", ""), display=display))
    return Markup('<span class="{}">{}</span>').format(style, shown)


def _words(cell: Cell) -> Markup:
    return Markup("").join(_in_text(part) if isinstance(part, Formula) else escape(part) for part in rich(cell))


def _in_text(formula: Formula) -> Markup:
    return _math(formula, "block" if formula.lines else "inline")


def _said(text: str) -> Markup:
    """A sentence with mathematics between dollars."""
    return _words(sentence(text))


def _value(value: Any) -> Markup:
    return _words(value_parts(value))


def _drawing(figure: Figure) -> Markup:
    """The figure as inline SVG."""
    return Markup(importlib.import_module("symdyn.report.figures").svg_of(figure))
