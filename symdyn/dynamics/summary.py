"""Answers that show themselves as a sentence, a table, and the certificate that they carry."""

from __future__ import annotations

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.exhibit import Table
from symdyn.dynamics.presented import Presentation, Presented


class Summary(Presented):
    """A noun with `headline`, `statement`, `verdict`, `table()` and perhaps a field `certificate`."""

    @property
    def headline(self) -> str:
        """What was found, in a few plain words."""
        raise NotImplementedError

    @property
    def statement(self) -> str:
        """What was found, one sentence with mathematics between dollars."""
        raise NotImplementedError

    @property
    def verdict(self) -> Verdict:  # type: ignore[override]
        """How it is known."""
        return Verdict.OBSERVED

    def table(self) -> Table:
        """The numbers."""
        raise NotImplementedError

    def presented(self) -> Presentation:
        """The headline, the statement and the table."""
        said = f"{self.statement[:1].upper()}{self.statement[1:]}."
        return Presentation(title=self.headline, sentence=said, tables=(self.table(),))
