"""Answers that show themselves as a sentence, a table, and the certificate that they carry."""

from __future__ import annotations

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.shown import Answer
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.exhibit import Table


class Summary(Answer):
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
    def verdict(self) -> Verdict:
        """How it is known."""
        return Verdict.OBSERVED

    def table(self) -> Table:
        """The numbers."""
        raise NotImplementedError

    @property
    def proof(self) -> Certificate | None:
        """The certificate, if there is one."""
        found = getattr(self, "certificate", None)
        return found if isinstance(found, Certificate) else None

    def _in_short(self) -> str:
        return f"{self.verdict}, {self.headline}"
