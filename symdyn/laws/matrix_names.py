"""Matrices and vectors that the names of symbols suggest: u11, u_1_2, U1_12, U[1,2], b_1."""

from __future__ import annotations

import re
from collections.abc import Sequence
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
                columns = max(j for _, j in places) - min(j for _, j in places) + 1
                entries = [places[index] for index in sorted(places)]
                rows = tuple(tuple(entries[k : k + columns]) for k in range(0, len(entries), columns))
                found.append(NamedMatrix(stem, rows))
                taken.update(entries)
    return sorted(found, key=lambda matrix: matrix.rows)


def common_stem(names: Sequence[str], chosen: Sequence[int]) -> str:
    """The stem of the chosen names if it is theirs alone (u0, u1, ... but no other u), else the empty text."""
    found = _VECTOR.fullmatch(names[chosen[0]])
    if found is None:
        return ""
    bearers = _groups(names, _VECTOR).get(_stem(found), {})
    return _stem(found) if set(bearers.values()) == set(chosen) and len(bearers) == len(chosen) else ""


def matrix_name(stem: str, taken: set[str]) -> str:
    """A name for a matrix, upper case where the stem is a letter; A1, A2, ... if all that are like the stem are taken.

    Examples
    --------
    >>> matrix_name("u", {"u11", "u12"}), matrix_name("u1", set()), matrix_name("u", {"U", "u"}), matrix_name("", {"A1"})
    ('U', 'U1', 'A1', 'A2')
    """
    capital = stem.upper() if re.fullmatch(r"[A-Za-z]\d*", stem) else stem
    for name in (capital, stem):
        if name and name not in taken:
            return name
    number = 1
    while f"A{number}" in taken:
        number += 1
    return f"A{number}"


def _groups(names: Sequence[str], notation: re.Pattern[str]) -> dict[str, dict[tuple[int, int], int]]:
    """Coordinate numbers by stem and indices; a stem with two symbols at one place is left out."""
    groups: dict[str, dict[tuple[int, int], int]] = {}
    ambiguous = set()
    for number, name in enumerate(names):
        found = notation.fullmatch(name)
        if found is None:
            continue
        indices = [int(index) for index in found.groups()[1:]]
        row, column = indices if len(indices) == 2 else (indices[0], 1 if indices[0] else 0)
        ...
    return {stem: places for stem, places in groups.items() if stem not in ambiguous}
