"""How a re-check fails: with the place and the reason; and the strict readers that fail so."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_LONGEST_TEXT = 10_000


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


class UndecidedError(Exception):
    """The witness may carry the claim, but this re-checker does not decide it; the text says why."""


@dataclass(frozen=True)
class Recheck:
    """Outcome of a re-check.

    Parameters
    ----------
    verdict
        "proved", "refuted", or the weaker verdict that the witness carries.
    reason
        What was found, one sentence.
    place
        Where it was refuted.
    unchecked
        What the document says that was not compared with anything.
    """

    verdict: str
    reason: str
    place: str = ""
    unchecked: tuple[str, ...] = ()


def need(condition: bool, place: str, reason: str) -> None:
    """Refute unless the condition holds."""
    if not condition:
        raise RefutedError(place, reason)


def record(value: Any, place: str, fields: Collection[str], optional: Collection[str] = ()) -> Mapping[str, Any]:
    """A mapping with exactly these fields (and perhaps the optional ones), or a refutation."""
    if not isinstance(value, Mapping):
        raise RefutedError(place, "is no record")
    missing = [name for name in fields if name not in value]
    need(not missing, f"{place}.{missing[0]}" if missing else place, "is missing")
    other = sorted(str(name) for name in value if name not in fields and name not in optional)
    need(not other, f"{place}.{other[0][:40]}" if other else place, "is a field that does not belong there")
    return value


def text(value: Any, place: str) -> str:
    """A text of moderate length, or a refutation."""
    if not isinstance(value, str):
        raise RefutedError(place, "is no text")
    need(len(value) <= _LONGEST_TEXT, place, f"is longer than {_LONGEST_TEXT} letters")
    return value


def texts(value: Any, place: str) -> tuple[str, ...]:
    """A list of texts, or a refutation."""
    return tuple(text(entry, f"{place}[{number}]") for number, entry in enumerate(listed(value, place)))


def names(value: Any, place: str, *, least: int = 0) -> tuple[str, ...]:
    """A list of different texts, or a refutation."""
    found = texts(value, place)
    need(len(set(found)) == len(found), place, "are not different texts")
    need(len(found) >= least, place, "are too few")
    return found


def listed(value: Any, place: str) -> Sequence[Any]:
    """A list, or a refutation."""
    if not isinstance(value, list | tuple):
        raise RefutedError(place, "is no list")
    return value


def flag(value: Any, place: str) -> bool:
    """True or false, or a refutation."""
    if type(value) is not bool:
        raise RefutedError(place, "is neither true nor false")
    return value


def one_of(value: Any, place: str, known: Collection[str]) -> str:
    """One of some words, or a refutation."""
    if not isinstance(value, str) or value not in known:
        raise RefutedError(place, f"is {str(value)[:40]!r}, which is not known")
    return value


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


def probability(value: Any, place: str) -> float:
    """A number from 0 to 1, or a refutation."""
    if not isinstance(value, float) or not 0 <= value <= 1:
        raise RefutedError(place, "is no number from 0 to 1")
    return value
