"""Enclosed norm: the largest or smallest singular value of a matrix of exact numbers, between two fractions.

The entries that are not zero stand as outputs of a program without inputs, each with its row and column; a vector of
integers shows one end of the enclosure, a factorisation that is made again the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from symdyn.certificate.refutation import integer, integers, listed, need, one_of, record
from symdyn.certificate.witness.program import Program, fraction_text

MOST_ROWS = 5_000
MOST_ENTRIES = 100_000
_MOST_DIGITS = 400
_SHOWN = 3
_LONGEST = 60


@dataclass(frozen=True, kw_only=True)
class EnclosedNormWitness:
    """What is needed to enclose a singular value again.

    Parameters
    ----------
    rows, columns
        Of the matrix.
    places
        Row and column of each entry that is not zero.
    entries
        Their values, exact numbers.
    value
        "largest" or "smallest", the smallest of as many singular values as there are columns.
    low, high
        The ends.
    vector
        As many integers as there are columns: |A v|/|v| shows the lower end of the largest value, or the upper end of
        the smallest.
    """

    rows: int
    columns: int
    places: tuple[tuple[int, int], ...]
    entries: Program
    value: str
    low: Fraction
    high: Fraction
    vector: tuple[int, ...]
    kind: ClassVar[str] = "enclosed norm"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> EnclosedNormWitness:
        """The stored record, or a refutation with the place."""
        fields = ("kind", "rows", "columns", "places", "entries", "value", "low", "high", "vector")
        data = record(value, place, fields)
        need(data["kind"] == cls.kind, f"{place}.kind", f"is not {cls.kind}")
        size = []
        for name in ("rows", "columns"):
            size.append(integer(data[name], f"{place}.{name}", least=1))
            need(size[-1] <= MOST_ROWS, f"{place}.{name}", f"are more than {MOST_ROWS}")
        stored = listed(data["places"], f"{place}.places")
        need(0 < len(stored) <= MOST_ENTRIES, f"{place}.places", "are none or too many")
        places = []
        for number, one in enumerate(stored):
            where = f"{place}.places[{number}]"
            pair = integers(one, where, least=0)
            need(len(pair) == 2 and pair[0] < size[0] and pair[1] < size[1], where, "is no place of the matrix")
            places.append((pair[0], pair[1]))
        need(len(set(places)) == len(places), f"{place}.places", "hold a place twice")
        which = one_of(data["value"], f"{place}.value", ("largest", "smallest"))
        need(which == "largest" or size[0] >= size[1], f"{place}.value", "needs as many rows as columns, or more")
        low, high = (read_fraction(data[name], f"{place}.{name}") for name in ("low", "high"))
        need(0 <= low <= high, f"{place}.low", "is no lower end of a norm")
        vector = integers(data["vector"], f"{place}.vector")
        need(len(vector) == size[1], f"{place}.vector", "has another length than the rows of the matrix")
        need(any(vector), f"{place}.vector", "is zero")
        need(all(abs(x) < 10**_MOST_DIGITS for x in vector), f"{place}.vector", "holds a number of too many digits")
        entries = Program.read(data["entries"], 0, len(places), f"{place}.entries")
        return cls(
            rows=size[0],
            columns=size[1],
            places=tuple(places),
            entries=entries,
            value=which,
            low=low,
            high=high,
            vector=tuple(vector),
        )

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "rows": self.rows,
            "columns": self.columns,
            "places": [list(one) for one in self.places],
            "entries": self.entries.to_data(),
            "value": self.value,
            "low": [self.low.numerator, self.low.denominator],
            "high": [self.high.numerator, self.high.denominator],
            "vector": list(self.vector),
        }


def claim_of(record: EnclosedNormWitness, verdict: str) -> str:
    """The one sentence that may be claimed."""
    ends = f"lies between {end_text(record.low)} and {end_text(record.high)}"
    return f"the {record.value} singular value of {_matrix_text(record)} {ends}"


def hypotheses_of(record: EnclosedNormWitness) -> tuple[str, ...]:
    """None: the numbers are those of the witness."""
    return ()


def read_fraction(value: Any, place: str) -> Fraction:
    """Numerator and denominator, coprime, or a refutation."""
    pair = integers(value, place)
    need(len(pair) == 2 and pair[1] > 0, place, "is no fraction")
    need(max(abs(pair[0]), pair[1]) < 10**_MOST_DIGITS, place, "is a number of too many digits")
    found = Fraction(pair[0], pair[1])
    need([found.numerator, found.denominator] == pair, place, "is not in lowest terms")
    return found


def end_text(value: Fraction) -> str:
    """A decimal fraction with its digits, others as p/q."""
    short = format(float(value), ".15g") if abs(value) < 10**12 else ""
    return short if short and "e" not in short and Fraction(short) == value else fraction_text(value)


def _matrix_text(record: EnclosedNormWitness) -> str:
    size = f"the {record.rows} x {record.columns} matrix"
    texts = record.entries.texts((), _LONGEST) if max(record.rows, record.columns) <= _SHOWN else None
    if texts is None:
        return f"{size} of the witness"
    shown = dict(zip(record.places, texts, strict=True))
    rows = (", ".join(shown.get((i, j), "0") for j in range(record.columns)) for i in range(record.rows))
    return f"{size} [{', '.join(f'[{row}]' for row in rows)}]"
