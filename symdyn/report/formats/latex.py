"""Blocks as LaTeX: a fragment for \\input, or a standalone document."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, singledispatch
from importlib import resources
from typing import Any

from symdyn.certificate.canonical import digest
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.figure import Figure
from symdyn.report.blocks import (
    Block,
    Captioned,
    Equations,
    Finding,
    Formula,
    Heading,
    Proof,
    Provenance,
    Remarks,
    Statement,
    Table,
    Text,
    Title,
    rich,
)
from symdyn.report.describe.systems import value_parts
from symdyn.report.formats.latex_prose import fitted, inline, label_text, prose, rich_latex
from symdyn.report.formats.latex_table import table_latex
from symdyn.report.formats.mathematics import sentence
from symdyn.report.formats.typed_json import encoded
from symdyn.report.formats.wrapping import WIDTH, width

PREAMBLE = r"""\documentclass[11pt]{article}
\usepackage[margin=25mm]{geometry}
"""

#: A remark up to this many letters stands beside its formula.
_BESIDE = 24


def latex_of(blocks: Sequence[Block]) -> str:
    """A fragment for \\input.

    Statements and formulas need amsmath, amssymb, amsthm and an environment `proposition`; whatever else there is
    needs `symdyn.sty`, which has all of these.
    """
    merged: list[Block] = []
    for block in blocks:
        last = merged[-1] if merged else None
        merged.append(block)
        if isinstance(block, Equations) and isinstance(last, Statement):
            merged[-2:] = [_Proposition(last, block)]  # type: ignore[list-item]
    return "\n".join(part for part in (_latex(block) for block in merged) if part) + "\n"


def latex_document(blocks: Sequence[Block], *, package: bool = False) -> str:
    """A document that compiles by itself with pdflatex, shell escape off; with `package` it loads symdyn.sty."""
    macros = "\\usepackage{symdyn}\n" if package else style_for_a_preamble()
    first = blocks[0] if blocks else None
    title = rf"\title{{{rich_latex(first.subject)}}}" + "\n" if _is_report(blocks) and isinstance(first, Title) else ""
    begin = (
        "\\author{}\\date{}\n\\begin{document}\n\\maketitle\n"
        if title
        else "\\begin{document}\n\\setlength{\\parindent}{0pt}\\setlength{\\parskip}{.5ex}\n"
    )
    return f"{PREAMBLE}{macros}\\allowdisplaybreaks\n{title}{begin}{latex_of(blocks)}\\end{{document}}\n"


def _is_report(blocks: Sequence[Block]) -> bool:
    """A title followed by sections or findings."""
    return any(isinstance(block, Heading | Finding) for block in blocks)


@cache
def style() -> str:
    """The text of `symdyn.sty`."""
    return resources.files("symdyn.report.formats").joinpath("symdyn.sty").read_text(encoding="utf-8")


def style_for_a_preamble() -> str:
    r"""The macros of `symdyn.sty`, to stand in a document itself."""
    lines = [line for line in style().splitlines() if not line.startswith((r"\NeedsTeX", r"\Provides", r"\endinput"))]
    body = "\n".join(lines).replace(r"\RequirePackage", r"\usepackage").strip()
    return f"\\makeatletter\n{body}\n\\makeatother\n"


def notebook_latex(blocks: Sequence[Block]) -> str:
    """The displayed formulas alone, for a notebook cell."""
    rows = [formula.latex for block in blocks if isinstance(block, Equations) for formula, _ in block.rows]
    rest = [rf"\dots\ (\text{{{len(rows) - 12} more}})"] if len(rows) > 12 else []
    return "" if not rows else "$\\displaystyle " + r",\quad ".join(rows[:12] + rest) + "$"


def figure_name(figure: Figure) -> str:
    """Name of the file of a figure, without ending: equal figures have equal names, and others have others."""
    return f"symdyn-figure-{digest(encoded(figure, 'figure'))[:12]}"


class _Proposition:
    """A statement with its displayed formulas inside the theorem environment."""

    def __init__(self, statement: Statement, equations: Equations) -> None:
        self.statement, self.equations = statement, equations


@singledispatch
def _latex(block: Any) -> str:
    raise TypeError(f"{type(block).__name__} is no block: see symdyn/report/blocks.py")


@_latex.register
def _title(block: Title) -> str:
    return ""


@_latex.register
def _heading(block: Heading) -> str:
    return rf"\section*{{{rich_latex(block.words)}}}"


@_latex.register
def _text(block: Text) -> str:
    return "\\begingroup\\sloppy " + rich_latex(block.words) + "\\par\\endgroup"


def _environment(verdict: Verdict, known: str = "") -> str:
    """What a mathematician calls it: bounds that are proved are a proposition too."""
    if verdict is Verdict.PROVED or known.startswith("the bounds are proved"):
        return "proposition"
    return "observation" if verdict in (Verdict.OBSERVED, Verdict.PROBABLE) else "assertion"


def _statement_lines(block: Statement) -> list[str]:
    note = "" if block.verdict is Verdict.PROVED else f"[{block.in_words}]"
    label = rf"\label{{{label_text(block.label)}}}" if block.label else ""
    begin = rf"\begin{{{_environment(block.verdict, block.known)}}}{note}{label}"
    return [begin, "  \\sloppy " + rich_latex(block.sentence)]


def _end(block: Statement) -> str:
    return rf"\end{{{_environment(block.verdict, block.known)}}}"


@_latex.register
def _statement(block: Statement) -> str:
    return "\n".join([*_statement_lines(block), _end(block)])


@_latex.register
def _proposition(block: _Proposition) -> str:
    return "\n".join([*_statement_lines(block.statement), *_display(block.equations), _end(block.statement)])


def _display(block: Equations) -> list[str]:
    """Displayed formulas; long sums line by line, in a display that may break over pages."""
    lines = []
    if block.rows:
        long = any(formula.lines for formula, _ in block.rows)
        mark = "& " if long else ""
        shown = []
        for formula, note in block.rows:
            first, *rest = formula.lines or (formula.latex,)
            pieces = [_line(first), *(_line(_continued(piece)) for piece in rest)]
            rows = [f"    {mark}{piece}" for piece in pieces]
            if note and len(note) <= _BESIDE + max(0, WIDTH - _BESIDE - width(pieces[-1])):
                rows[-1] += rf" \qquad (\text{{{_note(note)}}})"
            elif note:
                rows.append(rf"    {mark}\parbox{{.9\linewidth}}{{\raggedright ({_note(note)})}}")
            shown += rows
        environment = "align*" if long else "gather*"
        lines += [r"  \begingroup\allowdisplaybreaks", rf"  \begin{{{environment}}}"]
        lines += [line + r" \\" for line in shown[:-1]] + [shown[-1], rf"  \end{{{environment}}}", r"  \endgroup"]
    if block.tail:
        lines.append("  " + _tail(block.tail))
    return lines


def _continued(latex: str) -> str:
    """A line that belongs to the one before it stands in from it, so that it is not taken for a formula of its own."""
    return latex if latex.startswith(r"\qquad") else rf"\qquad {latex}"


def _line(latex: str) -> str:
    """A line of a display; one that could not be broken is made smaller."""
    return fitted(latex) if width(latex) > WIDTH + 12 and r"\allowbreak" not in latex else latex


def _tail(text: str) -> str:
    sentence = prose(text[:1].upper() + text[1:]).replace(r"\textless{}=", r"$\leq$")
    return sentence + "."


def _note(text: str) -> str:
    return prose(text).replace(" x ", r" $\times$ ").replace("...", r"\dots{}")


@_latex.register
def _equations(block: Equations) -> str:
    return "\n".join(_display(block))


@_latex.register
def _proof(block: Proof) -> str:
    sentences = " ".join(rich_latex(sentence) for sentence in block.sentences)
    if block.certificate:
        sentences += rf" The witness is certificate \texttt{{{block.certificate[:12]}\ldots}}."
    if block.title == "Proof":
        return rf"\begin{{proof}}{chr(10)}  {sentences}{chr(10)}\end{{proof}}"
    return rf"\begin{{remark}}[{prose(block.title)}]{chr(10)}  \sloppy {sentences}{chr(10)}\end{{remark}}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _closed(latex: str) -> str:
    """With one full stop at the end."""
    return f"{latex.removesuffix(chr(92) + 'allowbreak{}').rstrip('.')}."


@_latex.register
def _remarks(block: Remarks) -> str:
    rows = [_closed(_capital(rich_latex(rich(words)))) for name, words in block.rows if name != "next"]
    return "" if not rows else "\\begin{remark}\n  \\sloppy " + " ".join(rows) + "\n\\end{remark}"


@_latex.register
def _provenance(block: Provenance) -> str:
    sentence = block.sentence()
    return f"% {_one_line(sentence)}" if sentence else ""


def _one_line(text: str) -> str:
    """A comment ends with its line, whatever the text holds."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)


_latex.register(Table, table_latex)


@_latex.register
def _finding(block: Finding) -> str:
    r"""A claim as a proposition, an observation or an assertion, with what was expected and measured."""
    name = "assertion" if block.holds is False else _environment(block.verdict)
    note = "" if block.verdict is Verdict.PROVED else f"[{_verdict_words(block)}]"
    certificate = rf" Certificate \texttt{{{block.certificate[:12]}\ldots}}." if block.certificate else ""
    facts = [f"Expected: {_value(block.expected)}; measured: {_value(block.measured)}."]
    if block.reason:
        facts.append(_sentence(block.reason))
    if block.counterexample:
        facts.append(f"Smallest counterexample found: {prose(block.counterexample).rstrip('.')}.")
    facts += [f"Assumed: {_marked(text).rstrip('.')}." for text in block.hypotheses]
    facts.append(f"Source: {_marked(block.source).rstrip('.')}. Time: {block.seconds:.2f} s.{certificate}")
    return "\n".join(
        [
            rf"\begin{{{name}}}{note}\label{{{label_text('claim:' + block.id)}}}",
            f"  \\sloppy {_marked(_capital(block.statement)).rstrip('.')}.",
            rf"\end{{{name}}}",
            rf"\begin{{remark}}[{prose(_capital(block.id))}, {_verdict_words(block)}]",
            "  \\sloppy " + " ".join(facts),
            r"\end{remark}",
        ]
    )


_FOUND = {
    Verdict.PROVED: "proved",
    Verdict.UNDECIDED: "undecided",
    Verdict.REFUTED: "refuted",
    Verdict.PROBABLE: "probable, not proved",
    Verdict.OBSERVED: "observed numerically, not proved",
}


def _verdict_words(block: Finding) -> str:
    if block.failed:
        return "measurement failed"
    if block.holds is False and block.verdict is not Verdict.REFUTED:
        return f"{block.verdict.value} not to hold"
    return _FOUND[block.verdict]


def _marked(text: str) -> str:
    """A sentence with mathematics between dollars."""
    return rich_latex(sentence(text))


def _sentence(text: str) -> str:
    return f"{prose(_capital(text)).rstrip('.')}."


def _value(value: Any) -> str:
    return "".join(inline(part) if isinstance(part, Formula) else prose(part) for part in value_parts(value))


@_latex.register
def _figure(block: Figure) -> str:
    """The drawing if its file is there, else its text alternative."""
    said = rf"  \par\smallskip\parbox{{.8\linewidth}}{{\small {prose(block.alt)}}}"
    return "\n".join([r"\begin{center}", *_drawing(block), said, r"\end{center}"])


def _drawing(figure: Figure) -> list[str]:
    file = figure_name(figure)
    return [
        rf"  \IfFileExists{{{file}.pdf}}{{\includegraphics[width=.8\linewidth]{{{file}.pdf}}}}%",
        rf"    {{\fbox{{\parbox{{.8\linewidth}}{{\raggedright {prose(figure.alt)}}}}}}}",
    ]


@_latex.register
def _captioned(block: Captioned) -> str:
    """A float with caption and label; a table that needs pages stands in the text, below its caption."""
    source = f". Source: {_marked(block.source).rstrip('.')}." if block.source else ""
    told = _marked(_capital(block.caption)).rstrip(".") + source
    if block.content is None:
        return rf"\begin{{remark}}[{prose(block.id)}]{chr(10)}  Not made: {prose(block.reason)}.{chr(10)}\end{{remark}}"
    name = "figure" if isinstance(block.content, Figure) else "table"
    label = rf"\label{{{name[:3]}:{label_text(block.label)}}}"
    if isinstance(block.content, Figure):
        lines = [r"  \centering", *_drawing(block.content), rf"  \caption{{{told}}}{label}"]
    else:
        body = table_latex(block.content)
        if r"\begin{longtable}" in body:
            return f"\\begingroup\\sloppy {told}\\par\\endgroup\n{body}"
        lines = [rf"  \caption{{{told}}}{label}", body]
    return "\n".join([rf"\begin{{{name}}}[htbp]", *lines, rf"\end{{{name}}}"])
