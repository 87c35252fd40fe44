"""Blocks as Markdown with LaTeX formulas."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import singledispatch
from typing import Any

from symdyn.dynamics.figure import Figure
from symdyn.report.blocks import (
    Block,
    Captioned,
    Cell,
    Equations,
    Finding,
    Formula,
    Heading,
    Proof,
    Provenance,
    Remarks,
    Rich,
    Statement,
    Table,
    Text,
    Title,
    rich,
)
from symdyn.report.describe.systems import value_parts
from symdyn.report.formats.mathematics import sentence


def markdown_of(blocks: Sequence[Block]) -> str:
    """All blocks, with blank lines between."""
    return "\n\n".join(part for part in (_markdown(block) for block in blocks) if part) + "\n"


def escaped(text: str) -> str:
    """Text with the characters that Markdown interprets escaped."""
    return re.sub(r"([\\`*_{}\[\]<>#|$])", r"\\\1", text)


def _rich(rich: Rich) -> str:
    return "".join(_in_text(part) if isinstance(part, Formula) else escaped(part) for part in rich)


def _in_text(formula: Formula) -> str:
    # a display has words before and after it
    return f" $\\displaystyle {formula.latex}$ " if formula.lines else f"${formula.latex}$"


@singledispatch
def _markdown(block: Any) -> str:
    raise TypeError(f"{type(block).__name__} is no block: see symdyn/report/blocks.py")


@_markdown.register
def _title(block: Title) -> str:
    return f"### {_rich(block.subject)}\n\n{escaped(', '.join(block.notes))}".rstrip()


@_markdown.register
def _heading(block: Heading) -> str:
    return f"#### {_rich(block.words)}"


@_markdown.register
def _text(block: Text) -> str:
    return _rich(block.words)


@_markdown.register
def _statement(block: Statement) -> str:
    return f"**{escaped(block.headline)}** ({block.verdict}). {_rich(block.sentence)}"


@_markdown.register
def _equations(block: Equations) -> str:
    lines = [
        f"- $\\displaystyle {formula.latex}$" + (f" ({escaped(note)})" if note else "") for formula, note in block.rows
    ]
    if block.tail:
        lines.append(f"- {escaped(block.tail)}")
    return "\n".join(lines)


@_markdown.register
def _proof(block: Proof) -> str:
    sentences = " ".join(_rich(sentence) for sentence in block.sentences)
    certificate = f" Certificate `{block.certificate[:12]}`." if block.certificate else ""
    return f"*{escaped(block.title)}.* {sentences}{certificate}"


@_markdown.register
def _remarks(block: Remarks) -> str:
    return "\n".join(f"- {name}: {_rich(rich(words))}" for name, words in block.rows)


@_markdown.register
def _provenance(block: Provenance) -> str:
    sentence = block.sentence()
    return f"*{escaped(sentence)}*" if sentence else ""


@_markdown.register
def _table(block: Table) -> str:
    lines = [_row(block.header), "|" + "---|" * len(block.header), *map(_row, block.rows)]
    caption = ["", escaped(block.caption)] if block.caption else []
    return "\n".join(lines + caption)


def _row(cells: tuple[Cell, ...]) -> str:
    # a line break or a bar in a formula would end the row or the cell
    shown = [_rich(rich(cell)).replace("\n", " ") for cell in cells]
    return "| " + " | ".join(re.sub(r"(?<!\\)\|", r"\\vert{}", cell) for cell in shown) + " |"


@_markdown.register
def _finding(block: Finding) -> str:
    certificate = f"; certificate `{block.certificate[:12]}`" if block.certificate else ""
    lines = [
        f"**{escaped(block.id)}** ({block.in_capitals}). {_sentence(block.statement)}",
        "",
        f"- expected {_value(block.expected)}, measured {_value(block.measured)}",
    ]
    lines += [f"- assumed: {_sentence(text)}" for text in block.hypotheses]
    lines += [f"- {escaped(block.reason)}"] if block.reason else []
    lines += [f"- counterexample: {escaped(block.counterexample)}"] if block.counterexample else []
    return "\n".join([*lines, f"- source: {_sentence(block.source)}; {block.seconds:.2f} s{certificate}"])


def _value(value: Any) -> str:
    return _rich(value_parts(value))


def _sentence(text: str) -> str:
    return _rich(sentence(text))


@_markdown.register
def _captioned(block: Captioned) -> str:
    shown = f"*not made: {escaped(block.reason)}*" if block.content is None else _markdown(block.content)
    source = f" (Source: {_sentence(block.source)})" if block.source else ""
    return f"{shown}\n\n**{escaped(block.id)}.** {_sentence(block.caption)}{source}"


@_markdown.register
def _figure(block: Figure) -> str:
    return f"*Figure: {escaped(block.alt)}*"
