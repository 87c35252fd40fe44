"""Witness that two measures are equal, or that a tilt tells them apart: rational atoms, weights, direction and tilt."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from fractions import Fraction
from typing import Any, ClassVar

from symdyn.certificate.refutation import listed, need, record
from symdyn.certificate.witness.measures.rationals import fraction, fractions, pair, pairs
from symdyn.certificate.witness.program import fraction_text

MOST_ATOMS = 10_000
_SHOWN = 4
_LONGEST = 160

Point = tuple[Fraction, ...]


@dataclass(frozen=True)
class Atoms:
    """sum weights_i delta(points_i), weights above 0 with sum 1."""

    points: tuple[Point, ...]
    weights: tuple[Fraction, ...]

    @classmethod
    def read(cls, value: Any, place: str) -> Atoms:
        """The stored measure, or a refutation with the place."""
        data = record(value, place, ("atoms", "weights"))
        points = [fractions(row, f"{place}.atoms") for row in listed(data["atoms"], f"{place}.atoms")]
        weights = fractions(data["weights"], f"{place}.weights")
        need(0 < len(points) <= MOST_ATOMS, f"{place}.atoms", f"are not from 1 to {MOST_ATOMS}")
        need(len(weights) == len(points), f"{place}.weights", "are not one for each atom")
        need(len({len(row) for row in points}) == 1 and bool(points[0]), f"{place}.atoms", "are no points of a space")
        need(min(weights) > 0 and sum(weights) == 1, f"{place}.weights", "are not positive numbers with sum 1")
        return cls(tuple(points), weights)

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {"atoms": [pairs(row) for row in self.points], "weights": pairs(self.weights)}

    def along(self, direction: Point) -> tuple[Fraction, ...]:
        """<direction, y> of every atom y."""
        return tuple(sum((c * y for c, y in zip(direction, row)), Fraction(0)) for row in self.points)

    def text(self) -> str:
        """As a sum of deltas, or in words where that is long."""
        parts = []
        for weight, row in zip(self.weights, self.points):
            inside = ", ".join(map(fraction_text, row))
            shown = f"({inside})" if len(row) > 1 else inside
            parts.append(f"{fraction_text(weight)} delta({shown})" if weight != 1 else f"delta({shown})")
        told = " + ".join(parts)
        return told if len(parts) <= _SHOWN and len(told) <= _LONGEST else f"a measure of {len(parts)} atoms"


@dataclass(frozen=True)
class TiltedMeansWitness:
    """Two measures, and what tells them apart.

    The tilted mean of a measure along a direction c at a tilt s is int e^{s<c,y>} <c,y> / int e^{s<c,y>}.

    Parameters
    ----------
    first, second
        The measures.
    direction
        c; empty where they are said to be equal, and the other fields are then zero or None.
    tilt
        s.
    apart
        Above 0: so far apart are the two tilted means at least.
    transport
        The Wasserstein distance of order 1 of the measures of <c, y>, where it is stated.
    """

    first: Atoms
    second: Atoms
    _: KW_ONLY
    direction: Point = ()
    tilt: Fraction = Fraction(0)
    apart: Fraction = Fraction(0)
    transport: Fraction | None = None
    kind: ClassVar[str] = "tilted means"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> TiltedMeansWitness:
        """The stored record, or a refutation with the place."""
        data = record(value, place, ("kind", "first", "second", "direction", "tilt", "apart", "transport"))
        need(data["kind"] == cls.kind, f"{place}.kind", f"is not {cls.kind}")
        first, second = Atoms.read(data["first"], f"{place}.first"), Atoms.read(data["second"], f"{place}.second")
        d = len(first.points[0])
        need(len(second.points[0]) == d, f"{place}.second.atoms", f"are not of dimension {d}")
        direction = fractions(data["direction"], f"{place}.direction")
        tilt, apart = (fraction(data[key], f"{place}.{key}") for key in ("tilt", "apart"))
        stated = data["transport"]
        transport = None if stated is None else fraction(stated, f"{place}.transport")
        if direction:
            need(len(direction) == d, f"{place}.direction", f"is not of dimension {d}")
            need(apart > 0, f"{place}.apart", "is not above 0")
        else:
            need(tilt == 0 and apart == 0 and transport is None, f"{place}.direction", "is missing")
        return cls(first, second, direction=direction, tilt=tilt, apart=apart, transport=transport)

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "first": self.first.to_data(),
            "second": self.second.to_data(),
            "direction": pairs(self.direction),
            "tilt": pair(self.tilt),
            "apart": pair(self.apart),
            "transport": None if self.transport is None else pair(self.transport),
        }


def claim_of(witness: TiltedMeansWitness, verdict: str) -> str:
    """The one sentence that may be claimed."""
    measures = f"{witness.first.text()} and {witness.second.text()}"
    if not witness.direction:
        return f"{measures} are one measure"
    along = along_text(witness)
    told = (
        f"the tilted means of {along} at the tilt {fraction_text(witness.tilt)} under {measures} differ by at least "
        f"{fraction_text(witness.apart)}"
    )
    if witness.transport is None:
        return told
    return f"{told}, where the distance W_1 of the two laws of {along} is {fraction_text(witness.transport)}"


def along_text(witness: TiltedMeansWitness) -> str:
    """What is averaged: y, or <(1, 2), y>."""
    direction = ", ".join(map(fraction_text, witness.direction))
    return "y" if direction == "1" else f"<({direction}), y>"


def hypotheses_of(witness: TiltedMeansWitness) -> tuple[str, ...]:
    """None."""
    return ()
