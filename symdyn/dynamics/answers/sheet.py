"""Answers that are a few named values, and show themselves as such."""

from __future__ import annotations

from typing import Any, ClassVar

from symdyn.certificate.brief import one_line
from symdyn.certificate.shown import Answer


class Sheet(Answer):
    """Base of answers with a title, a verdict and named values; `rows` gives these in order.

    A name is a text with mathematics between dollars; a value is what a cell of a Table may be, and None is left out.
    """

    title: ClassVar[str] = ""
    verdict: Any

    def rows(self) -> tuple[tuple[str, Any], ...]:
        """Names and values."""
        raise NotImplementedError

    def _in_short(self) -> str:
        shown = [f"{name}: {value}" if name else str(value) for name, value in self.rows() if value is not None]
        return one_line("; ".join(shown))
