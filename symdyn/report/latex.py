"""Blocks as LaTeX: a fragment for \\input, or a standalone document."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import Any

from symdyn.certificate.verdict import Verdict
from symdyn.report.blocks import Block, Equations, Formula, Proof, Provenance, Remarks, Rich, Statement, Table, Title
from symdyn.report.notation import escaped

PREAMBLE = r"""\documentclass[11pt]{article}
\usepackage{amsmath,amssymb,amsthm,booktabs}
\usepackage[margin=25mm]{geometry}
\newtheorem{proposition}{Proposition}
\theoremstyle{remark}
\newtheorem*{remark}{Remark}
\allowdisplaybreaks
\begin{document}
"""

_IN_WORDS = {
    Verdict.PROVED: "proved by exact computation",
    Verdict.REFUTED: "refuted by an exact counterexample",
    Verdict.PROBABLE: "the bounds are proved; that the upper one is attained is probable only",
    Verdict.OBSERVED: "observed numerically, not proved",
    Verdict.UNDECIDED: "the bounds are proved; the count is undecided",
}


def latex_of(blocks: Sequence[Block]) -> str:
    """A fragment for \\input; needs amsmath, amssymb, amsthm and a theorem environment `proposition`."""
    merged: list[Block] = []
    for block in blocks:
        last = merged[-1] if merged else None
        merged.append(block)
        if isinstance(block, Equations) and isinstance(last, Statement):
            merged[-2:] = [_Proposition(last, block)]  # type: ignore[list-item]
    return "\n".join(part for part in (_latex(block) for block in merged) if part) + "\n"


def latex_document(blocks: Sequence[Block]) -> str:
    """A document that compiles by itself with pdflatex, shell escape off."""
    return PREAMBLE + latex_of(blocks) + "\\end{document}\n"


def notebook_latex(blocks: Sequence[Block]) -> str:
    """The displayed formulas alone, for a notebook cell."""
    rows = [formula.latex for block in blocks if isinstance(block, Equations) for formula, _ in block.rows]
    rest = [rf"\dots\ (\text{{{len(rows) - 12} more}})"] if len(rows) > 12 else []
    return "" if not rows else "$\\displaystyle " + r",\quad ".join(rows[:12] + rest) + "$"


class _Proposition:
    """A statement with its displayed formulas inside the theorem environment."""

    def __init__(self, statement: Statement, equations: Equations) -> None:
        self.statement, self.equations = statement, equations


def rich_latex(rich: Rich) -> str:
    """Running text with inline mathematics."""
    return "".join(f"${part.latex}$" if isinstance(part, Formula) else escaped(part) for part in rich)


def _label(text: str) -> str:
    return "".join(c if (c.isalnum() and c.isascii()) or c in ":-" else "-" for c in text)


@singledispatch
def _latex(block: Any) -> str:
    raise TypeError(f"{type(block).__name__} is no block: see symdyn/report/blocks.py")


@_latex.register
def _title(block: Title) -> str:
    return ""


def _statement_lines(block: Statement) -> list[str]:
    note = "" if block.verdict is Verdict.PROVED else f"[{_IN_WORDS[block.verdict]}]"
    return [rf"\begin{{proposition}}{note}\label{{{_label(block.label)}}}", "  \\sloppy " + rich_latex(block.sentence)]


@_latex.register
def _statement(block: Statement) -> str:
    return "\n".join([*_statement_lines(block), r"\end{proposition}"])


@_latex.register
def _proposition(block: _Proposition) -> str:
    return "\n".join([*_statement_lines(block.statement), *_display(block.equations), r"\end{proposition}"])


def _display(block: Equations) -> list[str]:
    """Displayed formulas; long sums line by line, in a display that may break over pages."""
    lines = []
    if block.rows:
        long = any(formula.lines for formula, _ in block.rows)
        mark = "& " if long else ""
        shown = []
        for formula, note in block.rows:
            remark = rf" \qquad (\text{{{_note(note)}}})" if note else ""
            pieces = formula.lines or (formula.latex,)
            shown += [f"    {mark}{piece}" for piece in pieces[:-1]] + [f"    {mark}{pieces[-1]}{remark}"]
        environment = "align*" if long else "gather*"
        lines += [r"  \begingroup\allowdisplaybreaks", rf"  \begin{{{environment}}}"]
        lines += [line + r" \\" for line in shown[:-1]] + [shown[-1], rf"  \end{{{environment}}}", r"  \endgroup"]
    if block.tail:
        lines.append("  " + _tail(block.tail))
    return lines


def _tail(text: str) -> str:
    sentence = escaped(text[:1].upper() + text[1:]).replace(r"\textless{}=", r"$\leq$")
    return sentence + "."


def _note(text: str) -> str:
    return escaped(text).replace(" x ", r" $\times$ ").replace("...", r"\dots")


@_latex.register
def _equations(block: Equations) -> str:
    return "\n".join(_display(block))


@_latex.register
def _proof(block: Proof) -> str:
    sentences = " ".join(rich_latex(sentence) for sentence in block.sentences)
    if block.certificate:
        sentences += rf" The witness is certificate \texttt{{{block.certificate[:12]}\ldots}}."
    return rf"\begin{{proof}}{chr(10)}  {sentences}{chr(10)}\end{{proof}}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


@_latex.register
def _remarks(block: Remarks) -> str:
    rows = [f"{_capital(escaped(text)).rstrip('.')}." for name, text in block.rows if name != "next"]
    return "" if not rows else "\\begin{remark}\n  " + " ".join(rows) + "\n\\end{remark}"


@_latex.register
def _provenance(block: Provenance) -> str:
    versions = block.facts.get("versions", {})
    shown = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    seed = f"seed {block.facts['seed']}; " if "seed" in block.facts else ""
    return f"% {seed}{shown}" if shown else ""


@_latex.register
def _table(block: Table) -> str:
    columns = "l" * len(block.header)
    rows = [" & ".join(escaped(cell) for cell in row) + r" \\" for row in block.rows]
    head = " & ".join(escaped(cell) for cell in block.header) + r" \\"
    return "\n".join(
        [
            *(r"\begin{center}", rf"\begin{{tabular}}{{{columns}}}", r"\toprule", head, r"\midrule"),
            *rows,
            *(r"\bottomrule", r"\end{tabular}", r"\end{center}"),
        ]
    )
