"""What witnesses of equilibria have in common: names of the coordinates, what of them moves, and exact points."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from symdyn.certificate.refutation import integer, integers, need
from symdyn.certificate.witness.program import read_names


class System(NamedTuple):
    """A flow or an iteration in named coordinates.

    Parameters
    ----------
    dynamics
        "flow" or "iteration".
    names
        Of the coordinates.
    equations
        How many outputs of the program are the constraint's.
    """

    dynamics: str
    names: tuple[str, ...]
    equations: int

    @property
    def rows(self) -> int:
        """How many formulas vanish at an equilibrium."""
        return len(self.names) + self.equations


def read_system(
    data: Mapping[str, Any], fields: Collection[str], kind: str, place: str, optional: Collection[str] = ()
) -> System:
    """The system of a record of this kind with these fields, those that it may have beside them, and no others."""
    for name in sorted(set(fields) - set(data)):
        need(False, f"{place}.{name}", "is missing")
    other = sorted(str(name) for name in set(data) - set(fields) - set(optional))
    need(not other, f"{place}.{other[0][:40]}" if other else place, "does not belong there")
    need(data["kind"] == kind, f"{place}.kind", f"is not {kind}")
    need(data["dynamics"] in ("flow", "iteration"), f"{place}.dynamics", "is neither flow nor iteration")
    names = read_names(data["names"], f"{place}.names")
    need(bool(names), f"{place}.names", "are none")
    return System(data["dynamics"], names, read_equations(data, names, place))


def read_equations(data: Mapping[str, Any], names: Sequence[str], place: str) -> int:
    """How many outputs are the constraint's: not more than there are coordinates."""
    equations = integer(data["equations"], f"{place}.equations")
    need(equations <= len(names), f"{place}.equations", "are more than the coordinates")
    return equations


def read_fractions(value: Any, place: str, *, most: int, bits: int) -> tuple[Fraction, ...]:
    """Pairs (numerator, denominator) of moderate size, or a refutation."""
    need(isinstance(value, list | tuple) and len(value) <= most, place, "is no list of fractions")
    found = []
    for number, pair in enumerate(value):
        numbers = integers(pair, f"{place}[{number}]")
        need(len(numbers) == 2 and numbers[1] > 0, f"{place}[{number}]", "is no fraction")
        need(max(map(abs, numbers)) < 2**bits, f"{place}[{number}]", "is a number out of range")
        found.append(Fraction(numbers[0], numbers[1]))
    return tuple(found)


def pairs_of(values: Sequence[Fraction]) -> list[list[int]]:
    """Fractions as JSON data."""
    return [[x.numerator, x.denominator] for x in values]
