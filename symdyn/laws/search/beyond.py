"""The stage after polynomials: which rational and elementary laws are kept, and how many of each kind there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from symdyn.algebra.budgets.deadline import OutOfTimeError
from symdyn.algebra.linear.echelon import Echelon
from symdyn.algebra.linear.prime_field import PrimeField
from symdyn.dynamics.answers.elementary_form import ElementaryForm, Terms
from symdyn.geometry.fields.flint_fields import TooLargeError, flint_fields, polynomial
from symdyn.geometry.fields.polynomial_fields import PolynomialFields
from symdyn.laws.search.darboux import darboux_polynomials
from symdyn.laws.search.elementary import (
    FEW_COORDINATES,
    ElementarySearch,
    are_independent_logarithms,
    elementary_gradient,
)

#: Laws beyond polynomials are looked for among fields with so many components at the most.
MAX_COMPONENTS = 1500


@dataclass(frozen=True)
class Beyond:
    """What was found beyond polynomials.

    Parameters
    ----------
    laws
        Laws whose gradients are independent of each other and of those of the polynomial laws.
    not_rational, not_polynomial
        Independent laws in hand beyond the rational ones, and beyond the polynomial ones.
    bounds
        What was searched, in words.
    """

    laws: tuple[ElementaryForm, ...] = ()
    not_rational: int = 0
    not_polynomial: int = 0
    bounds: str = ""


def beyond_polynomials(
    fields: PolynomialFields,
    known: list[Any],
    independent: Echelon[int],
    point: list[int],
    upper: int,
    *,
    degree: int | None,
    deadline: float | None,
) -> Beyond:
    """Rational and elementary laws until there are as many as can be; their gradients join `independent`.

    Parameters
    ----------
    fields
        The generators.
    known
        Terms of the polynomial laws in hand.
    independent
        Gradients of the laws in hand at `point`; each new law is named by its number among all.
    upper
        No more laws than this exist.
    degree
        Highest degree of polynomial laws that are looked for, None for no bound; numerators have degree 2, or 3 where
        more is asked for.
    deadline
        Value of `time.monotonic` after which no further stage begins.
    """
    n, D, p = fields.variables, fields.dimension, independent.prime_field.p
    if fields.number * D > MAX_COMPONENTS:
        return Beyond()
    try:
        exact = flint_fields(fields)
        laws = [polynomial(terms, n) for terms in known]
        darboux = darboux_polynomials(fields, exact, laws, deadline)
    except (TooLargeError, OutOfTimeError):
        return Beyond()
    highest = min(degree or 2, 3)
    search = ElementarySearch(
        fields=exact,
        dimension=D,
        variables=n,
        darboux=darboux,
        laws=laws,
        degree=highest,
        deadline=deadline,
    )
    rational, polynomials = Echelon[int](PrimeField(p), D), Echelon[int](PrimeField(p), D)
    for terms in known:
        for echelon in (rational, polynomials):
            _add(echelon, ElementaryForm((), (), tuple(terms.items())), point, 0)
    weighed: list[Terms] = []
    kept: list[ElementaryForm] = []
    for form in _in_time(search.run()):
        if degree is not None and form.is_polynomial and form.degree > degree:
            continue
        if form.is_rational:
            _add(rational, form, point, 0)
        if form.is_polynomial:
            _add(polynomials, form, point, 0)
        arguments = weighed + [part for part in weighed_arguments(form, D) if part not in weighed]
        if len(arguments) > len(weighed) and not are_independent_logarithms(arguments, D, n, p):
            continue
        if _add(independent, form, point, len(laws) + len(kept)):
            kept.append(form)
            weighed = arguments
        if independent.rank >= upper:
            break
    kinds = ", ".join(search.stages)
    found = f"{len(darboux)} Darboux polynomial{'' if len(darboux) == 1 else 's'} tried"
    linear = " with coefficients linear in the constants" if n > D else ""
    more = " more than the denominator" if D <= FEW_COORDINATES else ""
    bounds = found + (f": {kinds}, numerators of degree <= {highest}{more}{linear}" if kinds else "")
    rank = independent.rank
    return Beyond(tuple(kept), rank - rational.rank, rank - polynomials.rank, bounds)


def _in_time(forms: Iterator[ElementaryForm]) -> Iterator[ElementaryForm]:
    """The laws that are found before the deadline."""
    try:
        yield from forms
    except OutOfTimeError:
        return


def weighed_arguments(form: ElementaryForm, dimension: int) -> list[Terms]:
    """Arguments of the logarithms whose weight depends on coordinates."""
    return [
        argument
        for weight, argument in form.logarithms
        if any(place < dimension for monomial, _ in weight for place, _ in monomial)
    ]


def _add(echelon: Echelon[int], form: ElementaryForm, point: list[int], name: int) -> int:
    row = elementary_gradient(form, point, echelon.columns, echelon.prime_field.p)
    return 0 if row is None else echelon.add(echelon.prime_field.array([row]), [name])
