"""Matrices and vectors that the names of symbols suggest: u11, u_1_2, U1_12, U[1,2], b_1."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

Rows = tuple[tuple[int, ...], ...]

#: Stem and two indices, the clearest notation first; then stem and one index.
_NOTATIONS = [
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"(.*[^\W_])[\W_]+(\d+)[\W_]+(\d+)\W*",
        r"(.*\D)(\d)(\d)",
        r"(.*\D\d+)(\d)(\d)",
        r"(\D+)(\d+)[\W_]+(\d+)\W*",
        r"(.*\D)(\d+)\W*",
    )
]
_JOINED, _VECTOR = _NOTATIONS[1], _NOTATIONS[4]


@dataclass(frozen=True)
class NamedMatrix:
    """Coordinate numbers of a matrix, row by row; a vector is a column."""

    stem: str
    rows: Rows


def named_matrices(names: Sequence[str]) -> list[NamedMatrix]:
    """All matrices and vectors with at least two entries whose indices run from 0 or from 1 without a gap.

    Examples
    --------
    >>> [(matrix.stem, matrix.rows) for matrix in named_matrices(["u11", "u12", "u21", "u22", "b1", "b2", "s"])]
    [('u', ((0, 1), (2, 3))), ('b', ((4,), (5,)))]
    """
    found: list[NamedMatrix] = []
    taken: set[int] = set()
    vectors = _groups(names, _VECTOR)
    for notation in _NOTATIONS:
        for stem, places in _groups(names, notation).items():
            # u_11 is the eleventh entry of a vector, not a corner, where there is a u_1 as well
            clash = notation is _JOINED and len(vectors.get(stem, ())) > len(places)
            if not clash and taken.isdisjoint(places.values()) and _is_complete(places):
                entries = [places[index] for index in sorted(places)]
                columns = len({index[1:] for index in places})
                rows = tuple(tuple(entries[k : k + columns]) for k in range(0, len(entries), columns))
                found.append(NamedMatrix(stem, rows))
                taken.update(entries)
    return sorted(found, key=lambda matrix: matrix.rows)


def stems_of(names: Sequence[str]) -> list[str]:
    """Each name up to its first digit: the letters that it shares with its kind.

    Examples
    --------
    >>> stems_of(["u0", "U1_2_3", "b[1]", "alpha"])
    ['u', 'U', 'b', 'alpha']
    """
    return [re.split(r"[_\W]*\d", name, maxsplit=1)[0] for name in names]


def common_stem(names: Sequence[str], chosen: Collection[int]) -> str:
    """The stem of the chosen names if it is theirs alone (u0, u1, ... and no other u), else the empty text."""
    stems = stems_of(names)
    first = stems[min(chosen)]
    alone = {k for k, stem in enumerate(stems) if stem == first} == set(chosen)
    return first if alone and first.isalnum() else ""


def matrix_name(stem: str, columns: int, taken: Collection[str]) -> str:
    """A name for a matrix: its stem, a single letter in upper case if there is more than one column; else A1, A2, ...

    Examples
    --------
    >>> matrix_name("u", 2, {"u11"}), matrix_name("u1", 2, ()), matrix_name("b", 1, ()), matrix_name("u", 2, {"U", "u"})
    ('U', 'U1', 'b', 'A1')
    """
    capital = stem.upper() if columns > 1 and re.fullmatch(r"[a-z]\d*", stem) else stem
    for name in (capital, stem):
        if name and name not in taken:
            return name
    number = 1
    while f"A{number}" in taken:
        number += 1
    return f"A{number}"


def _groups(names: Sequence[str], notation: re.Pattern[str]) -> dict[str, dict[tuple[int, ...], int]]:
    """Coordinate numbers by stem and indices; a stem with two symbols at one place is left out."""
    groups: dict[str, dict[tuple[int, ...], int]] = {}
    ambiguous = set()
    for number, name in enumerate(names):
        found = notation.fullmatch(name)
        if found is not None:
            places = groups.setdefault(_stem(found), {})
            index = tuple(int(digits) for digits in found.groups()[1:])
            if places.setdefault(index, number) != number:
                ambiguous.add(_stem(found))
    return {stem: places for stem, places in groups.items() if stem not in ambiguous}


def _stem(found: re.Match[str]) -> str:
    return found[1].rstrip("_[({ ")


def _is_complete(places: Collection[tuple[int, ...]]) -> bool:
    """Whether the indices fill a box of two or more places, all counted from 0 or all from 1."""
    ranges = [sorted(set(indices)) for indices in zip(*places, strict=True)]
    start = ranges[0][0]
    return (
        len(places) > 1
        and start in (0, 1)
        and all(indices == list(range(start, start + len(indices))) for indices in ranges)
        and len(places) == math.prod(map(len, ranges))
    )
