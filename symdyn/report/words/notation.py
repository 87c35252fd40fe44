"""Formulas as people write them: terminal text and LaTeX of SymPy expressions, matrices of parameters, laws."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.plain_text import terminal_text
from symdyn.algebra.polynomials.sparse import to_expression
from symdyn.certificate.statement.names import clashing, escaped, latex_name, text_name, typewriter
from symdyn.certificate.statement.notation import (
    definition_latex,
    definition_text,
    layer_balance,
    matrix_latex,
    matrix_text,
    neuron_rows,
    products_latex,
    products_text,
    times_factor,
)
from symdyn.certificate.witness.laws.law import MatrixLaw
from symdyn.certificate.witness.laws.network_models import ReluGraph
from symdyn.dynamics.answers.law import Law, MatrixIdentity, NeuronBalance, PolynomialForm
from symdyn.dynamics.answers.phase_identity import PhaseIdentity
from symdyn.geometry.block import Block
from symdyn.report.blocks import Formula
from symdyn.report.formats.mathematics import formula
from symdyn.report.formats.wrapping import WIDTH, lines_of, width

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
#: A line of display mathematics holds about so many characters of the text form.
LINE = 70
#: First of the characters that stand for no letter.
_PRIVATE = 0xE000
#: Names of the model at hand that would be set alike.
_CLASHING: ContextVar[frozenset[str]] = ContextVar("clashing names", default=frozenset())

def expression_text(expression: Any) -> str:
    """A SymPy expression for a terminal: u^2 - 2 u v; names that read like something else stand in backquotes.

    A matrix is its rows, [[1, 0], [0, 1]].
    """
    if isinstance(expression, sp.MatrixBase):
        rows = (", ".join(map(expression_text, row)) for row in expression.tolist())
        return f"[{', '.join(f'[{row}]' for row in rows)}]"
    symbols: set[sp.Symbol] = getattr(expression, "free_symbols", set())
    odd = [s for s in sorted(symbols, key=str) if text_name(s.name) != s.name]
    marks = {s: sp.Symbol(chr(_PRIVATE + k)) for k, s in enumerate(odd)}
    text = terminal_text(expression.xreplace(marks) if odd else expression)
    for symbol, mark in marks.items():
        text = text.replace(mark.name, text_name(symbol.name))
    return text if text.isprintable() else "".join(c if c.isprintable() else f"U+{ord(c):04X}" for c in text)


def expression_latex(expression: Any, *, upright: bool = False) -> str:
    """LaTeX of a SymPy expression; odd symbol names are escaped, never passed through.

    Different names are set differently, as `latex_name` does; of names that differ in a bar alone, u1 and u_1, all are
    set in typewriter letters where they meet. Words such as head_width are set upright if asked for, not as products of
    letters with an index.
    """
    symbols = sorted(getattr(expression, "free_symbols", ()), key=str)
    alike = clashing(symbol.name for symbol in symbols)
    names = {s: typewriter(s.name) if s.name in alike else _shown(s.name) for s in symbols}
    if upright:
        words = (s for s in symbols if re.fullmatch(r"[A-Za-z_]{2,}", s.name))
        names |= {s: rf"\mathrm{{{escaped(s.name)}}}" for s in words}
    return str(sp.latex(expression, symbol_names=names))


def _shown(name: str) -> str:
    """A name in LaTeX among those of the model at hand."""
    return typewriter(name) if name in _CLASHING.get() else latex_name(name)


@contextmanager
def told_apart(names: Iterable[str]) -> Iterator[None]:
    """Set names that would look alike in typewriter letters, in everything that is typeset inside."""
    token = _CLASHING.set(clashing(names))
    try:
        yield
    finally:
        _CLASHING.reset(token)


def model_names(model: Any) -> Iterator[str]:
    """Names of the coordinates and constants of a model of formulas; those of networks are made by rule."""
    if not getattr(model, "blocks", ()):
        for symbol in (*getattr(model, "coords", ()), *getattr(model, "constants", ())):
            yield symbol.name


def expression_formula(expression: Any) -> Formula:
    """Both notations of an expression; a long one is broken into lines that fit a page."""
    if isinstance(expression, sp.MatrixBase):
        return formula(expression_latex(expression))
    if isinstance(expression, sp.Add):
        terms = expression.as_ordered_terms()
        if all(width(expression_latex(term)) <= WIDTH for term in terms):
            return sum_formula(terms)
    return _broken(expression_text(expression), lines_of(expression, expression_latex))


def _broken(text: str, lines: tuple[str, ...]) -> Formula:
    if len(lines) == 1:
        return Formula(text, lines[0])
    return Formula(text, r"\begin{aligned} & " + r" \\ & ".join(lines) + r" \end{aligned}", lines)


def defined_as(left: Formula, expression: Any) -> Formula:
    """left = expression, in both notations; a long right-hand side goes on below."""
    right = expression_formula(expression)
    lines = right.lines or (right.latex,)
    rest = tuple(rf"\qquad {line}" for line in lines[1:])
    return _broken(f"{left.text} = {right.text}", (f"{left.latex} = {lines[0]}", *rest))


def sum_formula(terms: Sequence[Any]) -> Formula:
    """Both notations of a sum, its terms in the order given."""
    texts = [expression_text(term) for term in terms]
    latexes = [expression_latex(term) for term in terms]
    text = texts[0] + "".join(f" - {t[1:].lstrip()}" if t.startswith("-") else f" + {t}" for t in texts[1:])
    if len(text) <= LINE:
        return Formula(text, _joined(latexes))
    lines: list[list[str]] = [[]]
    length = 0
    for piece, latex in zip(texts, latexes, strict=True):
        if lines[-1] and length + len(piece) + 3 > LINE:
            lines.append([])
            length = 0
        lines[-1].append(latex)
        length += len(piece) + 3
    rows = tuple(_joined(line, first=number == 0) for number, line in enumerate(lines))
    return Formula(text, r"\begin{aligned} & " + r" \\ & ".join(rows) + r" \end{aligned}", rows)


def _joined(pieces: Sequence[str], *, first: bool = True) -> str:
    """Terms with their signs between; a leading plus where the sum goes on from the line before."""
    signed = [piece if piece.lstrip().startswith("-") else f"+ {piece}" for piece in pieces]
    line = " ".join(signed)
    return line.removeprefix("+ ") if first else line


def identity_formula(form: MatrixIdentity) -> Formula:
    """A matrix identity in both notations."""
    names = [block.name for block in form.blocks]
    part = "full" if form.part == "full" else "symmetric"
    law = MatrixLaw(part, tuple((term.coefficient, term.block, term.side) for term in form.terms))
    text, body = matrix_text(law, names), matrix_latex(law, [latex_name(name) for name in names])
    if form.part == "diagonal":
        return Formula(f"diag({text})", rf"\operatorname{{diag}}({body})")
    return Formula(text, body)


def law_rows(law: Law, model: Any = None) -> list[tuple[Formula, str]]:
    """A law as displayed formulas with remarks on shape and number."""
    form = law.form
    if isinstance(form, MatrixIdentity):
        rows_, columns = form.shape
        laws = "1 law" if form.count == 1 else f"{form.count} laws"
        kind = "" if form.part == "full" else f", {form.part}"
        note = f"{rows_} x {columns}{kind}: {laws}" if form.count > 1 else "1 law"
        rows = [(identity_formula(form), note)]
        if form.matrices is not None:
            rows += [_named_entries(form, number) for number in _used(form)]
        return rows
    if isinstance(form, PhaseIdentity):
        return phase_rows(form)
    if isinstance(form, NeuronBalance):
        widths = getattr(model, "widths", None)
        if widths is None:
            (shown,) = neuron_rows(ReluGraph(nodes=1, tails=(), heads=(), inputs=(), outputs=(), biased=()))
            return [(Formula(*shown), f"one for each of the {form.count:,} hidden nodes")]
        return [_layer(layer, width, model.bias) for layer, width in enumerate(widths[1:-1], start=1)]
    if isinstance(form, PolynomialForm):
        return [(sum_formula([to_expression(dict([term]), form.variables) for term in form.terms]), "")]
    expression = law.expression
    if isinstance(expression, sp.MatrixBase):
        return [(expression_formula(entry), "") for entry in expression]
    return [(expression_formula(expression), "")]


def phase_rows(form: PhaseIdentity) -> list[tuple[Formula, str]]:
    """A matrix of laws of a phase space, and what its matrices are made of where the model does not say it."""
    products = form.products()
    in_latex = [(x, (latex_name(a), s), (latex_name(b), t)) for x, (a, s), (b, t) in products]
    shown = Formula(
        times_factor(products_text(products), _factor(form.factor, expression_text, "({})")),
        times_factor(
            products_latex(in_latex), _factor(form.factor, expression_latex, r"\left({}\right)"), r"\bigl( ", r" \bigr)"
        ),
    )
    laws = "1 law" if form.count == 1 else f"{form.count} laws"
    rows = [(shown, f"{form.size} x {form.size}, {form.part}: {laws}")]
    if form.is_named:
        return rows
    coords = form.coords()
    for block, places in zip(form.blocks, form.matrices, strict=True):
        names = [[coords[k].name for k in row] for row in places]
        text = definition_text(block.name, [[(text_name(name), False) for name in row] for row in names])
        latex = definition_latex(latex_name(block.name), [[(_shown(name), False) for name in row] for row in names])
        rows.append((Formula(text, latex), ""))
    return rows


def _factor(factor: sp.Expr, written: Callable[[sp.Expr], str], brackets: str) -> str:
    return brackets.format(written(factor)) if factor.is_Add else written(factor)


def _layer(layer: int, width: int, bias: bool) -> tuple[Formula, str]:
    """Balance of the neurons of one hidden layer."""
    laws = f"j = 1, ..., {width}: {width} laws" if width > 1 else "j = 1: 1 law"
    return Formula(*layer_balance(layer, bias)), laws


def _used(form: MatrixIdentity) -> list[int]:
    return sorted({term.block for term in form.terms})


def _named_entries(form: MatrixIdentity, number: int) -> tuple[Formula, str]:
    """Which coordinates make up a block that was recognised."""
    coords = form.coords()
    block = form.blocks[number]
    signed = [[_signed(coords[place]) for place in row] for row in form.places(number)]
    in_text = [[(text_name(name), minus) for name, minus in row] for row in signed]
    in_latex = [[(_shown(name), minus) for name, minus in row] for row in signed]
    name = block.name
    return Formula(definition_text(name, in_text), definition_latex(latex_name(name), in_latex)), ""


def _signed(entry: Any) -> tuple[str, bool]:
    """The name of a coordinate, and whether it stands with a minus sign."""
    return (entry.name, False) if isinstance(entry, sp.Symbol) else ((-entry).name, True)


def block_shape(block: Block) -> Formula:
    """W1 in R^(3 x 5)."""
    return Formula(
        f"{block.name} in R^({block.rows} x {block.columns})",
        rf"{latex_name(block.name)} \in \mathbb{{R}}^{{{block.rows} \times {block.columns}}}",
    )


def in_words(number: int) -> str:
    """Small numbers as words, large ones with commas."""
    return _NUMBERS[number] if number < len(_NUMBERS) else f"{number:,}"
