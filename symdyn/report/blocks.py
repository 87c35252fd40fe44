"""The blocks that every answer is described by, before any format is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from symdyn.certificate.verdict import Verdict


@dataclass(frozen=True)
class Formula:
    """A formula in the two notations that people read: terminal text and LaTeX (math mode, no dollars).

    `lines` holds the LaTeX of a long sum line by line, for displays that break over pages.
    """

    text: str
    latex: str
    lines: tuple[str, ...] = ()


#: Running text: strings and formulas in order.
Rich = tuple[str | Formula, ...]


@dataclass(frozen=True)
class Title:
    """What was studied, and facts about it."""

    subject: Rich
    notes: tuple[str, ...] = ()


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
        For cross references; letters, digits, colons and hyphens.
    """

    headline: str
    sentence: Rich
    verdict: Verdict
    label: str


@dataclass(frozen=True)
class Equations:
    """Displayed formulas, each with a remark; `tail` says what else there is."""

    rows: tuple[tuple[Formula, str], ...]
    tail: str = ""


@dataclass(frozen=True)
class Proof:
    """Reasons in a few words each (for a terminal), sentences (for a paper), and the certificate with the witness."""

    reasons: tuple[Rich, ...]
    sentences: tuple[Rich, ...]
    certificate: str = ""


@dataclass(frozen=True)
class Remarks:
    """Named short remarks: where the statement holds, what to do next."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """A table with a header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Provenance:
    """Seed, versions, seconds."""

    facts: Mapping[str, Any] = field(default_factory=dict)


Block = Title | Statement | Equations | Proof | Remarks | Table | Provenance
