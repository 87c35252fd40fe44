"""The hook by which every noun can show itself, without knowing how.

Nouns on lower floors inherit from `Shown`; the report room, far above, is reached through a loader that
`symdyn/__init__` registers and that runs at the first use.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symdyn.certificate.brief import Brief

_loader: Callable[[], Callable[[Any, str], str]] | None = None


def register_renderer(loader: Callable[[], Callable[[Any, str], str]]) -> None:
    """Say how to get the function (noun, format) -> text."""
    global _loader
    _loader = loader


def rendered(noun: Any, form: str) -> str:
    """The noun as text, LaTeX, Markdown, HTML or JSON.

    Raises
    ------
    RuntimeError
        If no renderer was registered (`import symdyn` registers one).
    """
    if _loader is None:
        raise RuntimeError("no renderer is registered: import symdyn, not one of its rooms alone")
    return _loader()(noun, form)


class Shown(Brief):
    """Display methods of a noun."""

    def text(self) -> str:
        """Plain text for a terminal of 80 columns."""
        return rendered(self, "text")

    def latex(self) -> str:
        r"""A LaTeX fragment, ready for ``\input``."""
        return rendered(self, "latex")

    def markdown(self) -> str:
        """Markdown with LaTeX formulas."""
        return rendered(self, "markdown")

    def html(self) -> str:
        """One self-contained HTML page with MathML."""
        return rendered(self, "html")

    def json(self) -> str:
        """JSON text with a `schema` field."""
        return rendered(self, "json")

    def _repr_html_(self) -> str | None:
        """What a notebook shows; None for bare formulas, which it sets better from their LaTeX."""
        return rendered(self, "notebook-html") or None

    def _repr_latex_(self) -> str | None:
        return rendered(self, "notebook-latex") or None

    def _repr_markdown_(self) -> str:
        return rendered(self, "markdown")


class Answer(Shown):
    """A noun that is an answer: printing it gives its text."""

    def __str__(self) -> str:
        return self.text()
