"""Blocks as one self-contained HTML page with MathML; no scripts, no fonts from elsewhere."""

from __future__ import annotations

import html
from collections.abc import Sequence
from functools import singledispatch
from typing import Any

from symdyn.report.blocks import Block, Equations, Formula, Proof, Provenance, Remarks, Rich, Statement, Table, Title

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.5 serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }}
.verdict {{ font: bold .8rem sans-serif; border: 1px solid; border-radius: .3rem; padding: .1rem .4rem; }}
ul {{ overflow-x: auto; }} footer {{ font-size: .8rem; opacity: .75; }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def html_of(blocks: Sequence[Block]) -> str:
    """A page that needs nothing else."""
    title = next((block.headline for block in blocks if isinstance(block, Statement)), "symdyn")
    return _PAGE.format(title=html.escape(title), body="\n".join(filter(None, map(_html, blocks))))


def _math(formula: Formula, display: str = "inline") -> str:
    from latex2mathml.converter import convert

    return str(convert(formula.latex.replace(r"\allowbreak ", ""), display=display))


def _rich(rich: Rich) -> str:
    return "".join(_math(part) if isinstance(part, Formula) else html.escape(part) for part in rich)


@singledispatch
def _html(block: Any) -> str:
    raise TypeError(f"{type(block).__name__} is no block: see symdyn/report/blocks.py")


@_html.register
def _title(block: Title) -> str:
    return f"<h1>{_rich(block.subject)}</h1>\n<p>{html.escape(', '.join(block.notes))}</p>"


@_html.register
def _statement(block: Statement) -> str:
    return (
        f'<p><strong>{html.escape(block.headline)}</strong> <span class="verdict">{block.verdict}</span></p>\n'
        f"<p>{_rich(block.sentence)}</p>"
    )


@_html.register
def _equations(block: Equations) -> str:
    rows = [f"<li>{_math(formula)} {html.escape(f'({note})' if note else '')}</li>" for formula, note in block.rows]
    if block.tail:
        rows.append(f"<li>{html.escape(block.tail)}</li>")
    return "<ul>\n" + "\n".join(rows) + "\n</ul>" if rows else ""


@_html.register
def _proof(block: Proof) -> str:
    sentences = " ".join(_rich(sentence) for sentence in block.sentences)
    certificate = f" Certificate <code>{block.certificate[:12]}</code>." if block.certificate else ""
    return f"<h2>Proof</h2>\n<p>{sentences}{certificate}</p>"


@_html.register
def _remarks(block: Remarks) -> str:
    return "\n".join(f"<p>{html.escape(name)}: {html.escape(text)}</p>" for name, text in block.rows)


@_html.register
def _provenance(block: Provenance) -> str:
    versions = block.facts.get("versions", {})
    shown = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    return f"<footer>{html.escape(shown)}</footer>" if shown else ""


@_html.register
def _table(block: Table) -> str:
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in block.header)
    rows = "\n".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in block.rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table>"
