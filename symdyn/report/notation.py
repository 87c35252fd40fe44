"""Formulas as people write them: terminal text and LaTeX of SymPy expressions, matrices of parameters, laws."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import sympy as sp

from symdyn.algebra.polynomials import to_expression
from symdyn.dynamics.law import Law, MatrixIdentity, NeuronBalance, PolynomialForm, identity_text, signed_sum
from symdyn.geometry.block import Block
from symdyn.report.blocks import Formula
from symdyn.report.wrapping import WIDTH, lines_of, width

#: A line of display mathematics holds about so many characters of the text form.
LINE = 70
#: Letters, a number, then indices after bars.
_INDEXED = re.compile(r"(?P<base>[A-Za-z]+)(?P<number>\d*)(?P<rest>(?:_[A-Za-z0-9]+)*)(?P<primes>'*)")
#: First of the characters that stand for no letter.
_PRIVATE = 0xE000
_WORD = re.compile(r"[^\W\d]\w*'*\Z")
#: Names of the model at hand that would be set alike.
_CLASHING: ContextVar[frozenset[str]] = ContextVar("clashing names", default=frozenset())
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
    """A SymPy expression for a terminal: u^2 - 2 u v; names that read like something else stand in backquotes."""
    symbols: set[sp.Symbol] = getattr(expression, "free_symbols", set())
    odd = [s for s in sorted(symbols, key=str) if not _WORD.match(s.name)]
    marks = {s: sp.Symbol(chr(_PRIVATE + k)) for k, s in enumerate(odd)}
    text = str(expression.xreplace(marks) if odd else expression).replace("**", "^").replace("*", " ")
    for symbol, mark in marks.items():
        text = text.replace(mark.name, f"`{symbol.name}`")
    return text if text.isprintable() else "".join(c if c.isprintable() else f"U+{ord(c):04X}" for c in text)


def expression_latex(expression: Any, *, upright: bool = False) -> str:
    """LaTeX of a SymPy expression; odd symbol names are escaped, never passed through.

    Different names are set differently, as `symbol_latex` does; names that differ in a bar alone, u1 and u_1, are set
    in typewriter letters where they meet. Words such as head_width are set upright if asked for, not as products of
    letters with an index.
    """
    symbols = expression.free_symbols if hasattr(expression, "free_symbols") else set()
    names = {s: symbol_latex(s.name) for s in symbols}
    meeting = [*names.values()]
    for symbol, shown in names.items():
        if meeting.count(shown) > 1 or symbol.name in _CLASHING.get():
            names[symbol] = typewriter(symbol.name)
    if upright:
        words = (s for s in symbols if re.fullmatch(r"[A-Za-z_]{2,}", s.name))
        names |= {s: rf"\mathrm{{{escaped(s.name)}}}" for s in words}
    return str(sp.latex(expression, symbol_names=names))


def symbol_latex(name: str) -> str:
    r"""A name with its indices: commas between them, words upright, anything odd in typewriter letters.

    Examples
    --------
    >>> print(symbol_latex("W_1_11"), symbol_latex("W_11_1"), symbol_latex("W1_2_3"), symbol_latex("theta"))
    W_{1,11} W_{11,1} W_{1,2,3} \theta
    >>> print(symbol_latex("uv"), symbol_latex("u^v"))
    \mathrm{uv} \mathtt{u\text{\textasciicircum{}}v}
    """
    found = _INDEXED.fullmatch(name)
    if not found or not _PLAIN_NAME.match(name):
        return typewriter(name)
    indices = [index for index in (found["number"], *found["rest"].split("_")) if index]
    base = _letters(found["base"])
    shown = ",".join(index if not index.isalpha() else _letters(index) for index in indices)
    return base + (f"_{{{shown}}}" if shown else "") + found["primes"]


def _letters(word: str) -> str:
    """A Greek letter by its name, an accent that SymPy knows, one letter as it is, another word upright."""
    known = str(sp.latex(sp.Symbol(word)))
    return rf"\mathrm{{{word}}}" if known == word and len(word) > 1 else known


@contextmanager
def told_apart(names: Iterable[str]) -> Iterator[None]:
    """Set names that would look alike in typewriter letters, in everything that is typeset inside."""
    shown: dict[str, set[str]] = {}
    for name in names:
        shown.setdefault(symbol_latex(name), set()).add(name)
    token = _CLASHING.set(frozenset(name for alike in shown.values() if len(alike) > 1 for name in alike))
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
    """W1 as W_{1}, b_q1 as b_{q1}, q1_2 as q_{1,2}, gamma1 with the Greek letter."""
    found = re.fullmatch(r"(?P<letter>[A-Za-z]+)_?(?P<index>\d+)", name)
    found = found or re.fullmatch(r"(?P<letter>[A-Za-z])_(?P<index>[a-z]\d*)", name)
    if found:
        letter = f"\\{found['letter']}" if found["letter"] in ("gamma", "beta") else found["letter"]
        return f"{letter}_{{{found['index']}}}"
    double = re.fullmatch(r"([A-Za-z]+)(\d+)_(\d+)", name)
    if double:
        return f"{double[1]}_{{{double[2]},{double[3]}}}"
    return name if name.isalpha() else typewriter(name)


def identity_formula(form: MatrixIdentity) -> Formula:
    """A matrix identity in both notations."""
    pieces = []
    for term in form.terms:
        name = block_latex(form.blocks[term.block].name)
        products = {
            "rows": (rf"{name} {name}^\top",),
            "columns": (rf"{name}^\top {name}",),
            "linear": (name, rf"{name}^\top"),
            "entries": (name,),
        }
        pieces += [(term.coefficient, product) for product in products[term.side]]
    body = signed_sum(pieces, r"\, ")
    return Formula(identity_text(form), rf"\operatorname{{diag}}({body})" if form.part == "diagonal" else body)


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
    rows = "; ".join(" ".join(map(expression_text, matrix.row(i))) for i in range(matrix.rows))
    return Formula(
        f"with {block.name} = [{rows}]", rf"\text{{with }} {block_latex(block.name)} = {expression_latex(matrix)}"
    ), ""


def block_shape(block: Block) -> Formula:
    """W1 in R^(3 x 5)."""
    return Formula(
        f"{block.name} in R^({block.rows} x {block.columns})",
        rf"{block_latex(block.name)} \in \mathbb{{R}}^{{{block.rows} \times {block.columns}}}",
    )
