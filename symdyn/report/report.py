"""Reports: a title and blocks, the certificates they rest on, and how they were made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from symdyn.certificate.brief import counted
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.shown import Answer
from symdyn.errors import ModelError
from symdyn.report.blocks import OUT_OF_TIME, Block, Captioned, Finding, Heading, Provenance, Title
from symdyn.report.describe.nouns import describe
from symdyn.report.formats.typed_json import CLASSES, canonical


@dataclass(frozen=True)
class Report(Answer):
    """Text that stays linked to the computation behind it.

    Parameters
    ----------
    title
        A line.
    blocks
        Blocks in reading order (`symdyn.report.blocks`), figures among them.
    certificates
        Whole certificates; the blocks name them by the beginning of their SHA-256.
    provenance
        Seed, versions, seconds; not compared.

    Raises
    ------
    ModelError
        If the title is empty, or something among the blocks is none.
    """

    title: str
    blocks: tuple[Block, ...]
    certificates: tuple[Certificate, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if not str(self.title).strip():
            raise ModelError("the report has no title: give a line of text")
        # stored as JSON stores it, so that what comes back from JSON is equal
        for name in ("blocks", "certificates", "provenance"):
            object.__setattr__(self, name, canonical(getattr(self, name), name))

    @classmethod
    def of(cls, title: str, *parts: Any, **provenance: Any) -> Report:
        """A report of nouns, one after the other; a text among them begins a section.

        Parameters
        ----------
        title
            A line.
        *parts
            Nouns (answers, models, figures, other reports), blocks, or texts as headings.
        **provenance
            Facts to record beside the versions, such as seed=0.

        Raises
        ------
        TypeError
            For a noun without a description; the message names the file to edit.

        Examples
        --------
        >>> import sympy as sp
        >>> from symdyn import Law
        >>> u, v = sp.symbols("u v")
        >>> len(Report.of("Laws", "Two layers", Law(u**2 - v**2)).blocks)
        2
        """
        from symdyn.certificate.provenance import provenance as versions

        blocks: list[Block] = []
        certificates: dict[str, Certificate] = {}
        for part in parts:
            if isinstance(part, str):
                blocks.append(Heading((part,)))
                continue
            if type(part) in CLASSES.values():
                blocks.append(part)
                continue
            if isinstance(part, Report):
                blocks.append(Heading((part.title,)))
            blocks += [block for block in describe(part) if not isinstance(block, Provenance)]
            certificates |= {found.fingerprint: found for found in certificates_of(part)}
        return cls(title, tuple(blocks), tuple(certificates.values()), versions(**provenance))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The claims among the blocks, with their measurements."""
        return tuple(block for block in self.blocks if isinstance(block, Finding))

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found not to hold, and no measurement and no exhibit failed.

        What the time limit cut off has not failed.
        """
        missing = [block for block in self.blocks if isinstance(block, Captioned) and block.content is None]
        if not all(block.reason.startswith(OUT_OF_TIME) for block in missing):
            return False
        return not any(finding.failed or finding.holds is False for finding in self.findings)

    @classmethod
    def from_json(cls, text: str) -> Report:
        """The report that `json` wrote; nothing in the text is executed.

        Raises
        ------
        ModelError
            If the text is no report; the message says where.
        """
        from symdyn.report.formats.typed_json import read_report

        return cls(**read_report(text))

    def _in_short(self) -> str:
        return f"{self.title}; {counted(len(self.blocks), 'block')}, {counted(len(self.certificates), 'certificate')}"


def certificates_of(noun: Any) -> tuple[Certificate, ...]:
    """The certificates that a noun carries."""
    if isinstance(noun, Certificate):
        return (noun,)
    if isinstance(noun, Report):
        return noun.certificates
    own = [getattr(noun, name, None) for name in ("certificate", "completeness")]
    items = [getattr(item, "certificate", None) for item in getattr(noun, "items", ()) or ()] if _is_list(noun) else []
    return tuple(found for found in (*own, *items) if isinstance(found, Certificate))


def _is_list(noun: Any) -> bool:
    return isinstance(getattr(noun, "items", None), Iterable)


@describe.register
def _report(report: Report) -> tuple[Block, ...]:
    return (Title((report.title,)), *report.blocks, Provenance(report.provenance))
