"""Figures as data: the numbers that are drawn, not the drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from symdyn.certificate.shown import Shown
from symdyn.errors import ModelError


@dataclass(frozen=True)
class Figure(Shown):
    """What a picture shows; `symdyn.report.figures` draws it, and JSON carries the numbers.

    Parameters
    ----------
    kind
        Which drawing function draws it: "eigenvalue plane", "phase portrait", ...
    data
        Numbers, texts and nested tuples of them, by name; what is needed depends on the kind.
    labels
        LaTeX (math mode, no dollars) or plain words for axes and legends, by name.
    alt
        A sentence that says what is to be seen, for readers who cannot see it.

    Raises
    ------
    ModelError
        If there is no text alternative.
    """

    kind: str
    data: Mapping[str, Any]
    labels: Mapping[str, str] = field(default_factory=dict)
    alt: str = ""

    def __post_init__(self) -> None:
        if not self.alt.strip():
            raise ModelError(f"the figure of kind {self.kind!r} has no text alternative: say in `alt` what it shows")

    def _in_short(self) -> str:
        return f"{self.kind}: {self.alt}"
