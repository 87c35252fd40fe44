"""Rational matrices as records: whole numbers row by row, all divided by one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

from symdyn.certificate.refutation import integer, integers, need, record

MOST_ENTRIES = 1_000_000
_MOST_BITS = 10_000


@dataclass(frozen=True)
class ScaledMatrix:
    """A rational matrix: whole numbers in rows, all divided by a positive scale.

    Parameters
    ----------
    rows
        Whole numbers (m, n), m and n at least 1.
    scale
        What all are divided by.
    """

    rows: tuple[tuple[int, ...], ...]
    scale: int = 1

    @property
    def shape(self) -> tuple[int, int]:
        """(m, n)."""
        return len(self.rows), len(self.rows[0])

    @classmethod
    def of(cls, rows: Sequence[Sequence[Fraction]]) -> ScaledMatrix:
        """Fractions over their least common denominator."""
        scale = lcm(*(x.denominator for row in rows for x in row))
        return cls(tuple(tuple(int(x * scale) for x in row) for row in rows), scale)

    @classmethod
    def read(cls, value: Any, place: str) -> ScaledMatrix:
        """The stored record, or a refutation with the place."""
        data = record(value, place, ("shape", "scale", "entries"))
        shape = integers(data["shape"], f"{place}.shape", least=1)
        need(len(shape) == 2 and shape[0] * shape[1] <= MOST_ENTRIES, f"{place}.shape", "is no shape of a matrix here")
        scale = integer(data["scale"], f"{place}.scale", least=1)
        entries = integers(data["entries"], f"{place}.entries")
        need(len(entries) == shape[0] * shape[1], f"{place}.entries", f"are not {shape[0]} x {shape[1]} numbers")
        need(max(scale, *map(abs, entries)) < 2**_MOST_BITS, f"{place}.entries", "hold a number out of range")
        width = shape[1]
        return cls(tuple(tuple(entries[k : k + width]) for k in range(0, len(entries), width)), scale)

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "shape": list(self.shape),
            "scale": self.scale,
            "entries": [x for row in self.rows for x in row],
        }

    def column(self) -> tuple[Fraction, ...]:
        """The entries of the first column as fractions."""
        return tuple(Fraction(row[0], self.scale) for row in self.rows)
