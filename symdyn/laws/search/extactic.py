"""Invariant lines and curves as factors of an extactic polynomial, whatever the coordinates are.

For functions f_1, ..., f_m and a field v the extactic polynomial is the determinant of v^k(f_j), k = 0 .. m - 1. If v
maps P = sum a_j f_j to a multiple of itself, all v^k(P) are multiples of P, so P divides it (Lagutinskii; Pereira).
With f = 1, x_1, ..., x_D its factors hold every Darboux polynomial of degree one, also those that are no coordinates
and have a constant.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import flint

from symdyn.geometry.fields.flint_fields import Field, along, context_of, factors_of

#: Determinants over 1 and the coordinates up to this many, and over all monomials of degree 2 in the plane.
_MOST_COORDINATES, _PLANE = 4, 2
_MOST_TERMS, _MOST_DEGREE = 4000, 40
Poly = flint.fmpz_mpoly


def extactic_factors(exact: Sequence[Field], dimension: int, variables: int) -> Iterator[Poly]:
    """Factors of extactic polynomials of the first field that has one: of degree 1, then of degree 2 in the plane.

    An extactic polynomial that is zero, where there are infinitely many such P, or that is too large is left out.
    """
    if not 2 <= dimension <= _MOST_COORDINATES:
        return
    coordinates = context_of(variables).gens()[:dimension]
    pairs = [a * b for a, b in itertools.combinations_with_replacement(coordinates, 2)]
    bases = [list(coordinates)]
    if dimension == _PLANE:
        bases.append([*coordinates, *pairs])
    field = next((field for field in exact if any(not part.is_zero() for part in field)), None)
    if field is None:
        return
    for basis in bases:
        found = _extactic(field, basis)
        if found is not None and not found.is_zero():
            yield from (factor for factor in factors_of(found) if any(factor.degrees()[:dimension]))


def _extactic(field: Field, basis: Sequence[Poly]) -> Poly | None:
    """The determinant of v^k(f_j), k and j from 1: the function 1 gives the first row and column."""
    row, rows = list(basis), []
    for _ in basis:
        row = [along(field, entry) for entry in row]
        if sum(map(len, row)) > _MOST_TERMS:
            return None
        rows.append(row)
    degree = sum(max(int(entry.total_degree()) for entry in line) for line in rows)
    return None if degree > _MOST_DEGREE else _determinant(rows)


def _determinant(rows: Sequence[Sequence[Poly]]) -> Poly | None:
    """By elimination without fractions: every division is exact (Bareiss)."""
    matrix: list[list[Any]] = [list(row) for row in rows]
    size, before = len(matrix), None
    sign = 1
    for k in range(size - 1):
        pivot = next((i for i in range(k, size) if not matrix[i][k].is_zero()), None)
        if pivot is None:
            return matrix[0][0] * 0
        if pivot != k:
            matrix[k], matrix[pivot], sign = matrix[pivot], matrix[k], -sign
        for i in range(k + 1, size):
            for j in range(k + 1, size):
                value = matrix[i][j] * matrix[k][k] - matrix[i][k] * matrix[k][j]
                if before is not None:
                    value = divmod(value, before)[0]
                if len(value) > _MOST_TERMS:
                    return None
                matrix[i][j] = value
        before = matrix[k][k]
    return sign * matrix[-1][-1]
