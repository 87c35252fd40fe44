"""Witness of an identity: pairs of formulas that are equal as rational functions of independent names.

The formulas stand as steps, unexpanded, in the order of computation:

    ["number", "-3/2"]   ["name", 0]   ["sum", 1, 4]   ["product", 2, 2, 5]   ["power", 3, -2]   ["determinant", n, ...]

where whole numbers are those of earlier steps, except the place of the name, the exponent, and the size n of a
determinant, which n^2 steps follow row by row. A name may stand for something else (an exponential, a root): what holds
for independent names holds for whatever they stand for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from symdyn.certificate.refutation import listed, need, record, texts
from symdyn.certificate.refutation import names as distinct_names

MOST_STEPS = 200_000
MOST_NAMES = 500
MOST_EXPONENT = 10_000
MOST_SIZE = 40
_MOST_DIGITS = 2_000
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(/[1-9][0-9]*)?\Z")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_']*\Z")

#: What a step is, its number or exponent or place or size, and the earlier steps that it is made of.
Step = tuple[str, Fraction | int, tuple[int, ...]]


@dataclass(frozen=True)
class IdentityWitness:
    """Pairs of formulas that are equal.

    Parameters
    ----------
    names
        The independent names.
    stands
        Names that stand for something else, each with what it stands for, as text.
    steps
        The formulas, as kind, number and earlier steps.
    pairs
        Steps that are equal, two by two.
    """

    names: tuple[str, ...]
    stands: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]
    pairs: tuple[tuple[int, int], ...]
    kind: ClassVar[str] = "identity"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> IdentityWitness:
        """The record of JSON data, or a refutation."""
        data = record(value, place, ("kind", "names", "stands", "steps", "pairs"))
        need(data["kind"] == cls.kind, f"{place}.kind", f"is not {cls.kind}")
        names = distinct_names(data["names"], f"{place}.names")
        need(len(names) <= MOST_NAMES, f"{place}.names", f"are more than {MOST_NAMES}")
        for name in names:
            need(bool(_NAME.match(name)), f"{place}.names", f"holds {name[:40]!r}, no name")
        stands = _stands(data["stands"], names, f"{place}.stands")
        given = _list(data["steps"], f"{place}.steps")
        steps = tuple(_step(entry, n, len(names), f"{place}.steps[{n}]") for n, entry in enumerate(given))
        pairs = []
        for number, pair in enumerate(_list(data["pairs"], f"{place}.pairs")):
            where = f"{place}.pairs[{number}]"
            need(len(listed(pair, where)) == 2, where, "is no pair")
            pairs.append((_index(pair[0], len(steps), where), _index(pair[1], len(steps), where)))
        need(bool(pairs), f"{place}.pairs", "is empty: nothing would be said")
        return cls(names, stands, steps, tuple(pairs))

    def to_data(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "kind": self.kind,
            "names": list(self.names),
            "stands": [list(pair) for pair in self.stands],
            "steps": [_step_data(step) for step in self.steps],
            "pairs": [list(pair) for pair in self.pairs],
        }


def _step_data(step: Step) -> list[Any]:
    kind, value, parts = step
    if kind in ("number", "name"):
        return [kind, str(value) if kind == "number" else int(value)]
    if kind == "power":
        return [kind, parts[0], int(value)]
    return [kind, *([int(value)] if kind == "determinant" else []), *parts]


def _step(entry: Any, number: int, names: int, place: str) -> Step:
    need(len(listed(entry, place)) >= 2, place, "is no step")
    kind, *rest = entry
    if kind == "number":
        need(len(rest) == 1 and isinstance(rest[0], str), place, "is no number: it is a text such as -3/2")
        need(len(rest[0]) <= _MOST_DIGITS and bool(_NUMBER.match(rest[0])), place, "is no rational number")
        return kind, Fraction(rest[0]), ()
    if kind == "name":
        need(len(rest) == 1, place, "is no name")
        return kind, _index(rest[0], names, place), ()
    if kind == "power":
        need(len(rest) == 2 and type(rest[1]) is int, place, "is no power: it is a step and an exponent")
        need(abs(rest[1]) <= MOST_EXPONENT, place, f"has an exponent beyond {MOST_EXPONENT}")
        return kind, rest[1], (_index(rest[0], number, place),)
    if kind == "determinant":
        size = rest[0]
        need(type(size) is int and 1 <= size <= MOST_SIZE, place, f"has no size from 1 to {MOST_SIZE}")
        need(len(rest) == 1 + size * size, place, "has not the entries of a square matrix")
        return kind, size, tuple(_index(part, number, place) for part in rest[1:])
    need(kind in ("sum", "product"), place, f"is of the kind {str(kind)[:40]!r}, which is unknown")
    return kind, 0, tuple(_index(part, number, place) for part in rest)


def _index(value: Any, below: int, place: str) -> int:
    need(type(value) is int and 0 <= value < below, place, f"refers to {str(value)[:40]!r}, which does not come before")
    return int(value)


def _stands(value: Any, names: tuple[str, ...], place: str) -> tuple[tuple[str, str], ...]:
    found = []
    for number, pair in enumerate(listed(value, place)):
        where = f"{place}[{number}]"
        given = texts(pair, where)
        need(len(given) == 2, where, "is no pair of texts")
        need(given[0] in names, where, f"speaks of {given[0][:40]!r}, which is no name")
        found.append((given[0], given[1]))
    need(len({name for name, _ in found}) == len(found), place, "speaks of a name twice")
    return tuple(found)


def _list(value: Any, place: str) -> list[Any]:
    found = list(listed(value, place))
    need(len(found) <= MOST_STEPS, place, f"has more than {MOST_STEPS:,} entries")
    return found
