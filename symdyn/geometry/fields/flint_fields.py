"""Polynomial fields on FLINT polynomials: for exact identities, divisions and factors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import flint

from symdyn.algebra.budgets.deadline import check_time
from symdyn.geometry.fields.polynomial_fields import PolynomialFields

#: A field as polynomials, one for each coordinate.
Field = list[flint.fmpz_mpoly]
#: ((variable, exponent), ...) -> coefficient.
Terms = Mapping[tuple[tuple[int, int], ...], int]

MAX_TERMS = 4000
#: Products of terms, as FLINT multiplies sparse polynomials.
_PRODUCTS_PER_SECOND = 10_000_000


class TooLargeError(Exception):
    """An exact argument would need more terms than its budget allows."""


def context_of(variables: int) -> flint.fmpz_mpoly_ctx:
    """The ring Z[x0, ..., x(n-1)]."""
    return flint.fmpz_mpoly_ctx.get([f"x{i}" for i in range(variables)], "lex")


def flint_fields(fields: PolynomialFields) -> list[Field]:
    """The fields, component by component.

    Raises
    ------
    TooLargeError
        If there are too many terms or components.
    """
    n, D = fields.variables, fields.dimension
    if fields.components.terms > 20 * MAX_TERMS or fields.number * D > 20000:
        raise TooLargeError
    made = [polynomial(terms, n) for terms in fields.components.to_terms()]
    return [made[i * D : (i + 1) * D] for i in range(fields.number)]


def polynomial(terms: Terms, variables: int) -> flint.fmpz_mpoly:
    """A FLINT polynomial from its terms."""
    table: dict[tuple[int, ...], int] = {}
    for monomial, value in terms.items():
        exponent = [0] * variables
        for place, power in monomial:
            exponent[place] += power
        table[tuple(exponent)] = table.get(tuple(exponent), 0) + int(value)
    return context_of(variables).from_dict(table)


def factors_of(poly: flint.fmpz_mpoly) -> list[flint.fmpz_mpoly]:
    """The irreducible factors; the polynomial itself where FLINT finds them and cannot put them in order.

    python-flint sorts factors by keys that have to fit a word of the machine, which large coefficients do not.
    """
    try:
        return [factor for factor, _ in poly.factor()[1]]
    except OverflowError:
        return [poly.primitive()[1]]


def terms_of(poly: flint.fmpz_mpoly) -> dict[tuple[tuple[int, int], ...], int]:
    """Terms of a FLINT polynomial."""
    return {
        tuple((place, int(power)) for place, power in enumerate(exponent) if power): int(value)
        for exponent, value in poly.to_dict().items()
    }


def along(field: Sequence[flint.fmpz_mpoly], function: flint.fmpz_mpoly) -> flint.fmpz_mpoly:
    """The derivative v(h) = sum_a v_a dh/dx_a over the coordinates."""
    places = used(function, len(field))
    return function * 0 + paired([field[k] for k in places], [function.derivative(k) for k in places])


def paired(field: Sequence[flint.fmpz_mpoly], slopes: Sequence[flint.fmpz_mpoly]) -> flint.fmpz_mpoly:
    """The sum of v_a P_a, for a differential with components P_a."""
    check_time()
    total: Any = field[0] * 0 if field else 0
    for component, slope in zip(field, slopes, strict=True):
        if not component.is_zero() and not slope.is_zero():
            check_time(len(component) * len(slope) / _PRODUCTS_PER_SECOND)
            total += component * slope
    return total


def used(function: flint.fmpz_mpoly, below: int) -> Iterable[int]:
    """The coordinates that occur in a polynomial."""
    return [place for place, degree in enumerate(function.degrees()[:below]) if degree]
