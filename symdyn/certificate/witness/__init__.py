"""Typed records of what a certificate rests on, one for each kind; strict readers, plain data."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol, Self


class Witness(Protocol):
    """What every record offers."""

    kind: ClassVar[str]

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> Self:
        """The record of JSON data.

        Raises
        ------
        RefutedError
            If it is none; the message names the field.
        """
        ...

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        ...
