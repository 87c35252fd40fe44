"""An equilibrium whose coordinates are polynomials in one algebraic number: its record, and the sentence it carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

from symdyn.certificate.refutation import integers, need
from symdyn.certificate.witness.equilibria.iterates import fixed_points_of, iterated, read_order
from symdyn.certificate.witness.program import Program, decimal_text, shown_name
from symdyn.certificate.witness.system import pairs_of, read_fractions, read_system

_FIELDS = {"kind", "dynamics", "names", "equations", "program", "modulus", "root", "coordinates"}
MOST_POWERS = 100
_MOST_BITS = 20_000
_SHOWN = 8
_LONGEST = 200


@dataclass(frozen=True)
class AlgebraicPointWitness:
    """What a re-checker needs to compute with one algebraic number.

    Parameters
    ----------
    dynamics
        "flow" or "iteration".
    names
        Of the coordinates.
    equations
        How many outputs of `program` are the constraint's.
    program
        The field (update minus state for an iteration), then the constraint, by rational operations. With an order
        the next state F(x), and then the constraint.
    modulus
        Coefficients, from the constant up, of a polynomial.
    root
        Ends of an interval that holds exactly one root of it.
    coordinates
        For each coordinate the coefficients of its polynomial in that root.
    order
        Of the iterate F^order whose fixed point it is.
    """

    dynamics: str
    names: tuple[str, ...]
    equations: int
    program: Program
    modulus: tuple[int, ...]
    root: tuple[Fraction, Fraction]
    coordinates: tuple[tuple[Fraction, ...], ...]
    order: int = 1
    kind: ClassVar[str] = "algebraic point"

    @classmethod
    def read(cls, data: Mapping[str, Any], place: str = "witness") -> AlgebraicPointWitness:
        """The stored record, or a refutation with the place."""
        system = read_system(data, _FIELDS, cls.kind, place, ("order",))
        names = system.names
        modulus = integers(data["modulus"], f"{place}.modulus")
        good = 2 <= len(modulus) <= MOST_POWERS + 1 and modulus[-1] != 0
        need(good, f"{place}.modulus", f"is no polynomial of degree 1 to {MOST_POWERS}")
        need(max(map(abs, modulus)) < 2**_MOST_BITS, f"{place}.modulus", "holds a number out of range")
        root = _fractions(data["root"], f"{place}.root")
        need(len(root) == 2 and root[0] < root[1], f"{place}.root", "is no interval")
        given = data["coordinates"]
        fits = isinstance(given, list | tuple) and len(given) == len(names)
        need(fits, f"{place}.coordinates", f"are no list of {len(names)}")
        coordinates = tuple(_fractions(one, f"{place}.coordinates[{k}]") for k, one in enumerate(given))
        for k, one in enumerate(coordinates):
            need(len(one) < len(modulus), f"{place}.coordinates[{k}]", "has a degree not below that of the modulus")
        program = Program.read(data["program"], len(names), system.rows, f"{place}.program")
        interval = root[0], root[1]
        return cls(*system, program, tuple(modulus), interval, coordinates, read_order(data, place))

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "dynamics": self.dynamics,
            "names": list(self.names),
            "equations": self.equations,
            "program": self.program.to_data(),
            "modulus": list(self.modulus),
            "root": pairs_of(self.root),
            "coordinates": [pairs_of(one) for one in self.coordinates],
            **({"order": self.order} if self.order > 1 else {}),
        }

    @cached_property
    def system(self) -> Program:
        """What vanishes at the point."""
        return iterated(self.program, len(self.names), self.order)

    @property
    def middle(self) -> tuple[Fraction, ...]:
        """The coordinates at the middle of the interval, close to the point."""
        at = (self.root[0] + self.root[1]) / 2
        return tuple(_value(one, at) for one in self.coordinates)


def claim_of(record: AlgebraicPointWitness, verdict: str) -> str:
    """The one sentence that the witness carries, whatever the verdict on it."""
    comma = "," if record.order > 1 else ""
    one = "an equilibrium" if record.dynamics == "flow" else f"a {fixed_points_of(record.order, many=False)}{comma}"
    pairs = [f"{shown_name(n)} = {decimal_text(x, 6)}" for n, x in zip(record.names, record.middle, strict=True)]
    shown = ", ".join(pairs if len(pairs) <= _SHOWN else [*pairs[:_SHOWN], "..."])
    return f"near {shown} there is {one} with coordinates in the field of {_root(record)}"


def hypotheses_of(record: AlgebraicPointWitness) -> tuple[str, ...]:
    """Nothing is taken as stated, but what F is."""
    return ("F is the map of which the witness holds the next state",) if record.order > 1 else ()


def _root(record: AlgebraicPointWitness) -> str:
    """The root, by its polynomial where that is short."""
    terms = [
        f"{c}" if not k else f"{'' if c == 1 else '-' if c == -1 else f'{c}*'}T{f'**{k}' if k > 1 else ''}"
        for k, c in reversed(list(enumerate(record.modulus)))
        if c
    ]
    text = " + ".join(terms).replace("+ -", "- ")
    what = text if len(text) <= _LONGEST else f"a polynomial of degree {len(record.modulus) - 1}"
    return f"the root of {what} near {decimal_text((record.root[0] + record.root[1]) / 2, 6)}"


def _value(coefficients: Sequence[Fraction], at: Fraction) -> Fraction:
    total = Fraction(0)
    for coefficient in reversed(coefficients):
        total = total * at + coefficient
    return total


def _fractions(value: Any, place: str) -> tuple[Fraction, ...]:
    return read_fractions(value, place, most=MOST_POWERS, bits=_MOST_BITS)
