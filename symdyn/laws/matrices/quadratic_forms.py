"""Spaces of quadratic forms in the coordinates, with exact membership.

A form is a dictionary (a, b) -> integer with a <= b, the coefficients of theta_a theta_b. Forms that share no
monomial, not even through others, are eliminated apart, so that spaces with hundreds of laws stay small problems.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from symdyn.algebra.linear.exact import integer_matrix

Pair = tuple[int, int]
Form = Mapping[Pair, int]
Number = int | Fraction


class QuadraticSpace:
    """The span over Q of quadratic forms, by its reduced echelon basis with the products before the squares.

    Parameters
    ----------
    forms
        Forms that span it.
    """

    def __init__(self, forms: Sequence[Form]) -> None:
        self._basis: dict[Pair, dict[Pair, Number]] = {}
        for members in components(forms):
            pairs = sorted({pair for number in members for pair in forms[number]}, key=_products_first)
            rows = [[forms[number].get(pair, 0) for pair in pairs] for number in members]
            echelon, denominator, rank = integer_matrix(np.asarray(rows, dtype=object)).rref()
            for row in echelon.tolist()[:rank]:
                entries = {pair: _ratio(x, denominator) for pair, x in zip(pairs, row, strict=True) if x != 0}
                self._basis[next(iter(entries))] = entries

    def remainder(self, form: Form) -> dict[Pair, Number]:
        """The form modulo the space: empty exactly for its members."""
        rest: dict[Pair, Number] = defaultdict(int, form)
        for pivot, coefficient in form.items():
            for pair, x in self._basis.get(pivot, {}).items():
                rest[pair] -= coefficient * x
        return {pair: x for pair, x in rest.items() if x}

    def __contains__(self, form: Form) -> bool:
        return not self.remainder(form)

    def signed_products(self) -> list[dict[Pair, int]]:
        """Basis members without squares whose coefficients are all 1 or -1."""
        found = []
        for (a, b), entries in sorted(self._basis.items()):
            if a != b and all(i != j and abs(x) == 1 for (i, j), x in entries.items()):
                found.append({pair: int(x) for pair, x in entries.items()})
        return found

    def squares_on(self, coordinates: Iterable[int]) -> list[dict[int, Number]]:
        """A basis of the members that are combinations of the squares of the given coordinates alone."""
        inside = set(coordinates)
        rows = [
            {a: x for (a, _), x in entries.items()} for (pivot, other), entries in self._basis.items() if pivot == other
        ]
        places = sorted({a for row in rows for a in row}, key=lambda a: (a in inside, a))
        outside = sum(a not in inside for a in places)
        if not rows or outside == len(places):
            return []
        common = int(np.lcm.reduce([x.denominator for row in rows for x in row.values()], dtype=object))
        dense = [[int(row.get(a, 0) * common) for a in places] for row in rows]
        echelon, denominator, rank = integer_matrix(np.asarray(dense, dtype=object)).rref()
        return [
            {a: _ratio(x, denominator) for a, x in zip(places, row, strict=True) if x != 0}
            for row in echelon.tolist()[:rank]
            if all(x == 0 for x in row[:outside])
        ]


def independent_forms(forms: Sequence[Form]) -> list[int]:
    """Numbers of the forms that are no combination of those before them."""
    kept: list[int] = []
    for members in components(forms):
        pairs = sorted({pair for number in members for pair in forms[number]})
        rows = [[forms[number].get(pair, 0) for number in members] for pair in pairs]
        if not rows:
            continue
        echelon, _, rank = integer_matrix(np.asarray(rows, dtype=object)).rref()
        kept += [members[next(j for j, x in enumerate(row) if x != 0)] for row in echelon.tolist()[:rank]]
    return sorted(kept)


def components(forms: Sequence[Form]) -> list[list[int]]:
    """Numbers of the forms, grouped so that two groups share no monomial."""
    parent = list(range(len(forms)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    first: dict[Pair, int] = {}
    for number, form in enumerate(forms):
        for pair in form:
            parent[root(number)] = root(first.setdefault(pair, number))
    groups: dict[int, list[int]] = {}
    for number in range(len(forms)):
        groups.setdefault(root(number), []).append(number)
    return list(groups.values())


def _ratio(numerator: Any, denominator: Any) -> Number:
    """A quotient of FLINT integers, as an integer where it is one."""
    quotient = Fraction(int(numerator), int(denominator))
    return quotient.numerator if quotient.denominator == 1 else quotient


def _products_first(pair: Pair) -> tuple[bool, Pair]:
    return pair[0] == pair[1], pair
