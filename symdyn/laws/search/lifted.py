"""Polynomial laws in coordinates and values of functions, modulo the relations of the values."""

from __future__ import annotations

import itertools
from fractions import Fraction
from math import gcd, lcm
from typing import Any

import flint
import numpy as np

from symdyn.algebra.budgets.deadline import check_time
from symdyn.algebra.lifting.values import Tower, along
from symdyn.algebra.polynomials.sparse import from_terms, integer_array
from symdyn.geometry.fields.lifted_fields import LiftedFields, sparse_terms
from symdyn.laws.search.polynomial import SearchResult
from symdyn.laws.search.sparse_kernel import kernel

Poly = Any


def lifted_laws(fields: LiftedFields, highest: int) -> SearchResult:
    """A basis of the laws of degree up to `highest` in coordinates and values, each verified as an identity.

    Monomials that the relations write by others are left out, so what the relations make constant is none of them.

    Raises
    ------
    OutOfTimeError
        If a deadline is over.
    """
    tower = fields.tower
    unknowns = _unknowns(tower, fields.dimension, highest)
    equation: dict[Any, int] = {}
    rows: list[int] = []
    columns: list[int] = []
    values: list[Fraction] = []
    for number, speeds in enumerate(fields.exact):
        images = []
        for monomial in unknowns:
            check_time()
            images.append(along(monomial, speeds))
        for column, image in enumerate(tower.reduced(images)):
            for exponent, value in image.to_dict().items():
                rows.append(equation.setdefault((number, exponent), len(equation)))
                columns.append(column)
                values.append(Fraction(int(value.p), int(value.q)))
    scale = lcm(*(value.denominator for value in values), 1)
    whole = integer_array([int(value * scale) for value in values])
    entries = np.asarray(rows, dtype=np.int64), np.asarray(columns, dtype=np.int64), whole
    found = []
    for members, vector in kernel(entries, len(unknowns)):
        check_time()
        law = unknowns[0] * 0
        for member, coefficient in zip(members.tolist(), vector, strict=True):
            law += unknowns[member] * flint.fmpq(int(coefficient))
        if is_law(fields, law):
            found.append(sparse_terms(primitive(law)))
    return SearchResult(from_terms(found, tower.variables), True)


def is_law(fields: LiftedFields, function: Poly) -> bool:
    """Whether every field annihilates a function of coordinates and values, modulo the relations."""
    return all(
        image == 0 for speeds in fields.exact for image in fields.tower.reduced([along(function, speeds)])
    )


def primitive(polynomial: Poly) -> Poly:
    """The multiple with coprime whole coefficients."""
    below = lcm(*(int(value.q) for value in polynomial.coeffs()), 1)
    above = gcd(*(int(value.p) * (below // int(value.q)) for value in polynomial.coeffs()))
    return polynomial * flint.fmpq(below, above or 1)


def _unknowns(tower: Tower, moving: int, highest: int) -> list[Poly]:
    """Monomials in coordinates and values, times 1 or one constant."""
    gens = tower.context.gens()
    barred = _written_by_others(tower)
    found = []
    for degree in range(1, highest + 1):
        for places in itertools.combinations_with_replacement(range(moving), degree):
            exponent = [0] * tower.variables
            for k in places:
                exponent[k] += 1
            if any(all(map(int.__le__, leading, exponent)) for leading in barred):
                continue
            monomial = tower.context.from_dict({tuple(exponent): flint.fmpq(1)})
            found += [monomial, *(monomial * gens[k] for k in range(moving, tower.variables))]
    return found


def _written_by_others(tower: Tower) -> list[list[int]]:
    """Leading monomials of the relations: sin^2, and s^q times one of u of the highest degree."""
    found = []
    for number, value in enumerate(tower.values):
        place = tower.dimension + number
        leading = [0] * tower.variables
        if value.function == "sin":
            leading[place] = 2
        elif value.function == "root":
            highest = max(value.argument.to_dict(), key=sum)
            leading = [int(power) for power in highest]
            leading[place] += value.index
        else:
            continue
        found.append(leading)
    return found
