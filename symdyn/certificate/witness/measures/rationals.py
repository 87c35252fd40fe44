"""Fractions as witnesses store them: pairs of whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from symdyn.certificate.refutation import integers, listed, need

_MOST_BITS = 10_000


def fractions(value: Any, place: str) -> tuple[Fraction, ...]:
    """A list of fractions, or a refutation."""
    return tuple(fraction(entry, f"{place}[{k}]") for k, entry in enumerate(listed(value, place)))


def fraction(value: Any, place: str) -> Fraction:
    """A fraction of moderate size, or a refutation."""
    numbers = integers(value, place)
    need(len(numbers) == 2 and numbers[1] > 0, place, "is no fraction")
    need(max(map(abs, numbers)) < 2**_MOST_BITS, place, "is a number out of range")
    return Fraction(numbers[0], numbers[1])


def pairs(values: Sequence[Fraction]) -> list[list[int]]:
    """JSON data."""
    return [pair(value) for value in values]


def pair(value: Fraction) -> list[int]:
    """JSON data."""
    return [value.numerator, value.denominator]
