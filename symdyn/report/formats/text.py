"""Blocks as text for a terminal of 80 columns."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from functools import singledispatch
from typing import Any

from symdyn.dynamics.figure import Figure
from symdyn.report.blocks import (
    Block,
    Captioned,
    Equations,
    Finding,
    Heading,
    Proof,
    Provenance,
    Remarks,
    Statement,
    Table,
    Text,
    Title,
    plain,
)
from symdyn.report.describe.systems import value_text
from symdyn.report.formats.mathematics import sentence
from symdyn.report.formats.text_table import table_lines

WIDTH = 80
MAX_ROWS = 40


def text_of(blocks: Sequence[Block]) -> str:
    """All blocks, one after the other."""
    return "\n".join(part for part in (_text(block) for block in blocks) if part) + "\n"


def _wrapped(text: str, first: str, rest: str) -> str:
    return "\n".join(
        textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False) or [first]
    )


@singledispatch
def _text(block: Any) -> str:
    raise TypeError(f"{type(block).__name__} is no block: see symdyn/report/blocks.py")


@_text.register
def _title(block: Title) -> str:
    subject, notes = plain(block.subject), ", ".join(block.notes)
    line = f"{subject}        {notes}".rstrip()
    if len(line) <= WIDTH:
        return line + "\n"
    return _wrapped(subject, "", "    ") + "\n" + _wrapped(notes, "    ", "    ") + "\n"


@_text.register
def _heading(block: Heading) -> str:
    words = plain(block.words)
    return f"\n{words}\n{'-' * min(WIDTH, len(words))}"


@_text.register
def _paragraph(block: Text) -> str:
    return _wrapped(plain(block.words), "  ", "  ")


@_text.register
def _statement(block: Statement) -> str:
    verdict = str(block.verdict)
    line = "  " + block.headline
    if len(line) + 2 + len(verdict) <= WIDTH:
        return line + " " * (WIDTH - len(line) - len(verdict)) + verdict
    return _wrapped(block.headline, "  ", "  ") + "\n" + verdict.rjust(WIDTH)


@_text.register
def _equations(block: Equations) -> str:
    lines = []
    for formula, note in block.rows[:MAX_ROWS]:
        line = f"      {formula.text}"
        remark = f"        ({note})" if note else ""
        if len(line) + len(remark) <= WIDTH:
            lines.append(line + remark)
        else:
            lines += _broken_sum(formula.text)
            if note:
                lines.append(f"          ({note})")
    if len(block.rows) > MAX_ROWS:
        lines.append(f"      ... and {len(block.rows) - MAX_ROWS:,} more; --format json lists them all")
    if block.tail:
        lines.append(_wrapped(block.tail, "      ", "      "))
    return "\n".join(lines) + "\n" if lines else ""


def _broken_sum(text: str) -> list[str]:
    """A long sum, broken between terms."""
    lines = ["      "]
    for term in re.split(r" (?=[+-] )", text):
        if lines[-1].strip() and len(lines[-1]) + 1 + len(term) > WIDTH:
            lines.append("         ")
        lines[-1] += (" " if lines[-1].strip() or len(lines) > 1 else "") + term
    return lines


@_text.register
def _proof(block: Proof) -> str:
    lines = []
    for number, reason in enumerate(block.reasons):
        lines.append(_wrapped(plain(reason), "  why    " if number == 0 else "         ", "         "))
    return "\n".join(lines)


@_text.register
def _remarks(block: Remarks) -> str:
    return "\n".join(_wrapped(plain(words), f"  {name:<6} ", "         ") for name, words in block.rows)


@_text.register
def _provenance(block: Provenance) -> str:
    facts = dict(block.facts)
    parts = []
    if "seed" in facts:
        parts.append(f"seed {facts['seed']}")
    if "seconds" in facts:
        parts.append(f"{facts['seconds']:.2f} s")
    return "  " + "   ".join(parts) if parts else ""


@_text.register
def _table(block: Table) -> str:
    lines = table_lines([[plain(cell) for cell in row] for row in (block.header, *block.rows)], WIDTH)
    return "\n".join([*lines, *([_wrapped(block.caption, "  ", "  ")] if block.caption and not block.label else [])])


@_text.register
def _finding(block: Finding) -> str:
    verdict = block.in_capitals
    head = f"  {block.id}"
    rows = [("", _sentence(block.statement)), *(("if", _sentence(text)) for text in block.hypotheses)]
    rows += [("expect", value_text(block.expected)), ("found", value_text(block.measured))]
    rows += [("why", block.reason)] if block.reason else []
    rows += [("but", block.counterexample)] if block.counterexample else []
    certificate = f", certificate {block.certificate[:12]}" if block.certificate else ""
    rows += [("source", f"{_sentence(block.source)} ({block.seconds:.2f} s{certificate})")]
    lines = [head + (verdict.rjust(WIDTH - len(head)) if len(head) + len(verdict) < WIDTH else f"  {verdict}")]
    for name, text in rows:
        lines.append(_wrapped(text, f"      {name:<7}", " " * 13) if name else _wrapped(text, "    ", "    "))
    return "\n".join([*lines, ""])


def _sentence(text: str) -> str:
    return plain(sentence(text))


@_text.register
def _captioned(block: Captioned) -> str:
    shown = f"  {block.id}: not made ({block.reason})" if block.content is None else _text(block.content)
    source = f" Source: {_sentence(block.source).rstrip('.')}." if block.source else ""
    told = f"{block.id}. {_sentence(block.caption).rstrip('.')}.{source}"
    return "\n".join([shown, _wrapped(told, "  ", "  "), ""])


@_text.register
def _figure(block: Figure) -> str:
    return _wrapped(f"Figure: {block.alt}", "  ", "  ")
