"""Witness of an identity: pairs of formulas that are equal as rational functions of independent names.

The formulas stand as steps, unexpanded, in the order of computation:

    ["number", "-3/2"]   ["name", 0]   ["sum", 1, 4]   ["product", 2, 2, 5]   ["power", 3, -2]   ["determinant", n, ...]

where whole numbers are those of earlier steps, except the place of the name, the exponent, and the size n of a
determinant, which n^2 steps follow row by row. A name may stand for something else (an exponential, a root): what holds
for independent names holds for whatever they stand for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from symdyn.certificate.refutation import need

MOST_STEPS = 200_000
MOST_NAMES = 500
MOST_EXPONENT = 10_000
MOST_SIZE = 40
_MOST_DIGITS = 2_000
_MOST_SHOWN = 160
_MOST_PAIRS_SHOWN = 4
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
    def read(cls, data: Any, place: str = "witness") -> IdentityWitness:
        """The record from JSON data; everything that is not as it must be is refused with its place.

        Raises
        ------
        RefutedError
            With the place and the reason.
        """
        need(isinstance(data, Mapping) and data.get("kind") == cls.kind, f"{place}.kind", f"is not {cls.kind}")
        known = {"kind", "names", "stands", "steps", "pairs"}
        need(set(data) == known, place, f"has not the fields {', '.join(sorted(known))}")
        names = _list(data["names"], f"{place}.names", MOST_NAMES)
        for name in names:
            good = isinstance(name, str) and bool(_NAME.match(name))
            need(good, f"{place}.names", f"holds {str(name)[:40]!r}, no name")
        need(len(set(names)) == len(names), f"{place}.names", "holds a name twice")
        stands = []
        for number, pair in enumerate(_list(data["stands"], f"{place}.stands", MOST_NAMES)):
            where = f"{place}.stands[{number}]"
            texts = isinstance(pair, list | tuple) and all(isinstance(text, str) for text in pair)
            need(texts and len(pair) == 2, where, "is no pair of texts")
            need(pair[0] in names, where, f"speaks of {pair[0][:40]!r}, which is no name")
            stands.append((pair[0], pair[1]))
        need(len({name for name, _ in stands}) == len(stands), f"{place}.stands", "speaks of a name twice")
        given = _list(data["steps"], f"{place}.steps", MOST_STEPS)
        size = len(names)
        steps = tuple(_step(entry, number, size, f"{place}.steps[{number}]") for number, entry in enumerate(given))
        pairs = []
        for number, pair in enumerate(_list(data["pairs"], f"{place}.pairs", MOST_STEPS)):
            where = f"{place}.pairs[{number}]"
            need(isinstance(pair, Sequence) and not isinstance(pair, str) and len(pair) == 2, where, "is no pair")
            pairs.append((_index(pair[0], len(steps), where), _index(pair[1], len(steps), where)))
        need(bool(pairs), f"{place}.pairs", "is empty: nothing would be said")
        return cls(tuple(names), tuple(stands), steps, tuple(pairs))

    def to_data(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "kind": self.kind,
            "names": list(self.names),
            "stands": [list(pair) for pair in self.stands],
            "steps": [_step_data(step) for step in self.steps],
            "pairs": [list(pair) for pair in self.pairs],
        }


def claim_of(record: IdentityWitness, verdict: str) -> str:
    """The one sentence that may be claimed."""
    shown = list(_texts(record))
    more = len(record.pairs) - len(shown)
    rest = f"; and {more} more" if more > 0 else ""
    return "; ".join(shown) + f"{rest}, identically"


def hypotheses_of(record: IdentityWitness) -> tuple[str, ...]:
    """What the sentence rests on: what names stand for, and that no denominator vanishes."""
    told = [f"{name} stands for {text}" for name, text in record.stands]
    divides = any(kind == "power" and int(number) < 0 for kind, number, _ in record.steps)
    return (*told, *(("no denominator vanishes",) if divides else ()))


def _texts(record: IdentityWitness) -> Iterator[str]:
    shown = _Printer(record)
    for left, right in record.pairs[:_MOST_PAIRS_SHOWN]:
        yield f"{shown.cut(left)} = {shown.cut(right)}"


class _Printer:
    """Formulas as text, the longest ones cut: their length is found first, since shared steps may make it huge."""

    def __init__(self, record: IdentityWitness) -> None:
        self.record = record
        self.seen: dict[int, str] = {}

    def cut(self, number: int) -> str:
        text = self.text(number)
        return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."

    def text(self, number: int) -> str:
        """The beginning of the text of a step; no text is made longer than what may be shown, but for one letter."""
        pending = [number]
        while pending:
            place = pending[-1]
            missing = [part for part in self.record.steps[place][2] if part not in self.seen]
            if place in self.seen or not missing:
                pending.pop()
                self.seen.setdefault(place, self._made(place)[: _MOST_SHOWN + 1])
            else:
                pending += missing
        return self.seen[number]

    def _made(self, number: int) -> str:
        kind, value, parts = self.record.steps[number]
        texts = [self.seen[part] for part in parts]
        if kind == "number":
            return str(value)
        if kind == "name":
            return self.record.names[int(value)]
        if kind == "sum":
            return " + ".join(texts).replace(" + -", " - ")
        if kind == "product":
            return self._product(parts)
        if kind == "power":
            base = self._within(parts[0], {"sum", "product", "power"})
            return f"{base}**{value}" if int(value) >= 0 else f"{base}**({value})"
        size = int(value)
        rows = [f"[{', '.join(texts[i * size : (i + 1) * size])}]" for i in range(size)]
        return f"det([{', '.join(rows)}])"

    def _product(self, parts: tuple[int, ...]) -> str:
        """Factors, a sign before them, and what has a negative exponent below a bar."""
        steps = self.record.steps
        sign = "-" if len(parts) > 1 and steps[parts[0]][:2] == ("number", Fraction(-1)) else ""
        above, below = [], []
        for part in parts[len(sign) :]:
            kind, value, bases = steps[part]
            if kind == "power" and int(value) < 0:
                base = self._within(bases[0], {"sum", "product", "power"})
                below.append(base if value == -1 else f"{base}**{-int(value)}")
            else:
                above.append(self._within(part, {"sum"}))
        return sign + "/".join(["*".join(above) or "1", *below])

    def _within(self, number: int, brackets: set[str]) -> str:
        kind, value, _ = self.record.steps[number]
        compound = kind in brackets or (kind == "number" and (value < 0 or Fraction(value).denominator != 1))
        return f"({self.seen[number]})" if compound else self.seen[number]


def _step_data(step: Step) -> list[Any]:
    kind, value, parts = step
    if kind in ("number", "name"):
        return [kind, str(value) if kind == "number" else int(value)]
    if kind == "power":
        return [kind, parts[0], int(value)]
    return [kind, *([int(value)] if kind == "determinant" else []), *parts]


def _step(entry: Any, number: int, names: int, place: str) -> Step:
    need(isinstance(entry, Sequence) and not isinstance(entry, str) and len(entry) >= 2, place, "is no step")
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


def _list(value: Any, place: str, most: int) -> list[Any]:
    need(isinstance(value, Sequence) and not isinstance(value, str), place, "is no list")
    need(len(value) <= most, place, f"has more than {most:,} entries")
    return list(value)
