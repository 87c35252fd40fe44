"""Answers that are a few named values, and show themselves as such."""

from __future__ import annotations

from typing import Any, ClassVar

from symdyn.certificate.brief import one_line
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.exhibit import Table
from symdyn.dynamics.presented import Presentation, Presented


class Sheet(Presented):
    """Base of answers with a title, a verdict and named values; `rows` gives these in order.

    A name is a text with mathematics between dollars; a value is what a cell of a Table may be, and None is left out.
    """

    title: ClassVar[str] = ""

    def rows(self) -> tuple[tuple[str, Any], ...]:
        """Names and values."""
        raise NotImplementedError

    def presented(self) -> Presentation:
        """The values as a table, under what a certificate proves."""
        shown = tuple((name, value) for name, value in self.rows() if value is not None)
        certificate = self.certificate
        proved = certificate is not None and self.verdict is certificate.verdict is Verdict.PROVED
        claim = f"{certificate.claim[:1].upper()}{certificate.claim[1:]}." if certificate is not None and proved else ""
        table = Table(("what", "value"), (*shown, ("verdict", str(self.verdict))))
        return Presentation(title=self.title or type(self).__name__, sentence=claim, tables=(table,))

    def _in_short(self) -> str:
        shown = [f"{name}: {value}" if name else str(value) for name, value in self.rows() if value is not None]
        return one_line("; ".join(shown))
