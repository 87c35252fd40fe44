"""How a re-check fails: with the place and the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


class RefutedError(Exception):
    """The witness does not carry the claim.

    Parameters
    ----------
    place
        Which field of the witness.
    reason
        One sentence.
    """

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place, self.reason = place, reason


@dataclass(frozen=True)
class Recheck:
    """Outcome of a re-check: "proved", "refuted", or the weaker verdict that the witness carries."""

    verdict: str
    reason: str
    place: str = ""


def need(condition: bool, place: str, reason: str) -> None:
    """Refute unless the condition holds."""
    if not condition:
        raise RefutedError(place, reason)


def integers(value: Any, place: str, *, least: int | None = None, below: int | None = None) -> list[int]:
    """A list of integers within bounds, or a refutation."""
    need(isinstance(value, Sequence) and not isinstance(value, str), place, "is no list")
    need(all(type(x) is int for x in value), place, "holds something that is no integer")
    if value and least is not None:
        need(min(value) >= least, place, f"holds {min(value)}, which is below {least}")
    if value and below is not None:
        need(max(value) < below, place, f"holds {max(value)}, which is not below {below}")
    return list(value)


def integer(value: Any, place: str, *, least: int = 0) -> int:
    """One integer, or a refutation."""
    need(type(value) is int and value >= least, place, f"is {value!r}, not an integer from {least}")
    return int(value)
