"""One door for all formats."""

from __future__ import annotations

import importlib
from typing import Any

from symdyn.report.blocks import Block
from symdyn.report.describe import describe

FORMATS = ("text", "json", "latex", "markdown", "html")
_RENDERERS = {
    "text": ("symdyn.report.text", "text_of"),
    "latex": ("symdyn.report.latex", "latex_of"),
    "latex-document": ("symdyn.report.latex", "latex_document"),
    "notebook-latex": ("symdyn.report.latex", "notebook_latex"),
    "inline-latex": ("symdyn.report.inline", "inline_latex"),
    "markdown": ("symdyn.report.markdown", "markdown_of"),
    "html": ("symdyn.report.html", "html_of"),
    "notebook-html": ("symdyn.report.html", "notebook_html"),
}


def render(noun: Any, form: str) -> str:
    """The noun in a format.

    Raises
    ------
    ValueError
        For an unknown format.
    """
    if form == "json":
        from symdyn.report.json import json_text

        return json_text(noun)
    if form not in _RENDERERS:
        raise ValueError(f"{form!r} is no format: choose one of {', '.join(FORMATS)}")
    return render_blocks(describe(noun), form)


def render_blocks(blocks: tuple[Block, ...], form: str) -> str:
    """Blocks in a format other than JSON."""
    module, name = _RENDERERS[form]
    return str(getattr(importlib.import_module(module), name)(blocks))
