"""One door for all formats."""

from __future__ import annotations

import importlib
from typing import Any

from symdyn.report.blocks import Block
from symdyn.report.describe.nouns import describe

FORMATS = ("text", "json", "latex", "markdown", "html")
_RENDERERS = {
    "text": ("symdyn.report.formats.text", "text_of"),
    "latex": ("symdyn.report.formats.latex", "latex_of"),
    "latex-document": ("symdyn.report.formats.latex", "latex_document"),
    "notebook-latex": ("symdyn.report.formats.latex", "notebook_latex"),
    "inline-latex": ("symdyn.report.formats.inline", "inline_latex"),
    "markdown": ("symdyn.report.formats.markdown", "markdown_of"),
    "html": ("symdyn.report.formats.html", "html_of"),
    "notebook-html": ("symdyn.report.formats.html", "notebook_html"),
}


def render(noun: Any, form: str) -> str:
    """The noun in a format.

    Raises
    ------
    ValueError
        For an unknown format.
    """
    if form == "json":
        from symdyn.report.formats.json import json_text

        return json_text(noun)
    if form not in _RENDERERS:
        raise ValueError(f"{form!r} is no format: choose one of {', '.join(FORMATS)}")
    return render_blocks(describe(noun), form)


def render_blocks(blocks: tuple[Block, ...], form: str) -> str:
    """Blocks in a format other than JSON."""
    module, name = _RENDERERS[form]
    return str(getattr(importlib.import_module(module), name)(blocks))
