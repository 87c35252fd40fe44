"""The blocks that every answer is described by, before any format is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.outcome import fault_of, in_capitals
from symdyn.errors import ModelError


@dataclass(frozen=True)
class Formula:
    """A formula in the two notations that people read: terminal text and LaTeX (math mode, no dollars).

    `lines` holds the LaTeX of a long sum line by line, for displays that break over pages; in running text it is
    displayed.
    """

    text: str
    latex: str
    lines: tuple[str, ...] = ()


class Reference(str):
    """Words that point at a table or figure of the same text; LaTeX puts its number in their place.

    Parameters
    ----------
    words
        "the table below", where there are no numbers.
    label
        Of the table or figure, with the kind before it: "tab:equilibria".
    """

    label: str

    def __new__(cls, words: str, label: str) -> Reference:
        made = super().__new__(cls, words)
        made.label = label
        return made

    def __reduce__(self) -> tuple[type[Reference], tuple[str, str]]:
        return Reference, (str(self), self.label)


#: Running text: strings and formulas in order.
Rich = tuple[str | Formula, ...]
#: What a cell of a table holds.
Cell = str | Formula | Rich


def rich(cell: Cell) -> Rich:
    """A cell as running text."""
    return cell if isinstance(cell, tuple) else (cell,)


def plain(cell: Cell) -> str:
    """Running text without markup, formulas as in a terminal."""
    return "".join(_in_line(part) if isinstance(part, Formula) else part for part in rich(cell)).strip()


def _in_line(formula: Formula) -> str:
    """Displays stand between the words before and after them."""
    return f" {formula.text} " if formula.lines else formula.text


#: How a statement is known, in words.
IN_WORDS = {
    Verdict.PROVED: "proved by exact computation",
    Verdict.REFUTED: "refuted by an exact counterexample",
    Verdict.PROBABLE: "probable, with the chance of error that is stated",
    Verdict.OBSERVED: "observed numerically, not proved",
    Verdict.UNDECIDED: "undecided",
}


@dataclass(frozen=True)
class Title:
    """What was studied, and facts about it."""

    subject: Rich
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Heading:
    """The title of a section."""

    words: Rich


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    words: Rich


@dataclass(frozen=True)
class Statement:
    """A proposition with its verdict.

    Parameters
    ----------
    headline
        The answer in a few words, for a terminal.
    sentence
        The statement with all its hypotheses, for a paper.
    verdict
        How it is known.
    label
        For cross references; letters, digits, colons and hyphens. Empty for what is said within another answer.
    known
        How it is known, in words, where those of the verdict alone would be wrong or less.
    """

    headline: str
    sentence: Rich
    verdict: Verdict
    label: str
    known: str = ""

    @property
    def in_words(self) -> str:
        """How it is known, for running text."""
        return self.known or IN_WORDS[self.verdict]


@dataclass(frozen=True)
class Equations:
    """Displayed formulas, each with a remark; `tail` says what else there is."""

    rows: tuple[tuple[Formula, str], ...]
    tail: str = ""


@dataclass(frozen=True)
class Proof:
    """Reasons in a few words each (for a terminal), sentences (for a paper), and the certificate with the witness.

    `title` is what the sentences are where they are no proof: "Numerical evidence", "Counterexample".
    """

    reasons: tuple[Rich, ...]
    sentences: tuple[Rich, ...]
    certificate: str = ""
    title: str = "Proof"


@dataclass(frozen=True)
class Remarks:
    """Named short remarks: where the statement holds, what to do next."""

    rows: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True)
class Table:
    """A table with a header; cells are text, formulas, or both in order.

    With a `label` it floats in LaTeX, with caption and number.
    """

    header: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    label: str = ""


#: How the reason begins why an exhibit is missing for which there was no time: it has not failed.
OUT_OF_TIME = "the time limit was spent"


@dataclass(frozen=True, kw_only=True)
class Captioned:
    """A table or figure with its number, caption and source.

    Parameters
    ----------
    id
        Of the exhibit.
    label
        For cross references; unique in a document.
    caption, source
        Sentences with mathematics between dollars; what was made here has no source.
    content
        None if making it failed, or there was no time.
    reason
        Why.
    """

    id: str
    label: str
    caption: str
    source: str
    content: Table | Figure | None
    reason: str = ""


#: A value that was expected or measured: what JSON holds as it is, a formula, or a tuple of them.
Value = bool | int | float | str | Formula | tuple["Value", ...] | None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A claim and what measuring it gave.

    Parameters
    ----------
    id
        Of the claim.
    statement
        The sentence, hypotheses included.
    holds
        Whether it does; None if that is not decided.
    verdict
        How it is known.
    expected, measured
        Values; where the measurement failed, `measured` says so.
    reason
        Residual, method or counterexample.
    source
        Where the claim comes from.
    seconds
        How long the measurement took.
    certificate
        Fingerprint of the certificate, if there is one.
    counterexample
        The smallest one found, if the claim does not hold and the measurement has one.
    failed
        Whether measuring raised an error; the verdict is UNDECIDED then.
    hypotheses
        What the statement assumes beyond what it says; like statement and source with mathematics between dollars.

    Raises
    ------
    ModelError
        If `holds` and the verdict do not go together.
    """

    id: str
    statement: str
    holds: bool | None
    verdict: Verdict
    expected: Value
    measured: Value
    reason: str
    source: str
    seconds: float = field(default=0.0, compare=False)
    certificate: str = ""
    counterexample: str = ""
    failed: bool = False
    hypotheses: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        fault = fault_of(self.holds, self.verdict)
        if fault:
            raise ModelError(f"the claim {self.id}: {fault}")

    @property
    def in_capitals(self) -> str:
        """The verdict as it is printed, with "not to hold" where nothing else says so."""
        return in_capitals(self.holds, self.verdict, failed=self.failed)


@dataclass(frozen=True)
class Provenance:
    """Seed, versions, seconds."""

    facts: Mapping[str, Any] = field(default_factory=dict)

    def sentence(self) -> str:
        """Seed and versions in a line; empty if there are none."""
        versions = self.facts.get("versions", {})
        shown = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
        seed = f"seed {self.facts['seed']}" if "seed" in self.facts else ""
        return "; ".join(part for part in (seed, shown) if part)


#: A figure is a noun of its own and stands among the blocks as it is.
Block = (
    Title | Heading | Text | Statement | Equations | Proof | Remarks | Table | Captioned | Finding | Figure | Provenance
)
