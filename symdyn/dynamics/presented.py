"""Answers that say in marked text how they are to be shown: a sentence, formulas, tables."""

from __future__ import annotations

from dataclasses import dataclass

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.shown import Answer
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.exhibit import Table
from symdyn.dynamics.marked_text import checked_text


@dataclass(frozen=True, kw_only=True)
class Presentation:
    """What is shown of an answer.

    Parameters
    ----------
    title
        What it is of.
    sentence
        The answer, with mathematics between dollars; empty for what is no statement.
    equations
        Sentences with mathematics between dollars, displayed where they begin with it.
    tables
        Of numbers and formulas.

    Raises
    ------
    ModelError
        If mathematics is not closed.
    """

    title: str
    sentence: str = ""
    equations: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()

    def __post_init__(self) -> None:
        for text in (self.title, self.sentence, *self.equations):
            if text:
                checked_text(text, f"a sentence about {self.title}")


class Presented(Answer):
    """An answer that is shown by its presentation, with its verdict and its certificate."""

    verdict: Verdict | property = Verdict.OBSERVED
    certificate: Certificate | None = None

    def presented(self) -> Presentation:
        """What is shown."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it is shown")

    def _in_short(self) -> str:
        what = self.presented()
        return f"{what.title}, {self.verdict}"
