"""Darboux polynomials of a family of fields: v_i(P) = c_i P with a polynomial cofactor c_i for every field.

No bounded search finds all of them. Looked at are the coordinates and their sums and differences, the factors of the
components, of the polynomial laws in hand and of extactic polynomials (in up to four coordinates all of degree one),
and, for fields of degree one, the polynomials of low degree on which every field acts by a number (they are annihilated
by all brackets, which makes the search linear).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np

from symdyn.algebra.polynomials.sparse import SparsePolynomials, from_terms
from symdyn.geometry.fields.flint_fields import Field, along, context_of, factors_of, polynomial, terms_of
from symdyn.geometry.fields.polynomial_fields import PolynomialFields
from symdyn.laws.search.extactic import extactic_factors
from symdyn.laws.search.polynomial import is_affordable, polynomial_laws

#: Sums and differences of two coordinates are tried up to this many coordinates.
MAX_PAIRED = 30
#: Polynomials of degree 2 and 3 with numbers as cofactors are searched among so many monomials.
MAX_MONOMIALS = 500
MAX_EIGEN_DEGREE = 3
MAX_FACTORED_TERMS = 60
MAX_FACTORED = 60


@dataclass(frozen=True)
class Darboux:
    """A Darboux polynomial and its cofactors, one for each field."""

    polynomial: flint.fmpz_mpoly
    cofactors: tuple[flint.fmpz_mpoly, ...]

    @property
    def degree(self) -> int:
        """Total degree."""
        return int(self.polynomial.total_degree())


def darboux_polynomials(
    fields: PolynomialFields, exact: list[Field], laws: list[flint.fmpz_mpoly], deadline: float | None
) -> list[Darboux]:
    """Irreducible Darboux polynomials among the candidates of this module, each checked by exact division.

    Parameters
    ----------
    fields, exact
        The fields, as sparse arrays and on FLINT polynomials.
    laws
        Polynomial laws in hand: each factor of a law is a Darboux polynomial.
    deadline
        Value of `time.monotonic` after which no further candidate is tried.
    """
    found: dict[str, Darboux] = {}
    for candidate in _candidates(fields, exact, laws):
        if deadline is not None and time.monotonic() > deadline:
            break
        name = str(candidate)
        if name not in found and (cofactors := cofactors_of(exact, candidate)) is not None:
            found[name] = Darboux(candidate, cofactors)
    return list(found.values())


def cofactors_of(exact: list[Field], candidate: flint.fmpz_mpoly) -> tuple[flint.fmpz_mpoly, ...] | None:
    """The cofactors of a primitive polynomial, or None if some field does not map it to a multiple of itself."""
    cofactors = []
    for field in exact:
        quotient, remainder = divmod(along(field, candidate), candidate)
        if not remainder.is_zero():
            return None
        cofactors.append(quotient)
    return tuple(cofactors)


def _candidates(
    fields: PolynomialFields, exact: list[Field], laws: list[flint.fmpz_mpoly]
) -> Iterator[flint.fmpz_mpoly]:
    D = fields.dimension
    coordinates = context_of(fields.variables).gens()[:D]
    yield from coordinates
    components = [part for field in exact for part in field if not part.is_zero()]
    sources = sorted({str(part): part for part in laws + components}.values(), key=len)[:MAX_FACTORED]
    for part in sources:
        if len(part) <= MAX_FACTORED_TERMS:
            for factor in factors_of(part):
                if any(factor.degrees()[:D]):
                    yield factor
    if D <= MAX_PAIRED:
        for a in range(D):
            for b in range(a + 1, D):
                yield coordinates[a] + coordinates[b]
                yield coordinates[a] - coordinates[b]
    yield from extactic_factors(exact, D, fields.variables)
    if fields.degree <= 1:
        for degree in range(1, MAX_EIGEN_DEGREE + 1):
            for eigenvector in _eigenvectors(fields, exact, degree):
                yield from (factor for factor in factors_of(eigenvector) if any(factor.degrees()[:D]))


def _eigenvectors(fields: PolynomialFields, exact: list[Field], degree: int) -> list[flint.fmpz_mpoly]:
    """Polynomials P of one degree with v_i(P) = (rational number) P for all i; fields linear in the coordinates."""
    basis = _killed_by_brackets(fields, exact, degree)
    while basis:  # shrink to the largest subspace that every field maps to itself
        smaller = basis
        for field in exact:
            smaller = _preimage(field, smaller)
        if len(smaller) == len(basis):
            break
        basis = smaller
    spaces = [basis] if basis else []
    for field in exact:
        spaces = [part for space in spaces for part in _eigenspaces(field, space)]
    return [vector for space in spaces for vector in space]


def _killed_by_brackets(fields: PolynomialFields, exact: list[Field], degree: int) -> list[flint.fmpz_mpoly]:
    """Basis of the homogeneous polynomials that every bracket of two fields annihilates."""
    n, D = fields.variables, fields.dimension
    brackets = [
        [along(v, w[a]) - along(w, v[a]) for a in range(D)] for i, v in enumerate(exact) for w in exact[i + 1 :]
    ]
    if n > D or (not brackets and degree > 1):
        return []  # products of linear ones are nothing new
    if not brackets:
        return list(context_of(n).gens())
    components = from_terms([terms_of(part) for field in brackets for part in field], n)
    family = PolynomialFields(D, len(brackets), components)
    if not is_affordable(family, degree, MAX_MONOMIALS):
        return []
    laws = polynomial_laws(family, degree, degree).laws
    return [polynomial(terms, n) for terms in laws.to_terms()]


def _matrix(vectors: list[flint.fmpz_mpoly]) -> flint.fmpq_mat:
    """The polynomials as rows over their monomials."""
    keys: dict[Any, int] = {}
    rows = [{keys.setdefault(e, len(keys)): int(c) for e, c in v.to_dict().items()} for v in vectors]
    dense = [[row.get(k, 0) for k in range(len(keys))] for row in rows]
    return flint.fmpq_mat(flint.fmpz_mat(len(rows), max(1, len(keys)), [x for row in dense for x in row or [0]]))


def _kernel(matrix: flint.fmpq_mat) -> list[list[int]]:
    """Integer vectors that span the left kernel."""
    numerators, _ = matrix.transpose().numer_denom()
    kernel, nullity = numerators.nullspace()
    entries = kernel.tolist()
    return [[int(entries[i][j]) for i in range(matrix.nrows())] for j in range(nullity)]


def _preimage(field: Field, basis: list[flint.fmpz_mpoly]) -> list[flint.fmpz_mpoly]:
    """Basis of the vectors that the field maps into the span of the basis."""
    if not basis:
        return []
    kernel = _kernel(_matrix([along(field, v) for v in basis] + basis))
    return [_combined(vector[: len(basis)], basis) for vector in kernel]


def _eigenspaces(field: Field, basis: list[flint.fmpz_mpoly]) -> list[list[flint.fmpz_mpoly]]:
    """Eigenspaces, of rational eigenvalues, of the field on an invariant space."""
    size = len(basis)
    whole = _matrix(basis + [along(field, v) for v in basis])
    rows = whole.tolist()
    left = flint.fmpq_mat(rows[:size]).transpose()
    right = flint.fmpq_mat(rows[size:]).transpose()
    action = (left.transpose() * left).solve(left.transpose() * right)
    found = []
    # an eigenvalue p / q of the matrix is a root of its characteristic polynomial, whose factors are over Q
    for factor, _ in action.charpoly().factor()[1]:
        if factor.degree() == 1:
            value = -factor[0] / factor[1]
            shifted = action - value * flint.fmpq_mat(flint.fmpz_mat(np.eye(size, dtype=int).tolist()))
            found.append([_combined(vector, basis) for vector in _kernel(shifted.transpose())])
    return found


def _combined(vector: list[int], basis: list[flint.fmpz_mpoly]) -> flint.fmpz_mpoly:
    total = basis[0] * 0
    for value, part in zip(vector, basis, strict=True):
        if value:
            total += value * part
    return total.primitive()[1] if not total.is_zero() else total


def sparse(polynomials: list[flint.fmpz_mpoly], variables: int) -> SparsePolynomials:
    """FLINT polynomials as sparse arrays."""
    return from_terms([terms_of(part) for part in polynomials], variables)
