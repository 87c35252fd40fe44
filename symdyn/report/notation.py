"""Formulas as people write them: terminal text and LaTeX of SymPy expressions, matrices of parameters, laws."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import sympy as sp

from symdyn.algebra.polynomials import to_expression
from symdyn.dynamics.law import Law, MatrixIdentity, NeuronBalance, PolynomialForm, identity_text
from symdyn.geometry.block import Block
from symdyn.report.blocks import Formula
from symdyn.report.wrapping import WIDTH, lines_of, width

#: A line of display mathematics holds about so many characters of the text form.
LINE = 70
_PLAIN_NAME = re.compile(r"(?!.*(__|scr))[A-Za-z][A-Za-z0-9_]*'*\Z")
_LATEX_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "|": r"\textbar{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


def escaped(text: str) -> str:
    """Text with every character that LaTeX would interpret escaped; what is not ASCII by its code point.

    Examples
    --------
    >>> print(escaped("a_b & 100%"))
    a\\_b \\& 100\\%
    """
    return "".join(_LATEX_SPECIAL.get(c, c if " " <= c <= "~" else f"U+{ord(c):04X}") for c in text)


def typewriter(name: str) -> str:
    r"""A name in typewriter letters for math mode, where text symbols need a box of their own.

    Examples
    --------
    >>> print(typewriter("a^b"))
    \mathtt{a\text{\textasciicircum{}}b}
    """
    boxed = re.sub(r"\\text[a-z]+\{\}", lambda found: rf"\text{{{found[0]}}}", escaped(name))
    return rf"\mathtt{{{boxed}}}"


def expression_text(expression: Any) -> str:
    """A SymPy expression for a terminal: u^2 - 2 u v."""
    text = str(expression).replace("**", "^").replace("*", " ")
    return text if text.isprintable() else "".join(c if c.isprintable() else f"U+{ord(c):04X}" for c in text)


def expression_latex(expression: Any) -> str:
    """LaTeX of a SymPy expression; odd symbol names are escaped, never passed through."""
    symbols = expression.free_symbols if hasattr(expression, "free_symbols") else set()
    odd = {s: typewriter(s.name) for s in symbols if not _PLAIN_NAME.match(s.name)}
    return str(sp.latex(expression, symbol_names=odd))


def expression_formula(expression: Any) -> Formula:
    """Both notations of an expression; a long one is broken into lines that fit a page."""
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


def block_latex(name: str) -> str:
    """W1 as W_{1}."""
    found = re.fullmatch(r"([A-Za-z]+)_?(\d+)", name)
    return f"{found[1]}_{{{found[2]}}}" if found else (name if name.isalpha() else typewriter(name))


def identity_formula(form: MatrixIdentity) -> Formula:
    """A matrix identity in both notations."""
    latex = ""
    for term in form.terms:
        name = block_latex(form.blocks[term.block].name)
        product = rf"{name} {name}^\top" if term.side == "rows" else rf"{name}^\top {name}"
        size = abs(term.coefficient)
        body = product if size == 1 else f"{size}\\, {product}"
        sign = "-" if term.coefficient < 0 else "+"
        latex += f" {sign} {body}" if latex or sign == "-" else body
    body = latex.strip()
    return Formula(identity_text(form), rf"\operatorname{{diag}}({body})" if form.part == "diagonal" else body)


def law_rows(law: Law, model: Any = None) -> list[tuple[Formula, str]]:
    """A law as displayed formulas with remarks on shape and number."""
    form = law.form
    if isinstance(form, MatrixIdentity):
        n = form.size
        laws = "1 law" if form.count == 1 else f"{form.count} laws"
        note = f"{n} x {n}, {form.part}: {laws}" if n > 1 else "1 law"
        rows = [(identity_formula(form), note)]
        if form.matrices is not None:
            rows += [_named_entries(form, number) for number in _used(form)]
        return rows
    if isinstance(form, NeuronBalance):
        widths = getattr(model, "widths", None)
        if widths is None:
            formula = Formula(
                "|outgoing|^2 - |incoming|^2 - bias^2", r"|w_{\mathrm{out}}|^2 - |w_{\mathrm{in}}|^2 - b^2"
            )
            return [(formula, f"one for each of the {form.count:,} hidden nodes")]
        return [_layer(layer, width, model.bias) for layer, width in enumerate(widths[1:-1], start=1)]
    if isinstance(form, PolynomialForm):
        return [(sum_formula([to_expression(dict([term]), form.variables) for term in form.terms]), "")]
    expression = law.expression
    if isinstance(expression, sp.MatrixBase):
        return [(expression_formula(entry), "") for entry in expression]
    return [(expression_formula(expression), "")]


def _layer(layer: int, width: int, bias: bool) -> tuple[Formula, str]:
    """Balance of the neurons of one hidden layer."""
    text = f"|W{layer + 1}[:,j]|^2 - |W{layer}[j,:]|^2" + (f" - b{layer}[j]^2" if bias else "")
    latex = rf"\|W_{{{layer + 1}}} e_j\|^2 - \|e_j^\top W_{{{layer}}}\|^2" + (
        rf" - (b_{{{layer}}})_j^2" if bias else ""
    )
    return Formula(text, latex), f"j = 1, ..., {width}: {width} laws" if width > 1 else "j = 1: 1 law"


def _used(form: MatrixIdentity) -> list[int]:
    return sorted({term.block for term in form.terms})


def _named_entries(form: MatrixIdentity, number: int) -> tuple[Formula, str]:
    """Which coordinates make up a block that was recognised."""
    coords = form.coords()
    block = form.blocks[number]
    matrix = sp.Matrix([[coords[place] for place in row] for row in form.places(number)])
    rows = "; ".join(" ".join(str(entry) for entry in matrix.row(i)) for i in range(matrix.rows))
    return Formula(
        f"with {block.name} = [{rows}]", rf"\text{{with }} {block_latex(block.name)} = {expression_latex(matrix)}"
    ), ""


def block_shape(block: Block) -> Formula:
    """W1 in R^(3 x 5)."""
    return Formula(
        f"{block.name} in R^({block.rows} x {block.columns})",
        rf"{block_latex(block.name)} \in \mathbb{{R}}^{{{block.rows} \times {block.columns}}}",
    )
