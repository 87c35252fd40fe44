"""An interval cover of a product of circles: boxes of uniqueness, and a letter for every box of the halving."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from symdyn.certificate.refutation import flag, integer, integers, listed, names, need, record, texts
from symdyn.certificate.witness.program import Program

#: A number as (mantissa, exponent): mantissa 2^exponent.
Dyadic = tuple[int, int]
Matrix = tuple[tuple[Fraction, ...], ...]

LETTERS = "somuvdp"


@dataclass(frozen=True)
class UniqueBox:
    """A box that holds one zero: its center, its radius, and the number of the equilibrium that it is an image of."""

    center: tuple[Dyadic, ...]
    radius: Dyadic
    of: int

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {"center": [list(x) for x in self.center], "radius": list(self.radius), "of": self.of}


@dataclass(frozen=True, kw_only=True)
class CoverWitness:
    """A flow on circles, its symmetries, and the halving of the box of all angles.

    Parameters
    ----------
    names
        Names of the coordinates.
    program
        The flow.
    circles
        Pairs of coordinates.
    speeds
        A program of N_1 to N_n, then D_1 to D_n, with N = (x g - y f) D for each circle.
    is_exchangeable
        Whether circles may be permuted.
    maps
        Orthogonal matrices that are symmetries.
    weights
        The linear function a x + b y by which images are told apart.
    modulo
        Names of the symmetries, for the sentence.
    top
        A little more than 2 pi.
    zeros
        Boxes of uniqueness.
    levels
        One letter for each box of each level.
    """

    names: tuple[str, ...]
    program: Program
    circles: tuple[tuple[int, int], ...]
    speeds: Program
    is_exchangeable: bool
    maps: tuple[Matrix, ...]
    weights: tuple[int, int]
    modulo: tuple[str, ...]
    top: Dyadic
    zeros: tuple[UniqueBox, ...]
    levels: tuple[str, ...]
    kind: ClassVar[str] = "interval cover"

    @property
    def count(self) -> int:
        """How many equilibria the boxes are said to be images of."""
        return len({zero.of for zero in self.zeros})

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> CoverWitness:
        """The record of JSON data, or a refutation."""
        fields = ("kind", "names", "program", "circles", "speeds", "exchangeable", "maps", "weights", "modulo", "top")
        data = record(value, place, (*fields, "zeros", "levels"))
        pairs = [integers(pair, f"{place}.circles", least=0) for pair in listed(data["circles"], f"{place}.circles")]
        width = 2 * len(pairs)
        is_partition = sorted(k for pair in pairs for k in pair) == list(range(width))
        need(bool(pairs) and is_partition and all(len(p) == 2 for p in pairs), f"{place}.circles", "are no pairs")
        known = names(data["names"], f"{place}.names")
        need(len(known) == width, f"{place}.names", f"are not {width} different texts")
        maps = tuple(
            _matrix(entries, width, f"{place}.maps[{number}]")
            for number, entries in enumerate(listed(data["maps"], f"{place}.maps"))
        )
        weights = integers(data["weights"], f"{place}.weights")
        need(len(weights) == 2, f"{place}.weights", "are not two")
        exchangeable = flag(data["exchangeable"], f"{place}.exchangeable")
        modulo = texts(data["modulo"], f"{place}.modulo")
        divides = exchangeable or bool(maps)
        need(bool(modulo) or not divides, f"{place}.modulo", "names no symmetry")
        need(divides or not modulo, f"{place}.modulo", "names symmetries, and there are none")
        zeros = tuple(
            _zero(zero, len(pairs), f"{place}.zeros[{number}]")
            for number, zero in enumerate(listed(data["zeros"], f"{place}.zeros"))
        )
        levels = tuple(listed(data["levels"], f"{place}.levels"))
        for number, letters in enumerate(levels):
            good = isinstance(letters, str) and set(letters) <= set(LETTERS)
            need(good, f"{place}.levels[{number}]", "has an unknown letter")
        return cls(
            names=known,
            program=Program.read(data["program"], width, width, f"{place}.program"),
            circles=tuple((i, j) for i, j in pairs),
            speeds=Program.read(data["speeds"], width, width, f"{place}.speeds"),
            is_exchangeable=exchangeable,
            maps=maps,
            weights=(weights[0], weights[1]),
            modulo=modulo,
            top=_dyadic(data["top"], f"{place}.top"),
            zeros=zeros,
            levels=levels,
        )

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "names": list(self.names),
            "program": self.program.to_data(),
            "circles": [list(pair) for pair in self.circles],
            "speeds": self.speeds.to_data(),
            "exchangeable": self.is_exchangeable,
            "maps": [[[x.numerator, x.denominator] for row in matrix for x in row] for matrix in self.maps],
            "weights": list(self.weights),
            "modulo": list(self.modulo),
            "top": list(self.top),
            "zeros": [zero.to_data() for zero in self.zeros],
            "levels": list(self.levels),
        }


def _matrix(value: Any, size: int, place: str) -> Matrix:
    pairs = [integers(pair, place) for pair in listed(value, place)]
    need(len(pairs) == size * size and all(len(p) == 2 and p[1] > 0 for p in pairs), place, "is no matrix")
    entries = [Fraction(a, b) for a, b in pairs]
    return tuple(tuple(entries[k : k + size]) for k in range(0, size * size, size))


def _zero(value: Any, circles: int, place: str) -> UniqueBox:
    data = record(value, place, ("center", "radius", "of"))
    center = tuple(_dyadic(x, f"{place}.center") for x in listed(data["center"], f"{place}.center"))
    need(len(center) == circles, f"{place}.center", f"is no {circles} angles")
    return UniqueBox(center, _dyadic(data["radius"], f"{place}.radius"), integer(data["of"], f"{place}.of"))


def _dyadic(value: Any, place: str) -> Dyadic:
    numbers = integers(value, place)
    need(len(numbers) == 2 and abs(numbers[1]) < 5000, place, "is no mantissa with an exponent")
    return numbers[0], numbers[1]
