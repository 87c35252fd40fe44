"""Exact inertia: symmetric rational matrices, or a function at rational critical points, each with its signs.

A matrix stands as its upper triangle, [row, column, p, q] for each entry p/q that is not zero, and a critical point as
the coordinates that are not zero. Where a Hessian has no negative sign, a curve may show that the function falls:
coordinates move by (p/q) e^n for small e > 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from symdyn.certificate.refutation import RefutedError, integer, integers, listed, need, record, text
from symdyn.certificate.witness.program import Program, fraction_text, read_names, shown_name

MOST_ROWS = 400
MOST_CASES = 10_000
_LARGEST_EXPONENT = 100
_MOST_BITS = 10_000
_SHOWN = 4
_LONGEST = 300

#: Numbers of positive, zero and negative eigenvalues.
Signs = tuple[int, int, int]


@dataclass(frozen=True)
class MatrixInertia:
    """A symmetric matrix: its name, size, the entries (row, column, value) with row <= column, and its signs."""

    name: str
    size: int
    entries: tuple[tuple[int, int, Fraction], ...]
    signs: Signs


@dataclass(frozen=True)
class PointInertia:
    """A critical point: its name, coordinates (place, value), the value of the function, signs of the Hessian, a curve.

    The curve, (place, exponent, coefficient) for each coordinate that moves, is empty where none is shown.
    """

    name: str
    point: tuple[tuple[int, Fraction], ...]
    value: Fraction
    signs: Signs
    curve: tuple[tuple[int, int, Fraction], ...] = ()


@dataclass(frozen=True)
class InertiaWitness:
    """What is needed to count signs again: matrices; or a function, its coordinates and its critical points.

    Parameters
    ----------
    matrices
        At least one, or none beside a function.
    names
        Of the coordinates.
    function
        One output, by sums, products and powers of the coordinates and fractions.
    points
        At least one beside a function.
    """

    matrices: tuple[MatrixInertia, ...] = ()
    names: tuple[str, ...] = ()
    function: Program | None = None
    points: tuple[PointInertia, ...] = ()
    kind: ClassVar[str] = "exact inertia"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> InertiaWitness:
        """The stored record, or a refutation with the place."""
        data = record(value, place, ("kind", "matrices", "names", "function", "points"))
        need(data["kind"] == cls.kind, f"{place}.kind", f"is not {cls.kind}")
        lists = {key: listed(data[key], f"{place}.{key}") for key in ("matrices", "points")}
        for key, given in lists.items():
            need(len(given) <= MOST_CASES, f"{place}.{key}", f"are more than {MOST_CASES}")
        names = read_names(data["names"], f"{place}.names")
        need(len(names) <= MOST_ROWS, f"{place}.names", f"are more than {MOST_ROWS}")
        function = data["function"]
        with_function = function is not None
        needed, other = ("points", "matrices") if with_function else ("matrices", "points")
        need(bool(lists[needed]), f"{place}.{needed}", "are none: nothing would be said")
        need(not lists[other], f"{place}.{other}", f"stand beside {'a function' if with_function else 'matrices'}")
        need(bool(names) == with_function, f"{place}.names", "do not go with the function")
        return cls(
            tuple(_matrix(one, f"{place}.matrices[{k}]") for k, one in enumerate(lists["matrices"])),
            names,
            Program.read(function, len(names), 1, f"{place}.function") if with_function else None,
            tuple(_point(one, len(names), f"{place}.points[{k}]") for k, one in enumerate(lists["points"])),
        )

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "matrices": [
                {"name": one.name, "size": one.size, "entries": _plain(one.entries), "signs": list(one.signs)}
                for one in self.matrices
            ],
            "names": list(self.names),
            "function": None if self.function is None else self.function.to_data(),
            "points": [
                {
                    "name": one.name,
                    "point": _plain(one.point),
                    "value": [one.value.numerator, one.value.denominator],
                    "signs": list(one.signs),
                    "curve": _plain(one.curve),
                }
                for one in self.points
            ],
        }


def claim_of(record: InertiaWitness, verdict: str) -> str:
    """The one sentence that may be claimed."""
    if record.function is None:
        told = [f"the symmetric matrix {_matrix_text(one)} has {_signs_text(one.signs)}" for one in record.matrices]
        return _joined(told, "symmetric matrices of the witness")
    written = record.function.texts(record.names, _LONGEST)
    of = ", ".join(map(shown_name, record.names[:_SHOWN])) + (", ..." if len(record.names) > _SHOWN else "")
    function = f"f = {written[0]}" if written is not None else f"the function f of the witness, of {of},"
    first, *others = [_point_text(one, record.names) for one in record.points]
    return _joined([f"{function} {first}", *others], "critical points of the witness")


def hypotheses_of(record: InertiaWitness) -> tuple[str, ...]:
    """None: signs of the eigenvalues of a symmetric matrix are counted without any."""
    return ()


def _joined(told: list[str], what: str) -> str:
    more = len(told) - _SHOWN
    return "; ".join(told[:_SHOWN]) + (f"; and so on for {more} more {what}" if more > 0 else "")


def _signs_text(signs: Signs) -> str:
    return f"{signs[0]} positive, {signs[1]} zero and {signs[2]} negative eigenvalues"


def _matrix_text(one: MatrixInertia) -> str:
    if one.size > _SHOWN:
        return f"{shown_name(one.name)} of the witness"
    table = {(i, j): value for i, j, value in one.entries}
    rows = []
    for i in range(one.size):
        row = (table.get((min(i, j), max(i, j)), Fraction(0)) for j in range(one.size))
        rows.append(f"[{', '.join(map(fraction_text, row))}]")
    return f"{shown_name(one.name)} = [{', '.join(rows)}]"


def _point_text(one: PointInertia, names: tuple[str, ...]) -> str:
    table = dict(one.point)
    shown = ", ".join(f"{shown_name(n)} = {fraction_text(table.get(k, Fraction(0)))}" for k, n in enumerate(names))
    where = f"{shown_name(one.name)} ({shown})" if len(names) <= _SHOWN else f"{shown_name(one.name)} of the witness"
    falls = ", and falls from there along a curve" if one.curve else ""
    signs = _signs_text(one.signs)
    return f"has at {where} the value {fraction_text(one.value)}, no slope, and a Hessian with {signs}{falls}"


def _plain(entries: Iterable[tuple[Any, ...]]) -> list[list[int]]:
    return [[*places, value.numerator, value.denominator] for *places, value in entries]


def _matrix(value: Any, place: str) -> MatrixInertia:
    data = record(value, place, ("name", "size", "entries", "signs"))
    size = integer(data["size"], f"{place}.size", least=1)
    need(size <= MOST_ROWS, f"{place}.size", f"is above {MOST_ROWS}")
    entries = _entries(data["entries"], 2, f"{place}.entries")
    for (i, j), _ in entries:
        need(0 <= i <= j < size, f"{place}.entries", "hold one outside of the upper triangle")
    return MatrixInertia(
        _name(data["name"], f"{place}.name"),
        size,
        tuple((i, j, x) for (i, j), x in entries),
        _signs(data["signs"], size, f"{place}.signs"),
    )


def _point(value: Any, size: int, place: str) -> PointInertia:
    data = record(value, place, ("name", "point", "value", "signs", "curve"))
    point = _entries(data["point"], 1, f"{place}.point")
    curve = _entries(data["curve"], 2, f"{place}.curve")
    for where, found in (("point", point), ("curve", curve)):
        need(all(0 <= places[0] < size for places, _ in found), f"{place}.{where}", "holds a place of no coordinate")
        need(len({places[0] for places, _ in found}) == len(found), f"{place}.{where}", "holds a place twice")
    good = all(1 <= places[1] <= _LARGEST_EXPONENT for places, _ in curve)
    need(good, f"{place}.curve", f"has an exponent that is not from 1 to {_LARGEST_EXPONENT}")
    pair = integers(data["value"], f"{place}.value")
    return PointInertia(
        _name(data["name"], f"{place}.name"),
        tuple((places[0], x) for places, x in point),
        _fraction(pair, f"{place}.value"),
        _signs(data["signs"], size, f"{place}.signs"),
        tuple((places[0], places[1], x) for places, x in curve),
    )


def _entries(value: Any, places: int, where: str) -> list[tuple[tuple[int, ...], Fraction]]:
    found = []
    for number, entry in enumerate(listed(value, where)):
        numbers = integers(entry, f"{where}[{number}]")
        need(len(numbers) == places + 2, f"{where}[{number}]", f"are not {places + 2} numbers")
        fraction = _fraction(numbers[places:], f"{where}[{number}]")
        need(fraction != 0, f"{where}[{number}]", "is zero: leave it out")
        found.append((tuple(numbers[:places]), fraction))
    twice = [spot for spot, times in Counter(spot for spot, _ in found).items() if times > 1]
    need(not twice, where, f"hold a place twice: {list(twice[0]) if twice else ''}")
    return found


def _fraction(pair: list[int], place: str) -> Fraction:
    need(len(pair) == 2 and pair[1] > 0, place, "is no fraction")
    need(max(map(abs, pair)) < 2**_MOST_BITS, place, "is a number out of range")
    return Fraction(pair[0], pair[1])


def _signs(value: Any, size: int, place: str) -> Signs:
    numbers = integers(value, place, least=0)
    if len(numbers) != 3 or sum(numbers) != size:
        raise RefutedError(place, f"are not three numbers that add up to {size}")
    return numbers[0], numbers[1], numbers[2]


def _name(value: Any, place: str) -> str:
    name = text(value, place)
    need(0 < len(name) <= 200, place, "is no short name")
    return name
