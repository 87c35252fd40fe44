"""A cover of a box: all zeros of the equations in it, and a letter for every part of its halving."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

from symdyn.certificate.refutation import integer, integers, listed, names, need, one_of, record
from symdyn.certificate.witness.equilibria.iterates import fixed_points_of, iterated, read_order
from symdyn.certificate.witness.program import Program, decimal_text, fraction_text, shown_name

#: A number as (mantissa, exponent): mantissa 2^exponent.
Dyadic = tuple[int, int]
#: Both ends of a coordinate; None for one that counts modulo 2 pi.
Ends = tuple[Fraction, Fraction] | None

DYNAMICS = {"flow": ("equilibrium", "equilibria"), "iteration": ("fixed point", "fixed points")}
MOST_UNKNOWNS = 9
LETTERS = "nvdpu"
_MOST_DIGITS = 1000


@dataclass(frozen=True)
class ZeroBox:
    """A box that holds exactly one zero.

    Parameters
    ----------
    center, radii
        The box.
    exact
        For each coordinate the fraction that it is at the zero, where that is needed to place the zero; else None.
    of
        The number of the equilibrium that it is, modulo 2 pi; -1 for a zero outside the closed box.
    """

    center: tuple[Dyadic, ...]
    radii: tuple[Dyadic, ...]
    exact: tuple[Fraction | None, ...]
    of: int

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "center": [list(x) for x in self.center],
            "radii": [list(x) for x in self.radii],
            "exact": [None if x is None else [x.numerator, x.denominator] for x in self.exact],
            "of": self.of,
        }


@dataclass(frozen=True, kw_only=True)
class BoxCoverWitness:
    """Equations, a closed box, and the halving of a region around it.

    Parameters
    ----------
    names
        Names of the coordinates.
    dynamics
        Whether the zeros are equilibria of a flow or fixed points of an iteration.
    program
        As many functions as coordinates; they vanish at equilibria. With an order they are the next state F(x).
    box
        The closed box.
    corner, sides
        The region that is halved, which holds the box: its lower corner and its sides.
    zeros
        Boxes that hold exactly one zero.
    levels
        For each part of each level a letter that says why it is closed, or the number of the coordinate along which it
        is halved.
    count
        How many equilibria there are in the closed box, modulo 2 pi where coordinates are angles.
    order
        Of the iterate F^order whose fixed points they are.
    """

    names: tuple[str, ...]
    dynamics: str
    program: Program
    box: tuple[Ends, ...]
    corner: tuple[Dyadic, ...]
    sides: tuple[Dyadic, ...]
    zeros: tuple[ZeroBox, ...]
    levels: tuple[str, ...]
    count: int
    order: int = 1
    kind: ClassVar[str] = "box cover"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> BoxCoverWitness:
        """The record of JSON data, or a refutation."""
        fields = ("kind", "names", "dynamics", "program", "box", "corner", "sides", "zeros", "levels", "count")
        data = record(value, place, fields, ("order",))
        need(data["kind"] == cls.kind, f"{place}.kind", f"is not {cls.kind}")
        known = names(data["names"], f"{place}.names", least=1)
        size = len(known)
        need(size <= MOST_UNKNOWNS, f"{place}.names", f"are more than {MOST_UNKNOWNS}")
        box = tuple(_ends(ends, f"{place}.box[{k}]") for k, ends in enumerate(listed(data["box"], f"{place}.box")))
        need(len(box) == size, f"{place}.box", f"has not {size} sides")
        zeros = tuple(
            _zero(zero, size, f"{place}.zeros[{number}]")
            for number, zero in enumerate(listed(data["zeros"], f"{place}.zeros"))
        )
        levels = tuple(listed(data["levels"], f"{place}.levels"))
        letters = set(LETTERS) | {str(k) for k in range(size)}
        for number, level in enumerate(levels):
            need(isinstance(level, str) and set(level) <= letters, f"{place}.levels[{number}]", "has an unknown letter")
        return cls(
            names=known,
            dynamics=one_of(data["dynamics"], f"{place}.dynamics", DYNAMICS),
            program=Program.read(data["program"], size, size, f"{place}.program"),
            box=box,
            corner=_dyadics(data["corner"], size, f"{place}.corner"),
            sides=_dyadics(data["sides"], size, f"{place}.sides"),
            zeros=zeros,
            levels=levels,
            count=integer(data["count"], f"{place}.count"),
            order=read_order(data, place),
        )

    @cached_property
    def system(self) -> Program:
        """What vanishes at the zeros."""
        return iterated(self.program, len(self.names), self.order)

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "names": list(self.names),
            "dynamics": self.dynamics,
            "program": self.program.to_data(),
            "box": [None if ends is None else [[x.numerator, x.denominator] for x in ends] for ends in self.box],
            "corner": [list(x) for x in self.corner],
            "sides": [list(x) for x in self.sides],
            "zeros": [zero.to_data() for zero in self.zeros],
            "levels": list(self.levels),
            "count": self.count,
            **({"order": self.order} if self.order > 1 else {}),
        }


def box_text(known: Sequence[str], box: Sequence[Ends]) -> str:
    """The closed box in words, to follow a noun."""
    sides = [
        f"{shown_name(name)} in [{_number(ends[0])}, {_number(ends[1])}]"
        for name, ends in zip(known, box, strict=True)
        if ends is not None
    ]
    turning = [shown_name(name) for name, ends in zip(known, box, strict=True) if ends is None]
    within = f" in the box {', '.join(sides)}" if sides else ""
    return within + (f", {', '.join(turning)} modulo 2 pi" if turning else "")


def _number(value: Fraction) -> str:
    """A fraction in short; a decimal one with its digits."""
    if value.denominator == 1 or value.denominator < 1000:
        return fraction_text(value)
    text = decimal_text(value, 12)
    return text if Fraction(text) == value else f"about {text}"


def claim_of(witness: BoxCoverWitness, verdict: str) -> str:
    """How many there are in the box."""
    one, many = DYNAMICS[witness.dynamics]
    if witness.order > 1:
        one, many = fixed_points_of(witness.order, many=False), fixed_points_of(witness.order)
    where = box_text(witness.names, witness.box)
    if not witness.count:
        return f"there is no {one}{where}"
    number = f"is exactly 1 {one}" if witness.count == 1 else f"are exactly {witness.count} {many}"
    return f"these are all {many}{where}: there {number}"


def hypotheses_of(witness: BoxCoverWitness) -> tuple[str, ...]:
    """What a re-check takes as stated."""
    closed = ("the box is closed",) if any(ends is not None for ends in witness.box) else ()
    return (f"the program is that of the {witness.dynamics}", *closed)


def exact(value: Dyadic) -> Fraction:
    """mantissa 2^exponent."""
    return value[0] * Fraction(2) ** value[1]


def _ends(value: Any, place: str) -> Ends:
    if value is None:
        return None
    pairs = listed(value, place)
    need(len(pairs) == 2, place, "are no two fractions")
    low, high = (_fraction(pair, place) for pair in pairs)
    need(low < high, place, "have no order")
    return low, high


def _fraction(value: Any, place: str) -> Fraction:
    pair = integers(value, place)
    need(len(pair) == 2 and pair[1] > 0, place, "is no fraction")
    need(max(abs(pair[0]), pair[1]) < 10**_MOST_DIGITS, place, "is a number of too many digits")
    return Fraction(pair[0], pair[1])


def _zero(value: Any, size: int, place: str) -> ZeroBox:
    data = record(value, place, ("center", "radii", "exact", "of"))
    fractions = [
        None if pair is None else _fraction(pair, f"{place}.exact") for pair in listed(data["exact"], f"{place}.exact")
    ]
    need(len(fractions) == size, f"{place}.exact", f"are not {size}")
    of = integer(data["of"], f"{place}.of", least=-1)
    center, radii = (_dyadics(data[name], size, f"{place}.{name}") for name in ("center", "radii"))
    return ZeroBox(center, radii, tuple(fractions), of)


def _dyadics(value: Any, size: int, place: str) -> tuple[Dyadic, ...]:
    found = []
    for number in listed(value, place):
        pair = integers(number, place)
        fits = len(pair) == 2 and abs(pair[0]) <= 2**53 and abs(pair[1]) <= 1074
        need(fits, place, "is no float as mantissa and exponent")
        found.append((pair[0], pair[1]))
    need(len(found) == size, place, f"has not {size} numbers")
    return tuple(found)
