"""Blocks as Markdown with LaTeX formulas."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import singledispatch
from typing import Any

from symdyn.report.blocks import Block, Equations, Formula, Proof, Provenance, Remarks, Rich, Statement, Table, Title


def markdown_of(blocks: Sequence[Block]) -> str:
    """All blocks, with blank lines between."""
    return "\n\n".join(part for part in (_markdown(block) for block in blocks) if part) + "\n"


def escaped(text: str) -> str:
    """Text with the characters that Markdown interprets escaped."""
    return re.sub(r"([\\`*_{}\[\]<>#|$])", r"\\\1", text)


def _rich(rich: Rich) -> str:
    return "".join(f"${part.latex}$" if isinstance(part, Formula) else escaped(part) for part in rich)


@singledispatch
def _markdown(block: Any) -> str:
    raise TypeError(f"{type(block).__name__} is no block: see symdyn/report/blocks.py")


@_markdown.register
def _title(block: Title) -> str:
    return f"### {_rich(block.subject)}\n\n{escaped(', '.join(block.notes))}"


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
    return f"*Proof.* {sentences}{certificate}"


@_markdown.register
def _remarks(block: Remarks) -> str:
    return "\n".join(f"- {name}: {escaped(text)}" for name, text in block.rows)


@_markdown.register
def _provenance(block: Provenance) -> str:
    versions = block.facts.get("versions", {})
    shown = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    seed = f"seed {block.facts['seed']}, " if "seed" in block.facts else ""
    return f"*{escaped(seed + shown)}*" if shown else ""


@_markdown.register
def _table(block: Table) -> str:
    lines = ["| " + " | ".join(map(escaped, block.header)) + " |", "|" + "---|" * len(block.header)]
    return "\n".join(lines + ["| " + " | ".join(map(escaped, row)) + " |" for row in block.rows])
