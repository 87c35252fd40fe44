"""A formula fitted to counts: a decision list of polynomials in sizes, and the counts that it was compared with."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from symdyn.certificate.refutation import integer, integers, listed, names, need, record, text, texts

_LARGEST_POWER = 100


@dataclass(frozen=True)
class Condition:
    """sum_i c_i size_i >= bound, or = bound modulo a whole number."""

    coefficients: tuple[int, ...]
    bound: int
    modulus: int

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {"coefficients": list(self.coefficients), "bound": self.bound, "modulus": self.modulus}


@dataclass(frozen=True)
class Piece:
    """A polynomial where its condition holds; without condition, wherever no piece before it applies."""

    condition: Condition | None
    terms: tuple[tuple[Fraction, tuple[int, ...]], ...]

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "condition": None if self.condition is None else self.condition.to_data(),
            "terms": [[value.numerator, value.denominator, *powers] for value, powers in self.terms],
        }


@dataclass(frozen=True, kw_only=True)
class CountFormulaWitness:
    """A conjecture, and the counts fitted and held out, each a list of sizes with the count last.

    Parameters
    ----------
    family
        Name of the family of models; "" in certificates of the first schema.
    variables
        Names of the sizes.
    pieces
        The formula; the last piece has no condition.
    fitted, held_out
        Counts that it was fitted to, and others.
    untested
        The first sizes at which nothing was counted.
    counts
        Fingerprints of the certificates of the counts.
    """

    family: str
    variables: tuple[str, ...]
    pieces: tuple[Piece, ...]
    fitted: tuple[tuple[int, ...], ...]
    held_out: tuple[tuple[int, ...], ...]
    untested: tuple[int, ...] = ()
    counts: tuple[str, ...] = ()
    kind: ClassVar[str] = "count formula"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> CountFormulaWitness:
        """The record of JSON data, or a refutation."""
        fields = ("kind", "variables", "pieces", "fitted", "held out")
        data = record(value, place, fields, ("family", "untested", "counts"))
        variables = names(data["variables"], f"{place}.variables", least=1)
        pieces = tuple(
            _piece(piece, len(variables), f"pieces[{number}]")
            for number, piece in enumerate(listed(data["pieces"], f"{place}.pieces"))
        )
        last = bool(pieces) and pieces[-1].condition is None
        need(last, "pieces", "do not cover all sizes")
        tables = []
        for name in ("fitted", "held out"):
            rows = [integers(row, name, least=0) for row in listed(data[name], name)]
            need(all(len(row) == len(variables) + 1 for row in rows), name, "have another number of sizes")
            tables.append(tuple(map(tuple, rows)))
        sizes = [row[:-1] for row in (*tables[0], *tables[1])]
        need(len(set(sizes)) == len(sizes) and bool(tables[1]), "held out", "repeat sizes, or are none")
        fitted, held_out = tables
        return cls(
            family=text(data.get("family", ""), f"{place}.family"),
            variables=variables,
            pieces=pieces,
            fitted=fitted,
            held_out=held_out,
            untested=tuple(integers(data.get("untested", []), f"{place}.untested", least=0)),
            counts=texts(data.get("counts", []), f"{place}.counts"),
        )

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "family": self.family,
            "variables": list(self.variables),
            "pieces": [piece.to_data() for piece in self.pieces],
            "fitted": [list(row) for row in self.fitted],
            "held out": [list(row) for row in self.held_out],
            "untested": list(self.untested),
            "counts": list(self.counts),
        }


def _piece(value: Any, variables: int, place: str) -> Piece:
    data = record(value, place, ("condition", "terms"))
    condition = None
    if data["condition"] is not None:
        parts = record(data["condition"], place, ("coefficients", "bound", "modulus"))
        coefficients = integers(parts["coefficients"], place)
        need(len(coefficients) == variables and type(parts["bound"]) is int, place, "has no condition")
        condition = Condition(tuple(coefficients), parts["bound"], integer(parts["modulus"], place))
    terms = []
    for row in listed(data["terms"], place):
        numbers = integers(row, place)
        need(len(numbers) == variables + 2 and numbers[1] > 0, place, "has a bad term")
        powers = numbers[2:]
        need(all(0 <= power <= _LARGEST_POWER for power in powers), place, "has an exponent out of range")
        terms.append((Fraction(numbers[0], numbers[1]), tuple(powers)))
    return Piece(condition, tuple(terms))
